//! What only looks: the check before a send, the census, the next due.

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::fault::Failure;
use super::pool::Session;
use super::row::{self, At};
use super::told::{is_known, unrelieved};
use crate::ledger::cap::{self, Told};
use crate::ledger::id::incident_parts;
use crate::ledger::inhibition::{self, Other};
use crate::ledger::{CancelReason, Candidate, Census, PostponeReason, Standing, Terms};
use crate::policy::Channel;

const STANDING: &str = concat!(
    "SELECT g.place, CASE WHEN d.opening <> i.opening THEN 'superseded' \
             WHEN d.step = 65535 THEN CASE WHEN i.open THEN 'superseded' WHEN ",
    is_known!(),
    " THEN 'wanted' WHEN EXISTS (SELECT FROM dispatches AS p WHERE p.incident = d.incident AND p.target = d.target \
                 AND p.step <> 65535 AND p.state = 'sending') THEN 'unsure' ELSE 'untold' END \
             WHEN i.open THEN 'wanted' ELSE 'resolved' END, \
         EXISTS (SELECT FROM dispatches AS o WHERE o.incident = d.incident AND o.opening = d.opening AND o.step > d.step \
             AND o.target = d.target AND o.state IN ('planned', 'sending', 'sent', 'unknown') \
             AND o.due_at <= (SELECT coalesce($3::timestamptz, clock_timestamp()))) \
     FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY AS g (id, token, place) \
     JOIN dispatches AS d ON d.id = g.id AND d.token = g.token JOIN incidents AS i ON i.id = d.incident \
     WHERE d.state = 'sending' \
     AND d.lease_until > (SELECT coalesce($3::timestamptz, clock_timestamp())) + $4::bigint * interval '1 microsecond'"
);

/// What there is and was of the car of each candidate.
const OF_CAR: &str = "SELECT g.place, i.code, i.opened_at, CASE WHEN NOT i.open THEN i.last_resolved_at END \
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS g (app, recipient, vehicle, type, place), \
     LATERAL (SELECT * FROM incidents AS i WHERE i.recipient = g.recipient AND i.app = g.app \
         AND i.vehicle = g.vehicle AND i.type = g.type AND i.opened_at IS NOT NULL OFFSET 0) AS i";

/// Who looks for an owner looks alone; in one order, so that two looks never wait for each other in a circle.
const ALONE: &str = "SELECT pg_advisory_xact_lock(key) FROM ( \
     SELECT DISTINCT hashtextextended(concat_ws('/', i.app, i.recipient), 1) AS key \
     FROM dispatches AS d JOIN incidents AS i ON i.id = d.incident WHERE d.id = ANY($1::uuid[]) ORDER BY key OFFSET 0) AS owners";

/// A claim that was looked at before keeps its turn.
const TURN: &str = "UPDATE dispatches AS d SET turn = (SELECT nextval('turns')) \
     FROM unnest($1::uuid[], $2::bigint[]) AS g (id, token) \
     WHERE d.id = g.id AND d.token = g.token AND d.state = 'sending' AND d.turn IS NULL";

/// The rung of an incident, for what speaks of several cars that of the first: the same over each channel.
macro_rules! rung {
    ($of:literal) => {
        concat!(
            "coalesce((SELECT concat_ws('/', b.incident, b.opening, b.step) FROM dispatches AS b WHERE b.id = ",
            $of,
            ".bundle), concat_ws('/', ",
            $of,
            ".incident, ",
            $of,
            ".opening, ",
            $of,
            ".step)) AS rung "
        )
    };
}

