//! Admission in two round trips: lock and read the incidents of a batch; write what was decided, and commit. A third where
//! the end of something is news.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;

use super::fault::Failure;
use super::pool::Session;
use super::row::{self, At, incident_columns};
use super::told::{Ends, TOLD};
use super::unheard::Ticket;
use super::{bundle, erase};
use crate::event::Moment;
use crate::ledger::admission::{Batch, Birth, Change, FIRST_TOKEN, Newborn, Outcome};
use crate::ledger::{Admission, Admitted, DeadAddress, Verdict};
use crate::policy::{Pace, Timing};

/// Incidents that nobody knows yet, so that there is something to lock. In the order of their keys, so that two batches
/// never wait for each other in a circle.
const MEET: &str = "INSERT INTO incidents AS i (key, app, recipient, vehicle, type, code, opening, open, seen, created_at, \
     updated_at) SELECT g.key, g.app, g.recipient, g.vehicle, g.type, g.code, 0, false, 0, t.now, t.now \
     FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) \
     AS g (key, app, recipient, vehicle, type, code), \
     (SELECT coalesce($7::timestamptz, clock_timestamp()) AS now) AS t \
     WHERE NOT EXISTS (SELECT FROM incidents AS known WHERE known.key = g.key) \
     ORDER BY g.key ON CONFLICT (key) DO NOTHING RETURNING i.id";

const LOCK: &str = concat!(
    "SELECT i.key, i.id, i.payload, ",
    incident_columns!(),
    " FROM incidents AS i WHERE i.key = ANY($1::bytea[]) ORDER BY i.key FOR UPDATE"
);

/// What is known of the owners' addresses.
const DEAD: &str = "SELECT DISTINCT a.app, a.recipient, a.address, a.reported_at FROM dead_addresses AS a \
     JOIN unnest($1::text[], $2::text[]) AS g (app, recipient) ON a.app = g.app AND a.recipient = g.recipient";

/// Asked when the locks are held, however long that was waited for.
const NOW: &str = "SELECT coalesce($1::timestamptz, clock_timestamp())";

const CHANGE: &str = "UPDATE incidents AS i SET opening = g.opening, open = g.open, opened_at = g.opened_at, \
     opened_sequence = g.opened_sequence, last_error_at = g.error_at, last_error_sequence = g.error_sequence, \
     last_resolved_at = g.resolved_at, last_resolved_sequence = g.resolved_sequence, seen = i.seen + g.seen, \
     payload = coalesce(g.payload, i.payload), \
     updated_at = CASE WHEN g.changed THEN $13::timestamptz ELSE i.updated_at END \
     FROM unnest($1::bigint[], $2::bigint[], $3::boolean[], $4::timestamptz[], $5::bigint[], $6::timestamptz[], \
     $7::bigint[], $8::timestamptz[], $9::bigint[], $10::bigint[], $11::text[], $12::boolean[]) \
     AS g (id, opening, open, opened_at, opened_sequence, error_at, error_sequence, resolved_at, resolved_sequence, seen, \
     payload, changed) WHERE i.id = g.id";

const FORGET: &str = "DELETE FROM incidents WHERE id = ANY($1::bigint[])";

/// What a carrier may have accepted before has an end that nobody knows.
const CANCEL: &str = "UPDATE dispatches AS d SET settled_at = $3::timestamptz, \
         state = CASE WHEN d.doubtful OR d.transport IS NOT NULL THEN 'unknown' ELSE 'cancelled' END, \
         reason = CASE WHEN d.doubtful OR d.transport IS NOT NULL THEN NULL ELSE g.reason END, \
         detail = CASE WHEN d.doubtful OR d.transport IS NOT NULL \
             THEN 'it may have been sent before it was over: ' || g.reason ELSE d.detail END \
     FROM unnest($1::bigint[], $2::text[]) AS g (incident, reason) \
     WHERE d.incident = g.incident AND d.state = 'planned' RETURNING d.incident";

/// What is held back about the cars of incidents that are over is due: the look decides what holds it back now. That all is well
/// is not said in that moment: it may be joined by the news that this is over too. What another transaction holds, which may wait
/// for us, is being claimed or cancelled there.
const WAKE: &str = "UPDATE dispatches SET due_at = $2::timestamptz WHERE id IN ( \
     SELECT d.id FROM incidents AS i JOIN incidents AS o ON o.recipient = i.recipient AND o.app = i.app \
         AND o.vehicle = i.vehicle JOIN dispatches AS d ON d.incident = o.id \
     WHERE i.id = ANY($1::bigint[]) AND d.state = 'planned' AND d.reason = 'inhibited' AND d.due_at > $2::timestamptz \
         AND d.step <> 65535 \
     FOR UPDATE OF d SKIP LOCKED)";

