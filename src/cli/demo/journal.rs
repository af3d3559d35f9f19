//! What the demo's page shows: every message, and everything that was not sent and why.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::clock::DemoClock;
use crate::config::App;
use crate::event::{Device, VehicleError};
use crate::ledger::Dispatch;
use crate::message::Message;
use crate::policy::Target;
use crate::telemetry::{Ending, Fact, Handling, Observer};

/// A line of the journal.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Entry {
    /// Position in the journal, from 0.
    pub(super) number: usize,
    /// Seconds since the demo began.
    pub(super) second: u64,
    #[serde(flatten)]
    pub(super) what: What,
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum What {
    /// A message that was sent.
    Message(Sent),
    /// An event, and what became of it.
    Note { title: String, why: String, tone: Tone },
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Sent {
    channel: &'static str,
    id: String,
    key: String,
    from: String,
    to: String,
    subject: String,
    /// The text part, or the push message's body.
    text: String,
    link: Option<String>,
    locale: String,
    instead_of: Option<String>,
    #[serde(skip)]
    pub(super) message: Arc<Message>,
}

/// How the page sets a note apart.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Tone {
    /// A message will follow.
    Planned,
    /// No message, on purpose.
    Quiet,
    /// Something is wrong.
    Fault,
}

#[derive(Debug)]
pub(super) struct Journal {
    clock: DemoClock,
    /// Name of each app, by its id.
    apps: BTreeMap<String, String>,
    entries: Mutex<Vec<Entry>>,
}

impl Journal {
    pub(super) fn new(clock: DemoClock, apps: &BTreeMap<String, App>) -> Self {
        let apps = apps.iter().map(|(id, app)| (id.clone(), app.name.clone())).collect();
        Self { clock, apps, entries: Mutex::default() }
    }

    /// The entries from position `from` on.
    pub(super) fn since(&self, from: usize) -> Vec<Entry> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(from..).unwrap_or_default().to_vec()
    }

    /// The message of an entry.
    pub(super) fn message(&self, number: usize) -> Option<Arc<Message>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        match &entries.get(number)?.what {
            What::Message(sent) => Some(Arc::clone(&sent.message)),
            What::Note { .. } => None,
        }
    }

    /// The journal for a terminal.
    pub(super) fn transcript(&self) -> String {
        let line = |entry: &Entry| match &entry.what {
            What::Message(sent) => {
                format!("{:>3} s  {:<5}  {:<6}  {}", entry.second, sent.channel, sent.locale, sent.subject)
            }
            What::Note { title, why, .. } => format!("{:>3} s  {title}: {why}", entry.second),
        };
        self.since(0).iter().map(|entry| line(entry) + "\n").collect()
    }

    fn write(&self, what: What) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let number = entries.len();
        entries.push(Entry { number, second: self.clock.elapsed().as_secs(), what });
    }
}

impl Observer for Journal {
    fn observe(&self, fact: &Fact<'_>) {
        match fact {
            Fact::Rejected { reject, .. } => self.write(What::Note {
                title: format!("Rejected ({})", reject.reason),
                why: reject.detail.clone(),
                tone: Tone::Fault,
            }),
            Fact::Decided { error, handling } => self.write(decided(error, *handling)),
            Fact::Ended { dispatch, ending } => {
                let app = self.apps.get(&dispatch.error.app).map_or("", String::as_str);
                if let Some(what) = ended(app, dispatch, ending) {
                    self.write(what);
                }
            }
        }
    }
}

fn decided(error: &VehicleError, handling: Handling) -> What {
    let who = error.recipient.name.as_deref().unwrap_or(&error.recipient.id);
    let code = error.key.code().unwrap_or(error.key.kind());
    let tone = if matches!(handling, Handling::Opened { .. }) { Tone::Planned } else { Tone::Quiet };
    What::Note { title: format!("{code} for {who}"), why: handling.explain(), tone }
}

fn ended(app: &str, dispatch: &Dispatch, ending: &Ending) -> Option<What> {
    let title = format!("{} to {}", dispatch.target.channel(), dispatch.error.recipient.id);
    let fault = |why: String| Some(What::Note { title: title.clone(), why, tone: Tone::Fault });
    match ending {
        Ending::Sent { message, locale, instead_of, .. } => {
            Some(What::Message(sent(app, dispatch, message, locale, instead_of.as_ref())))
        }
        Ending::Failed { detail, .. } => fault(format!("failed: {detail}")),
        Ending::Unknown { detail } => fault(format!("unknown: {detail}")),
        Ending::Retried { detail, .. } | Ending::Misconfigured { detail, .. } => fault(format!("not yet: {detail}")),
        Ending::Expired => fault("expired".into()),
        Ending::Cancelled(reason) => {
            Some(What::Note { title, why: format!("cancelled: {}", reason.as_str()), tone: Tone::Quiet })
        }
        Ending::Postponed { reason, .. } => {
            Some(What::Note { title, why: format!("postponed: {}", reason.as_str()), tone: Tone::Quiet })
        }
        Ending::Addressed(_) | Ending::Released | Ending::Lost => None,
    }
}

fn sent(app: &str, dispatch: &Dispatch, message: &Arc<Message>, locale: &str, instead_of: Option<&String>) -> Sent {
    let (from, to, subject, text, link) = match &**message {
        Message::Email(email) => {
            let from = email.from.name.clone().unwrap_or_else(|| email.from.address.clone());
            (from, email.to.address.clone(), email.subject.clone(), email.text.clone(), None)
        }
        Message::Push(push) => {
            let to = format!("{} of {}", device(&dispatch.target), dispatch.error.recipient.id);
            (app.to_owned(), to, push.title.clone(), push.body.clone(), push.link.clone())
        }
    };
    Sent {
        channel: message.channel().as_str(),
        id: dispatch.id.to_string(),
        key: dispatch.error.key.to_string(),
        from,
        to,
        subject,
        text,
        link,
        locale: locale.to_owned(),
        instead_of: instead_of.cloned(),
        message: Arc::clone(message),
    }
}

fn device(target: &Target) -> &'static str {
    match target {
        Target::Email => "mailbox",
        Target::Push(Device::Fcm { .. }) => "Android phone",
        Target::Devices(_) => "the owner's devices",
        Target::Push(Device::Apns { .. }) => "iPhone",
        Target::Push(Device::Webpush { .. }) => "browser",
        Target::Push(Device::Other { .. }) => "other device",
    }
}
