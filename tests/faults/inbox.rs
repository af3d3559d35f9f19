//! What the owners got: read from the mail server's record while it writes it, or told by the HTTP carrier.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::smtp::raw;

/// Address and id of each message that was taken over, in order.
pub type Taken = Arc<Mutex<Vec<(String, String)>>>;

pub struct Inbox {
    from: Source,
    /// Address → ids of the messages to it, in the order of their arrival.
    pub mails: BTreeMap<String, Vec<String>>,
    /// Connections that have brought a mail and are still open.
    pub open: BTreeSet<u64>,
}

enum Source {
    /// With the line that the server is still writing.
    Record(BufReader<File>, String),
    Told(Taken),
}

impl Inbox {
    pub fn of_record(record: &Path) -> Self {
        let record = BufReader::new(File::open(record).expect("the server's record"));
        Self::of(Source::Record(record, String::new()))
    }

    pub fn of_carrier(taken: Taken) -> Self {
        Self::of(Source::Told(taken))
    }

    fn of(from: Source) -> Self {
        Self { from, mails: BTreeMap::new(), open: BTreeSet::new() }
    }

    /// Reads what is new.
    pub fn look(&mut self) {
        let mut lines = Vec::new();
        match &mut self.from {
            Source::Record(record, unfinished) => {
                while record.read_line(unfinished).expect("text") > 0 && unfinished.ends_with('\n') {
                    lines.push(serde_json::from_str::<Value>(unfinished).expect("a line of JSON"));
                    unfinished.clear();
                }
            }
            Source::Told(taken) => {
                for (to, id) in taken.lock().expect("no panic").drain(..) {
                    self.mails.entry(to).or_default().push(id);
                }
            }
        }
        for line in lines {
            self.enter(&line);
        }
    }

    fn enter(&mut self, line: &Value) {
        if let Some(closed) = line["closed"].as_u64() {
            self.open.remove(&closed);
            return;
        }
        self.open.extend(line["connection"].as_u64());
        let to = line["to"][0].as_str().expect("a recipient").to_owned();
        self.mails.entry(to).or_default().push(message_id(&raw(line)));
    }

    /// All mails, those that came twice among them.
    pub fn total(&self) -> usize {
        self.mails.values().map(Vec::len).sum()
    }

    /// Different mails.
    pub fn distinct(&self) -> usize {
        self.mails.values().flatten().collect::<BTreeSet<_>>().len()
    }
}

fn message_id(mail: &[u8]) -> String {
    let mail = String::from_utf8_lossy(mail);
    let mut ids = mail.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.strip_prefix("Message-ID:"));
    ids.next().expect("a Message-ID").trim().to_owned()
}
