//! What a batch of errors makes of the incidents that are known: pure, so that every store decides alike. A store reads
//! the incidents that [`Batch::incidents`] asks for, calls [`Batch::decide`], and writes what it is told.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::id::{IncidentKey, incident_parts, parts_of};
use super::{Admission, CancelReason, Dispatch, DispatchId, Verdict};
use crate::event::{Moment, Recipient, State, Undated, VehicleError};
use crate::failpoint::{self, Point};
use crate::policy::{
    ALL_IS_WELL, Calm, Channel, Decision, Incident, Planned, Rules, Sighting, Target, Timing, decide, relieve,
};

/// The claim that comes with a dispatch's birth.
pub(super) const FIRST_TOKEN: i64 = 1;

/// The time as it will be read back, so that what was written equals what is at hand. A ledger keeps microseconds.
pub(super) fn rounded(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

/// A clock may be ahead of the ledger's by this much. What is said to have happened later counts as happening then, in the order
/// in which it came: a broken clock must not keep an incident open for ever.
const AHEAD: SignedDuration = SignedDuration::from_mins(15);

/// A batch on its way.
pub(super) struct Batch {
    /// Each admission, and which of the incidents it is about.
    admissions: Vec<(Admission, usize)>,
    incidents: Vec<Subject>,
}

/// One incident of a batch.
pub(super) struct Subject {
    pub(super) key: IncidentKey,
    /// See [`incident_parts`].
    pub(super) parts: [String; 5],
    id: Option<i64>,
    state: Option<Incident>,
    /// JSON of its newest error.
    payload: Option<String>,
    newest: Option<Arc<VehicleError>>,
    seen: u32,
    changed: bool,
    cancel: Option<Cancel>,
    closes: bool,
    /// Its owner was erased then: nothing that happened until then is taken up.
    erased_at: Option<Timestamp>,
    relief: Option<Relieved>,
}

/// What the store holds planned for an incident is cancelled.
#[derive(Clone, Copy)]
pub(super) struct Cancel {
    pub(super) reason: CancelReason,
    /// Where its number is counted.
    pub(super) verdict: usize,
}

/// What is to be written.
pub(super) struct Outcome {
    pub(super) verdicts: Vec<Verdict>,
    pub(super) changes: Vec<Change>,
    /// To be written after the changes, in this order.
    pub(super) births: Vec<Birth>,
}

/// What became of one incident. One that was not known and does not stand here is not to be remembered.
pub(super) struct Change {
    /// Its place in [`Batch::incidents`].
    pub(super) subject: usize,
    /// `None`: it was not known.
    pub(super) id: Option<i64>,
    pub(super) parts: [String; 5],
    pub(super) state: Incident,
    /// How many errors more.
    pub(super) seen: u32,
    /// `None`: as it is.
    pub(super) newest: Option<Arc<VehicleError>>,
    /// `false`: nothing but `seen` is new.
    pub(super) changed: bool,
    pub(super) cancel: Option<Cancel>,
    /// It was over in this batch: what it held back is due.
    pub(super) closes: bool,
    /// Whoever was told of it hears that it is over.
    pub(super) relief: Option<Relieved>,
}

/// An incident that is over, so that all is well.
#[derive(Clone, Copy)]
pub(super) struct Relieved {
    pub(super) opening: u32,
    /// Who was told of an earlier opening counts only if that was later than this: an error that comes and goes may have
    /// come back before the news of its end was out.
    pub(super) since: Timestamp,
    calm: Calm,
    bundles: Option<SignedDuration>,
}

/// A dispatch about to be written.
pub(super) struct Birth {
    pub(super) id: DispatchId,
    pub(super) subject: usize,
    pub(super) opening: u32,
    pub(super) planned: Planned,
    pub(super) state: Newborn,
    /// It may share a message with what is about other cars of the owner whose errors came no longer than this before.
    /// `None`: it goes alone.
    pub(super) bundles: Option<SignedDuration>,
    /// `None`: it is not claimed at its birth.
    error: Option<Arc<VehicleError>>,
}

/// The state in which a dispatch is written first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Newborn {
    Planned,
    /// Claimed by the worker that admits it.
    Claimed,
    /// Planned and cancelled by the same batch.
    Cancelled(CancelReason),
}

