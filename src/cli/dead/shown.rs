//! Dead letters as the commands show them. Whatever an event holds, it draws nothing on a terminal but text.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::{dispatches, table, terminal};
use crate::source::DeadLetter;

/// Bytes of an event that are shown.
const MOST: usize = 4096;

/// Characters of an id that are shown: enough to find it again.
const SHORT: usize = 8;

/// What `dashlight dead list --format json` and `dashlight dead show --format json` print.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "DeadLetters")]
struct Written<'a> {
    /// Grows when a field changes its meaning.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// The oldest first.
    letters: Vec<WrittenLetter<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct WrittenLetter<'a> {
    #[serde(flatten)]
    row: &'a Row,
    /// Of `show` only: the headers of others than Dashlight.
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<&'a str, &'a str>>,
    /// Of `show` only: the event, where it is UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    /// Of `show` only: the event, where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
}

/// What is known of a letter but for its body.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    id: String,
    /// Why it is here: a word of Dashlight's, or of the broker's where that put it here.
    reason: Option<String>,
    /// What is wrong, where, and what to do.
    detail: Option<String>,
    /// When it was taken from the queue that it came from (RFC 3339).
    at: Option<String>,
    #[serde(skip)]
    #[schemars(skip)]
    when: Option<jiff::Timestamp>,
    /// The queue that it came from.
    queue: Option<String>,
    exchange: Option<String>,
    routing_key: Option<String>,
    message_id: Option<String>,
    /// Of the event.
    bytes: usize,
    /// The program's that put it here.
    program: Option<String>,
}

impl Row {
    pub(super) fn of(letter: &DeadLetter) -> Self {
        Self {
            id: letter.id.clone(),
            reason: letter.reason.clone(),
            detail: letter.detail.clone(),
            at: letter.at.map(|at| at.to_string()),
            when: letter.at,
            queue: letter.queue.clone(),
            exchange: letter.exchange.clone(),
            routing_key: letter.routing_key.clone(),
            message_id: letter.message_id.clone(),
            bytes: letter.body.len(),
            program: letter.version.clone(),
        }
    }
}

pub(in super::super) fn schema() -> serde_json::Value {
    schemars::schema_for!(Written<'_>).to_value()
}

pub(in super::super) fn summary_schema() -> serde_json::Value {
    schemars::schema_for!(WrittenSummary<'_>).to_value()
}

pub(super) fn print_json(rows: &[Row]) -> anyhow::Result<()> {
    let letters = rows.iter().map(|row| WrittenLetter { row, headers: None, body: None, body_base64: None });
    table::print_json(&Written { version: 1, letters: letters.collect() })
}

pub(super) fn print_json_of_one(row: &Row, headers: &[(String, String)], body: &[u8]) -> anyhow::Result<()> {
    let text = std::str::from_utf8(body).ok();
    let body_base64 = text.is_none().then(|| STANDARD.encode(body));
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let letter = WrittenLetter { row, headers: Some(headers), body: text, body_base64 };
    table::print_json(&Written { version: 1, letters: vec![letter] })
}

pub(super) fn draw(rows: &[Row]) -> String {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            [
                row.when.map(table::time).unwrap_or_default(),
                row.id.get(..SHORT).unwrap_or(&row.id).to_owned(),
                plain(row.reason.as_deref().unwrap_or("not said")),
                dispatches::shortened(&plain(row.detail.as_deref().unwrap_or_default())),
                plain(row.queue.as_deref().unwrap_or_default()),
                dispatches::shortened(&plain(row.message_id.as_deref().unwrap_or_default())),
                row.bytes.to_string(),
            ]
        })
        .collect();
    table::draw(["TAKEN (UTC)", "ID", "REASON", "DETAIL", "FROM", "MESSAGE ID", "BYTES"], &rows)
}

/// All that is known of one.
pub(super) fn describe(row: &Row, headers: &[(String, String)], body: &[u8]) -> String {
    let known = [
        ("id", Some(&row.id)),
        ("reason", row.reason.as_ref()),
        ("detail", row.detail.as_ref()),
        ("taken", row.at.as_ref()),
        ("queue", row.queue.as_ref()),
        ("exchange", row.exchange.as_ref()),
        ("key", row.routing_key.as_ref()),
        ("message id", row.message_id.as_ref()),
        ("program", row.program.as_ref()),
    ];
    let known = known.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)));
    let mut lines: Vec<_> = known.map(|(name, value)| format!("{name:<12}{}", plain(value))).collect();
    lines.extend(headers.iter().map(|(name, value)| format!("{:<12}{}: {}", "header", plain(name), plain(value))));
    lines.extend([format!("{:<12}{}", "bytes", body.len()), String::new(), excerpt(body), String::new()]);
    lines.join("\n")
}

