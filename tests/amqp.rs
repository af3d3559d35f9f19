//! The RabbitMQ source against a real broker, and against networks that misbehave.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by panicking")]

#[path = "support/logs.rs"]
mod logs;
#[path = "support/rabbitmq.rs"]
mod rabbitmq;
#[path = "support/relay.rs"]
mod relay;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dashlight::clock::{Dice, SystemClock};
use dashlight::config::{self, Declare, QueueType, Secret};
use dashlight::event::{Reason, Reject};
use dashlight::source::{AmqpSource, Batch, Rejected, Source};
use lapin::BasicProperties;
use lapin::message::Delivery;
use lapin::types::{AMQPValue, FieldTable, LongString};
use logs::Logs;
use rabbitmq::{Broker, PATIENCE};
use relay::{Mode, Relay};
use tokio::time::timeout;

fn start(config: &config::Rabbitmq, batch_size: usize) -> AmqpSource {
    let limits = config::Source { max_event_bytes: 1 << 20, batch_size, backlog_limit: 10_000 };
    AmqpSource::start(config, &limits, Arc::new(SystemClock), Arc::new(Dice::seeded(7))).unwrap()
}

async fn next(source: &mut AmqpSource) -> Batch {
    timeout(PATIENCE, source.next()).await.expect("a batch comes").expect("the source goes on")
}

async fn finish(source: &mut AmqpSource, batch: Batch, rejected: Vec<Rejected>) {
    timeout(PATIENCE, source.finish(batch, rejected)).await.expect("the batch is finished");
}

/// Batches until `count` deliveries were seen, each finished at once.
async fn take(source: &mut AmqpSource, count: usize) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    while bodies.len() < count {
        let batch = next(source).await;
        bodies.extend(batch.deliveries.iter().map(|delivery| delivery.body.clone()));
        finish(source, batch, Vec::new()).await;
    }
    bodies
}

fn poison(index: usize, detail: &str) -> Rejected {
    Rejected { index, reject: Reject::new(Reason::NotJson, detail) }
}

fn header(delivery: &Delivery, name: &str) -> String {
    let headers = delivery.properties.headers().as_ref().unwrap();
    headers.inner().get(name).and_then(AMQPValue::as_long_string).map(ToString::to_string).unwrap_or_default()
}

/// One source of events, which reaches the broker through a relay; it starts in `mode`.
async fn relayed(broker: &Broker, mode: Mode) -> (Relay, config::Rabbitmq) {
    let relay = Relay::start(broker.address(), mode).await;
    let url = broker.through(relay.port());
    (relay, config::Rabbitmq { url, ..broker.config() })
}

async fn poison_is_kept_with_its_reason(queue_type: QueueType) {
    let Some(broker) = Broker::connect().await else { return };
    let (logs, _guard) = Logs::listen();
    let mut source = start(&config::Rabbitmq { queue_type, ..broker.config() }, 100);
    // It declares the queues itself.
    timeout(PATIENCE, logs.until("taking events")).await.unwrap();

    let mut headers = FieldTable::default();
    headers.insert("trace".into(), AMQPValue::LongString(LongString::from("t-1")));
    let properties = BasicProperties::default()
        .with_message_id("m-1".into())
        .with_timestamp(1_700_000_000)
        .with_content_type("application/json".into())
        .with_expiration("3600000".into())
        .with_headers(headers);
    broker.publish(b"{}").await;
    broker.publish_with(b"not json \xff", properties).await;
    broker.publish(b"[]").await;

    let mut seen = 0;
    while seen < 3 {
        let batch = next(&mut source).await;
        seen += batch.deliveries.len();
        let index = batch.deliveries.iter().position(|delivery| delivery.body.starts_with(b"not"));
        if let Some(index) = index {
            assert_eq!(batch.deliveries[index].properties.message_id.as_deref(), Some("m-1"));
            assert_eq!(batch.deliveries[index].origin, broker.work);
        }
        let rejected = index.map(|index| poison(index, "line 1, column 1")).into_iter().collect();
        finish(&mut source, batch, rejected).await;
    }
    source.close().await;

    let dead = broker.take(&broker.dead, 1).await.remove(0);
    assert_eq!(dead.data, b"not json \xff");
    for (name, expected) in [
        ("x-dashlight-reason", "not-json"),
        ("x-dashlight-detail", "line 1, column 1"),
        ("x-dashlight-exchange", ""),
        ("x-dashlight-routing-key", &broker.work),
        ("x-dashlight-queue", &broker.work),
        ("x-dashlight-version", env!("CARGO_PKG_VERSION")),
        ("trace", "t-1"),
    ] {
        assert_eq!(header(&dead, name), expected, "{name}");
    }
    assert!(header(&dead, "x-dashlight-at").parse::<jiff::Timestamp>().is_ok());
    assert_eq!(dead.properties.message_id().as_ref().map(ToString::to_string).as_deref(), Some("m-1"));
    assert_eq!(*dead.properties.timestamp(), Some(1_700_000_000));
    assert_eq!((*dead.properties.delivery_mode(), dead.properties.expiration()), (Some(2), &None));
    assert!(broker.is_empty(&broker.work).await && broker.is_empty(&broker.dead).await);
}