/// What the owner of each claim was told of in the last day, or is being told of in an earlier turn; how long ago. Step by step,
/// or a server that has not counted its rows yet goes through all that is being sent.
const TOLD: &str = concat!(
    "WITH clock AS MATERIALIZED (SELECT coalesce($2::timestamptz, clock_timestamp()) AS now) \
     SELECT g.place, \
         coalesce(min(extract(epoch FROM clock.now - o.settled_at) * 1000000) FILTER (WHERE o.state <> 'sending'), 0)::bigint, \
         bool_and(o.state = 'sending'), o.rung = d.rung \
     FROM clock, unnest($1::uuid[]) WITH ORDINALITY AS g (id, place), \
     LATERAL (SELECT i.app, i.recipient, d.turn, d.ordinal, ",
    rung!("d"),
    "FROM dispatches AS d JOIN incidents AS i ON i.id = d.incident WHERE d.id = g.id OFFSET 0) AS d, \
     LATERAL (SELECT i.id FROM incidents AS i WHERE i.recipient = d.recipient AND i.app = d.app OFFSET 0) AS own, \
     LATERAL (SELECT o.state, o.settled_at, ",
    rung!("o"),
    "FROM dispatches AS o WHERE o.incident = own.id AND o.id <> g.id \
             AND (o.state IN ('sent', 'unknown') AND o.settled_at > clock.now - $3::bigint * interval '1 microsecond' \
                 OR o.state = 'sending' AND o.lease_until > clock.now \
                     AND (o.turn, o.ordinal) < (d.turn, d.ordinal)) OFFSET 0) AS o \
     GROUP BY g.place, o.rung, d.rung"
);

const CENSUS: &str = "SELECT state, count(*), count(*) FILTER (WHERE attempt > 0) FROM dispatches GROUP BY state";

const NEXT_DUE: &str = "SELECT (SELECT min(due_at) FROM dispatches WHERE state = 'planned' AND channel = $1), \
     coalesce($2::timestamptz, clock_timestamp())";

/// Each channel by its own part of the index, and of each no more than can matter.
const BACKLOG: &str = "SELECT count(*) FROM (SELECT FROM dispatches AS d WHERE d.state = 'planned' AND d.channel = $1 \
         AND d.due_at <= (SELECT coalesce($2::timestamptz, clock_timestamp())) + $4::bigint * interval '1 microsecond' \
         LIMIT $3::bigint) AS due";

pub(super) async fn standing(
    session: &Session,
    candidates: &[Candidate],
    now: Timestamp,
    time: Option<At>,
    terms: Terms,
) -> Result<Vec<Standing>, Failure> {
    let ids: Vec<Uuid> = candidates.iter().map(|candidate| row::uuid(&candidate.id)).collect();
    let tokens: Vec<i64> = candidates.iter().map(|candidate| candidate.token).collect();
    let mut standings = vec![Standing::Lost; candidates.len()];
    for row in session.query(STANDING, &[&ids, &tokens, &time, &row::micros(terms.hold)]).await? {
        let (place, fate, overtaken): (i64, &str, bool) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let place = usize::try_from(place - 1).unwrap_or(usize::MAX);
        if let Some(standing) = standings.get_mut(place) {
            *standing = match fate {
                "wanted" if overtaken => Standing::Over(CancelReason::Overtaken),
                "wanted" => Standing::Go,
                "resolved" => Standing::Over(CancelReason::Resolved),
                "untold" => Standing::Over(CancelReason::Untold),
                "unsure" => inhibition::unsure(now),
                _ => Standing::Over(CancelReason::Superseded),
            };
        }
    }
    let wanted = |place: &usize| standings[*place] == Standing::Go && inhibition::matters_to(&candidates[*place]);
    let wanted: Vec<usize> = (0..candidates.len()).filter(wanted).collect();
    let of_cars = of_cars(session, wanted.iter().map(|place| &candidates[*place])).await?;
    for (place, of_car) in wanted.into_iter().zip(of_cars) {
        if let Some(due_at) = inhibition::wait(&candidates[place], now, &of_car) {
            standings[place] = Standing::NotNow { due_at, reason: PostponeReason::Inhibited };
        }
    }
    if let Some(most) = terms.daily {
        let wanted: Vec<usize> = (0..ids.len()).filter(|place| standings[*place] == Standing::Go).collect();
        let claims = wanted.iter().map(|place| (ids[*place], tokens[*place])).unzip();
        for (place, told) in wanted.into_iter().zip(told(session, claims, now, time).await?) {
            if let Some(due_at) = cap::wait(told, most, now) {
                standings[place] = Standing::NotNow { due_at, reason: PostponeReason::DailyCap };
            }
        }
    }
    Ok(standings)
}

