//! The ledger of a fleet: PostgreSQL, any number of workers on one queue.
//!
//! Every batch is one or two round trips. Workers never wait for one another's claims (SKIP LOCKED), and incidents are
//! locked in one order, so that two workers cannot both open one.
//!
//! **Whose clock.** The server's, and no other: workers' clocks may be minutes apart, and a lease that one worker begins
//! and another ends must be measured by one clock. A caller's `now` serves to read the times that it gives with it: a
//! retry that is due a minute after the caller's `now` is due a minute after the server's. Leases are not ended when the
//! ledger is opened, because their owners may be alive; what a dead worker was sending waits for its lease.
//!
//! **Commits that are not heard of.** When the connection is lost during a commit, nobody knows whether it was made. The
//! caller is told that the ledger is unavailable and asks again, which changes nothing that is there: incidents and
//! dispatches are found by what they are, settlements by their token. Claims that were made and not heard of are named, and
//! given back as soon as there is a connection again ([`unheard`]).

mod admit;
mod bundle;
mod claim;
mod erase;
mod fault;
mod look;
mod outcomes;
mod pool;
mod probe;
mod records;
mod row;
mod schema;
mod settle;
mod tidy;
mod tls;
mod told;
mod unheard;
mod url;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use self::pool::Pool;
use self::row::At;
use self::unheard::Unheard;
use super::admission::rounded;
use super::{
    Admission, Admitted, Backlog, Candidate, Census, Claimant, Dispatch, DispatchId, Ledger, LedgerError, Outcome,
    Outcomes, Settlement, Standing, Terms, Untold,
};
use crate::config;
use crate::policy::{Channel, Pace};

pub(crate) use self::url::check as check_postgres_url;

/// Whose clock the ledger goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timekeeper {
    /// The server's.
    Server,
    /// Each caller's `now`: for one caller alone, such as a test whose time does not pass by itself.
    Caller,
}

/// See the module. Times are kept in microseconds; what is finer is cut off before it is compared.
pub struct PostgresLedger {
    pool: Pool,
    unheard: Arc<Unheard>,
    timekeeper: Timekeeper,
    outcomes: Outcomes,
}

impl PostgresLedger {
    /// Connects, and brings the schema up to date.
    ///
    /// # Errors
    /// [`LedgerError::Unusable`]: the server refuses the user, the schema is a newer one's, a right is missing.
    /// [`LedgerError::Unavailable`]: the server cannot be reached, or takes no writes.
    pub async fn open(config: &config::Postgres, timekeeper: Timekeeper) -> Result<Self, LedgerError> {
        Self::open_with(config, timekeeper, Outcomes::Unwanted).await
    }

    /// As [`PostgresLedger::open`]; says whether outcomes are kept.
    pub async fn open_with(
        config: &config::Postgres,
        timekeeper: Timekeeper,
        outcomes: Outcomes,
    ) -> Result<Self, LedgerError> {
        let pool = Pool::new(config, outcomes)?;
        let session = pool.take().await?;
        let is_old = pool.timed(schema::is_old(&session, &config.schema)).await;
        if pool.settle(session, is_old)? {
            let session = pool.take().await?;
            let migrated = schema::migrate(&session, &config.schema).await;
            pool.give_up(session, migrated)?;
        }
        Ok(Self { pool, unheard: Arc::default(), timekeeper, outcomes })
    }

    /// Connects beside the workers, and leaves the schema as it is: what an older worker runs on is not changed by a look.
    ///
    /// # Errors
    /// As [`PostgresLedger::open`], and [`LedgerError::Unusable`] when the schema is older than this program, or not there.
    pub async fn visit(config: &config::Postgres, timekeeper: Timekeeper) -> Result<Self, LedgerError> {
        let pool = Pool::new(config, Outcomes::Unwanted)?;
        let session = pool.take().await?;
        let known = pool.timed(schema::must_be_known(&session, &config.schema)).await;
        pool.settle(session, known)?;
        Ok(Self { pool, unheard: Arc::default(), timekeeper, outcomes: Outcomes::Unwanted })
    }

    /// Whether a worker could use this ledger; makes and changes nothing. What it says is for people.
    ///
    /// # Errors
    /// As [`PostgresLedger::open`].
    pub async fn probe(config: &config::Postgres) -> Result<String, LedgerError> {
        let pool = Pool::new(config, Outcomes::Unwanted)?;
        let session = pool.take().await?;
        let found = pool.timed(probe::probe(&session, &config.schema, pool.peer())).await;
        let found = pool.settle(session, found);
        pool.close().await;
        found
    }

    /// The time as the statements are told it. `None`: they ask the server.
    fn time(&self, now: Timestamp) -> Option<At> {
        (self.timekeeper == Timekeeper::Caller).then(|| At(rounded(now)))
    }

    /// Gives back the claims that nobody heard of.
    async fn give_back(&self) -> Result<(), LedgerError> {
        let names = self.unheard.names();
        if names.is_empty() {
            return Ok(());
        }
        let session = self.pool.take().await?;
        let given_back = self.pool.timed(claim::give_back(&session, &names)).await;
        self.pool.settle(session, given_back)?;
        self.unheard.given_back(self.pool.longest_request());
        Ok(())
    }
}

