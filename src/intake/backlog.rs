//! The high-water mark: with too much due and unsent nothing more is taken, and the broker keeps the rest.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::SignedDuration;

use super::Intake;
use crate::shutdown::Shutdown;

/// What will be due so soon counts as due: retries and what was put off for a moment among them.
const SOON: SignedDuration = SignedDuration::from_mins(1);
/// Between two looks while nothing is taken.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How much was due when last counted, and what was planned since: it is counted again only when that may be too much.
#[derive(Debug)]
pub struct Backlog {
    limit: Option<u64>,
    known: AtomicU64,
}

impl Backlog {
    /// With so many messages due and unsent no more events are taken; `None`: there is no limit.
    pub fn new(limit: Option<u64>) -> Self {
        // Nothing is known of what an earlier run left.
        Self { limit, known: AtomicU64::new(u64::MAX / 2) }
    }

    pub(super) fn grew(&self, planned: usize) {
        self.known.fetch_add(planned as u64, Ordering::Relaxed);
    }

    fn is_below(&self, limit: u64) -> bool {
        self.known.load(Ordering::Relaxed) < limit
    }
}

impl Intake {
    /// Returns when more may be taken, or when a shutdown is requested.
    pub(super) async fn room(&self, shutdown: &Shutdown) {
        let Some(limit) = self.backlog.limit else { return };
        if self.backlog.is_below(limit) || self.count(limit, shutdown).await < limit {
            return;
        }
        // Well below it, or each message that is sent would start and stop the intake.
        let enough = limit - limit / 5;
        tracing::warn!(limit, "the backlog is full: no more events are taken, and the broker keeps them");
        self.patience.pulse.fails(BACKLOG, &format!("{limit} or more messages are due and unsent"));
        while !shutdown.is_requested() && self.count(enough, shutdown).await >= enough {
            tokio::select! {
                () = shutdown.requested() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        self.patience.pulse.works(BACKLOG);
        tracing::info!(limit, "the backlog is shorter: events are taken again");
    }

    async fn count(&self, most: u64, shutdown: &Shutdown) -> u64 {
        let count = || self.ledger.backlog(self.clock.now(), SOON, most);
        let counted = self.patience.until_ok_or(shutdown.requested(), "the ledger, for its backlog", count).await;
        let counted = counted.unwrap_or_default();
        self.backlog.known.store(counted, Ordering::Relaxed);
        counted
    }
}

/// What it is called among the worker's troubles.
const BACKLOG: &str = "the backlog";
