//! What the mail server has taken over, read from its record while it writes it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use serde_json::Value;

use super::smtp::raw;

pub struct Inbox {
    record: BufReader<File>,
    /// A line that the server is still writing.
    unfinished: String,
    /// Address → Message-IDs of the mails to it, in the order of their arrival.
    pub mails: BTreeMap<String, Vec<String>>,
    /// Connections that have brought a mail and are still open.
    pub open: BTreeSet<u64>,
}

impl Inbox {
    pub fn open(record: &Path) -> Self {
        let record = BufReader::new(File::open(record).expect("the server's record"));
        Self { record, unfinished: String::new(), mails: BTreeMap::new(), open: BTreeSet::new() }
    }

    /// Reads what is new.
    pub fn look(&mut self) {
        while self.record.read_line(&mut self.unfinished).expect("text") > 0 {
            if !self.unfinished.ends_with('\n') {
                break;
            }
            let line: Value = serde_json::from_str(&self.unfinished).expect("a line of JSON");
            self.unfinished.clear();
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
