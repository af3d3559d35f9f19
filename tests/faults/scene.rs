//! One scenario's world: queues, a carrier, a ledger, and workers, as many as it wants; and the balance at its end.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dashlight::config;
use dashlight::ledger::{Census, Ledger, Outcomes, PostgresLedger, Timekeeper};

use super::broker::Broker;
use super::carrier::Resend;
use super::held::Held;
use super::inbox::Inbox;
use super::table::Row;
use super::traffic::Traffic;
use super::worker::{CONNECTIONS, Peers, Site, Worker};
use super::{PATIENCE, PAUSE, outcomes, postgres, smtp};

/// The signal that a worker is killed with.
pub const SIGKILL: i32 = 9;

/// Longer than the longest send of these [workers](HURRY).
pub const LEASE: u64 = 20;

/// What each killed worker may leave on its way to the carrier, or between the carrier's answer and the ledger.
pub const WINDOW: usize = 2 * CONNECTIONS;

/// Nothing here is a figure of production but one: that nothing is waited for in vain.
const HURRY: [&str; 12] = [
    // That all is well is told later than any scenario lasts, even one whose clock runs 200 times faster.
    "policy.CONNECTED_SERVICES_ACCOUNT:ALL_IS_WELL.grace=23h",
    "ledger.lease=20s",
    "ledger.connect_timeout=2s",
    "ledger.request_timeout=3s",
    "dispatch.retry_min=100ms",
    "dispatch.retry_max=1s",
    "dispatch.poll=100ms",
    "smtp.connect_timeout=300ms",
    "smtp.command_timeout=500ms",
    // A server on a machine that has much else to do is not silent.
    "smtp.data_timeout=5s",
    "rabbitmq.reconnect_max=1s",
    "rabbitmq.request_timeout=3s",
];

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Store {
    Sqlite,
    Postgres,
}

#[derive(Clone, Copy)]
pub enum Carrier {
    /// With more arguments for `smtp_server.py`.
    Smtp(&'static [&'static str]),
    /// It honours idempotency keys.
    Resend,
}

/// It takes its time over each mail, so that what happens to the workers happens in the middle.
pub const SLOW: Carrier = Carrier::Smtp(&["--delay", "0.005"]);

pub struct Scene {
    pub broker: Broker,
    pub inbox: Inbox,
    pub site: Site,
    pub fleet: Vec<Worker>,
    /// For all workers that are started from now on, written `KEY=VALUE`.
    pub settings: Vec<String>,
    pub traffic: Traffic,
    /// Runs as long as this is held.
    server: Option<smtp::Server>,
    postgres: Option<config::Postgres>,
    began: Instant,
}

impl Scene {
    pub async fn new(store: Store, carrier: Carrier) -> Self {
        let amqp = smtp::peer::named("DASHLIGHT_TEST_AMQP").expect("asked for before");
        Self::at(&amqp, store, carrier).await
    }

    /// At a broker of one's own.
    pub async fn at(amqp: &str, store: Store, carrier: Carrier) -> Self {
        let mut broker = Broker::new(amqp, &format!("faults.{:016x}", fastrand::u64(..)));
        broker.declare_queues().await;
        outcomes::listen(&mut broker).await;
        let mut settings: Vec<String> = HURRY.map(str::to_owned).into();
        settings.push(format!("outcomes.exchange={}", outcomes::exchange(&broker)));
        let (mut server, mut port) = (None, 9);
        let inbox = match carrier {
            Carrier::Smtp(arguments) => {
                let started = smtp::Server::start(arguments).expect("asked for before");
                port = started.port;
                let inbox = Inbox::of_record(&started.dir.path().join("record.ndjson"));
                server = Some(started);
                inbox
            }
            Carrier::Resend => {
                let (carrier, endpoint) = Resend::start().await;
                settings.extend([
                    "channels.email.transports=resend".to_owned(),
                    "resend.api_key=re_key".to_owned(),
                    format!("resend.endpoint={endpoint}"),
                    format!("network.max_connections={CONNECTIONS}"),
                    "network.connect_timeout=1s".to_owned(),
                    "network.timeout=3s".to_owned(),
                ]);
                Inbox::of_carrier(carrier.taken)
            }
        };
        let (queue, dead_letters) = (&broker.queue, &broker.dead_letters);
        let site = Site::new(&Peers { amqp, queue, dead_letters, smtp_port: port });
        let postgres = (store == Store::Postgres).then(|| postgres::config().expect("asked for before"));
        if let Some(postgres) = &postgres {
            settings.push(format!("ledger.url={}", postgres.url.expose()));
            settings.push(format!("ledger.schema={}", postgres.schema));
        }
        let (fleet, traffic, began) = (Vec::new(), Traffic::default(), Instant::now());
        Self { broker, inbox, site, fleet, settings, traffic, server, postgres, began }
    }