async fn of_cars(session: &Session, candidates: impl Iterator<Item = &Candidate>) -> Result<Vec<Vec<Other>>, Failure> {
    let mut columns: [Vec<&str>; 4] = Default::default();
    for candidate in candidates {
        for (column, part) in columns.iter_mut().zip(incident_parts(&candidate.error)) {
            column.push(part);
        }
    }
    let mut of_cars: Vec<Vec<Other>> = columns[0].iter().map(|_| Vec::new()).collect();
    if of_cars.is_empty() {
        return Ok(of_cars);
    }
    let [app, recipient, vehicle, kind] = &columns;
    for row in session.query(OF_CAR, &[app, recipient, vehicle, kind]).await? {
        let (place, code, At(opened)): (i64, String, At) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let resolved: Option<At> = row.try_get(3)?;
        if let Some(of_car) = usize::try_from(place - 1).ok().and_then(|place| of_cars.get_mut(place)) {
            of_car.push(Other { code, opened, resolved: resolved.map(|At(at)| at) });
        }
    }
    Ok(of_cars)
}

/// By the clock that says `now`. Each claim gets its turn while nobody else looks for its owner: whoever comes later sees it,
/// which the times of the claims would not prove, for a claim can be seen only after its commit. No commit is waited for: if the
/// server dies now, what it forgets is a turn.
async fn told(
    session: &Session,
    (ids, tokens): (Vec<Uuid>, Vec<i64>),
    now: Timestamp,
    time: Option<At>,
) -> Result<Vec<Vec<Told>>, Failure> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let [alone, turn, told] = session.prepare([ALONE, TURN, TOLD]).await?;
    let day = row::micros(cap::DAY);
    let (owners, claims): ([&(dyn ToSql + Sync); 1], [&(dyn ToSql + Sync); 2]) = ([&ids], [&ids, &tokens]);
    let asked: [&(dyn ToSql + Sync); 3] = [&ids, &time, &day];
    let ((), _, _, rows, ()) = tokio::try_join!(
        biased;
        session.run("BEGIN; SET LOCAL synchronous_commit = off"),
        session.ask(&alone, &owners),
        session.ask(&turn, &claims),
        session.ask(&told, &asked),
        session.run("COMMIT"),
    )?;
    let mut all = vec![Vec::new(); ids.len()];
    for row in &rows {
        let (place, ago): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let at = now.saturating_sub(SignedDuration::from_micros(ago)).unwrap_or(Timestamp::MIN);
        let told = Told { at, is_under_way: row.try_get(2)?, is_same: row.try_get(3)? };
        if let Some(known) = usize::try_from(place - 1).ok().and_then(|place| all.get_mut(place)) {
            known.push(told);
        }
    }
    Ok(all)
}

pub(super) async fn census(session: &Session) -> Result<Census, Failure> {
    let mut census = Census::default();
    for row in session.query(CENSUS, &[]).await? {
        let state: &str = row.try_get(0)?;
        census.note(state, row.try_get(1).map(i64::cast_unsigned)?);
        if state == "planned" {
            census.retrying = row.try_get(2).map(i64::cast_unsigned)?;
        }
    }
    Ok(census)
}

pub(super) async fn backlog(
    session: &Session,
    channel: Channel,
    time: Option<At>,
    ahead: SignedDuration,
    most: u64,
) -> Result<u64, Failure> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = session.query(BACKLOG, &[&channel.as_str(), &time, &most, &row::micros(ahead)]).await?;
    let row = rows.first().ok_or_else(|| Failure::Stored("no answer to how much is due".into()))?;
    Ok(row.try_get(0).map(i64::cast_unsigned)?)
}

/// By the clock that says `now`, which may be ahead of the server's, or behind it.
pub(super) async fn next_due(
    session: &Session,
    channel: Channel,
    now: Timestamp,
    time: Option<At>,
) -> Result<Option<Timestamp>, Failure> {
    let rows = session.query(NEXT_DUE, &[&channel.as_str(), &time]).await?;
    let row = rows.first().ok_or_else(|| Failure::Stored("no answer to what is due".into()))?;
    let (due, At(server)): (Option<At>, At) = (row.try_get(0)?, row.try_get(1)?);
    Ok(due.map(|At(due)| now.saturating_add(due.duration_since(server)).unwrap_or(Timestamp::MAX)))
}
