//! Who the owner is, when the event does not say: the product's own directory of recipients.

use async_trait::async_trait;

use crate::event::Recipient;

/// The directory could not be asked. The event waits; nothing is guessed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the directory is unavailable: {0}")]
pub struct DirectoryError(pub String);

/// Finds recipients by app and id.
#[async_trait]
pub trait Directory: Send + Sync {
    /// `None`: the directory does not know this owner.
    async fn find(&self, app: &str, recipient: &str) -> Result<Option<Recipient>, DirectoryError>;
}