    pub fn smtp_port(&self) -> u16 {
        self.server.as_ref().expect("a carrier over SMTP").port
    }

    pub fn smtp_certificate(&self) -> PathBuf {
        self.server.as_ref().expect("a carrier over SMTP").certificate()
    }

    /// On another PostgreSQL.
    pub fn keep_at(&mut self, url: &str) {
        self.postgres.as_mut().expect("a ledger in PostgreSQL").url = config::Secret::new(url);
        self.set(format!("ledger.url={url}"));
    }

    /// In another folder.
    pub fn keep_in(&mut self, folder: &Path) {
        self.site.keep_in(folder);
        self.set(format!("ledger.url=sqlite:{}", self.site.ledger().display()));
    }

    /// Limits for a worker whose clock [runs faster](faster).
    pub fn hurry_less(&mut self) {
        for setting in [
            "rabbitmq.heartbeat=10m",
            "rabbitmq.connect_timeout=1h",
            "rabbitmq.request_timeout=1h",
            "rabbitmq.reconnect_max=30s",
            "smtp.connect_timeout=20m",
            "smtp.command_timeout=20m",
            "smtp.data_timeout=1h",
            "dispatch.retry_min=10s",
            "dispatch.retry_max=5m",
            "dispatch.poll=30s",
            "dispatch.drain_timeout=1h",
            "ledger.lease=24h",
        ] {
            self.set(setting);
        }
    }

    pub fn set(&mut self, setting: impl Into<String>) {
        self.settings.push(setting.into());
    }

    pub fn start(&mut self) {
        self.start_as(&[]);
    }

    /// With an environment of its own.
    pub fn start_as(&mut self, environment: &[(&str, &str)]) {
        let settings: Vec<&str> = self.settings.iter().map(String::as_str).collect();
        self.fleet.push(self.site.start_in(environment, &settings));
    }

    pub async fn publish(&mut self, traffic: Traffic) {
        self.broker.publish(&traffic.messages).await;
        self.traffic = std::mem::take(&mut self.traffic).and(traffic);
    }

    /// Waits until it is so. A worker that ends by itself, or time that runs out, ends the scenario.
    pub async fn until(&mut self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.inbox.look();
            if is_so(self) {
                return;
            }
            for worker in &mut self.fleet {
                assert_eq!(worker.ended(), None, "a worker ended by itself:\n{}", self.site.log());
            }
            let got = self.inbox.distinct();
            let vain = || format!("waited in vain: {what} ({got} mails)\n{}", self.complaints().join("\n"));
            assert!(Instant::now() < deadline, "{}\n{}", vain(), self.site.log());
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// How often the workers have said this.
    pub fn told(&self, words: &str) -> usize {
        self.site.whole_log().matches(words).count()
    }

    /// Until the workers have said this `count` times in all.
    pub async fn until_told(&mut self, words: &str, count: usize) {
        self.until(words, |scene| scene.told(words) >= count).await;
    }

    /// What the workers warned of, but for the events that cannot be used.
    pub fn complaints(&self) -> Vec<String> {
        let is_one =
            |line: &&str| (line.contains(" WARN ") || line.contains(" ERROR ")) && !line.contains(" event rejected ");
        self.site.whole_log().lines().filter(is_one).map(str::to_owned).collect()
    }

    pub async fn until_got(&mut self, mails: usize) {
        self.until("mails", |scene| scene.inbox.distinct() >= mails).await;
    }

    pub async fn until_all_got(&mut self) {
        self.until("all mails", |scene| scene.traffic.must.iter().all(|owner| scene.inbox.mails.contains_key(owner)))
            .await;
    }

    /// Until there is a dead letter; it stays where it is.
    pub async fn until_one_is_buried(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let queue = self.broker.dead_letters.clone();
        while self.broker.waiting(&queue).await == 0 {
            assert!(Instant::now() < deadline, "nothing is buried:\n{}", self.site.log());
            tokio::time::sleep(PAUSE * 4).await;
        }
    }

    /// Until all that cannot be used is among the dead letters.
    pub async fn until_all_buried(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let buried: BTreeSet<_> = self.broker.take_dead_letters().await.iter().map(|(id, _)| id).collect();
            if self.traffic.poison.keys().all(|id| buried.contains(id)) {
                return;
            }
            assert!(Instant::now() < deadline, "not all are buried:\n{}", self.site.log());
            tokio::time::sleep(PAUSE * 4).await;
        }
    }

