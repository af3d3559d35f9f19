//! The operator's side. A condition that does not matter is NULL: the server plans with the values at hand.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::fault::Failure;
use super::pool::Session;
use super::row::{self, At};
use super::{PostgresLedger, erase, tidy};
use crate::ledger::records::{self, Candidate, Row};
use crate::ledger::{
    Acquaintance, DispatchId, Erased, LedgerError, Owner, Pause, Place, Query, Record, Records, Retention, Revival,
    Revived, Tidied, erasure,
};
use crate::policy::Channel;

const HISTORY: &str = "SELECT d.id, i.app, i.recipient, i.vehicle, i.type, i.code, d.opening, d.step, d.channel, d.target, \
     d.state, d.created_at, d.due_at, d.expires_at, d.settled_at, d.attempt, d.doubtful, d.transport, d.provider_id, \
     d.reason, d.detail, d.locale, d.revision, i.payload IS NULL \
     FROM dispatches AS d JOIN incidents AS i ON i.id = d.incident \
     WHERE ($1::text IS NULL OR i.recipient = $1) AND ($2::text IS NULL OR i.app = $2) \
     AND ($3::text IS NULL OR d.channel = $3) AND ($4::text[] IS NULL OR d.state = ANY($4)) \
     AND ($5::text[] IS NULL OR d.reason = ANY($5)) AND ($6::text IS NULL OR starts_with(d.id::text, $6)) \
     AND ($7::bigint IS NULL OR coalesce(d.settled_at, d.created_at) >= \
         coalesce($8::timestamptz, clock_timestamp()) - $7 * interval '1 microsecond') \
     ORDER BY d.ordinal DESC LIMIT $9";

const ACQUAINTANCES: &str = "SELECT app, count(*) FROM incidents WHERE recipient = $1 GROUP BY app ORDER BY app";

const CANDIDATES: &str = "SELECT d.id, d.state, d.doubtful, \
     d.expires_at <= coalesce($2::timestamptz, clock_timestamp()), d.opening <> i.opening, i.payload IS NULL, \
     d.alternatives IS NOT NULL AND EXISTS (SELECT FROM dispatches AS o WHERE o.incident = d.incident \
         AND o.opening = d.opening AND o.step = d.step AND o.id <> d.id \
         AND o.state IN ('planned', 'sending', 'sent', 'unknown')), i.open = (d.step <> 65535) \
     FROM dispatches AS d JOIN incidents AS i ON i.id = d.incident WHERE d.id = ANY($1::uuid[]) FOR UPDATE OF d, i";

/// Whoever asks for another try knows better than what a carrier once said of the address.
const FORGIVE: &str = "DELETE FROM dead_addresses AS a USING dispatches AS d JOIN incidents AS i ON i.id = d.incident \
     WHERE d.id = ANY($1::uuid[]) AND d.reason IN ('address-invalid', 'suppressed') \
         AND a.app = i.app AND a.recipient = i.recipient";

const REVIVE: &str = "UPDATE dispatches SET state = 'planned', due_at = coalesce($2::timestamptz, clock_timestamp()), \
     attempt = 0, doubtful = false, transport = NULL, reason = NULL, owner = NULL, lease_until = NULL, \
     settled_at = NULL WHERE id = ANY($1::uuid[])";

const DISMISS: &str = "UPDATE dispatches SET state = 'cancelled', reason = 'dropped', \
     settled_at = coalesce($2::timestamptz, clock_timestamp()), \
     detail = state || coalesce(', ' || reason, '') || coalesce(': ' || detail, '') \
     WHERE id = ANY($1::uuid[]) AND state IN ('failed', 'unknown') RETURNING id";

const PAUSES: &str = "SELECT channel, since, until, note FROM pauses \
     WHERE until IS NULL OR until > coalesce($1::timestamptz, clock_timestamp()) ORDER BY channel";

const PAUSE: &str = "INSERT INTO pauses (channel, since, until, note) \
     SELECT g.channel, t.now, t.now + $2::bigint * interval '1 microsecond', $3::text FROM unnest($1::text[]) AS g (channel), \
     (SELECT coalesce($4::timestamptz, clock_timestamp()) AS now) AS t ON CONFLICT (channel) DO \
     UPDATE SET since = excluded.since, until = excluded.until, note = excluded.note";

