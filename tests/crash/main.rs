//! The promise, held against the worst: 2,000 events through a real RabbitMQ, a worker that is killed twice in the middle,
//! and a mail server of other makers that counts what arrives.

#![expect(clippy::expect_used, reason = "what goes wrong in a test is the test's result")]
#![expect(unreachable_pub, reason = "the parts of a test are public to the test only")]
#![allow(clippy::duplicate_mod, reason = "the files of both servers know where their peer is named")]

mod broker;
mod fleet;
mod inbox;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/smtp.rs"]
mod smtp;
mod traffic;
#[path = "../support/worker.rs"]
mod worker;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use broker::Broker;
use dashlight::event::Reason;
use inbox::Inbox;
use traffic::Traffic;
use worker::{CONNECTIONS, Peers, Site, Worker};

/// The longest that anything is waited for.
const PATIENCE: Duration = Duration::from_secs(90);

/// What a kill left behind.
struct Crash {
    /// Different mails that the server had by then.
    arrived: usize,
    /// Those of them that the ledger knew to be sent.
    settled: usize,
}

impl Crash {
    /// The one ambiguous window: mails on their way to the server, or from its answer to the ledger. They come twice.
    fn in_flight(&self) -> usize {
        self.arrived - self.settled
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_loses_nothing_and_repeats_only_what_was_in_flight() {
    let Some(amqp) = smtp::peer::named("DASHLIGHT_TEST_AMQP") else { return };
    // It takes its time over each mail, so that the kills come in the middle.
    let Some(server) = smtp::Server::start(&["--delay", "0.005"]) else { return };
    let run = format!("{}-{}", std::process::id(), server.port);
    let broker = Broker::connect(&amqp, &run).await;
    let traffic = Traffic::new(now(), 2);
    assert_eq!(traffic.messages.len(), traffic::EVENTS);
    broker.publish(&traffic.messages).await;

    let (queue, dead_letters) = (&broker.queue, &broker.dead_letters);
    let site = Site::new(&Peers { amqp: &amqp, queue, dead_letters, smtp_port: server.port });
    let mut inbox = Inbox::open(&server.dir.path().join("record.ndjson"));
    let mut crashes = Vec::new();
    for third in 1..=2 {
        let mut worker = site.start();
        let enough = traffic.must.len() * third / 3;
        until(&site, &mut worker, &mut inbox, |inbox| inbox.distinct() >= enough).await;
        crashes.push(crash(&site, worker, &mut inbox).await);
    }
    let mut worker = site.start();
    until(&site, &mut worker, &mut inbox, |inbox| traffic.must.iter().all(|owner| inbox.mails.contains_key(owner)))
        .await;
    stop(&site, worker).await;
    inbox.look();

    let dead_letters = broker.take_dead_letters().await;
    let waiting = broker.waiting().await;
    print_balance(&traffic, &inbox, &crashes, &dead_letters, waiting);
    assert_mails(&traffic, &inbox, &crashes);
    assert_dead_letters(&traffic, &dead_letters);
    assert_eq!(waiting, 0, "events are left in the queue");
    let census = site.census().await;
    assert_eq!(census.sent, inbox.distinct() as u64, "the ledger knows of every mail: {census:?}");
    assert_eq!((census.sending, census.failed, census.unknown), (0, 0, 0), "{census:?}");
    broker.delete_queues().await;
}

/// Waits until it is so. A worker that ends by itself, or time that runs out, fails the test.
async fn until(site: &Site, worker: &mut Worker, inbox: &mut Inbox, is_so: impl Fn(&Inbox) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        inbox.look();
        if is_so(inbox) {
            return;
        }
        assert_eq!(worker.ended(), None, "the worker ended by itself:\n{}", site.log());
        assert!(Instant::now() < deadline, "{} mails and no more:\n{}", inbox.distinct(), site.log());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn crash(site: &Site, worker: Worker, inbox: &mut Inbox) -> Crash {
    worker.kill();
    // The server may still be taking over what was sent; once the connections are closed it has all.
    let deadline = Instant::now() + PATIENCE;
    inbox.look();
    while !inbox.open.is_empty() {
        assert!(Instant::now() < deadline, "the connections of a dead worker stay open");
        tokio::time::sleep(Duration::from_millis(5)).await;
        inbox.look();
    }
    let settled = usize::try_from(site.census().await.sent).expect("a small number");
    Crash { arrived: inbox.distinct(), settled }
}

async fn stop(site: &Site, mut worker: Worker) {
    worker.ask_to_stop();
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = worker.ended() {
            break status;
        }
        assert!(Instant::now() < deadline, "SIGTERM did not stop the worker:\n{}", site.log());
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(status.code(), Some(0), "after SIGTERM:\n{}", site.log());
}

fn assert_mails(traffic: &Traffic, inbox: &Inbox, crashes: &[Crash]) {
    let got: BTreeSet<_> = inbox.mails.keys().cloned().collect();
    let missing: Vec<_> = traffic.must.difference(&got).collect();
    assert!(missing.is_empty(), "owners without their mail: {missing:?}");
    let uncalled: Vec<_> =
        got.iter().filter(|owner| !traffic.must.contains(*owner) && !traffic.may.contains(*owner)).collect();
    assert!(uncalled.is_empty(), "owners with a mail that nobody asked for: {uncalled:?}");
    for (owner, ids) in &inbox.mails {
        let different: BTreeSet<_> = ids.iter().collect();
        assert_eq!(different.len(), 1, "{owner} got two messages about one incident: {ids:?}");
    }
    let repeated = inbox.total() - inbox.distinct();
    for crash in crashes {
        // What was accepted and is not settled yet is never more than this (`dispatch.rs`).
        assert!(crash.in_flight() <= 2 * CONNECTIONS, "{} mails were in flight at once", crash.in_flight());
    }
    let in_flight: usize = crashes.iter().map(Crash::in_flight).sum();
    assert!(repeated <= in_flight, "{repeated} mails came twice, but only {in_flight} were in flight at the kills");
}

/// Each of the poison, and nothing else. A letter may lie there twice: published and confirmed, then the kill.
fn assert_dead_letters(traffic: &Traffic, dead_letters: &[(String, Option<Reason>)]) {
    let wanted: BTreeMap<_, _> = traffic.poison.iter().map(|(id, reason)| (id.clone(), Some(*reason))).collect();
    let found: BTreeMap<_, _> = dead_letters.iter().cloned().collect();
    assert_eq!(found, wanted);
}

fn print_balance(
    traffic: &Traffic,
    inbox: &Inbox,
    crashes: &[Crash],
    dead_letters: &[(String, Option<Reason>)],
    waiting: u32,
) {
    let line = |what: &str, count: usize| println!("{count:>7}  {what}");
    line("events published", traffic.messages.len());
    line("  of them unusable", traffic.poison.len());
    line("  of them repetitions", traffic::DUPLICATES);
    line("  of them RESOLVED", traffic::OVER + traffic::ENDING);
    line("owners who must get a mail", traffic.must.len());
    line("owners who may get one", traffic.may.len());
    for (number, crash) in crashes.iter().enumerate() {
        line(&format!("mails at kill {}", number + 1), crash.arrived);
        line(&format!("  in flight ({CONNECTIONS} connections)"), crash.in_flight());
    }
    line("owners with their mail", inbox.mails.len());
    line("mails that came twice", inbox.total() - inbox.distinct());
    line("dead letters", dead_letters.len());
    let unusable: BTreeSet<_> = dead_letters.iter().map(|(id, _)| id).collect();
    line("  of them different", unusable.len());
    line("events left in the queue", waiting as usize);
}

#[expect(clippy::disallowed_methods, reason = "the events of a test happen now")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
