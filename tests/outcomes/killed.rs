//! The worker itself: killed between the broker's confirm and the ledger's note of it, and let go on.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use lapin::BasicProperties;
use serde_json::json;

use crate::rabbitmq::PATIENCE;
use crate::scene::Scene;
use crate::smtp;
use crate::worker::{APP, Peers, Site, Worker};

async fn until(site: &Site, what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain: {what}\n{}", site.log());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn until_ended(site: &Site, worker: &mut Worker) -> std::process::ExitStatus {
    let mut status = None;
    until(site, "the worker ends", || {
        status = worker.ended();
        status.is_some()
    })
    .await;
    status.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_before_it_notes_what_it_told_tells_it_again_under_the_same_ids() {
    const OWNERS: usize = 40;
    let (refused, accepted) = (OWNERS / 4, OWNERS - OWNERS / 4 + 1);
    let Some(scene) = Scene::heard().await else { return };
    let Some(mail) = smtp::Server::start(&[]) else { return };
    let (queue, dead_letters) = (format!("{}.events", scene.exchange), &scene.broker.dead);
    for queue in [&queue, dead_letters] {
        scene.broker.declare(queue, "quorum").await;
    }
    let amqp = scene.broker.through(scene.relay.port());
    let site = Site::new(&Peers { amqp: amqp.expose(), queue: &queue, dead_letters, smtp_port: mail.port });
    let publish = async |owner| {
        // The server does what the names say.
        let name = if owner % 4 == 0 && owner < OWNERS { "rcpt550.5.1.1" } else { "owner" };
        let event = json!({
            "app": APP,
            "recipient": { "id": format!("owner-{owner}"), "email": format!("{name}-{owner}@example.com") },
            "error": { "type": "CONNECTED_SERVICES_ACCOUNT", "code": "PERMISSION" },
        });
        scene.broker.publish_to(&queue, event.to_string().as_bytes(), BasicProperties::default()).await;
    };
    let exchange = format!("outcomes.exchange={}", scene.exchange);
    let settings = [exchange.as_str(), "dispatch.poll=20ms"];
    for half in 0..2 {
        for owner in (0..OWNERS).skip(half).step_by(2) {
            publish(owner).await;
        }
        let mut worker = site.start_in(&[("DASHLIGHT_FAILPOINT", "told=kill@1")], &settings);
        assert_eq!(until_ended(&site, &mut worker).await.signal(), Some(9), "{}", site.log());
    }
    // The last has something to do as well.
    publish(OWNERS).await;
    let mut worker = site.start_with(&settings);
    // A worker that is killed may have sent what it had no time to note.
    let reached = || mail.messages().iter().map(|mail| mail["to"][0].to_string()).collect::<BTreeSet<_>>();
    until(&site, "all mails are there", || reached().len() == accepted).await;
    // What was refused may come to its end after the last mail.
    let ledger = rusqlite::Connection::open(site.ledger()).unwrap();
    let ended = "SELECT count(*) FROM dispatches WHERE state IN ('sent', 'failed', 'unknown')";
    let ended = || ledger.query_row(ended, [], |row| row.get::<_, i64>(0));
    until(&site, "all is noted", || ended().is_ok_and(|count| usize::try_from(count) == Ok(OWNERS + 1))).await;
    drop(ledger);
    worker.ask_to_stop();
    assert_eq!(until_ended(&site, &mut worker).await.code(), Some(0), "{}", site.log());

    let heard = scene.hear_all().await;
    let of = |kind: &str| heard.values().filter(|event| event["type"] == format!("dashlight.{kind}")).count();
    assert_eq!(of("delivery.accepted"), accepted, "{}", site.log());
    // Of what was refused when it was sent again nobody knows what became of it the first time; the address is dead all the same.
    let not_accepted = of("delivery.failed") + of("delivery.unknown");
    assert_eq!((not_accepted, of("address.invalid")), (refused, refused), "{}", site.log());
    let dispatches: BTreeSet<_> = heard.values().map(|event| event["data"]["dispatch"].to_string()).collect();
    assert_eq!(dispatches.len(), OWNERS + 1);
    assert!(!site.whole_log().contains("@example.com"), "the log holds no addresses");
}
