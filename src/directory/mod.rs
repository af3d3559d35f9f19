//! Who the owner is, when the event does not say: the product's own directory of recipients.

mod cache;
mod credentials;
mod fields;
mod http;
mod nobody;
mod question;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;

pub use http::HttpDirectory;

use crate::config::{self, Network};
use crate::event::Recipient;
use crate::resilience::Pulse;

/// The directory could not be asked. What needs it waits; nothing is guessed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// There is no answer, or none about anybody.
    #[error("the directory is unavailable: {0}")]
    Unavailable(String),
    /// It does not let us ask, or is not whom we trust: a person has to mend that.
    #[error("the directory cannot be asked: {0}")]
    Denied(String),
}

/// Finds recipients by app and id.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Whether there is anybody to ask.
    fn is_there(&self) -> bool {
        true
    }

    /// `None`: the directory does not know this owner.
    async fn find(&self, app: &str, recipient: &str) -> Result<Option<Recipient>, DirectoryError>;

    /// The same, asked once more: that it did not know this owner lately is not taken for an answer.
    async fn find_again(&self, app: &str, recipient: &str) -> Result<Option<Recipient>, DirectoryError> {
        self.find(app, recipient).await
    }

    /// What it says about an owner who cannot exist: nothing, when it is well. Never remembered.
    async fn probe(&self, app: &str) -> Result<Option<Recipient>, DirectoryError>;
}

/// Nobody to ask: the event says all there is.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoDirectory;

#[async_trait]
impl Directory for NoDirectory {
    fn is_there(&self) -> bool {
        false
    }

    async fn find(&self, _app: &str, _recipient: &str) -> Result<Option<Recipient>, DirectoryError> {
        Ok(None)
    }

    async fn probe(&self, _app: &str) -> Result<Option<Recipient>, DirectoryError> {
        Ok(None)
    }
}

/// The directory of `[directory]`; [`NoDirectory`] when it names none. That it does not work is seen in the pulse.
///
/// # Errors
/// When `[network]` is at fault.
pub fn from_config(
    config: &config::Directory,
    network: &Network,
    pulse: &Pulse,
) -> Result<Arc<dyn Directory>, DirectoryError> {
    Ok(match &config.url {
        Some(url) => Arc::new(HttpDirectory::new(url, config, network, pulse)?),
        None => Arc::new(NoDirectory),
    })
}
