//! The two loops between stand-ins: a source and a carrier that do as they are told, and a ledger that can be broken.

#[path = "support/http.rs"]
mod http;
#[path = "loops/manners.rs"]
mod manners;
#[path = "loops/owners.rs"]
mod owners;
#[path = "loops/pace.rs"]
mod pace;
#[path = "loops/panics.rs"]
mod panics;
#[path = "loops/rollout.rs"]
mod rollout;
mod support;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dashlight::app::Worker;
use dashlight::clock::{Clock, Dice, ManualClock};
use dashlight::config::Config;
use dashlight::content::Current;
use dashlight::directory::{Directory, NoDirectory};
use dashlight::dispatch::Pauses;
use dashlight::event::Reason;
use dashlight::ledger::{
    Admission, Admitted, Candidate, Census, Claimant, Dispatch, DispatchId, DispatchState, Ledger, LedgerError, Query,
    Records, Settlement, SqliteLedger, Standing, Terms,
};
use dashlight::message::Message;
use dashlight::policy::{Channel, Pace};
use dashlight::resilience::{Fatal, Pulse, Trouble};
use dashlight::shutdown::{Shutdown, Trigger};
use dashlight::telemetry::Observers;
use dashlight::transport::{Ladder, Route, Rung, SendError};
use dashlight::upkeep::Upkeep;
use jiff::{SignedDuration, Timestamp};
use support::fakes::{Answer, Endings, FakeSource, FakeTransport, Feed};
use tempfile::TempDir;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A ledger that fails while it is told to.
struct Breakable {
    inner: SqliteLedger,
    broken: AtomicBool,
    /// Only the look before the send fails.
    blind: AtomicBool,
    /// For so long the machine is suspended after the next look: its steady clock stands still.
    nap: Mutex<Option<(ManualClock, SignedDuration)>>,
    refused: AtomicUsize,
}

impl Breakable {
    fn check(&self) -> Result<(), LedgerError> {
        self.fail_if(&self.broken)
    }

