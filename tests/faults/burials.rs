//! Dead letters that the broker refuses, cannot route, or never confirms: what they were made of stays in the queue.

use std::time::Duration;

use lapin::types::{AMQPValue, LongString};

use super::broker::connect;
use super::links::relayed;
use super::relay::{Mode, Relay};
use super::scene::{Scene, sleep};
use super::table::Row;
use super::traffic::Traffic;
use super::{Plan, now};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The dead-letter queue is full, and says no.
    Nacked,
    /// There is no dead-letter queue.
    Unroutable,
    /// The broker takes them, and its word is lost.
    Unconfirmed,
}

const ERRORS: usize = 60;
const POISON: usize = 22;

pub async fn refused(_: Plan, refusal: Refusal) -> Row {
    let (mut scene, relay) = relayed(Mode::Forward, false).await;
    for setting in [
        "rabbitmq.declare=none",
        "rabbitmq.request_timeout=500ms",
        // The session is not to break: the next could not begin while the relay is mute.
        "rabbitmq.heartbeat=30s",
        "dispatch.drain_timeout=500ms",
    ] {
        scene.set(setting);
    }
    let (queue, dead) = (scene.broker.queue.clone(), scene.broker.dead_letters.clone());
    if refusal != Refusal::Unconfirmed {
        scene.broker.delete(&dead).await;
    }
    if refusal == Refusal::Nacked {
        let reject = AMQPValue::LongString(LongString::from("reject-publish"));
        scene.broker.declare(&dead, &[("x-max-length", AMQPValue::LongInt(1)), ("x-overflow", reject)]).await;
        scene.broker.fill(&dead).await;
    }
    let heard = heard_until_confirms(&scene, &relay).await;
    scene.start();
    // The connection that takes events stands; the one that dead letters go over comes after it.
    scene.until("a session", |scene| scene.told("taking events") > 0).await;
    if refusal == Refusal::Unconfirmed {
        relay.set(Mode::Mute(heard));
    }
    scene.publish(Traffic::errors(0..ERRORS, now()).and(Traffic::poison(0..POISON, now()))).await;
    scene.until_all_got().await;
    scene.until("a refusal", |scene| scene.told(&format!("queue `{dead}` did not take")) > 0).await;
    sleep(Duration::from_millis(1_200)).await;
    scene.stop_all().await;

    let left = scene.broker.left(&queue).await as usize;
    relay.set(Mode::Forward);
    if refusal == Refusal::Nacked {
        scene.broker.delete(&dead).await;
    }
    if refusal != Refusal::Unconfirmed {
        scene.broker.declare(&dead, &[]).await;
    }
    scene.start();
    let mut row = scene.finish(0).await;
    row.demand(left >= POISON, || format!("{left} events were left, and {POISON} of them were not buried"));
    row
}

/// How many bytes a broker says until it is ready to confirm.
async fn heard_until_confirms(scene: &Scene, relay: &Relay) -> usize {
    let mut url = url::Url::parse(&scene.broker.url).expect("a URL");
    url.set_port(Some(relay.port())).expect("it has a host");
    let line = connect(url.as_str()).await.expect("a connection");
    let heard = relay.heard();
    drop(line);
    heard
}
