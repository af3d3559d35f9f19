//! What owners receive, against a model: ERROR and RESOLVED of two cars in any order, late, repeated, with and without
//! sequences, taken by workers whose clocks differ, through the policy and a real ledger, on a clock that a test moves. The model knows no incidents, openings or
//! claims: only what was heard of a car so far, and the messages that are still to come.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set its scene has failed")]

use std::collections::BTreeSet;
use std::sync::Arc;

use dashlight::event::{Context, Properties, State, parse};
use dashlight::ledger::{
    Admission, CancelReason, Candidate, Claimant, Dispatch, End, Ledger, Settlement, SqliteLedger, Standing, Terms,
};
use dashlight::policy::{Channel, Pace, Reach, Rules, Step, Target};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const CARS: usize = 2;

/// A clock that is ahead is believed so far.
const AHEAD: i64 = 15 * 60;

/// One event as it comes in. Times are seconds from the beginning.
#[derive(Debug, Clone, Copy)]
struct Event {
    arrives: i64,
    /// By the clock of the worker that takes it, so much later.
    skew: i64,
    happened: i64,
    sequence: Option<u64>,
    car: usize,
    state: State,
}

impl Event {
    fn is_after(&self, other: &Self) -> bool {
        match (self.sequence, other.sequence) {
            (Some(mine), Some(theirs)) => mine > theirs,
            _ => self.happened > other.happened,
        }
    }
}

/// What holds for all of a history.
#[derive(Debug, Clone)]
struct Terrain {
    grace: i64,
    steps: Vec<i64>,
    cooldown: i64,
    expiry: i64,
    daily: Option<u32>,
}

/// A message as the owner sees it: when, about which car, and which word about it.
type Received = (i64, usize, usize);

/// A message that is still to come.
#[derive(Debug, Clone)]
struct Coming {
    due: i64,
    expires: i64,
    car: usize,
    step: usize,
    /// The order in which they were thought of.
    number: usize,
}

/// What was heard of one car.
#[derive(Debug, Default)]
struct Car {
    /// The trouble that the owner was, or is to be, told of.
    told_of: Option<Event>,
    /// Since then, itself among them.
    errors: Vec<Event>,
    resolved: Vec<Event>,
    /// How far this trouble's words have come: the step and when it was due.
    said: Vec<(usize, i64)>,
}

struct Model<'a> {
    terrain: &'a Terrain,
    cars: [Car; CARS],
    coming: Vec<Coming>,
    received: Vec<Received>,
    thought_of: usize,
}

impl<'a> Model<'a> {
    fn new(terrain: &'a Terrain) -> Self {
        let cars = std::array::from_fn(|_| Car::default());
        Self { terrain, cars, coming: Vec::new(), received: Vec::new(), thought_of: 0 }
    }

    fn hear(&mut self, event: Event) {
        let event = Event { happened: event.happened.min(event.arrives + AHEAD), ..event };
        let Terrain { cooldown, expiry, .. } = *self.terrain;
        let car = &mut self.cars[event.car];
        if event.state == State::Resolved {
            car.resolved.push(event);
            if car.told_of.is_some() && !car.errors.iter().any(|error| error.is_after(&event)) {
                car.told_of = None;
                self.coming.retain(|coming| coming.car != event.car);
            }
            return;
        }
        if car.resolved.iter().any(|resolved| !event.is_after(resolved)) {
            return;
        }
        if let Some(first) = car.told_of {
            let is_news =
                car.errors.iter().all(|error| event.is_after(error)) && event.happened >= first.happened + cooldown;
            if !is_news {
                car.errors.push(event);
                return;
            }
        }
        let start = event.happened.min(event.arrives);
        if start + expiry > event.arrives {
            *car = Car {
                told_of: Some(event),
                errors: vec![event],
                resolved: std::mem::take(&mut car.resolved),
                said: vec![],
            };
            self.coming.retain(|coming| coming.car != event.car);
            self.plan(event, start);
        }
    }

    fn plan(&mut self, event: Event, start: i64) {
        let expires = start + self.terrain.expiry;
        let mut due = i64::MIN;
        for (step, after) in self.terrain.steps.iter().enumerate() {
            due = match step {
                0 => (start + after).max(start + self.terrain.grace).max(event.arrives),
                _ => (start + after).max(due + after - self.terrain.steps[step - 1]),
            };
            if due >= expires {
                return;
            }
            self.coming.push(Coming { due, expires, car: event.car, step, number: self.thought_of });
            self.thought_of += 1;
        }
    }

