//! The operator's side: what is told of dispatches, and of whom.

use dashlight::ledger::{Census, DispatchState, End, FailReason, Fingerprint, Query, Record, Revival, Revived, Trail};
use dashlight::policy::{Channel, Target};

use crate::scene::*;

fn all() -> Query {
    Query { limit: 100, ..Query::default() }
}

fn owners(records: &[Record]) -> Vec<&str> {
    records.iter().map(|record| record.recipient.as_str()).collect()
}

pub(crate) async fn the_history_tells_the_newest_first_and_what_became_of_each(home: &dyn Home) {
    let ledger = home.open().await;
    let records = home.visit().await;
    for owner in ["sent", "failed", "waits"] {
        admit(&ledger, vec![error(owner, 0)], &at_once(), 0).await;
    }
    let claimed = claim(&ledger, 0).await;
    settle(&ledger, &claimed[0], sent(), 60).await;
    settle(&ledger, &claimed[1], failed(60), 60).await;
    settle(&ledger, &claimed[2], retry(120), 60).await;

    let told = records.history(&all(), at(61)).await.unwrap();
    assert_eq!(owners(&told), ["waits", "failed", "sent"]);
    let [waits, failed, sent] = &told[..] else { panic!("three") };
    assert_eq!((waits.state, waits.due_at, waits.attempts), (DispatchState::Planned, at(120), 1));
    assert_eq!(waits.detail.as_deref(), Some("451 busy"));
    assert_eq!((failed.state, failed.reason.as_deref()), (DispatchState::Failed, Some("address-invalid")));
    assert_eq!((sent.state, sent.settled_at), (DispatchState::Sent, Some(at(60))));
    assert_eq!(
        (sent.transport.as_deref(), sent.provider_id.as_deref(), sent.locale.as_deref(), sent.revision.as_deref()),
        (Some("smtp"), Some("queued as 1"), Some("en"), Some("r1"))
    );
    assert_eq!((sent.app.as_str(), sent.vehicle.as_deref(), sent.step), ("app", Some("car"), 0));
    assert_eq!(sent.id, claimed[0].id);
    assert!(!format!("{told:?}").contains("@example.com"), "no address is told");
}

