//! Events that cannot be used in any way there is, panics in the middle, and a worker that dies of each start.

use std::collections::BTreeMap;

use dashlight::event::Reason;
use lapin::types::{AMQPValue, LongString};
use serde_json::Value;

use super::scene::{SLOW, Scene, Store, WINDOW};
use super::table::Row;
use super::traffic::{Message, Traffic};
use super::{Plan, now};

/// Bytes in the headers of a message: what a frame of 128 KiB holds with the rest of the envelope.
const HUGE: usize = 100_000;

fn huge_headers(mut message: Message) -> Message {
    let value = AMQPValue::LongString(LongString::from("x".repeat(HUGE)));
    message.headers = BTreeMap::from([("x-huge".into(), value)]);
    message
}

/// The largest message that RabbitMQ 4 takes.
const LARGE: usize = 16 << 20;

/// Bad UTF-8, 16 MiB, deep JSON, huge headers; an event on which the intake panics, and a mail whose rendering does. Each is
/// kept with its reason.
pub async fn kept(_: Plan) -> Row {
    let mut scene = Scene::new(Store::Sqlite, SLOW).await;
    let mut traffic = Traffic::errors(0..80, now()).and(Traffic::poison(0..33, now()));
    let large = [b"\"".as_slice(), &vec![b'x'; LARGE - 2], b"\""].concat();
    let deep = b"{\"error\":".repeat(7_000);
    for (id, body, reason) in [("large", large, Reason::TooLarge), ("deep", deep, Reason::TooDeep)] {
        traffic.poison.insert(id.to_owned(), reason);
        traffic.messages.push(Message { id: id.to_owned(), body, ..Message::default() });
    }
    // Of the good and of the bad.
    for index in [3, 90] {
        traffic.messages[index] = huge_headers(traffic.messages[index].clone());
    }
    fastrand::shuffle(&mut traffic.messages);
    scene.set("rabbitmq.prefetch=50");
    scene.set("source.batch_size=10");
    let early = spoilt_on_the_way_in(&mut scene).await;
    let mails = early + traffic.must.len();
    scene.publish(traffic).await;
    scene.start_as(&[("DASHLIGHT_FAILPOINT", "composing=panic@7")]);
    scene.until_got(mails - 1).await;
    scene.until_all_buried().await;
    scene.stop_all().await;
    let listed = scene.site.run(&["failed", "list", "--format", "json"]);
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    scene.site.run(&["failed", "retry", "--all"]);
    scene.start();
    let mut row = scene.finish(0).await;
    row.demand(listed.to_string().matches("\"panicked\"").count() == 1, || format!("not one that panicked: {listed}"));
    row
}

/// Good events, on one of which the intake panics: it alone is buried, and is as good as the others when it is replayed.
async fn spoilt_on_the_way_in(scene: &mut Scene) -> usize {
    let traffic = Traffic::errors(80..100, now());
    let mails = traffic.must.len();
    scene.publish(traffic).await;
    scene.start_as(&[("DASHLIGHT_FAILPOINT", "routing=panic@7")]);
    scene.until_got(mails - 1).await;
    scene.until_one_is_buried().await;
    scene.stop_all().await;
    scene.site.run(&["dead", "replay", "--reason", "panicked"]);
    mails
}

/// A worker that dies of the first mail it composes, each time it is started: what it had taken is not given up for it,
/// though the broker counts how often it was delivered.
pub async fn crash_loop(plan: Plan) -> Row {
    let mut scene = Scene::new(Store::Sqlite, SLOW).await;
    let queue = scene.broker.queue.clone();
    scene.broker.delete(&queue).await;
    scene.broker.declare(&queue, &[("x-delivery-limit", AMQPValue::LongInt(20))]).await;
    for setting in ["rabbitmq.declare=passive", "rabbitmq.prefetch=50", "source.batch_size=10"] {
        scene.set(setting);
    }
    scene.publish(Traffic::errors(0..200, now()).and(Traffic::poison(0..11, now()))).await;
    let rounds = plan.rounds(25, 60);
    for _ in 0..rounds {
        scene.start_as(&[("DASHLIGHT_FAILPOINT", "composing=kill@1")]);
        scene.until_dead().await;
    }
    scene.start();
    scene.finish(rounds * WINDOW).await
}
