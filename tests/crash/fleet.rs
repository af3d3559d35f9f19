//! The same for a fleet: four workers on one queue and one PostgreSQL, killed, stopped in their tracks, started and ended
//! under load.

use std::collections::BTreeSet;
use std::time::Instant;

use dashlight::config;
use dashlight::ledger::{Census, Ledger as _, PostgresLedger, Timekeeper};

use super::broker::Broker;
use super::inbox::Inbox;
use super::traffic::{self, Message, Traffic};
use super::worker::{CONNECTIONS, Peers, Site, Worker};
use super::{PATIENCE, now, postgres, smtp};

/// Longer than the longest send of a worker that is [started](Scene::start) so.
const LEASE: u64 = 12;
const HURRY: [&str; 4] =
    ["ledger.lease=12s", "smtp.connect_timeout=300ms", "smtp.command_timeout=300ms", "smtp.data_timeout=3s"];

/// A queue, a mail server, a database; and workers, as many as a test wants.
struct Scene {
    broker: Broker,
    _server: smtp::Server,
    ledger: config::Postgres,
    site: Site,
    inbox: Inbox,
    fleet: Vec<Worker>,
}

impl Scene {
    /// `None`: the servers are not there, and the test has nothing to say.
    async fn new() -> Option<Self> {
        let amqp = smtp::peer::named("DASHLIGHT_TEST_AMQP")?;
        let ledger = postgres::config()?;
        // It takes its time over each mail, so that what happens to the workers happens in the middle.
        let server = smtp::Server::start(&["--delay", "0.005"])?;
        let broker = Broker::connect(&amqp, &format!("{}-{}", std::process::id(), server.port)).await;
        let (queue, dead_letters) = (&broker.queue, &broker.dead_letters);
        let site = Site::new(&Peers { amqp: &amqp, queue, dead_letters, smtp_port: server.port });
        let inbox = Inbox::open(&server.dir.path().join("record.ndjson"));
        Some(Self { broker, _server: server, ledger, site, inbox, fleet: Vec::new() })
    }

    fn start(&mut self) {
        let url = format!("ledger.url={}", self.ledger.url.expose());
        let schema = format!("ledger.schema={}", self.ledger.schema);
        let settings: Vec<&str> = HURRY.into_iter().chain([url.as_str(), schema.as_str()]).collect();
        self.fleet.push(self.site.start_with(&settings));
    }

