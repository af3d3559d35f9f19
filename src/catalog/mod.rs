//! What the owner reads: notices, templates, words, locales, links → [`Message`].
//!
//! Content is loaded whole and checked whole; what was loaded is immutable and can be swapped for another load.

mod car;
mod color;
pub mod links;
mod locale;
mod plain;
mod qr;

use std::sync::Arc;

use jiff::Timestamp;

use crate::config::App;
use crate::event::VehicleError;
use crate::ledger::DispatchId;
use crate::message::Message;
use crate::policy::Target;

/// What to compose.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    pub id: &'a DispatchId,
    pub error: &'a VehicleError,
    pub app: &'a App,
    pub target: &'a Target,
    /// The Date header.
    pub date: Timestamp,
    pub expires_at: Timestamp,
}

/// A composed message, and which words really served.
#[derive(Debug, Clone, PartialEq)]
pub struct Composed {
    pub message: Message,
    /// The locale that it was rendered from.
    pub locale: String,
    /// The owner's locale, when another one had to serve.
    pub instead_of: Option<String>,
    /// Hash of all content.
    pub revision: Arc<str>,
}
