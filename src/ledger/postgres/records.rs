//! The operator's side. A condition that does not matter is NULL: the server plans with the values at hand.

use async_trait::async_trait;
use jiff::Timestamp;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::PostgresLedger;
use super::fault::Failure;
use super::pool::Session;
use super::row::{self, At};
use crate::ledger::records::Row;
use crate::ledger::{Acquaintance, LedgerError, Query, Record, Records};

const HISTORY: &str = "SELECT d.id, i.app, i.recipient, i.vehicle, i.type, i.code, d.opening, d.step, d.channel, d.target, \
     d.state, d.created_at, d.due_at, d.expires_at, d.settled_at, d.attempt, d.doubtful, d.transport, d.provider_id, \
     d.reason, d.detail, d.locale, d.revision \
     FROM dispatches AS d JOIN incidents AS i ON i.id = d.incident \
     WHERE ($1::text IS NULL OR i.recipient = $1) AND ($2::text IS NULL OR i.app = $2) \
     AND ($3::text IS NULL OR d.channel = $3) AND ($4::text[] IS NULL OR d.state = ANY($4)) \
     AND ($5::text[] IS NULL OR d.reason = ANY($5)) AND ($6::text IS NULL OR starts_with(d.id::text, $6)) \
     AND ($7::bigint IS NULL OR coalesce(d.settled_at, d.created_at) >= \
         coalesce($8::timestamptz, clock_timestamp()) - $7 * interval '1 microsecond') \
     ORDER BY d.ordinal DESC LIMIT $9";

const ACQUAINTANCES: &str = "SELECT app, count(*) FROM incidents WHERE recipient = $1 GROUP BY app ORDER BY app";

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

    async fn leave(&self) -> Result<(), LedgerError> {
        self.pool.close().await;
        Ok(())
    }
}

async fn history(session: &Session, query: &Query, time: Option<At>) -> Result<Vec<Record>, Failure> {
    let list = |list: Vec<String>| Some(list).filter(|list| !list.is_empty());
    let states = list(query.states.iter().map(|state| state.as_str().to_owned()).collect());
    let reasons = list(query.reasons.clone());
    let channel = query.channel.map(crate::policy::Channel::as_str);
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
    })
}

async fn acquaintances(session: &Session, recipient: &str) -> Result<Vec<Acquaintance>, Failure> {
    let rows = session.query(ACQUAINTANCES, &[&row::text(recipient)]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Acquaintance { app: row.try_get(0)?, incidents: row.try_get(1).map(i64::cast_unsigned)? })
    };
    rows.iter().map(read).collect()
}
