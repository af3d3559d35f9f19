//! What became of dispatches, kept until others are told: a transactional outbox.
//!
//! The store itself writes an outcome in the transaction in which a dispatch ends, whoever ends it: a settlement, a RESOLVED,
//! a row that cannot be read. It is there exactly when the end is.

use async_trait::async_trait;
use jiff::Timestamp;

use super::id::{incident_id, parts_of};
use super::{Claimant, DispatchId, Fingerprint, LedgerError};
use crate::event::VehicleError;

/// Whether outcomes are written. It is said when a ledger is opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outcomes {
    /// Nobody is told.
    #[default]
    Unwanted,
    Kept,
}

/// The end of a dispatch that is still to be told, as it was.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Names it to the ledger, and stands in the order of the ends.
    pub place: i64,
    pub dispatch: DispatchId,
    /// Of the dispatch's last claim. With [`Outcome::state`] it tells the ends of one dispatch apart: an operator may have
    /// had it tried again.
    pub token: i64,
    /// As the ledger calls it: sent, failed, cancelled, expired, unknown.
    pub state: String,
    /// App, recipient, vehicle, type and code of the incident; empty for none.
    pub parts: [String; 5],
    pub opening: u32,
    pub step: u16,
    pub channel: String,
    /// Tries begun.
    pub attempt: u32,
    pub transport: Option<String>,
    pub provider_id: Option<String>,
    pub reason: Option<String>,
    pub detail: Option<String>,
    pub locale: Option<String>,
    pub revision: Option<String>,
    /// The address that was found dead.
    pub address: Option<Fingerprint>,
    pub due_at: Timestamp,
    pub created_at: Timestamp,
    pub ended_at: Timestamp,
    /// The newest known form of the incident's error; `None`: it is forgotten by now, or cannot be read.
    pub error: Option<VehicleError>,
}

impl Outcome {
    /// An id of the incident: a UUID, of what makes an incident.
    pub fn incident(&self) -> String {
        incident_id(parts_of(&self.parts))
    }
}

/// What waits to be told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    pub waiting: u64,
    /// The end of the oldest of them.
    pub since: Option<Timestamp>,
}

/// Where outcomes wait. The same contract suite holds it.
#[async_trait]
pub trait Untold: Send + Sync {
    /// Takes at most `limit` outcomes that nobody else is telling, in the order of their ends. They are nobody else's for the
    /// claimant's lease; what is not told by then is taken again.
    async fn take(&self, limit: usize, now: Timestamp, claimant: &Claimant) -> Result<Vec<Outcome>, LedgerError>;

    /// They are told, and forgotten. Asked again it does no harm.
    async fn told(&self, places: &[i64]) -> Result<(), LedgerError>;

    /// Lets others tell what this claimant took and did not tell.
    async fn let_go(&self, claimant: &Claimant) -> Result<(), LedgerError>;

    /// Forgets what ended before this time and was not told, and says how much that was.
    async fn give_up(&self, before: Timestamp) -> Result<u64, LedgerError>;

    async fn backlog(&self) -> Result<Backlog, LedgerError>;
}
