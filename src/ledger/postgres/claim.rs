//! Claims: what is due, and what a lease that ran out has set free. A worker never waits for another's.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_postgres::Row;
use uuid::Uuid;

use super::fault::Failure;
use super::pool::Session;
use super::row::{self, At};
use super::unheard::Ticket;
use crate::event::VehicleError;
use crate::ledger::bundle::side_by_side;
use crate::ledger::{Dispatch, DispatchId, FailReason, PostponeReason};
use crate::policy::Channel;

/// Rows that are locked and not taken are free again when the statement ends.
pub(super) const CLAIM: &str = "WITH clock AS MATERIALIZED (SELECT coalesce($3::timestamptz, clock_timestamp()) AS now), \
     planned AS MATERIALIZED ( \
         SELECT id, due_at, ordinal FROM dispatches \
         WHERE channel = $1 AND state = 'planned' AND due_at <= (SELECT now FROM clock) \
         ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED), \
     lapsed AS MATERIALIZED ( \
         SELECT id, due_at, ordinal FROM dispatches \
         WHERE channel = $1 AND state = 'sending' AND lease_until <= (SELECT now FROM clock) \
         ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED), \
     due AS ( \
         SELECT id FROM (SELECT * FROM planned UNION ALL SELECT * FROM lapsed) AS found \
         ORDER BY due_at, ordinal LIMIT $2), \
     bundled AS MATERIALIZED ( \
         SELECT id FROM dispatches \
         WHERE bundle IN (SELECT bundle FROM dispatches WHERE id IN (SELECT id FROM due) AND bundle IS NOT NULL) \
             AND channel = $1 AND (state = 'planned' AND due_at <= (SELECT now FROM clock) \
                 OR state = 'sending' AND lease_until <= (SELECT now FROM clock)) \
         FOR UPDATE SKIP LOCKED), \
     taken AS (SELECT id FROM due UNION SELECT id FROM bundled) \
     UPDATE dispatches AS d SET state = 'sending', token = d.token + 1, attempt = d.attempt + 1, \
         doubtful = d.doubtful OR d.state = 'sending', \
         tried_since = CASE WHEN d.doubtful OR d.state = 'sending' OR d.transport IS NOT NULL \
             THEN coalesce(d.tried_since, d.created_at) ELSE (SELECT now FROM clock) END, \
         owner = $4, turn = NULL, \
         transport = coalesce(d.transport, CASE d.state WHEN 'sending' THEN d.asking END), asking = NULL, \
         lease_until = (SELECT now FROM clock) + $5::bigint * interval '1 microsecond' \
     FROM taken JOIN dispatches AS old ON old.id = taken.id JOIN incidents AS i ON i.id = old.incident \
     WHERE d.id = taken.id \
     RETURNING d.id, d.token, d.incident, d.opening, d.step, d.target, d.alternatives, d.due_at, d.expires_at, d.attempt, \
         d.doubtful, i.payload, d.ordinal, d.transport, \
         (SELECT array_agg(a.address ORDER BY a.address) FROM dead_addresses AS a \
             WHERE a.app = i.app AND a.recipient = i.recipient), \
         (SELECT array_agg(a.reported_at ORDER BY a.address) FROM dead_addresses AS a \
             WHERE a.app = i.app AND a.recipient = i.recipient), \
         d.bundle, d.tried_since, d.reason";

const GIVE_UP: &str = "UPDATE dispatches SET state = 'failed', reason = $3, detail = $4, settled_at = clock_timestamp() \
     WHERE id = $1 AND token = $2 AND state = 'sending'";

const GIVE_BACK: &str = "UPDATE dispatches SET state = 'planned', attempt = attempt - 1, owner = NULL, lease_until = NULL \
     WHERE state = 'sending' AND owner = ANY($1::text[])";

const ASKING: &str = "UPDATE dispatches AS d SET asking = $3 FROM unnest($1::uuid[], $2::bigint[]) AS g (id, token) \
     WHERE d.id = g.id AND d.token = g.token AND d.state = 'sending' RETURNING d.id";

/// See [`crate::ledger::Ledger::asking`].
pub(super) async fn asking(session: &Session, claims: &[(DispatchId, i64)], transport: &str) -> Result<bool, Failure> {
    let (ids, tokens): (Vec<Uuid>, Vec<i64>) = claims.iter().map(|(id, token)| (row::uuid(id), *token)).unzip();
    Ok(session.query(ASKING, &[&ids, &tokens, &transport]).await?.len() == claims.len())
}