#[tokio::test]
async fn poison_in_a_quorum_queue_is_kept_with_its_reason() {
    poison_is_kept_with_its_reason(QueueType::Quorum).await;
}

#[tokio::test]
async fn poison_in_a_classic_queue_is_kept_with_its_reason() {
    poison_is_kept_with_its_reason(QueueType::Classic).await;
}

#[tokio::test]
async fn poison_is_not_acknowledged_before_the_dead_letter_queue_has_it() {
    let Some(broker) = Broker::connect().await else { return };
    let (logs, _guard) = Logs::listen();
    broker.declare(&broker.work, "quorum").await;
    let mut source = start(&config::Rabbitmq { declare: Declare::None, ..broker.config() }, 10);
    broker.publish(b"poison").await;
    let batch = next(&mut source).await;

    // There is no dead-letter queue yet: the broker returns what it cannot route.
    let created = async {
        logs.until("did not take 1 dead letters: NO_ROUTE").await;
        broker.declare(&broker.dead, "quorum").await;
    };
    timeout(PATIENCE, async { tokio::join!(source.finish(batch, vec![poison(0, "")]), created) }).await.unwrap();

    assert_eq!(broker.take(&broker.dead, 1).await[0].data, b"poison");
    source.close().await;
    assert!(broker.is_empty(&broker.work).await);
}

#[tokio::test]
async fn a_batch_whose_dead_letters_wait_can_be_cut_short_and_comes_again() {
    let Some(broker) = Broker::connect().await else { return };
    broker.declare(&broker.work, "quorum").await;
    let mut source = start(&config::Rabbitmq { declare: Declare::None, ..broker.config() }, 10);
    broker.publish(b"poison").await;
    let batch = next(&mut source).await;
    assert!(timeout(Duration::from_millis(200), source.finish(batch, vec![poison(0, "")])).await.is_err());
    source.close().await;
    assert_eq!(broker.take(&broker.work, 1).await[0].data, b"poison");
}

#[tokio::test]
async fn an_unfinished_batch_comes_again_after_a_lost_connection() {
    let Some(broker) = Broker::connect().await else { return };
    let (relay, config) = relayed(&broker, Mode::Forward).await;
    broker.declare(&broker.work, "quorum").await;
    broker.publish(b"1").await;
    let mut source = start(&config, 10);
    let batch = next(&mut source).await;
    assert_eq!(batch.deliveries.len(), 1);

    relay.cut();
    let again = next(&mut source).await;
    assert_eq!(again.deliveries, batch.deliveries);
    // The first receipt is of a session before: it acknowledges nothing.
    finish(&mut source, batch, Vec::new()).await;
    finish(&mut source, again, Vec::new()).await;
    source.close().await;
    assert!(broker.is_empty(&broker.work).await);
}

#[tokio::test]
async fn batches_that_are_finished_out_of_order_lose_nothing() {
    let Some(broker) = Broker::connect().await else { return };
    broker.declare(&broker.work, "quorum").await;
    for body in [b"1", b"2", b"3"] {
        broker.publish(body).await;
    }
    let mut source = start(&broker.config(), 1);
    let first = next(&mut source).await;
    let second = next(&mut source).await;
    finish(&mut source, second, Vec::new()).await;
    source.close().await;
    drop(first);
    // The first was never finished: it is there again, and the second with it.
    let bodies: BTreeSet<_> = broker.take(&broker.work, 3).await.into_iter().map(|delivery| delivery.data).collect();
    assert_eq!(bodies.len(), 3);
}

#[tokio::test]
async fn no_more_is_taken_than_the_prefetch_allows() {
    let Some(broker) = Broker::connect().await else { return };
    broker.declare(&broker.work, "quorum").await;
    for body in 0..10_u8 {
        broker.publish(&[body]).await;
    }
    let mut source = start(&config::Rabbitmq { prefetch: 3, ..broker.config() }, 10);
    let mut held = Vec::new();
    while held.iter().map(|batch: &Batch| batch.deliveries.len()).sum::<usize>() < 3 {
        held.push(next(&mut source).await);
    }
    // Another consumer gets all the rest; nothing of it was prefetched.
    assert_eq!(broker.take(&broker.work, 7).await.len(), 7);
    for batch in held {
        finish(&mut source, batch, Vec::new()).await;
    }
    source.close().await;
    assert!(broker.is_empty(&broker.work).await);
}

