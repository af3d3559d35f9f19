//! What a transport is given: a message, addressed and fully rendered.
//!
//! It also knows the standards of its medium, whatever carries it: which addresses are addresses, how an e-mail is
//! written down, and how a push is made to fit.

mod address;
mod mime;
mod push;
mod quoted_printable;

use jiff::Timestamp;

pub use crate::event::{Device, Platform};
use crate::ledger::DispatchId;
use crate::policy::Channel;

pub use address::{Address, AddressError, is_address, parse_address};
pub use mime::{Mime, MimeError, Parts};
pub use push::{About, Push, Words};

/// One message to one address.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    Email(Email),
    Push(Push),
}

impl Message {
    /// The dispatch's id, the same on every attempt.
    pub fn id(&self) -> &DispatchId {
        match self {
            Self::Email(email) => &email.id,
            Self::Push(push) => &push.id,
        }
    }

    pub fn channel(&self) -> Channel {
        match self {
            Self::Email(_) => Channel::Email,
            Self::Push(_) => Channel::Push,
        }
    }

    /// The same message, so marked that neither its reader nor a mail filter takes it for a real one.
    #[must_use]
    pub fn marked_as_test(mut self) -> Self {
        match &mut self {
            Self::Email(email) => {
                email.subject.insert_str(0, TEST);
                email.test = true;
            }
            Self::Push(push) => push.title.insert_str(0, TEST),
        }
        self
    }
}

const TEST: &str = "[Test] ";

/// A name and an address, both checked: no CR or LF, one `@`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub name: Option<String>,
    pub address: String,
}

/// `Name <address>`, for people; a header is written by [`Email::to_mime`].
impl std::fmt::Display for Mailbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
        }
    }
}

/// An e-mail.
#[derive(Debug, Clone, PartialEq)]
pub struct Email {
    /// Also the left half of the Message-ID: the same on every attempt.
    pub id: DispatchId,
    /// The Date header: when the dispatch became due, so that it is the same on every attempt.
    pub date: Timestamp,
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    pub to: Mailbox,
    pub subject: String,
    pub html: String,
    pub text: String,
    /// Shown inside the HTML as `cid:` images.
    pub inline: Vec<Inline>,
    /// BCP 47, for Content-Language.
    pub locale: String,
    /// For Feedback-ID, the name mailbox providers group complaints by.
    pub feedback_id: String,
    /// RFC 2369 / RFC 8058, only if the app has a real endpoint.
    pub list_unsubscribe: Option<String>,
    /// Nobody's car is in trouble: the header `X-Dashlight-Test` says so.
    pub test: bool,
}

/// An image inside an e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inline {
    /// Without angle brackets: the HTML refers to it as `cid:…`.
    pub content_id: String,
    pub file_name: String,
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
}
