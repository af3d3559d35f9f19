//! Settlements: the ends of claims, a batch in one statement. Each checks its token, so that a claim that was lost changes
//! nothing; one that was recorded before and not heard of is recognised by it.

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::fault::Failure;
use super::pool::Session;
use super::row::{self, At};
use crate::event::VehicleError;
use crate::ledger::{DispatchId, End, Settlement, Trail};
use crate::policy::{Addressed, Target};

/// A retry or a release of what nobody would want by then is cancelled: the close that cancels what is planned has not seen it.
const SETTLE: &str = "WITH clock AS MATERIALIZED (SELECT coalesce($11::timestamptz, clock_timestamp()) AS now), \
     given AS MATERIALIZED ( \
         SELECT g.place, g.id, g.token, g.state, g.reason, g.detail, g.transport, g.provider_id, g.locale, g.revision, \
             g.address, \
             clock.now + g.pause * interval '1 microsecond' AS due_at, clock.now \
         FROM clock, unnest($1::uuid[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], \
             $8::text[], $9::text[], $10::text[], $12::text[]) WITH ORDINALITY \
             AS g (id, token, state, pause, reason, detail, transport, provider_id, locale, revision, address, place)), \
     ended AS ( \
         SELECT given.*, d.doubtful OR d.transport IS NOT NULL OR given.state = 'retried' AND given.transport IS NOT NULL \
                 AS in_doubt, CASE \
                 WHEN given.state NOT IN ('retried', 'released', 'postponed') THEN given.state \
                 WHEN i.opening <> d.opening OR i.open <> (d.step <> 65535) THEN 'cancelled' \
                 WHEN given.state <> 'released' AND d.expires_at <= given.due_at THEN 'expired' \
                 ELSE 'planned' END AS becomes, \
             CASE WHEN i.opening <> d.opening OR i.open THEN 'superseded' ELSE 'resolved' END AS unwanted, \
             i.opening = d.opening AND i.open AS wanted, i.payload, i.app, i.recipient \
         FROM given JOIN dispatches AS d ON d.id = given.id AND d.token = given.token AND d.state = 'sending' \
         JOIN incidents AS i ON i.id = d.incident), \
     settled AS ( \
         UPDATE dispatches AS d SET \
             state = CASE WHEN e.in_doubt AND e.becomes IN ('cancelled', 'expired') THEN 'unknown' ELSE e.becomes END, \
             settled_at = CASE WHEN e.becomes <> 'planned' THEN e.now END, \
             due_at = CASE WHEN e.becomes = 'planned' AND e.state <> 'released' THEN e.due_at ELSE d.due_at END, \
             attempt = CASE WHEN e.becomes = 'planned' AND e.state <> 'retried' THEN d.attempt - 1 ELSE d.attempt END, \
             reason = CASE WHEN e.in_doubt AND e.becomes IN ('cancelled', 'expired') THEN NULL \
                 WHEN e.state <> 'cancelled' AND e.becomes = 'cancelled' THEN e.unwanted \
                 WHEN e.state = 'released' THEN d.reason ELSE e.reason END, \
             detail = CASE WHEN e.in_doubt AND e.becomes IN ('cancelled', 'expired') \
                     THEN 'it may have been sent before it was over: ' || CASE \
                         WHEN e.state <> 'cancelled' AND e.becomes = 'cancelled' THEN e.unwanted \
                         ELSE coalesce(e.reason, e.becomes) END \
                 WHEN e.state <> 'sent' THEN coalesce(e.detail, d.detail) END, \
             transport = CASE WHEN e.state = 'sent' OR e.becomes = 'planned' AND e.state = 'retried' THEN e.transport \
                 ELSE coalesce(e.transport, d.transport) END, \
             provider_id = e.provider_id, locale = e.locale, revision = e.revision, address = e.address, \
             owner = CASE WHEN e.becomes <> 'planned' THEN d.owner END, \
             lease_until = CASE WHEN e.becomes <> 'planned' THEN d.lease_until END \
         FROM ended AS e WHERE d.id = e.id AND d.token = e.token AND d.state = 'sending' \
         RETURNING e.place, CASE e.state WHEN 'released' THEN e.becomes = 'planned' ELSE e.state = 'failed' AND e.wanted \
                 AND d.alternatives IS NOT NULL AND e.due_at < d.expires_at END AS goes_on, d.incident, d.opening, d.step, d.alternatives, e.due_at, d.expires_at, e.payload, e.now, e.address, \
             e.app, e.recipient, d.bundle), \
     dead AS ( \
         INSERT INTO dead_addresses AS a (app, recipient, address, reported_at) \
         SELECT DISTINCT app, recipient, address, now FROM settled WHERE address IS NOT NULL \
         ORDER BY app, recipient, address \
         ON CONFLICT (app, recipient, address) DO UPDATE SET reported_at = excluded.reported_at), \
     again AS ( \
         SELECT g.place FROM given AS g JOIN dispatches AS d ON d.id = g.id AND d.token = g.token WHERE CASE g.state \
             WHEN 'retried' THEN d.state IN ('planned', 'expired', 'cancelled', 'unknown') \
             WHEN 'postponed' THEN d.state IN ('planned', 'expired', 'cancelled', 'unknown') \
             WHEN 'released' THEN d.state IN ('planned', 'cancelled', 'unknown') \
             WHEN 'cancelled' THEN d.state IN ('cancelled', 'unknown') \
             WHEN 'expired' THEN d.state IN ('expired', 'unknown') ELSE d.state = g.state END) \
     SELECT place, goes_on, incident, opening, step, alternatives, due_at, expires_at, payload, now, bundle FROM settled \
     UNION ALL SELECT place, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM again";

