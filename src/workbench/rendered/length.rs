//! Lengths as an inbox and a phone show them: in graphemes, and in bytes where a carrier counts those.

use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation;

use crate::catalog::Line;
use crate::diagnostic::{Diagnostic, Severity, codes};
use crate::message::{Message, Push};
use crate::transport::{self, APPLE_PAYLOAD_MAX};
use crate::workbench::limits;

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
    Limit { line: ".subject", plain: limits::SUBJECT, most: 150, why: "phones cut the subject there" },
    Limit { line: ".preheader", plain: limits::PREHEADER, most: 250, why: "inboxes cut it there" },
    Limit { line: ".title", plain: limits::TITLE, most: 200, why: "a headline runs to three lines on a phone" },
    Limit { line: ".action", plain: limits::BUTTON, most: 90, why: "a button breaks into two lines" },
    Limit { line: ".push-title", plain: limits::PUSH_TITLE, most: 120, why: "phones cut the title there" },
    Limit { line: ".push-body", plain: limits::PUSH_BODY, most: 178, why: "phones cut the text there" },
];

pub(super) fn look(sample: &Sample<'_>, message: &Message, once: &mut Once) {
    let is_plain = sample.scenario.id == "plain";
    for line in sample.lines() {
        if let Some(limit) = LIMITS.iter().find(|limit| limit.line == line.name) {
            too_long(sample, line, limit, is_plain, once);
        }
        if is_plain && line.name == ".preheader" {
            let length = graphemes(&line.text);
            if length < limits::PREHEADER_LEAST {
                let least = limits::PREHEADER_LEAST;
                let what = format!("`.preheader` has {length} characters; from {least} it fills the inbox's line");
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

/// Whether all of its text reaches the phone: a carrier's payload gets the body shortened until it fits.
fn payload(sample: &Sample<'_>, push: &Push, once: &mut Once) {
    let payload = transport::apple_payload(push).and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    if payload.is_none_or(|payload| payload["aps"]["alert"]["body"] != push.body.as_str()) {
        let what = format!("the push message does not fit into the {APPLE_PAYLOAD_MAX} bytes that carriers take");
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
