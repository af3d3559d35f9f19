//! The ledger in a file: SQLite with a write-ahead log, `synchronous = FULL`, one worker.
//!
//! One thread writes and commits in groups, another looks, so that the look before a send never waits behind a commit.
//! A lock beside the file keeps a second worker out; programs that only read may open the file at any time. Because of
//! that lock, whatever is `sending` when the file is opened belongs to a worker that died: its lease ends at once, so
//! recovery after a kill does not wait.

mod admit;
mod bundle;
mod claim;
mod dead;
mod erase;
mod fault;
mod lane;
mod look;
mod outcomes;
mod probe;
mod records;
mod row;
mod schema;
mod settle;
#[cfg(test)]
mod tests;
mod tidy;
mod told;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use self::lane::{Kind, Lane, Whether};
use super::admission::rounded;
use super::{
    Admission, Admitted, Backlog, Candidate, Census, Claimant, Dispatch, DispatchId, Ledger, LedgerError, Outcome,
    Outcomes, Settlement, Standing, Terms, Untold,
};
use crate::policy::{Channel, Pace};

/// See the module. Times are kept in microseconds; what is finer is cut off before it is compared.
pub struct SqliteLedger {
    path: String,
    outcomes: Outcomes,
    // Dropped in this order: the writer, last, tidies up the log and lets go of the lock.
    reader: Lane,
    writer: Lane,
}

impl SqliteLedger {
    /// Opens or creates the ledger at `path`, whose folder must exist. Blocks: it may have to recover a log.
    ///
    /// # Errors
    /// [`LedgerError::Unusable`]: another worker holds it, it is no ledger or a newer one, or it may not be written.
    /// [`LedgerError::Unavailable`]: the disk is full, or another program has it locked.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        Self::open_with(path, Outcomes::Unwanted)
    }

    /// As [`SqliteLedger::open`]; says whether outcomes are kept.
    pub fn open_with(path: &Path, outcomes: Outcomes) -> Result<Self, LedgerError> {
        let lock = schema::lock(path)?;
        let writer = schema::open_writer(path, outcomes)?;
        let reader = schema::open_reader(path)?;
        let shown = path.display().to_string();
        Ok(Self {
            reader: Lane::start(Kind::Read, shown.clone(), reader, None)?,
            writer: Lane::start(Kind::Write, shown.clone(), writer, Some(lock))?,
            path: shown,
            outcomes,
        })
    }

    /// Opens a ledger beside the worker that uses it, if one does. Blocks.
    ///
    /// # Errors
    /// As [`SqliteLedger::open`], and [`LedgerError::Unusable`] when there is none, or an older worker uses it.
    pub fn visit(path: &Path) -> Result<Self, LedgerError> {
        let writer = schema::open_guest(path)?;
        let reader = schema::open_reader(path)?;
        let shown = path.display().to_string();
        Ok(Self {
            outcomes: Outcomes::Unwanted,
            reader: Lane::start(Kind::Read, shown.clone(), reader, None)?,
            writer: Lane::start(Kind::Guest, shown.clone(), writer, None)?,
            path: shown,
        })
    }

    /// Whether a worker could use the ledger at `path`; makes and changes nothing. What it says is for people. Blocks.
    ///
    /// # Errors
    /// As [`SqliteLedger::open`].
    pub fn probe(path: &Path) -> Result<String, LedgerError> {
        probe::probe(path)
    }

    /// Transactions committed since it was opened. Fewer than calls: those that wait together share one.
    pub fn commits(&self) -> u64 {
        self.writer.commits()
    }
}

impl fmt::Debug for SqliteLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteLedger").field("path", &self.path).finish_non_exhaustive()
    }
}

#[async_trait]
impl Ledger for SqliteLedger {
    async fn admit(
        &self,
        batch: Vec<Admission>,
        now: Timestamp,
        pace: Pace,
        claimant: Option<&Claimant>,
    ) -> Result<Admitted, LedgerError> {
        let claimant = claimant.cloned();
        // Events whose intake has gone are not acknowledged and come again.
        self.writer
            .run(Whether::Awaited, batch.len(), move |connection| {
                admit::admit(connection, batch, rounded(now), pace, claimant.as_ref())
            })
            .await
    }

