//! What only looks: the check before a send, and the census. Runs on the reading lane.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result};

use super::row::{self, Micros, incident_columns, why_not};
use crate::ledger::{Candidate, Census, Standing, Terms};
use crate::policy::Channel;

pub(super) fn standing(
    connection: &Connection,
    candidates: &[Candidate],
    now: Timestamp,
    terms: Terms,
) -> Result<Vec<Standing>> {
    let end = Micros(now.saturating_add(terms.hold).unwrap_or(Timestamp::MAX));
    let mut look = connection.prepare_cached(concat!(
        "SELECT d.opening, ",
        incident_columns!(),
        " FROM dispatches AS d JOIN incidents AS i ON i.id = d.incident \
         WHERE d.id = ? AND d.token = ? AND d.state = 'sending' AND d.lease_until > ?"
    ))?;
    candidates
        .iter()
        .map(|Candidate { id, token, .. }| {
            let why_not = look
                .query_row((id.as_str(), token, end), |row| Ok(why_not(&row::incident(row, 1)?, row.get(0)?)))
                .optional()?;
            Ok(why_not.map_or(Standing::Lost, Standing::from))
        })
        .collect()
}

pub(super) fn census(connection: &Connection) -> Result<Census> {
    let count = |sql| connection.prepare_cached(sql)?.query_row([], |row| row.get(0).map(i64::cast_unsigned));
    let mut census = Census {
        planned: count("SELECT count(*) FROM dispatches WHERE state = 'planned'")?,
        retrying: count("SELECT count(*) FROM dispatches WHERE state = 'planned' AND attempt > 0")?,
        sending: count("SELECT count(*) FROM dispatches WHERE state = 'sending'")?,
        ..Census::default()
    };
    let mut settled = connection
        .prepare_cached("SELECT state, count(*) FROM dispatches WHERE settled_at IS NOT NULL GROUP BY state")?;
    let mut rows = settled.query([])?;
    while let Some(row) = rows.next()? {
        census.note(row.get_ref(0)?.as_str()?, row.get(1).map(i64::cast_unsigned)?);
    }
    Ok(census)
}

/// `end`: what is due until then counts.
pub(super) fn backlog(connection: &Connection, end: Timestamp, most: u64) -> Result<u64> {
    let mut count = connection.prepare_cached(
        "SELECT count(*) FROM (SELECT 1 FROM dispatches WHERE state = 'planned' AND channel = ? AND due_at <= ? LIMIT ?)",
    )?;
    let mut backlog: u64 = 0;
    for channel in Channel::ALL {
        let left = i64::try_from(most.saturating_sub(backlog)).unwrap_or(i64::MAX);
        backlog += count.query_row((channel.as_str(), Micros(end), left), |row| row.get(0).map(i64::cast_unsigned))?;
    }
    Ok(backlog)
}

pub(super) fn next_due(connection: &Connection, channel: Channel) -> Result<Option<Timestamp>> {
    let next: Option<Micros> = connection
        .prepare_cached("SELECT min(due_at) FROM dispatches WHERE state = 'planned' AND channel = ?")?
        .query_row([channel.as_str()], |row| row.get(0))?;
    Ok(next.map(|Micros(at)| at))
}
