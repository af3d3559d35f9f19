//! Outcomes: there when the end is there, told once, and what is known of dead addresses.

use std::sync::Arc;

use dashlight::event::VehicleError;
use dashlight::ledger::{
    Backlog, CancelReason, Claimant, End, FailReason, Fingerprint, Ledger, Outcome, Outcomes, Settlement, Trail, Untold,
};
use dashlight::policy::{Channel, Pace, Target};

use crate::scene::*;

async fn open(home: &dyn Home) -> (Arc<dyn Ledger>, Arc<dyn Untold>) {
    let ledger = home.open_with(Outcomes::Kept).await;
    let untold = Arc::clone(&ledger).untold().unwrap();
    (ledger, untold)
}

fn teller(name: &str) -> Claimant {
    Claimant { lease: secs(MINUTE), ..worker(name) }
}

async fn take(untold: &Arc<dyn Untold>, now: i64) -> Vec<Outcome> {
    untold.take(1_000, at(now), &teller("t")).await.unwrap()
}

fn ends(outcomes: &[Outcome]) -> Vec<(String, String, String)> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    outcomes.iter().map(|o| (o.parts[1].clone(), o.state.clone(), text(&o.reason))).collect()
}

fn dead(error: &VehicleError) -> Trail {
    Trail { transport: Some("ses".into()), address: Fingerprint::of(error, &Target::Email), ..Trail::default() }
}

pub(crate) async fn each_end_is_there_to_be_told_in_its_order_and_once(home: &dyn Home) {
    let (ledger, untold) = open(home).await;
    let owners = ["sent", "failed", "cancelled", "expired", "unknown", "retried", "released", "late retry", "going"];
    admit(&ledger, owners.map(|owner| error(owner, 0)).to_vec(), &at_once(), 0).await;
    let claimed = claim(&ledger, 0).await;
    let given = [
        sent(),
        failed(1),
        End::Cancelled { reason: CancelReason::Superseded },
        End::Expired,
        unknown(),
        retry(100),
        End::Released,
        retry(40 * DAY),
    ];
    let batch = claimed.iter().zip(given);
    let batch = batch.map(|(dispatch, end)| Settlement { id: dispatch.id.clone(), token: dispatch.token, end });
    let batch: Vec<_> = batch.collect();
    ledger.settle(batch.clone(), at(1)).await.unwrap();
    // Whoever did not hear the answer asks again; nothing ends twice.
    ledger.settle(batch, at(2)).await.unwrap();
    // What a RESOLVED cancels, and what is cancelled by the batch that brings it.
    admit(&ledger, vec![error("resolved", 3)], &rules(), 3).await;
    admit(&ledger, vec![resolved("resolved", 4), error("stillborn", 3), resolved("stillborn", 4)], &rules(), 4).await;
    let told = take(&untold, 5).await;
    assert!(told.is_sorted_by_key(|outcome| outcome.place));
    let mut found = ends(&told);
    found.sort();
    let expected = [
        ("cancelled", "cancelled", "superseded"),
        ("expired", "expired", ""),
        ("failed", "failed", "address-invalid"),
        ("late retry", "expired", ""),
        ("resolved", "cancelled", "resolved"),
        ("resolved", "cancelled", "resolved"),
        ("sent", "sent", ""),
        ("stillborn", "cancelled", "resolved"),
        ("stillborn", "cancelled", "resolved"),
        ("unknown", "unknown", ""),
    ];
    let expected = expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(found, expected);
    let places: Vec<_> = told.iter().map(|outcome| outcome.place).collect();
    untold.told(&places).await.unwrap();
    untold.told(&places).await.unwrap();
    assert_eq!(untold.backlog().await.unwrap(), Backlog::default());
    assert!(take(&untold, 10 * DAY).await.is_empty());
}

pub(crate) async fn without_anybody_who_wants_them_none_are_kept(home: &dyn Home) {
    let ledger = home.open().await;
    assert!(Arc::clone(&ledger).untold().is_none());
    admit(&ledger, vec![error("o", 0)], &at_once(), 0).await;
    settle(&ledger, &claim_one(&ledger, 0).await, sent(), 1).await;
    ledger.close().await.unwrap();
    drop(ledger);
    let (_ledger, untold) = open(home).await;
    assert_eq!(untold.backlog().await.unwrap(), Backlog::default());
}

pub(crate) async fn what_one_takes_is_nobody_elses_until_it_lets_go_or_its_lease_is_over(home: &dyn Home) {
    let (ledger, untold) = open(home).await;
    admit(&ledger, ["a", "b", "c"].map(|owner| error(owner, 0)).to_vec(), &at_once(), 0).await;
    for dispatch in claim(&ledger, 0).await {
        settle(&ledger, &dispatch, sent(), 1).await;
    }
    let take = async |limit, now, name: &str| ends(&untold.take(limit, at(now), &teller(name)).await.unwrap()).len();
    assert_eq!(take(2, 1, "one").await, 2);
    assert_eq!(take(9, 1, "other").await, 1);
    assert_eq!(take(9, 1, "third").await, 0);
    untold.let_go(&teller("other")).await.unwrap();
    assert_eq!(take(9, 1, "third").await, 1);
    assert_eq!(take(9, MINUTE, "third").await, 0);
    assert_eq!(take(9, MINUTE + 1, "third").await, 3);
    assert_eq!(untold.backlog().await.unwrap(), Backlog { waiting: 3, since: Some(at(1)) });
}

