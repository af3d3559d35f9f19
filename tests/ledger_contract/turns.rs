//! The look before a send: what is wanted and still has to wait for its turn.

use std::sync::Arc;

use dashlight::event::{ErrorKey, Moment, State, Vehicle, VehicleError};
use dashlight::ledger::{
    CancelReason, Candidate, Claimant, Dispatch, End, Ledger, PostponeReason, Settlement, Standing, Terms,
};
use dashlight::policy::{Channel, Inhibitor, Pace, Reach, Rules, Step, Target};
use jiff::SignedDuration;

use crate::scene::*;

fn of_car(owner: &str, car: &str, happened: i64) -> VehicleError {
    VehicleError { vehicle: Vehicle { id: Some(car.into()), ..Vehicle::default() }, ..error(owner, happened) }
}

fn daily(most: u32) -> Terms {
    Terms { daily: Some(most), ..Terms::holding(SignedDuration::ZERO) }
}

async fn look(ledger: &Arc<dyn Ledger>, dispatches: &[Dispatch], now: i64, terms: Terms) -> Vec<Standing> {
    let candidates: Vec<Candidate> = dispatches.iter().map(Candidate::of).collect();
    ledger.standing(&candidates, at(now), terms).await.unwrap()
}

fn capped(due: i64) -> Standing {
    Standing::NotNow { due_at: at(due), reason: PostponeReason::DailyCap }
}

/// Sent at that second.
async fn told(ledger: &Arc<dyn Ledger>, owner: &str, car: &str, now: i64) {
    admit(ledger, vec![of_car(owner, car, now)], &at_once(), now).await;
    assert!(settle(ledger, &claim_one(ledger, now).await, sent(), now).await);
}

pub(crate) async fn an_owner_has_no_more_messages_than_a_day_may_bring(home: &dyn Home) {
    let ledger = home.open().await;
    told(&ledger, "o", "a", 0).await;
    told(&ledger, "o", "b", HOUR).await;
    told(&ledger, "p", "a", HOUR).await;
    admit(&ledger, vec![of_car("o", "c", 2 * HOUR), of_car("p", "b", 2 * HOUR)], &at_once(), 2 * HOUR).await;
    let claimed = claim(&ledger, 2 * HOUR).await;
    let standings = look(&ledger, &claimed, 2 * HOUR, daily(2)).await;
    // When the first of the two is a day old. Another owner has a day of their own.
    assert_eq!(standings, [capped(DAY), Standing::Go]);
    assert_eq!(look(&ledger, &claimed, 2 * HOUR, daily(3)).await, [Standing::Go, Standing::Go]);
    let unlimited = Terms::holding(SignedDuration::ZERO);
    assert_eq!(look(&ledger, &claimed, 2 * HOUR, unlimited).await, [Standing::Go, Standing::Go]);
    // What may have arrived counts like what has.
    for dispatch in &claimed {
        assert!(settle(&ledger, dispatch, unknown(), 2 * HOUR).await);
    }
    admit(&ledger, vec![of_car("p", "c", 3 * HOUR)], &at_once(), 3 * HOUR).await;
    let third = claim_one(&ledger, 3 * HOUR).await;
    assert_eq!(look(&ledger, &[third], 3 * HOUR, daily(2)).await, [capped(DAY + HOUR)]);
}

pub(crate) async fn two_workers_never_share_the_last_place_of_a_day(home: &dyn Home) {
    let ledger = home.open().await;
    for car in ["a", "b", "c"] {
        admit(&ledger, vec![of_car("o", car, 0)], &at_once(), 0).await;
    }
    let mine = ledger.claim(Channel::Email, at(1), 1, &worker("mine")).await.unwrap();
    let theirs = ledger.claim(Channel::Email, at(2), 2, &worker("theirs")).await.unwrap();
    assert_eq!(look(&ledger, &mine, 2, daily(1)).await, [Standing::Go]);
    assert_eq!(look(&ledger, &theirs, 2, daily(1)).await, [capped(2 + MINUTE), capped(2 + MINUTE)]);
    assert_eq!(look(&ledger, &theirs, 2, daily(2)).await, [Standing::Go, capped(2 + MINUTE)]);
}