impl Birth {
    /// The claim that was written with it, if it was.
    pub(super) fn into_claimed(self) -> Option<Dispatch> {
        let Planned { step, target, alternatives, due_at, expires_at } = self.planned;
        Some(Dispatch {
            id: self.id,
            token: FIRST_TOKEN,
            error: self.error?,
            opening: self.opening,
            step,
            target,
            alternatives,
            due_at,
            expires_at,
            attempt: 1,
            doubtful: false,
            only: None,
            in_doubt_since: None,
            put_off: None,
            dead: Vec::new(),
            bundle: None,
        })
    }
}

impl Batch {
    pub(super) fn new(admissions: Vec<Admission>) -> Self {
        let mut places = HashMap::new();
        let mut incidents = Vec::new();
        let admissions = admissions.into_iter().map(|admission| {
            let parts = incident_parts(&admission.error);
            let key = IncidentKey::of(parts);
            let place = *places.entry(key).or_insert_with(|| {
                incidents.push(Subject::new(key, parts.map(str::to_owned)));
                incidents.len() - 1
            });
            (admission, place)
        });
        let admissions = admissions.collect();
        Self { admissions, incidents }
    }

    /// The incidents that the batch is about, each once.
    pub(super) fn incidents(&self) -> &[Subject] {
        &self.incidents
    }

    /// What the store remembers of one of them.
    pub(super) fn know(&mut self, subject: usize, id: i64, state: Incident, payload: Option<String>) {
        if let Some(subject) = self.incidents.get_mut(subject) {
            subject.id = Some(id);
            subject.state = Some(state);
            subject.payload = payload;
        }
    }

    /// The owner of one of them was erased then.
    pub(super) fn erased(&mut self, subject: usize, until: Timestamp) {
        if let Some(subject) = self.incidents.get_mut(subject) {
            subject.erased_at = Some(until);
        }
    }

    /// Decides about each error, one after the other. What is due already on a channel that `claims` is claimed.
    pub(super) fn decide(self, timing: Timing, claims: impl Fn(Channel) -> bool) -> Outcome {
        let Self { admissions, mut incidents } = self;
        let mut verdicts = Vec::with_capacity(admissions.len());
        // Dispatches come last: a RESOLVED further down the batch may still cancel what is due at once.
        let mut births: Vec<Birth> = Vec::new();
        for (admission, place) in admissions {
            let Some(subject) = incidents.get_mut(place) else { continue };
            let (decision, cancels) = subject.admit_safely(&admission, timing, verdicts.len());
            let mut cancelled = 0;
            if let Some(reason) = cancels {
                for birth in births.iter_mut().filter(|birth| birth.subject == place) {
                    if !matches!(birth.state, Newborn::Cancelled(_)) {
                        birth.state = Newborn::Cancelled(reason);
                        cancelled += 1;
                    }
                }
            }
            if let (Decision::Open { opening, plan }, Some(error)) = (&decision, &subject.newest) {
                let rules = admission.rules.as_deref().filter(|rules| rules.bundles);
                let bundles = rules.map(|rules| rules.grace).filter(SignedDuration::is_positive);
                births.extend(plan.iter().map(|planned| Birth::of(error, place, *opening, planned, bundles)));
            }
            verdicts.push(Verdict { decision, cancelled });
        }
        for birth in &mut births {
            let is_due = birth.state == Newborn::Planned && birth.planned.due_at <= timing.now;
            if is_due && claims(birth.planned.target.channel()) {
                birth.state = Newborn::Claimed;
            }
            if let Some(newest) = incidents.get(birth.subject).and_then(|subject| subject.newest.as_ref()) {
                birth.error = Some(Arc::clone(newest));
            }
        }
        let changes = incidents.into_iter().enumerate().filter_map(|(place, subject)| subject.into_change(place));
        Outcome { verdicts, changes: changes.collect(), births }
    }
}