    /// Lets time go on to just before `end`.
    fn pass(&mut self, end: i64) {
        while let Some(index) = self.next(end) {
            let coming = self.coming.remove(index);
            let now = coming.due;
            let later = |step: usize, due: i64| step > coming.step && due <= now;
            let said = &self.cars[coming.car].said;
            if said.iter().any(|(step, due)| later(*step, *due))
                || self.coming.iter().any(|other| other.car == coming.car && later(other.step, other.due))
            {
                continue;
            }
            match self.full_until(now) {
                Some(until) if until < coming.expires => self.coming.push(Coming { due: until, ..coming }),
                Some(_) => {}
                None => {
                    self.cars[coming.car].said.push((coming.step, coming.due));
                    self.received.push((now, coming.car, coming.step));
                }
            }
        }
    }

    fn next(&self, end: i64) -> Option<usize> {
        let due = self.coming.iter().enumerate().filter(|(_, coming)| coming.due < end);
        due.min_by_key(|(_, coming)| (coming.due, coming.number)).map(|(index, _)| index)
    }

    /// When the day has room again, if it has none.
    fn full_until(&self, now: i64) -> Option<i64> {
        let cap = self.terrain.daily? as usize;
        let today: Vec<i64> = self.received.iter().map(|(at, ..)| *at).filter(|at| *at > now - DAY).collect();
        (today.len() >= cap).then(|| today[today.len() - cap] + DAY)
    }
}

/// The real thing.
struct Real<'a> {
    terrain: &'a Terrain,
    rules: Arc<Rules>,
    ledger: &'a Arc<dyn Ledger>,
    owner: String,
    received: Vec<Received>,
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

fn since(at: Timestamp) -> i64 {
    at.as_second() - 1_790_000_000
}

impl Real<'_> {
    async fn hear(&self, event: Event) {
        let body = json!({
            "occurredAt": at(event.happened).as_millisecond(),
            "sequence": event.sequence,
            "state": event.state.to_string(),
            "recipient": { "id": self.owner, "email": "o@example.com" },
            "vehicle": { "id": event.car.to_string() },
            "error": { "type": "CONNECTED_SERVICES_ACCOUNT", "code": "PERMISSION" },
        });
        let (properties, apps) = (Properties::default(), BTreeSet::from(["app".to_owned()]));
        let arrived = at(event.arrives + event.skew);
        let context = Context { properties: &properties, arrived, apps: &apps, max_bytes: 1 << 20 };
        let mut parsed = parse(body.to_string().as_bytes(), &context);
        assert_eq!(parsed.rejected, []);
        let error = parsed.errors.remove(0);
        let rules = Some(Arc::clone(&self.rules));
        let admission = Admission { error, rules, targets: vec![Target::Email], nights: None };
        self.ledger.admit(vec![admission], at(event.arrives), Pace::Live, None).await.unwrap();
    }

    async fn pass(&mut self, end: i64) {
        let claimant = Claimant { owner: "w".into(), lease: SignedDuration::from_hours(1), leaves: Vec::new() };
        while let Some(due) = self.ledger.next_due(Channel::Email, at(0)).await.unwrap().filter(|due| since(*due) < end)
        {
            for dispatch in self.ledger.claim(Channel::Email, due, 1, &claimant).await.unwrap() {
                let end = self.look(&dispatch, due).await;
                let settlement = Settlement { id: dispatch.id.clone(), token: dispatch.token, end };
                assert_eq!(self.ledger.settle(vec![settlement], due).await.unwrap(), [true]);
            }
        }
    }

    async fn look(&mut self, dispatch: &Dispatch, now: Timestamp) -> End {
        let terms = Terms { daily: self.terrain.daily, ..Terms::holding(SignedDuration::ZERO) };
        match self.ledger.standing(&[Candidate::of(dispatch)], now, terms).await.unwrap()[0] {
            Standing::Go => {
                assert!(dispatch.expires_at > now);
                let car = dispatch.error.vehicle.id.as_deref().unwrap().parse().unwrap();
                self.received.push((since(now), car, usize::from(dispatch.step)));
                let [transport, locale, revision] = ["smtp", "en", "r1"].map(str::to_owned);
                End::Sent { transport, provider_id: None, locale, revision }
            }
            Standing::NotNow { due_at, reason } => End::Postponed { due_at, reason },
            Standing::Over(reason @ CancelReason::Overtaken) => End::Cancelled { reason },
            // A RESOLVED cancels what is planned, and nothing comes between the claim and the look.
            other => panic!("{other:?} of {dispatch:?}"),
        }
    }
}