    fn fail_if(&self, told: &AtomicBool) -> Result<(), LedgerError> {
        if told.load(Ordering::SeqCst) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return Err(LedgerError::Unavailable("told to fail".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl Ledger for Breakable {
    async fn admit(
        &self,
        batch: Vec<Admission>,
        now: Timestamp,
        pace: Pace,
        claimant: Option<&Claimant>,
    ) -> Result<Admitted, LedgerError> {
        self.check()?;
        self.inner.admit(batch, now, pace, claimant).await
    }
    async fn claim(
        &self,
        channel: Channel,
        now: Timestamp,
        limit: usize,
        claimant: &Claimant,
    ) -> Result<Vec<Dispatch>, LedgerError> {
        self.check()?;
        self.inner.claim(channel, now, limit, claimant).await
    }
    async fn standing(
        &self,
        candidates: &[Candidate],
        now: Timestamp,
        terms: Terms,
    ) -> Result<Vec<Standing>, LedgerError> {
        self.check()?;
        self.fail_if(&self.blind)?;
        let standing = self.inner.standing(candidates, now, terms).await;
        if let Some((clock, nap)) = self.nap.lock().unwrap().take() {
            clock.advance(nap);
        }
        standing
    }
    async fn asking(&self, claims: &[(DispatchId, i64)], transport: &str) -> Result<bool, LedgerError> {
        self.inner.asking(claims, transport).await
    }
    async fn settle(&self, batch: Vec<Settlement>, now: Timestamp) -> Result<Vec<bool>, LedgerError> {
        self.check()?;
        self.inner.settle(batch, now).await
    }
    async fn next_due(&self, channel: Channel, now: Timestamp) -> Result<Option<Timestamp>, LedgerError> {
        self.check()?;
        self.inner.next_due(channel, now).await
    }
    async fn backlog(
        &self,
        channel: Channel,
        now: Timestamp,
        ahead: SignedDuration,
        most: u64,
    ) -> Result<u64, LedgerError> {
        self.check()?;
        self.inner.backlog(channel, now, ahead, most).await
    }
    async fn census(&self) -> Result<Census, LedgerError> {
        self.inner.census().await
    }
    async fn close(&self) -> Result<(), LedgerError> {
        self.inner.close().await
    }
}

/// A running worker between its stand-ins.
struct Stage {
    feed: Feed,
    endings: mpsc::UnboundedReceiver<String>,
    ledger: Arc<Breakable>,
    records: Arc<dyn Records>,
    pauses: Pauses,
    clock: ManualClock,
    pulse: Pulse,
    trigger: Trigger,
    worker: JoinHandle<()>,
    _folder: TempDir,
}

const START: &str = "2026-11-20T08:00:00Z";

impl Stage {
    fn with(transport: Arc<FakeTransport>) -> Self {
        Self::with_directory(transport, Arc::new(NoDirectory))
    }

    fn with_directory(transport: Arc<FakeTransport>, directory: Arc<dyn Directory>) -> Self {
        Self::start(transport, directory, Duration::from_millis(5))
    }

    fn start(transport: Arc<FakeTransport>, directory: Arc<dyn Directory>, poll: Duration) -> Self {
        Self::on(Route::only(transport, Arc::new(Dice::seeded(7))), directory, poll)
    }

    fn limited(transport: Arc<FakeTransport>, backlog: usize) -> Self {
        let route = Route::only(transport, Arc::new(Dice::seeded(7)));
        Self::within(route, Arc::new(NoDirectory), Duration::from_millis(5), backlog)
    }

    fn on(route: Route, directory: Arc<dyn Directory>, poll: Duration) -> Self {
        Self::within(route, directory, poll, 10_000)
    }

    /// What is due has been waited for: so much time passes after the intake.
    fn with_grace(transport: Arc<FakeTransport>, grace: SignedDuration) -> Self {
        let route = Route::only(transport, Arc::new(Dice::seeded(7)));
        Self::planned(route, Arc::new(NoDirectory), Duration::from_millis(5), 10_000, grace)
    }

    fn within(route: Route, directory: Arc<dyn Directory>, poll: Duration, backlog: usize) -> Self {
        Self::planned(route, directory, poll, backlog, SignedDuration::ZERO)
    }

    fn planned(
        route: Route,
        directory: Arc<dyn Directory>,
        poll: Duration,
        backlog: usize,
        grace: SignedDuration,
    ) -> Self {
        Self::configured(route, directory, |config| {
            config.policy.all.grace = Some(grace);
            config.dispatch.poll = poll;
            config.source.backlog_limit = backlog;
            config.dispatch.retry_min = Duration::from_millis(1);
            config.dispatch.retry_max = Duration::from_millis(2);
        })
    }

    fn configured(route: Route, directory: Arc<dyn Directory>, configure: impl FnOnce(&mut Config)) -> Self {
        let routes = BTreeMap::from([(Channel::Email, Arc::new(route))]);
        Self::set_up(routes, directory, configure)
    }

    fn staged(
        routes: BTreeMap<Channel, Arc<Route>>,
        directory: Arc<dyn Directory>,
        poll: Duration,
        backlog: usize,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        Self::set_up(routes, directory, |config| {
            config.dispatch.poll = poll;
            config.source.backlog_limit = backlog;
            config.dispatch.retry_min = Duration::from_millis(1);
            config.dispatch.retry_max = Duration::from_millis(2);
            change(config);
        })
    }

    fn set_up(
        routes: BTreeMap<Channel, Arc<Route>>,
        directory: Arc<dyn Directory>,
        configure: impl FnOnce(&mut Config),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let inner = SqliteLedger::open(&folder.path().join("ledger.db")).unwrap();
        let pauses = Pauses::default();
        let records: Arc<dyn Records> = Arc::new(SqliteLedger::visit(&folder.path().join("ledger.db")).unwrap());
        let [broken, blind] = [false, false].map(AtomicBool::new);
        let ledger = Arc::new(Breakable { inner, broken, blind, nap: Mutex::default(), refused: AtomicUsize::new(0) });
        let mut config = support::shipped_config();
        configure(&mut config);
        let catalog = dashlight::app::catalog(&config).unwrap();
        let clock = ManualClock::at(START.parse().unwrap());
        let (sender, endings) = mpsc::unbounded_channel();
        let worker = Worker {
            config,
            content: Current::new(catalog, clock.now()),
            ledger: Arc::clone(&ledger) as _,
            records: Arc::clone(&records),
            pauses: pauses.clone(),
            directory,
            routes,
            clock: Arc::new(clock.clone()),
            dice: Arc::new(Dice::seeded(7)),
            observers: Observers::default().with(Arc::new(Endings(sender))),
            fatal: Fatal::default(),
            pulse: Pulse::default(),
        };
        let pulse = worker.pulse.clone();
        let (mut source, feed) = FakeSource::new();
        let (trigger, shutdown) = Shutdown::manual();
        let worker = tokio::spawn(async move { worker.serve(&mut source, &shutdown).await });
        Self { feed, endings, ledger, records, pauses, clock, pulse, trigger, worker, _folder: folder }
    }

    fn give(&self, events: &[String]) {
        self.feed.deliveries.send(events.to_vec()).unwrap();
    }

    async fn ending(&mut self) -> String {
        patiently(self.endings.recv()).await.expect("the worker runs")
    }

    /// The next ending after which nothing is tried again; meanwhile time goes on.
    async fn last_ending(&mut self) -> String {
        loop {
            match self.ending().await.as_str() {
                "retried" | "misconfigured" | "released" => self.clock.advance(SignedDuration::from_secs(1)),
                other => return other.to_owned(),
            }
        }
    }

    async fn finished(&mut self) -> (usize, Vec<Reason>) {
        let (count, rejected) = patiently(self.feed.finished.recv()).await.expect("the worker runs");
        (count, rejected.into_iter().map(|rejected| rejected.reject.reason).collect())
    }

    async fn stop(self) -> Census {
        self.trigger.request();
        patiently(self.worker).await.unwrap();
        self.ledger.census().await.unwrap()
    }
}

/// Nothing here takes long; a hang is a failure and not a stuck run.
async fn patiently<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_mins(3), future).await.expect("it hangs")
}

fn event(owner: u32, code: &str, state: &str) -> String {
    format!(
        r#"{{"id":"evt-{owner}-{state}","app":"chargeup","state":"{state}","recipient":{{"id":"user-{owner}","email":"user-{owner}@example.com"}},"vehicle":{{"id":"car-{owner}"}},"error":{{"type":"CONNECTED_SERVICES_ACCOUNT","code":"{code}"}}}}"#
    )
}

fn error(owner: u32) -> String {
    event(owner, "PERMISSION", "ERROR")
}

fn transient() -> SendError {
    SendError::Transient { detail: "busy".into(), retry_after: None }
}

#[tokio::test]
async fn an_event_becomes_a_message_and_is_acknowledged() {
    let transport = FakeTransport::answering([]);
    let mut stage = Stage::with(Arc::clone(&transport));
    stage.give(&[error(1)]);
    assert_eq!(stage.finished().await, (1, vec![]));
    assert_eq!(stage.ending().await, "sent");
    assert_eq!(transport.count(), 1);
    assert_eq!(stage.stop().await.sent, 1);
}

#[tokio::test]
async fn sending_goes_on_as_soon_as_the_ledger_has_settled_what_was_sent() {
    // So rare a look at the ledger would show.
    let mut stage = Stage::start(FakeTransport::answering([]), Arc::new(NoDirectory), Duration::from_hours(1));
    let events: Vec<_> = (0..200).map(error).collect();
    stage.give(&events);
    for _ in &events {
        assert_eq!(stage.ending().await, "sent");
    }
    assert_eq!(stage.stop().await.sent, 200);
}

#[tokio::test]
async fn a_hundred_identical_events_are_one_message() {
    let transport = FakeTransport::answering([]);
    let mut stage = Stage::with(Arc::clone(&transport));
    stage.give(&vec![error(1); 50]);
    stage.give(&vec![error(1); 50]);
    stage.finished().await;
    stage.finished().await;
    assert_eq!(stage.ending().await, "sent");
    stage.stop().await;
    assert_eq!(transport.count(), 1);
}

#[tokio::test]
async fn nothing_is_acknowledged_while_the_ledger_is_down() {
    let mut stage = Stage::with(FakeTransport::answering([]));
    stage.ledger.broken.store(true, Ordering::SeqCst);
    stage.give(&[error(1)]);
    refused(&stage, 3).await;
    assert!(stage.feed.finished.try_recv().is_err(), "acknowledged although nothing was committed");
    assert!(stage.pulse.ailment("the ledger").is_some_and(|ailment| ailment.reason.contains("told to fail")));
    stage.ledger.broken.store(false, Ordering::SeqCst);
    assert_eq!(stage.finished().await, (1, vec![]));
    assert_eq!(stage.ending().await, "sent");
    stage.stop().await;
}

#[tokio::test]
async fn what_was_looked_at_before_the_machine_was_suspended_is_looked_at_again() {
    let transport = FakeTransport::answering([]);
    let mut stage = Stage::with(Arc::clone(&transport));
    // Longer than the claim holds.
    *stage.ledger.nap.lock().unwrap() = Some((stage.clock.clone(), SignedDuration::from_hours(1)));
    stage.give(&[error(1)]);
    assert_eq!(stage.ending().await, "released");
    assert_eq!(transport.tries.load(Ordering::SeqCst), 0);
    assert_eq!(stage.ending().await, "sent");
    assert_eq!(transport.count(), 1);
    stage.stop().await;
}

#[tokio::test]
async fn nothing_is_sent_while_nobody_can_look_whether_it_may_be() {
    let transport = FakeTransport::answering([]);
    let mut stage = Stage::with(Arc::clone(&transport));
    stage.ledger.blind.store(true, Ordering::SeqCst);
    stage.give(&[error(1)]);
    assert_eq!(stage.finished().await, (1, vec![]));
    refused(&stage, 3).await;
    assert_eq!(transport.tries.load(Ordering::SeqCst), 0, "sent blindly");
    stage.ledger.blind.store(false, Ordering::SeqCst);
    assert_eq!(stage.ending().await, "sent");
    stage.stop().await;
}

/// Until the ledger was asked in vain so often.
async fn refused(stage: &Stage, times: usize) {
    patiently(async {
        while stage.ledger.refused.load(Ordering::SeqCst) < times {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever_for_a_ledger_that_is_down() {
    let stage = Stage::with(FakeTransport::answering([]));
    stage.ledger.broken.store(true, Ordering::SeqCst);
    stage.give(&[error(1)]);
    let Stage { trigger, worker, mut feed, .. } = stage;
    trigger.request();
    patiently(worker).await.unwrap();
    assert!(feed.finished.try_recv().is_err());
}

#[tokio::test]
async fn a_passing_fault_is_tried_again_under_the_same_id() {
    let transport = FakeTransport::answering([Answer::Refuse(transient()), Answer::Refuse(transient())]);
    let mut stage = Stage::with(Arc::clone(&transport));
    stage.give(&[error(1)]);
    assert_eq!(stage.last_ending().await, "sent");
    assert_eq!(transport.tries.load(Ordering::SeqCst), 3);
    stage.stop().await;
}

#[tokio::test]
async fn a_fault_that_does_not_pass_ends_with_the_notices_expiry() {
    let transport = FakeTransport::answering(std::iter::repeat_with(|| Answer::Refuse(transient())).take(1000));
    let mut stage = Stage::with(transport);
    stage.give(&[error(1)]);
    assert_eq!(stage.ending().await, "retried");
    stage.clock.advance(SignedDuration::from_hours(24 * 60));
    assert_eq!(stage.last_ending().await, "expired");
    assert_eq!(stage.stop().await.expired, 1);
}

#[tokio::test]
async fn a_dead_address_harms_no_neighbour() {
    let dead = SendError::AddressInvalid { detail: "550".into() };
    let transport = FakeTransport::answering([Answer::Refuse(dead)]);
    let mut stage = Stage::with(Arc::clone(&transport));
    stage.give(&[error(1), error(2), error(3)]);
    let mut endings = vec![stage.ending().await, stage.ending().await, stage.ending().await];
    endings.sort();
    assert_eq!(endings, ["failed: address-invalid", "sent", "sent"]);
    let census = stage.stop().await;
    assert_eq!((census.failed, census.sent), (1, 2));
}

#[tokio::test]
async fn a_panic_costs_one_dispatch_and_not_the_worker() {
    let transport = FakeTransport::answering([Answer::Panic]);
    let mut stage = Stage::with(Arc::clone(&transport));
    stage.give(&[error(1)]);
    assert_eq!(stage.ending().await, "failed: panicked");
    stage.give(&[error(2)]);
    assert_eq!(stage.ending().await, "sent");
    stage.stop().await;
}

#[tokio::test]
async fn an_address_that_was_found_dead_is_not_asked_again_until_another_comes_or_90_days_have_passed() {
    let dead = SendError::AddressInvalid { detail: "550".into() };
    let transport = FakeTransport::answering([Answer::Refuse(dead)]);
    let mut stage = Stage::with(Arc::clone(&transport));
    stage.give(&[error(1)]);
    assert_eq!(stage.ending().await, "failed: address-invalid");
    // Of another car of the same owner.
    stage.give(&[of_car("b")]);
    assert_eq!(stage.ending().await, "failed: suppressed");
    assert_eq!(transport.tries.load(Ordering::SeqCst), 1);
    stage.give(&[of_car("c").replace("user-1@", "user-one@")]);
    assert_eq!(stage.ending().await, "sent");
    stage.clock.advance(SignedDuration::from_hours(90 * 24));
    stage.give(&[of_car("d")]);
    assert_eq!(stage.ending().await, "sent");
    stage.stop().await;
}

/// The same error of one of this owner's cars.
fn of_car(car: &str) -> String {
    error(1).replace("car-1", car).replace("evt-1", &format!("evt-{car}"))
}

#[tokio::test]
async fn the_cars_of_one_owner_share_a_message_and_each_has_its_own_end() {
    let transport = FakeTransport::answering([Answer::Refuse(transient())]);
    let grace = SignedDuration::from_mins(10);
    let mut stage = Stage::with_grace(Arc::clone(&transport), grace);
    stage.give(&[of_car("a"), of_car("b"), of_car("c"), error(2)]);
    stage.finished().await;
    stage.clock.advance(SignedDuration::from_secs(1));
    stage.give(&[of_car("b").replace("ERROR", "RESOLVED")]);
    stage.finished().await;
    stage.clock.advance(grace);
    let mut endings = Vec::new();
    while endings.iter().filter(|ending| *ending == "sent").count() < 3 {
        endings.push(stage.last_ending().await);
    }
    endings.sort();
    assert_eq!(endings, ["sent", "sent", "sent"]);
    // Two messages, to two owners, and one that was refused first.
    assert_eq!((transport.count(), transport.tries.load(Ordering::SeqCst)), (2, 3));
    let accepted = transport.accepted.lock().unwrap().clone();
    let texts = accepted.iter().map(|message| match message {
        Message::Email(email) => (email.to.address.clone(), email.text.matches("vehicle_id=").count()),
        Message::Push(_) => panic!("an e-mail was ordered"),
    });
    let mut texts: Vec<_> = texts.collect();
    texts.sort();
    assert_eq!(texts, [("user-1@example.com".to_owned(), 2), ("user-2@example.com".to_owned(), 1)]);
    let census = stage.stop().await;
    assert_eq!((census.sent, census.cancelled), (3, 1));
}

#[tokio::test]
async fn a_car_that_no_shared_message_can_speak_of_has_its_own_and_neither_waits_for_the_other() {
    let go = Arc::new(Notify::new());
    let transport = FakeTransport::answering([Answer::Accept, Answer::Wait(Arc::clone(&go))]);
    let grace = SignedDuration::from_mins(10);
    let mut stage = Stage::with_grace(Arc::clone(&transport), grace);
    let of_make = |car: &str, make: &str| {
        let car = format!(r#""vehicle":{{"make":"{make}","id":"{car}""#);
        event(1, "VIRTUAL_KEY_REQUIRED", "ERROR").replace(r#""vehicle":{"id":"car-1""#, &car)
    };
    // A virtual key is Tesla's: the owner of a BMW gets the general notice.
    stage.give(&[of_make("a", "TESLA"), of_make("b", "BMW"), of_make("c", "TESLA")]);
    stage.finished().await;
    stage.clock.advance(grace);
    let first = [stage.ending().await, stage.ending().await];
    assert_eq!((first, transport.count()), (["sent".into(), "sent".into()], 1), "settled while the other is sent");
    go.notify_waiters();
    assert_eq!(stage.ending().await, "sent");
    assert_eq!(transport.count(), 2);
    assert_eq!(stage.stop().await.sent, 3);
}

#[tokio::test]
async fn a_doubtful_message_is_sent_again_or_parked_as_the_carrier_declares() {
    let doubt = || Answer::Refuse(SendError::Unknown { detail: "silence".into(), retry_after: None });
    let mut resending = Stage::with(FakeTransport::answering([doubt()]));
    resending.give(&[error(1)]);
    assert_eq!(resending.last_ending().await, "sent");
    resending.stop().await;

    let mut parking = Stage::with(FakeTransport::parking([doubt()]));
    parking.give(&[error(1)]);
    assert_eq!(parking.ending().await, "unknown");
    assert_eq!(parking.stop().await.unknown, 1);
}

#[tokio::test]
async fn a_message_whose_worker_died_is_in_doubt_with_the_transport_that_stood_in() {
    let refusal = SendError::Unavailable { detail: "closed".into(), retry_after: None };
    let (first, second) = (FakeTransport::called("first"), FakeTransport::called("second"));
    first.answers.lock().unwrap().push_back(Answer::Refuse(refusal));
    second.answers.lock().unwrap().push_back(Answer::Wait(Arc::default()));
    let dice = Arc::new(Dice::seeded(7));
    let rungs = [&first, &second].map(|transport| Arc::new(Rung::new(transport.clone(), Arc::clone(&dice))));
    let route = Route::new(Ladder::new(rungs.into(), Vec::new()), BTreeMap::new());
    let stage = Stage::on(route, Arc::new(NoDirectory), Duration::from_millis(5));
    stage.give(&[error(1)]);
    until(async || second.tries.load(Ordering::SeqCst) == 1).await;
    stage.worker.abort();
    stage.clock.advance(SignedDuration::from_hours(1));
    let heir = Claimant { owner: "heir".into(), lease: SignedDuration::from_mins(1), leaves: Vec::new() };
    let claimed = stage.ledger.inner.claim(Channel::Email, stage.clock.now(), 10, &heir).await.unwrap();
    let known: Vec<_> = claimed.iter().map(|dispatch| (dispatch.only.as_deref(), dispatch.doubtful)).collect();
    assert_eq!(known, [(Some("second"), true)]);
}

#[tokio::test]
async fn a_message_in_doubt_that_is_refused_when_it_is_sent_again_has_not_failed_for_certain() {
    let refusals = [
        SendError::Permanent { detail: "409 invalid_idempotent_request".into() },
        SendError::AddressInvalid { detail: "550 5.1.1".into() },
    ];
    for (refusal, next) in refusals.into_iter().zip(["sent", "failed: suppressed"]) {
        let doubt = SendError::Unknown { detail: "silence".into(), retry_after: None };
        let transport = FakeTransport::answering([Answer::Refuse(doubt), Answer::Refuse(refusal)]);
        let mut stage = Stage::with(Arc::clone(&transport));
        stage.give(&[error(1)]);
        assert_eq!(stage.last_ending().await, "unknown");
        let query = Query { states: vec![DispatchState::Unknown], limit: 10, ..Query::default() };
        let told = stage.records.history(&query, stage.clock.now()).await.unwrap().pop().unwrap();
        let detail = told.detail.unwrap();
        assert!(detail.starts_with("it may have been sent before; tried again, it failed ("), "{detail}");
        // An address that was found dead is known as such all the same.
        stage.give(&[of_car("b")]);
        assert_eq!(stage.last_ending().await, next);
        assert_eq!(stage.stop().await.unknown, 1);
    }
}

#[tokio::test]
async fn a_message_is_in_doubt_for_no_longer_than_its_carrier_knows_it_again() {
    for (pause, expected) in [(22, ("sent", 2)), (24, ("unknown", 1))] {
        let doubt = SendError::Unknown { detail: "silence".into(), retry_after: None };
        let transport = FakeTransport::knowing_again(Duration::from_hours(23), [Answer::Refuse(doubt)]);
        let mut stage = Stage::with(Arc::clone(&transport));
        stage.give(&[error(1)]);
        assert_eq!(stage.ending().await, "retried");
        stage.clock.advance(SignedDuration::from_hours(pause));
        let ending = stage.last_ending().await;
        assert_eq!((ending.as_str(), transport.tries.load(Ordering::SeqCst)), expected);
        if expected.0 == "unknown" {
            let query = Query { states: vec![DispatchState::Unknown], limit: 10, ..Query::default() };
            let told = async {
                loop {
                    if let Some(record) = stage.records.history(&query, stage.clock.now()).await.unwrap().pop() {
                        break (record.transport.unwrap(), record.detail.unwrap());
                    }
                    tokio::task::yield_now().await;
                }
            };
            let (transport, detail) = patiently(told).await;
            assert_eq!(transport, "fake");
            insta::assert_snapshot!(detail, @"`fake` may have accepted it at 2026-11-20T08:00:00Z, and would by now take it for another message");
        }
        stage.stop().await;
    }
}

#[tokio::test]
async fn wrong_credentials_keep_the_message() {
    let wrong = SendError::Misconfigured { detail: "535".into() };
    let transport = FakeTransport::answering([Answer::Refuse(wrong)]);
    let mut stage = Stage::with(Arc::clone(&transport));
    stage.give(&[error(1)]);
    assert_eq!(stage.ending().await, "misconfigured");
    stage.clock.advance(SignedDuration::from_secs(1));
    // Until it is asked again, the carrier is left alone.
    assert_eq!(stage.last_ending().await, "sent");
    assert_eq!(transport.tries.load(Ordering::SeqCst), 2);
    stage.stop().await;
}

#[tokio::test]
async fn a_message_in_doubt_is_never_given_to_another_transport() {
    let doubt = SendError::Unknown { detail: "silence".into(), retry_after: None };
    let down = SendError::Unavailable { detail: "down".into(), retry_after: None };
    let first = FakeTransport::answering([Answer::Refuse(doubt), Answer::Refuse(down)]);
    let second = FakeTransport::answering([]);
    let rung =
        |transport: &Arc<FakeTransport>| Arc::new(Rung::new(Arc::clone(transport) as _, Arc::new(Dice::seeded(7))));
    let ladder = Ladder::new(vec![rung(&first), rung(&second)], Vec::new());
    let mut stage = Stage::on(Route::new(ladder, BTreeMap::new()), Arc::new(NoDirectory), Duration::from_millis(5));
    stage.give(&[error(1)]);
    assert_eq!(stage.last_ending().await, "sent");
    assert_eq!((first.tries.load(Ordering::SeqCst), second.tries.load(Ordering::SeqCst)), (3, 0));
    stage.stop().await;
}

#[tokio::test]
async fn resolved_cancels_what_waits_for_a_free_connection() {
    let go = Arc::new(Notify::new());
    let waiting = (0..4).map(|_| Answer::Wait(Arc::clone(&go)));
    let transport = FakeTransport::answering(waiting);
    let mut stage = Stage::with(Arc::clone(&transport));
    stage.give(&[error(1), error(2), error(3), error(4), error(5)]);
    patiently(async {
        while transport.tries.load(Ordering::SeqCst) < 4 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    stage.finished().await;
    stage.clock.advance(SignedDuration::from_secs(1));
    stage.give(&[event(5, "PERMISSION", "RESOLVED")]);
    stage.finished().await;
    go.notify_waiters();
    let mut endings = Vec::new();
    for _ in 0..5 {
        endings.push(stage.ending().await);
    }
    endings.sort();
    assert_eq!(endings, ["cancelled: resolved", "sent", "sent", "sent", "sent"]);
    stage.stop().await;
}

#[tokio::test]
async fn a_shutdown_finishes_what_is_in_flight_and_gives_back_the_rest() {
    let go = Arc::new(Notify::new());
    let transport = FakeTransport::answering((0..4).map(|_| Answer::Wait(Arc::clone(&go))));
    let mut stage = Stage::with(Arc::clone(&transport));
    stage.give(&(1..=6).map(error).collect::<Vec<_>>());
    stage.finished().await;
    patiently(async {
        while transport.tries.load(Ordering::SeqCst) < 4 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    stage.trigger.request();
    tokio::task::yield_now().await;
    go.notify_waiters();
    let census = stage.stop().await;
    assert_eq!((census.sent, census.planned, census.sending), (4, 2, 0));
}

#[tokio::test]
async fn what_cannot_be_used_is_rejected_with_its_reason_and_harms_no_neighbour() {
    let transport = FakeTransport::answering([]);
    let mut stage = Stage::with(Arc::clone(&transport));
    let no_address = r#"{"app":"chargeup","recipient":{"id":"u"},"error":{"type":"CONNECTED_SERVICES_ACCOUNT","code":"PERMISSION"}}"#;
    stage.give(&[
        "not json".into(),
        error(1),
        no_address.into(),
        error(2).replace("user-2@example.com", "no address"),
        error(3).replace("chargeup", "somebody-else"),
    ]);
    let (count, reasons) = stage.finished().await;
    assert_eq!(count, 5);
    assert_eq!(reasons, [Reason::NotJson, Reason::NoAddress, Reason::BadAddress, Reason::UnknownApp]);
    assert_eq!(stage.ending().await, "sent");
    assert_eq!(transport.subjects().len(), 1);
    stage.stop().await;
}

#[tokio::test]
async fn other_errors_and_test_webhooks_reach_nobody() {
    let transport = FakeTransport::answering([]);
    let mut stage = Stage::with(Arc::clone(&transport));
    let test = r#"{"eventId":"e","eventType":"VEHICLE_ERROR","data":{"user":{"id":"u"},"vehicle":{"id":"v"},"errors":[{"type":"CONNECTED_SERVICES_ACCOUNT","code":"PERMISSION","state":"ERROR"}]},"meta":{"mode":"TEST"}}"#;
    stage.give(&[error(1).replace("CONNECTED_SERVICES_ACCOUNT", "BILLING"), test.into(), error(2)]);
    assert_eq!(stage.finished().await, (3, vec![]));
    assert_eq!(stage.ending().await, "sent");
    stage.stop().await;
    assert_eq!(transport.count(), 1);
}

fn down() -> Answer {
    Answer::Refuse(SendError::Unavailable { detail: "down".into(), retry_after: None })
}

/// Waits for `done` while the worker goes on.
async fn until(mut done: impl AsyncFnMut() -> bool) {
    patiently(async {
        while !done().await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn while_all_transports_are_down_messages_wait_untouched_and_then_all_flow_again() {
    let transport = FakeTransport::answering(std::iter::repeat_with(down).take(5));
    let mut stage = Stage::with(Arc::clone(&transport));
    stage.give(&(1..=40).map(error).collect::<Vec<_>>());
    until(async || stage.pulse.ailment("every transport of email").is_some()).await;
    // Those that were under way when it began have been tried, and nobody after them.
    until(async || {
        let census = stage.ledger.census().await.unwrap();
        census.sending == 0 && census.planned == 40
    })
    .await;
    let census = stage.ledger.census().await.unwrap();
    let tried = transport.tries.load(Ordering::SeqCst);
    assert!(tried <= 5 && census.retrying <= tried as u64, "{tried} tries, {census:?}");
    stage.give(&[error(41)]);
    stage.finished().await;
    stage.finished().await;
    let mut sent = 0;
    while sent < 41 {
        match stage.ending().await.as_str() {
            "sent" => sent += 1,
            "retried" | "postponed: carrier-down" => stage.clock.advance(SignedDuration::from_secs(20)),
            "released" => {}
            other => panic!("{other}"),
        }
    }
    until(async || stage.pulse.ailment("every transport of email").is_none()).await;
    assert_eq!(stage.stop().await.sent, 41);
}

#[tokio::test]
async fn the_intake_stands_still_while_too_much_is_due_and_goes_on_when_it_is_sent() {
    let go = Arc::new(Notify::new());
    let transport = FakeTransport::answering((0..4).map(|_| Answer::Wait(Arc::clone(&go))));
    let mut stage = Stage::limited(Arc::clone(&transport), 10);
    // The loop is busy with the first four, and has room for four batches more.
    for owner in 0..30 {
        stage.give(&[error(owner)]);
    }
    until(async || stage.pulse.ailment("the backlog").is_some()).await;
    let mut taken = 0;
    while stage.feed.finished.try_recv().is_ok() {
        taken += 1;
    }
    assert!((10..30).contains(&taken), "{taken}");
    until(async || transport.tries.load(Ordering::SeqCst) == 4).await;
    go.notify_waiters();
    for _ in 0..30 {
        assert_eq!(stage.ending().await, "sent");
    }
    assert_eq!(stage.pulse.ailment("the backlog"), None);
    assert_eq!(stage.stop().await.sent, 30);
}

#[tokio::test]
async fn a_paused_channel_gives_back_what_it_is_handed_and_sends_it_when_it_is_resumed() {
    let transport = FakeTransport::answering([]);
    let mut stage = Stage::with(Arc::clone(&transport));
    stage.records.pause(&[Channel::Email], None, None, stage.clock.now()).await.unwrap();
    let pauses = stage.pauses.clone();
    let heeded = async |paused| {
        while pauses.holds(Channel::Email) != paused {
            tokio::task::yield_now().await;
        }
    };
    patiently(heeded(true)).await;
    stage.give(&[error(1)]);
    assert_eq!(stage.finished().await, (1, vec![]), "events are taken all the same");
    assert_eq!(stage.ending().await, "released");
    assert_eq!(transport.count(), 0);
    stage.records.resume(&[Channel::Email], stage.clock.now()).await.unwrap();
    assert_eq!(stage.ending().await, "sent");
    assert_eq!(transport.count(), 1);
    stage.stop().await;
}

#[tokio::test]
async fn what_was_kept_for_long_enough_is_deleted_beside_the_traffic() {
    let mut stage = Stage::with(FakeTransport::answering([]));
    stage.give(&[error(1)]);
    assert_eq!(stage.ending().await, "sent");
    stage.clock.advance(SignedDuration::from_hours(24 * 31));
    stage.give(&[error(2)]);
    assert_eq!(stage.ending().await, "sent");
    let catalog = dashlight::app::catalog(&support::shipped_config()).unwrap();
    let upkeep = Upkeep {
        records: Arc::clone(&stage.records),
        content: Current::new(catalog, stage.clock.now()),
        keep: SignedDuration::from_hours(24 * 30),
        clock: Arc::new(stage.clock.clone()),
    };
    let bared = async || {
        let query = Query { limit: 9, ..Query::default() };
        let told = stage.records.history(&query, stage.clock.now()).await.unwrap();
        told.iter().map(|record| record.bared).collect::<Vec<_>>()
    };
    let is_done = async {
        while bared().await != [false, true] {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = upkeep.run(Trouble::new("upkeep", Duration::from_mins(1))) => {}
        () = patiently(is_done) => {}
    }
    assert_eq!(stage.stop().await.sent, 2);
}