impl Birth {
    fn of(
        error: &Arc<VehicleError>,
        subject: usize,
        opening: u32,
        planned: &Planned,
        bundles: Option<SignedDuration>,
    ) -> Self {
        Self {
            id: DispatchId::of(error, opening, planned.step, &planned.target),
            subject,
            opening,
            planned: Planned {
                due_at: rounded(planned.due_at),
                expires_at: rounded(planned.expires_at),
                ..planned.clone()
            },
            state: Newborn::Planned,
            bundles,
            error: Some(Arc::clone(error)),
        }
    }
}

impl Relieved {
    fn of(incident: Option<&Incident>, rules: Option<&Rules>, moment: Moment, timing: Timing) -> Option<Self> {
        let (rules, opening) = (rules?, incident?.opening);
        let calm = relieve(rules, moment, timing)?;
        let calm = Calm { due_at: rounded(calm.due_at), expires_at: rounded(calm.expires_at) };
        let worth = calm.expires_at.duration_since(timing.now);
        let since = timing.now.saturating_sub(worth).unwrap_or(Timestamp::MIN);
        let bundles = rules.relief.filter(|relief| relief.bundles && relief.grace.is_positive());
        Some(Self { opening, since, calm, bundles: bundles.map(|relief| relief.grace) })
    }
}

impl Change {
    /// The news for those who were told.
    pub(super) fn reliefs(&self, told: Vec<Target>) -> Vec<Birth> {
        let Some(Relieved { opening, calm, bundles, .. }) = self.relief else { return Vec::new() };
        let birth = |target: Target| Birth {
            id: DispatchId::of_incident(parts_of(&self.parts), opening, ALL_IS_WELL, &target),
            subject: self.subject,
            opening,
            planned: Planned {
                step: ALL_IS_WELL,
                target,
                alternatives: Vec::new(),
                due_at: calm.due_at,
                expires_at: calm.expires_at,
            },
            state: Newborn::Planned,
            bundles,
            error: None,
        };
        told.into_iter().map(birth).collect()
    }
}

impl Subject {
    fn new(key: IncidentKey, parts: [String; 5]) -> Self {
        let (id, state, payload, newest, cancel, erased_at) = (None, None, None, None, None, None);
        let (relief, changed, closes) = (None, false, false);
        Self { key, parts, id, state, payload, newest, seen: 0, changed, cancel, closes, erased_at, relief }
    }

    /// A panic costs one event, and not the ledger that asks.
    fn admit_safely(
        &mut self,
        admission: &Admission,
        timing: Timing,
        verdict: usize,
    ) -> (Decision, Option<CancelReason>) {
        let admit = AssertUnwindSafe(|| self.admit(admission, timing, verdict));
        catch_unwind(admit).unwrap_or((Decision::Panicked, None))
    }

