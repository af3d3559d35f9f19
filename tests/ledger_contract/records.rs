//! The operator's side: what is told of dispatches, and of whom.

use dashlight::ledger::{DispatchState, Query, Record};
use dashlight::policy::Channel;

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
