//! Bundles: what one message can say of several cars of an owner.

use std::collections::BTreeSet;
use std::sync::Arc;

use dashlight::event::{Vehicle, VehicleError};
use dashlight::ledger::{Admitted, Bundle, CancelReason, Dispatch, End, FailReason, Ledger, Trail};
use dashlight::policy::{Channel, Pace, Rules, Target};

use crate::scene::*;

fn of_car(car: &str, happened: i64) -> VehicleError {
    VehicleError { vehicle: Vehicle { id: Some(car.into()), ..Vehicle::default() }, ..error("o", happened) }
}

fn bundling() -> Rules {
    Rules { bundles: true, ..rules() }
}

async fn open(ledger: &Arc<dyn Ledger>, cars: &[&str], now: i64) -> Admitted {
    admit(ledger, cars.iter().map(|car| of_car(car, now)).collect(), &bundling(), now).await
}

/// The cars of each message, in the order in which they are claimed.
fn messages(claimed: &[Dispatch]) -> Vec<Vec<&str>> {
    let mut messages: Vec<(Option<&str>, Vec<&str>)> = Vec::new();
    for dispatch in claimed {
        let bundle = dispatch.bundle.as_ref().map(dashlight::ledger::DispatchId::as_str);
        let car = dispatch.error.vehicle.id.as_deref().unwrap();
        match messages.last_mut().filter(|(last, _)| bundle.is_some() && *last == bundle) {
            Some((_, cars)) => cars.push(car),
            None => messages.push((bundle, vec![car])),
        }
    }
    messages.into_iter().map(|(_, cars)| cars).collect()
}

pub(crate) async fn cars_whose_errors_come_within_the_grace_of_the_first_share_its_message(home: &dyn Home) {
    let ledger = home.open().await;
    open(&ledger, &["a"], 0).await;
    open(&ledger, &["b", "c"], 6 * MINUTE).await;
    open(&ledger, &["d"], 10 * MINUTE - 1).await;
    // One is not told of the others before the grace of the last is over.
    assert_eq!(claim(&ledger, 20 * MINUTE - 2).await.len(), 0);
    // Too late for the first message, which all wait for.
    open(&ledger, &["e"], 12 * MINUTE).await;
    let claimed = claim(&ledger, 20 * MINUTE - 1).await;
    assert_eq!(messages(&claimed), [["a", "b", "c", "d"]]);
    let late = claim(&ledger, 22 * MINUTE).await;
    assert_eq!(messages(&late), [["e"]]);
    // So do their reminders.
    for dispatch in claimed.iter().chain(&late) {
        assert!(settle(&ledger, dispatch, sent(), 22 * MINUTE).await);
    }
    assert_eq!(messages(&claim(&ledger, 3 * DAY + 20 * MINUTE).await), [["a", "b", "c", "d"]]);
}

pub(crate) async fn cars_whose_grace_ran_out_before_their_errors_came_share_a_message_all_the_same(home: &dyn Home) {
    let ledger = home.open().await;
    let push = Rules { steps: rules().steps.into_iter().take(1).collect(), ..bundling() };
    for (car, seconds) in [("a", 0), ("b", 1), ("c", 20)] {
        let (batch, worker) = (vec![admission(of_car(car, seconds), &push)], worker("w"));
        let admitted = ledger.admit(batch, at(HOUR + seconds), Pace::Live, Some(&worker)).await.unwrap();
        assert!(admitted.claimed.is_empty(), "the others may be right behind it");
    }
    assert!(claim(&ledger, HOUR + 49).await.is_empty());
    let claimed = claim(&ledger, HOUR + 50).await;
    assert_eq!(messages(&claimed), [["a", "b", "c"]]);
    for dispatch in &claimed {
        assert!(settle(&ledger, dispatch, sent(), HOUR + 50).await);
    }

    // So does what is due and not taken up: a file is read whole before anything of it is sent, and a carrier may be down.
    for (owner, pace) in [("p", Pace::Batch), ("q", Pace::Live)] {
        for (car, seconds) in [("a", 0), ("b", MINUTE)] {
            let error = VehicleError { recipient: error(owner, 0).recipient, ..of_car(car, seconds) };
            ledger.admit(vec![admission(error, &push)], at(2 * HOUR + seconds), pace, None).await.unwrap();
        }
        let claimed = claim(&ledger, 2 * HOUR + 2 * MINUTE).await;
        assert_eq!(messages(&claimed), [["a", "b"]], "{owner}");
        for dispatch in &claimed {
            assert!(settle(&ledger, dispatch, sent(), 2 * HOUR + 2 * MINUTE).await);
        }
    }
}

