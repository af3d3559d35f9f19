//! Owners who are to be forgotten.

use std::sync::Arc;

use dashlight::ledger::{
    Census, End, Erased, FailReason, Fingerprint, Ledger, Outcomes, Owner, Query, Records, Standing, Trail,
};
use dashlight::policy::{Pace, Target};

use crate::retention::tidy;
use crate::scene::*;

fn owner(recipient: &str) -> Owner {
    Owner { app: "app".into(), recipient: recipient.into() }
}

async fn erase(records: &Arc<dyn Records>, recipient: &str, now: i64) -> Erased {
    records.erase(&owner(recipient), false, at(now)).await.unwrap()
}

async fn is_known(records: &Arc<dyn Records>, recipient: &str) -> bool {
    !records.acquaintances(recipient).await.unwrap().is_empty()
}

pub(crate) async fn an_erasure_leaves_nothing_of_the_owner_and_all_of_the_others(home: &dyn Home) {
    let ledger = home.open().await;
    let records = home.visit().await;
    admit(&ledger, vec![error("o", 0), error("other", 0)], &rules(), 0).await;
    let mut elsewhere = error("o", 0);
    elsewhere.app = "another".into();
    admit(&ledger, vec![elsewhere], &rules(), 0).await;

    let told = records.erase(&owner("o"), true, at(10)).await.unwrap();
    assert_eq!((told.incidents, told.dispatches, told.sending), (1, 2, 0));
    assert!(is_known(&records, "o").await, "a dry run deletes nothing");
    let erased = erase(&records, "o", 10).await;
    assert_eq!((erased.incidents, erased.dispatches, erased.until), (1, 2, at(10)));
    let known = records.acquaintances("o").await.unwrap();
    assert_eq!(known.iter().map(|known| known.app.as_str()).collect::<Vec<_>>(), ["another"]);
    assert_eq!(ledger.census().await.unwrap(), Census { planned: 4, ..Census::default() });
    let again = erase(&records, "o", 20).await;
    assert_eq!((again.incidents, again.dispatches), (0, 0));
    let query = Query { recipient: Some("other".into()), limit: 9, ..Query::default() };
    assert_eq!(records.history(&query, at(20)).await.unwrap().len(), 2);
}

pub(crate) async fn what_happened_before_an_erasure_is_not_taken_up_and_what_comes_later_is(home: &dyn Home) {
    let ledger = home.open().await;
    let records = home.visit().await;
    admit(&ledger, vec![error("o", 0)], &at_once(), 0).await;
    erase(&records, "o", 100).await;
    let before = vec![error("o", 50), resolved("o", 90), error("o", 100)];
    let admitted = admit(&ledger, before, &at_once(), 110).await;
    assert_eq!(decisions(&admitted), ["erased"; 3]);
    assert!(!is_known(&records, "o").await);
    // A second erasure moves the time; an earlier one, heard of late, does not move it back.
    erase(&records, "o", 200).await;
    erase(&records, "o", 150).await;
    assert_eq!(decisions(&admit(&ledger, vec![error("o", 180)], &at_once(), 210).await), ["erased"]);
    drop(ledger);
    let ledger = home.open().await;
    assert_eq!(
        decisions(&admit(&ledger, vec![error("o", 150), error("o", 220)], &at_once(), 220).await),
        ["erased", "open"]
    );
    assert_eq!(claim(&ledger, 230).await.len(), 1);
}

pub(crate) async fn an_old_file_of_events_brings_nobody_back_however_late_it_is_run(home: &dyn Home) {
    let ledger = home.open().await;
    let records = home.visit().await;
    erase(&records, "o", 100).await;
    tidy(&records, 10, 400 * DAY).await;
    // A batch is never too old.
    let run = async |happened| {
        let batch = vec![admission(error("o", happened), &at_once())];
        decisions(&ledger.admit(batch, at(400 * DAY), Pace::Batch, None).await.unwrap())
    };
    assert_eq!((run(100).await, run(101).await), (vec!["erased"], vec!["open"]));
}

pub(crate) async fn no_message_after_an_erasure_bears_the_id_of_one_before(home: &dyn Home) {
    let ledger = home.open().await;
    let records = home.visit().await;
    let mut ids = std::collections::BTreeSet::new();
    for round in 0..3 {
        let now = 100 * round;
        // What opens anew has the next number, before and after.
        for happened in [now + 1, now + 3] {
            admit(&ledger, vec![error("o", happened)], &at_once(), happened).await;
            assert!(ids.insert(claim_one(&ledger, happened).await.id), "round {round}");
            admit(&ledger, vec![resolved("o", happened + 1)], &at_once(), happened + 1).await;
        }
        erase(&records, "o", now + 10).await;
    }
}

pub(crate) async fn a_claim_of_an_erased_owner_is_lost_and_its_end_changes_nothing(home: &dyn Home) {
    let ledger = home.open().await;
    let records = home.visit().await;
    admit(&ledger, vec![error("o", 0)], &at_once(), 0).await;
    let claimed = claim_one(&ledger, 0).await;
    assert_eq!(erase(&records, "o", 10).await.sending, 1);
    assert_eq!(standing(&ledger, &claimed, 11).await, Standing::Lost);
    for end in [sent(), failed(12), retry(20)] {
        assert!(!settle(&ledger, &claimed, end, 12).await);
    }
    assert_eq!(ledger.census().await.unwrap(), Census::default());
}

pub(crate) async fn outcomes_and_dead_addresses_of_an_erased_owner_go_too(home: &dyn Home) {
    let ledger = home.open_with(Outcomes::Kept).await;
    let records = home.visit().await;
    admit(&ledger, vec![error("o", 0)], &at_once(), 0).await;
    let claimed = claim_one(&ledger, 0).await;
    let address = Fingerprint::of(&claimed.error, &Target::Email);
    let trail = Trail { address, ..Trail::default() };
    let detail = "550 5.1.1 <owner@example.com>".to_owned();
    let end = End::Failed { reason: FailReason::AddressInvalid, detail, now: at(1), trail };
    assert!(settle(&ledger, &claimed, end, 1).await);
    let erased = erase(&records, "o", 10).await;
    assert_eq!((erased.outcomes, erased.dead_addresses), (1, 1));
    let untold = Ledger::untold(ledger).unwrap();
    assert_eq!(untold.backlog().await.unwrap().waiting, 0);
    assert_eq!(erase(&records, "o", 20).await.dead_addresses, 0);
}

pub(crate) async fn events_that_come_in_while_an_owner_is_erased_do_not_bring_them_back(home: &dyn Home) {
    let ledger = home.open().await;
    let records = home.visit().await;
    let admitting: Vec<_> = (0..4)
        .map(|task| {
            let ledger = Arc::clone(&ledger);
            tokio::spawn(async move {
                for round in 0..30 {
                    let errors = (0..4).map(|owner| error(&owner.to_string(), task * 30 + round)).collect();
                    admit(&ledger, errors, &at_once(), 500).await;
                }
            })
        })
        .collect();
    for owner in 0..4 {
        erase(&records, &owner.to_string(), 1_000).await;
    }
    for task in admitting {
        task.await.unwrap();
    }
    for owner in 0..4 {
        assert!(!is_known(&records, &owner.to_string()).await, "{owner}");
    }
    assert_eq!(ledger.census().await.unwrap(), Census::default());
}