    /// What is decided, and why what is planned so far is cancelled, if it is.
    fn admit(&mut self, admission: &Admission, timing: Timing, verdict: usize) -> (Decision, Option<CancelReason>) {
        failpoint::reach(Point::Deciding);
        let Admission { error, rules, targets, nights } = admission;
        let moment = self.moment(error, timing.now, verdict);
        if self.erased_at.is_some_and(|until| moment.at <= until) {
            return (Decision::Erased, None);
        }
        let sighting =
            Sighting { state: error.state, moment, rules: rules.as_deref(), targets, nights: nights.as_ref() };
        let known = self.state.as_ref();
        let decision = self.renumbered(decide(known, &sighting, timing));
        let next = Incident::after(known, moment, &decision);
        let opens = matches!(decision, Decision::Open { .. });
        let later = known.and_then(|incident| incident.last_error).is_none_or(|last| moment.is_after(&last));
        let is_newest = error.state == State::Error && next.is_some() && (opens || later);
        let newest = is_newest.then(|| Arc::new(self.completed(VehicleError { moment, ..error.clone() })));
        let relief = || Relieved::of(known, rules.as_deref(), moment, timing);
        let relief = matches!(decision, Decision::Close).then(relief).flatten();
        let cancels = match decision {
            Decision::Open { .. } if known.is_some() => Some(CancelReason::Superseded),
            Decision::Close => Some(CancelReason::Resolved),
            _ => None,
        };
        let counts = error.state == State::Error && !matches!(decision, Decision::TooOld);
        // An error that changes nothing is still one more that was seen, of an incident that is remembered.
        let is_seen = counts && (known.is_some() || next.is_some());
        // From here on nothing can panic: an event is taken up whole or not at all.
        self.newest = newest.or_else(|| self.newest.take());
        match &decision {
            Decision::Open { .. } => self.relief = None,
            Decision::Close => (self.relief, self.closes) = (relief, true),
            _ => {}
        }
        if is_seen {
            self.seen = self.seen.saturating_add(1);
        }
        if let Some(next) = next {
            self.state = Some(next);
            self.changed = true;
        }
        if let Some(reason) = cancels.filter(|_| self.id.is_some()) {
            // What is in the store is cancelled once; after that there is nothing left of it.
            self.cancel.get_or_insert(Cancel { reason, verdict });
        }
        (decision, cancels)
    }

    /// When the `place`th error of a batch happened. Who says so has a clock of its own, and so has each worker, of which none is
    /// asked; the ledger has one, and in what order things came it knows.
    fn moment(&self, error: &VehicleError, now: Timestamp, place: usize) -> Moment {
        let later = Duration::from_micros(place as u64);
        let arrival = now.saturating_add(later).unwrap_or(now);
        let latest = arrival.saturating_add(AHEAD).unwrap_or(Timestamp::MAX);
        let at = match error.undated {
            None => error.moment.at.min(latest),
            Some(undated) => self.taken_before(error, undated).unwrap_or(arrival),
        };
        Moment { at: rounded(at), ..error.moment }
    }

    /// When the newest error came, if it is this one, which was not acknowledged and comes again: it is no news, whatever has
    /// happened since.
    fn taken_before(&self, error: &VehicleError, undated: Undated) -> Option<Timestamp> {
        if undated == Undated::Nameless || error.state != State::Error {
            return None;
        }
        let known = self.newest_known()?;
        let is_same = known.event_id == error.event_id && known.undated == error.undated;
        is_same.then_some(known.moment.at)
    }

    /// Openings that were forgotten with their owner are not counted again from 1, or a message of today could bear the id of one
    /// that a carrier has not forgotten, and would not be sent. The time is ahead of whatever was counted before.
    fn renumbered(&self, decision: Decision) -> Decision {
        match (decision, self.erased_at) {
            (Decision::Open { opening: 1, plan }, Some(until)) => {
                let forgotten = u32::try_from(until.as_second()).unwrap_or(0);
                Decision::Open { opening: forgotten.saturating_add(1), plan }
            }
            (decision, _) => decision,
        }
    }

    /// An event that repeats the error may say less about the owner: what is planned still needs the address.
    fn completed(&self, mut error: VehicleError) -> VehicleError {
        let Recipient { email, name, locale, .. } = &error.recipient;
        if (email.is_none() || name.is_none() || locale.is_none())
            && let Some(earlier) = self.newest_known()
        {
            error.recipient.complete(earlier.recipient);
        }
        error
    }

    fn newest_known(&self) -> Option<VehicleError> {
        let stored = || serde_json::from_str(self.payload.as_deref()?).ok();
        self.newest.as_deref().cloned().or_else(stored)
    }

    fn into_change(self, subject: usize) -> Option<Change> {
        let Self { parts, id, state, newest, seen, changed, cancel, closes, relief, .. } = self;
        let is_new = changed || (seen > 0 && id.is_some());
        is_new.then(|| Change {
            subject,
            id,
            parts,
            state: state.unwrap_or_default(),
            seen,
            newest,
            changed,
            cancel,
            closes,
            relief,
        })
    }
}
