//! The worker as an operator meets it: the real program, stopped, cut off from its peers, and let go on.
#![cfg(unix)]
#![allow(clippy::duplicate_mod, reason = "the files of both servers know where their peer is named")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    unreachable_pub,
    reason = "a test says what went wrong by panicking"
)]

#[path = "support/rabbitmq.rs"]
mod rabbitmq;
#[path = "support/relay.rs"]
mod relay;
#[path = "support/smtp.rs"]
mod smtp;
#[path = "support/worker.rs"]
mod worker;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rabbitmq::{Broker, PATIENCE};
use relay::{Mode, Relay};
use serde_json::json;
use smtp::Server;
use worker::{APP, CONNECTIONS, Peers, Site, Worker};

/// The servers, each behind a relay, and a place for workers.
struct Scene {
    broker: Broker,
    to_broker: Relay,
    server: Server,
    to_server: Relay,
    site: Site,
}

impl Scene {
    /// `None`: the servers are not there, and the test has nothing to say.
    async fn new(broker_is: Mode, server_is: Mode, arguments: &[&str]) -> Option<Self> {
        let broker = Broker::connect().await?;
        let server = Server::start(arguments)?;
        let to_broker = Relay::start(broker.address(), broker_is).await;
        let to_server = Relay::start(SocketAddr::from((Ipv4Addr::LOCALHOST, server.port)), server_is).await;
        for queue in [&broker.work, &broker.dead] {
            broker.declare(queue, "quorum").await;
        }
        let amqp = broker.through(to_broker.port());
        let site = Site::new(&Peers {
            amqp: amqp.expose(),
            queue: &broker.work,
            dead_letters: &broker.dead,
            smtp_port: to_server.port(),
        });
        Some(Self { broker, to_broker, server, to_server, site })
    }

    async fn publish(&self, owners: impl IntoIterator<Item = usize>) {
        for owner in owners {
            self.publish_to(owner, &address(owner)).await;
        }
    }

    async fn publish_to(&self, owner: usize, email: &str) {
        let event = json!({
            "app": APP,
            "recipient": { "id": format!("owner-{owner}"), "email": email },
            "vehicle": { "id": format!("car-{owner}") },
            "error": { "type": "CONNECTED_SERVICES_ACCOUNT", "code": "PERMISSION" },
        });
        self.broker.publish(event.to_string().as_bytes()).await;
    }

    /// The addresses that have got a mail.
    fn reached(&self) -> BTreeSet<String> {
        let messages = self.server.messages();
        messages.iter().map(|message| message["to"][0].as_str().unwrap().to_owned()).collect()
    }

    async fn until_reached(&self, owners: impl IntoIterator<Item = usize>) {
        let wanted: BTreeSet<_> = owners.into_iter().map(address).collect();
        self.until("the mails arrive", || self.reached().is_superset(&wanted)).await;
    }

    async fn until_said(&self, what: &str) {
        self.until(what, || self.said(what) > 0).await;
    }

    fn said(&self, what: &str) -> usize {
        self.site.whole_log().matches(what).count()
    }

