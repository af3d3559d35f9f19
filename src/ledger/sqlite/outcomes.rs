//! Outcomes that wait to be told.

use jiff::Timestamp;
use rusqlite::{Connection, Result, Row, params};

use super::row::{self, Micros};
use crate::ledger::{Backlog, Claimant, DispatchId, Fingerprint, Outcome};

/// Makes this connection write an outcome for each end.
pub(super) const KEEP: &str = include_str!("outcomes.sql");

pub(super) fn take(connection: &Connection, limit: usize, now: Timestamp, claimant: &Claimant) -> Result<Vec<Outcome>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT o.place, o.dispatch, o.token, o.app, o.recipient, o.vehicle, o.type, o.code, o.opening, o.step, o.channel, \
         o.state, o.attempt, o.transport, o.provider_id, o.reason, o.detail, o.locale, o.revision, o.address, o.due_at, \
         o.created_at, o.ended_at, i.payload FROM outcomes AS o LEFT JOIN incidents AS i ON i.app = o.app \
         AND i.recipient = o.recipient AND i.vehicle = o.vehicle AND i.type = o.type AND i.code = o.code \
         WHERE o.lease_until <= ? ORDER BY o.place LIMIT ?",
    )?;
    let taken = statement.query_map(params![Micros(now), limit], read)?.collect::<Result<Vec<_>>>()?;
    let mut lease = connection.prepare_cached("UPDATE outcomes SET owner = ?, lease_until = ? WHERE place = ?")?;
    for outcome in &taken {
        lease.execute(params![claimant.owner, row::lease_end(claimant, now), outcome.place])?;
    }
    Ok(taken)
}

fn read(row: &Row<'_>) -> Result<Outcome> {
    let (address, payload): (Option<String>, Option<String>) = (row.get(19)?, row.get(23)?);
    Ok(Outcome {
        place: row.get(0)?,
        dispatch: DispatchId::from_stored(row.get(1)?),
        token: row.get(2)?,
        parts: [row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?],
        opening: row.get(8)?,
        step: row.get(9)?,
        channel: row.get(10)?,
        state: row.get(11)?,
        attempt: row.get(12)?,
        transport: row.get(13)?,
        provider_id: row.get(14)?,
        reason: row.get(15)?,
        detail: row.get(16)?,
        locale: row.get(17)?,
        revision: row.get(18)?,
        address: address.as_deref().and_then(Fingerprint::from_stored),
        due_at: row.get::<_, Micros>(20)?.0,
        created_at: row.get::<_, Micros>(21)?.0,
        ended_at: row.get::<_, Micros>(22)?.0,
        error: payload.and_then(|payload| serde_json::from_str(&payload).ok()),
    })
}

pub(super) fn told(connection: &Connection, places: &[i64]) -> Result<()> {
    let mut forget = connection.prepare_cached("DELETE FROM outcomes WHERE place = ?")?;
    places.iter().try_for_each(|place| forget.execute([place]).map(drop))
}

pub(super) fn let_go(connection: &Connection, claimant: &Claimant) -> Result<()> {
    let sql = "UPDATE outcomes SET lease_until = 0 WHERE owner = ? AND lease_until > 0";
    connection.prepare_cached(sql)?.execute([&claimant.owner]).map(drop)
}

pub(super) fn give_up(connection: &Connection, before: Timestamp) -> Result<u64> {
    let forgotten = connection.prepare_cached("DELETE FROM outcomes WHERE ended_at < ?")?.execute([Micros(before)])?;
    Ok(forgotten as u64)
}

pub(super) fn backlog(connection: &Connection) -> Result<Backlog> {
    connection
        .prepare_cached(
            "SELECT (SELECT count(*) FROM outcomes), (SELECT ended_at FROM outcomes ORDER BY place LIMIT 1)",
        )?
        .query_row([], |row| {
            let since: Option<Micros> = row.get(1)?;
            Ok(Backlog { waiting: row.get(0).map(i64::cast_unsigned)?, since: since.map(|Micros(at)| at) })
        })
}
