//! Claims: what is due, and what a lease that ran out has set free.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::dead;
use super::row::{self, Micros};
use crate::event::VehicleError;
use crate::ledger::bundle::side_by_side;
use crate::ledger::{Claimant, Dispatch, DispatchId, FailReason, PostponeReason};
use crate::policy::Channel;

macro_rules! select_due {
    ($condition:literal) => {
        concat!(
            "SELECT rowid, id, token, incident, opening, step, target, alternatives, due_at, expires_at, attempt, \
             doubtful OR state = 'sending', \
             coalesce(transport, CASE state WHEN 'sending' THEN asking END), bundle, coalesce(tried_since, created_at), reason \
             FROM dispatches WHERE ",
            $condition
        )
    };
}
pub(super) const PLANNED: &str =
    select_due!("channel = ?1 AND state = 'planned' AND due_at <= ?2 ORDER BY due_at LIMIT ?3");
pub(super) const LEASE_RAN_OUT: &str =
    select_due!("channel = ?1 AND state = 'sending' AND lease_until <= ?2 ORDER BY due_at LIMIT ?3");
/// What a bundle has that is due.
const BUNDLED: &str = select_due!(
    "bundle = ?3 AND channel = ?1 AND (state = 'planned' AND due_at <= ?2 OR state = 'sending' AND lease_until <= ?2) \
     ORDER BY due_at, rowid"
);

pub(super) fn claim(
    connection: &Connection,
    channel: Channel,
    now: Timestamp,
    limit: usize,
    claimant: &Claimant,
) -> Result<Vec<Dispatch>> {
    let mut due = Vec::new();
    for sql in [PLANNED, LEASE_RAN_OUT] {
        let mut statement = connection.prepare_cached(sql)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        for found in statement.query_map(params![channel.as_str(), Micros(now), limit], Found::read)? {
            due.push(found?);
        }
    }
    due.sort_by_key(|found| (found.due_at, found.rowid));
    due.truncate(limit);
    complete(connection, channel, now, &mut due)?;

    let mut payloads = HashMap::new();
    let mut claimed = Vec::with_capacity(due.len());
    for found in due {
        let error = match payloads.get(&found.incident) {
            Some(known) => Arc::clone(known),
            None => match payload(connection, found.incident)? {
                Ok(error) => Arc::clone(payloads.entry(found.incident).or_insert(Arc::new(error))),
                Err(fault) => {
                    found.give_up(connection, &fault, now)?;
                    continue;
                }
            },
        };
        match found.dispatch(error) {
            Ok(dispatch) => {
                take(connection, found.rowid, &dispatch, claimant, now)?;
                claimed.push(dispatch);
            }
            Err(fault) => found.give_up(connection, &fault, now)?,
        }
    }
    dead::note(connection, &mut claimed)?;
    Ok(side_by_side(claimed))
}

/// Adds what the limit would have parted from its bundle.
fn complete(connection: &Connection, channel: Channel, now: Timestamp, due: &mut Vec<Found>) -> Result<()> {
    let bundles: BTreeSet<String> = due.iter().filter_map(|found| found.bundle.clone()).collect();
    let mut known: HashSet<i64> = due.iter().map(|found| found.rowid).collect();
    for bundle in bundles {
        let mut statement = connection.prepare_cached(BUNDLED)?;
        for found in statement.query_map(params![channel.as_str(), Micros(now), bundle], Found::read)? {
            let found = found?;
            if known.insert(found.rowid) {
                due.push(found);
            }
        }
    }
    Ok(())
}

/// The error that opened the incident, read once for all of its dispatches.
fn payload(connection: &Connection, incident: i64) -> Result<serde_json::Result<VehicleError>> {
    let payload: Option<String> = connection
        .prepare_cached("SELECT payload FROM incidents WHERE id = ?")?
        .query_row([incident], |row| row.get(0))
        .optional()?
        .flatten();
    Ok(serde_json::from_str(&payload.unwrap_or_default()))
}

