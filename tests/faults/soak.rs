//! A bit of everything, for a while, to one worker: it grows by nothing.

use std::time::{Duration, Instant};

use super::carriers::{behind_relay, mishap};
use super::held::Held;
use super::links::relayed;
use super::relay::Mode;
use super::scene::sleep;
use super::table::Row;
use super::traffic::Traffic;
use super::{Plan, now};

pub async fn soaked(plan: Plan) -> Row {
    const EACH: usize = 40;
    let (mut scene, broker) = relayed(Mode::Forward, false).await;
    let mail = behind_relay(&mut scene).await;
    scene.set("smtp.data_timeout=500ms");
    scene.set("rabbitmq.reconnect_min=10ms");
    let mut chance = fastrand::Rng::with_seed(plan.seed);
    let time = Duration::from_secs(plan.rounds(20, 900) as u64);
    scene.start();
    let (began, mut round, mut warm) = (Instant::now(), 0, None);
    while began.elapsed() < time {
        // At equal moments: all is well, and all is done.
        if warm.is_none() && began.elapsed() > time / 3 {
            scene.until_all_got().await;
            warm = Some(Held::by(&scene.fleet[0]));
        }
        let first = round * EACH;
        scene.publish(Traffic::mixed(first..first + EACH, now(), plan.seed + round as u64)).await;
        match chance.u8(0..8) {
            0..3 => mail.set(mishap(&mut chance)),
            3 => mail.cut(),
            4 => broker.cut(),
            5 => {
                broker.set(Mode::Mute(chance.usize(0..1_500)));
                broker.cut();
            }
            6 => {
                scene.fleet[0].signal("STOP");
                sleep(Duration::from_millis(300)).await;
                scene.fleet[0].signal("CONT");
            }
            _ => broker.set(Mode::BlackHole),
        }
        sleep(Duration::from_millis(chance.u64(100..600))).await;
        for relay in [&mail, &broker] {
            relay.set(Mode::Forward);
        }
        round += 1;
    }
    scene.until_all_got().await;
    let grown = scene.grown_since(warm.expect("it lasts longer")).await;
    let window = mail.accepted();
    let mut row = scene.finish(window).await;
    row.demand(grown.is_none(), || grown.unwrap_or_default());
    row
}