/// A claim may carry an earlier time than one that was committed before it.
pub(crate) async fn who_looks_first_has_the_last_place_whatever_the_clocks_say(home: &dyn Home) {
    let ledger = home.open().await;
    admit(&ledger, vec![of_car("o", "a", 0), of_car("o", "b", 1)], &at_once(), 1).await;
    let take = async |now| ledger.claim(Channel::Email, at(now), 1, &worker("w")).await.unwrap();
    let first = take(MINUTE).await;
    assert_eq!(look(&ledger, &first, MINUTE, daily(1)).await, [Standing::Go]);
    let second = take(MINUTE - 1).await;
    assert_eq!(look(&ledger, &second, MINUTE, daily(1)).await, [capped(2 * MINUTE)]);
    assert_eq!(look(&ledger, &first, MINUTE, daily(1)).await, [Standing::Go], "asked again");
    assert!(settle(&ledger, &second[0], postponed(2 * MINUTE), MINUTE).await);
    // What was claimed anew has another turn.
    assert!(settle(&ledger, &first[0], postponed(3 * MINUTE), MINUTE).await);
    let second = take(2 * MINUTE).await;
    assert_eq!(look(&ledger, &second, 2 * MINUTE, daily(1)).await, [Standing::Go]);
    let first = take(3 * MINUTE).await;
    assert_eq!(look(&ledger, &first, 3 * MINUTE, daily(1)).await, [capped(4 * MINUTE)]);
}

pub(crate) async fn a_step_over_two_channels_to_three_addresses_is_one_message_of_the_day(home: &dyn Home) {
    let ledger = home.open().await;
    let step = Step { after: secs(0), channels: vec![Channel::Push, Channel::Email], reach: Reach::All };
    let rules = Rules { steps: vec![step], ..at_once() };
    let batch = ["a", "b"].map(|car| {
        let mut admission = admission(of_car("o", car, 0), &rules);
        admission.targets = vec![device("1"), device("2"), Target::Email];
        admission
    });
    ledger.admit(batch.into(), at(0), Pace::Live, None).await.unwrap();
    let mut pushes = ledger.claim(Channel::Push, at(0), 10, &worker("w")).await.unwrap();
    pushes.sort_by_key(|dispatch| dispatch.error.vehicle.id.clone());
    assert!(settle(&ledger, &pushes[0], sent(), 0).await);
    let standings = look(&ledger, &pushes[1..], 1, daily(1)).await;
    assert_eq!(standings, [Standing::Go, capped(DAY), capped(DAY)]);
    let mut mails = claim(&ledger, 1).await;
    mails.sort_by_key(|dispatch| dispatch.error.vehicle.id.clone());
    assert_eq!(look(&ledger, &mails, 1, daily(1)).await[0], Standing::Go);
}

pub(crate) async fn a_message_about_several_cars_is_one_of_the_day(home: &dyn Home) {
    let ledger = home.open().await;
    let channels = vec![Channel::Push, Channel::Email];
    let steps = vec![Step { after: SignedDuration::ZERO, channels, reach: Reach::All }];
    let rules = Rules { bundles: true, steps, ..rules() };
    let batch = ["a", "b", "c"].map(|car| {
        let mut admission = admission(of_car("o", car, 0), &rules);
        admission.targets.push(device("t"));
        admission
    });
    ledger.admit(batch.into(), at(0), Pace::Live, None).await.unwrap();
    let claimed = claim(&ledger, 10 * MINUTE).await;
    assert_eq!(look(&ledger, &claimed, 10 * MINUTE, daily(1)).await, [Standing::Go; 3]);
    // Over another channel it is the same one.
    let pushed = ledger.claim(Channel::Push, at(10 * MINUTE), 10, &worker("w")).await.unwrap();
    assert_eq!(look(&ledger, &pushed, 10 * MINUTE, daily(1)).await, [Standing::Go; 3]);
    for dispatch in &pushed {
        assert!(settle(&ledger, dispatch, sent(), 10 * MINUTE).await);
    }
    assert_eq!(look(&ledger, &claimed, 10 * MINUTE, daily(1)).await, [Standing::Go; 3]);
    for dispatch in &claimed {
        assert!(settle(&ledger, dispatch, sent(), 10 * MINUTE).await);
    }
    admit(&ledger, vec![of_car("o", "d", HOUR)], &at_once(), HOUR).await;
    let next = claim(&ledger, HOUR).await;
    assert_eq!(look(&ledger, &next, HOUR, daily(2)).await, [Standing::Go]);
    assert_eq!(look(&ledger, &next, HOUR, daily(1)).await, [capped(DAY + 10 * MINUTE)]);
}