pub(super) async fn claim(
    session: &Session,
    channel: Channel,
    time: Option<At>,
    limit: usize,
    ticket: &Ticket<'_>,
) -> Result<Vec<Dispatch>, Failure> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let lease = row::micros(ticket.claimant.lease);
    let rows = session.query(CLAIM, &[&channel.as_str(), &limit, &time, &ticket.name, &lease]).await?;
    let mut payloads: HashMap<i64, Arc<VehicleError>> = HashMap::new();
    let mut claimed = Vec::with_capacity(rows.len());
    for row in &rows {
        let ordinal: i64 = row.try_get(12)?;
        match read(row, &mut payloads)? {
            Ok(dispatch) => claimed.push((dispatch.due_at, ordinal, dispatch)),
            Err(fault) => give_up(session, row, &fault).await?,
        }
    }
    claimed.sort_by_key(|(due_at, ordinal, _)| (*due_at, *ordinal));
    Ok(side_by_side(claimed.into_iter().map(|(_, _, dispatch)| dispatch).collect()))
}

fn read(row: &Row, payloads: &mut HashMap<i64, Arc<VehicleError>>) -> Result<serde_json::Result<Dispatch>, Failure> {
    let incident: i64 = row.try_get(2)?;
    let (id, step, attempt): (Uuid, i32, i32) = (row.try_get(0)?, row.try_get(4)?, row.try_get(9)?);
    let (target, alternatives): (&str, Option<&str>) = (row.try_get(5)?, row.try_get(6)?);
    let (At(due_at), At(expires_at)) = (row.try_get(7)?, row.try_get(8)?);
    let (token, doubtful, payload): (i64, bool, Option<&str>) = (row.try_get(1)?, row.try_get(10)?, row.try_get(11)?);
    let (opening, only): (u32, Option<String>) = (row::number(row, 3)?, row.try_get(13)?);
    let (addresses, reported): (Option<Vec<&str>>, Option<Vec<At>>) = (row.try_get(14)?, row.try_get(15)?);
    let dead = addresses.into_iter().flatten().zip(reported.into_iter().flatten());
    let dead: Vec<_> = dead.filter_map(|(address, at)| row::dead(address, at)).collect();
    let (bundle, At(tried_since)): (Option<Uuid>, At) = (row.try_get(16)?, row.try_get(17)?);
    let put_off = row.try_get::<_, Option<&str>>(18)?.and_then(PostponeReason::from_stored);
    let mut parse = || {
        let error = match payloads.get(&incident) {
            Some(known) => Arc::clone(known),
            None => Arc::new(serde_json::from_str(payload.unwrap_or_default())?),
        };
        payloads.insert(incident, Arc::clone(&error));
        Ok(Dispatch {
            id: DispatchId::from_stored(id.to_string()),
            token,
            error,
            opening,
            step: u16::try_from(step).unwrap_or(u16::MAX),
            target: serde_json::from_str(target)?,
            alternatives: alternatives.map_or(Ok(Vec::new()), serde_json::from_str)?,
            due_at,
            expires_at,
            attempt: u32::try_from(attempt).unwrap_or(1),
            doubtful,
            only: only.clone(),
            in_doubt_since: Some(tried_since).filter(|_| doubtful || only.is_some()),
            put_off,
            dead: dead.clone(),
            bundle: bundle.map(|bundle| DispatchId::from_stored(bundle.to_string())),
        })
    };
    Ok(parse())
}

/// What cannot be read would be claimed again for ever, and keep its neighbours waiting.
async fn give_up(session: &Session, row: &Row, fault: &serde_json::Error) -> Result<(), Failure> {
    let (id, token): (Uuid, i64) = (row.try_get(0)?, row.try_get(1)?);
    tracing::error!(dispatch = %id, %fault, "a stored dispatch cannot be read; it has failed");
    let detail = format!("stored form is unreadable: {fault}");
    session.query(GIVE_UP, &[&id, &token, &FailReason::Content.as_str(), &detail]).await.map(drop)
}

/// As if they had never been claimed: their claims' names were given to nobody.
pub(super) async fn give_back(session: &Session, names: &[String]) -> Result<(), Failure> {
    session.query(GIVE_BACK, &[&names]).await.map(drop)
}
