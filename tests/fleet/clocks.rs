//! Workers whose clocks are five minutes apart, on one ledger.

use std::time::Duration;

use dashlight::event::{State, Undated};
use dashlight::ledger::{Candidate, End, Ledger, Settlement, Standing, Terms};
use dashlight::policy::{Channel, Decision, Pace};

use crate::postgres;
use crate::scene::*;

#[tokio::test]
async fn a_worker_whose_clock_is_ahead_neither_ends_a_lease_nor_cuts_a_grace_short() {
    let Some(config) = postgres::config() else { return };
    let (slow, fast) = (open(&config).await, open(&config).await);
    let (behind, ahead) = (now() - secs(150), now() + secs(150));
    let at_once = vec![admission("at once", now(), secs(0))];
    let claimed = slow.admit(at_once, behind, Pace::Live, Some(&worker("slow", secs(60)))).await.unwrap().claimed;
    assert_eq!(claimed.len(), 1);
    let after_grace = ["slow", "fast"].map(|owner| admission(owner, now(), secs(120)));
    let [one, other] = after_grace;
    slow.admit(vec![one], behind, Pace::Live, None).await.unwrap();
    fast.admit(vec![other], ahead, Pace::Live, None).await.unwrap();

    // By their own clocks, the lease has run out and both graces are over.
    assert!(claim(&fast, ahead, &worker("fast", secs(60))).await.is_empty());
    let mine = [Candidate::of(&claimed[0])];
    assert_eq!(slow.standing(&mine, behind, Terms::holding(secs(30))).await.unwrap(), [Standing::Go]);
    assert_eq!(slow.standing(&mine, behind, Terms::holding(secs(90))).await.unwrap(), [Standing::Lost]);

    // A pause is a pause, whoever's clock it was reckoned by; and what is due is told by the clock of who asks.
    let retry = |due_at| End::Retry { due_at, detail: "451".into(), only: None };
    let settlement = Settlement { id: claimed[0].id.clone(), token: claimed[0].token, end: retry(behind + secs(100)) };
    assert_eq!(slow.settle(vec![settlement], behind).await.unwrap(), [true]);
    assert!(claim(&fast, ahead, &worker("fast", secs(60))).await.is_empty());
    let due = fast.next_due(Channel::Email, ahead).await.unwrap().unwrap();
    let pause = due.duration_since(ahead);
    assert!(pause > secs(80) && pause <= secs(100), "{pause}");
}

#[tokio::test]
async fn what_does_not_say_when_it_happened_is_ordered_by_the_clock_of_the_server() {
    let Some(config) = postgres::config() else { return };
    let (slow, fast) = (open(&config).await, open(&config).await);
    let (behind, ahead) = (now() - secs(150), now() + secs(150));
    let undated = |state: State, taken| {
        let mut admission = admission("o", taken, secs(120));
        (admission.error.state, admission.error.undated) = (state, Some(Undated::Nameless));
        vec![admission]
    };
    fast.admit(undated(State::Error, ahead), ahead, Pace::Live, None).await.unwrap();
    let closed = slow.admit(undated(State::Resolved, behind), behind, Pace::Live, None).await.unwrap();
    assert_eq!((&closed.verdicts[0].decision, closed.verdicts[0].cancelled), (&Decision::Close, 1));
    let anew = fast.admit(undated(State::Error, ahead), ahead, Pace::Live, None).await.unwrap();
    assert!(matches!(anew.verdicts[0].decision, Decision::Open { opening: 2, .. }), "{anew:?}");
}

#[tokio::test]
async fn what_a_dead_worker_was_sending_is_claimed_by_another_when_its_lease_has_run_out_and_no_sooner() {
    let Some(config) = postgres::config() else { return };
    let (dead, alive) = (open(&config).await, open(&config).await);
    let batch = vec![admission("o", now(), secs(0))];
    let mine = dead.admit(batch, now(), Pace::Live, Some(&worker("dead", secs(5)))).await.unwrap().claimed.remove(0);
    drop(dead);
    // Opening a ledger ends no leases: whoever holds them may be alive.
    assert!(claim(&alive, now(), &worker("alive", secs(60))).await.is_empty());
    let theirs = loop {
        if let Some(dispatch) = claim(&alive, now(), &worker("alive", secs(60))).await.pop() {
            break dispatch;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!((&theirs.id, theirs.attempt, theirs.doubtful), (&mine.id, 2, true));

    // The dead one was only asleep. Its token neither sends nor settles.
    let awake = open(&config).await;
    let standing = awake.standing(&[Candidate::of(&mine)], now(), Terms::holding(secs(0))).await.unwrap();
    assert_eq!(standing, [Standing::Lost]);
    let settlement = Settlement { id: mine.id, token: mine.token, end: End::Released };
    assert_eq!(awake.settle(vec![settlement], now()).await.unwrap(), [false]);
    assert_eq!(
        alive.standing(&[Candidate::of(&theirs)], now(), Terms::holding(secs(0))).await.unwrap(),
        [Standing::Go]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_that_are_told_the_same_at_the_same_time_open_each_incident_once() {
    const WORKERS: usize = 8;
    const OWNERS: usize = 120;
    let Some(config) = postgres::config() else { return };
    drop(open(&config).await);
    let happened = now();
    let telling: Vec<_> = (0..WORKERS)
        .map(|number| {
            let config = config.clone();
            tokio::spawn(async move {
                let ledger = open(&config).await;
                // Each in an order of its own, in batches that overlap.
                let mut owners: Vec<_> = (0..OWNERS).collect();
                fastrand::Rng::with_seed(number as u64).shuffle(&mut owners);
                let mut opened = 0;
                for owners in owners.chunks(30) {
                    let batch = owners.iter().map(|owner| admission(&owner.to_string(), happened, secs(0))).collect();
                    let claimant = worker(&number.to_string(), secs(60));
                    opened += ledger.admit(batch, now(), Pace::Live, Some(&claimant)).await.unwrap().claimed.len();
                }
                opened
            })
        })
        .collect();
    let mut opened = 0;
    for told in telling {
        opened += told.await.unwrap();
    }
    assert_eq!(opened, OWNERS);
    let census = open(&config).await.census().await.unwrap();
    assert_eq!((census.sending, census.planned), (OWNERS as u64, 0));
}
