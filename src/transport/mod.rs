//! What carries a message: one file or folder per carrier.
//!
//! A transport sees a [`Message`] and nothing else: no event, no content, no ledger. Its error carries the decision.

mod api;
mod apns;
mod fcm;
mod http_client;
mod jwt;
#[cfg(test)]
mod keys_for_tests;
#[cfg(test)]
mod mails_for_tests;
mod outbox;
mod postmark;
#[cfg(test)]
mod pushes_for_tests;
mod registry;
mod renewed;
mod resend;
mod route;
mod sendgrid;
mod ses;
mod smtp;
mod templated;
mod webpush;
mod wording;

use std::time::Duration;

use async_trait::async_trait;

use crate::message::{Message, MimeError, Platform};
use crate::policy::Channel;

/// A push as Apple's devices get it, and how long that may be: what the workbench measures by.
pub use apns::{PAYLOAD_MAX as APPLE_PAYLOAD_MAX, payload as apple_payload};
pub use outbox::Outbox;
pub use registry::{build, named};
pub use route::{Carried, Ladder, Parcel, Route, Rung, Unasked, Witness};
pub use smtp::Smtp;

/// The carrier's word that it has taken the message over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// The carrier's own id for the message, if it tells one.
    pub provider_id: Option<String>,
}

/// Why a message was not accepted, as a decision. The detail is for operators and holds no address, body or secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The carrier takes nothing from us at the moment: unreachable, overloaded, throttling. It has not accepted this one, so
    /// another carrier may; this one not before `retry_after`.
    #[error("unavailable: {detail}")]
    Unavailable { detail: String, retry_after: Option<Duration> },
    /// The carrier works, but not for this message now: a busy recipient. Try again, not before `retry_after`.
    #[error("not now: {detail}")]
    Transient { detail: String, retry_after: Option<Duration> },
    /// The carrier was not asked, because it may not have more for the recipient's domain now: no try, and nobody's fault.
    #[error("not yet: {detail}")]
    Held { detail: String, wait: Duration },
    /// The carrier refuses this message, now and always.
    #[error("refused: {detail}")]
    Permanent { detail: String },
    /// The address is dead.
    #[error("no such address: {detail}")]
    AddressInvalid { detail: String },
    /// The carrier may have accepted it: silence after the last byte. Not to be asked again before `retry_after`.
    #[error("outcome unknown: {detail}")]
    Unknown { detail: String, retry_after: Option<Duration> },
    /// Our credentials or configuration are wrong: nothing can be sent until a person mends it.
    #[error("misconfigured: {detail}")]
    Misconfigured { detail: String },
    /// The carrier does not let us send as this app: nothing of the app's can be sent until a person mends it, and all of
    /// the others' can.
    #[error("sender refused: {detail}; look at `apps.ID.sender` and at what the carrier's account may send as")]
    SenderRefused { detail: String },
}

impl SendError {
    /// The same, should the carrier have repeated this secret.
    fn hiding(mut self, secret: &str) -> Self {
        let (Self::Unavailable { detail, .. }
        | Self::Transient { detail, .. }
        | Self::Held { detail, .. }
        | Self::Permanent { detail }
        | Self::AddressInvalid { detail }
        | Self::Unknown { detail, .. }
        | Self::Misconfigured { detail }
        | Self::SenderRefused { detail }) = &mut self;
        if !secret.is_empty() {
            *detail = detail.replace(secret, "<secret>");
        }
        self
    }
}

impl From<MimeError> for SendError {
    /// An e-mail that cannot be written down will not be better tomorrow.
    fn from(error: MimeError) -> Self {
        let detail = error.to_string();
        match error {
            MimeError::Recipient(_) => Self::AddressInvalid { detail },
            _ => Self::Permanent { detail },
        }
    }
}

/// What to do with a message that may or may not have been accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AfterDoubt {
    /// Send it again under the same id.
    #[default]
    Resend,
    /// The same for so long, as the carrier takes a message of the same id once; what has been in doubt for longer is left
    /// to the operator.
    ResendWithin(Duration),
    /// Leave it to the operator.
    Park,
}

/// A carrier. A future returned by `send` may be dropped at any time and must leave nothing half-done behind.
#[async_trait]
pub trait Transport: Send + Sync {
    /// As the configuration calls it: `smtp`.
    fn name(&self) -> &str;

    fn channel(&self) -> Channel;

    /// Whether it leads to devices of this platform.
    fn serves(&self, _platform: Platform) -> bool {
        self.channel() == Channel::Push
    }

    /// Whether all messages go to one carrier, so that its silence about one says something of the next.
    fn is_one_carrier(&self) -> bool {
        true
    }

    /// How many messages it can usefully carry at once.
    fn concurrency(&self) -> usize;

    fn after_doubt(&self) -> AfterDoubt;

    /// After this a send has ended, one way or the other. A claim must hold longer.
    fn longest_send(&self) -> Duration;

    async fn send(&self, message: &Message) -> Result<Accepted, SendError>;

    /// Whether it would carry messages now: reaches the carrier and shows it our credentials, but sends nothing. What it says
    /// is for people.
    async fn probe(&self) -> Result<String, SendError>;

    /// Says goodbye to the peer; called once, when nothing is in flight.
    async fn close(&self);
}
