//! Lengths as an inbox and a phone show them: in graphemes, and in bytes where a carrier counts those.

use unicode_segmentation::UnicodeSegmentation;

use crate::catalog::Line;
use crate::diagnostic::{Diagnostic, Severity, codes};
use crate::message::{Message, Push};

use super::{Once, Sample};

/// How long a text may be, in graphemes.
struct Limit {
    /// The attribute of the notice.
    line: &'static str,
    /// With the names of the plain scenario.
    plain: usize,
    /// With any names.
    most: usize,
    /// What becomes of more.
    why: &'static str,
}

const LIMITS: [Limit; 6] = [
    Limit { line: ".subject", plain: 50, most: 150, why: "phones cut the subject there" },
    Limit { line: ".preheader", plain: 90, most: 250, why: "inboxes cut it there" },
    Limit { line: ".title", plain: 60, most: 200, why: "a headline runs to three lines on a phone" },
    Limit { line: ".action", plain: 30, most: 90, why: "a button breaks into two lines" },
    Limit { line: ".push-title", plain: 40, most: 120, why: "phones cut the title there" },
    Limit { line: ".push-body", plain: 110, most: 178, why: "phones cut the text there" },
];
/// A shorter one lets the first lines of the mail into the inbox.
const SHORTEST_PREHEADER: usize = 40;
/// APNs and FCM take this much JSON.
const LARGEST_PAYLOAD: usize = 4_096;
/// What a carrier adds to title, text and link: names of keys, token, times, priority.
const ENVELOPE: usize = 600;

pub(super) fn look(sample: &Sample<'_>, message: &Message, once: &mut Once) {
    let is_plain = sample.scenario.id == "plain";
    for line in sample.lines() {
        if let Some(limit) = LIMITS.iter().find(|limit| limit.line == line.name) {
            too_long(sample, line, limit, is_plain, once);
        }
        if is_plain && line.name == ".preheader" {
            let length = graphemes(&line.text);
            if length < SHORTEST_PREHEADER {
                let what = format!(
                    "`.preheader` has {length} characters; from {SHORTEST_PREHEADER} it fills the inbox's line"
                );
                once.add(sample, at(line, Diagnostic::new(&codes::message::TOO_SHORT, what)));
            }
        }
        if is_plain && line.name == ".action" && !(2..=4).contains(&line.text.split_whitespace().count()) {
            let what = format!("the button “{}” is not of two to four words", line.text);
            once.add(sample, at(line, Diagnostic::new(&codes::message::BUTTON, what)));
        }
    }
    if let Message::Push(push) = message {
        payload(sample, push, once);
    }
}

fn too_long(sample: &Sample<'_>, line: &Line, limit: &Limit, is_plain: bool, once: &mut Once) {
    let length = graphemes(&line.text);
    let (most, severity) = match length {
        length if length > limit.most => (limit.most, Severity::Error),
        length if is_plain && length > limit.plain => (limit.plain, Severity::Warning),
        _ => return,
    };
    let Limit { line: name, why, .. } = limit;
    let what = format!("`{name}` has {length} characters, and at most {most} are good: {why}");
    once.add(sample, at(line, Diagnostic::new(&codes::message::TOO_LONG, what).severity(severity)));
}

/// The whole of it, with what a carrier adds.
fn payload(sample: &Sample<'_>, push: &Push, once: &mut Once) {
    let json = serde_json::json!([push.title, push.body, push.link, push.collapse_key]).to_string();
    let bytes = json.len() + ENVELOPE;
    if bytes > LARGEST_PAYLOAD {
        let what = format!("the push message is about {bytes} bytes, and carriers take {LARGEST_PAYLOAD}");
        let fault = Diagnostic::new(&codes::message::PAYLOAD, what);
        once.add(sample, sample.placed(fault, "push.txt", ""));
    }
}

fn at(line: &Line, finding: Diagnostic) -> Diagnostic {
    Diagnostic { place: line.place.clone(), ..finding }
}

fn graphemes(text: &str) -> usize {
    text.graphemes(true).count()
}
