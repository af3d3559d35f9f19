//! Sample events: what the worker would make of each, and what a product team would not expect of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::json_place::Node;
use crate::catalog::Catalog;
use crate::config::App;
use crate::diagnostic::{Code, Diagnostic, Source, codes};
use crate::event::{self, ErrorKey, Properties, Reason, Reject, State, VehicleError};
use crate::message;
use crate::policy::News;

/// What events are held against.
#[derive(Debug, Clone, Copy)]
pub struct Against<'a> {
    /// `None`: the content cannot be loaded, and only the form of the events is looked at.
    pub catalog: Option<&'a Catalog>,
    pub apps: &'a BTreeMap<String, App>,
    /// A `[directory]` may know the owners' addresses.
    pub directory: bool,
    pub max_event_bytes: usize,
    pub now: Timestamp,
}

/// What was found in events.
#[derive(Debug, Default)]
pub struct Events {
    pub findings: Vec<Diagnostic>,
    pub count: usize,
}

const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;
const MAX_DEPTH: usize = 8;
/// More of one file are of no use to anybody.
const MAX_FINDINGS: usize = 100;
const BYTE_ORDER_MARK: char = '\u{feff}';

impl Events {
    /// Looks at files, and at all files of events in folders.
    pub fn of(paths: &[PathBuf], against: &Against<'_>) -> Self {
        let mut events = Self::default();
        let ids = against.apps.keys().cloned().collect();
        for path in paths {
            let mut files = BTreeSet::new();
            collect(path, 0, &mut files);
            if files.is_empty() && path.is_dir() {
                events.cannot(path, "holds no events: no `*.json`, `*.ndjson` or `*.jsonl`");
            }
            for file in files {
                match read(&file) {
                    Ok(bytes) => events.file(&file, &bytes, &ids, against),
                    Err(why) => events.cannot(&file, &why),
                }
            }
        }
        events
    }

    fn cannot(&mut self, path: &Path, why: &str) {
        let fault = Diagnostic::new(&codes::event::FILE, format!("`{}` {why}", path.display()));
        self.findings.push(fault.in_file(path));
    }

    fn file(&mut self, path: &Path, bytes: &[u8], apps: &BTreeSet<String>, against: &Against<'_>) {
        let source = Arc::new(Source { path: path.to_owned(), text: String::from_utf8_lossy(bytes).into_owned() });
        let mut found = Vec::new();
        for range in bodies(path, bytes) {
            self.count += 1;
            let event = Event::read(&bytes[range.clone()], range.start, &source, apps, against);
            found.extend(event.findings());
        }
        let more = found.len().saturating_sub(MAX_FINDINGS);
        found.truncate(MAX_FINDINGS);
        if let (Some(last), true) = (found.last_mut(), more > 0) {
            last.help = Some(format!("{more} more findings in this file are not shown"));
        }
        self.findings.extend(found);
    }
}

/// Files with events, below a folder or the file itself. A file that is named is taken, whatever it is called.
fn collect(path: &Path, depth: usize, files: &mut BTreeSet<PathBuf>) {
    let Some(entries) = fs::read_dir(path).ok().filter(|_| depth < MAX_DEPTH) else {
        if !path.is_dir() {
            files.insert(path.to_owned());
        }
        return;
    };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        let is_event = ["json", "ndjson", "jsonl"].iter().any(|known| has_extension(&path, known));
        if !hidden && (is_event || path.is_dir()) {
            collect(&path, depth + 1, files);
        }
    }
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes));
    match read {
        Err(error) => Err(format!("cannot be read: {error}")),
        Ok(_) if bytes.len() as u64 > MAX_FILE_BYTES => Err("is larger than 16 MiB".to_owned()),
        Ok(_) => Ok(bytes),
    }
}

/// The events of a file: the whole of it, or each line that is not blank.
fn bodies(path: &Path, bytes: &[u8]) -> Vec<Range<usize>> {
    let lines = ["ndjson", "jsonl"].iter().any(|known| has_extension(path, known));
    if !lines && (has_extension(path, "json") || serde_json::from_slice::<Value>(bytes).is_ok()) {
        return std::iter::once(0..bytes.len()).collect();
    }
    let mut start = 0;
    let mut bodies = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let length = line.trim_ascii_end().len();
        if length > 0 {
            bodies.push(start..start + length);
        }
        start += line.len();
    }
    bodies
}

/// One event, and where it stands.
struct Event<'a> {
    parsed: event::Parsed,
    /// Of the event's own text.
    tree: Option<Node>,
    /// What is not JSON ends here.
    broken_at: usize,
    base: usize,
    text: String,
    source: &'a Arc<Source>,
    against: &'a Against<'a>,
}