    async fn until(&mut self, is_so: impl Fn(&Inbox) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.inbox.look();
            if is_so(&self.inbox) {
                return;
            }
            for worker in &mut self.fleet {
                assert_eq!(worker.ended(), None, "a worker ended by itself:\n{}", self.site.log());
            }
            assert!(Instant::now() < deadline, "{} mails and no more:\n{}", self.inbox.distinct(), self.site.log());
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    async fn until_reached(&mut self, owners: &BTreeSet<String>) {
        self.until(|inbox| owners.iter().all(|owner| inbox.mails.contains_key(owner))).await;
    }

    async fn stop_all(&mut self) {
        for worker in std::mem::take(&mut self.fleet) {
            super::stop(&self.site, worker).await;
        }
        self.inbox.look();
    }

    async fn census(&self) -> Census {
        let ledger = PostgresLedger::open(&self.ledger, Timekeeper::Server).await.expect("the ledger");
        let census = ledger.census().await.expect("a census");
        ledger.close().await.expect("closed");
        census
    }

    /// All of `must` got one message, and nobody else but `may` any; what came twice came under the same id.
    fn assert_balance(&self, must: &BTreeSet<String>, may: &BTreeSet<String>, window: usize) {
        let inbox = &self.inbox;
        let got: BTreeSet<_> = inbox.mails.keys().cloned().collect();
        let repeated = inbox.total() - inbox.distinct();
        println!("{:>7}  owners who must get a mail", must.len());
        println!("{:>7}  owners with their mail", got.len());
        println!("{:>7}  lost", must.difference(&got).count());
        println!("{repeated:>7}  mails that came twice (at most {window})");
        assert!(must.is_subset(&got), "lost: {:?}", must.difference(&got).collect::<Vec<_>>());
        let uncalled: Vec<_> = got.iter().filter(|owner| !must.contains(*owner) && !may.contains(*owner)).collect();
        assert!(uncalled.is_empty(), "owners with a mail that nobody asked for: {uncalled:?}");
        for (owner, ids) in &inbox.mails {
            let different: BTreeSet<_> = ids.iter().collect();
            assert_eq!(different.len(), 1, "{owner} got two messages about one incident: {ids:?}");
        }
        assert!(repeated <= window, "{repeated} mails came twice:\n{}", self.site.log());
    }

    async fn finish(self) {
        assert_eq!(self.broker.waiting().await, 0, "events are left in the queue");
        let census = self.census().await;
        assert_eq!(census.sent, self.inbox.distinct() as u64, "the ledger knows of every mail: {census:?}");
        assert_eq!((census.sending, census.failed, census.unknown), (0, 0, 0), "{census:?}");
        self.broker.delete_queues().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_whose_workers_are_killed_loses_nothing_and_repeats_only_what_was_in_flight() {
    const KILLS: usize = 6;
    let Some(mut scene) = Scene::new().await else { return };
    let traffic = Traffic::new(now(), 3);
    scene.broker.publish(&traffic.messages).await;
    for _ in 0..4 {
        scene.start();
    }
    for kill in 1..=KILLS {
        let enough = traffic.must.len() * kill / (KILLS + 2);
        scene.until(|inbox| inbox.distinct() >= enough).await;
        scene.fleet.remove(0).kill();
        scene.start();
    }
    scene.until_reached(&traffic.must).await;
    scene.stop_all().await;
    // Which of a RESOLVED and its ERROR is taken first, is not said where several take.
    let may = traffic.may.iter().cloned().chain((0..traffic::OVER).map(traffic::address)).collect();
    scene.assert_balance(&traffic.must, &may, KILLS * 2 * CONNECTIONS);
    let letters: BTreeSet<_> = scene.broker.take_dead_letters().await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(letters, traffic.poison.keys().cloned().collect());
    scene.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_slept_through_its_leases_sends_nothing_that_another_has_sent() {
    let Some(mut scene) = Scene::new().await else { return };
    let (messages, must) = errors(0..300);
    scene.start();
    scene.broker.publish(&messages).await;
    scene.until(|inbox| inbox.distinct() >= 30).await;
    scene.fleet[0].signal("STOP");
    let asleep = Instant::now();
    scene.start();
    // The sleeper's claims are the other's when their leases have run out.
    scene.until_reached(&must).await;
    scene.until(|_| asleep.elapsed().as_secs() > 2 * LEASE).await;
    scene.fleet[0].signal("CONT");
    // Until it has looked again at all that it held: it works for others only after that.
    let (messages, others) = errors(300..400);
    scene.broker.publish(&messages).await;
    scene.until_reached(&others).await;
    scene.stop_all().await;
    let must = must.union(&others).cloned().collect();
    scene.assert_balance(&must, &BTreeSet::new(), 2 * CONNECTIONS);
    scene.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_that_grows_and_shrinks_under_load_sends_each_message_once() {
    const MOST: usize = 8;
    let Some(mut scene) = Scene::new().await else { return };
    let (messages, must) = errors(0..800);
    scene.start();
    scene.broker.publish(&messages).await;
    let steps = 2 * MOST - 1;
    for step in 1..steps {
        let enough = must.len() * step / steps;
        scene.until(|inbox| inbox.distinct() >= enough).await;
        if step < MOST {
            scene.start();
        } else {
            let oldest = scene.fleet.remove(0);
            super::stop(&scene.site, oldest).await;
        }
    }
    assert_eq!(scene.fleet.len(), 1);
    scene.until_reached(&must).await;
    scene.stop_all().await;
    scene.assert_balance(&must, &BTreeSet::new(), 0);
    scene.finish().await;
}

/// An ERROR for each of these owners, who must all get a mail.
fn errors(owners: std::ops::Range<usize>) -> (Vec<Message>, BTreeSet<String>) {
    let messages = owners.clone().map(|owner| traffic::error(owner, now())).collect();
    (messages, owners.map(traffic::address).collect())
}
