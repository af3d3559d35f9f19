//! What should have been replaced, and what no reader should meet: braces, placeholders, entities escaped twice, marks that
//! reorder text.

use std::borrow::Cow;

use crate::diagnostic::{Diagnostic, codes};
use crate::message::Message;

use super::{Once, Sample, texts};

/// What a template or Fluent would have replaced.
const MARKS: [&str; 8] = ["{{", "}}", "{%", "%}", "{#", "#}", "{$", "{ $"];
/// What became of an entity or of markup that was escaped once too often.
const TWICE: [&str; 4] = ["&amp;amp;", "&amp;lt;", "&amp;quot;", "&amp;#"];

/// Entities, where nothing is HTML.
const ENTITIES: [&str; 6] = ["&amp;", "&lt;", "&gt;", "&quot;", "&nbsp;", "&#"];

/// Looks at every text of a message.
pub(super) fn look(sample: &Sample<'_>, message: &Message, once: &mut Once) {
    for (name, file, text) in texts(message) {
        let text = if file == "email.mjml" { without_styles(text) } else { Cow::Borrowed(text) };
        let mut tell = |found: &str, what: &str| {
            let fault = Diagnostic::new(&codes::message::LEFTOVER, format!("`{found}` {what} {name}"));
            once.add(sample, sample.placed(fault, file, found));
        };
        for mark in MARKS.into_iter().filter(|mark| text.contains(mark)) {
            tell(mark, "is left over in");
        }
        for mark in TWICE.into_iter().filter(|mark| text.contains(mark)) {
            tell(mark, "is escaped twice in");
        }
        if name != "the HTML" {
            for entity in ENTITIES.into_iter().filter(|entity| text.contains(entity)) {
                tell(entity, "is no text, and stands in");
            }
            // The one scenario whose names hold angle brackets.
            if let Some(placeholder) = placeholder(&text).filter(|_| sample.scenario.id != "markup") {
                tell(placeholder, "is a placeholder, left over in");
            }
        }
        if let Some(mark) = text.chars().find(|c| is_invisible(*c)) {
            let fault = format!("the invisible mark U+{:04X} is in {name}", u32::from(mark));
            let fault = sample.placed(Diagnostic::new(&codes::message::LEFTOVER, fault), file, &mark.to_string());
            // Where it stands in the words themselves, it is told without any message.
            let in_words = sample.lines().any(|line| line.text.contains(mark) && line.place == fault.place);
            if !in_words {
                once.add(sample, fault);
            }
        }
    }
}

/// `<app name>`
fn placeholder(text: &str) -> Option<&str> {
    let (at, _) = text.match_indices('<').find(|(at, _)| text[at + 1..].starts_with(char::is_alphabetic))?;
    let end = text[at..].find('>')?;
    (end < 40).then(|| &text[at..=at + end])
}

/// Marks that reorder what follows, or stand around what Fluent inserts.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{2066}'..='\u{2069}' | '\u{202a}'..='\u{202e}')
}

/// Style sheets have braces of their own.
fn without_styles(html: &str) -> Cow<'_, str> {
    let mut kept = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once("<style") {
        kept.push_str(before);
        rest = after.split_once("</style>").map_or("", |(_, after)| after);
    }
    if kept.is_empty() { Cow::Borrowed(html) } else { Cow::Owned(kept + rest) }
}