#[tokio::test]
async fn closing_gives_back_what_was_prefetched_and_not_finished() {
    let Some(broker) = Broker::connect().await else { return };
    broker.declare(&broker.work, "quorum").await;
    for body in 0..5_u8 {
        broker.publish(&[body]).await;
    }
    let mut source = start(&broker.config(), 1);
    let batch = next(&mut source).await;
    finish(&mut source, batch, Vec::new()).await;
    source.close().await;
    assert!(source.next().await.is_none());
    let rest: Vec<_> = broker.take(&broker.work, 4).await.into_iter().map(|delivery| delivery.data[0]).collect();
    assert_eq!(rest, [1, 2, 3, 4]);
    assert!(broker.is_empty(&broker.work).await);
}

#[tokio::test]
async fn a_user_without_the_right_to_configure_is_enough() {
    let Some(broker) = Broker::connect().await else { return };
    broker.declare(&broker.work, "quorum").await;
    broker.declare(&broker.dead, "quorum").await;
    for declare in [Declare::None, Declare::Passive] {
        let url = broker.as_user("worker", "worker");
        let mut source = start(&config::Rabbitmq { url, declare, ..broker.config() }, 10);
        broker.publish(b"poison").await;
        let batch = next(&mut source).await;
        finish(&mut source, batch, vec![poison(0, "")]).await;
        source.close().await;
        assert_eq!(broker.take(&broker.dead, 1).await[0].data, b"poison", "{declare:?}");
    }
}

#[tokio::test]
async fn a_missing_right_is_told() {
    let Some(broker) = Broker::connect().await else { return };
    let (logs, _guard) = Logs::listen();
    let url = broker.as_user("worker", "worker");
    let mut source = start(&config::Rabbitmq { url, ..broker.config() }, 10);
    timeout(PATIENCE, logs.until("the broker refuses (declaring the queues)")).await.unwrap();
    source.close().await;
}

#[tokio::test]
async fn a_queue_with_other_arguments_is_told_and_tried_again() {
    let Some(broker) = Broker::connect().await else { return };
    let (logs, _guard) = Logs::listen();
    let (relay, config) = relayed(&broker, Mode::Forward).await;
    broker.declare(&broker.work, "classic").await;
    let mut source = start(&config, 10);
    timeout(PATIENCE, relay.until_accepted(4)).await.unwrap();
    assert_eq!(logs.count("exists with other arguments (its x-queue-type is `classic`, ours `quorum`)"), 1);

    broker.delete(&broker.work).await;
    timeout(PATIENCE, logs.until("taking events")).await.unwrap();
    broker.publish(b"1").await;
    assert_eq!(take(&mut source, 1).await, [b"1"]);
    source.close().await;
}

#[tokio::test]
async fn a_queue_that_is_missing_is_told_and_waited_for() {
    let Some(broker) = Broker::connect().await else { return };
    let (logs, _guard) = Logs::listen();
    let mut source = start(&config::Rabbitmq { declare: Declare::Passive, ..broker.config() }, 10);
    timeout(PATIENCE, logs.until(&format!("queue `{}` does not exist; create it", broker.work))).await.unwrap();
    broker.declare(&broker.work, "quorum").await;
    broker.declare(&broker.dead, "quorum").await;
    broker.publish(b"1").await;
    assert_eq!(take(&mut source, 1).await, [b"1"]);
    source.close().await;
}

#[tokio::test]
async fn a_broker_that_is_not_there_yet_is_waited_for() {
    let Some(broker) = Broker::connect().await else { return };
    let (logs, _guard) = Logs::listen();
    let (relay, config) = relayed(&broker, Mode::Refuse).await;
    let mut source = start(&config, 10);
    let ailment = source.pulse().ailment("events").expect("nothing can be taken yet");
    assert_eq!(ailment.reason, "not connected yet");
    timeout(PATIENCE, logs.until("cannot be reached")).await.unwrap();
    assert!(source.pulse().ailment("events").is_some_and(|ailment| ailment.reason.contains("cannot be reached")));

    relay.set(Mode::Forward);
    broker.declare(&broker.work, "quorum").await;
    broker.publish(b"1").await;
    assert_eq!(take(&mut source, 1).await, [b"1"]);
    assert_eq!(source.pulse().ailment("events"), None);
    assert_eq!((logs.count("cannot be reached"), logs.count("in service again")), (1, 1), "{}", logs.text());
    source.close().await;
}

