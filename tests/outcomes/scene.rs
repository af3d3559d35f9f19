//! A ledger whose dispatches end as a test says, an exchange, and what tells of the ones to the other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dashlight::clock::{Clock as _, Dice, ManualClock};
use dashlight::config::{self, Declare};
use dashlight::event::{ErrorKey, Moment, Recipient, Resolution, State, Vehicle, VehicleError};
use dashlight::ledger::{
    Admission, Claimant, Dispatch, End, FailReason, Fingerprint, Ledger, Outcomes, Settlement, SqliteLedger, Trail,
    Untold,
};
use dashlight::outcomes::{AmqpPublisher, Teller};
use dashlight::policy::{Channel, Pace, Reach, Rules, Step, Target};
use dashlight::resilience::{Backoff, Fatal, Patience, Pulse};
use dashlight::shutdown::{Shutdown, Trigger};
use jiff::{SignedDuration, Timestamp};
use lapin::ExchangeKind;
use lapin::message::Delivery;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::rabbitmq::{Broker, PATIENCE};
use crate::relay::{Mode, Relay};

pub(crate) const DAY: SignedDuration = SignedDuration::from_hours(24);

pub(crate) struct Scene {
    pub(crate) broker: Broker,
    pub(crate) relay: Relay,
    pub(crate) exchange: String,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) untold: Arc<dyn Untold>,
    pub(crate) clock: ManualClock,
    pub(crate) pulse: Pulse,
    pub(crate) declare: Declare,
    pub(crate) path: std::path::PathBuf,
    _folder: tempfile::TempDir,
}

/// A teller at work.
pub(crate) struct Telling {
    trigger: Trigger,
    task: JoinHandle<()>,
}

impl Telling {
    /// As at the end of a worker.
    pub(crate) async fn end(self) {
        self.trigger.request();
        timeout(PATIENCE, self.task).await.expect("it ends").unwrap();
    }

    /// As if its worker were killed.
    pub(crate) fn abandon(self) {
        self.task.abort();
    }
}

impl Scene {
    /// `None`: there is no broker, and the test has nothing to say. The exchange is not there yet.
    pub(crate) async fn new() -> Option<Self> {
        let broker = Broker::connect().await?;
        let relay = Relay::start(broker.address(), Mode::Forward).await;
        let exchange = broker.work.replace("work", "outcomes");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let ledger: Arc<dyn Ledger> = Arc::new(SqliteLedger::open_with(&path, Outcomes::Kept).unwrap());
        let untold = Arc::clone(&ledger).untold().unwrap();
        let clock = ManualClock::at(Timestamp::from_second(1_790_000_000).unwrap());
        let (pulse, declare) = (Pulse::default(), Declare::Declare);
        Some(Self { broker, relay, exchange, ledger, untold, clock, pulse, declare, path, _folder: folder })
    }

    /// With the exchange, and a queue that gets all of it.
    pub(crate) async fn heard() -> Option<Self> {
        let scene = Self::new().await?;
        scene.create(ExchangeKind::Topic).await;
        scene.bind("#").await;
        Some(scene)
    }

    pub(crate) async fn create(&self, kind: ExchangeKind) {
        self.broker.create_exchange(&self.exchange, kind).await;
    }

    pub(crate) async fn delete(&self) {
        self.broker.delete_exchange(&self.exchange).await;
    }

    /// The work queue of the broker's pair is where outcomes are heard.
    pub(crate) async fn bind(&self, key: &str) {
        self.broker.declare(&self.broker.work, "quorum").await;
        self.broker.bind(&self.broker.work, &self.exchange, key).await;
    }

    fn config(&self) -> config::Rabbitmq {
        let url = self.broker.through(self.relay.port());
        let request_timeout = Duration::from_secs(2);
        config::Rabbitmq { url, declare: self.declare, request_timeout, ..self.broker.config() }
    }

    pub(crate) fn publisher(&self) -> AmqpPublisher {
        let dice = Arc::new(Dice::seeded(7));
        AmqpPublisher::new(&self.config(), &self.exchange, dice, &self.pulse).unwrap()
    }

    pub(crate) fn start(&self) -> Telling {
        let (trigger, shutdown) = Shutdown::manual();
        let (mut publisher, teller) = (self.publisher(), self.teller("one"));
        let task = tokio::spawn(async move { teller.run(&mut publisher, &shutdown).await });
        Telling { trigger, task }
    }

    fn teller(&self, name: &str) -> Teller {
        Teller {
            untold: Arc::clone(&self.untold),
            claimant: teller(name),
            clock: Arc::new(self.clock.clone()),
            poll: Duration::from_millis(10),
            keep: DAY * 30,
            patience: Patience {
                backoff: Backoff { min: Duration::from_millis(1), max: Duration::from_millis(10) },
                remind_every: Duration::from_secs(30),
                dice: Arc::new(Dice::seeded(7)),
                fatal: Fatal::default(),
                pulse: self.pulse.clone(),
            },
        }
    }

