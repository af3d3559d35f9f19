//! Deleting what has been kept for long enough, a few rows at a time.

use jiff::Timestamp;
use rusqlite::{Connection, Result, params};

use super::row::Micros;
use crate::ledger::address::STAYS_DEAD;
use crate::ledger::retention::{Place, Retention, Stage, Tidied, before};

const WITH_CONTENT: &str = "SELECT id, updated_at FROM incidents WHERE payload IS NOT NULL AND updated_at <= ?1 \
     AND (updated_at, id) > (?2, ?3) ORDER BY updated_at, id LIMIT ?4";

const WITHOUT: &str = "SELECT id, updated_at FROM incidents WHERE payload IS NULL AND updated_at <= ?1 \
     AND (updated_at, id) > (?2, ?3) ORDER BY updated_at, id LIMIT ?4";

const IS_BUSY: &str =
    "SELECT EXISTS (SELECT 1 FROM dispatches WHERE incident = ? AND (settled_at IS NULL OR settled_at > ?))";

pub(super) fn tidy(
    connection: &Connection,
    retention: Retention,
    from: Option<Place>,
    limit: usize,
    now: Timestamp,
) -> Result<Tidied> {
    let place = from.unwrap_or(Place::START);
    let (looked, last, done) = match place.stage {
        Stage::Content => each(connection, WITH_CONTENT, place, limit, before(now, retention.content), bare)?,
        Stage::Rows => each(connection, WITHOUT, place, limit, before(now, retention.rows), delete)?,
        Stage::Rest => {
            let rest = prune(connection, retention, limit, now)?;
            return Ok(Tidied { bared: 0, deleted: 0, next: place.next(Some((place.at, place.id)), rest, limit) });
        }
    };
    let (bared, deleted) = if place.stage == Stage::Content { (done, 0) } else { (0, done) };
    Ok(Tidied { bared, deleted, next: place.next(last, looked, limit) })
}

type Looked = (usize, Option<(Timestamp, i64)>, u64);

/// Looks at the next incidents that are old enough, and does it to those that have come to rest.
fn each(
    connection: &Connection,
    sql: &str,
    place: Place,
    limit: usize,
    until: Timestamp,
    act: impl Fn(&Connection, i64) -> Result<()>,
) -> Result<Looked> {
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut look = connection.prepare_cached(sql)?;
    let found = look.query_map(params![Micros(until), Micros(place.at), place.id, most], |row| {
        Ok((row.get::<_, Micros>(1)?.0, row.get::<_, i64>(0)?))
    })?;
    let found = found.collect::<Result<Vec<_>>>()?;
    let mut is_busy = connection.prepare_cached(IS_BUSY)?;
    let mut done = 0;
    for (_, id) in &found {
        if !is_busy.query_row(params![id, Micros(until)], |row| row.get::<_, bool>(0))? {
            act(connection, *id)?;
            done += 1;
        }
    }
    Ok((found.len(), found.last().copied(), done))
}

/// Of an address only its channel stays.
fn bare(connection: &Connection, incident: i64) -> Result<()> {
    connection.prepare_cached("UPDATE incidents SET payload = NULL WHERE id = ?")?.execute([incident])?;
    connection
        .prepare_cached(
            "UPDATE dispatches SET target = '\"' || channel || '\"', alternatives = NULL, detail = NULL, address = NULL \
             WHERE incident = ?",
        )?
        .execute([incident])?;
    Ok(())
}

fn delete(connection: &Connection, incident: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM dispatches WHERE incident = ?")?.execute([incident])?;
    connection.prepare_cached("DELETE FROM incidents WHERE id = ?")?.execute([incident])?;
    Ok(())
}

/// The most rows that were deleted from one table.
fn prune(connection: &Connection, retention: Retention, limit: usize, now: Timestamp) -> Result<usize> {
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = before(now, retention.rows);
    let mut deleted = 0;
    for (sql, until) in [
        ("DELETE FROM pauses WHERE channel IN (SELECT channel FROM pauses WHERE until <= ? LIMIT ?)", now),
        ("DELETE FROM outcomes WHERE place IN (SELECT place FROM outcomes WHERE ended_at <= ? LIMIT ?)", rows),
        (
            "DELETE FROM dead_addresses WHERE (app, recipient, address) IN \
             (SELECT app, recipient, address FROM dead_addresses WHERE reported_at <= ? LIMIT ?)",
            before(now, STAYS_DEAD),
        ),
    ] {
        deleted = deleted.max(connection.prepare_cached(sql)?.execute(params![Micros(until), most])?);
    }
    Ok(deleted)
}
