//! Admission: decide about each error, in order, and write what was decided.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, named_params, params};

use super::claim::payload;
use super::row::{self, Birth, FIRST_TOKEN, Micros, NewDispatch, incident_columns, rounded, rounded_moment};
use crate::event::{Recipient, State, VehicleError};
use crate::ledger::id::incident_parts;
use crate::ledger::{Admission, Admitted, CancelReason, Claimant, Dispatch, DispatchId, Verdict};
use crate::policy::{Decision, Incident, Pace, Planned, Sighting, Timing, decide};

pub(super) fn admit(
    connection: &Connection,
    batch: Vec<Admission>,
    now: Timestamp,
    pace: Pace,
    claimant: Option<&Claimant>,
) -> Result<Admitted> {
    let mut run = Run { connection, timing: Timing { now, mode: pace }, pending: Vec::new(), newest: HashMap::new() };
    let verdicts = batch.into_iter().map(|admission| run.admit(admission)).collect::<Result<_>>()?;
    Ok(Admitted { verdicts, claimed: run.write_pending(claimant)? })
}

/// One batch on its way.
struct Run<'a> {
    connection: &'a Connection,
    timing: Timing,
    /// Dispatches are written last: a RESOLVED further down the batch may still cancel what is due at once.
    pending: Vec<Pending>,
    /// The newest error of each incident that this batch opened.
    newest: HashMap<i64, Arc<VehicleError>>,
}

struct Pending {
    id: DispatchId,
    incident: i64,
    opening: u32,
    planned: Planned,
    cancelled: Option<CancelReason>,
}

