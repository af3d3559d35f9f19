//! Settlements: the ends of claims. Each checks its token, so that a claim that was lost changes nothing.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Result, params};

use super::row::{self, Born, Micros, NewDispatch, incident_columns, over, why_not};
use super::{bundle, dead};
use crate::ledger::admission::rounded;
use crate::ledger::{CancelReason, DispatchId, End, PostponeReason, Settlement, Trail};
use crate::policy::{Addressed, Incident, Planned, Target};

pub(super) fn settle(connection: &Connection, batch: &[Settlement], now: Timestamp) -> Result<Vec<bool>> {
    let end = |settlement| Ok(settle_one(connection, settlement, now)? || is_settled(connection, settlement)?);
    batch.iter().map(end).collect()
}

/// Whether it ended so before: under this token nobody else can have ended it.
fn is_settled(connection: &Connection, settlement: &Settlement) -> Result<bool> {
    let ends: &[&str] = match settlement.end {
        End::Sent { .. } => &["sent"],
        End::Retry { .. } | End::Postponed { .. } => &["planned", "expired", "cancelled", "unknown"],
        End::Released | End::Addressed(_) => &["planned", "cancelled", "unknown"],
        End::Failed { .. } => &["failed"],
        End::Cancelled { .. } => &["cancelled", "unknown"],
        End::Expired => &["expired", "unknown"],
        End::Unknown { .. } => &["unknown"],
    };
    let state: Option<String> = connection
        .prepare_cached("SELECT state FROM dispatches WHERE id = ? AND token = ?")?
        .query_row(params![settlement.id.as_str(), settlement.token], |row| row.get(0))
        .optional()?;
    Ok(state.is_some_and(|state| ends.contains(&state.as_str())))
}

macro_rules! end_claim {
    ($($change:expr),+) => {
        concat!("UPDATE dispatches SET ", $($change),+, " WHERE id = ?1 AND token = ?2 AND state = 'sending'")
    };
}

fn settle_one(connection: &Connection, settlement: &Settlement, now: Timestamp) -> Result<bool> {
    let (id, token) = (settlement.id.as_str(), settlement.token);
    let at = Micros(now);
    let execute = |sql, params: &[&dyn rusqlite::ToSql]| end(connection, sql, params);
    match &settlement.end {
        End::Sent { transport, provider_id, locale, revision } => execute(
            end_claim!(
                "state = 'sent', settled_at = ?3, transport = ?4, provider_id = ?5, locale = ?6, revision = ?7, \
                 reason = NULL, detail = NULL"
            ),
            params![id, token, at, transport, provider_id, locale, revision],
        ),
        End::Cancelled { reason } => cancel(connection, settlement, *reason, now),
        End::Expired => {
            let sql = end_claim!(over!("'expired'", "'expired'", "reason", "detail"), ", settled_at = ?3");
            execute(sql, params![id, token, at])
        }
        End::Unknown { detail, trail: Trail { transport, locale, revision, address } } => {
            let unknown = execute(
                end_claim!(
                    "state = 'unknown', settled_at = ?3, detail = ?4, transport = coalesce(?5, transport), locale = ?6, \
                     revision = ?7, address = ?8"
                ),
                params![id, token, at, detail, transport, locale, revision, address.as_ref().map(ToString::to_string)],
            )?;
            if let Some(address) = address.as_ref().filter(|_| unknown) {
                dead::bury(connection, &settlement.id, address, at)?;
            }
            Ok(unknown)
        }
        End::Failed { reason, detail, now: next_due, trail } => {
            let Trail { transport, locale, revision, address } = trail;
            let failed = execute(
                end_claim!(
                    "state = 'failed', settled_at = ?3, reason = ?4, detail = ?5, transport = coalesce(?6, transport), \
                     locale = ?7, revision = ?8, address = ?9"
                ),
                params![
                    id,
                    token,
                    at,
                    reason.as_str(),
                    detail,
                    transport,
                    locale,
                    revision,
                    address.as_ref().map(ToString::to_string)
                ],
            )?;
            if let Some(address) = address.as_ref().filter(|_| failed) {
                dead::bury(connection, &settlement.id, address, at)?;
            }
            if failed {
                plan_alternative(connection, &settlement.id, rounded(*next_due), now)?;
            }
            Ok(failed)
        }
        End::Retry { due_at, detail, only } => retry(connection, settlement, *due_at, detail, only.as_deref(), now),
        End::Postponed { due_at, reason } => postpone(connection, settlement, *due_at, *reason, now),
        End::Addressed(addressed) => address(connection, settlement, addressed, now),
        End::Released => match unwanted(connection, settlement)? {
            Some(reason) => cancel(connection, settlement, reason, now),
            None => execute(
                end_claim!("state = 'planned', attempt = attempt - 1, owner = NULL, lease_until = NULL"),
                params![id, token],
            ),
        },
    }
}

