//! What is remembered: the durable store of incidents and dispatches, a transactional inbox and outbox in one.
//!
//! Everything goes in batches. The ledger calls [`policy::decide`](crate::policy::decide) inside the transaction that
//! read the incident, so that two workers cannot both open it. It knows SQL and nothing of brokers or carriers.

mod address;
mod admission;
mod bundle;
mod cap;
mod erasure;
mod id;
mod inhibition;
mod outcome;
mod postgres;
mod records;
mod retention;
mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde::{Deserialize, Serialize};

use crate::event::VehicleError;
use crate::policy::{Addressed, Channel, Decision, Inhibitor, News, Nights, Pace, Rules, Target};
use crate::resilience::Fault;

pub use address::{DeadAddress, Fingerprint};
pub use bundle::Bundle;
pub use erasure::{Erased, Owner};
pub use id::DispatchId;
pub use outcome::{Backlog, Outcome, Outcomes, Untold};
pub(crate) use postgres::check_postgres_url;
pub use postgres::{PostgresLedger, Timekeeper};
pub use records::{Acquaintance, DispatchState, Pause, Query, Record, Records, Revival, Revived};
pub use retention::{Place, Retention, Tidied};
pub use sqlite::SqliteLedger;

/// One error to be admitted.
#[derive(Debug, Clone)]
pub struct Admission {
    pub error: VehicleError,
    /// `None` only for a RESOLVED of an error without a notice.
    pub rules: Option<Arc<Rules>>,
    pub targets: Vec<Target>,
    /// The owner's quiet hours. `None`: no channel has any.
    pub nights: Option<Nights>,
}

/// Who claims, and for how long a claim holds when its owner is never heard of again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimant {
    /// Unique for each run of a worker.
    pub owner: String,
    /// Longer than the longest send.
    pub lease: SignedDuration,
    /// Channels that have no room just now: what is admitted for them is only planned.
    pub leaves: Vec<Channel>,
}

impl Claimant {
    /// Whether what is admitted for this channel is claimed.
    fn takes(&self, channel: Channel) -> bool {
        !self.leaves.contains(&channel)
    }
}

/// What was decided about one [`Admission`], in the order of the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub decision: Decision,
    /// [`Decision::Close`], [`Decision::Open`]: how many planned dispatches were cancelled.
    pub cancelled: u32,
}

/// The result of [`Ledger::admit`].
#[derive(Debug, Default)]
pub struct Admitted {
    pub verdicts: Vec<Verdict>,
    /// What is due already, claimed in the same transaction.
    pub claimed: Vec<Dispatch>,
}

/// A dispatch in the state `sending`, claimed by this worker: all that is needed to compose and send it.
#[derive(Debug, Clone)]
pub struct Dispatch {
    pub id: DispatchId,
    /// Proof of the claim; a settlement with another token changes nothing.
    pub token: i64,
    /// The newest known form of the error that opened the incident.
    pub error: Arc<VehicleError>,
    /// See [`Incident::opening`](crate::policy::Incident::opening).
    pub opening: u32,
    pub step: u16,
    pub target: Target,
    pub alternatives: Vec<Target>,
    pub due_at: Timestamp,
    pub expires_at: Timestamp,
    /// 1 for the first try.
    pub attempt: u32,
    /// An earlier owner's lease ran out while it was `sending`: it may have been sent.
    pub doubtful: bool,
    /// The transport that may have accepted it already: no other may be asked.
    pub only: Option<String>,
    /// When it was first tried without it being known how that ended.
    pub in_doubt_since: Option<Timestamp>,
    /// Why it was put off, if that is what became of it last.
    pub put_off: Option<PostponeReason>,
    /// Addresses of the owner that carriers found dead.
    pub dead: Vec<DeadAddress>,
    /// What bears the same name is about other cars of the owner, and goes out in one message where it can.
    pub bundle: Option<DispatchId>,
}

impl Dispatch {
    pub fn news(&self) -> News {
        News::of_step(self.step)
    }

    /// Whether a carrier may have accepted it before this claim.
    pub fn is_in_doubt(&self) -> bool {
        self.doubtful || self.only.is_some()
    }
}

/// A claim that is about to be sent, in the look before the send.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub id: DispatchId,
    pub token: i64,
    /// What it is about.
    pub error: Arc<VehicleError>,
    /// See [`Rules::inhibited_by`].
    pub inhibited_by: Vec<Inhibitor>,
    /// Of the news that all is well: so long ago every other error of the type must be over. `None`: it is no such news.
    pub calm: Option<SignedDuration>,
}

