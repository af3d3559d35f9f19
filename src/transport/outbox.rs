//! Messages as files: to look at, to test with, to hand over to something else.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;

use super::{Accepted, AfterDoubt, SendError, Transport};
use crate::message::{Device, Message, Push};
use crate::policy::Channel;

/// Files written at once; each waits for the disk.
const CONCURRENCY: usize = 8;
/// Bytes of a file name's readable part.
const TITLE_MAX: usize = 60;

/// A carrier of either channel: mails as `.eml`, pushes as `.json`.
#[derive(Debug, Clone)]
pub struct Outbox {
    channel: Channel,
    dir: PathBuf,
}

impl Outbox {
    pub const NAME: &'static str = "outbox";

    /// `dir` is created when the first message comes.
    pub fn new(channel: Channel, dir: impl Into<PathBuf>) -> Self {
        Self { channel, dir: dir.into() }
    }
}

#[async_trait]
impl Transport for Outbox {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn channel(&self) -> Channel {
        self.channel
    }

    fn concurrency(&self) -> usize {
        CONCURRENCY
    }

    /// The same message is the same file.
    fn after_doubt(&self) -> AfterDoubt {
        AfterDoubt::Resend
    }

    /// A disk has no time limit; this is patience with a slow one.
    fn longest_send(&self) -> Duration {
        Duration::from_mins(1)
    }

    async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        if message.channel() != self.channel {
            let detail = format!("this `{}` carries {} only", Self::NAME, self.channel);
            return Err(SendError::Permanent { detail });
        }
        let (name, bytes) = file(message)?;
        let (dir, file_name) = (self.dir.clone(), name.clone());
        // It goes on when this future is dropped: the file is then there, whole, or not.
        let written = tokio::task::spawn_blocking(move || write(&dir, &file_name, &bytes)).await;
        match written {
            Ok(Ok(())) => Ok(Accepted { provider_id: Some(name) }),
            Ok(Err(error)) => Err(unavailable(&self.dir, &error)),
            Err(error) => Err(unavailable(&self.dir, &io::Error::other(error))),
        }
    }

    async fn probe(&self) -> Result<String, SendError> {
        let dir = self.dir.clone();
        let tried = tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(&dir)?;
            tempfile::Builder::new().prefix(".outbox-").tempfile_in(&dir).map(drop)
        });
        match tried.await.unwrap_or_else(|error| Err(io::Error::other(error))) {
            Ok(()) => Ok(format!("`{}` can be written to", self.dir.display())),
            Err(error) => Err(unavailable(&self.dir, &error)),
        }
    }

    async fn close(&self) {}
}

/// Name and content. The id ends the name, so that the same message overwrites its own file.
fn file(message: &Message) -> Result<(String, Vec<u8>), SendError> {
    match message {
        Message::Email(email) => {
            let mime = email.to_mime()?;
            Ok((file_name(&email.subject, email.id.as_str(), "eml"), mime.bytes))
        }
        Message::Push(push) => {
            let mut json = serde_json::to_vec_pretty(&PushFile::of(push)).map_err(|error| SendError::Permanent {
                detail: format!("the push cannot be written as JSON: {error}"),
            })?;
            json.push(b'\n');
            Ok((file_name(&push.title, push.id.as_str(), "json"), json))
        }
    }
}

fn file_name(title: &str, id: &str, extension: &str) -> String {
    let id: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let mut name = String::new();
    for word in title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if name.len() + word.len() >= TITLE_MAX {
            break;
        }
        name.extend(word.chars().flat_map(char::to_lowercase));
        name.push('-');
    }
    format!("{name}{id}.{extension}")
}

/// Whole or not at all, and on the disk when this returns.
fn write(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    let mut file = tempfile::Builder::new().prefix(".outbox-").tempfile_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(dir.join(name))?;
    // The rename itself.
    std::fs::File::open(dir)?.sync_all()
}

fn unavailable(dir: &Path, error: &io::Error) -> SendError {
    SendError::Unavailable { detail: format!("`{}` cannot be written to: {error}", dir.display()), retry_after: None }
}

/// A push as a file: the order of the fields is part of the format.
#[derive(Serialize)]
struct PushFile<'a> {
    id: &'a str,
    title: &'a str,
    body: &'a str,
    link: Option<&'a str>,
    device: &'a Device,
    locale: &'a str,
    collapse_key: &'a str,
    expires_at: Timestamp,
    high_priority: bool,
}

impl<'a> PushFile<'a> {
    fn of(push: &'a Push) -> Self {
        Self {
            id: push.id.as_str(),
            title: &push.title,
            body: &push.body,
            link: push.link.as_deref(),
            device: &push.device,
            locale: &push.locale,
            collapse_key: &push.collapse_key,
            expires_at: push.expires_at,
            high_priority: push.high_priority,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_readable_and_stays_in_its_directory() {
        assert_eq!(file_name("Verbinde deinen Kia EV6 neu", "a-1", "eml"), "verbinde-deinen-kia-ev6-neu-a-1.eml");
        assert_eq!(file_name("../../etc/passwd\0", "../b", "eml"), "etc-passwd-b.eml");
        assert_eq!(file_name("", "a", "json"), "a.json");
        assert_eq!(file_name("Køb Ærø!", "a", "json"), "køb-ærø-a.json");
        assert!(file_name(&"wörd ".repeat(100), &"0".repeat(36), "json").len() < 255);
        assert_eq!(file_name(&"w".repeat(300), "a", "eml"), "a.eml");
    }
}