const RESUME: &str = "DELETE FROM pauses WHERE channel = ANY($1::text[]) \
     RETURNING channel, until IS NULL OR until > coalesce($2::timestamptz, clock_timestamp())";

/// Whoever erases waits for the workers, and not the workers for them.
const ERASE_TRIES: u32 = 5;

#[async_trait]
impl Records for PostgresLedger {
    async fn history(&self, query: &Query, now: Timestamp) -> Result<Vec<Record>, LedgerError> {
        let session = self.pool.take().await?;
        let history = self.pool.timed(history(&session, query, self.time(now))).await;
        self.pool.settle(session, history)
    }

    async fn acquaintances(&self, recipient: &str) -> Result<Vec<Acquaintance>, LedgerError> {
        let session = self.pool.take().await?;
        let acquaintances = self.pool.timed(acquaintances(&session, recipient)).await;
        self.pool.settle(session, acquaintances)
    }

    async fn revive(&self, ids: &[DispatchId], revival: Revival, now: Timestamp) -> Result<Vec<Revived>, LedgerError> {
        let session = self.pool.take().await?;
        let revived = self.pool.timed(revive(&session, ids, revival, self.time(now))).await;
        self.pool.settle(session, revived)
    }

    async fn dismiss(&self, ids: &[DispatchId], now: Timestamp) -> Result<Vec<bool>, LedgerError> {
        let ids: Vec<Uuid> = ids.iter().map(row::uuid).collect();
        let rows = self.ask(DISMISS, &[&ids, &self.time(now)]).await?;
        let dismissed: HashSet<Uuid> = rows.iter().filter_map(|row| row.try_get(0).ok()).collect();
        Ok(ids.iter().map(|id| dismissed.contains(id)).collect())
    }

    async fn pauses(&self, now: Timestamp) -> Result<Vec<Pause>, LedgerError> {
        let session = self.pool.take().await?;
        let pauses = self.pool.timed(pauses(&session, self.time(now))).await;
        self.pool.settle(session, pauses)
    }

    async fn pause(
        &self,
        channels: &[Channel],
        length: Option<SignedDuration>,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let channels: Vec<&str> = channels.iter().map(|channel| channel.as_str()).collect();
        let (length, note) = (length.map(row::micros), note.map(row::text));
        self.ask(PAUSE, &[&channels, &length, &note, &self.time(now)]).await.map(drop)
    }

    async fn resume(&self, channels: &[Channel], now: Timestamp) -> Result<Vec<Channel>, LedgerError> {
        let channels: Vec<&str> = channels.iter().map(|channel| channel.as_str()).collect();
        let rows = self.ask(RESUME, &[&channels, &self.time(now)]).await?;
        let was_paused = rows.iter().filter(|row| row.try_get(1).unwrap_or(false));
        Ok(was_paused.filter_map(|row| records::channel(row.try_get(0).ok()?)).collect())
    }

    async fn erase(&self, owner: &Owner, dry_run: bool, now: Timestamp) -> Result<Erased, LedgerError> {
        let salt = erasure::fresh_salt()?;
        let mut tries = 0;
        loop {
            tries += 1;
            let session = self.pool.take().await?;
            let erased = if dry_run {
                self.pool.timed(erase::count(&session, owner, self.time(now))).await
            } else {
                self.pool.timed(erase::erase(&session, owner, salt, self.time(now))).await
            };
            match self.pool.settle(session, erased) {
                // A lock that was not to be had, or two that waited for each other.
                Err(LedgerError::Unavailable(_)) if tries < ERASE_TRIES => {}
                erased => return erased,
            }
        }
    }