fn end<P: Params>(connection: &Connection, sql: &str, params: P) -> Result<bool> {
    Ok(connection.prepare_cached(sql)?.execute(params)? == 1)
}

fn cancel(connection: &Connection, settlement: &Settlement, reason: CancelReason, now: Timestamp) -> Result<bool> {
    end(
        connection,
        end_claim!(over!("'cancelled'", "?4", "?4", "detail"), ", settled_at = ?3"),
        params![settlement.id.as_str(), settlement.token, Micros(now), reason.as_str()],
    )
}

/// Planned again, unless nobody would want it by then.
fn retry(
    connection: &Connection,
    settlement: &Settlement,
    due_at: Timestamp,
    detail: &str,
    only: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    if only.is_some() {
        // Whatever becomes of it now, it may have been accepted.
        let (id, token) = (settlement.id.as_str(), settlement.token);
        end(connection, end_claim!("transport = ?3"), params![id, token, only])?;
    }
    if let Some(reason) = unwanted(connection, settlement)? {
        return cancel(connection, settlement, reason, now);
    }
    let (id, token, due_at) = (settlement.id.as_str(), settlement.token, Micros(due_at));
    let expired = end(
        connection,
        concat!(
            end_claim!(over!("'expired'", "'expired'", "NULL", "?4"), ", settled_at = ?3"),
            " AND expires_at <= ?5"
        ),
        params![id, token, Micros(now), detail, due_at],
    )?;
    if expired {
        return Ok(true);
    }
    end(
        connection,
        end_claim!(
            "state = 'planned', due_at = ?3, reason = NULL, detail = ?4, transport = ?5, owner = NULL, \
             lease_until = NULL"
        ),
        params![id, token, due_at, detail, only],
    )
}

/// Planned again for later, without a try being counted; unless nobody would want it by then.
fn postpone(
    connection: &Connection,
    settlement: &Settlement,
    due_at: Timestamp,
    reason: PostponeReason,
    now: Timestamp,
) -> Result<bool> {
    if let Some(reason) = unwanted(connection, settlement)? {
        return cancel(connection, settlement, reason, now);
    }
    let (id, token, due_at, reason) = (settlement.id.as_str(), settlement.token, Micros(due_at), reason.as_str());
    let expired = end(
        connection,
        concat!(end_claim!(over!("'expired'", "?4", "?4", "detail"), ", settled_at = ?3"), " AND expires_at <= ?5"),
        params![id, token, Micros(now), reason, due_at],
    )?;
    if expired {
        return Ok(true);
    }
    end(
        connection,
        end_claim!(
            "state = 'planned', due_at = ?3, reason = ?4, attempt = attempt - 1, owner = NULL, lease_until = NULL"
        ),
        params![id, token, due_at, reason],
    )
}