pub(crate) async fn a_lesser_error_waits_while_a_more_fundamental_one_of_the_same_car_is_open(home: &dyn Home) {
    let ledger = home.open().await;
    let key = ErrorKey::new("CONNECTED_SERVICES_ACCOUNT", Some("AUTHENTICATION_FAILED"));
    let of_key = |key: &ErrorKey, car: &str, happened| VehicleError { key: key.clone(), ..of_car("o", car, happened) };
    let lesser = of_car("o", "a", 0);
    admit(&ledger, vec![lesser.clone(), of_car("o", "b", 0), of_car("p", "a", 0)], &at_once(), 0).await;
    admit(&ledger, vec![of_key(&key, "a", 1)], &rules(), 1).await;
    let claimed = claim(&ledger, 2).await;
    let inhibitor = Inhibitor { key: key.clone(), expiry: secs(DAY) };
    let look = async |now: i64| {
        let candidates: Vec<Candidate> = claimed
            .iter()
            .map(|dispatch| Candidate { inhibited_by: vec![inhibitor.clone()], ..Candidate::of(dispatch) })
            .collect();
        ledger.standing(&candidates, at(now), Terms::holding(SignedDuration::ZERO)).await.unwrap()
    };
    let held = |due| Standing::NotNow { due_at: at(due), reason: PostponeReason::Inhibited };
    // Neither another car of the owner, nor another owner of the car.
    assert_eq!(look(2).await, [held(2 + 15 * MINUTE), Standing::Go, Standing::Go]);
    // It holds nothing back longer than it is worth a message itself.
    let late = DAY - MINUTE;
    assert!(settle(&ledger, &claimed[0], postponed(late), 3).await);
    let again = claim(&ledger, late).await;
    let again = again.iter().find(|dispatch| dispatch.id == claimed[0].id).unwrap();
    let candidate = Candidate { inhibited_by: vec![inhibitor.clone()], ..Candidate::of(again) };
    let look = async |now: i64| {
        ledger.standing(std::slice::from_ref(&candidate), at(now), Terms::holding(SignedDuration::ZERO)).await.unwrap()
    };
    assert_eq!(look(late).await, [held(DAY + 1)]);
    assert_eq!(look(DAY + 1).await, [Standing::Go]);
    // Nor when it is mended.
    let mended = VehicleError { state: State::Resolved, ..of_key(&key, "a", late) };
    admit(&ledger, vec![mended], &rules(), late).await;
    assert_eq!(look(late).await, [Standing::Go]);
}

pub(crate) async fn what_is_held_back_is_due_as_soon_as_what_held_it_back_is_over(home: &dyn Home) {
    let ledger = home.open().await;
    let of_code = |code: &str, car: &str, happened| VehicleError {
        key: ErrorKey::new("CONNECTED_SERVICES_ACCOUNT", Some(code)),
        ..of_car("o", car, happened)
    };
    let fundamental = of_code("AUTHENTICATION_FAILED", "a", 0);
    admit(&ledger, vec![fundamental.clone()], &rules(), 0).await;
    let lesser = vec![of_car("o", "a", 0), of_code("VIRTUAL_KEY", "a", 0), of_car("o", "b", 0), of_car("p", "a", 0)];
    admit(&ledger, lesser, &at_once(), 0).await;
    let claimed = claim(&ledger, 1).await;
    let inhibited = End::Postponed { due_at: at(15 * MINUTE), reason: PostponeReason::Inhibited };
    // The second waits for the morning.
    let ends = [inhibited.clone(), postponed(15 * MINUTE), inhibited.clone(), inhibited];
    for (dispatch, end) in claimed.iter().zip(ends) {
        assert!(settle(&ledger, dispatch, end, 1).await);
    }
    let ids = |claimed: &[Dispatch]| claimed.iter().map(|dispatch| dispatch.id.clone()).collect::<Vec<_>>();
    let mended = VehicleError { state: State::Resolved, ..fundamental };
    // One that changes nothing wakes nobody.
    let stale = VehicleError { moment: Moment { at: at(-1), ..mended.moment }, ..mended.clone() };
    admit(&ledger, vec![stale], &rules(), MINUTE).await;
    assert!(claim(&ledger, MINUTE).await.is_empty());
    let mended = VehicleError { moment: Moment { at: at(2 * MINUTE), ..mended.moment }, ..mended };
    admit(&ledger, vec![mended], &rules(), 2 * MINUTE).await;
    let woken = claim(&ledger, 2 * MINUTE).await;
    assert_eq!(ids(&woken), ids(&claimed[..1]), "neither what waits for something else nor another's");
    assert_eq!((woken[0].attempt, standing(&ledger, &woken[0], 2 * MINUTE).await), (1, Standing::Go));
    assert!(settle(&ledger, &woken[0], sent(), 2 * MINUTE).await);
    assert_eq!(ids(&claim(&ledger, 15 * MINUTE).await), ids(&claimed[1..]));
}