    async fn tidy(
        &self,
        retention: Retention,
        from: Option<Place>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Tidied, LedgerError> {
        let session = self.pool.take().await?;
        let tidied = self.pool.timed(tidy::tidy(&session, retention, from, limit, self.time(now))).await;
        self.pool.settle(session, tidied)
    }

    async fn leave(&self) -> Result<(), LedgerError> {
        self.pool.close().await;
        Ok(())
    }
}

impl PostgresLedger {
    /// One statement in a transaction of its own.
    async fn ask(
        &self,
        sql: &'static str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<tokio_postgres::Row>, LedgerError> {
        let session = self.pool.take().await?;
        let rows = self.pool.timed(session.query(sql, params)).await;
        self.pool.settle(session, rows)
    }
}

async fn revive(
    session: &Session,
    ids: &[DispatchId],
    revival: Revival,
    time: Option<At>,
) -> Result<Vec<Revived>, Failure> {
    let ids: Vec<Uuid> = ids.iter().map(row::uuid).collect();
    session.run("BEGIN").await?;
    let mut decided: HashMap<Uuid, Revived> = HashMap::new();
    for row in session.query(CANDIDATES, &[&ids, &time]).await? {
        let candidate = Candidate {
            state: row.try_get(1)?,
            doubtful: row.try_get(2)?,
            expired: row.try_get(3)?,
            superseded: row.try_get(4)?,
            forgotten: row.try_get(5)?,
            replaced: row.try_get(6)?,
            holds: row.try_get(7)?,
        };
        decided.insert(row.try_get(0)?, candidate.decide(revival));
    }
    let planned = |id: &&Uuid| decided.get(id) == Some(&Revived::Planned);
    let planned: Vec<Uuid> = ids.iter().filter(planned).copied().collect();
    if !planned.is_empty() && !revival.dry_run {
        session.query(FORGIVE, &[&planned]).await?;
        session.query(REVIVE, &[&planned, &time]).await?;
    }
    session.run("COMMIT").await?;
    Ok(ids.iter().map(|id| decided.get(id).copied().unwrap_or(Revived::Unfit)).collect())
}

async fn pauses(session: &Session, time: Option<At>) -> Result<Vec<Pause>, Failure> {
    let mut pauses = Vec::new();
    for row in session.query(PAUSES, &[&time]).await? {
        // One that this release does not know it does not send over either.
        let Some(channel) = records::channel(row.try_get(0)?) else { continue };
        let (At(since), until): (At, Option<At>) = (row.try_get(1)?, row.try_get(2)?);
        pauses.push(Pause { channel, since, until: until.map(|At(at)| at), note: row.try_get(3)? });
    }
    Ok(pauses)
}

async fn history(session: &Session, query: &Query, time: Option<At>) -> Result<Vec<Record>, Failure> {
    let list = |list: Vec<String>| Some(list).filter(|list| !list.is_empty());
    let states = list(query.states.iter().map(|state| state.as_str().to_owned()).collect());
    let reasons = list(query.reasons.clone());
    let channel = query.channel.map(Channel::as_str);
    let since = query.since.map(row::micros);
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let recipient = query.recipient.as_deref().map(row::text);
    let params: [&(dyn ToSql + Sync); 9] =
        [&recipient, &query.app, &channel, &states, &reasons, &query.id, &since, &time, &limit];
    let rows = session.query(HISTORY, &params).await?;
    let records: Vec<Row> = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(records.into_iter().filter_map(Row::into_record).collect())
}

fn read(row: &tokio_postgres::Row) -> Result<Row, Failure> {
    let at = |column| row.try_get(column).map(|At(at)| at);
    let (step, attempts): (i32, i32) = (row.try_get(7)?, row.try_get(15)?);
    Ok(Row {
        id: row.try_get::<_, Uuid>(0)?.to_string(),
        app: row.try_get(1)?,
        recipient: row.try_get(2)?,
        vehicle: row.try_get(3)?,
        kind: row.try_get(4)?,
        code: row.try_get(5)?,
        opening: row::number(row, 6)?,
        step: u16::try_from(step).unwrap_or(u16::MAX),
        channel: row.try_get(8)?,
        target: row.try_get(9)?,
        state: row.try_get(10)?,
        created_at: at(11)?,
        due_at: at(12)?,
        expires_at: at(13)?,
        settled_at: row.try_get::<_, Option<At>>(14)?.map(|At(at)| at),
        attempts: u32::try_from(attempts).unwrap_or_default(),
        doubtful: row.try_get(16)?,
        transport: row.try_get(17)?,
        provider_id: row.try_get(18)?,
        reason: row.try_get(19)?,
        detail: row.try_get(20)?,
        locale: row.try_get(21)?,
        revision: row.try_get(22)?,
        bared: row.try_get(23)?,
    })
}

async fn acquaintances(session: &Session, recipient: &str) -> Result<Vec<Acquaintance>, Failure> {
    let rows = session.query(ACQUAINTANCES, &[&row::text(recipient)]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Acquaintance { app: row.try_get(0)?, incidents: row.try_get(1).map(i64::cast_unsigned)? })
    };
    rows.iter().map(read).collect()
}