impl fmt::Debug for PostgresLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresLedger").field("pool", &self.pool).finish_non_exhaustive()
    }
}

#[async_trait]
impl Ledger for PostgresLedger {
    async fn admit(
        &self,
        batch: Vec<Admission>,
        now: Timestamp,
        pace: Pace,
        claimant: Option<&Claimant>,
    ) -> Result<Admitted, LedgerError> {
        self.give_back().await?;
        let session = self.pool.take().await?;
        let ticket = claimant.map(|claimant| self.unheard.ticket(claimant));
        let admitting = admit::admit(&session, batch, self.time(now), pace, ticket.as_ref());
        let admitted = self.pool.timed(admitting).await;
        let admitted = self.pool.settle(session, admitted)?;
        ticket.into_iter().for_each(unheard::Ticket::heard);
        Ok(admitted)
    }

    async fn claim(
        &self,
        channel: Channel,
        now: Timestamp,
        limit: usize,
        claimant: &Claimant,
    ) -> Result<Vec<Dispatch>, LedgerError> {
        self.give_back().await?;
        let session = self.pool.take().await?;
        let ticket = self.unheard.ticket(claimant);
        let claimed = self.pool.timed(claim::claim(&session, channel, self.time(now), limit, &ticket)).await;
        let claimed = self.pool.settle(session, claimed)?;
        ticket.heard();
        Ok(claimed)
    }

    async fn standing(
        &self,
        candidates: &[Candidate],
        now: Timestamp,
        terms: Terms,
    ) -> Result<Vec<Standing>, LedgerError> {
        let session = self.pool.take().await?;
        let standing = self.pool.timed(look::standing(&session, candidates, now, self.time(now), terms)).await;
        self.pool.settle(session, standing)
    }

    async fn asking(&self, claims: &[(DispatchId, i64)], transport: &str) -> Result<bool, LedgerError> {
        let session = self.pool.take().await?;
        let noted = self.pool.timed(claim::asking(&session, claims, transport)).await;
        self.pool.settle(session, noted)
    }

    async fn settle(&self, batch: Vec<Settlement>, now: Timestamp) -> Result<Vec<bool>, LedgerError> {
        let session = self.pool.take().await?;
        let settled = self.pool.timed(settle::settle(&session, &batch, now, self.time(now))).await;
        self.pool.settle(session, settled)
    }

    async fn next_due(&self, channel: Channel, now: Timestamp) -> Result<Option<Timestamp>, LedgerError> {
        let session = self.pool.take().await?;
        let next = self.pool.timed(look::next_due(&session, channel, now, self.time(now))).await;
        self.pool.settle(session, next)
    }

    async fn backlog(
        &self,
        channel: Channel,
        now: Timestamp,
        ahead: SignedDuration,
        most: u64,
    ) -> Result<u64, LedgerError> {
        let session = self.pool.take().await?;
        let backlog = self.pool.timed(look::backlog(&session, channel, self.time(now), ahead, most)).await;
        self.pool.settle(session, backlog)
    }

    async fn census(&self) -> Result<Census, LedgerError> {
        let session = self.pool.take().await?;
        let census = self.pool.timed(look::census(&session)).await;
        self.pool.settle(session, census)
    }

    async fn close(&self) -> Result<(), LedgerError> {
        // Who stops in the middle of a trouble leaves the claims to their leases.
        let given_back = if self.pool.is_closed() { Ok(()) } else { self.give_back().await };
        self.pool.close().await;
        given_back
    }

    fn untold(self: Arc<Self>) -> Option<Arc<dyn Untold>> {
        (self.outcomes == Outcomes::Kept).then_some(self as _)
    }
}

#[async_trait]
impl Untold for PostgresLedger {
    async fn take(&self, limit: usize, now: Timestamp, claimant: &Claimant) -> Result<Vec<Outcome>, LedgerError> {
        let session = self.pool.take().await?;
        let taken = self.pool.timed(outcomes::take(&session, limit, self.time(now), claimant)).await;
        self.pool.settle(session, taken)
    }

    async fn told(&self, places: &[i64]) -> Result<(), LedgerError> {
        let session = self.pool.take().await?;
        let told = self.pool.timed(outcomes::told(&session, places)).await;
        self.pool.settle(session, told)
    }

    async fn let_go(&self, claimant: &Claimant) -> Result<(), LedgerError> {
        let session = self.pool.take().await?;
        let let_go = self.pool.timed(outcomes::let_go(&session, claimant)).await;
        self.pool.settle(session, let_go)
    }

    async fn give_up(&self, before: Timestamp) -> Result<u64, LedgerError> {
        let session = self.pool.take().await?;
        let given_up = self.pool.timed(outcomes::give_up(&session, before)).await;
        self.pool.settle(session, given_up)
    }

    async fn backlog(&self) -> Result<Backlog, LedgerError> {
        let session = self.pool.take().await?;
        let backlog = self.pool.timed(outcomes::backlog(&session)).await;
        self.pool.settle(session, backlog)
    }
}