pub(crate) async fn what_waited_until_its_reminder_is_due_gives_way_to_it(home: &dyn Home) {
    let ledger = home.open().await;
    admit(&ledger, vec![error("o", 0)], &rules(), 0).await;
    let first = claim_one(&ledger, 10 * MINUTE).await;
    assert!(settle(&ledger, &first, postponed(3 * DAY + 10 * MINUTE), 10 * MINUTE).await);
    let both = claim(&ledger, 3 * DAY + 10 * MINUTE).await;
    assert_eq!(both.iter().map(|dispatch| dispatch.step).collect::<Vec<_>>(), [0, 1]);
    let terms = Terms::holding(SignedDuration::ZERO);
    assert_eq!(
        look(&ledger, &both, 3 * DAY + 10 * MINUTE, terms).await,
        [Standing::Over(CancelReason::Overtaken), Standing::Go]
    );
    assert!(settle(&ledger, &both[1], sent(), 3 * DAY + 10 * MINUTE).await);
    assert_eq!(
        look(&ledger, &both[..1], 3 * DAY + 10 * MINUTE, terms).await,
        [Standing::Over(CancelReason::Overtaken)]
    );
}

/// Eight workers that claim and look at the same moment.
pub(crate) async fn many_workers_never_go_beyond_a_day_together(home: &dyn Home) {
    const CAP: u32 = 3;
    let ledger = home.open().await;
    let cars: Vec<String> = (0..8).map(|car| car.to_string()).collect();
    admit(&ledger, cars.iter().map(|car| of_car("o", car, 0)).collect(), &at_once(), 0).await;
    for round in 0..200 {
        let now = 7 * round;
        let works = (0..8).map(|number| {
            let ledger = Arc::clone(&ledger);
            tokio::spawn(async move { work(&ledger, CAP, &worker(&format!("w{number}")), now).await })
        });
        for work in futures_util::future::join_all(works).await {
            work.unwrap();
        }
        let sent = ledger.census().await.unwrap().sent;
        assert!(sent <= u64::from(CAP), "{sent} in round {round}");
    }
    assert_eq!(ledger.census().await.unwrap().sent, u64::from(CAP), "and all that is allowed goes out");
}

async fn work(ledger: &Arc<dyn Ledger>, cap: u32, claimant: &Claimant, now: i64) {
    let claimed = ledger.claim(Channel::Email, at(now), 1, claimant).await.unwrap();
    let standings = look(ledger, &claimed, now, daily(cap)).await;
    tokio::task::yield_now().await;
    let ends = claimed.iter().zip(standings).map(|(dispatch, standing)| {
        let end = match standing {
            Standing::Go => sent(),
            Standing::NotNow { due_at, reason } => End::Postponed { due_at, reason },
            other => panic!("{other:?}"),
        };
        Settlement { id: dispatch.id.clone(), token: dispatch.token, end }
    });
    ledger.settle(ends.collect(), at(now)).await.unwrap();
}

/// `cargo nextest run --test ledger_contract --run-ignored only --no-capture cost`
#[tokio::test]
#[ignore = "measures, and proves nothing"]
async fn the_cost_of_a_cap() {
    let homes: [Option<Box<dyn Home>>; 2] =
        [Some(Box::new(Sqlite::new())), Postgres::new().map(|home| Box::new(home) as _)];
    for home in homes.into_iter().flatten() {
        let ledger = home.open().await;
        // A thousand owners of ten cars, each with what was sent before.
        for car in 0..10 {
            let errors = (0..1_000).map(|owner| {
                let vehicle = Vehicle { id: Some(car.to_string()), ..Vehicle::default() };
                VehicleError { vehicle, ..error(&owner.to_string(), 0) }
            });
            admit(&ledger, errors.collect(), &at_once(), 0).await;
        }
        let claimed = ledger.claim(Channel::Email, at(0), 10_000, &worker("w")).await.unwrap();
        let (now, before) = claimed.split_at(1_000);
        let sent =
            before.iter().map(|dispatch| Settlement { id: dispatch.id.clone(), token: dispatch.token, end: sent() });
        ledger.settle(sent.collect(), at(1)).await.unwrap();
        let candidates: Vec<Candidate> = now.iter().map(Candidate::of).collect();
        for daily in [None, Some(100), None, Some(100)] {
            let start = std::time::Instant::now();
            for candidates in candidates.chunks(8) {
                let terms = Terms { daily, ..Terms::holding(SignedDuration::ZERO) };
                ledger.standing(candidates, at(2), terms).await.unwrap();
            }
            let each = start.elapsed() / u32::try_from(candidates.len()).unwrap();
            println!("{daily:?}: {each:?} for each look, eight at once");
        }
    }
}