    /// A dispatch for each owner, claimed.
    pub(crate) async fn claim(&self, owners: impl IntoIterator<Item = String>) -> Vec<Dispatch> {
        let now = self.clock.now();
        let batch = owners.into_iter().map(|owner| admission(error(&owner, now))).collect();
        self.ledger.admit(batch, now, Pace::Live, None).await.unwrap();
        self.ledger.claim(Channel::Email, now, 10_000, &teller("worker")).await.unwrap()
    }

    pub(crate) async fn settle(&self, dispatch: &Dispatch, end: End) {
        let settlement = Settlement { id: dispatch.id.clone(), token: dispatch.token, end };
        assert_eq!(self.ledger.settle(vec![settlement], self.clock.now()).await.unwrap(), [true]);
    }

    /// So many dispatches that were sent.
    pub(crate) async fn send(&self, owners: std::ops::Range<usize>) {
        let claimed = self.claim(owners.map(|owner| format!("owner-{owner}"))).await;
        let sent = |dispatch: Dispatch| Settlement { id: dispatch.id, token: dispatch.token, end: sent() };
        let batch: Vec<_> = claimed.into_iter().map(sent).collect();
        self.ledger.settle(batch, self.clock.now()).await.unwrap();
    }

    pub(crate) async fn waiting(&self) -> u64 {
        self.untold.backlog().await.unwrap().waiting
    }

    pub(crate) async fn until_all_told(&self) {
        self.until_waiting(0).await;
    }

    pub(crate) async fn until_waiting(&self, count: u64) {
        let told = async {
            while self.waiting().await != count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, told).await.expect("what can be told is told");
    }

    pub(crate) async fn hear(&self, count: usize) -> Vec<Delivery> {
        self.broker.take(&self.broker.work, count).await
    }

    /// All that was heard, by the ids: each of them once or more, and always the same.
    pub(crate) async fn hear_all(&self) -> BTreeMap<String, Value> {
        let mut heard = BTreeMap::new();
        while let Some(message) = self.broker.get(&self.broker.work).await {
            let event: Value = serde_json::from_slice(&message.data).unwrap();
            let id = event["id"].as_str().unwrap().to_owned();
            assert_eq!(message.properties.message_id().as_ref().map(ToString::to_string), Some(id.clone()));
            let before = heard.insert(id, event.clone());
            assert!(before.is_none_or(|before| before == event), "told differently: {event}");
        }
        heard
    }
}

pub(crate) fn teller(name: &str) -> Claimant {
    Claimant { owner: name.into(), lease: SignedDuration::from_mins(1), leaves: Vec::new() }
}

pub(crate) fn error(owner: &str, at: Timestamp) -> VehicleError {
    VehicleError {
        event_id: format!("event of {owner}"),
        app: "ampwise".into(),
        key: ErrorKey::new("CONNECTED_SERVICES_ACCOUNT", Some("PERMISSION")),
        state: State::Error,
        moment: Moment { at, sequence: None },
        undated: None,
        recipient: Recipient { id: owner.into(), email: Some("jo@example.com".into()), ..Recipient::default() },
        vehicle: Vehicle { id: Some("car".into()), ..Vehicle::default() },
        resolution: Resolution::default(),
        test: false,
    }
}

/// One e-mail, at once.
pub(crate) fn admission(error: VehicleError) -> Admission {
    let step = Step { after: SignedDuration::ZERO, channels: vec![Channel::Email], reach: Reach::All };
    let rules = Rules {
        grace: SignedDuration::ZERO,
        steps: vec![step],
        cooldown: DAY * 14,
        expiry: DAY * 30,
        bundles: false,
        inhibited_by: Vec::new(),
        relief: None,
    };
    Admission { error, rules: Some(Arc::new(rules)), targets: vec![Target::Email], nights: None }
}

pub(crate) fn sent() -> End {
    End::Sent {
        transport: "smtp".into(),
        provider_id: Some("queued as 1".into()),
        locale: "en".into(),
        revision: "r1".into(),
    }
}

/// The carrier says that there is no such address.
pub(crate) fn dead(dispatch: &Dispatch, now: Timestamp) -> End {
    let address = Fingerprint::of(&dispatch.error, &Target::Email);
    let trail = Trail { transport: Some("smtp".into()), locale: Some("en".into()), address, ..Trail::default() };
    End::Failed { reason: FailReason::AddressInvalid, detail: "RCPT: 550 5.1.1 <address> unknown".into(), now, trail }
}