const BEAR: &str = "INSERT INTO dispatches AS d (id, incident, opening, step, channel, target, alternatives, state, due_at, \
     expires_at, attempt, token, doubtful, owner, lease_until, reason, created_at, settled_at) \
     SELECT g.id, g.incident, g.opening, g.step, g.channel, g.target, g.alternatives, g.state, g.due_at, g.expires_at, \
     CASE WHEN g.state = 'sending' THEN 1 ELSE 0 END, CASE WHEN g.state = 'sending' THEN $12::bigint ELSE 0 END, false, \
     CASE WHEN g.state = 'sending' THEN $13::text END, \
     CASE WHEN g.state = 'sending' THEN $15::timestamptz + $14::bigint * interval '1 microsecond' END, \
     g.reason, $15::timestamptz, CASE WHEN g.state = 'cancelled' THEN $15::timestamptz END \
     FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::text[], \
     $9::timestamptz[], $10::timestamptz[], $11::text[]) WITH ORDINALITY \
     AS g (id, incident, opening, step, channel, target, alternatives, state, due_at, expires_at, reason, ordinal) \
     ORDER BY g.ordinal ON CONFLICT (id) DO NOTHING RETURNING d.id";

pub(super) async fn admit(
    session: &Session,
    batch: Vec<Admission>,
    time: Option<At>,
    pace: Pace,
    ticket: Option<&Ticket<'_>>,
) -> Result<Admitted, Failure> {
    let mut batch = Batch::new(batch);
    let met = Met::lock(session, &mut batch, time).await?;
    let outcome = batch.decide(Timing { now: met.now, mode: pace }, |channel| {
        ticket.is_some_and(|ticket| ticket.claimant.takes(channel))
    });
    met.write(session, outcome, ticket).await
}

/// The incidents of a batch, locked.
struct Met {
    now: Timestamp,
    /// By their place in the batch.
    ids: HashMap<usize, i64>,
    /// Those that nobody knew.
    new: HashSet<i64>,
    /// Addresses of its owners that were found dead, by app and owner.
    dead: HashMap<(String, String), Vec<DeadAddress>>,
}

impl Met {
    async fn lock(session: &Session, batch: &mut Batch, time: Option<At>) -> Result<Self, Failure> {
        let [meet, lock, now, dead, erased] = session.prepare([MEET, LOCK, NOW, DEAD, erase::ERASED]).await?;
        let subjects = batch.incidents();
        let keys: Vec<&[u8]> = subjects.iter().map(|subject| subject.key.as_bytes()).collect();
        let part =
            |index: usize| -> Vec<String> { subjects.iter().map(|subject| row::text(&subject.parts[index])).collect() };
        let parts: [Vec<String>; 5] = std::array::from_fn(part);
        let [app, recipient, vehicle, kind, code] = &parts;
        let meeting: [&(dyn ToSql + Sync); 7] = [&keys, app, recipient, vehicle, kind, code, &time];
        let (locking, asking): ([&(dyn ToSql + Sync); 1], [&(dyn ToSql + Sync); 1]) = ([&keys], [&time]);
        let owners: [&(dyn ToSql + Sync); 2] = [app, recipient];
        let ((), new, found, clock, dead, erased) = tokio::try_join!(
            biased;
            session.run("BEGIN"),
            session.ask(&meet, &meeting),
            session.ask(&lock, &locking),
            session.ask(&now, &asking),
            session.ask(&dead, &owners),
            session.ask(&erased, &owners),
        )?;
        let At(now) = clock.first().ok_or_else(|| Failure::Stored("no time".into()))?.try_get(0)?;
        let new: HashSet<i64> = new.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        let places: HashMap<Vec<u8>, usize> =
            keys.iter().enumerate().map(|(place, key)| (key.to_vec(), place)).collect();
        let mut ids = HashMap::new();
        for row in &found {
            let (key, id): (&[u8], i64) = (row.try_get(0)?, row.try_get(1)?);
            let Some(place) = places.get(key) else { continue };
            ids.insert(*place, id);
            if !new.contains(&id) {
                batch.know(*place, id, row::incident(row, 3)?, row.try_get(2)?);
            }
        }
        if ids.len() < places.len() {
            // It was there a moment ago, and is forgotten by now.
            return Err(Failure::Gone);
        }
        for row in &erased {
            let (place, At(until)): (i64, At) = (row.try_get(0)?, row.try_get(1)?);
            batch.erased(usize::try_from(place - 1).unwrap_or(usize::MAX), until);
        }
        Ok(Self { now, ids, new, dead: by_owner(&dead)? })
    }

