//! The high-water mark: with too much due and unsent nothing more is taken, and the broker keeps the rest. What one channel
//! leaves undone does not stop the others, until it is far too much.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::SignedDuration;

use super::Intake;
use crate::policy::{Channel, Planned};
use crate::shutdown::Shutdown;

/// What will be due so soon counts as due: retries and what was put off for a moment among them.
const SOON: SignedDuration = SignedDuration::from_mins(1);
/// Between two looks while nothing is taken.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A channel alone stops the intake when so many times the limit wait for it: what no ledger should have to hold.
const FAR_TOO_MUCH: u64 = 10;

/// How much was due when last counted, and what was planned since: it is counted again only when that may be too much.
#[derive(Debug)]
pub struct Backlog {
    limit: Option<u64>,
    known: BTreeMap<Channel, AtomicU64>,
}

impl Backlog {
    /// No more events are taken with so many messages of each channel due and unsent, or ten times as many of one; `None`: there
    /// is no limit.
    pub fn new(limit: Option<u64>, channels: impl IntoIterator<Item = Channel>) -> Self {
        // Nothing is known of what an earlier run left.
        let unknown = |channel| (channel, AtomicU64::new(u64::MAX / 2));
        Self { limit, known: channels.into_iter().map(unknown).collect() }
    }

    pub(super) fn grew(&self, plan: &[Planned]) {
        for planned in plan {
            if let Some(known) = self.known.get(&planned.target.channel()) {
                known.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn is_full(&self, limit: u64) -> bool {
        let mut all = self.known.values().map(|known| known.load(Ordering::Relaxed)).peekable();
        let most = limit.saturating_mul(FAR_TOO_MUCH);
        all.peek().is_some() && (all.clone().all(|known| known >= limit) || all.any(|known| known >= most))
    }
}

impl Intake {
    /// Returns when more may be taken, or when a shutdown is requested.
    pub(super) async fn room(&self, shutdown: &Shutdown) {
        let Some(limit) = self.backlog.limit else { return };
        if !self.is_full(limit, shutdown).await {
            return;
        }
        // Well below it, or each message that is sent would start and stop the intake.
        let enough = limit - limit / 5;
        let known = self.backlog.known.iter();
        let due: Vec<_> =
            known.map(|(channel, known)| format!("{} {channel}", known.load(Ordering::Relaxed))).collect();
        let due = due.join(", ");
        tracing::warn!(limit, due, "the backlog is full: no more events are taken, and the broker keeps them");
        self.patience.pulse.fails(BACKLOG, &format!("due and unsent: {due} (`source.backlog_limit` is {limit})"));
        while !shutdown.is_requested() && self.is_full(enough, shutdown).await {
            tokio::select! {
                () = shutdown.requested() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        self.patience.pulse.works(BACKLOG);
        tracing::info!(limit, "the backlog is shorter: events are taken again");
    }

    /// By what is known, and where that may be too much, by what the ledger counts.
    async fn is_full(&self, limit: u64, shutdown: &Shutdown) -> bool {
        if !self.backlog.is_full(limit) {
            return false;
        }
        for (channel, known) in &self.backlog.known {
            let most = limit.saturating_mul(FAR_TOO_MUCH);
            let count = || self.ledger.backlog(*channel, self.clock.now(), SOON, most);
            let counted = self.patience.until_ok_or(shutdown.requested(), "the ledger, for its backlog", count).await;
            known.store(counted.unwrap_or_default(), Ordering::Relaxed);
        }
        self.backlog.is_full(limit)
    }
}

/// What it is called among the worker's troubles.
const BACKLOG: &str = "the backlog";
