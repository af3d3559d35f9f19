//! Outcomes that wait to be told. Workers never wait for one another's.

use tokio_postgres::Row;
use uuid::Uuid;

use super::fault::Failure;
use super::pool::Session;
use super::row::{self, At};
use crate::ledger::{Backlog, Claimant, DispatchId, Fingerprint, Outcome};

const TAKE: &str = "WITH clock AS MATERIALIZED (SELECT coalesce($2::timestamptz, clock_timestamp()) AS now), \
     next AS MATERIALIZED ( \
         SELECT place FROM outcomes WHERE lease_until <= (SELECT now FROM clock) \
         ORDER BY place LIMIT $1 FOR UPDATE SKIP LOCKED), \
     taken AS ( \
         UPDATE outcomes AS o SET owner = $3, \
             lease_until = (SELECT now FROM clock) + $4::bigint * interval '1 microsecond' \
         FROM next WHERE o.place = next.place RETURNING o.*) \
     SELECT o.place, o.dispatch, o.token, o.app, o.recipient, o.vehicle, o.type, o.code, o.opening, o.step, o.channel, \
         o.state, o.attempt, o.transport, o.provider_id, o.reason, o.detail, o.locale, o.revision, o.address, o.due_at, \
         o.created_at, o.ended_at, i.payload \
     FROM taken AS o LEFT JOIN incidents AS i ON i.id = o.incident ORDER BY o.place";

const TOLD: &str = "DELETE FROM outcomes WHERE place = ANY($1::bigint[])";

const LET_GO: &str = "UPDATE outcomes SET lease_until = '-infinity' WHERE owner = $1 AND lease_until > '-infinity'";

const GIVE_UP: &str = "WITH forgotten AS (DELETE FROM outcomes WHERE ended_at < $1 RETURNING place) \
     SELECT count(*) FROM forgotten";

const BACKLOG: &str = "SELECT (SELECT count(*) FROM outcomes), (SELECT ended_at FROM outcomes ORDER BY place LIMIT 1)";

pub(super) async fn take(
    session: &Session,
    limit: usize,
    time: Option<At>,
    claimant: &Claimant,
) -> Result<Vec<Outcome>, Failure> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = session.query(TAKE, &[&limit, &time, &claimant.owner, &row::micros(claimant.lease)]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Outcome, Failure> {
    let (dispatch, step, attempt): (Uuid, i32, i32) = (row.try_get(1)?, row.try_get(9)?, row.try_get(12)?);
    let (address, payload): (Option<&str>, Option<&str>) = (row.try_get(19)?, row.try_get(23)?);
    let (At(due_at), At(created_at), At(ended_at)) = (row.try_get(20)?, row.try_get(21)?, row.try_get(22)?);
    Ok(Outcome {
        place: row.try_get(0)?,
        dispatch: DispatchId::from_stored(dispatch.to_string()),
        token: row.try_get(2)?,
        parts: [row.try_get(3)?, row.try_get(4)?, row.try_get(5)?, row.try_get(6)?, row.try_get(7)?],
        opening: row::number(row, 8)?,
        step: u16::try_from(step).unwrap_or(u16::MAX),
        channel: row.try_get(10)?,
        state: row.try_get(11)?,
        attempt: u32::try_from(attempt).unwrap_or(0),
        transport: row.try_get(13)?,
        provider_id: row.try_get(14)?,
        reason: row.try_get(15)?,
        detail: row.try_get(16)?,
        locale: row.try_get(17)?,
        revision: row.try_get(18)?,
        address: address.and_then(Fingerprint::from_stored),
        due_at,
        created_at,
        ended_at,
        error: payload.and_then(|payload| serde_json::from_str(payload).ok()),
    })
}

pub(super) async fn told(session: &Session, places: &[i64]) -> Result<(), Failure> {
    session.query(TOLD, &[&places]).await.map(drop)
}

pub(super) async fn let_go(session: &Session, claimant: &Claimant) -> Result<(), Failure> {
    session.query(LET_GO, &[&claimant.owner]).await.map(drop)
}

pub(super) async fn give_up(session: &Session, before: jiff::Timestamp) -> Result<u64, Failure> {
    let rows = session.query(GIVE_UP, &[&At(before)]).await?;
    let row = rows.first().ok_or_else(|| Failure::Stored("no answer to what was given up".into()))?;
    Ok(row.try_get(0).map(i64::cast_unsigned)?)
}

pub(super) async fn backlog(session: &Session) -> Result<Backlog, Failure> {
    let rows = session.query(BACKLOG, &[]).await?;
    let row = rows.first().ok_or_else(|| Failure::Stored("no answer to what waits".into()))?;
    let since: Option<At> = row.try_get(1)?;
    Ok(Backlog { waiting: row.try_get(0).map(i64::cast_unsigned)?, since: since.map(|At(at)| at) })
}
