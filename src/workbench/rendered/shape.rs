//! The mail as a whole: its size, its language and direction; and texts with spaces that nobody meant.

use crate::catalog::Line;
use crate::catalog::markup::{Tag, tags};
use crate::diagnostic::{Diagnostic, Severity, codes};
use crate::message::{Email, Message};

use super::{Once, Sample, texts};

/// Gmail cuts HTML at about 102 KB, and what is cut is the footer.
const CUT: usize = 100 * 1024;
const CLOSE: usize = 80 * 1024;

pub(super) fn look(sample: &Sample<'_>, message: &Message, once: &mut Once) {
    for (name, file, text) in texts(message).into_iter().filter(|(.., text)| text.trim().is_empty()) {
        let fault = Diagnostic::new(&codes::message::EMPTY, format!("{name} is empty"));
        once.add(sample, sample.placed(fault, file, text));
    }
    for line in sample.lines().filter(|line| has_space_too_many(line)) {
        let what = format!("`{}` has a space too many: “{}”", line.name, line.text);
        let place = line.place.clone();
        once.add(sample, Diagnostic { place, ..Diagnostic::new(&codes::message::SPACES, what) });
    }
    if let Message::Email(email) = message {
        title(sample, email, once);
        size(sample, email, once);
        language(sample, email, once);
    }
}

/// One that comes from a value; those of the words themselves are told without any message.
fn has_space_too_many(line: &Line) -> bool {
    let text = &line.text;
    let written = |at: usize| {
        let around = text.floor_char_boundary(at.saturating_sub(3))..text.ceil_char_boundary((at + 4).min(text.len()));
        line.place.as_ref().is_some_and(|place| place.source.text.contains(&text[around]))
    };
    text.match_indices("  ").any(|(at, _)| !written(at)) || text.starts_with(' ') || text.ends_with(' ')
}

/// Screen readers and browsers' tabs say it.
fn title(sample: &Sample<'_>, email: &Email, once: &mut Once) {
    let title = email.html.split_once("<title>").and_then(|(_, after)| after.split_once("</title>"));
    if title.is_none_or(|(title, _)| title.trim().is_empty()) {
        let fault = Diagnostic::new(&codes::message::EMPTY, "the `<title>` of the HTML is empty");
        once.add(sample, sample.placed(fault.severity(Severity::Warning), "email.mjml", ""));
    }
}

fn size(sample: &Sample<'_>, email: &Email, once: &mut Once) {
    let bytes = email.html.len();
    if bytes > CLOSE {
        let what = format!("the HTML is {} KB, and mail programs cut it at 100", bytes / 1024);
        let severity = if bytes > CUT { Severity::Error } else { Severity::Warning };
        let fault = Diagnostic::new(&codes::message::HTML_SIZE, what).severity(severity);
        once.add(sample, sample.placed(fault, "email.mjml", ""));
    }
}

fn language(sample: &Sample<'_>, email: &Email, once: &mut Once) {
    let right_to_left = sample.catalog.is_right_to_left(&email.locale);
    let dir = if right_to_left { "rtl" } else { "ltr" };
    let html = tags(email.html.get(..4_096).unwrap_or(&email.html)).find(|tag| tag.is("html"));
    let says = |tag: &Tag<'_>, name: &str, value: &str| {
        tag.attribute(name).and_then(|found| email.html.get(found.value.clone()?)) == Some(value)
    };
    for (name, value) in [("lang", email.locale.as_str()), ("dir", dir)] {
        if !html.as_ref().is_some_and(|tag| says(tag, name, value)) {
            let what = format!("the HTML does not say `{name}=\"{value}\"`");
            let fault = Diagnostic::new(&codes::message::LANGUAGE, what);
            once.add(sample, sample.placed(fault, "email.mjml", ""));
        }
    }
    if right_to_left && (email.html.contains("text-align:left") || email.html.contains("align=\"left\"")) {
        let what = "a text is aligned to the left, and the language is written from the right";
        let fault = Diagnostic::new(&codes::message::ALIGNMENT, what);
        once.add(sample, sample.placed(fault, "email.mjml", "text-align:left"));
    }
}
