//! The upkeep of the ledger: in the background of a worker what has been kept for long enough is deleted, a few rows at a time,
//! so that it holds up nothing. In a fleet every worker does it; what one is at, the others pass over.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use crate::clock::Clock;
use crate::content::Current;
use crate::ledger::{Records, Retention};
use crate::resilience::Trouble;

/// Incidents that are looked at in one transaction.
const BATCH: usize = 100;

/// Between two transactions: at most one in so long.
const BREATH: Duration = Duration::from_millis(500);

/// Between two rounds through the whole ledger.
const REST: Duration = Duration::from_mins(10);

/// Clocks differ, and redeliveries take their time.
const MARGIN: SignedDuration = SignedDuration::from_hours(24);

#[derive(Clone)]
pub struct Upkeep {
    pub records: Arc<dyn Records>,
    pub content: Current,
    /// How long addresses and what was said is kept after an incident has come to rest.
    pub keep: SignedDuration,
    pub clock: Arc<dyn Clock>,
}

impl Upkeep {
    /// Goes through the ledger again and again, without end.
    pub async fn run(&self, mut trouble: Trouble) {
        let (mut place, mut bared, mut deleted) = (None, 0, 0);
        loop {
            // The start of a worker has more urgent things to do.
            tokio::time::sleep(BREATH).await;
            match self.records.tidy(self.retention(), place, BATCH, self.clock.now()).await {
                Ok(tidied) => {
                    trouble.is_over();
                    (bared, deleted) = (bared + tidied.bared, deleted + tidied.deleted);
                    place = tidied.next;
                }
                Err(fault) => {
                    trouble.goes_on(&fault);
                    tokio::time::sleep(REST).await;
                }
            }
            if place.is_none() {
                if bared + deleted > 0 {
                    tracing::info!(bared, deleted, "incidents whose time was up were deleted, or bared of all content");
                }
                (bared, deleted) = (0, 0);
                tokio::time::sleep(REST).await;
            }
        }
    }

    /// By the content that is in force: rows must outlast every event that could be taken for new without them.
    fn retention(&self) -> Retention {
        let longest = self.content.catalog().longest_memory();
        let rows = longest.saturating_add(MARGIN).max(self.keep);
        Retention { content: self.keep, rows }
    }
}