impl Candidate {
    pub fn of(dispatch: &Dispatch) -> Self {
        let (id, error) = (dispatch.id.clone(), Arc::clone(&dispatch.error));
        Self { id, token: dispatch.token, error, inhibited_by: Vec::new(), calm: None }
    }
}

/// What the look before the send goes by.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// A claim that would not hold for as long as the longest send takes is lost.
    pub hold: SignedDuration,
    /// So many messages an owner may have in a day. `None`: any number.
    pub daily: Option<u32>,
}

impl Terms {
    pub fn holding(hold: SignedDuration) -> Self {
        Self { hold, daily: None }
    }
}

/// Whether a claimed dispatch may still be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Go,
    /// Later, by the clock of who asks.
    NotNow {
        due_at: Timestamp,
        reason: PostponeReason,
    },
    /// Nobody wants it any more.
    Over(CancelReason),
    /// The claim is no longer ours.
    Lost,
}

/// The end of one claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    pub id: DispatchId,
    pub token: i64,
    pub end: End,
}

/// What became of a claimed dispatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    Sent {
        transport: String,
        provider_id: Option<String>,
        locale: String,
        revision: String,
    },
    /// Planned again: a fault of the carrier's that will pass.
    Retry {
        due_at: Timestamp,
        detail: String,
        /// See [`Dispatch::only`].
        only: Option<String>,
    },
    /// Planned again as if never claimed: the worker is shutting down.
    Released,
    /// Planned again for later, because it may not go out now. No try is counted, and what an earlier try left stays; one
    /// that expires before `due_at` expires at once.
    Postponed {
        due_at: Timestamp,
        reason: PostponeReason,
    },
    /// Planned again at once as if never claimed, for the first of the devices; for the others new ones are planned, due now.
    Addressed(Addressed),
    /// For good. The next alternative, if there is one, is planned for `now` in the same transaction.
    Failed {
        reason: FailReason,
        detail: String,
        now: Timestamp,
        trail: Trail,
    },
    Cancelled {
        reason: CancelReason,
    },
    Expired,
    /// The carrier may or may not have accepted it.
    Unknown {
        detail: String,
        trail: Trail,
    },
}

/// What is known of a try that did not end well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trail {
    /// The transport that was asked last.
    pub transport: Option<String>,
    /// The locale and the content that the message was composed from.
    pub locale: Option<String>,
    pub revision: Option<String>,
    /// The address that does not exist, where that is why: it is not to be used again.
    pub address: Option<Fingerprint>,
}

/// Why a dispatch failed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailReason {
    /// The address does not exist (any more).
    AddressInvalid,
    /// A carrier found the address dead before, and nobody has brought another since.
    Suppressed,
    /// There is no address for this channel (any more).
    NoAddress,
    /// The carrier refused the message.
    Refused,
    /// The content could not be composed.
    Content,
    /// Our own fault: composing or sending panicked.
    Panicked,
}

impl FailReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AddressInvalid => "address-invalid",
            Self::Suppressed => "suppressed",
            Self::NoAddress => "no-address",
            Self::Refused => "refused",
            Self::Content => "content",
            Self::Panicked => "panicked",
        }
    }
}

/// Why a dispatch was not sent although nothing failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CancelReason {
    /// The incident was resolved.
    Resolved,
    /// The incident opened anew; that opening has its own ladder.
    Superseded,
    /// It waited so long that the next step to the same address is due as well, which says the same.
    Overtaken,
    /// It would say that all is well to somebody who does not know of any problem.
    Untold,
}

impl CancelReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::Superseded => "superseded",
            Self::Overtaken => "overtaken",
            Self::Untold => "untold",
        }
    }
}

/// Why a dispatch that was due was planned for later, although nothing failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PostponeReason {
    /// The channel's quiet hours, where the owner lives.
    QuietHours,
    /// The owner has had as many messages as a day may bring.
    DailyCap,
    /// A more fundamental error of the same car is open.
    Inhibited,
    /// Each transport that could carry it is left alone after its faults.
    CarrierDown,
    /// The transport has taken as many as its rate allows.
    RateLimit,
    /// The directory, which knows the address, cannot be asked.
    DirectoryDown,
    /// The directory does not know an owner any more whom it has known: it is asked once more.
    OwnerUnknown,
    /// The recipient's domain gets no more for the moment.
    DomainLimit,
}

