//! Admission: reads the incidents of a batch and writes what was decided.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, named_params, params};

use super::row::{self, Born, Micros, NewDispatch, incident_columns, over};
use super::{bundle, dead, erase, told};
use crate::ledger::admission::{Batch, Change, Newborn, Outcome, Subject};
use crate::ledger::{Admission, Admitted, CancelReason, Claimant};
use crate::policy::{ALL_IS_WELL, Incident, Pace, Timing};

pub(super) fn admit(
    connection: &Connection,
    batch: Vec<Admission>,
    now: Timestamp,
    pace: Pace,
    claimant: Option<&Claimant>,
) -> Result<Admitted> {
    let mut batch = Batch::new(batch);
    for place in 0..batch.incidents().len() {
        if let Some((id, incident, payload)) = find(connection, &batch.incidents()[place])? {
            batch.know(place, id, incident, payload);
        }
    }
    erase::note(connection, &mut batch)?;
    let subjects = batch.incidents().len();
    let Outcome { mut verdicts, changes, births } =
        batch.decide(Timing { now, mode: pace }, |channel| claimant.is_some_and(|claimant| claimant.takes(channel)));
    let mut ids = vec![None; subjects];
    let mut births = births;
    for change in changes {
        let id = write(connection, &change, now)?;
        ids[change.subject] = Some(id);
        if let (Some(id), Some(cancel)) = (change.id, change.cancel) {
            verdicts[cancel.verdict].cancelled += self::cancel(connection, id, cancel.reason, now)?;
        }
        if change.closes {
            wake(connection, &change.parts, now)?;
        }
        if let Some(relieved) = &change.relief {
            births.extend(change.reliefs(told::of(connection, id, relieved)?));
        }
    }
    let mut claimed = Vec::new();
    for birth in births {
        let Some(incident) = ids[birth.subject] else { continue };
        let born = match (birth.state, claimant) {
            (Newborn::Cancelled(reason), _) => Born::Cancelled(reason),
            (Newborn::Claimed, Some(claimant)) => Born::Claimed(claimant),
            _ => Born::Planned,
        };
        let new = NewDispatch { id: &birth.id, incident, opening: birth.opening, planned: &birth.planned, born };
        if !row::insert(connection, &new, now)? {
            continue;
        }
        match (born, birth.bundles) {
            (Born::Claimed(_), _) => claimed.extend(birth.into_claimed()),
            (Born::Planned, Some(within)) => bundle::join(connection, &birth.id, within)?,
            _ => {}
        }
    }
    dead::note(connection, &mut claimed)?;
    Ok(Admitted { verdicts, claimed })
}

fn find(connection: &Connection, subject: &Subject) -> Result<Option<(i64, Incident, Option<String>)>> {
    connection
        .prepare_cached(concat!(
            "SELECT i.id, i.payload, ",
            incident_columns!(),
            " FROM incidents AS i WHERE app = ? AND recipient = ? AND vehicle = ? AND type = ? AND code = ?"
        ))?
        .query_row(subject.parts.each_ref(), |row| Ok((row.get(0)?, row::incident(row, 2)?, row.get(1)?)))
        .optional()
}

fn write(connection: &Connection, change: &Change, now: Timestamp) -> Result<i64> {
    match change.id {
        None => insert(connection, change, now),
        Some(id) if change.changed => update(connection, id, change, now),
        Some(id) => {
            connection
                .prepare_cached("UPDATE incidents SET seen = seen + ? WHERE id = ?")?
                .execute(params![change.seen, id])?;
            Ok(id)
        }
    }
}

fn insert(connection: &Connection, change: &Change, now: Timestamp) -> Result<i64> {
    let [app, recipient, vehicle, kind, code] = &change.parts;
    let (opened_at, opened_sequence) = row::columns(change.state.opened);
    let (error_at, error_sequence) = row::columns(change.state.last_error);
    let (resolved_at, resolved_sequence) = row::columns(change.state.last_resolved);
    connection
        .prepare_cached(
            "INSERT INTO incidents (app, recipient, vehicle, type, code, opening, opened_at, opened_sequence, \
             last_error_at, last_error_sequence, last_resolved_at, last_resolved_sequence, seen, payload, \
             created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?15, ?15)",
        )?
        .insert(params![
            app,
            recipient,
            vehicle,
            kind,
            code,
            change.state.opening,
            opened_at,
            opened_sequence,
            error_at,
            error_sequence,
            resolved_at,
            resolved_sequence,
            change.seen,
            change.newest.as_deref().map(row::to_json).transpose()?,
            Micros(now),
        ])
}

fn update(connection: &Connection, id: i64, change: &Change, now: Timestamp) -> Result<i64> {
    let (opened_at, opened_sequence) = row::columns(change.state.opened);
    let (error_at, error_sequence) = row::columns(change.state.last_error);
    let (resolved_at, resolved_sequence) = row::columns(change.state.last_resolved);
    connection
        .prepare_cached(
            "UPDATE incidents SET opening = :opening, opened_at = :opened_at, opened_sequence = :opened_sequence, \
             last_error_at = :error_at, last_error_sequence = :error_sequence, \
             last_resolved_at = :resolved_at, last_resolved_sequence = :resolved_sequence, \
             seen = seen + :seen, payload = coalesce(:payload, payload), updated_at = :now WHERE id = :id",
        )?
        .execute(named_params! {
            ":id": id,
            ":opening": change.state.opening,
            ":opened_at": opened_at,
            ":opened_sequence": opened_sequence,
            ":error_at": error_at,
            ":error_sequence": error_sequence,
            ":resolved_at": resolved_at,
            ":resolved_sequence": resolved_sequence,
            ":seen": change.seen,
            ":payload": change.newest.as_deref().map(row::to_json).transpose()?,
            ":now": Micros(now),
        })?;
    Ok(id)
}

/// Cancels what is planned for the incident.
fn cancel(connection: &Connection, incident: i64, reason: CancelReason, now: Timestamp) -> Result<u32> {
    let cancelled = connection
        .prepare_cached(concat!(
            "UPDATE dispatches SET ",
            over!("'cancelled'", "?1", "?1", "detail"),
            ", settled_at = ?2 WHERE incident = ?3 AND state = 'planned'"
        ))?
        .execute(params![reason.as_str(), Micros(now), incident])?;
    Ok(u32::try_from(cancelled).unwrap_or(u32::MAX))
}

/// What is held back about the car of an incident that is over is due: the look decides what holds it back now. That all is
/// well is not said in that moment: it may be joined by the news that this is over too.
fn wake(connection: &Connection, [app, recipient, vehicle, ..]: &[String; 5], now: Timestamp) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE dispatches SET due_at = ?4 WHERE state = 'planned' AND reason = 'inhibited' AND due_at > ?4 AND step <> ?5 \
             AND incident IN (SELECT id FROM incidents WHERE app = ?1 AND recipient = ?2 AND vehicle = ?3)",
        )?
        .execute(params![app, recipient, vehicle, Micros(now), ALL_IS_WELL])?;
    Ok(())
}