/// As much of an event as fits a screen or two.
fn excerpt(body: &[u8]) -> String {
    let shown = String::from_utf8_lossy(&body[..body.len().min(MOST)]);
    let mut lines: Vec<_> = shown.lines().map(plain).collect();
    if body.len() > MOST {
        lines.push(format!("… {} bytes more; `--body` has all of it", body.len() - MOST));
    }
    lines.join("\n")
}

/// Without what a terminal would obey, or what turns the order of the letters round.
fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\t' => safe.push(char),
            _ if table::is_unsafe(char) => safe.extend(char.escape_unicode()),
            _ => safe.push(char),
        }
    }
    safe
}

/// What `dashlight dead replay` and `dashlight dead purge` did.
#[derive(Debug)]
pub(super) struct Summary {
    verb: &'static str,
    dry_run: bool,
    by_reason: BTreeMap<String, usize>,
    /// Left, because they came from these queues.
    strangers: BTreeMap<String, usize>,
}

/// What `dashlight dead replay --format json` and `dashlight dead purge --format json` print.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Dead")]
struct WrittenSummary<'a> {
    /// Grows when a field changes its meaning.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// Nothing was done: it is told what would be.
    dry_run: bool,
    /// A word for what was done: replayed, deleted.
    done: &'a str,
    letters: usize,
    by_reason: &'a BTreeMap<String, usize>,
    /// By the queue that they came from.
    left_from_other_queues: &'a BTreeMap<String, usize>,
}

impl Summary {
    pub(super) fn new(verb: &'static str, dry_run: bool) -> Self {
        Self { verb, dry_run, by_reason: BTreeMap::new(), strangers: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, letter: &DeadLetter) {
        let reason = plain(letter.reason.as_deref().unwrap_or("not said"));
        *self.by_reason.entry(reason).or_default() += 1;
    }

    pub(super) fn left_in_place(&mut self, letter: &DeadLetter) {
        let queue = plain(letter.queue.as_deref().unwrap_or_default());
        *self.strangers.entry(queue).or_default() += 1;
    }

    pub(super) fn count(&self) -> usize {
        self.by_reason.values().sum()
    }

    pub(super) fn draw(&self) -> String {
        if self.by_reason.is_empty() {
            return "nothing\n".to_owned();
        }
        let verb = if self.dry_run { format!("would be {}", self.verb) } else { self.verb.to_owned() };
        let rows = self.by_reason.iter().map(|(reason, count)| [reason.clone(), count.to_string(), verb.clone()]);
        let rows: Vec<_> = rows.collect();
        table::draw(["REASON", "LETTERS", ""], &rows)
    }

    pub(super) fn print_json(&self) -> anyhow::Result<()> {
        table::print_json(&WrittenSummary {
            version: 1,
            dry_run: self.dry_run,
            done: self.verb,
            letters: self.count(),
            by_reason: &self.by_reason,
            left_from_other_queues: &self.strangers,
        })
    }

    pub(super) fn warn_of_strangers(&self) {
        for (queue, count) in &self.strangers {
            terminal::warn(&format!(
                "{count} left: from `{queue}`, not `rabbitmq.queue`; `--any-queue` replays them all the same\n"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_shown_without_what_a_terminal_would_obey() {
        let hostile = b"{\"a\":\t\"\x1b]0;owned\x07\xc2\x9b2J \xe2\x80\xaegnp.exe \xff\"}\r\nnext";
        let shown = excerpt(hostile);
        assert!(!shown.chars().any(|char| char.is_control() && char != '\n' && char != '\t'), "{shown:?}");
        assert_eq!(shown, "{\"a\":\t\"\\u{1b}]0;owned\\u{7}\\u{9b}2J \\u{202e}gnp.exe \u{fffd}\"}\nnext");
    }

    #[test]
    fn a_long_event_is_cut_and_says_by_how_much() {
        let shown = excerpt(&vec![b'x'; MOST + 7]);
        assert!(shown.ends_with("x\n… 7 bytes more; `--body` has all of it"), "{}", &shown[MOST..]);
    }
}
