//! Joins what one message can say.

use jiff::SignedDuration;
use rusqlite::{Connection, OptionalExtension, Result, params};

use crate::ledger::DispatchId;
use crate::ledger::bundle::LARGEST;
use crate::policy::ALL_IS_WELL;

/// The oldest of what is planned for the same owner, error, rung and address, about another car: of a bundle before one
/// that is alone. What opened further apart joins when it is due at the same moment all the same, as after a quiet night.
/// That all is well is said once, whatever was wrong with the car.
const OLDEST: &str = "SELECT m.id FROM dispatches AS d JOIN incidents AS i ON i.id = d.incident \
     JOIN incidents AS o ON o.app = i.app AND o.recipient = i.recipient AND o.type = i.type \
         AND (o.code = i.code OR d.step = ?4) AND o.id <> i.id \
     JOIN dispatches AS m ON m.incident = o.id AND m.opening = o.opening AND m.step = d.step AND m.target = d.target \
     WHERE d.id = ?1 AND m.state = 'planned' AND m.attempt = 0 AND m.expires_at > d.due_at AND d.expires_at > m.due_at \
         AND (m.bundle IS NULL OR m.bundle = m.id) \
         AND (CASE d.step WHEN ?4 THEN o.vehicle = i.vehicle OR abs(o.last_resolved_at - i.last_resolved_at) <= ?2 \
             ELSE abs(o.opened_at - i.opened_at) <= ?2 END OR m.due_at = d.due_at) \
         AND (SELECT count(*) FROM dispatches WHERE bundle = m.id) < ?3 \
     ORDER BY m.bundle IS NULL, o.opened_at, m.rowid LIMIT 1";

/// All of a bundle are due when the last of them is.
const JOIN: &str = "UPDATE dispatches SET bundle = ?1, due_at = ( \
         SELECT max(due_at) FROM dispatches WHERE state = 'planned' AND (bundle = ?1 OR id IN (?1, ?2))) \
     WHERE state = 'planned' AND (bundle = ?1 OR id IN (?1, ?2))";

/// A dispatch that was planned just now joins what came no longer than `within` before it.
pub(super) fn join(connection: &Connection, id: &DispatchId, within: SignedDuration) -> Result<()> {
    let within = i64::try_from(within.as_micros()).unwrap_or(i64::MAX);
    let oldest: Option<String> = connection
        .prepare_cached(OLDEST)?
        .query_row(params![id.as_str(), within, LARGEST, ALL_IS_WELL], |row| row.get(0))
        .optional()?;
    if let Some(oldest) = oldest {
        connection.prepare_cached(JOIN)?.execute(params![oldest, id.as_str()])?;
    }
    Ok(())
}

/// What is planned in the place of a failed one shares a message with what takes the place of the others.
pub(super) fn follow(connection: &Connection, failed: &DispatchId, next: &DispatchId) -> Result<()> {
    connection
        .prepare_cached("UPDATE dispatches SET bundle = (SELECT bundle FROM dispatches WHERE id = ?) WHERE id = ?")?
        .execute(params![failed.as_str(), next.as_str()])?;
    Ok(())
}
