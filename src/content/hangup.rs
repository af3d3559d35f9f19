//! SIGHUP: the operator's word that the content be looked at now. It ends nothing.

use std::io;
use std::sync::Arc;

use tokio::sync::Notify;

/// Whether the word was given. Several that come at once are one.
#[derive(Debug, Clone, Default)]
pub struct Hangup(Arc<Notify>);

impl Hangup {
    /// Listens for SIGHUP from now on. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the system does not let us listen.
    #[cfg(unix)]
    pub fn on_signal() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = Self::default();
        let (mut signals, heard) = (signal(SignalKind::hangup())?, hangup.clone());
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                heard.give();
            }
        });
        Ok(hangup)
    }

    /// Windows knows no such signal.
    #[cfg(not(unix))]
    pub fn on_signal() -> io::Result<Self> {
        Ok(Self::default())
    }

    pub fn give(&self) {
        self.0.notify_one();
    }

    pub(super) async fn heard(&self) {
        self.0.notified().await;
    }
}