pub(crate) async fn the_history_tells_only_what_was_asked_for(home: &dyn Home) {
    let ledger = home.open().await;
    let records = home.visit().await;
    admit(&ledger, vec![error("a", 0)], &at_once(), 0).await;
    admit(&ledger, vec![error("b", 100)], &at_once(), 100).await;
    let mut push = admission(error("c", 200), &first_of_all());
    push.targets = vec![device("token")];
    ledger.admit(vec![push], at(200), dashlight::policy::Pace::Live, None).await.unwrap();
    let first = claim_one(&ledger, 0).await;
    settle(&ledger, &first, failed(0), 50).await;

    let ask = async |query: Query| {
        let told = records.history(&query, at(200)).await.unwrap();
        owners(&told).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(ask(all()).await, ["c", "b", "a"]);
    assert_eq!(ask(Query { limit: 2, ..all() }).await, ["c", "b"]);
    assert_eq!(ask(Query { recipient: Some("b".into()), ..all() }).await, ["b"]);
    assert_eq!(ask(Query { app: Some("app".into()), ..all() }).await.len(), 3);
    assert!(ask(Query { app: Some("other".into()), ..all() }).await.is_empty());
    assert_eq!(ask(Query { channel: Some(Channel::Push), ..all() }).await, ["c"]);
    assert_eq!(ask(Query { states: vec![DispatchState::Failed, DispatchState::Unknown], ..all() }).await, ["a"]);
    assert_eq!(ask(Query { reasons: vec!["address-invalid".into()], ..all() }).await, ["a"]);
    assert!(ask(Query { reasons: vec!["content".into()], ..all() }).await.is_empty());
    assert_eq!(ask(Query { since: Some(secs(100)), ..all() }).await, ["c", "b"]);
    assert_eq!(ask(Query { id: Some(first.id.as_str()[..8].into()), ..all() }).await, ["a"]);
    let told = records.history(&Query { channel: Some(Channel::Push), ..all() }, at(200)).await.unwrap();
    assert_eq!(told[0].platform, Some("apns"));
    assert!(!format!("{told:?}").contains("token"), "no address is told");
}

pub(crate) async fn an_owner_is_known_by_the_apps_that_told_of_them(home: &dyn Home) {
    let ledger = home.open().await;
    let records = home.visit().await;
    let mut elsewhere = error("a", 0);
    elsewhere.app = "other".into();
    admit(&ledger, vec![error("a", 0), elsewhere, resolved("b", 0)], &rules(), 0).await;
    let known = async |recipient| {
        let known = records.acquaintances(recipient).await.unwrap();
        known.into_iter().map(|known| (known.app, known.incidents)).collect::<Vec<_>>()
    };
    assert_eq!(known("a").await, [("app".to_owned(), 1), ("other".to_owned(), 1)]);
    assert_eq!(known("b").await, [("app".to_owned(), 1)]);
    assert!(known("nobody").await.is_empty());
}

const NOW: Revival = Revival { accept_duplicates: false, dry_run: false };

pub(crate) async fn what_has_failed_is_planned_again_while_it_is_worth_it(home: &dyn Home) {
    let ledger = home.open().await;
    let records = home.visit().await;
    let owners = ["failed", "unknown", "resolved", "sent"];
    admit(&ledger, owners.map(|owner| error(owner, 0)).to_vec(), &at_once(), 0).await;
    let claimed = claim(&ledger, 0).await;
    settle(&ledger, &claimed[0], failed(1), 1).await;
    settle(&ledger, &claimed[1], unknown(), 1).await;
    settle(&ledger, &claimed[2], failed(1), 1).await;
    settle(&ledger, &claimed[3], sent(), 1).await;
    admit(&ledger, vec![resolved("resolved", 2)], &at_once(), 2).await;
    let ids: Vec<_> = claimed.iter().map(|dispatch| dispatch.id.clone()).collect();
    let expected = [Revived::Planned, Revived::InDoubt, Revived::Resolved, Revived::Unfit];
    let before = ledger.census().await.unwrap();
    assert_eq!(records.revive(&ids, Revival { dry_run: true, ..NOW }, at(3)).await.unwrap(), expected);
    assert_eq!(ledger.census().await.unwrap(), before, "only told");
    assert_eq!(records.revive(&ids, NOW, at(3)).await.unwrap(), expected);
    let again = claim_one(&ledger, 3).await;
    assert_eq!((&again.id, again.attempt, again.doubtful, again.due_at), (&ids[0], 1, false, at(3)));
    assert!(again.token > claimed[0].token);
    assert!(!settle(&ledger, &claimed[0], failed(4), 4).await, "its old claim is over");
    let both = Revival { accept_duplicates: true, dry_run: false };
    assert_eq!(records.revive(&ids[1..2], both, at(4)).await.unwrap(), [Revived::Planned]);
    assert!(!claim_one(&ledger, 4).await.doubtful, "or its transport's policy would park it again");
    // Nobody would want it by then.
    settle(&ledger, &again, failed(5), 5).await;
    assert_eq!(records.revive(&ids[..1], NOW, at(30 * DAY)).await.unwrap(), [Revived::Expired]);
}

pub(crate) async fn an_address_in_whose_place_another_was_tried_is_left(home: &dyn Home) {
    let ledger = home.open().await;
    let records = home.visit().await;
    let mut admission = admission(error("o", 0), &first_of_all());
    admission.targets = vec![device("a"), device("b")];
    let pace = dashlight::policy::Pace::Live;
    let first = ledger.admit(vec![admission], at(0), pace, Some(&worker("w"))).await.unwrap().claimed.remove(0);
    settle(&ledger, &first, failed(1), 1).await;
    assert_eq!(records.revive(std::slice::from_ref(&first.id), NOW, at(2)).await.unwrap(), [Revived::Replaced]);
}

pub(crate) async fn what_was_dropped_is_cancelled_and_says_what_it_was(home: &dyn Home) {
    let ledger = home.open().await;
    let records = home.visit().await;
    admit(&ledger, vec![error("a", 0), error("b", 0)], &at_once(), 0).await;
    let claimed = claim(&ledger, 0).await;
    settle(&ledger, &claimed[0], failed(1), 1).await;
    let ids: Vec<_> = claimed.iter().map(|dispatch| dispatch.id.clone()).collect();
    assert_eq!(records.dismiss(&ids, at(2)).await.unwrap(), [true, false], "what is being sent is not dropped");
    assert_eq!(records.dismiss(&ids, at(2)).await.unwrap(), [false, false]);
    let told = records.history(&Query { recipient: Some("a".into()), ..all() }, at(2)).await.unwrap();
    assert_eq!((told[0].state, told[0].reason.as_deref()), (DispatchState::Cancelled, Some("dropped")));
    assert_eq!(told[0].detail.as_deref(), Some("failed, address-invalid: 550 5.1.1"));
    assert_eq!(ledger.census().await.unwrap(), Census { sending: 1, cancelled: 1, ..Census::default() });
}

pub(crate) async fn a_pause_holds_over_a_restart_until_it_is_over_or_ended(home: &dyn Home) {
    let ledger = home.open().await;
    let records = home.visit().await;
    let paused = async |now| -> Vec<_> {
        let pauses = home.visit().await.pauses(at(now)).await.unwrap();
        pauses.into_iter().map(|pause| (pause.channel, pause.until, pause.note)).collect()
    };
    assert!(paused(0).await.is_empty());
    records.pause(&[Channel::Email], Some(secs(60)), Some("server moves"), at(0)).await.unwrap();
    records.pause(&[Channel::Push], None, None, at(0)).await.unwrap();
    ledger.close().await.unwrap();
    let _ledger = home.open().await;
    let both = [(Channel::Email, Some(at(60)), Some("server moves".to_owned())), (Channel::Push, None, None)];
    assert_eq!(paused(59).await, both);
    assert_eq!(paused(60).await, both[1..]);
    // Said anew, it replaces what was said before.
    records.pause(&[Channel::Email], None, None, at(61)).await.unwrap();
    assert_eq!(paused(DAY).await, [(Channel::Email, None, None), (Channel::Push, None, None)]);
    assert_eq!(records.resume(&Channel::ALL, at(DAY)).await.unwrap().len(), 2);
    assert_eq!(records.resume(&Channel::ALL, at(DAY)).await.unwrap(), []);
    assert!(paused(DAY).await.is_empty());
}

pub(crate) async fn another_try_is_asked_of_an_address_that_was_found_dead(home: &dyn Home) {
    let ledger = home.open().await;
    let of_car = |owner: &str, car: &str, happened| {
        let mut error = error(owner, happened);
        error.vehicle.id = Some(car.into());
        error
    };
    admit(&ledger, vec![of_car("o", "a", 0), of_car("p", "a", 0)], &at_once(), 0).await;
    let claimed = claim(&ledger, 0).await;
    for dispatch in &claimed {
        let trail = Trail { address: Fingerprint::of(&dispatch.error, &Target::Email), ..Trail::default() };
        let end = End::Failed { reason: FailReason::AddressInvalid, detail: "550".into(), now: at(1), trail };
        assert!(settle(&ledger, dispatch, end, 1).await);
    }
    let revival = Revival { accept_duplicates: false, dry_run: false };
    let records = home.visit().await;
    let revived = records.revive(&[claimed[0].id.clone()], revival, at(2)).await.unwrap();
    assert_eq!(revived, [Revived::Planned]);
    admit(&ledger, vec![of_car("o", "b", 2), of_car("p", "b", 2)], &at_once(), 2).await;
    let again = claim(&ledger, 2).await;
    let dead: Vec<_> = again
        .iter()
        .map(|dispatch| (dispatch.error.recipient.id.as_str(), dispatch.dead_since(at(2)).is_some()))
        .collect();
    assert_eq!(dead.iter().filter(|(owner, dead)| *owner == "o" && !dead).count(), 2, "{dead:?}");
    assert_eq!(dead.iter().filter(|(owner, dead)| *owner == "p" && *dead).count(), 1, "{dead:?}");
}