fn terrain() -> impl Strategy<Value = Terrain> {
    let hours = |range: std::ops::Range<i64>| range.prop_map(|hours| hours * HOUR);
    let steps = prop::collection::btree_set(hours(1..120), 0..3);
    let daily = prop_oneof![Just(None), (1..4u32).prop_map(Some)];
    (hours(0..30), steps, hours(1..200), hours(1..150), daily).prop_map(|(grace, later, cooldown, longer, daily)| {
        // As a notice must be: each step after the one before it and after the grace, all before the expiry.
        let steps: Vec<i64> = std::iter::once(0).chain(later.into_iter().filter(|after| *after > grace)).collect();
        let expiry = steps.last().copied().unwrap_or(0).max(grace) + longer;
        Terrain { grace, steps, cooldown, expiry, daily }
    })
}

/// In the order of arrival; some come twice.
fn history() -> impl Strategy<Value = Vec<Event>> {
    let state = prop_oneof![3 => Just(State::Error), 2 => Just(State::Resolved)];
    // Much of what happens is taken in the same minutes by workers whose clocks differ.
    let apart = prop_oneof![2 => (0..40i64).prop_map(|hours| hours * HOUR), 1 => 0..400i64];
    let late = prop_oneof![2 => (-2..80i64).prop_map(|hours| hours * HOUR), 1 => -400..400i64];
    let times = (apart, late, -300..=300i64);
    let event = (times, 0..12u64, 0..CARS, state, prop::option::weighted(0.3, 0..60i64));
    (prop::collection::vec(event, 1..14), any::<bool>()).prop_map(|(events, numbered)| {
        let mut now = 0;
        let mut history = Vec::new();
        for ((pause, late, skew), sequence, car, state, again) in events {
            now += pause;
            let sequence = numbered.then_some(sequence);
            let event = Event { arrives: now, skew, happened: now - late, sequence, car, state };
            history.push(event);
            history.extend(again.map(|later| Event { arrives: now + later * HOUR, skew: -skew, ..event }));
        }
        history.sort_by_key(|event| event.arrives);
        history
    })
}

#[test]
fn what_owners_receive_is_what_the_model_says() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ledger: Arc<dyn Ledger> = Arc::new(SqliteLedger::open(&folder.path().join("ledger.db")).unwrap());
    let count = std::cell::Cell::new(0_u32);
    let (messages, held) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let config =
        ProptestConfig { cases: 400, max_shrink_iters: 2_000, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&(terrain(), history()), |(terrain, history)| {
        count.set(count.get() + 1);
        let step = |after: &i64| Step {
            after: SignedDuration::from_secs(*after),
            channels: vec![Channel::Email],
            reach: Reach::All,
        };
        let rules = Rules {
            grace: SignedDuration::from_secs(terrain.grace),
            steps: terrain.steps.iter().map(step).collect(),
            cooldown: SignedDuration::from_secs(terrain.cooldown),
            expiry: SignedDuration::from_secs(terrain.expiry),
            bundles: false,
            inhibited_by: Vec::new(),
            relief: None,
        };
        let owner = format!("owner {}", count.get());
        let mut real = Real { terrain: &terrain, rules: Arc::new(rules), ledger: &ledger, owner, received: Vec::new() };
        let mut model = Model::new(&terrain);
        runtime.block_on(async {
            for event in &history {
                real.pass(event.arrives).await;
                model.pass(event.arrives);
                real.hear(*event).await;
                model.hear(*event);
            }
            real.pass(i64::MAX).await;
        });
        model.pass(i64::MAX);
        messages.set(messages.get() + model.received.len());
        held.set(held.get() + usize::from(model.received.len() < model.thought_of));
        prop_assert_eq!(real.received, model.received);
        Ok(())
    });
    if let Err(fault) = outcome {
        panic!("{fault}");
    }
    // A model that lets nothing happen would agree with everything.
    assert!(
        messages.get() > 400 && held.get() > 30,
        "{} messages, {} histories held some back",
        messages.get(),
        held.get()
    );
}
