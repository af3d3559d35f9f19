//! What operators ask of the ledger and change in it, beside the running workers: the history, and what is known of whom.
//!
//! Nothing that is told here holds an address or a body.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::{DispatchId, Erased, LedgerError, Owner, Place, Retention, Tidied};
use crate::event::ErrorKey;
use crate::policy::{Channel, Target};

/// How far a dispatch has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DispatchState {
    Planned,
    Sending,
    Sent,
    Failed,
    Cancelled,
    Expired,
    Unknown,
}

impl DispatchState {
    pub const ALL: [Self; 7] =
        [Self::Planned, Self::Sending, Self::Sent, Self::Failed, Self::Cancelled, Self::Expired, Self::Unknown];

    /// As every store writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }

    pub(super) fn from_stored(stored: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == stored)
    }
}

/// Which dispatches are asked for; what is empty or `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct Query {
    pub recipient: Option<String>,
    pub app: Option<String>,
    pub channel: Option<Channel>,
    pub states: Vec<DispatchState>,
    pub reasons: Vec<String>,
    /// The first characters of an id.
    pub id: Option<String>,
    /// No older than this: planned or ended since.
    pub since: Option<SignedDuration>,
    /// No more than this many, the newest.
    pub limit: usize,
}

/// One dispatch as the ledger remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub id: DispatchId,
    pub app: String,
    pub recipient: String,
    pub vehicle: Option<String>,
    pub key: ErrorKey,
    /// How often the incident had opened.
    pub opening: u32,
    /// From 0.
    pub step: u16,
    pub channel: Channel,
    /// Of a push: what it goes through. `None`: forgotten, or an e-mail.
    pub platform: Option<&'static str>,
    pub state: DispatchState,
    pub created_at: Timestamp,
    pub due_at: Timestamp,
    pub expires_at: Timestamp,
    pub settled_at: Option<Timestamp>,
    /// Tries begun.
    pub attempts: u32,
    /// It may have been sent by a worker that is gone.
    pub doubtful: bool,
    pub transport: Option<String>,
    pub provider_id: Option<String>,
    pub reason: Option<String>,
    pub detail: Option<String>,
    pub locale: Option<String>,
    pub revision: Option<String>,
    /// What was said of it and where it went is no longer kept.
    pub bared: bool,
}

/// A row as both stores read it.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) app: String,
    pub(super) recipient: String,
    pub(super) vehicle: String,
    pub(super) kind: String,
    pub(super) code: String,
    pub(super) opening: u32,
    pub(super) step: u16,
    pub(super) channel: String,
    pub(super) target: String,
    pub(super) state: String,
    pub(super) created_at: Timestamp,
    pub(super) due_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) settled_at: Option<Timestamp>,
    pub(super) attempts: u32,
    pub(super) doubtful: bool,
    pub(super) transport: Option<String>,
    pub(super) provider_id: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) locale: Option<String>,
    pub(super) revision: Option<String>,
    pub(super) bared: bool,
}

impl Row {
    /// `None`: of a channel or in a state that this release does not know.
    pub(super) fn into_record(self) -> Option<Record> {
        let device = match serde_json::from_str::<Target>(&self.target) {
            Ok(Target::Push(device)) => Some(device),
            _ => None,
        };
        Some(Record {
            id: DispatchId::from_stored(self.id),
            app: self.app,
            recipient: self.recipient,
            vehicle: Some(self.vehicle).filter(|vehicle| !vehicle.is_empty()),
            key: ErrorKey::new(&self.kind, Some(&self.code).filter(|code| !code.is_empty()).map(String::as_str)),
            opening: self.opening,
            step: self.step,
            channel: channel(&self.channel)?,
            platform: device.as_ref().map(|device| device.platform().as_str()),
            state: DispatchState::from_stored(&self.state)?,
            created_at: self.created_at,
            due_at: self.due_at,
            expires_at: self.expires_at,
            settled_at: self.settled_at,
            attempts: self.attempts,
            doubtful: self.doubtful,
            transport: self.transport,
            provider_id: self.provider_id,
            reason: self.reason,
            detail: self.detail,
            locale: self.locale,
            revision: self.revision,
            bared: self.bared,
        })
    }
}

/// An app that an owner is known in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acquaintance {
    pub app: String,
    pub incidents: u64,
}