/// Whether the incident went on without this dispatch while it was claimed: the close that cancels what is planned has
/// not seen it.
fn unwanted(connection: &Connection, settlement: &Settlement) -> Result<Option<CancelReason>> {
    let found: Option<(u32, u16, Incident)> = connection
        .prepare_cached(concat!(
            "SELECT d.opening, d.step, ",
            incident_columns!(),
            " FROM dispatches AS d JOIN incidents AS i ON i.id = d.incident WHERE d.id = ?"
        ))?
        .query_row([settlement.id.as_str()], |row| Ok((row.get(0)?, row.get(1)?, row::incident(row, 2)?)))
        .optional()?;
    Ok(found.and_then(|(opening, step, incident)| why_not(&incident, opening, step)))
}

/// Planned again for the first of the devices, and anew for the others.
fn address(connection: &Connection, settlement: &Settlement, addressed: &Addressed, now: Timestamp) -> Result<bool> {
    if let Some(reason) = unwanted(connection, settlement)? {
        return cancel(connection, settlement, reason, now);
    }
    let Addressed { target, alternatives, others } = addressed;
    let kept = end(
        connection,
        end_claim!(
            "state = 'planned', attempt = attempt - 1, doubtful = 0, owner = NULL, lease_until = NULL, reason = NULL, \
             target = ?3, alternatives = ?4"
        ),
        params![settlement.id.as_str(), settlement.token, row::to_json(target)?, row::alternatives(alternatives)?],
    )?;
    if kept && let Some(rung) = Rung::read(connection, &settlement.id)? {
        for target in others {
            rung.plan(connection, target.clone(), Vec::new(), rounded(now), now)?;
        }
    }
    Ok(kept)
}

/// The next address of a step whose first one failed for good.
fn plan_alternative(connection: &Connection, failed: &DispatchId, due_at: Timestamp, now: Timestamp) -> Result<()> {
    let Some(rung) = Rung::read(connection, failed)? else { return Ok(()) };
    if why_not(&rung.state, rung.opening, rung.step).is_some() || due_at >= rung.expires_at {
        return Ok(());
    }
    let alternatives = rung.alternatives.as_deref().map(serde_json::from_str::<Vec<Target>>);
    let mut targets = alternatives.and_then(Result::ok).unwrap_or_default();
    if targets.is_empty() {
        return Ok(());
    }
    let target = targets.remove(0);
    rung.plan(connection, target, targets, due_at, now)
}

/// What is needed to plan a message to another address beside one.
struct Rung {
    id: DispatchId,
    incident: i64,
    parts: [String; 5],
    state: Incident,
    opening: u32,
    step: u16,
    alternatives: Option<String>,
    expires_at: Timestamp,
}

impl Rung {
    fn read(connection: &Connection, id: &DispatchId) -> Result<Option<Self>> {
        connection
            .prepare_cached(concat!(
                "SELECT i.id, i.app, i.recipient, i.vehicle, i.type, i.code, d.opening, d.step, d.alternatives, \
                 d.expires_at, ",
                incident_columns!(),
                " FROM dispatches AS d JOIN incidents AS i ON i.id = d.incident WHERE d.id = ?"
            ))?
            .query_row([id.as_str()], |row| {
                Ok(Self {
                    id: id.clone(),
                    incident: row.get(0)?,
                    parts: [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?],
                    opening: row.get(6)?,
                    step: row.get(7)?,
                    alternatives: row.get(8)?,
                    expires_at: row.get::<_, Micros>(9)?.0,
                    state: row::incident(row, 10)?,
                })
            })
            .optional()
    }

    fn plan(
        &self,
        connection: &Connection,
        target: Target,
        alternatives: Vec<Target>,
        due_at: Timestamp,
        now: Timestamp,
    ) -> Result<()> {
        let Self { incident, opening, step, expires_at, .. } = *self;
        let id = DispatchId::of_incident(self.parts.each_ref().map(String::as_str), opening, step, &target);
        let planned = Planned { step, target, alternatives, due_at, expires_at };
        let new = NewDispatch { id: &id, incident, opening, planned: &planned, born: Born::Planned };
        if row::insert(connection, &new, now)? {
            bundle::follow(connection, &self.id, &id)?;
        }
        Ok(())
    }
}
