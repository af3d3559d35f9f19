//! What networks do to the way to the broker: cut it, swallow it, let it begin and fall silent, refuse it.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use super::held::Held;
use super::relay::{Mode, Relay};
use super::scene::{SLOW, Scene, Store, faster, sleep};
use super::table::Row;
use super::traffic::Traffic;
use super::{Plan, now, smtp};

/// A worker whose way to the broker leads through a relay.
pub async fn relayed(mode: Mode, tls: bool) -> (Scene, Relay) {
    let mut scene = Scene::new(Store::Sqlite, SLOW).await;
    let variable = if tls { "DASHLIGHT_TEST_AMQPS" } else { "DASHLIGHT_TEST_AMQP" };
    let url = smtp::peer::named(variable).expect("asked for before");
    let port = url.rsplit(':').next().expect("a port").trim_end_matches('/').to_owned();
    let broker = SocketAddr::from(([127, 0, 0, 1], port.parse().expect("a port")));
    let relay = Relay::start(broker, mode).await;
    scene.set(format!("rabbitmq.url={}", url.replace(&port, &relay.port().to_string())));
    if tls {
        let ca = smtp::peer::named("DASHLIGHT_TEST_AMQPS_CA").expect("named with the server");
        scene.set(format!("rabbitmq.ca_file={}", Path::new(&ca).display()));
    }
    for setting in ["heartbeat=1s", "connect_timeout=300ms", "request_timeout=1s", "reconnect_max=300ms"] {
        scene.set(format!("rabbitmq.{setting}"));
    }
    (scene, relay)
}

/// At any moment, again and again; and now and then nothing arrives any more, and nobody says so.
pub async fn cut(plan: Plan) -> Row {
    const EACH: usize = 20;
    let (mut scene, relay) = relayed(Mode::Forward, false).await;
    let mut chance = fastrand::Rng::with_seed(plan.seed);
    scene.set("rabbitmq.reconnect_min=10ms");
    scene.set("rabbitmq.reconnect_max=50ms");
    scene.start();
    let (rounds, mut sessions) = (plan.rounds(40, 400), 0);
    for round in 0..rounds {
        // Now and then there is a session, or only attempts at one would be cut.
        if round % 5 == 0 {
            scene.until_told("taking events", sessions + 1).await;
            sessions = scene.told("taking events");
        }
        let first = round * EACH;
        scene.publish(Traffic::mixed(first..first + EACH, now(), plan.seed + round as u64)).await;
        sleep(Duration::from_millis(chance.u64(0..300))).await;
        if round % 20 < 18 {
            relay.cut();
            continue;
        }
        // Until the silence was noticed, and another connection tried.
        relay.set(Mode::BlackHole);
        let before = relay.accepted();
        scene.until("another connection", |_| relay.accepted() > before).await;
        relay.set(Mode::Forward);
    }
    scene.until_all_got().await;
    scene.finish(0).await
}

/// A broker that accepts a connection and falls silent: at once, in the handshake of TLS or AMQP, or while queues are
/// declared.
pub async fn silent(plan: Plan, tls: bool) -> Row {
    const WARM_UP: usize = 10;
    let (mut scene, relay) = relayed(Mode::Mute(0), tls).await;
    let mut chance = fastrand::Rng::with_seed(plan.seed);
    // Short, for each silence lasts so long; and long enough for the broker that speaks in the end.
    for setting in ["connect_timeout=300ms", "request_timeout=300ms", "reconnect_min=1ms", "reconnect_max=20ms"] {
        scene.set(format!("rabbitmq.{setting}"));
    }
    // What a broker says until it delivers.
    let most = if tls { 2_500 } else { 800 };
    scene.publish(Traffic::mixed(0..100, now(), plan.seed)).await;
    scene.start();
    let mut warm = None;
    for round in 0..WARM_UP + plan.rounds(40, 100) {
        if round == WARM_UP {
            warm = Some(Held::by(&scene.fleet[0]));
        }
        relay.set(if round % 4 == 0 { Mode::Silent } else { Mode::Mute(chance.usize(0..most)) });
        let before = relay.accepted();
        scene.until("another connection", |_| relay.accepted() > before).await;
    }
    scene.until("the last is closed", |_| relay.open() <= 1).await;
    let grown = scene.grown_since(warm.expect("more rounds than that")).await;
    relay.set(Mode::Forward);
    let mut row = scene.finish(0).await;
    row.demand(grown.is_none(), || grown.unwrap_or_default());
    row
}

/// Nobody listens for half an hour: the worker goes on trying, tells it now and then, and takes up its work.
pub async fn refused_for_half_an_hour(plan: Plan) -> Row {
    const PACE: u32 = 200;
    let (mut scene, relay) = relayed(Mode::Refuse, false).await;
    scene.hurry_less();
    scene.publish(Traffic::mixed(0..100, now(), plan.seed)).await;
    let clock = faster(PACE);
    scene.start_as(&clock.each_ref().map(|(name, value)| (*name, value.as_str())));
    scene.until("a first word", |scene| scene.told("cannot be reached") > 0).await;
    let (early, began) = (Held::by(&scene.fleet[0]), Instant::now());
    sleep(Duration::from_mins(30) / PACE).await;
    // On a machine that has much else to do half an hour may be too short for that.
    scene.until_told("still out of service", 40).await;
    let (told, lasted) = (scene.told("still out of service"), began.elapsed() * PACE);
    let grown = scene.grown_since(early).await;
    relay.set(Mode::Forward);
    let mut row = scene.finish(0).await;
    // By each of the two that talk with the broker: the source, and whoever tells of outcomes.
    let most = 2 * (lasted.as_secs() / 30 + 10);
    row.demand(told as u64 <= most, || format!("told {told} times in {lasted:?}, and not twice every 30 s"));
    row.demand(grown.is_none(), || grown.unwrap_or_default());
    row
}
