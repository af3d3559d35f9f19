//! Health and metrics as an orchestrator and Prometheus ask for them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by panicking")]

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use dashlight::catalog::{Catalog, Origin};
use dashlight::clock::{Clock, ManualClock};
use dashlight::content::Current;
use dashlight::dispatch::Pauses;
use dashlight::event::{self, Reason, Reject, VehicleError};
use dashlight::ledger::{
    Admission, Admitted, Backlog, CancelReason, Candidate, Census, Claimant, Dispatch, DispatchId, FailReason, Ledger,
    LedgerError, Outcome, Settlement, Standing, Terms, Untold,
};
use dashlight::message::{Email, Mailbox, Message};
use dashlight::policy::{Channel, Pace, Target};
use dashlight::resilience::Pulse;
use dashlight::shutdown::{Shutdown, Trigger};
use dashlight::telemetry::{Ending, Endpoint, Fact, Handling, Observer, Served, Vitals};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

/// Says what is due, and nothing else.
struct Due(Option<Timestamp>);

#[async_trait]
impl Ledger for Due {
    async fn next_due(&self, _channel: Channel, _now: Timestamp) -> Result<Option<Timestamp>, LedgerError> {
        Ok(self.0)
    }
    async fn admit(
        &self,
        _batch: Vec<Admission>,
        _now: Timestamp,
        _pace: Pace,
        _claimant: Option<&Claimant>,
    ) -> Result<Admitted, LedgerError> {
        panic!("nobody is to write")
    }
    async fn claim(
        &self,
        _channel: Channel,
        _now: Timestamp,
        _limit: usize,
        _claimant: &Claimant,
    ) -> Result<Vec<Dispatch>, LedgerError> {
        panic!("nobody is to write")
    }
    async fn standing(
        &self,
        _candidates: &[Candidate],
        _now: Timestamp,
        _terms: Terms,
    ) -> Result<Vec<Standing>, LedgerError> {
        panic!("nobody is to ask")
    }
    async fn asking(&self, _claims: &[(DispatchId, i64)], _transport: &str) -> Result<bool, LedgerError> {
        panic!("nobody is to ask")
    }
    async fn settle(&self, _batch: Vec<Settlement>, _now: Timestamp) -> Result<Vec<bool>, LedgerError> {
        panic!("nobody is to write")
    }
    async fn backlog(
        &self,
        _channel: Channel,
        _now: Timestamp,
        _ahead: SignedDuration,
        _most: u64,
    ) -> Result<u64, LedgerError> {
        panic!("nobody is to count a million rows")
    }
    async fn census(&self) -> Result<Census, LedgerError> {
        panic!("nobody is to count a million rows")
    }
    async fn close(&self) -> Result<(), LedgerError> {
        Ok(())
    }
}

/// Three outcomes that nobody could be told of for a minute.
struct Waiting(ManualClock);

#[async_trait]
impl Untold for Waiting {
    async fn take(&self, _limit: usize, _now: Timestamp, _claimant: &Claimant) -> Result<Vec<Outcome>, LedgerError> {
        panic!("nobody is to take anything")
    }
    async fn told(&self, _places: &[i64]) -> Result<(), LedgerError> {
        panic!("nobody is to write")
    }
    async fn let_go(&self, _claimant: &Claimant) -> Result<(), LedgerError> {
        panic!("nobody is to write")
    }
    async fn give_up(&self, _before: Timestamp) -> Result<u64, LedgerError> {
        panic!("nobody is to write")
    }
    async fn backlog(&self) -> Result<Backlog, LedgerError> {
        Ok(Backlog { waiting: 3, since: Some(self.0.now() - SignedDuration::from_mins(1)) })
    }
}

struct Scene {
    url: String,
    served: Served,
    metrics: Arc<dyn Observer>,
    clock: ManualClock,
    trigger: Trigger,
    broker: Pulse,
    worker: Pulse,
}

