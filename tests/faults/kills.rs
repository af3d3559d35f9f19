//! Workers that are killed: at each boundary of the path, at random times, and twice in the middle of a large traffic.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use dashlight::failpoint::Point;

use super::scene::{Carrier, SIGKILL, SLOW, Scene, Store, WINDOW, sleep};
use super::table::Row;
use super::traffic::Traffic;
use super::{PAUSE, Plan, now};

/// Whoever has not come to a boundary by then comes there another time.
const ENOUGH: Duration = Duration::from_secs(30);
/// What takes longer may have made all that was published older than a grace.
const A_SLOW_START: Duration = Duration::from_secs(2);

/// Each boundary in turn, in the middle of the traffic; and each twice, so that what a dead worker left is in it too.
pub async fn at_each_boundary(_: Plan, store: Store, workers: usize, carrier: Carrier) -> Row {
    let mut scene = Scene::new(store, carrier).await;
    // Some are due at once and handed over, some go through the ledger.
    let graces = [0, 300];
    let (mut kills, mut missed) = (0, BTreeSet::from(Point::ALL));
    for (round, grace) in graces.into_iter().enumerate() {
        scene.set(format!("policy.grace={grace}ms"));
        for (index, point) in Point::ALL.into_iter().enumerate() {
            // Where a carrier is fast and nothing has to wait, all is handed over and nothing is claimed.
            if grace == 0 && point == Point::Claimed {
                continue;
            }
            let first = (round * Point::ALL.len() + index) * 40;
            scene.publish(Traffic::mixed(first..first + 40, now(), first as u64)).await;
            while scene.fleet.len() + 1 < workers {
                scene.start();
            }
            if dies_at(&mut scene, point, first + 1).await {
                kills += 1;
                missed.remove(&point);
            }
        }
    }
    while scene.fleet.len() < workers {
        scene.start();
    }
    let window = if matches!(carrier, Carrier::Resend) { 0 } else { kills * WINDOW };
    let mut row = scene.finish(window).await;
    row.demand(missed.is_empty(), || format!("not reached: {missed:?}"));
    row
}

/// Starts a worker that dies there, and waits for its death; `false`: it never came there while there was work.
async fn dies_at(scene: &mut Scene, point: Point, fresh: usize) -> bool {
    // What is told only once in a batch is there once; of the rest a later one, so that others are on their way.
    let count = match point {
        Point::Composing | Point::Composed | Point::Accepted => 5,
        _ => 1,
    };
    let trap = format!("{}=kill@{count}", point.name());
    scene.start_as(&[("DASHLIGHT_FAILPOINT", &trap)]);
    let started = Instant::now();
    // Beyond all owners of the traffic itself.
    let mut more = (1_000 + fresh) * 1_000;
    loop {
        let worker = scene.fleet.last_mut().expect("it was started");
        if let Some(status) = worker.ended() {
            scene.fleet.pop();
            assert_eq!(status.signal(), Some(SIGKILL), "a worker ended by itself:\n{}", scene.site.log());
            return true;
        }
        if started.elapsed() > ENOUGH {
            scene.fleet.pop().expect("it was started").kill();
            return false;
        }
        // In a fleet the others take a part: there is always something for this one. And what a slow start made older than
        // the grace is handed over, and nothing is claimed: some come later.
        if scene.fleet.len() > 1 || started.elapsed() > A_SLOW_START {
            let (errors, poison) = (Traffic::errors(more..more + 5, now()), Traffic::poison(more..more + 1, now()));
            scene.publish(errors.and(poison)).await;
            more += 5;
            sleep(PAUSE * 20).await;
        }
        sleep(PAUSE).await;
    }
}

/// At random times in a worker's life, from its first moment on.
pub async fn at_random_times(plan: Plan, store: Store, workers: usize, carrier: Carrier) -> Row {
    const EACH: usize = 40;
    let kills = plan.rounds(10, 200);
    let mut chance = fastrand::Rng::with_seed(plan.seed);
    let mut scene = Scene::new(store, carrier).await;
    for kill in 0..kills {
        let first = kill * EACH;
        scene.publish(Traffic::mixed(first..first + EACH, now(), plan.seed + kill as u64)).await;
        while scene.fleet.len() < workers {
            scene.start();
        }
        sleep(Duration::from_millis(chance.u64(0..1_500))).await;
        scene.fleet.remove(chance.usize(..workers)).kill();
    }
    while scene.fleet.len() < workers {
        scene.start();
    }
    scene.finish(if matches!(carrier, Carrier::Resend) { 0 } else { kills * WINDOW }).await
}

/// The whole of a traffic, two kills, and the window measured: what the server had and the ledger did not know of.
pub async fn twice_in_a_large_traffic(_: Plan) -> Row {
    let mut scene = Scene::new(Store::Sqlite, SLOW).await;
    scene.publish(Traffic::mixed(0..1_400, now(), 2)).await;
    let (mut in_flight, mut faults) = (0, Vec::new());
    for third in 1..=2 {
        scene.start();
        scene.until_got(scene.traffic.must.len() * third / 3).await;
        scene.fleet.remove(0).kill();
        scene.until_quiet().await;
        let settled = usize::try_from(scene.census().await.sent).expect("a small number");
        let doubtful = scene.inbox.distinct() - settled;
        if doubtful > WINDOW {
            faults.push(format!("{doubtful} mails were in flight at once"));
        }
        in_flight += doubtful;
    }
    scene.start();
    let told: Vec<_> = scene.traffic.over.iter().cloned().collect();
    scene.end().await;
    // One worker takes all in order: nobody hears of what is over already.
    faults.extend(
        told.iter().filter(|owner| scene.inbox.mails.contains_key(*owner)).map(|owner| format!("{owner} was told")),
    );
    let mut row = scene.balance(in_flight).await;
    row.faults.extend(faults);
    row
}