/// Nothing follows when the incident is forgotten meanwhile.
const GO_ON: &str = "INSERT INTO dispatches (id, incident, opening, step, channel, target, alternatives, state, due_at, \
     expires_at, attempt, token, doubtful, created_at, bundle) \
     SELECT $1, i.id, $3, $4, $5, $6, $7, 'planned', $8, $9, 0, 0, false, $10, $11 FROM incidents AS i WHERE i.id = $2 \
     FOR KEY SHARE ON CONFLICT (id) DO NOTHING";

const ADDRESS: &str = "UPDATE dispatches SET target = $3, alternatives = $4, doubtful = false, reason = NULL \
     WHERE id = $1 AND token = $2";

/// `now` is the caller's, which due times are read against.
pub(super) async fn settle(
    session: &Session,
    batch: &[Settlement],
    now: Timestamp,
    time: Option<At>,
) -> Result<Vec<bool>, Failure> {
    let columns = Columns { time, ..Columns::of(batch, now) };
    // Only these write more than one row for each of the batch.
    let goes_on = |settlement: &Settlement| matches!(settlement.end, End::Failed { .. } | End::Addressed(_));
    let mut kept = vec![false; batch.len()];
    if !batch.iter().any(goes_on) {
        for row in session.query(SETTLE, &columns.params()).await? {
            keep(&row, &mut kept)?;
        }
        return Ok(kept);
    }
    let [settle] = session.prepare([SETTLE]).await?;
    let params = columns.params();
    let ((), rows) = tokio::try_join!(biased; session.run("BEGIN"), session.ask(&settle, &params))?;
    for row in &rows {
        let place = keep(row, &mut kept)?;
        let goes_on = row.try_get::<_, Option<bool>>(1)? == Some(true);
        if let Some(settlement) = place.and_then(|place| batch.get(place)).filter(|_| goes_on) {
            go_on(session, row, settlement).await?;
        }
    }
    session.run("COMMIT").await?;
    Ok(kept)
}

/// Notes what was kept, and says which of the batch it was.
fn keep(row: &Row, kept: &mut [bool]) -> Result<Option<usize>, Failure> {
    let place: i64 = row.try_get(0)?;
    let place = usize::try_from(place - 1).ok();
    if let Some(kept) = place.and_then(|place| kept.get_mut(place)) {
        *kept = true;
    }
    Ok(place)
}