    async fn claim(
        &self,
        channel: Channel,
        now: Timestamp,
        limit: usize,
        claimant: &Claimant,
    ) -> Result<Vec<Dispatch>, LedgerError> {
        let claimant = claimant.clone();
        self.writer
            .run(Whether::Awaited, limit, move |connection| {
                claim::claim(connection, channel, rounded(now), limit, &claimant)
            })
            .await
    }

    async fn standing(
        &self,
        candidates: &[Candidate],
        now: Timestamp,
        terms: Terms,
    ) -> Result<Vec<Standing>, LedgerError> {
        let candidates = candidates.to_vec();
        self.reader
            .run(Whether::Awaited, candidates.len(), move |connection| {
                look::standing(connection, &candidates, rounded(now), terms)
            })
            .await
    }

    async fn asking(&self, claims: &[(DispatchId, i64)], transport: &str) -> Result<bool, LedgerError> {
        let (claims, transport) = (claims.to_vec(), transport.to_owned());
        self.writer
            .run(Whether::Awaited, claims.len(), move |connection| claim::asking(connection, &claims, &transport))
            .await
    }

    async fn settle(&self, batch: Vec<Settlement>, now: Timestamp) -> Result<Vec<bool>, LedgerError> {
        self.writer
            .run(Whether::Always, batch.len(), move |connection| settle::settle(connection, &batch, rounded(now)))
            .await
    }

    async fn next_due(&self, channel: Channel, _now: Timestamp) -> Result<Option<Timestamp>, LedgerError> {
        self.reader.run(Whether::Awaited, 1, move |connection| look::next_due(connection, channel)).await
    }

    async fn backlog(
        &self,
        channel: Channel,
        now: Timestamp,
        ahead: SignedDuration,
        most: u64,
    ) -> Result<u64, LedgerError> {
        let end = rounded(now.saturating_add(ahead).unwrap_or(Timestamp::MAX));
        self.reader.run(Whether::Awaited, 1, move |connection| look::backlog(connection, channel, end, most)).await
    }

    async fn census(&self) -> Result<Census, LedgerError> {
        self.reader.run(Whether::Awaited, 1, look::census).await
    }

    async fn close(&self) -> Result<(), LedgerError> {
        let looking = self.reader.close().await;
        self.writer.close().await.and(looking)
    }

    fn untold(self: Arc<Self>) -> Option<Arc<dyn Untold>> {
        (self.outcomes == Outcomes::Kept).then_some(self as _)
    }
}

#[async_trait]
impl Untold for SqliteLedger {
    async fn take(&self, limit: usize, now: Timestamp, claimant: &Claimant) -> Result<Vec<Outcome>, LedgerError> {
        let claimant = claimant.clone();
        let take = move |connection: &_| outcomes::take(connection, limit, rounded(now), &claimant);
        self.writer.run(Whether::Awaited, limit, take).await
    }

    async fn told(&self, places: &[i64]) -> Result<(), LedgerError> {
        let places = places.to_vec();
        self.writer.run(Whether::Always, places.len(), move |connection| outcomes::told(connection, &places)).await
    }

    async fn let_go(&self, claimant: &Claimant) -> Result<(), LedgerError> {
        let claimant = claimant.clone();
        self.writer.run(Whether::Always, 1, move |connection| outcomes::let_go(connection, &claimant)).await
    }

    async fn give_up(&self, before: Timestamp) -> Result<u64, LedgerError> {
        self.writer.run(Whether::Always, 1, move |connection| outcomes::give_up(connection, before)).await
    }

    async fn backlog(&self) -> Result<Backlog, LedgerError> {
        self.reader.run(Whether::Awaited, 1, outcomes::backlog).await
    }
}
