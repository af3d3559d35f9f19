//! What only looks: the check before a send, and the census. Runs on the reading lane.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::row::{self, Micros, incident_columns, why_not};
use super::told;
use crate::ledger::cap::{self, Told};
use crate::ledger::id::incident_parts;
use crate::ledger::inhibition::{self, Other};
use crate::ledger::{CancelReason, Candidate, Census, DispatchId, PostponeReason, Standing, Terms};
use crate::policy::{ALL_IS_WELL, Channel, Incident};

pub(super) fn standing(
    connection: &Connection,
    candidates: &[Candidate],
    now: Timestamp,
    terms: Terms,
) -> Result<Vec<Standing>> {
    let end = Micros(now.saturating_add(terms.hold).unwrap_or(Timestamp::MAX));
    let mut look = connection.prepare_cached(concat!(
        "SELECT d.opening, d.step, EXISTS (SELECT 1 FROM dispatches AS o WHERE o.incident = d.incident AND o.opening = d.opening \
             AND o.step > d.step AND o.target = d.target AND o.state IN ('planned', 'sending', 'sent', 'unknown') AND o.due_at <= ?4), ",
        incident_columns!(),
        " FROM dispatches AS d JOIN incidents AS i ON i.id = d.incident \
         WHERE d.id = ?1 AND d.token = ?2 AND d.state = 'sending' AND d.lease_until > ?3"
    ))?;
    candidates
        .iter()
        .map(|candidate| {
            let read = |row: &Row<'_>| {
                let (step, is_overtaken): (u16, bool) = (row.get(1)?, row.get(2)?);
                let over = why_not(&row::incident(row, 3)?, row.get(0)?, step);
                let over = over.or(is_overtaken.then_some(CancelReason::Overtaken));
                Ok((over.map_or(Standing::Go, Standing::Over), step))
            };
            let found = look.query_row((candidate.id.as_str(), candidate.token, end, Micros(now)), read).optional()?;
            match found.unwrap_or((Standing::Lost, 0)) {
                (Standing::Go, ALL_IS_WELL) if !told::is_known(connection, candidate.id.as_str())? => {
                    let is_under_way = told::may_be_known(connection, candidate.id.as_str())?;
                    Ok(if is_under_way { inhibition::unsure(now) } else { Standing::Over(CancelReason::Untold) })
                }
                (Standing::Go, _) => turn(connection, candidate, now, terms),
                (standing, _) => Ok(standing),
            }
        })
        .collect()
}

/// Whether it is the turn of what is wanted.
fn turn(connection: &Connection, candidate: &Candidate, now: Timestamp, terms: Terms) -> Result<Standing> {
    if inhibition::matters_to(candidate)
        && let Some(due_at) = inhibition::wait(candidate, now, &of_car(connection, candidate)?)
    {
        return Ok(Standing::NotNow { due_at, reason: PostponeReason::Inhibited });
    }
    let Some(most) = terms.daily else { return Ok(Standing::Go) };
    let free = cap::wait(told(connection, &candidate.id, now)?, most, now);
    Ok(free.map_or(Standing::Go, |due_at| Standing::NotNow { due_at, reason: PostponeReason::DailyCap }))
}

/// What there is and was of the car of a candidate.
fn of_car(connection: &Connection, candidate: &Candidate) -> Result<Vec<Other>> {
    let [app, recipient, vehicle, kind, _] = incident_parts(&candidate.error);
    let mut look = connection.prepare_cached(concat!(
        "SELECT code, ",
        incident_columns!(),
        " FROM incidents AS i WHERE app = ? AND recipient = ? AND vehicle = ? AND type = ?"
    ))?;
    let incidents = look.query_map([app, recipient, vehicle, kind], |row| Ok((row.get(0)?, row::incident(row, 1)?)))?;
    let mut others = Vec::new();
    for incident in incidents {
        let (code, incident): (String, Incident) = incident?;
        let resolved = incident.last_resolved.filter(|_| !incident.is_open()).map(|moment| moment.at);
        others.extend(incident.opened.map(|opened| Other { code, opened: opened.at, resolved }));
    }
    Ok(others)
}

/// The rung of an incident, for what speaks of several cars that of the first: the same over each channel.
macro_rules! rung {
    ($of:literal) => {
        concat!(
            "coalesce((SELECT b.incident || '/' || b.opening || '/' || b.step FROM dispatches AS b WHERE b.id = ",
            $of,
            ".bundle), ",
            $of,
            ".incident || '/' || ",
            $of,
            ".opening || '/' || ",
            $of,
            ".step)"
        )
    };
}

/// What the owner of a claim was told of in the last day, or is being told of under an earlier claim.
fn told(connection: &Connection, id: &DispatchId, now: Timestamp) -> Result<Vec<Told>> {
    let a_day_ago = Micros(now.saturating_sub(cap::DAY).unwrap_or(Timestamp::MIN));
    let mut told = connection.prepare_cached(concat!(
        "SELECT coalesce(max(CASE o.state WHEN 'sending' THEN NULL ELSE o.settled_at END), ?3), min(o.state = 'sending'), ",
        rung!("o"),
        " = ",
        rung!("d"),
        " FROM dispatches AS d JOIN incidents AS i ON i.id = d.incident \
         JOIN incidents AS own ON own.app = i.app AND own.recipient = i.recipient \
         JOIN dispatches AS o ON o.incident = own.id \
         WHERE d.id = ?1 AND o.id <> d.id AND (o.state IN ('sent', 'unknown') AND o.settled_at > ?2 \
             OR o.state = 'sending' AND o.lease_until > ?3 AND (o.turn, o.rowid) < (d.turn, d.rowid)) \
         GROUP BY ",
        rung!("o"),
    ))?;
    let read =
        |row: &Row<'_>| Ok(Told { at: row.get::<_, Micros>(0)?.0, is_under_way: row.get(1)?, is_same: row.get(2)? });
    told.query_map((id.as_str(), a_day_ago, Micros(now)), read)?.collect()
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
pub(super) fn backlog(connection: &Connection, channel: Channel, end: Timestamp, most: u64) -> Result<u64> {
    let mut count = connection.prepare_cached(
        "SELECT count(*) FROM (SELECT 1 FROM dispatches WHERE state = 'planned' AND channel = ? AND due_at <= ? LIMIT ?)",
    )?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    count.query_row((channel.as_str(), Micros(end), most), |row| row.get(0).map(i64::cast_unsigned))
}

pub(super) fn next_due(connection: &Connection, channel: Channel) -> Result<Option<Timestamp>> {
    let next: Option<Micros> = connection
        .prepare_cached("SELECT min(due_at) FROM dispatches WHERE state = 'planned' AND channel = ?")?
        .query_row([channel.as_str()], |row| row.get(0))?;
    Ok(next.map(|Micros(at)| at))
}
