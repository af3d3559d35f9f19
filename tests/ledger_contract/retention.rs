//! What is kept for how long.

use std::sync::Arc;

use dashlight::ledger::{
    Census, DispatchState, End, FailReason, Fingerprint, Outcomes, Owner, Query, Record, Records, Retention, Revival,
    Revived, Trail,
};
use dashlight::policy::{Channel, Pace, Target};

use crate::scene::*;

const KEPT: Retention =
    Retention { content: jiff::SignedDuration::from_hours(24 * 30), rows: jiff::SignedDuration::from_hours(24 * 45) };

/// A whole round: how many were bared, and how many deleted.
pub(crate) async fn tidy(records: &Arc<dyn Records>, limit: usize, now: i64) -> (u64, u64) {
    let (mut place, mut bared, mut deleted) = (None, 0, 0);
    loop {
        let tidied = records.tidy(KEPT, place, limit, at(now)).await.unwrap();
        (bared, deleted) = (bared + tidied.bared, deleted + tidied.deleted);
        place = tidied.next;
        if place.is_none() {
            return (bared, deleted);
        }
    }
}

async fn history(records: &Arc<dyn Records>, now: i64) -> Vec<Record> {
    records.history(&Query { limit: 100, ..Query::default() }, at(now)).await.unwrap()
}

pub(crate) async fn what_came_to_rest_is_bared_after_its_time_and_the_history_still_tells_of_it(home: &dyn Home) {
    let ledger = home.open().await;
    let records = home.visit().await;
    let mut both = admission(error("o", 0), &first_of_all());
    both.targets = vec![device("a-token"), Target::Email];
    ledger.admit(vec![both], at(0), Pace::Live, None).await.unwrap();
    let push = ledger.claim(Channel::Push, at(0), 1, &worker("w")).await.unwrap().remove(0);
    settle(&ledger, &push, failed(10), 10).await;
    let email = claim_one(&ledger, 10).await;
    settle(&ledger, &email, unknown(), 10).await;

    assert_eq!(tidy(&records, 10, 30 * DAY).await, (0, 0), "not yet");
    assert_eq!(tidy(&records, 10, 30 * DAY + 10).await, (1, 0));
    let told = history(&records, 31 * DAY).await;
    assert_eq!(
        told.iter().map(|record| record.state).collect::<Vec<_>>(),
        [DispatchState::Unknown, DispatchState::Failed]
    );
    assert!(told.iter().all(|record| record.bared && record.detail.is_none() && record.platform.is_none()));
    assert_eq!((told[1].channel, told[1].reason.as_deref()), (Channel::Push, Some("address-invalid")));
    let revival = Revival { accept_duplicates: true, dry_run: false };
    let revived = records.revive(&[email.id], revival, at(29 * DAY)).await.unwrap();
    assert_eq!(revived, [Revived::Forgotten]);
    // The error that comes again is known all the same.
    assert_eq!(decisions(&admit(&ledger, vec![error("o", 5 * DAY)], &at_once(), 31 * DAY).await), ["repeat"]);
}

pub(crate) async fn nobody_hears_of_the_end_of_what_is_forgotten(home: &dyn Home) {
    let ledger = home.open().await;
    let records = home.visit().await;
    let relieving = crate::reliefs::relieving(at_once());
    admit(&ledger, vec![error("o", 0)], &relieving, 0).await;
    settle(&ledger, &claim_one(&ledger, 0).await, sent(), 1).await;
    assert_eq!(tidy(&records, 10, 31 * DAY).await, (1, 0));
    assert_eq!(decisions(&admit(&ledger, vec![resolved("o", 31 * DAY)], &relieving, 31 * DAY).await), ["close"]);
    assert!(claim(&ledger, 32 * DAY).await.is_empty(), "good news without a name or an address");
}

