//! What an event says: bytes in, [`VehicleError`]s out.
//!
//! This module knows the wire's accepted shapes and nothing of what is done about them. It reads leniently, because
//! Smartcar's own payloads vary, and rejects with a closed [`Reason`] what cannot be read without a guess.

mod cloudevents;
mod error;
mod key;
mod known;
mod native;
mod parse;
mod recipient;
mod schema;
mod text;
mod time;
mod webhook;
mod wire;

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use key::{BadKey, ErrorKey};
pub use parse::{Context, Parsed, parse};
pub use schema::schema;

/// What the broker says about a message besides its body: what an event leaves out is taken from here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties {
    pub message_id: Option<String>,
    /// The broker's timestamp; of a line, when its file was written last.
    pub timestamp: Option<Timestamp>,
    /// The header `app`.
    pub app: Option<String>,
}

/// One error of one vehicle of one owner in one app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VehicleError {
    /// Id of the event that brought it: the event's own, else the broker's message id, else a hash of the body.
    pub event_id: String,
    /// Id of the app, a key of `[apps]`.
    pub app: String,
    pub key: ErrorKey,
    pub state: State,
    /// When it happened; orders ERROR and RESOLVED of one incident.
    pub moment: Moment,
    /// It does not say when it happened. `None`: it does, or the broker does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undated: Option<Undated>,
    pub recipient: Recipient,
    pub vehicle: Vehicle,
    pub resolution: Resolution,
    /// A webhook sent in Smartcar's TEST mode: never reaches an owner.
    #[serde(default)]
    pub test: bool,
}

/// What is left of an event that does not say when it happened, nor the broker when it was published: its moment is the
/// arrival, of which only the ledger's clock is the same for all workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Undated {
    /// It has an id, and so is known again when it is delivered again.
    Named,
    /// It has none either. The same words may well be said anew.
    Nameless,
}

/// Whether the error is there or gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    Error,
    Resolved,
}

/// As Smartcar writes it.
impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Error => "ERROR",
            Self::Resolved => "RESOLVED",
        })
    }
}

/// A point in the life of an incident. Two moments are ordered by sequence when both carry one, else by time.
///
/// Where all of an incident carry a sequence, or none does, that is a total order. Where some do it need not be one: the second of
/// two may have the earlier time, and a third without a sequence lie between them, after the second and before the first. No order
/// heeds both the sequences and the times of such three, and to drop either would get the common case wrong: a webhook that is
/// delivered again has its old sequence and a new time, and a RESOLVED of a source that does not count has to end what a
/// source that counts has opened. So each is compared with what it is decided against, and
/// [`Incident::after`](crate::policy::Incident::after) sees to it that nothing is undone by the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// `occurredAt`, else the broker's timestamp or the file's, else the arrival. By the clock of whoever said it, which may be
    /// ahead of ours.
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
}

impl Moment {
    pub fn is_after(&self, other: &Self) -> bool {
        match (self.sequence, other.sequence) {
            (Some(mine), Some(theirs)) => mine > theirs,
            _ => self.at > other.at,
        }
    }

    /// The later of the two; `self` when neither is.
    #[must_use]
    pub fn latest(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if other.is_after(&self) => other,
            _ => self,
        }
    }
}

/// The owner.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Recipient {
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// IANA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Device>,
    /// What of this is the directory's word. `None`: all is the event's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_up: Option<LookedUp>,
}

/// What of an owner the event left to the directory: the addresses, always, and what is `true` here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookedUp {
    /// When it was asked. `None`: it could not answer yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    pub name: bool,
    pub locale: bool,
    pub timezone: bool,
}

impl Recipient {
    /// Reads what a directory says about the owner `id`, in the form of a native event's `recipient`.
    ///
    /// # Errors
    /// When it is no object, or the e-mail address in it is no line of text.
    pub fn from_directory(value: serde_json::Value, id: &str) -> Result<Self, Reject> {
        recipient::from_directory(value, id)
    }
}

/// One installation of the app that can be pushed to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "platform", rename_all = "lowercase")]
pub enum Device {
    /// Firebase Cloud Messaging: a registration token, or the Firebase installation id that replaces it. Of one that has both
    /// the installation id counts: it may have stopped to renew its token.
    Fcm {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fid: Option<String>,
    },
    Apns {
        token: String,
    },
    Webpush {
        endpoint: String,
        p256dh: String,
        auth: String,
    },
    /// Whatever an `[http.NAME]` of the configuration leads to: a telephone number, an id of the product's own.
    Other {
        token: String,
    },
}

impl Device {
    /// What it is known by, and what is sent to.
    pub fn address(&self) -> &str {
        match self {
            Self::Fcm { token, fid } => fid.as_deref().or(token.as_deref()).unwrap_or_default(),
            Self::Apns { token } | Self::Other { token } => token,
            Self::Webpush { endpoint, .. } => endpoint,
        }
    }

    pub fn platform(&self) -> Platform {
        match self {
            Self::Fcm { .. } => Platform::Fcm,
            Self::Apns { .. } => Platform::Apns,
            Self::Webpush { .. } => Platform::Webpush,
            Self::Other { .. } => Platform::Other,
        }
    }
}

/// Where a device is registered, and so who can reach it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    Fcm,
    Apns,
    Webpush,
    Other,
}

impl Platform {
    pub const ALL: [Self; 4] = [Self::Fcm, Self::Apns, Self::Webpush, Self::Other];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fcm => "fcm",
            Self::Apns => "apns",
            Self::Webpush => "webpush",
            Self::Other => "other",
        }
    }
}

/// As an event writes it.
impl std::fmt::Display for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Device {
    /// Reads a device as events write it; `None` when something of it is missing.
    pub fn from_event(value: serde_json::Value) -> Option<Self> {
        recipient::device(value)
    }
}

/// The car, as far as the event knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vehicle {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The owner's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// As Smartcar writes it: `TESLA`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<i32>,
}

/// What Smartcar proposes. The url is untrusted input.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// `REAUTHENTICATE`, `ACTION_REQUIRED`, …; the set is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Why something was not accepted: the closed set that stands in the dead-letter queue's `x-dashlight-reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    TooLarge,
    NotUtf8,
    NotJson,
    TooDeep,
    UnknownShape,
    NoRecipient,
    BadField,
    ImplausibleTime,
    UnknownApp,
    NoAddress,
    BadAddress,
    Panicked,
}

impl Reason {
    /// Every reason, for documentation and tests.
    pub const ALL: [Self; 12] = [
        Self::TooLarge,
        Self::NotUtf8,
        Self::NotJson,
        Self::TooDeep,
        Self::UnknownShape,
        Self::NoRecipient,
        Self::BadField,
        Self::ImplausibleTime,
        Self::UnknownApp,
        Self::NoAddress,
        Self::BadAddress,
        Self::Panicked,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::NotUtf8 => "not-utf8",
            Self::NotJson => "not-json",
            Self::TooDeep => "too-deep",
            Self::UnknownShape => "unknown-shape",
            Self::NoRecipient => "no-recipient",
            Self::BadField => "bad-field",
            Self::ImplausibleTime => "implausible-time",
            Self::UnknownApp => "unknown-app",
            Self::NoAddress => "no-address",
            Self::BadAddress => "bad-address",
            Self::Panicked => "panicked",
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that cannot be used, and why. The detail is for people: what, where in the JSON, what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Reject {
    pub reason: Reason,
    pub detail: String,
}

impl Reject {
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}