pub(crate) async fn nothing_joins_that_another_owner_error_or_address_is_about(home: &dyn Home) {
    let ledger = home.open().await;
    open(&ledger, &["a"], 0).await;
    let stranger = VehicleError { recipient: error("p", 0).recipient, ..of_car("b", 0) };
    let other_app = VehicleError { app: "other".into(), ..of_car("c", 0) };
    let key = dashlight::event::ErrorKey::new("CONNECTED_SERVICES_ACCOUNT", Some("SUBSCRIPTION"));
    let other_error = VehicleError { key, ..of_car("d", 0) };
    admit(&ledger, vec![stranger, other_app, other_error], &bundling(), 0).await;
    let mut by_push = admission(of_car("e", 0), &bundling());
    by_push.targets = vec![device("t")];
    ledger.admit(vec![by_push], at(0), Pace::Live, None).await.unwrap();
    // Content that cannot list them tells of each alone.
    admit(&ledger, vec![of_car("f", 0)], &rules(), 0).await;
    let claimed = claim(&ledger, 10 * MINUTE).await;
    assert_eq!(claimed.len(), 5);
    assert!(claimed.iter().all(|dispatch| dispatch.bundle.is_none()), "{claimed:#?}");
}

pub(crate) async fn a_car_that_is_well_again_leaves_the_message_and_the_others_stay(home: &dyn Home) {
    let ledger = home.open().await;
    open(&ledger, &["a", "b", "c"], 0).await;
    // The oldest, whose name they bear.
    let over = VehicleError { state: dashlight::event::State::Resolved, ..of_car("a", MINUTE) };
    admit(&ledger, vec![over], &bundling(), MINUTE).await;
    let claimed = claim(&ledger, 10 * MINUTE).await;
    assert_eq!(messages(&claimed), [["b", "c"]]);
    // One that is well again while the message is on its way takes nobody with it.
    let end = End::Cancelled { reason: CancelReason::Resolved };
    assert!(settle(&ledger, &claimed[0], end, 10 * MINUTE).await);
    assert!(settle(&ledger, &claimed[1], retry(11 * MINUTE), 10 * MINUTE).await);
    assert_eq!(messages(&claim(&ledger, 11 * MINUTE).await), [["c"]]);
}

pub(crate) async fn a_limit_parts_no_message_and_no_lease_does(home: &dyn Home) {
    let ledger = home.open().await;
    open(&ledger, &["a", "b", "c"], 0).await;
    admit(&ledger, vec![error("alone", 0)], &bundling(), 0).await;
    let take = async |limit, now| ledger.claim(Channel::Email, at(now), limit, &worker("w")).await.unwrap();
    let first = take(1, 10 * MINUTE).await;
    assert_eq!(messages(&first), [["a", "b", "c"]]);
    assert_eq!(take(1, 10 * MINUTE).await.len(), 1);
    // Their worker is gone.
    let again = take(1, 30 * MINUTE).await;
    assert_eq!(messages(&again), [["a", "b", "c"]]);
    assert!(again.iter().all(|dispatch| dispatch.doubtful));
    let bundles = Bundle::of(again, |_, _| true);
    assert_eq!(bundles.len(), 1);
    assert_eq!(bundles[0].id(), Bundle::of(first, |_, _| true)[0].id(), "the same message has the same id");
}

pub(crate) async fn twenty_cars_share_a_message_and_the_next_begins_another(home: &dyn Home) {
    let ledger = home.open().await;
    let cars: Vec<String> = (0..23).map(|number| format!("car {number:02}")).collect();
    for car in &cars {
        open(&ledger, &[car], 0).await;
    }
    let claimed = claim(&ledger, 10 * MINUTE).await;
    let messages = messages(&claimed);
    assert_eq!(messages.iter().map(Vec::len).collect::<Vec<_>>(), [20, 3]);
    assert_eq!(messages.concat().into_iter().collect::<BTreeSet<_>>().len(), 23);
}

pub(crate) async fn what_takes_the_place_of_a_failed_message_is_one_message_too(home: &dyn Home) {
    let ledger = home.open().await;
    let rules = Rules { bundles: true, grace: rules().grace, ..first_of_all() };
    let batch = ["a", "b"].map(|car| {
        let mut admission = admission(of_car(car, 0), &rules);
        admission.targets = vec![device("t"), Target::Email];
        admission
    });
    ledger.admit(batch.into(), at(0), Pace::Live, None).await.unwrap();
    let claimed = ledger.claim(Channel::Push, at(10 * MINUTE), 10, &worker("w")).await.unwrap();
    assert_eq!(messages(&claimed), [["a", "b"]]);
    for dispatch in &claimed {
        let end = End::Failed {
            reason: FailReason::AddressInvalid,
            detail: "410".into(),
            now: at(10 * MINUTE),
            trail: Trail::default(),
        };
        assert!(settle(&ledger, dispatch, end, 10 * MINUTE).await);
    }
    assert_eq!(messages(&claim(&ledger, 10 * MINUTE).await), [["a", "b"]]);
}
