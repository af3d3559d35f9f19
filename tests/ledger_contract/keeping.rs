//! Keeping: nothing is lost over restarts, size, haste and disorder.

use std::sync::Arc;

use dashlight::event::{State, VehicleError};
use dashlight::ledger::{Admission, Candidate, Census, End, Settlement, Standing, Terms};
use dashlight::policy::{Channel, Pace, Target};
use jiff::SignedDuration;

use crate::scene::*;

pub(crate) async fn what_was_committed_is_there_after_a_restart(home: &dyn Home) {
    let ledger = home.open().await;
    let admission =
        Admission { targets: vec![device("a"), Target::Email], ..admission(error("o", 0), &first_of_all()) };
    ledger.admit(vec![admission], at(0), Pace::Live, None).await.unwrap();
    admit(&ledger, vec![resolved("gone", 5)], &rules(), 5).await;
    ledger.close().await.unwrap();
    drop(ledger);

    let ledger = home.open().await;
    assert_eq!(
        decisions(&admit(&ledger, vec![error("o", 0), error("gone", 0)], &rules(), 9).await),
        ["repeat", "stale"]
    );
    let claimed = ledger.claim(Channel::Push, at(9), 10, &worker("w")).await.unwrap();
    assert_eq!(claimed.len(), 1);
    assert_eq!(*claimed[0].error, error("o", 0));
    assert_eq!((&claimed[0].target, &claimed[0].alternatives), (&device("a"), &vec![Target::Email]));
}

pub(crate) async fn a_batch_of_a_thousand_is_one_call(home: &dyn Home) {
    let ledger = home.open().await;
    let batch: Vec<_> = (0..1_000).map(|owner| admission(error(&owner.to_string(), 0), &at_once())).collect();
    let admitted = ledger.admit(batch, at(0), Pace::Live, Some(&worker("w"))).await.unwrap();
    assert_eq!((admitted.verdicts.len(), admitted.claimed.len()), (1_000, 1_000));
    let candidates: Vec<_> = admitted.claimed.iter().map(Candidate::of).collect();
    assert_eq!(
        ledger.standing(&candidates, at(1), Terms::holding(SignedDuration::ZERO)).await.unwrap(),
        vec![Standing::Go; 1_000]
    );
    let end = |candidate: Candidate| Settlement { id: candidate.id, token: candidate.token, end: sent() };
    let batch = candidates.into_iter().map(end).collect();
    assert_eq!(ledger.settle(batch, at(1)).await.unwrap(), vec![true; 1_000]);
    assert_eq!(ledger.census().await.unwrap(), Census { sent: 1_000, ..Census::default() });
}

pub(crate) async fn many_tasks_at_once_lose_nothing_and_share_nothing(home: &dyn Home) {
    let ledger = home.open().await;
    let admitting: Vec<_> = (0..50)
        .map(|task| {
            let ledger = Arc::clone(&ledger);
            // Each owner is admitted by two tasks.
            tokio::spawn(async move {
                let errors = (0..20).map(|n| error(&(task / 2 * 20 + n).to_string(), 0)).collect();
                admit(&ledger, errors, &at_once(), 0).await;
            })
        })
        .collect();
    for task in admitting {
        task.await.unwrap();
    }
    assert_eq!(ledger.census().await.unwrap().planned, 500);
    let claiming: Vec<_> = (0..20)
        .map(|task| {
            let ledger = Arc::clone(&ledger);
            tokio::spawn(
                async move { ledger.claim(Channel::Email, at(0), 40, &worker(&task.to_string())).await.unwrap() },
            )
        })
        .collect();
    let mut ids = std::collections::HashSet::new();
    for task in claiming {
        ids.extend(task.await.unwrap().into_iter().map(|dispatch| dispatch.id));
    }
    // 20 × 40 were asked for: had two tasks shared one, one of the 500 would be missing.
    assert_eq!(ids.len(), 500);
    assert_eq!(ledger.census().await.unwrap().sending, 500);
}

pub(crate) async fn every_order_of_errors_and_resolved_ends_the_same(home: &dyn Home) {
    let ledger = home.open().await;
    let events: [(&str, [(State, i64); 4]); 2] = [
        ("open", [(State::Error, 1), (State::Resolved, 2), (State::Error, 3), (State::Error, 4)]),
        ("closed", [(State::Error, 1), (State::Error, 2), (State::Resolved, 3), (State::Resolved, 3)]),
    ];
    for (name, events) in events {
        for (number, order) in permutations().into_iter().enumerate() {
            let owner = format!("{name} {number}");
            for index in order {
                let (state, happened) = events[index];
                admit(&ledger, vec![VehicleError { state, ..error(&owner, happened) }], &rules(), 10).await;
            }
        }
    }
    let claimed = claim(&ledger, 20 * MINUTE).await;
    assert!(claimed.iter().all(|dispatch| dispatch.error.recipient.id.starts_with("open")));
    assert_eq!(claimed.len(), 24, "one first message for each of the open ones");
}

/// All orders of four.
fn permutations() -> Vec<[usize; 4]> {
    let mut all = Vec::new();
    for number in 0..256 {
        let order = [number & 3, number >> 2 & 3, number >> 4 & 3, number >> 6];
        if (0..4).all(|index| order.contains(&index)) {
            all.push(order);
        }
    }
    all
}

pub(crate) async fn times_are_compared_as_they_are_kept(home: &dyn Home) {
    let ledger = home.open().await;
    let fine = |nanos| {
        let mut error = error("o", 0);
        error.moment.at = at(0) + SignedDuration::from_nanos(nanos);
        error.moment.sequence = Some(u64::MAX);
        error
    };
    let batch = vec![admission(fine(1_999), &at_once()), admission(fine(1_999), &at_once())];
    let now = at(0) + SignedDuration::from_nanos(2_001);
    let admitted = ledger.admit(batch, now, Pace::Live, Some(&worker("w"))).await.unwrap();
    assert_eq!(decisions(&admitted), ["open", "repeat"]);
    let first = &admitted.claimed[0];
    assert!(
        ledger
            .settle(vec![Settlement { id: first.id.clone(), token: first.token, end: End::Released }], now)
            .await
            .unwrap()[0]
    );
    // Read back, it is the same to the last digit: the Date header must not change from one try to the next.
    let again = ledger.claim(Channel::Email, now, 1, &worker("w")).await.unwrap().remove(0);
    assert_eq!((again.due_at, again.expires_at), (first.due_at, first.expires_at));
}

pub(crate) async fn a_closed_ledger_refuses(home: &dyn Home) {
    let ledger = home.open().await;
    ledger.close().await.unwrap();
    assert!(ledger.census().await.is_err());
    assert!(ledger.admit(vec![], at(0), Pace::Live, None).await.is_err());
    ledger.close().await.unwrap();
}