/// How what has failed is to be planned again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revival {
    /// Also what may have been sent: the owner may then get it twice.
    pub accept_duplicates: bool,
    /// Only tell what would become of each.
    pub dry_run: bool,
}

/// What became of one that was to be planned again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revived {
    Planned,
    /// It may have been sent.
    InDoubt,
    Expired,
    /// The error has gone.
    Resolved,
    /// The error came anew, with messages of its own.
    Superseded,
    /// Another address of the same step was tried in its place.
    Replaced,
    /// What it was to say is no longer kept.
    Forgotten,
    /// It is neither failed nor unknown, or not there.
    Unfit,
}

/// What a store knows of one that is to be planned again.
#[expect(clippy::struct_excessive_bools, reason = "columns of one row")]
pub(super) struct Candidate {
    pub(super) state: String,
    pub(super) doubtful: bool,
    pub(super) expired: bool,
    /// What it says is still so.
    pub(super) holds: bool,
    pub(super) superseded: bool,
    pub(super) replaced: bool,
    pub(super) forgotten: bool,
}

impl Candidate {
    pub(super) fn decide(&self, revival: Revival) -> Revived {
        let unknown = self.state == DispatchState::Unknown.as_str();
        if !unknown && self.state != DispatchState::Failed.as_str() {
            Revived::Unfit
        } else if self.superseded {
            Revived::Superseded
        } else if !self.holds {
            Revived::Resolved
        } else if self.expired {
            Revived::Expired
        } else if self.forgotten {
            Revived::Forgotten
        } else if self.replaced {
            Revived::Replaced
        } else if (unknown || self.doubtful) && !revival.accept_duplicates {
            Revived::InDoubt
        } else {
            Revived::Planned
        }
    }
}

/// A channel over which nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    pub channel: Channel,
    pub since: Timestamp,
    /// `None`: until somebody resumes it.
    pub until: Option<Timestamp>,
    pub note: Option<String>,
}

pub(super) fn channel(stored: &str) -> Option<Channel> {
    Channel::ALL.into_iter().find(|channel| channel.as_str() == stored)
}

/// The operator's side of a store. Implementations pass the same contract suite as [`Ledger`](super::Ledger).
#[async_trait]
pub trait Records: Send + Sync {
    /// The dispatches that match, the newest first.
    async fn history(&self, query: &Query, now: Timestamp) -> Result<Vec<Record>, LedgerError>;

    /// The apps that know the recipient, by their ids.
    async fn acquaintances(&self, recipient: &str) -> Result<Vec<Acquaintance>, LedgerError>;

    /// Plans failed and unknown dispatches for now, as if never tried; what became of each, in the order asked. Addresses of
    /// an owner that were found dead are used again where that was why.
    async fn revive(&self, ids: &[DispatchId], revival: Revival, now: Timestamp) -> Result<Vec<Revived>, LedgerError>;

    /// Puts failed and unknown dispatches away, as cancelled; whether each was one, in the order asked. Their outcomes were told
    /// when they ended.
    async fn dismiss(&self, ids: &[DispatchId], now: Timestamp) -> Result<Vec<bool>, LedgerError>;

    /// What is paused by `now`.
    async fn pauses(&self, now: Timestamp) -> Result<Vec<Pause>, LedgerError>;

    /// Pauses channels for so long, or until they are resumed. What was said of a channel before is replaced.
    async fn pause(
        &self,
        channels: &[Channel],
        length: Option<SignedDuration>,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<(), LedgerError>;

    /// Ends pauses; which of the channels were paused.
    async fn resume(&self, channels: &[Channel], now: Timestamp) -> Result<Vec<Channel>, LedgerError>;

    /// Deletes all that is known of an owner, and takes nothing up any more that happened until now. What was known is told.
    /// `dry_run`: only that.
    async fn erase(&self, owner: &Owner, dry_run: bool, now: Timestamp) -> Result<Erased, LedgerError>;

    /// Deletes what has been kept for long enough: looks at no more than `limit` incidents, from where the last call came to.
    /// What somebody works on is passed over.
    async fn tidy(
        &self,
        retention: Retention,
        from: Option<Place>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Tidied, LedgerError>;

    /// Lets go of the store.
    async fn leave(&self) -> Result<(), LedgerError>;
}