/// Plans what follows from an end: the next address of a step whose first one failed for good, or the devices of an owner.
async fn go_on(session: &Session, row: &Row, settlement: &Settlement) -> Result<(), Failure> {
    match &settlement.end {
        End::Addressed(Addressed { target, alternatives, others }) => {
            let (id, token) = (row::uuid(&settlement.id), settlement.token);
            let (target, alternatives) = (row::to_json(target)?, row::alternatives(alternatives)?);
            session.query(ADDRESS, &[&id, &token, &target, &alternatives]).await?;
            for target in others {
                plan(session, row, target, &[]).await?;
            }
        }
        End::Failed { .. } => {
            let alternatives: &str = row.try_get(5)?;
            let targets: Vec<Target> = serde_json::from_str(alternatives).unwrap_or_default();
            if let Some((target, alternatives)) = targets.split_first() {
                plan(session, row, target, alternatives).await?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Plans a message to another address beside the one that `row` tells of.
async fn plan(session: &Session, row: &Row, target: &Target, alternatives: &[Target]) -> Result<(), Failure> {
    let payload = row.try_get::<_, Option<&str>>(8)?.unwrap_or_default();
    let Ok(error) = serde_json::from_str::<VehicleError>(payload) else { return Ok(()) };
    let (incident, opening, step): (i64, i64, i32) = (row.try_get(2)?, row.try_get(3)?, row.try_get(4)?);
    let (due_at, expires_at, now): (At, At, At) = (row.try_get(6)?, row.try_get(7)?, row.try_get(9)?);
    let id = DispatchId::of(&error, row::number(row, 3)?, u16::try_from(step).unwrap_or(u16::MAX), target);
    let (id, channel) = (row::uuid(&id), target.channel().as_str());
    let (target, alternatives) = (row::to_json(target)?, row::alternatives(alternatives)?);
    let bundle: Option<Uuid> = row.try_get(10)?;
    let params: [&(dyn ToSql + Sync); 11] =
        [&id, &incident, &opening, &step, &channel, &target, &alternatives, &due_at, &expires_at, &now, &bundle];
    session.query(GO_ON, &params).await.map(drop)
}

/// A batch, column by column.
#[derive(Default)]
struct Columns {
    /// What the statement goes by.
    time: Option<At>,
    id: Vec<Uuid>,
    token: Vec<i64>,
    state: Vec<&'static str>,
    /// Microseconds from now.
    pause: Vec<i64>,
    reason: Vec<Option<&'static str>>,
    detail: Vec<Option<String>>,
    transport: Vec<Option<String>>,
    provider_id: Vec<Option<String>>,
    locale: Vec<Option<String>>,
    revision: Vec<Option<String>>,
    address: Vec<Option<String>>,
}

impl Columns {
    fn of(batch: &[Settlement], now: Timestamp) -> Self {
        let mut columns = Self::default();
        let until = |due: &Timestamp| row::micros(due.duration_since(now));
        for settlement in batch {
            columns.id.push(row::uuid(&settlement.id));
            columns.token.push(settlement.token);
            let (mut trail, mut sent_as) = (Trail::default(), None);
            let (state, pause, reason, detail) = match &settlement.end {
                End::Sent { transport, provider_id, locale, revision } => {
                    let [transport, locale, revision] = [transport, locale, revision].map(|text| Some(text.clone()));
                    trail = Trail { transport, locale, revision, address: None };
                    sent_as = provider_id.as_deref();
                    ("sent", 0, None, None)
                }
                End::Retry { due_at, detail, only } => {
                    trail.transport.clone_from(only);
                    ("retried", until(due_at), None, Some(detail))
                }
                End::Released | End::Addressed(_) => ("released", 0, None, None),
                End::Postponed { due_at, reason } => ("postponed", until(due_at), Some(reason.as_str()), None),
                End::Failed { reason, detail, now, trail: known } => {
                    trail = known.clone();
                    ("failed", until(now), Some(reason.as_str()), Some(detail))
                }
                End::Cancelled { reason } => ("cancelled", 0, Some(reason.as_str()), None),
                End::Expired => ("expired", 0, None, None),
                End::Unknown { detail, trail: known } => {
                    trail = known.clone();
                    ("unknown", 0, None, Some(detail))
                }
            };
            columns.state.push(state);
            columns.pause.push(pause);
            columns.reason.push(reason);
            columns.detail.push(detail.map(|detail| row::text(detail)));
            columns.provider_id.push(sent_as.map(row::text));
            columns.transport.push(trail.transport);
            columns.locale.push(trail.locale);
            columns.revision.push(trail.revision);
            columns.address.push(trail.address.map(|address| address.to_string()));
        }
        columns
    }

    fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        let Self { time, id, token, state, pause, reason, detail, transport, provider_id, locale, revision, address } =
            self;
        vec![id, token, state, pause, reason, detail, transport, provider_id, locale, revision, time, address]
    }
}
