//! What happens is told here, once, as [`Fact`]s: to the log, to the summary of a batch, to the demo's page.
//!
//! The log holds ids and hashes; no addresses, names, tokens or bodies. Metrics hold not even ids.

mod guests;
mod health;
mod http;
mod log;
mod metrics;
mod repeats;
mod tally;

use std::sync::Arc;

use jiff::Timestamp;

use crate::event::{Reject, VehicleError};
use crate::ledger::{CancelReason, Dispatch, FailReason, PostponeReason};
use crate::message::Message;
use crate::policy::Addressed;

pub use health::{Health, Vitals};
pub use http::{Endpoint, ListenError, Served};
pub use log::{Log, start_logging};
pub use metrics::Metrics;
pub use tally::{Tally, Totals};

/// Something that happened.
#[derive(Debug, Clone, Copy)]
pub enum Fact<'a> {
    /// An event, or a part of it, could not be used.
    Rejected { origin: &'a str, reject: &'a Reject },
    /// An error was decided about.
    Decided { error: &'a VehicleError, handling: Handling },
    /// A claimed dispatch came to an end.
    Ended { dispatch: &'a Dispatch, ending: &'a Ending },
}

/// What became of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    /// A new incident, with so many messages planned.
    Opened {
        planned: usize,
        general: bool,
    },
    Repeated,
    Stale,
    TooOld,
    /// Its owner was erased after it had happened.
    Erased,
    /// The incident is over, and so many planned messages with it.
    Resolved {
        cancelled: u32,
    },
    NothingToResolve,
    /// The content has no notice for this error: not an owner's business.
    NoNotice,
    /// Sent in Smartcar's TEST mode.
    TestMode,
}

impl Handling {
    /// For machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened { general: false, .. } => "opened",
            Self::Opened { general: true, .. } => "opened-general",
            Self::Repeated => "repeated",
            Self::Stale => "stale",
            Self::TooOld => "too-old",
            Self::Erased => "erased",
            Self::Resolved { .. } => "resolved",
            Self::NothingToResolve => "nothing-to-resolve",
            Self::NoNotice => "no-notice",
            Self::TestMode => "test-mode",
        }
    }

    /// For people: why nothing (or something) is sent.
    pub fn explain(self) -> String {
        match self {
            Self::Opened { planned, general: false } => format!("new incident, messages planned: {planned}"),
            Self::Opened { planned, general: true } => {
                format!("new incident of an unknown code, general messages planned: {planned}")
            }
            Self::Repeated => "the incident is open already".into(),
            Self::Stale => "it happened before the incident was resolved".into(),
            Self::TooOld => "older than the notice's expiry".into(),
            Self::Erased => "its owner was erased after it had happened".into(),
            Self::Resolved { cancelled: 0 } => "resolved".into(),
            Self::Resolved { cancelled } => format!("resolved, planned messages cancelled: {cancelled}"),
            Self::NothingToResolve => "resolved, but nothing was open".into(),
            Self::NoNotice => "the content has no notice for it".into(),
            Self::TestMode => "sent in Smartcar's TEST mode".into(),
        }
    }
}

/// How the claim of a dispatch ended.
#[derive(Debug, Clone)]
pub enum Ending {
    Sent {
        message: Arc<Message>,
        transport: String,
        provider_id: Option<String>,
        locale: String,
        /// The owner's locale, when another had to serve.
        instead_of: Option<String>,
    },
    Retried {
        due_at: Timestamp,
        detail: String,
        /// The transport that may have accepted it: no other is asked.
        only: Option<String>,
    },
    /// The carrier cannot be used until a person mends the configuration; planned again.
    Misconfigured {
        due_at: Timestamp,
        detail: String,
    },
    Failed {
        reason: FailReason,
        detail: String,
    },
    Cancelled(CancelReason),
    Expired,
    Unknown {
        detail: String,
    },
    Released,
    /// It may not go out now; planned again, and no try was counted.
    Postponed {
        due_at: Timestamp,
        reason: PostponeReason,
    },
    /// Its devices are known by now; planned again for them.
    Addressed(Addressed),
    /// Another worker has it.
    Lost,
}

impl Ending {
    /// For machines: what became of it, and why, where that has a word of its own.
    pub fn as_str(&self) -> (&'static str, &'static str) {
        match self {
            Self::Sent { .. } => ("sent", ""),
            Self::Retried { .. } => ("retried", ""),
            Self::Misconfigured { .. } => ("misconfigured", ""),
            Self::Failed { reason, .. } => ("failed", reason.as_str()),
            Self::Cancelled(reason) => ("cancelled", reason.as_str()),
            Self::Expired => ("expired", ""),
            Self::Unknown { .. } => ("unknown", ""),
            Self::Released => ("released", ""),
            Self::Postponed { reason, .. } => ("postponed", reason.as_str()),
            Self::Addressed(_) => ("addressed", ""),
            Self::Lost => ("lost", ""),
        }
    }
}

/// Whoever wants to know. Called on the path: must be quick and must not block.
pub trait Observer: Send + Sync {
    fn observe(&self, fact: &Fact<'_>);
}

/// Tells several.
#[derive(Default, Clone)]
pub struct Observers(Vec<Arc<dyn Observer>>);

impl Observers {
    #[must_use]
    pub fn with(mut self, observer: Arc<dyn Observer>) -> Self {
        self.0.push(observer);
        self
    }
}

impl std::fmt::Debug for Observers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Observers").field(&self.0.len()).finish()
    }
}

impl Observer for Observers {
    fn observe(&self, fact: &Fact<'_>) {
        for observer in &self.0 {
            observer.observe(fact);
        }
    }
}
