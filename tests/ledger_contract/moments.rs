//! The order of ERROR and RESOLVED, when the clocks of those who say when they happened, and of the workers that take them, differ.

use std::collections::BTreeSet;

use dashlight::event::{Context, Properties, State, VehicleError, parse};
use dashlight::ledger::Census;
use serde_json::json;

use crate::scene::*;

/// As a worker reads it by whose clock it is `clock`.
fn read(id: Option<&str>, state: State, happened: Option<i64>, clock: i64) -> VehicleError {
    let event = json!({
        "id": id,
        "occurredAt": happened.map(|seconds| at(seconds).to_string()),
        "state": state.to_string(),
        "recipient": { "id": "o", "email": "owner@example.com" },
        "vehicle": { "id": "car" },
        "error": { "type": "CONNECTED_SERVICES_ACCOUNT", "code": "PERMISSION" },
    });
    let (properties, apps) = (Properties::default(), BTreeSet::from(["app".to_owned()]));
    let context = Context { properties: &properties, arrived: at(clock), apps: &apps, max_bytes: 1 << 20 };
    let mut parsed = parse(event.to_string().as_bytes(), &context);
    assert_eq!(parsed.rejected, []);
    parsed.errors.remove(0)
}

fn dated(state: State, happened: i64, clock: i64) -> VehicleError {
    read(Some("evt"), state, Some(happened), clock)
}

pub(crate) async fn a_worker_whose_clock_is_behind_does_not_date_a_resolved_back(home: &dyn Home) {
    let ledger = home.open().await;
    admit(&ledger, vec![dated(State::Error, 0, 0)], &rules(), 1).await;
    // Taken by one that is five minutes slow.
    let closed = admit(&ledger, vec![dated(State::Resolved, 30, 31 - 5 * MINUTE)], &rules(), 31).await;
    assert_eq!(decisions(&closed), ["close"]);
    assert_eq!(ledger.census().await.unwrap(), Census { cancelled: 2, ..Census::default() });
}

pub(crate) async fn a_resolved_that_comes_first_stops_its_error_also_when_their_clock_is_ahead(home: &dyn Home) {
    let ledger = home.open().await;
    let ahead = 5 * MINUTE;
    admit(&ledger, vec![dated(State::Resolved, 20 + ahead, 30)], &rules(), 30).await;
    let late = admit(&ledger, vec![dated(State::Error, 10 + ahead, 31)], &rules(), 31).await;
    assert_eq!(decisions(&late), ["stale"]);
}

pub(crate) async fn a_broken_clock_keeps_no_incident_open(home: &dyn Home) {
    let ledger = home.open().await;
    let broken = 20 * HOUR;
    let opened = admit(&ledger, vec![dated(State::Error, broken, 0)], &rules(), 0).await;
    assert_eq!(decisions(&opened), ["open"]);
    // By the same clock, or, later, by one that is right.
    let again = [dated(State::Resolved, broken + 1, 1), dated(State::Error, broken + 2, 2)];
    assert_eq!(decisions(&admit(&ledger, again.into(), &rules(), 2).await), ["close", "open"]);
    let mended = admit(&ledger, vec![dated(State::Resolved, 20 * MINUTE, 20 * MINUTE)], &rules(), 20 * MINUTE).await;
    assert_eq!(decisions(&mended), ["close"]);
}

pub(crate) async fn what_does_not_say_when_it_happened_happened_when_the_ledger_heard_of_it(home: &dyn Home) {
    let ledger = home.open().await;
    let (slow, fast) = (-5 * MINUTE, 5 * MINUTE);
    admit(&ledger, vec![read(None, State::Error, None, fast)], &rules(), 0).await;
    let closed = admit(&ledger, vec![read(None, State::Resolved, None, 10 + slow)], &rules(), 10).await;
    assert_eq!(decisions(&closed), ["close"]);
    // The same words, said anew.
    let anew = admit(&ledger, vec![read(None, State::Error, None, 20 + slow)], &rules(), 20).await;
    assert_eq!(decisions(&anew), ["open"]);
    let due = ledger.next_due(dashlight::policy::Channel::Email, at(20)).await.unwrap();
    assert_eq!(due, Some(at(20 + 10 * MINUTE)));
}

pub(crate) async fn an_undated_error_that_is_delivered_again_is_no_news(home: &dyn Home) {
    let ledger = home.open().await;
    let error = |id, clock| read(Some(id), State::Error, None, clock);
    admit(&ledger, vec![error("a", 0)], &rules(), 0).await;
    assert_eq!(decisions(&admit(&ledger, vec![error("a", 5)], &rules(), 5).await), ["repeat"]);
    let closed = admit(&ledger, vec![read(Some("b"), State::Resolved, None, 10)], &rules(), 10).await;
    assert_eq!(decisions(&closed), ["close"]);
    // It was committed, but its worker was killed before it could acknowledge it.
    assert_eq!(decisions(&admit(&ledger, vec![error("a", 20)], &rules(), 20).await), ["stale"]);
    assert_eq!(decisions(&admit(&ledger, vec![error("c", 30)], &rules(), 30).await), ["open"]);
}