pub(crate) async fn an_outcome_says_what_became_of_its_dispatch(home: &dyn Home) {
    let (ledger, untold) = open(home).await;
    let error = error("o", 0);
    admit(&ledger, vec![error.clone()], &at_once(), 0).await;
    let first = claim_one(&ledger, 0).await;
    settle(&ledger, &first, retry(60), 1).await;
    let second = claim_one(&ledger, 60).await;
    settle(&ledger, &second, sent(), 61).await;
    let told = take(&untold, 61).await.remove(0);
    assert_eq!((&told.dispatch, told.token, told.attempt), (&second.id, second.token, 2));
    assert_eq!(told.parts, ["app", "o", "car", "CONNECTED_SERVICES_ACCOUNT", "PERMISSION"].map(String::from));
    assert_eq!((told.opening, told.step, told.channel.as_str(), told.state.as_str()), (1, 0, "email", "sent"));
    assert_eq!(told.transport.as_deref(), Some("smtp"));
    assert_eq!(told.provider_id.as_deref(), Some("queued as 1"));
    assert_eq!((told.locale.as_deref(), told.revision.as_deref()), (Some("en"), Some("r1")));
    assert_eq!((told.reason, told.detail, told.address), (None, None, None));
    assert_eq!((told.created_at, told.due_at, told.ended_at), (at(0), at(60), at(61)));
    assert_eq!(told.error, Some(error));
}

pub(crate) async fn outcomes_outlast_a_restart_and_those_too_old_are_given_up_by_number(home: &dyn Home) {
    let (ledger, untold) = open(home).await;
    admit(&ledger, ["a", "b", "c"].map(|owner| error(owner, 0)).to_vec(), &at_once(), 0).await;
    for (dispatch, now) in claim(&ledger, 0).await.iter().zip([1, 2, 3]) {
        settle(&ledger, dispatch, sent(), now).await;
    }
    drop(untold);
    ledger.close().await.unwrap();
    drop(ledger);
    let (_ledger, untold) = open(home).await;
    assert_eq!(untold.give_up(at(3)).await.unwrap(), 2);
    assert_eq!(ends(&take(&untold, 4).await), [("c".to_owned(), "sent".to_owned(), String::new())]);
}

pub(crate) async fn an_address_that_was_found_dead_is_told_with_every_later_claim_of_its_owner(home: &dyn Home) {
    let (ledger, untold) = open(home).await;
    let (mine, theirs) = (error("o", 0), error("p", 0));
    admit(&ledger, vec![mine.clone(), theirs.clone()], &at_once(), 0).await;
    let claimed = claim(&ledger, 0).await;
    assert!(claimed.iter().all(|dispatch| dispatch.dead.is_empty()));
    let end = |at_second| End::Failed {
        reason: FailReason::AddressInvalid,
        detail: "550 5.1.1".into(),
        now: at(at_second),
        trail: dead(&mine),
    };
    // Under a token that is not the claim's it is no report.
    let mut lost = claimed[0].clone();
    lost.token += 7;
    assert!(!settle(&ledger, &lost, end(1), 1).await);
    assert!(settle(&ledger, &claimed[0], end(2), 2).await);
    assert!(settle(&ledger, &claimed[1], sent(), 2).await);
    let told = take(&untold, 3).await;
    assert_eq!(told[0].address, Fingerprint::of(&mine, &Target::Email));
    assert_eq!((told[0].transport.as_deref(), &told[1].address), (Some("ses"), &None));

    // Of another car of theirs: claimed at its admission, or later.
    let other = |owner: &str, car: &str| {
        let mut error = error(owner, 5);
        error.vehicle.id = Some(car.into());
        error
    };
    let batch = vec![other("o", "second car"), other("p", "second car")];
    let batch = batch.into_iter().map(|error| admission(error, &at_once())).collect();
    let admitted = ledger.admit(batch, at(5), Pace::Live, Some(&worker("w"))).await.unwrap();
    admit(&ledger, vec![other("o", "third car"), other("p", "third car")], &at_once(), 5).await;
    let later = ledger.claim(Channel::Email, at(6), 10, &worker("w")).await.unwrap();
    assert_eq!((admitted.claimed.len(), later.len()), (2, 2));
    for dispatch in admitted.claimed.iter().chain(&later) {
        let known: Vec<_> = dispatch.dead.iter().map(|dead| (Some(dead.address.clone()), dead.reported_at)).collect();
        let expected = if dispatch.error.recipient.id == "o" { vec![(told[0].address.clone(), at(2))] } else { vec![] };
        assert_eq!(known, expected, "{}", dispatch.error.recipient.id);
    }
    // Reported anew, it is one address with a newer date.
    assert!(settle(&ledger, &admitted.claimed[0], end(7), 7).await);
    let mut fourth = other("o", "fourth car");
    fourth.moment.at = at(8);
    admit(&ledger, vec![fourth], &at_once(), 8).await;
    let dead = claim_one(&ledger, 8).await.dead;
    assert_eq!((dead.len(), dead[0].reported_at), (1, at(7)));
}

pub(crate) async fn an_address_may_be_found_dead_by_a_message_of_which_nobody_knows_whether_it_was_sent(
    home: &dyn Home,
) {
    let (ledger, untold) = open(home).await;
    let mine = error("o", 0);
    admit(&ledger, vec![mine.clone()], &at_once(), 0).await;
    let claimed = claim_one(&ledger, 0).await;
    let end = End::Unknown { detail: "sent again: 550 5.1.1".into(), trail: dead(&mine) };
    assert!(settle(&ledger, &claimed, end, 1).await);
    let told = take(&untold, 2).await;
    assert_eq!((told.len(), told[0].state.as_str()), (1, "unknown"));
    assert_eq!(told[0].address, Fingerprint::of(&mine, &Target::Email));
    let mut other = error("o", 5);
    other.vehicle.id = Some("second car".into());
    admit(&ledger, vec![other], &at_once(), 5).await;
    assert_eq!(claim_one(&ledger, 5).await.dead.len(), 1);
}