    /// All that was decided, and the commit, in one round trip.
    async fn write(
        self,
        session: &Session,
        outcome: Outcome,
        ticket: Option<&Ticket<'_>>,
    ) -> Result<Admitted, Failure> {
        let Outcome { mut verdicts, changes, mut births } = outcome;
        let mut new = self.new;
        let mut changed = Changes::default();
        let mut cancels = Cancels::default();
        let (mut ends, mut closed) = (Ends::default(), Vec::new());
        for change in &changes {
            let Some(id) = self.ids.get(&change.subject) else { continue };
            new.remove(id);
            changed.push(*id, change)?;
            cancels.push(*id, change);
            ends.push(*id, change);
            closed.extend(change.closes.then_some(*id));
        }
        let forgotten: Vec<i64> = new.into_iter().collect();
        let now = At(self.now);
        let (name, lease) = ticket.map_or(("", 0), |ticket| (ticket.name.as_str(), row::micros(ticket.claimant.lease)));
        let [change, forget, cancel, wake, bear, tell] =
            session.prepare([CHANGE, FORGET, CANCEL, WAKE, BEAR, TOLD]).await?;
        let last = async {
            // One more round trip, only where the end of something is news. Asked after the cancelling: what was claimed before
            // that is not planned any more, but being sent.
            if !ends.incident.is_empty() {
                births.extend(ends.reliefs(&session.ask(&tell, &ends.params()).await?)?);
            }
            let columns = Births::of(&births, &self.ids)?;
            let params = columns.params(&[&FIRST_TOKEN, &name, &lease, &now]);
            let bear = unless_empty(session, &bear, &columns.id, params);
            tokio::try_join!(biased; bear, session.run("COMMIT"))
        };
        let (_, cancelled, _, _, (born, ())) = tokio::try_join!(
            biased;
            unless_empty(session, &change, &changed.id, changed.params(&now)),
            unless_empty(session, &cancel, &cancels.incident, vec![&cancels.incident, &cancels.reason, &now]),
            unless_empty(session, &wake, &closed, vec![&closed, &now]),
            unless_empty(session, &forget, &forgotten, vec![&forgotten]),
            last,
        )?;
        // What was committed stays so: at worst each car is told of alone.
        if let Err(fault) = bundle::join(session, &births).await {
            tracing::warn!(?fault, "cars of one owner may be told of in messages of their own");
        }
        for row in &cancelled {
            cancels.count(row.try_get(0)?, &mut verdicts);
        }
        let born: HashSet<Uuid> = born.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        let claimed =
            births.into_iter().filter(|birth| birth.state == Newborn::Claimed && born.contains(&row::uuid(&birth.id)));
        let claimed = claimed.filter_map(Birth::into_claimed).map(|mut dispatch| {
            let owner = (row::text(&dispatch.error.app), row::text(&dispatch.error.recipient.id));
            dispatch.dead = self.dead.get(&owner).cloned().unwrap_or_default();
            dispatch
        });
        Ok(Admitted { verdicts, claimed: claimed.collect() })
    }
}

fn by_owner(rows: &[Row]) -> Result<HashMap<(String, String), Vec<DeadAddress>>, Failure> {
    let mut dead: HashMap<_, Vec<DeadAddress>> = HashMap::new();
    for row in rows {
        let known = row::dead(row.try_get(2)?, row.try_get(3)?);
        dead.entry((row.try_get(0)?, row.try_get(1)?)).or_default().extend(known);
    }
    Ok(dead)
}

async fn unless_empty<T>(
    session: &Session,
    statement: &Statement,
    rows: &[T],
    params: Vec<&(dyn ToSql + Sync)>,
) -> Result<Vec<Row>, Failure> {
    if rows.is_empty() { Ok(Vec::new()) } else { session.ask(statement, &params).await }
}