/// Whatever the clock says, a later claim has a later turn: by then its forerunner has changed a row.
fn take(connection: &Connection, rowid: i64, dispatch: &Dispatch, claimant: &Claimant, now: Timestamp) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE dispatches SET state = 'sending', token = ?, attempt = ?, doubtful = ?, tried_since = ?, \
             owner = ?, lease_until = ?, turn = total_changes(), transport = ?, asking = NULL WHERE rowid = ?",
        )?
        .execute(params![
            dispatch.token,
            dispatch.attempt,
            dispatch.doubtful,
            Micros(dispatch.in_doubt_since.unwrap_or(now)),
            claimant.owner,
            row::lease_end(claimant, now),
            dispatch.only,
            rowid
        ])?;
    Ok(())
}

/// See [`crate::ledger::Ledger::asking`].
pub(super) fn asking(connection: &Connection, claims: &[(DispatchId, i64)], transport: &str) -> Result<bool> {
    let mut note = connection
        .prepare_cached("UPDATE dispatches SET asking = ? WHERE id = ? AND token = ? AND state = 'sending'")?;
    let mut all = true;
    for (id, token) in claims {
        all &= note.execute(params![transport, id.as_str(), token])? == 1;
    }
    Ok(all)
}

/// A row that may be claimed, its JSON not yet read.
struct Found {
    rowid: i64,
    id: String,
    token: i64,
    incident: i64,
    opening: u32,
    step: u16,
    target: String,
    alternatives: Option<String>,
    due_at: Timestamp,
    expires_at: Timestamp,
    attempt: u32,
    doubtful: bool,
    only: Option<String>,
    bundle: Option<String>,
    tried_since: Timestamp,
    reason: Option<String>,
}

impl Found {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            rowid: row.get(0)?,
            id: row.get(1)?,
            token: row.get(2)?,
            incident: row.get(3)?,
            opening: row.get(4)?,
            step: row.get(5)?,
            target: row.get(6)?,
            alternatives: row.get(7)?,
            due_at: row.get::<_, Micros>(8)?.0,
            expires_at: row.get::<_, Micros>(9)?.0,
            attempt: row.get(10)?,
            doubtful: row.get(11)?,
            only: row.get(12)?,
            bundle: row.get(13)?,
            tried_since: row.get::<_, Micros>(14)?.0,
            reason: row.get(15)?,
        })
    }

    /// The claimed dispatch, under the next token.
    fn dispatch(&self, error: Arc<VehicleError>) -> serde_json::Result<Dispatch> {
        Ok(Dispatch {
            id: DispatchId::from_stored(self.id.clone()),
            token: self.token + 1,
            error,
            opening: self.opening,
            step: self.step,
            target: serde_json::from_str(&self.target)?,
            alternatives: self.alternatives.as_deref().map_or(Ok(Vec::new()), serde_json::from_str)?,
            due_at: self.due_at,
            expires_at: self.expires_at,
            attempt: self.attempt + 1,
            doubtful: self.doubtful,
            only: self.only.clone(),
            in_doubt_since: Some(self.tried_since).filter(|_| self.doubtful || self.only.is_some()),
            put_off: self.reason.as_deref().and_then(PostponeReason::from_stored),
            dead: Vec::new(),
            bundle: self.bundle.clone().map(DispatchId::from_stored),
        })
    }

    /// What cannot be read would be claimed again for ever, and keep its neighbours waiting.
    fn give_up(&self, connection: &Connection, fault: &serde_json::Error, now: Timestamp) -> Result<()> {
        tracing::error!(dispatch = self.id, %fault, "a stored dispatch cannot be read; it has failed");
        connection
            .prepare_cached(
                "UPDATE dispatches SET state = 'failed', reason = ?, detail = ?, settled_at = ? WHERE rowid = ?",
            )?
            .execute(params![
                FailReason::Content.as_str(),
                format!("stored form is unreadable: {fault}"),
                Micros(now),
                self.rowid
            ])?;
        Ok(())
    }
}