impl<'a> Event<'a> {
    fn read(
        body: &[u8],
        base: usize,
        source: &'a Arc<Source>,
        apps: &BTreeSet<String>,
        against: &'a Against<'a>,
    ) -> Self {
        let context = event::Context {
            properties: &Properties::default(),
            arrived: against.now,
            apps,
            max_bytes: against.max_event_bytes,
        };
        let parsed = event::parse(body, &context);
        let (text, mark) = match std::str::from_utf8(body) {
            Ok(text) => (text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text), text.starts_with(BYTE_ORDER_MARK)),
            Err(error) => (std::str::from_utf8(&body[..error.valid_up_to()]).unwrap_or_default(), false),
        };
        let json = serde_json::from_str::<Value>(text);
        let broken_at = json.as_ref().err().map_or(0, |error| byte_at(text, error.line(), error.column()));
        let tree = json.ok().and_then(|_| Node::read(text));
        let base = base + if mark { BYTE_ORDER_MARK.len_utf8() } else { 0 };
        Self { parsed, tree, broken_at, base, text: text.to_owned(), source, against }
    }

    fn findings(&self) -> Vec<Diagnostic> {
        let mut findings: Vec<_> = self.parsed.rejected.iter().map(|reject| self.rejected(reject)).collect();
        for error in &self.parsed.errors {
            self.look(error, &mut findings);
        }
        findings
    }

    fn rejected(&self, reject: &Reject) -> Diagnostic {
        let span = match (&self.tree, reject.reason) {
            (None, Reason::NotUtf8) => self.text.len()..self.text.len() + 1,
            (None, _) => self.broken_at..self.broken_at + 1,
            // The detail begins with the path of the field that is at fault.
            (Some(tree), _) => tree.nearest(reject.detail.split('`').nth(1).unwrap_or_default()).mark(),
        };
        match reject.reason {
            Reason::UnknownApp => self.finding(&codes::event::UNKNOWN_APP, reject.detail.clone(), span),
            reason => self.finding(&codes::event::UNUSABLE, format!("`{reason}`: {}", reject.detail), span),
        }
    }

    /// What the worker would do with a sound error.
    fn look(&self, error: &VehicleError, findings: &mut Vec<Diagnostic>) {
        let mut tell = |code, what: String, at: &[&str]| findings.push(self.finding(code, what, self.find(error, at)));
        let (key, recipient) = (&error.key, &error.recipient);
        if error.test {
            let what = "nothing is sent of a webhook in TEST mode".to_owned();
            return tell(&codes::event::TEST_MODE, what, &["meta.mode"]);
        }
        let Some(catalog) = self.against.catalog else { return };
        if catalog.rules(key).is_none() {
            let what = format!("nothing is sent of `{key}`, which has no notice");
            return tell(&codes::event::NO_NOTICE, what, CODE);
        }
        if catalog.is_general(key) {
            let what = format!("`{key}` has no notice of its own, so the general one of its type serves");
            tell(&codes::event::GENERAL_NOTICE, what, CODE);
        }
        if error.state == State::Resolved {
            return;
        }
        let Some(app) = self.against.apps.get(&error.app) else { return };
        match catalog.choose(News::Problem, error, app) {
            Err(fault) => tell(&codes::event::NO_MESSAGE, fault.to_string(), CODE),
            Ok(choice) => {
                if let Some(why) = choice.link.ignored {
                    let what = format!("the event's own link is not used: {why}");
                    tell(&codes::event::LINK_IGNORED, what, &["resolution.url"]);
                }
            }
        }
        let (asked, default) = (recipient.locale.as_deref(), &app.default_locale);
        let served = catalog.negotiate(asked, default);
        if let (Some(asked), 0) = (asked, served.owners) {
            let what = format!("no language serves `{asked}`, so `{default}` does");
            tell(&codes::event::OTHER_LANGUAGE, what, &["recipient.locale"]);
        }
        let by_mail = recipient.email.as_deref().is_some_and(message::is_address);
        // The directory is asked only where the event says nothing.
        let known = recipient.email.is_none() && self.against.directory;
        if !by_mail && recipient.devices.is_empty() && !known {
            let what = match &recipient.email {
                Some(_) => "the owner cannot be reached: `recipient.email` is no e-mail address",
                None => "the owner cannot be reached: there is no address, no device and no `[directory]`",
            };
            tell(&codes::event::NO_ADDRESS, what.to_owned(), &["recipient.email", "recipient", "data.user"]);
        }
    }

    /// The first of the fields that is there: of the error itself, else of the event.
    fn find(&self, error: &VehicleError, fields: &[&str]) -> Range<usize> {
        let Some(tree) = &self.tree else { return 0..1 };
        let event = tree.get("data").filter(|_| tree.get("specversion").is_some()).unwrap_or(tree);
        let own = event.get("error").or_else(|| self.one_of(event, &error.key));
        let exact = |root: &'_ Node, path: &str| {
            let mut node = Some(root);
            for name in path.split('.') {
                node = node.and_then(|node| node.get(name));
            }
            node.map(Node::mark)
        };
        let found =
            fields.iter().find_map(|field| own.and_then(|own| exact(own, field)).or_else(|| exact(event, field)));
        found.unwrap_or_else(|| own.unwrap_or(event).mark())
    }

    /// The error of a webhook that bears this key.
    fn one_of<'t>(&self, webhook: &'t Node, key: &ErrorKey) -> Option<&'t Node> {
        webhook.get("data")?.get("errors")?.elements().iter().find(|node| {
            let text = |name| {
                let value: Option<Value> =
                    node.get(name).and_then(|node| serde_json::from_str(&self.text[node.span.clone()]).ok());
                value.and_then(|value| value.as_str().map(str::to_owned))
            };
            text("type").is_some_and(|kind| ErrorKey::new(&kind, text("code").as_deref()) == *key)
        })
    }

    fn finding(&self, code: &'static Code, what: String, span: Range<usize>) -> Diagnostic {
        Diagnostic::new(code, what).at(self.source, self.base + span.start..self.base + span.end)
    }
}

/// Where the code stands, or the type if there is none.
const CODE: &[&str] = &["code", "type"];

/// The byte at a line and a column of `serde_json`'s, which counts bytes from 1.
fn byte_at(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (start + column.saturating_sub(1)).min(text.len())
}

#[cfg(test)]
#[path = "events_tests.rs"]
mod tests;