/// The incidents that changed, column by column.
#[derive(Default)]
struct Changes {
    id: Vec<i64>,
    opening: Vec<i64>,
    open: Vec<bool>,
    opened: Moments,
    error: Moments,
    resolved: Moments,
    seen: Vec<i64>,
    payload: Vec<Option<String>>,
    changed: Vec<bool>,
}

#[derive(Default)]
struct Moments {
    at: Vec<Option<At>>,
    sequence: Vec<Option<i64>>,
}

impl Moments {
    fn push(&mut self, moment: Option<Moment>) {
        let (at, sequence) = row::columns(moment);
        self.at.push(at);
        self.sequence.push(sequence);
    }
}

impl Changes {
    fn push(&mut self, id: i64, change: &Change) -> Result<(), Failure> {
        self.id.push(id);
        self.opening.push(change.state.opening.into());
        self.open.push(change.state.is_open());
        self.opened.push(change.state.opened);
        self.error.push(change.state.last_error);
        self.resolved.push(change.state.last_resolved);
        self.seen.push(change.seen.into());
        self.payload.push(change.newest.as_deref().map(row::to_json).transpose()?);
        self.changed.push(change.changed);
        Ok(())
    }

    fn params<'a>(&'a self, now: &'a At) -> Vec<&'a (dyn ToSql + Sync)> {
        let Self { id, opening, open, opened, error, resolved, seen, payload, changed } = self;
        vec![
            id,
            opening,
            open,
            &opened.at,
            &opened.sequence,
            &error.at,
            &error.sequence,
            &resolved.at,
            &resolved.sequence,
            seen,
            payload,
            changed,
            now,
        ]
    }
}

/// The incidents whose plans are cancelled, and where their numbers are counted.
#[derive(Default)]
struct Cancels {
    incident: Vec<i64>,
    reason: Vec<&'static str>,
    verdict: Vec<usize>,
}

impl Cancels {
    fn push(&mut self, id: i64, change: &Change) {
        if let Some(cancel) = change.cancel {
            self.incident.push(id);
            self.reason.push(cancel.reason.as_str());
            self.verdict.push(cancel.verdict);
        }
    }

    fn count(&self, incident: i64, verdicts: &mut [Verdict]) {
        let place = self.incident.iter().position(|cancelled| *cancelled == incident);
        if let Some(verdict) = place.and_then(|place| verdicts.get_mut(self.verdict[place])) {
            verdict.cancelled += 1;
        }
    }
}

/// The dispatches that are born, column by column.
#[derive(Default)]
struct Births {
    id: Vec<Uuid>,
    incident: Vec<i64>,
    opening: Vec<i64>,
    step: Vec<i32>,
    channel: Vec<&'static str>,
    target: Vec<String>,
    alternatives: Vec<Option<String>>,
    state: Vec<&'static str>,
    due_at: Vec<At>,
    expires_at: Vec<At>,
    reason: Vec<Option<&'static str>>,
}

impl Births {
    fn of(births: &[Birth], ids: &HashMap<usize, i64>) -> Result<Self, Failure> {
        let mut columns = Self::default();
        for birth in births {
            let Some(incident) = ids.get(&birth.subject) else { continue };
            let (state, reason) = match birth.state {
                Newborn::Planned => ("planned", None),
                Newborn::Claimed => ("sending", None),
                Newborn::Cancelled(reason) => ("cancelled", Some(reason.as_str())),
            };
            let planned = &birth.planned;
            columns.id.push(row::uuid(&birth.id));
            columns.incident.push(*incident);
            columns.opening.push(birth.opening.into());
            columns.step.push(planned.step.into());
            columns.channel.push(planned.target.channel().as_str());
            columns.target.push(row::to_json(&planned.target)?);
            columns.alternatives.push(row::alternatives(&planned.alternatives)?);
            columns.state.push(state);
            columns.due_at.push(At(planned.due_at));
            columns.expires_at.push(At(planned.expires_at));
            columns.reason.push(reason);
        }
        Ok(columns)
    }

    fn params<'a>(&'a self, rest: &[&'a (dyn ToSql + Sync)]) -> Vec<&'a (dyn ToSql + Sync)> {
        let Self { id, incident, opening, step, channel, target, alternatives, state, due_at, expires_at, reason } =
            self;
        let mut params: Vec<&(dyn ToSql + Sync)> =
            vec![id, incident, opening, step, channel, target, alternatives, state, due_at, expires_at, reason];
        params.extend(rest);
        params
    }
}
