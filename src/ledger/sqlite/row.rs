//! How times, moments, incidents and JSON stand in columns, and the one place that inserts a dispatch.

use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Error, Result, Row, named_params};
use serde::Serialize;

use crate::event::Moment;
use crate::ledger::admission::FIRST_TOKEN;
use crate::ledger::{CancelReason, Claimant, DispatchId};
use crate::policy::{Incident, News, Planned, Target};

/// A time as microseconds since 1970. The ledger keeps no more of it, and compares no more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Micros(pub(super) Timestamp);

impl ToSql for Micros {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.0.as_microsecond().into())
    }
}

impl FromSql for Micros {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let micros = i64::column_result(value)?;
        Timestamp::from_microsecond(micros).map(Self).map_err(|_| FromSqlError::OutOfRange(micros))
    }
}

/// A moment's two columns.
pub(super) fn columns(moment: Option<Moment>) -> (Option<Micros>, Option<i64>) {
    // SQLite's integers are signed: the bits are kept, and only Rust compares them.
    let sequence = moment.and_then(|moment| moment.sequence).map(u64::cast_signed);
    (moment.map(|moment| Micros(moment.at)), sequence)
}

fn moment(row: &Row<'_>, first: usize) -> Result<Option<Moment>> {
    let at: Option<Micros> = row.get(first)?;
    let sequence: Option<i64> = row.get(first + 1)?;
    Ok(at.map(|Micros(at)| Moment { at, sequence: sequence.map(i64::cast_unsigned) }))
}

/// The columns of an incident, in the order in which [`incident`] reads them; the table is called `i`.
macro_rules! incident_columns {
    () => {
        "i.opening, i.opened_at, i.opened_sequence, i.last_error_at, i.last_error_sequence, i.last_resolved_at, \
         i.last_resolved_sequence"
    };
}
pub(super) use incident_columns;

/// The columns that say how a dispatch ended without being sent. What a carrier may have accepted before has an end that nobody
/// knows, however it came about.
macro_rules! over {
    ($state:literal, $word:literal, $reason:literal, $detail:literal) => {
        concat!(
            "state = CASE WHEN doubtful OR transport IS NOT NULL THEN 'unknown' ELSE ",
            $state,
            " END, reason = CASE WHEN doubtful OR transport IS NOT NULL THEN NULL ELSE ",
            $reason,
            " END, detail = CASE WHEN doubtful OR transport IS NOT NULL \
                 THEN 'it may have been sent before it was over: ' || ",
            $word,
            " ELSE ",
            $detail,
            " END"
        )
    };
}
pub(super) use over;

pub(super) fn incident(row: &Row<'_>, first: usize) -> Result<Incident> {
    Ok(Incident {
        opening: row.get(first)?,
        opened: moment(row, first + 1)?,
        last_error: moment(row, first + 3)?,
        last_resolved: moment(row, first + 5)?,
    })
}

/// Whether a dispatch planned in `opening` is still wanted; `None`: it is.
pub(super) fn why_not(incident: &Incident, opening: u32, step: u16) -> Option<CancelReason> {
    match (News::of_step(step), incident.is_open()) {
        _ if incident.opening != opening => Some(CancelReason::Superseded),
        (News::Problem, true) | (News::AllIsWell, false) => None,
        (News::Problem, false) => Some(CancelReason::Resolved),
        (News::AllIsWell, true) => Some(CancelReason::Superseded),
    }
}

pub(super) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::ToSqlConversionFailure(error.into()))
}

/// The addresses that are tried next; `None`: there are none.
pub(super) fn alternatives(targets: &[Target]) -> Result<Option<String>> {
    Some(targets).filter(|targets| !targets.is_empty()).map(to_json).transpose()
}

/// When a lease that begins now runs out.
pub(super) fn lease_end(claimant: &Claimant, now: Timestamp) -> Micros {
    Micros(now.saturating_add(claimant.lease).unwrap_or(Timestamp::MAX))
}

/// A dispatch about to be written.
pub(super) struct NewDispatch<'a> {
    pub(super) id: &'a DispatchId,
    pub(super) incident: i64,
    pub(super) opening: u32,
    pub(super) planned: &'a Planned,
    pub(super) born: Born<'a>,
}

/// The state in which a dispatch is written first.
#[derive(Clone, Copy)]
pub(super) enum Born<'a> {
    Planned,
    Claimed(&'a Claimant),
    /// Planned and cancelled by the same batch.
    Cancelled(CancelReason),
}

/// `false`: a dispatch of this id is there already, and stays as it is.
pub(super) fn insert(connection: &Connection, new: &NewDispatch<'_>, now: Timestamp) -> Result<bool> {
    let planned = new.planned;
    let (state, claimant, reason) = match new.born {
        Born::Planned => ("planned", None, None),
        Born::Claimed(claimant) => ("sending", Some(claimant), None),
        Born::Cancelled(reason) => ("cancelled", None, Some(reason)),
    };
    let alternatives = alternatives(&planned.alternatives)?;
    let inserted = connection
        .prepare_cached(
            "INSERT INTO dispatches (id, incident, opening, step, channel, target, alternatives, state, due_at, \
             expires_at, attempt, token, doubtful, owner, lease_until, reason, created_at, settled_at, turn) \
             VALUES (:id, :incident, :opening, :step, :channel, :target, :alternatives, :state, :due_at, \
             :expires_at, :attempt, :token, 0, :owner, :lease_until, :reason, :now, :settled_at, \
             total_changes()) \
             ON CONFLICT (id) DO NOTHING",
        )?
        .execute(named_params! {
            ":id": new.id.as_str(),
            ":incident": new.incident,
            ":opening": new.opening,
            ":step": planned.step,
            ":channel": planned.target.channel().as_str(),
            ":target": to_json(&planned.target)?,
            ":alternatives": alternatives,
            ":state": state,
            ":due_at": Micros(planned.due_at),
            ":expires_at": Micros(planned.expires_at),
            ":attempt": u32::from(claimant.is_some()),
            ":token": claimant.map_or(0, |_| FIRST_TOKEN),
            ":owner": claimant.map(|claimant| claimant.owner.as_str()),
            ":lease_until": claimant.map(|claimant| lease_end(claimant, now)),
            ":reason": reason.map(CancelReason::as_str),
            ":now": Micros(now),
            ":settled_at": reason.map(|_| Micros(now)),
        })?;
    Ok(inserted == 1)
}