impl Scene {
    async fn start() -> Self {
        // It stays unused, but reqwest asks for one. Another test of this process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = ManualClock::at("2026-11-20T08:00:00Z".parse().unwrap());
        let (trigger, shutdown) = Shutdown::manual();
        let any = "127.0.0.1:0".parse().unwrap();
        let endpoint = Endpoint::open(any, Arc::new(clock.clone()), shutdown).await.unwrap();
        let (url, metrics) = (format!("http://{}", endpoint.address().unwrap()), endpoint.metrics());
        let (broker, worker) = (Pulse::default(), Pulse::default());
        Self { url, served: endpoint.serve(), metrics, clock, trigger, broker, worker }
    }

    fn begin(&self) {
        let config = support::shipped_config();
        let catalog = Catalog::load(&Origin::Embedded, &config.apps).unwrap();
        self.served.health().begin(Vitals {
            broker: self.broker.clone(),
            worker: self.worker.clone(),
            content: Current::new(catalog, self.clock.now()),
            ledger: Arc::new(Due(Some(self.clock.now()))),
            untold: Some(Arc::new(Waiting(self.clock.clone()))),
            pauses: Pauses::default(),
            channels: vec![Channel::Email],
        });
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("{}{path}", self.url)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn ready(&self) -> (u16, Json) {
        let (status, text) = self.get("/health/ready").await;
        (status, serde_json::from_str(&text).unwrap())
    }

    /// Something of everything that is counted.
    fn let_it_happen(&self) {
        let error = error();
        self.metrics.observe(&Fact::Rejected { origin: "queue", reject: &Reject::new(Reason::NotJson, "detail") });
        for handling in [Handling::Opened { planned: 2, general: false }, Handling::Repeated, Handling::Repeated] {
            self.metrics.observe(&Fact::Decided { error: &error, handling });
        }
        self.end(&sent(None));
        self.end(&sent(Some("ja")));
        let detail = "user@example.com is busy".into();
        self.end(&Ending::Retried { due_at: self.clock.now(), detail, only: None });
        self.end(&Ending::Failed { reason: FailReason::AddressInvalid, detail: String::new() });
        self.end(&Ending::Cancelled(CancelReason::Resolved));
        self.broker.fails("dead letters", "no such queue");
    }

    fn end(&self, ending: &Ending) {
        let dispatch = dispatch(error(), self.clock.now());
        self.metrics.observe(&Fact::Ended { dispatch: &dispatch, ending });
    }
}

fn error() -> VehicleError {
    let body = std::fs::read(support::project("tests/fixtures/events/native.json")).unwrap();
    let apps = BTreeSet::from(["chargeup".to_owned()]);
    let context = event::Context {
        properties: &event::Properties::default(),
        arrived: "2026-11-20T08:00:00Z".parse().unwrap(),
        apps: &apps,
        max_bytes: 1 << 20,
    };
    let mut parsed = event::parse(&body, &context);
    parsed.errors.pop().unwrap_or_else(|| panic!("{:?}", parsed.rejected))
}

fn dispatch(error: VehicleError, due_at: Timestamp) -> Dispatch {
    Dispatch {
        id: DispatchId::of(&error, 1, 0, &Target::Email),
        token: 1,
        error: Arc::new(error),
        opening: 1,
        step: 0,
        target: Target::Email,
        alternatives: Vec::new(),
        due_at,
        expires_at: Timestamp::MAX,
        attempt: 1,
        doubtful: false,
        only: None,
        in_doubt_since: None,
        put_off: None,
        dead: Vec::new(),
        bundle: None,
    }
}

fn sent(instead_of: Option<&str>) -> Ending {
    let someone = Mailbox { name: None, address: "anna@example.com".into() };
    let email = Email {
        id: DispatchId::of(&error(), 1, 0, &Target::Email),
        date: Timestamp::UNIX_EPOCH,
        from: someone.clone(),
        reply_to: None,
        to: someone,
        subject: "subject".into(),
        html: String::new(),
        text: String::new(),
        inline: Vec::new(),
        locale: "de".into(),
        feedback_id: String::new(),
        list_unsubscribe: None,
        test: false,
    };
    Ending::Sent {
        message: Arc::new(Message::Email(email)),
        transport: "smtp".into(),
        provider_id: None,
        locale: "de".into(),
        instead_of: instead_of.map(str::to_owned),
    }
}

/// Without what differs from build to build, and in one order.
fn steady(text: &str) -> String {
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    for line in &mut lines {
        if let Some(at) = line.find("revision=\"") {
            line.replace_range(at + 10..at + 26, "REVISION");
        }
    }
    let unordered = |line: &str| !line.starts_with('#') && !line.contains("_bucket{");
    for samples in lines.chunk_by_mut(|one, other| unordered(one) && unordered(other)) {
        samples.sort();
    }
    lines.join("\n")
}

#[tokio::test]
async fn metrics_tell_what_was_taken_decided_and_sent() {
    let scene = Scene::start().await;
    scene.begin();
    scene.let_it_happen();
    scene.clock.advance(SignedDuration::from_secs(90));
    let (status, text) = scene.get("/metrics").await;
    assert_eq!(status, 200);
    assert!(!text.contains("example.com") && !text.contains("user-"), "{text}");
    insta::assert_snapshot!(steady(&text));
}

#[tokio::test]
async fn every_metric_is_explained_in_the_readme() {
    let scene = Scene::start().await;
    scene.begin();
    scene.let_it_happen();
    let (_, text) = scene.get("/metrics").await;
    let told: BTreeSet<_> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let readme = std::fs::read_to_string(support::project("README.md")).unwrap();
    let explained: BTreeSet<_> =
        readme.lines().filter_map(|line| line.strip_prefix("| `dashlight_")?.split(['`', '{']).next()).collect();
    let told: BTreeSet<_> = told.into_iter().map(|name| name.trim_start_matches("dashlight_")).collect();
    assert_eq!(explained, told);
}

#[tokio::test]
async fn a_worker_is_alive_from_the_first_moment_and_ready_when_it_works() {
    let scene = Scene::start().await;
    assert_eq!(scene.get("/health/live").await, (200, r#"{"status":"alive"}"#.to_owned()));
    assert_eq!(scene.ready().await.1["status"], "starting");
    scene.broker.fails("events", "not connected yet");
    scene.begin();
    let (status, account) = scene.ready().await;
    assert_eq!(
        (status, &account["status"], &account["broker"]["reason"]),
        (503, &"not-ready".into(), &"not connected yet".into())
    );
    assert!(account["broker"]["since"].as_str().is_some_and(|since| since.starts_with("2026-11-20T0")), "{account}");
    scene.broker.works("events");
    let (status, account) = scene.ready().await;
    assert_eq!((status, &account["status"], &account["ledger"]["works"]), (200, &"ready".into(), &true.into()));
    assert_eq!(account["content"]["revision"].as_str().map(str::len), Some(16));
    scene.worker.fails("the ledger, for events", "disk full");
    assert_eq!(scene.ready().await.0, 503);
    assert_eq!(scene.get("/health/live").await.0, 200, "a restart fills no disk");
    scene.worker.works("the ledger, for events");
    scene.broker.fails("dead letters", "no such queue");
    let (status, account) = scene.ready().await;
    assert_eq!((status, &account["status"]), (200, &"degraded".into()));
    scene.trigger.request();
    let (status, account) = scene.ready().await;
    assert_eq!((status, &account["status"]), (503, &"stopping".into()));
}

#[tokio::test]
async fn another_path_is_answered_with_those_there_are() {
    let (status, text) = Scene::start().await.get("/").await;
    assert_eq!((status, text.as_str()), (404, "ask for /health/live, /health/ready or /metrics\n"));
}

#[tokio::test]
async fn an_address_that_is_taken_is_named_with_its_key() {
    let clock = || Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH));
    let (_trigger, shutdown) = Shutdown::manual();
    let taken = Endpoint::open("127.0.0.1:0".parse().unwrap(), clock(), shutdown.clone()).await.unwrap();
    let address = taken.address().unwrap();
    let fault = Endpoint::open(address, clock(), shutdown).await.err().unwrap().to_string();
    let expected = format!("`telemetry.listen` is `{address}`, where dashlight cannot listen: ");
    assert!(fault.starts_with(&expected) && fault.ends_with("end what listens there"), "{fault}");
}