#[tokio::test]
async fn a_deleted_queue_is_declared_anew() {
    let Some(broker) = Broker::connect().await else { return };
    let (logs, _guard) = Logs::listen();
    let mut source = start(&broker.config(), 10);
    timeout(PATIENCE, logs.until("taking events")).await.unwrap();
    broker.delete(&broker.work).await;
    assert!(timeout(Duration::from_millis(1), source.next()).await.is_err());
    let published = async {
        while logs.count("taking events") < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        broker.publish(b"1").await;
    };
    let (bodies, ()) = tokio::join!(take(&mut source, 1), published);
    assert_eq!(bodies, [b"1"]);
    source.close().await;
}

#[tokio::test]
async fn connections_cut_in_the_middle_lose_nothing() {
    const COUNT: u8 = 120;
    let Some(broker) = Broker::connect().await else { return };
    let (relay, config) = relayed(&broker, Mode::Forward).await;
    broker.declare(&broker.work, "quorum").await;
    for body in 0..COUNT {
        broker.publish(&[body]).await;
    }
    let mut source = start(&config, 7);
    let (mut seen, mut batches) = (BTreeSet::new(), 0);
    while seen.len() < usize::from(COUNT) {
        let batch = next(&mut source).await;
        seen.extend(batch.deliveries.iter().map(|delivery| delivery.body[0]));
        batches += 1;
        // Before the acknowledgement, after it, and with poison on its way.
        if batches % 4 == 0 {
            relay.cut();
        }
        let rejected = if batches % 3 == 0 { vec![poison(0, "")] } else { Vec::new() };
        finish(&mut source, batch, rejected).await;
        if batches % 5 == 0 {
            relay.cut();
        }
    }
    // What was cut off before its acknowledgement comes once more, after a while on a machine that has much else to do.
    while let Ok(Some(batch)) = timeout(Duration::from_secs(5), source.next()).await {
        finish(&mut source, batch, Vec::new()).await;
    }
    source.close().await;
    assert!(broker.is_empty(&broker.work).await);
}

#[tokio::test]
async fn a_peer_that_falls_silent_is_left_after_its_heartbeats_are_missed() {
    let Some(broker) = Broker::connect().await else { return };
    let (relay, config) = relayed(&broker, Mode::Forward).await;
    let (heartbeat, connect_timeout) = (Duration::from_secs(1), Duration::from_millis(300));
    broker.declare(&broker.work, "quorum").await;
    broker.publish(b"1").await;
    let mut source = start(&config::Rabbitmq { heartbeat, connect_timeout, ..config }, 10);
    assert_eq!(take(&mut source, 1).await, [b"1"]);

    relay.set(Mode::BlackHole);
    broker.publish(b"2").await;
    let healed = async {
        // Another connection: the silence was noticed.
        relay.until_accepted(2).await;
        relay.set(Mode::Forward);
    };
    // The first may come once more: its acknowledgement can have gone into the silence.
    let second = async { while !take(&mut source, 1).await.contains(&b"2".to_vec()) {} };
    timeout(PATIENCE, async { tokio::join!(second, healed) }).await.unwrap();
    source.close().await;
}

#[tokio::test]
async fn a_body_of_16_mib_is_taken_and_kept_as_it_is() {
    let Some(broker) = Broker::connect().await else { return };
    broker.declare(&broker.work, "quorum").await;
    let body: Vec<u8> = (0..16 << 20).map(|index: usize| index.to_le_bytes()[1]).collect();
    broker.publish(&body).await;
    let mut source = start(&broker.config(), 10);
    let batch = next(&mut source).await;
    assert!(batch.deliveries[0].body == body);
    let reject = Reject::new(Reason::TooLarge, "16777216 bytes");
    finish(&mut source, batch, vec![Rejected { index: 0, reject }]).await;
    assert!(broker.take(&broker.dead, 1).await[0].data == body);
    source.close().await;
}

#[tokio::test]
async fn amqps_trusts_the_authority_that_is_configured_and_no_stranger() {
    let Some(broker) = Broker::connect().await else { return };
    let Some(url) = rabbitmq::peer::named("DASHLIGHT_TEST_AMQPS").map(Secret::new) else { return };
    let Some(ca_file) = rabbitmq::peer::named("DASHLIGHT_TEST_AMQPS_CA").map(PathBuf::from) else { return };
    let (logs, _guard) = Logs::listen();
    let mut stranger = start(&config::Rabbitmq { url: url.clone(), ..broker.config() }, 10);
    timeout(PATIENCE, logs.until("offers no TLS that can be trusted")).await.unwrap();
    stranger.close().await;

    let mut source = start(&config::Rabbitmq { url, ca_file: Some(ca_file), ..broker.config() }, 10);
    timeout(PATIENCE, logs.until("taking events")).await.unwrap();
    broker.publish(b"1").await;
    assert_eq!(take(&mut source, 1).await, [b"1"]);
    source.close().await;
}
