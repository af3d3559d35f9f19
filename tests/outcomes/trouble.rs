//! What brokers and networks do, and that each outcome is told all the same, always under its id.

use std::time::Duration;

use dashlight::clock::Clock as _;
use dashlight::config::Declare;
use lapin::ExchangeKind;
use tokio::time::timeout;

use crate::logs::Logs;
use crate::rabbitmq::PATIENCE;
use crate::relay::Mode;
use crate::scene::*;

#[tokio::test]
async fn connections_cut_in_the_middle_lose_nothing() {
    let Some(scene) = Scene::heard().await else { return };
    let telling = scene.start();
    for round in 0..20 {
        scene.send(round * 100..(round + 1) * 100).await;
        scene.relay.cut();
        tokio::task::yield_now().await;
    }
    scene.until_all_told().await;
    telling.end().await;
    assert_eq!(scene.hear_all().await.len(), 2_000);
}

#[tokio::test]
async fn what_was_published_by_a_worker_that_died_is_told_again_under_the_same_id() {
    let Some(scene) = Scene::heard().await else { return };
    scene.send(0..10).await;
    // Taken by somebody who is not heard of again.
    let taken = scene.untold.take(4, scene.clock.now(), &teller("dead")).await.unwrap();
    assert_eq!(taken.len(), 4);
    let telling = scene.start();
    scene.hear(6).await;
    // The others are somebody else's, as far as anybody knows.
    scene.until_waiting(4).await;
    scene.clock.advance(jiff::SignedDuration::from_mins(1));
    scene.until_all_told().await;
    telling.end().await;
    assert_eq!(scene.hear_all().await.len(), 4);
}

#[tokio::test]
async fn a_broker_that_falls_silent_before_it_confirms_is_told_again() {
    let Some(scene) = Scene::heard().await else { return };
    let telling = scene.start();
    scene.send(0..1).await;
    scene.hear(1).await;
    scene.until_all_told().await;
    scene.relay.set(Mode::BlackHole);
    scene.send(1..300).await;
    let noticed = async {
        while scene.pulse.ailment("outcomes").is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, noticed).await.expect("the silence is noticed");
    assert_eq!(scene.waiting().await, 299);
    scene.relay.set(Mode::Forward);
    scene.until_all_told().await;
    assert_eq!(scene.pulse.ailment("outcomes"), None);
    telling.end().await;
    assert_eq!(scene.hear_all().await.len(), 299);
}

#[tokio::test]
async fn a_broker_that_is_not_there_is_waited_for_and_said_once() {
    let Some(scene) = Scene::heard().await else { return };
    let (logs, _guard) = Logs::listen();
    scene.relay.set(Mode::Refuse);
    let telling = scene.start();
    scene.send(0..10).await;
    timeout(PATIENCE, logs.until("cannot be reached")).await.unwrap();
    assert!(scene.pulse.ailment("outcomes").is_some_and(|ailment| ailment.reason.contains("cannot be reached")));
    let others = scene.untold.take(3, scene.clock.now(), &teller("other")).await.unwrap();
    assert_eq!(others.len(), 3, "whoever can tell them may have them");
    scene.untold.let_go(&teller("other")).await.unwrap();
    scene.relay.set(Mode::Forward);
    scene.until_all_told().await;
    telling.end().await;
    assert_eq!(scene.hear_all().await.len(), 10);
    assert_eq!((logs.count("cannot be reached"), logs.count("in service again")), (1, 1), "{}", logs.text());
    assert_eq!(scene.pulse.ailment("outcomes"), None);
}

#[tokio::test]
async fn what_nobody_listens_to_is_told_and_that_is_said_once() {
    let Some(scene) = Scene::new().await else { return };
    let (logs, _guard) = Logs::listen();
    let telling = scene.start();
    for round in 0..3 {
        scene.send(round * 10..(round + 1) * 10).await;
        scene.until_all_told().await;
    }
    assert_eq!(logs.count("no queue is bound for such outcomes"), 1, "{}", logs.text());
    scene.bind("delivery.accepted.*").await;
    let dispatch = scene.claim(["dead".to_owned()]).await.remove(0);
    scene.settle(&dispatch, dead(&dispatch, scene.clock.now())).await;
    scene.send(30..40).await;
    scene.until_all_told().await;
    telling.end().await;
    assert_eq!(logs.count("a queue is bound for such outcomes"), 1, "{}", logs.text());
    for key in ["delivery.accepted.email", "delivery.failed.email", "address.invalid.email"] {
        assert!(logs.text().contains(&format!("routing_key=\"{key}\"")), "{key}: {}", logs.text());
    }
    assert_eq!(scene.hear_all().await.len(), 10);
}

#[tokio::test]
async fn an_exchange_that_is_missing_is_told_and_waited_for() {
    for declare in [Declare::Passive, Declare::None] {
        let Some(mut scene) = Scene::new().await else { return };
        scene.declare = declare;
        let (logs, _guard) = Logs::listen();
        let telling = scene.start();
        scene.send(0..10).await;
        let missing = format!("exchange `{}` does not exist; create it as a durable topic exchange", scene.exchange);
        timeout(PATIENCE, logs.until(&missing)).await.unwrap_or_else(|_| panic!("{declare:?}: {}", logs.text()));
        // Or it would be told before anybody is bound to hear it.
        scene.relay.set(Mode::Refuse);
        scene.relay.cut();
        scene.create(ExchangeKind::Topic).await;
        scene.bind("#").await;
        scene.relay.set(Mode::Forward);
        scene.until_all_told().await;
        telling.end().await;
        assert_eq!(scene.hear_all().await.len(), 10);
        assert_eq!(logs.count("in service again"), 1, "{declare:?}: {}", logs.text());
        assert!(logs.count("does not exist") <= 1, "{declare:?}: {}", logs.text());
    }
}

#[tokio::test]
async fn an_exchange_of_another_kind_is_told_and_one_that_is_deleted_is_made_anew() {
    let Some(scene) = Scene::new().await else { return };
    let (logs, _guard) = Logs::listen();
    scene.create(ExchangeKind::Fanout).await;
    let telling = scene.start();
    scene.send(0..10).await;
    timeout(PATIENCE, logs.until("exists, but is another (its type is `fanout`, ours `topic`)"))
        .await
        .unwrap_or_else(|_| panic!("{}", logs.text()));
    scene.delete().await;
    scene.until_all_told().await;
    scene.delete().await;
    scene.send(10..20).await;
    scene.until_all_told().await;
    telling.end().await;
}

#[tokio::test]
async fn what_could_not_be_told_for_too_long_is_given_up_and_said() {
    let Some(scene) = Scene::heard().await else { return };
    let (logs, _guard) = Logs::listen();
    scene.relay.set(Mode::Refuse);
    scene.send(0..3).await;
    scene.clock.advance(DAY * 2);
    scene.send(3..5).await;
    scene.clock.advance(DAY * 29);
    let telling = scene.start();
    timeout(PATIENCE, logs.until("outcomes were given up")).await.unwrap();
    assert!(logs.text().contains("ERROR") && logs.text().contains("lost=3"), "{}", logs.text());
    telling.abandon();
    assert_eq!(scene.waiting().await, 2);
}