pub(crate) async fn what_is_planned_or_was_heard_of_lately_is_kept(home: &dyn Home) {
    let ledger = home.open().await;
    let records = home.visit().await;
    let mut patient = at_once();
    patient.expiry = secs(400 * DAY);
    admit(&ledger, vec![error("planned", 0), error("sending", 0), error("lately", 0)], &patient, 0).await;
    let claimed = claim(&ledger, 0).await;
    let of = |owner: &str| claimed.iter().find(|claim| claim.error.recipient.id == owner).unwrap();
    settle(&ledger, of("planned"), retry(100 * DAY), 1).await;
    settle(&ledger, of("lately"), sent(), 20 * DAY).await;
    assert_eq!(tidy(&records, 10, 49 * DAY).await, (0, 0));
    assert!(history(&records, 49 * DAY).await.iter().all(|record| !record.bared));
    let again = ledger.claim(Channel::Email, at(100 * DAY), 9, &worker("w")).await.unwrap();
    assert_eq!(again.len(), 2, "what is kept can be sent");
}

pub(crate) async fn an_incident_goes_when_no_event_could_ask_for_it(home: &dyn Home) {
    let ledger = home.open().await;
    let records = home.visit().await;
    admit(&ledger, vec![error("o", 0), resolved("only resolved", 0)], &at_once(), 0).await;
    let claimed = claim_one(&ledger, 0).await;
    settle(&ledger, &claimed, sent(), 10).await;
    assert_eq!(tidy(&records, 10, 44 * DAY).await, (1, 0));
    assert_eq!(decisions(&admit(&ledger, vec![error("only resolved", 0)], &at_once(), 20 * DAY).await), ["stale"]);
    assert_eq!(tidy(&records, 10, 45 * DAY + 10).await, (0, 2));
    assert!(history(&records, 45 * DAY).await.is_empty());
    assert_eq!(ledger.census().await.unwrap(), Census::default());
    assert!(records.acquaintances("o").await.unwrap().is_empty());
    assert!(!settle(&ledger, &claimed, sent(), 45 * DAY).await);
    let admitted = admit(&ledger, vec![error("o", 45 * DAY)], &at_once(), 45 * DAY).await;
    assert_eq!(decisions(&admitted), ["open"]);
}

pub(crate) async fn a_round_looks_at_a_few_at_a_time_and_at_all_in_the_end(home: &dyn Home) {
    let ledger = home.open().await;
    let records = home.visit().await;
    // Many of the same moment, some of which stay.
    for second in 0..3 {
        let errors = (0..10).map(|owner| error(&format!("{second} {owner}"), second)).collect();
        admit(&ledger, errors, &at_once(), second).await;
    }
    for (number, claimed) in claim(&ledger, 5).await.iter().enumerate() {
        if number % 3 > 0 {
            settle(&ledger, claimed, sent(), 5).await;
        }
    }
    let first = records.tidy(KEPT, None, 4, at(31 * DAY)).await.unwrap();
    assert!(first.bared <= 4 && first.next.is_some(), "{first:?}");
    let (bared, deleted) = tidy(&records, 4, 31 * DAY).await;
    assert_eq!((bared + first.bared, deleted), (20, 0));
    assert_eq!(tidy(&records, 4, 46 * DAY).await, (0, 20));
    assert_eq!(ledger.census().await.unwrap(), Census { sending: 10, ..Census::default() });
}

pub(crate) async fn what_no_incident_holds_goes_too(home: &dyn Home) {
    let ledger = home.open_with(Outcomes::Kept).await;
    let records = home.visit().await;
    admit(&ledger, vec![error("o", 0)], &at_once(), 0).await;
    let claimed = claim_one(&ledger, 0).await;
    let trail = Trail { address: Fingerprint::of(&claimed.error, &Target::Email), ..Trail::default() };
    let end = End::Failed { reason: FailReason::AddressInvalid, detail: String::new(), now: at(1), trail };
    settle(&ledger, &claimed, end, 1).await;
    records.pause(&[Channel::Push], Some(secs(60)), None, at(0)).await.unwrap();

    tidy(&records, 10, 44 * DAY).await;
    let untold = Arc::clone(&ledger).untold().unwrap();
    assert_eq!(untold.backlog().await.unwrap().waiting, 1);
    tidy(&records, 10, 46 * DAY).await;
    assert_eq!(untold.backlog().await.unwrap().waiting, 0);
    let owner = Owner { app: "app".into(), recipient: "o".into() };
    assert_eq!(records.erase(&owner, true, at(0)).await.unwrap().dead_addresses, 1);
    tidy(&records, 10, 91 * DAY).await;
    assert_eq!(records.erase(&owner, true, at(0)).await.unwrap().dead_addresses, 0);
}
