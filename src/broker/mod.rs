//! How RabbitMQ is reached, for those who take from it and those who publish to it: connections, what can go wrong with them,
//! and the pace at which to try again. It knows nothing of events, messages or the ledger.
//!
//! lapin's own recovery can die without a word, so it is off. There is one remedy for everything: drop it whole, open another.

mod dial;
mod failure;
mod line;

use std::time::Duration;

use lapin::types::ShortString;

pub(crate) use dial::{Broker, Link};
pub use failure::Failure;
pub(crate) use failure::{Outage, within};
pub(crate) use line::{Answer, Line, Posting};

/// How long saying goodbye may take. What is left undone the broker does when the socket closes.
pub(crate) const FAREWELL: Duration = Duration::from_secs(3);

/// The name of a queue or an exchange, which `key` of the configuration gives. lapin panics on one of more than 255 bytes, and
/// the broker makes up a name in place of an empty one.
pub(crate) fn name(key: &'static str, name: &str) -> Result<ShortString, Failure> {
    match ShortString::try_new(name) {
        Ok(name) if !name.as_str().is_empty() => Ok(name),
        _ => Err(Failure::Name { key }),
    }
}
