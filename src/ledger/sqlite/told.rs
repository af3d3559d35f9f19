//! Who knows of a problem, and is glad to hear that it is over.

use rusqlite::{Connection, Result, params};

use super::row::Micros;
use crate::ledger::admission::Relieved;
use crate::policy::{ALL_IS_WELL, Target};

/// The messages about an incident after which nobody has said that all is well.
macro_rules! unrelieved {
    ($condition:literal) => {
        concat!(
            "p.step <> ?1 AND NOT EXISTS (SELECT 1 FROM dispatches AS w WHERE w.incident = p.incident AND w.step = ?1 \
                 AND w.target = p.target AND w.opening >= p.opening AND w.state IN ('sent', 'unknown', 'sending') \
                 AND ",
            $condition,
            ")"
        )
    };
}

/// The addresses that were told, or may just be. What is being sent is looked at again before the good news goes out. Where an
/// incident lasted for longer than its content is kept, nobody can say any more what is well.
pub(super) fn of(connection: &Connection, incident: i64, relieved: &Relieved) -> Result<Vec<Target>> {
    let mut told = connection.prepare_cached(concat!(
        "SELECT p.target, min(p.rowid) FROM dispatches AS p WHERE p.incident = ?2 \
         AND EXISTS (SELECT 1 FROM incidents WHERE id = ?2 AND payload IS NOT NULL) \
         AND (p.opening = ?3 AND p.state IN ('sent', 'unknown', 'sending') \
             OR p.opening < ?3 AND p.state IN ('sent', 'unknown') AND p.settled_at >= ?4) AND ",
        unrelieved!("true"),
        " GROUP BY p.target ORDER BY 2"
    ))?;
    let Relieved { opening, since, .. } = relieved;
    let found = told
        .query_map(params![ALL_IS_WELL, incident, opening, Micros(*since)], |row| row.get::<_, String>(0))?
        .collect::<Result<Vec<_>>>()?;
    Ok(found.iter().filter_map(|target| serde_json::from_str(target).ok()).collect())
}

/// Whether the address of this good news is just being told of the problem, or its worker is not heard of.
pub(super) fn may_be_known(connection: &Connection, id: &str) -> Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM dispatches AS d JOIN dispatches AS p ON p.incident = d.incident \
             AND p.target = d.target WHERE d.id = ?2 AND p.step <> ?1 AND p.state = 'sending')",
        )?
        .query_row(params![ALL_IS_WELL, id], |row| row.get(0))
}

/// Whether the address of this good news was told of the problem.
pub(super) fn is_known(connection: &Connection, id: &str) -> Result<bool> {
    connection
        .prepare_cached(concat!(
            "SELECT EXISTS (SELECT 1 FROM dispatches AS d JOIN dispatches AS p ON p.incident = d.incident \
             AND p.target = d.target WHERE d.id = ?2 AND p.state IN ('sent', 'unknown') AND (p.opening = d.opening \
                 OR p.opening < d.opening AND p.settled_at >= 2 * d.created_at - d.expires_at) AND ",
            unrelieved!("w.id <> d.id"),
            ")"
        ))?
        .query_row(params![ALL_IS_WELL, id], |row| row.get(0))
}
