//! What no patience mends.

use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};

use futures_util::FutureExt;
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

/// Work beside the loops that has ended by a panic, by its name.
#[derive(Debug, thiserror::Error)]
#[error("{0} has ended: dashlight panicked; please report it")]
struct Panicked(&'static str);

impl Fault for Panicked {
    fn is_final(&self) -> bool {
        true
    }
}

impl Fatal {
    /// Does what nobody waits for, and tells when it ends by a panic: without it the worker would only seem to work.
    pub async fn watch(&self, name: &'static str, work: impl Future<Output = ()>) {
        if AssertUnwindSafe(work).catch_unwind().await.is_err() {
            self.tell(&Panicked(name));
        }
    }

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

    #[tokio::test]
    async fn work_that_panics_is_told_and_work_that_is_done_is_not() {
        let fatal = Fatal::default();
        fatal.watch("what is done", async {}).await;
        assert_eq!(fatal.told().now_or_never(), None);
        fatal.watch("what is broken", async { panic!("a fault of ours") }).await;
        let told = fatal.told().now_or_never();
        assert_eq!(told.as_deref(), Some("what is broken has ended: dashlight panicked; please report it"));
    }
}