impl PostponeReason {
    /// As it was stored. `None`: another release has stored it.
    pub(crate) fn from_stored(stored: &str) -> Option<Self> {
        Self::deserialize(StrDeserializer::<ValueError>::new(stored)).ok()
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::QuietHours => "quiet-hours",
            Self::DailyCap => "daily-cap",
            Self::Inhibited => "inhibited",
            Self::CarrierDown => "carrier-down",
            Self::RateLimit => "rate-limit",
            Self::DirectoryDown => "directory-down",
            Self::OwnerUnknown => "owner-unknown",
            Self::DomainLimit => "domain-limit",
        }
    }
}

/// How many dispatches are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Census {
    pub planned: u64,
    /// Those of the planned that have been tried before.
    pub retrying: u64,
    pub sending: u64,
    pub sent: u64,
    pub failed: u64,
    pub cancelled: u64,
    pub expired: u64,
    pub unknown: u64,
}

impl Census {
    /// Notes how many are in a state, by the name that every store writes it under.
    fn note(&mut self, state: &str, count: u64) {
        match state {
            "planned" => self.planned = count,
            "sending" => self.sending = count,
            "sent" => self.sent = count,
            "failed" => self.failed = count,
            "cancelled" => self.cancelled = count,
            "expired" => self.expired = count,
            "unknown" => self.unknown = count,
            _ => {}
        }
    }
}

/// A fault of the store. Nothing of the batch was recorded; the same call may be made again.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LedgerError {
    /// Disk full, locked, unreachable: it may heal.
    #[error("the ledger is unavailable: {0}")]
    Unavailable(String),
    /// Another worker holds this ledger, the schema is newer than this program, the file is no ledger.
    #[error("{0}")]
    Unusable(String),
}

impl Fault for LedgerError {
    fn is_final(&self) -> bool {
        matches!(self, Self::Unusable(_))
    }
}

/// The store. Implementations pass one contract suite, `tests/ledger_contract/`.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Decides about each error and records the result, in one durable transaction. With a claimant, what is due by
    /// `now` is claimed and handed back, but for the channels that it leaves; without, it stays planned.
    async fn admit(
        &self,
        batch: Vec<Admission>,
        now: Timestamp,
        pace: Pace,
        claimant: Option<&Claimant>,
    ) -> Result<Admitted, LedgerError>;

    /// Claims at most `limit` dispatches of the channel that are due, the longest due first, leases that ran out among them.
    async fn claim(
        &self,
        channel: Channel,
        now: Timestamp,
        limit: usize,
        claimant: &Claimant,
    ) -> Result<Vec<Dispatch>, LedgerError>;

    /// The look before the send: whether each of these claims may be sent now, in the order asked.
    async fn standing(
        &self,
        candidates: &[Candidate],
        now: Timestamp,
        terms: Terms,
    ) -> Result<Vec<Standing>, LedgerError>;

    /// Notes that a transport that is not the first choice is about to be asked, for whoever takes the claims over when they are
    /// not heard of again. `false`: one of them is no longer ours.
    async fn asking(&self, claims: &[(DispatchId, i64)], transport: &str) -> Result<bool, LedgerError>;

    /// Ends claims. `false` where the token was not the claim's any more. What was recorded before is not recorded again,
    /// and is `true` again: whoever did not hear the answer may ask once more.
    async fn settle(&self, batch: Vec<Settlement>, now: Timestamp) -> Result<Vec<bool>, LedgerError>;

    /// When the next planned dispatch of the channel is due, by the clock that says `now`.
    async fn next_due(&self, channel: Channel, now: Timestamp) -> Result<Option<Timestamp>, LedgerError>;

    /// How many planned dispatches of the channel are due or will be so soon: within `ahead` of `now`, and counted no further
    /// than `most`, so that it costs no more where there are millions.
    async fn backlog(
        &self,
        channel: Channel,
        now: Timestamp,
        ahead: SignedDuration,
        most: u64,
    ) -> Result<u64, LedgerError>;

    async fn census(&self) -> Result<Census, LedgerError>;

    /// Flushes and closes. Later calls fail.
    async fn close(&self) -> Result<(), LedgerError>;

    /// Where the outcomes wait that it keeps; `None`: it keeps none.
    fn untold(self: Arc<Self>) -> Option<Arc<dyn Untold>> {
        None
    }
}
