//! Deleting what has been kept for long enough, a few rows at a time. Rows that somebody works on are passed over, and nobody
//! waits for longer than one batch takes.

use jiff::{SignedDuration, Timestamp};

use super::fault::Failure;
use super::pool::Session;
use super::row::{self, At};
use crate::ledger::address::STAYS_DEAD;
use crate::ledger::retention::{Place, Retention, Stage, Tidied};

const WITH_CONTENT: &str = "SELECT id, updated_at FROM incidents WHERE payload IS NOT NULL \
     AND updated_at <= coalesce($1::timestamptz, clock_timestamp()) - $2::bigint * interval '1 microsecond' \
     AND updated_at >= $3::timestamptz AND (updated_at > $3::timestamptz OR id > $4) \
     ORDER BY updated_at, id LIMIT $5 FOR UPDATE SKIP LOCKED";

const WITHOUT: &str = "SELECT id, updated_at FROM incidents WHERE payload IS NULL \
     AND updated_at <= coalesce($1::timestamptz, clock_timestamp()) - $2::bigint * interval '1 microsecond' \
     AND updated_at >= $3::timestamptz AND (updated_at > $3::timestamptz OR id > $4) \
     ORDER BY updated_at, id LIMIT $5 FOR UPDATE SKIP LOCKED";

/// Asked when the incidents are locked: whoever plans for one of them again waits for the same lock.
const AT_REST: &str = "SELECT i.id FROM unnest($3::bigint[]) AS i (id) WHERE NOT EXISTS (SELECT FROM dispatches AS d \
     WHERE d.incident = i.id AND (d.settled_at IS NULL OR d.settled_at > coalesce($1::timestamptz, clock_timestamp()) \
         - $2::bigint * interval '1 microsecond'))";

const BARE: [&str; 2] = [
    "UPDATE incidents SET payload = NULL WHERE id = ANY($1::bigint[])",
    "UPDATE dispatches SET target = '\"' || channel || '\"', alternatives = NULL, detail = NULL, address = NULL \
     WHERE incident = ANY($1::bigint[])",
];

const DELETE: [&str; 2] =
    ["DELETE FROM dispatches WHERE incident = ANY($1::bigint[])", "DELETE FROM incidents WHERE id = ANY($1::bigint[])"];

const PRUNE: [(&str, Age); 3] = [
    (
        "DELETE FROM pauses WHERE channel IN (SELECT channel FROM pauses WHERE until <= \
         coalesce($1::timestamptz, clock_timestamp()) - $2::bigint * interval '1 microsecond' LIMIT $3) RETURNING channel",
        Age::None,
    ),
    (
        "DELETE FROM outcomes WHERE place IN (SELECT place FROM outcomes WHERE ended_at <= \
         coalesce($1::timestamptz, clock_timestamp()) - $2::bigint * interval '1 microsecond' LIMIT $3) RETURNING place",
        Age::Rows,
    ),
    (
        "DELETE FROM dead_addresses WHERE (app, recipient, address) IN (SELECT app, recipient, address FROM dead_addresses \
         WHERE reported_at <= coalesce($1::timestamptz, clock_timestamp()) - $2::bigint * interval '1 microsecond' LIMIT $3) \
         RETURNING app",
        Age::DeadAddress,
    ),
];

/// How old rows of a table grow.
#[derive(Clone, Copy)]
enum Age {
    None,
    Rows,
    DeadAddress,
}

pub(super) async fn tidy(
    session: &Session,
    retention: Retention,
    from: Option<Place>,
    limit: usize,
    time: Option<At>,
) -> Result<Tidied, Failure> {
    let place = from.unwrap_or(Place::START);
    let (look, acts, age) = match place.stage {
        Stage::Content => (WITH_CONTENT, BARE, retention.content),
        Stage::Rows => (WITHOUT, DELETE, retention.rows),
        Stage::Rest => {
            let rest = prune(session, retention, limit, time).await?;
            return Ok(Tidied { bared: 0, deleted: 0, next: place.next(Some((place.at, place.id)), rest, limit) });
        }
    };
    let (most, age) = (i64::try_from(limit).unwrap_or(i64::MAX), row::micros(age));
    session.run("BEGIN").await?;
    let at = At(place.at.max(EARLIEST));
    let mut found: Vec<(i64, Timestamp)> = Vec::new();
    for row in session.query(look, &[&time, &age, &at, &place.id, &most]).await? {
        let At(at) = row.try_get(1)?;
        found.push((row.try_get(0)?, at));
    }
    let ids: Vec<i64> = found.iter().map(|(id, _)| *id).collect();
    let mut rest: Vec<i64> = Vec::new();
    if !ids.is_empty() {
        for row in session.query(AT_REST, &[&time, &age, &ids]).await? {
            rest.push(row.try_get(0)?);
        }
        for sql in acts {
            session.query(sql, &[&rest]).await?;
        }
    }
    session.run("COMMIT").await?;
    let done = rest.len() as u64;
    let (bared, deleted) = if place.stage == Stage::Content { (done, 0) } else { (0, done) };
    let last = found.last().map(|(id, at)| (*at, *id));
    Ok(Tidied { bared, deleted, next: place.next(last, found.len(), limit) })
}

/// Before every incident, and a time that PostgreSQL has.
const EARLIEST: Timestamp = Timestamp::UNIX_EPOCH;

/// The most rows that were deleted from one table.
async fn prune(session: &Session, retention: Retention, limit: usize, time: Option<At>) -> Result<usize, Failure> {
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut deleted = 0;
    for (sql, age) in PRUNE {
        let age = match age {
            Age::None => SignedDuration::ZERO,
            Age::Rows => retention.rows,
            Age::DeadAddress => STAYS_DEAD,
        };
        deleted = deleted.max(session.query(sql, &[&time, &row::micros(age), &most]).await?.len());
    }
    Ok(deleted)
}