    async fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so() {
            assert!(Instant::now() < deadline, "waited in vain: {what}\n{}", self.site.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn end(&self, mut worker: Worker) -> ExitStatus {
        let mut status = None;
        self.until("the worker ends", || {
            status = worker.ended();
            status.is_some()
        })
        .await;
        status.unwrap()
    }

    async fn stop(&self, worker: Worker) {
        worker.ask_to_stop();
        assert_eq!(self.end(worker).await.code(), Some(0), "{}", self.site.log());
        assert!(self.said("stopped") > 0, "{}", self.site.log());
    }
}

fn address(owner: usize) -> String {
    format!("owner-{owner:03}@example.com")
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_under_load_settles_what_was_taken_and_leaves_the_rest_to_the_broker() {
    let owners = 300;
    // Slow enough that there is a middle, however late the first mails are seen.
    let Some(scene) = Scene::new(Mode::Forward, Mode::Forward, &["--delay", "0.1"]).await else { return };
    scene.publish(0..owners).await;
    let worker = scene.site.start_with(&["source.batch_size=10", "rabbitmq.prefetch=20"]);
    scene.until("some mails arrive", || scene.reached().len() > CONNECTIONS).await;
    scene.stop(worker).await;
    assert_eq!(scene.said("stopping"), 1, "{}", scene.site.log());

    let census = scene.site.census().await;
    let reached = scene.reached().len();
    assert!(reached < owners, "the worker was stopped in the middle");
    assert_eq!((census.sent, census.sending), (reached as u64, 0), "what was sent is settled: {census:?}");
    let committed = usize::try_from(census.sent + census.planned).unwrap();
    // Nothing is on its way any more: what was not committed is in the queue, all of it.
    scene.broker.take(&scene.broker.work, owners - committed).await;
    assert!(scene.broker.is_empty(&scene.broker.work).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_the_worker_at_once() {
    let Some(scene) = Scene::new(Mode::Forward, Mode::Forward, &[]).await else { return };
    for (owner, signal, code) in [(1, "INT", 130), (2, "TERM", 143)] {
        scene.publish_to(owner, &format!("silent-{owner}@example.com")).await;
        let worker =
            scene.site.start_with(&["smtp.data_timeout=10m", "ledger.lease=30m", "dispatch.drain_timeout=10m"]);
        scene.until("the mail is on its way", || scene.reached().len() == owner).await;
        worker.signal("TERM");
        scene.until("it heard the first", || scene.said("stopping") == owner).await;
        worker.signal(signal);
        assert_eq!(scene.end(worker).await.code(), Some(code), "{}", scene.site.log());
        assert_eq!(scene.said("gone at once"), owner, "{}", scene.site.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_not_there_is_waited_for_and_said_once() {
    let Some(scene) = Scene::new(Mode::Refuse, Mode::Forward, &[]).await else { return };
    scene.publish([1]).await;
    let worker = scene.site.start_with(&["rabbitmq.reconnect_min=10ms", "rabbitmq.reconnect_max=50ms"]);
    scene.until_said("cannot be reached").await;
    scene.to_broker.set(Mode::Forward);
    scene.until_reached([1]).await;
    scene.to_broker.set(Mode::Refuse);
    scene.to_broker.cut();
    scene.until("the loss is said", || scene.said("out of service") >= 2).await;
    scene.publish([2]).await;
    scene.to_broker.set(Mode::Forward);
    scene.until_reached([1, 2]).await;
    scene.stop(worker).await;
    assert_eq!(scene.said("in service again"), 2, "{}", scene.site.log());
    assert!(!scene.site.whole_log().contains("still out of service"), "too soon to remind:\n{}", scene.site.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_wait_for_a_mail_server_that_is_not_there_and_the_log_stays_calm() {
    let owners = 40;
    let Some(scene) = Scene::new(Mode::Forward, Mode::Refuse, &[]).await else { return };
    scene.publish(0..owners).await;
    let worker = scene.site.start_with(&["dispatch.retry_min=10ms", "dispatch.retry_max=100ms", "dispatch.poll=10ms"]);
    scene.until_said("not sent yet").await;
    assert_eq!(scene.reached().len(), 0);
    scene.to_server.set(Mode::Forward);
    scene.until_reached(0..owners).await;
    scene.stop(worker).await;
    assert_eq!(scene.server.messages().len(), owners, "none of them twice");
    // A refused connection may end in one or another way.
    assert!(scene.said("not sent yet") <= 4, "one line for all of them:\n{}", scene.site.log());
    assert!(!scene.site.whole_log().contains("@example.com"), "the log holds no addresses");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_is_locked_stops_the_intake_until_it_is_free() {
    let Some(scene) = Scene::new(Mode::Forward, Mode::Forward, &[]).await else { return };
    let worker = scene.site.start();
    scene.until_said("taking events").await;
    let lock = rusqlite::Connection::open(scene.site.ledger()).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    scene.publish(0..20).await;
    scene.until_said("the ledger, for events").await;
    assert_eq!(scene.reached().len(), 0, "nothing is sent that is not recorded");
    lock.execute_batch("ROLLBACK").unwrap();
    scene.until_reached(0..20).await;
    // What was sent and not noted when the ledger goes would rightly be sent again.
    let noted =
        || lock.query_row("SELECT count(*) FROM dispatches WHERE state = 'sent'", [], |row| row.get::<_, i64>(0));
    scene.until("all is noted", || noted().is_ok_and(|count| count == 20)).await;

    // A shutdown does not wait for it: what was not committed is the broker's.
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let before = scene.said("the ledger, for events");
    scene.publish(20..40).await;
    scene.until("it is said again", || scene.said("the ledger, for events") > before).await;
    worker.ask_to_stop();
    scene.until_said("stopping").await;
    let status = scene.end(worker).await;
    assert_eq!(status.code(), Some(0), "{}", scene.site.log());
    lock.execute_batch("ROLLBACK").unwrap();
    drop(lock);

    let worker = scene.site.start();
    scene.until_reached(0..40).await;
    scene.stop(worker).await;
    assert_eq!(scene.server.messages().len(), 40, "none lost, none twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_is_locked_at_the_start_is_waited_for() {
    let Some(scene) = Scene::new(Mode::Forward, Mode::Forward, &[]).await else { return };
    scene.site.census().await;
    let lock = rusqlite::Connection::open(scene.site.ledger()).unwrap();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let worker = scene.site.start();
    scene.until_said("locked by another program").await;
    assert_eq!(scene.said("started"), 0, "{}", scene.site.log());
    lock.execute_batch("ROLLBACK").unwrap();
    scene.publish([1]).await;
    scene.until_reached([1]).await;
    scene.stop(worker).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_cannot_settle_any_more_ends_loudly_and_the_next_sends_nothing_twice() {
    let Some(scene) = Scene::new(Mode::Forward, Mode::Forward, &[]).await else { return };
    let broken = scene.site.start_in(&[("DASHLIGHT_FAILPOINT", "settled=panic@1")], &[]);
    scene.publish([0]).await;
    assert_eq!(scene.end(broken).await.code(), Some(2), "{}", scene.site.log());
    let why = "what tells the ledger of ends has ended: dashlight panicked; please report it";
    assert_eq!(scene.said(why), 1, "{}", scene.site.log());

    let next = scene.site.start();
    scene.publish([1]).await;
    scene.until_reached([0, 1]).await;
    scene.stop(next).await;
    assert_eq!(scene.server.messages().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_worker_on_a_ledger_is_refused() {
    let Some(scene) = Scene::new(Mode::Forward, Mode::Forward, &[]).await else { return };
    let first = scene.site.start();
    scene.until_said("taking events").await;
    let second = scene.site.start();
    assert_eq!(scene.end(second).await.code(), Some(2), "{}", scene.site.log());
    assert_eq!(scene.said("is used by another worker; stop that one"), 1, "{}", scene.site.log());
    scene.publish([1]).await;
    scene.until_reached([1]).await;
    scene.stop(first).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_reads_any_more_does_not_stop_the_worker() {
    let Some(scene) = Scene::new(Mode::Forward, Mode::Forward, &[]).await else { return };
    let (reader, writer) = std::io::pipe().unwrap();
    let mut worker = scene.site.start_into(Stdio::from(writer));
    drop(reader);
    scene.publish(0..10).await;
    scene.until_reached(0..10).await;
    assert_eq!(worker.ended(), None);
    worker.ask_to_stop();
    assert_eq!(scene.end(worker).await.code(), Some(0));
}
