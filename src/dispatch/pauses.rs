//! Which channels an operator has paused, looked up again and again beside the loops, so that no send waits for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::ledger::{LedgerError, Pause, Records};
use crate::policy::Channel;
use crate::resilience::Trouble;

/// What was paused when it was last looked up. Clones look at the same.
#[derive(Debug, Clone, Default)]
pub struct Pauses(Arc<Mutex<Vec<Pause>>>);

impl Pauses {
    pub fn all(&self) -> Vec<Pause> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn holds(&self, channel: Channel) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|pause| pause.channel == channel)
    }

    /// Looks once, and tells what has changed.
    pub async fn look(&self, records: &dyn Records, clock: &dyn Clock) -> Result<(), LedgerError> {
        let now = records.pauses(clock.now()).await?;
        let before = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), now.clone());
        for pause in now.iter().filter(|pause| !before.contains(pause)) {
            let until = pause.until.map_or_else(|| "resumed".to_owned(), |until| until.to_string());
            let note = pause.note.as_deref().unwrap_or_default();
            tracing::warn!(channel = %pause.channel, until, note, "paused by an operator");
        }
        for pause in before.iter().filter(|before| now.iter().all(|pause| pause.channel != before.channel)) {
            tracing::info!(channel = %pause.channel, "no longer paused");
        }
        Ok(())
    }

    /// Looks every `poll`, without end. While the ledger cannot be asked, what was known last holds.
    pub async fn watch(&self, records: &dyn Records, clock: &dyn Clock, poll: Duration, mut trouble: Trouble) {
        loop {
            tokio::time::sleep(poll).await;
            match self.look(records, clock).await {
                Ok(()) => trouble.is_over(),
                Err(fault) => trouble.goes_on(&fault),
            }
        }
    }
}