    /// Until the worker that was started last has died of a fail point.
    pub async fn until_dead(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let worker = self.fleet.last_mut().expect("it was started");
            if let Some(status) = worker.ended() {
                self.fleet.pop();
                assert_eq!(status.signal(), Some(SIGKILL), "a worker ended by itself:\n{}", self.site.log());
                return;
            }
            assert!(Instant::now() < deadline, "the worker did not come to its fail point:\n{}", self.site.log());
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Until the broker has nothing left for the workers.
    pub async fn until_all_taken(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let queue = self.broker.queue.clone();
        while self.broker.waiting(&queue).await > 0 {
            assert!(Instant::now() < deadline, "events are left in the queue:\n{}", self.site.log());
            tokio::time::sleep(PAUSE * 4).await;
        }
    }

    pub async fn stop(&mut self, index: usize) {
        let mut worker = self.fleet.remove(index);
        worker.ask_to_stop();
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = worker.ended() {
                break status;
            }
            assert!(Instant::now() < deadline, "SIGTERM did not stop the worker:\n{}", self.site.log());
            tokio::time::sleep(PAUSE).await;
        };
        assert_eq!(status.code(), Some(0), "after SIGTERM:\n{}", self.site.log());
    }

    pub async fn stop_all(&mut self) {
        while !self.fleet.is_empty() {
            self.stop(0).await;
        }
        self.inbox.look();
    }

    /// What the worker holds more than then, if it does not let go of it: what is being closed may take a moment.
    pub async fn grown_since(&self, then: Held) -> Option<String> {
        let deadline = Instant::now() + PATIENCE / 6;
        loop {
            let grown = Held::by(&self.fleet[0]).grown_since(then);
            if grown.is_none() || Instant::now() > deadline {
                return grown;
            }
            tokio::time::sleep(PAUSE * 10).await;
        }
    }

    /// The server may still be taking over what a dead worker sent; once the connections are closed it has all.
    pub async fn until_quiet(&mut self) {
        self.until("the connections of a dead worker close", |scene| scene.inbox.open.is_empty()).await;
    }

    pub async fn census(&self) -> Census {
        let Some(postgres) = &self.postgres else { return self.site.census().await };
        let ledger = PostgresLedger::open(postgres, Timekeeper::Server).await.expect("the ledger");
        let census = ledger.census().await.expect("a census");
        ledger.close().await.expect("closed");
        census
    }

    /// How many ends nobody was told of.
    async fn untold(&self) -> u64 {
        let ledger: Arc<dyn Ledger> = match &self.postgres {
            Some(url) => {
                let opened = PostgresLedger::open_with(url, Timekeeper::Server, Outcomes::Kept).await;
                Arc::new(opened.expect("the ledger"))
            }
            None => Arc::new(self.site.open_ledger(Outcomes::Kept)),
        };
        let untold = Arc::clone(&ledger).untold().expect("they are kept");
        let waiting = untold.backlog().await.expect("a number").waiting;
        ledger.close().await.expect("closed");
        waiting
    }

    /// Waits for all, ends the workers, counts.
    pub async fn finish(mut self, window: usize) -> Row {
        self.end().await;
        self.balance(window).await
    }

    /// Waits for all, and ends the workers.
    pub async fn end(&mut self) {
        let (queue, deadline) = (self.broker.queue.clone(), Instant::now() + PATIENCE);
        loop {
            self.until_all_got().await;
            self.until_all_taken().await;
            self.until_all_settled().await;
            self.stop_all().await;
            // What was taken and not yet acknowledged is there again; what is in doubt will be tried again.
            let is_over =
                self.broker.left(&queue).await == 0 && !is_unsettled(&self.census().await) && self.untold().await == 0;
            if is_over || Instant::now() > deadline {
                return;
            }
            self.start();
            tokio::time::sleep(PAUSE * 100).await;
        }
    }

