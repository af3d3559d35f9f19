//! What no patience mends.

use std::fmt::Display;
use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

/// A fault that may or may not pass.
pub trait Fault: Display {
    /// Whether trying again is of no use.
    fn is_final(&self) -> bool {
        false
    }
}

/// Where a final fault is told, so that the worker ends and whoever started it sees that. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Fatal(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    fault: OnceLock<String>,
    told: Notify,
}

impl Fatal {
    /// Tells a fault, if it is final. The first one counts.
    pub fn tell(&self, fault: &impl Fault) {
        if fault.is_final() && self.0.fault.set(fault.to_string()).is_ok() {
            self.0.told.notify_one();
        }
    }

    /// Resolves with the final fault, once there is one. For one listener.
    pub async fn told(&self) -> String {
        loop {
            if let Some(fault) = self.0.fault.get() {
                return fault.clone();
            }
            self.0.told.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::ledger::LedgerError;

    #[test]
    fn only_a_final_fault_is_told() {
        let fatal = Fatal::default();
        fatal.tell(&LedgerError::Unavailable("full".into()));
        assert_eq!(fatal.told().now_or_never(), None);
        fatal.tell(&LedgerError::Unusable("damaged".into()));
        fatal.tell(&LedgerError::Unusable("something else".into()));
        assert_eq!(fatal.told().now_or_never().as_deref(), Some("damaged"));
    }
}
