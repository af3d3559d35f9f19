//! A fleet whose workers are stopped in their tracks, started and ended under load, with clocks that differ.

use std::time::{Duration, Instant};

use super::scene::{LEASE, SLOW, Scene, Store, WINDOW, sleep};
use super::table::Row;
use super::traffic::Traffic;
use super::{Plan, now, smtp};

/// Asleep for two leases while another works: what the other has sent is not sent again.
pub async fn asleep(_: Plan) -> Row {
    let mut scene = Scene::new(Store::Postgres, SLOW).await;
    scene.start();
    scene.publish(Traffic::errors(0..300, now())).await;
    scene.until_got(30).await;
    scene.fleet[0].signal("STOP");
    let asleep = Instant::now();
    scene.start();
    // The sleeper's claims are the other's when their leases have run out.
    scene.until_all_got().await;
    scene.until("two leases", |_| asleep.elapsed().as_secs() > 2 * LEASE).await;
    scene.fleet[0].signal("CONT");
    // Until it has looked again at all that it held: it works for others only after that.
    scene.publish(Traffic::errors(300..400, now())).await;
    scene.finish(WINDOW).await
}

/// From one worker to eight and back to one, while one in three has a clock that is five minutes ahead, and one a clock that is five
/// minutes behind. Of a few owners they hear that all is well before they hear of what was wrong.
pub async fn growing_and_shrinking(plan: Plan) -> Row {
    const MOST: usize = 8;
    // Owners of their own.
    const FAR: usize = 100_000;
    let mut scene = Scene::new(Store::Postgres, SLOW).await;
    let library = smtp::peer::named("DASHLIGHT_TEST_FAKETIME").expect("asked for before");
    let off = |by| [("LD_PRELOAD", library.as_str()), ("FAKETIME", by), ("FAKETIME_DONT_FAKE_MONOTONIC", "1")];
    let (rounds, each, few) = (plan.rounds(1, 5), 60, 10);
    // Not at once: what a clock that is ahead might cut short is a grace.
    scene.set("policy.grace=2s");
    scene.start();
    let (mut owner, mut late) = (0, Traffic::default());
    for step in 0..rounds * 2 * (MOST - 1) {
        scene.publish(Traffic::errors(owner..owner + each, now())).await;
        owner += each;
        let (resolved, errors) = Traffic::ended(FAR + step * few..FAR + (step + 1) * few, now());
        scene.publish(resolved).await;
        late = late.and(errors);
        scene.until_got(owner.saturating_sub(4 * each)).await;
        sleep(Duration::from_millis(if plan.full { 3_000 } else { 500 })).await;
        if step % (2 * (MOST - 1)) < MOST - 1 {
            match step % 3 {
                0 => scene.start_as(&off("+300s")),
                1 => scene.start_as(&off("-300s")),
                _ => scene.start(),
            }
        } else {
            scene.stop(0).await;
        }
    }
    assert_eq!(scene.fleet.len(), 1);
    scene.publish(late).await;
    scene.end().await;
    let is_told = |owner: &&String| scene.inbox.mails.contains_key(*owner);
    let told: Vec<_> = scene.traffic.over.iter().filter(is_told).cloned().collect();
    let mut row = scene.balance(0).await;
    row.demand(told.is_empty(), || format!("told of what was over: {told:?}"));
    row
}