    /// What a dead worker has claimed, or was telling, is another's when its lease has run out.
    async fn until_all_settled(&mut self) {
        // Where there is one worker, the ledger is its own until it stops.
        if self.postgres.is_none() {
            return;
        }
        let deadline = Instant::now() + PATIENCE;
        while is_unsettled(&self.census().await) || self.untold().await > 0 {
            assert!(Instant::now() < deadline, "a claim is not settled, or not told of:\n{}", self.site.log());
            tokio::time::sleep(PAUSE * 20).await;
        }
    }

    /// Counts. All workers are gone.
    pub async fn balance(mut self, window: usize) -> Row {
        self.inbox.look();
        let (census, queue) = (self.census().await, self.broker.queue.clone());
        let left = self.broker.left(&queue).await;
        let letters = self.broker.take_dead_letters().await.to_vec();
        let heard = outcomes::heard(&mut self.broker).await;
        self.broker.delete_queues().await;
        let (inbox, traffic) = (&self.inbox, &self.traffic);
        let got: BTreeSet<String> = inbox.mails.keys().cloned().collect();
        let kept: BTreeSet<_> = letters.iter().map(|(id, _)| id.clone()).collect();
        let without: Vec<_> = traffic.must.difference(&got).collect();
        let vanished: Vec<_> = traffic.poison.keys().filter(|id| !kept.contains(*id)).collect();
        let mut row = Row {
            published: traffic.messages.len(),
            accepted: inbox.total(),
            duplicated: inbox.total() - inbox.distinct(),
            window,
            cancelled: census.cancelled,
            dead: kept.len(),
            failed: census.failed,
            unknown: census.unknown,
            lost: without.len() + vanished.len(),
            seconds: self.began.elapsed().as_secs(),
            ..Row::default()
        };
        let (lost, duplicated) = (row.lost, row.duplicated);
        row.demand(lost == 0, || format!("lost: owners {without:?}, dead letters {vanished:?}"));
        row.demand(duplicated <= window, || format!("{duplicated} mails came twice, and {window} may"));
        row.demand(left == 0, || format!("{left} events are left in the queue"));
        let uncalled: Vec<_> = got
            .iter()
            .filter(|owner| ![&traffic.must, &traffic.may, &traffic.over].iter().any(|set| set.contains(*owner)))
            .collect();
        row.demand(uncalled.is_empty(), || format!("owners with a mail that nobody asked for: {uncalled:?}"));
        for (owner, ids) in &inbox.mails {
            let different: BTreeSet<_> = ids.iter().collect();
            row.demand(different.len() == 1, || format!("{owner} got two messages about one incident: {ids:?}"));
        }
        for (id, reason) in &letters {
            let wanted = traffic.poison.get(id).copied();
            row.demand(wanted == *reason && reason.is_some(), || {
                format!("the dead letter {id} says {reason:?}, and {wanted:?} is true")
            });
        }
        // A mail whose worker died and whose error was resolved before another looked counts as cancelled.
        let due = got.intersection(&traffic.must).count() as u64;
        let settled = census.sent + census.unknown >= due;
        row.demand(settled, || format!("the ledger does not know of every mail: {census:?}"));
        heard.demand(&census, &mut row);
        row.demand(!is_unsettled(&census), || format!("something is left to send: {census:?}"));
        row
    }
}

/// Reminders are planned for days later; what was begun must have come to an end.
fn is_unsettled(census: &Census) -> bool {
    census.sending + census.retrying > 0
}

/// The environment of a worker whose clocks run so many times faster.
pub fn faster(pace: u32) -> [(&'static str, String); 2] {
    let library = smtp::peer::named("DASHLIGHT_TEST_FAKETIME").expect("asked for before");
    [("LD_PRELOAD", library), ("FAKETIME", format!("+0 x{pace}"))]
}

/// Until `elapsed` says so; for what only time can bring.
pub async fn sleep(time: Duration) {
    tokio::time::sleep(time).await;
}