impl Run<'_> {
    fn admit(&mut self, admission: Admission) -> Result<Verdict> {
        let Admission { error, rules, targets } = admission;
        let moment = rounded_moment(error.moment);
        let known = self.find(&error)?;
        let error = Arc::new(match &known {
            Some((id, _)) => self.completed(error, *id)?,
            None => error,
        });
        let incident = known.as_ref().map(|(_, incident)| incident);
        let sighting = Sighting { state: error.state, moment, rules: rules.as_deref(), targets: &targets };
        let decision = decide(incident, &sighting, self.timing);
        let next = Incident::after(incident, moment, &decision);
        let opens = matches!(decision, Decision::Open { .. });
        let later = incident.and_then(|incident| incident.last_error).is_none_or(|last| moment.is_after(&last));
        let newest = error.state == State::Error && next.is_some() && (opens || later);

        let id = match (&known, next) {
            (Some((id, _)), Some(next)) => self.update(*id, &next, &error, newest)?,
            (None, Some(next)) => self.insert(&next, &error)?,
            (Some((id, _)), None) => self.count(*id, &decision)?,
            // Nothing was known and nothing is to be.
            (None, None) => return Ok(Verdict { decision, cancelled: 0 }),
        };
        if newest && (self.newest.contains_key(&id) || opens) {
            self.newest.insert(id, Arc::clone(&error));
        }
        let cancelled = match &decision {
            Decision::Open { opening, plan } => {
                let cancelled = if known.is_some() { self.cancel(id, CancelReason::Superseded)? } else { 0 };
                self.plan(id, *opening, plan, &error);
                cancelled
            }
            Decision::Close => self.cancel(id, CancelReason::Resolved)?,
            _ => 0,
        };
        Ok(Verdict { decision, cancelled })
    }

    /// An event that repeats the error may say less about the owner: what is planned still needs the address.
    fn completed(&self, mut error: VehicleError, incident: i64) -> Result<VehicleError> {
        let Recipient { email, name, locale, .. } = &error.recipient;
        if error.state == State::Error
            && (email.is_none() || name.is_none() || locale.is_none())
            && let Ok(earlier) = payload(self.connection, incident)?
        {
            error.recipient.complete(earlier.recipient);
        }
        Ok(error)
    }

    fn find(&self, error: &VehicleError) -> Result<Option<(i64, Incident)>> {
        self.connection
            .prepare_cached(concat!(
                "SELECT i.id, ",
                incident_columns!(),
                " FROM incidents AS i WHERE app = ? AND recipient = ? AND vehicle = ? AND type = ? AND code = ?"
            ))?
            .query_row(incident_parts(error), |row| Ok((row.get(0)?, row::incident(row, 1)?)))
            .optional()
    }

    fn insert(&self, incident: &Incident, error: &VehicleError) -> Result<i64> {
        let [app, recipient, vehicle, kind, code] = incident_parts(error);
        let (opened_at, opened_sequence) = row::columns(incident.opened);
        let (error_at, error_sequence) = row::columns(incident.last_error);
        let (resolved_at, resolved_sequence) = row::columns(incident.last_resolved);
        let is_error = error.state == State::Error;
        self.connection
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
                incident.opening,
                opened_at,
                opened_sequence,
                error_at,
                error_sequence,
                resolved_at,
                resolved_sequence,
                is_error,
                is_error.then(|| row::to_json(error)).transpose()?,
                Micros(self.timing.now),
            ])
    }

    fn update(&self, id: i64, incident: &Incident, error: &VehicleError, newest: bool) -> Result<i64> {
        let (opened_at, opened_sequence) = row::columns(incident.opened);
        let (error_at, error_sequence) = row::columns(incident.last_error);
        let (resolved_at, resolved_sequence) = row::columns(incident.last_resolved);
        self.connection
            .prepare_cached(
                "UPDATE incidents SET opening = :opening, opened_at = :opened_at, opened_sequence = :opened_sequence, \
                 last_error_at = :error_at, last_error_sequence = :error_sequence, \
                 last_resolved_at = :resolved_at, last_resolved_sequence = :resolved_sequence, \
                 seen = seen + :seen, payload = coalesce(:payload, payload), updated_at = :now WHERE id = :id",
            )?
            .execute(named_params! {
                ":id": id,
                ":opening": incident.opening,
                ":opened_at": opened_at,
                ":opened_sequence": opened_sequence,
                ":error_at": error_at,
                ":error_sequence": error_sequence,
                ":resolved_at": resolved_at,
                ":resolved_sequence": resolved_sequence,
                ":seen": error.state == State::Error,
                ":payload": newest.then(|| row::to_json(error)).transpose()?,
                ":now": Micros(self.timing.now),
            })?;
        Ok(id)
    }

    /// An error that changes nothing is still one more that was seen.
    fn count(&self, id: i64, decision: &Decision) -> Result<i64> {
        if !matches!(decision, Decision::TooOld) {
            self.connection.prepare_cached("UPDATE incidents SET seen = seen + 1 WHERE id = ?")?.execute([id])?;
        }
        Ok(id)
    }

    /// Cancels what is planned for the incident, in the ledger and in this batch.
    fn cancel(&mut self, incident: i64, reason: CancelReason) -> Result<u32> {
        let in_ledger = self
            .connection
            .prepare_cached(
                "UPDATE dispatches SET state = 'cancelled', reason = ?, settled_at = ? \
                 WHERE incident = ? AND state = 'planned'",
            )?
            .execute(params![reason.as_str(), Micros(self.timing.now), incident])?;
        let mut cancelled = u32::try_from(in_ledger).unwrap_or(u32::MAX);
        for pending in &mut self.pending {
            if pending.incident == incident && pending.cancelled.is_none() {
                pending.cancelled = Some(reason);
                cancelled += 1;
            }
        }
        Ok(cancelled)
    }

    fn plan(&mut self, incident: i64, opening: u32, plan: &[Planned], error: &VehicleError) {
        self.pending.extend(plan.iter().map(|planned| Pending {
            id: DispatchId::of(error, opening, planned.step, &planned.target),
            incident,
            opening,
            planned: Planned {
                due_at: rounded(planned.due_at),
                expires_at: rounded(planned.expires_at),
                ..planned.clone()
            },
            cancelled: None,
        }));
    }

    /// Writes the dispatches; what is due and still wanted is claimed as it is written.
    fn write_pending(self, claimant: Option<&Claimant>) -> Result<Vec<Dispatch>> {
        let now = self.timing.now;
        let mut claimed = Vec::new();
        for pending in self.pending {
            let Pending { id, incident, opening, planned, cancelled } = pending;
            let birth = match (cancelled, claimant) {
                (Some(reason), _) => Birth::Cancelled(reason),
                (None, Some(claimant)) if planned.due_at <= now => Birth::Claimed(claimant),
                (None, _) => Birth::Planned,
            };
            let new = NewDispatch { id: &id, incident, opening, planned: &planned, birth };
            if !row::insert(self.connection, &new, now)? || !matches!(birth, Birth::Claimed(_)) {
                continue;
            }
            let Some(error) = self.newest.get(&incident).map(Arc::clone) else { continue };
            claimed.push(Dispatch {
                id,
                token: FIRST_TOKEN,
                error,
                opening,
                step: planned.step,
                target: planned.target,
                alternatives: planned.alternatives,
                due_at: planned.due_at,
                expires_at: planned.expires_at,
                attempt: 1,
                doubtful: false,
                only: None,
            });
        }
        Ok(claimed)
    }
}
