//! Incidents: what opens, repeats and closes them, and what is planned for it.

use dashlight::event::{ErrorKey, VehicleError};
use dashlight::ledger::{Admission, CancelReason, Census, Claimant, End, Standing};
use dashlight::policy::{Channel, Pace, Rules, Target};

use crate::scene::*;

pub(crate) async fn an_error_plans_its_ladder_and_nothing_is_due_before_the_grace(home: &dyn Home) {
    let ledger = home.open().await;
    let admitted = admit(&ledger, vec![error("o", 0)], &rules(), 0).await;
    assert_eq!(decisions(&admitted), ["open"]);
    assert!(admitted.claimed.is_empty());
    let census = ledger.census().await.unwrap();
    assert_eq!(census, Census { planned: 2, ..Census::default() });

    assert!(claim(&ledger, 10 * MINUTE - 1).await.is_empty());
    let first = claim_one(&ledger, 10 * MINUTE).await;
    assert_eq!((first.step, first.opening, first.attempt, first.doubtful), (0, 1, 1, false));
    assert_eq!((first.due_at, first.expires_at), (at(10 * MINUTE), at(30 * DAY)));
    assert_eq!(first.target, Target::Email);
    assert!(settle(&ledger, &first, sent(), 11 * MINUTE).await);
    assert_eq!(claim_one(&ledger, 4 * DAY).await.step, 1);
}

pub(crate) async fn a_hundred_identical_errors_are_one_incident(home: &dyn Home) {
    let ledger = home.open().await;
    for _ in 0..10 {
        admit(&ledger, vec![error("o", 0); 10], &at_once(), 0).await;
    }
    assert_eq!(ledger.census().await.unwrap().planned, 1);
    let only = claim_one(&ledger, 0).await;
    settle(&ledger, &only, sent(), 1).await;
    // A message that was sent is not planned again either.
    let again = admit(&ledger, vec![error("o", 0), error("o", 5)], &at_once(), 60).await;
    assert_eq!(decisions(&again), ["repeat", "repeat"]);
    assert_eq!(ledger.census().await.unwrap(), Census { sent: 1, ..Census::default() });
}

pub(crate) async fn an_error_after_the_cooldown_opens_anew_and_replaces_the_old_ladder(home: &dyn Home) {
    let ledger = home.open().await;
    let rules = Rules { cooldown: secs(DAY), ..rules() };
    admit(&ledger, vec![error("o", 0)], &rules, 0).await;
    let first = claim_one(&ledger, 10 * MINUTE).await;
    assert_eq!(decisions(&admit(&ledger, vec![error("o", DAY - 1)], &rules, DAY - 1).await), ["repeat"]);
    let admitted = admit(&ledger, vec![error("o", DAY)], &rules, DAY).await;
    assert_eq!((decisions(&admitted), admitted.verdicts[0].cancelled), (vec!["open"], 1));
    // The one that was claimed before belongs to the old ladder.
    assert_eq!(standing(&ledger, &first, 11 * MINUTE).await, Standing::Over(CancelReason::Superseded));
    settle(&ledger, &first, End::Released, DAY).await;
    let second = claim_one(&ledger, DAY + 10 * MINUTE).await;
    assert_eq!((second.opening, second.step), (2, 0));
    assert_ne!(second.id, first.id);
    assert_eq!(ledger.census().await.unwrap().cancelled, 2);
}

pub(crate) async fn a_resolved_cancels_what_is_planned_and_the_next_error_opens_anew(home: &dyn Home) {
    let ledger = home.open().await;
    admit(&ledger, vec![error("o", 0)], &rules(), 0).await;
    let closed = admit(&ledger, vec![resolved("o", MINUTE)], &rules(), MINUTE).await;
    assert_eq!((decisions(&closed), closed.verdicts[0].cancelled), (vec!["close"], 2));
    assert!(claim(&ledger, 10 * DAY).await.is_empty());
    let late = admit(&ledger, vec![error("o", 0), error("o", 30), resolved("o", MINUTE)], &rules(), 2 * MINUTE).await;
    assert_eq!(decisions(&late), ["stale", "stale", "already closed"]);
    let anew = admit(&ledger, vec![error("o", 3 * MINUTE)], &rules(), 3 * MINUTE).await;
    assert_eq!(decisions(&anew), ["open"]);
    assert_eq!(claim_one(&ledger, 13 * MINUTE).await.opening, 2);
}

pub(crate) async fn a_resolved_that_comes_first_stops_the_older_error(home: &dyn Home) {
    let ledger = home.open().await;
    let bare = Admission { error: resolved("o", 10), rules: None, targets: vec![], nights: None };
    let admitted = ledger.admit(vec![bare], at(10), Pace::Live, None).await.unwrap();
    assert_eq!(decisions(&admitted), ["already closed"]);
    assert_eq!(decisions(&admit(&ledger, vec![error("o", 0)], &rules(), 20).await), ["stale"]);
    assert_eq!(ledger.census().await.unwrap(), Census::default());
    // One that is newer is the first opening, not the second.
    admit(&ledger, vec![error("o", 30)], &at_once(), 30).await;
    assert_eq!(claim_one(&ledger, 30).await.opening, 1);
}

pub(crate) async fn errors_of_one_batch_are_decided_one_after_the_other(home: &dyn Home) {
    let ledger = home.open().await;
    let batch = [error("o", 0), error("o", 1), resolved("o", 2), resolved("o", 2), error("o", 1), error("p", 0)];
    let batch = batch.into_iter().map(|error| admission(error, &at_once())).collect();
    let admitted = ledger.admit(batch, at(5), Pace::Live, Some(&worker("w"))).await.unwrap();
    assert_eq!(decisions(&admitted), ["open", "repeat", "close", "already closed", "stale", "open"]);
    assert_eq!(admitted.verdicts[2].cancelled, 1);
    // What was due at once and resolved by the same batch is not handed out.
    let owners: Vec<_> = admitted.claimed.iter().map(|dispatch| dispatch.error.recipient.id.as_str()).collect();
    assert_eq!(owners, ["p"]);
    assert_eq!(ledger.census().await.unwrap(), Census { sending: 1, cancelled: 1, ..Census::default() });
}

pub(crate) async fn incidents_differ_by_app_owner_vehicle_type_and_code(home: &dyn Home) {
    let ledger = home.open().await;
    let variant = |change: fn(&mut VehicleError)| {
        let mut error = error("o", 0);
        change(&mut error);
        error
    };
    let errors = vec![
        variant(|_| ()),
        variant(|error| error.app = "other".into()),
        variant(|error| error.recipient.id = "other".into()),
        variant(|error| error.vehicle.id = Some("other".into())),
        variant(|error| error.vehicle.id = None),
        variant(|error| error.key = ErrorKey::new("PERMISSION", None)),
        variant(|error| error.key = ErrorKey::new("CONNECTED_SERVICES_ACCOUNT", None)),
        variant(|error| error.key = ErrorKey::new("CONNECTED_SERVICES_ACCOUNT:PERMISSION", None)),
    ];
    let count = errors.len();
    assert_eq!(decisions(&admit(&ledger, errors, &at_once(), 0).await), vec!["open"; count]);
    assert_eq!(claim(&ledger, 0).await.len(), count);
}

pub(crate) async fn what_is_due_at_once_is_claimed_by_its_own_batch(home: &dyn Home) {
    let ledger = home.open().await;
    let batch = vec![admission(error("o", 0), &at_once()), admission(error("p", 0), &rules())];
    let admitted = ledger.admit(batch, at(0), Pace::Live, Some(&worker("w"))).await.unwrap();
    assert_eq!(admitted.claimed.len(), 1);
    let mine = &admitted.claimed[0];
    assert_eq!((mine.attempt, mine.doubtful, mine.error.recipient.id.as_str()), (1, false, "o"));
    assert!(claim(&ledger, 0).await.is_empty());
    assert_eq!(standing(&ledger, mine, 1).await, Standing::Go);
    assert!(settle(&ledger, mine, sent(), 1).await);
    // Nobody has room for more of them.
    let busy = Claimant { leaves: vec![Channel::Email], ..worker("w") };
    let batch = vec![admission(error("q", 1), &at_once())];
    assert!(ledger.admit(batch, at(1), Pace::Live, Some(&busy)).await.unwrap().claimed.is_empty());
    assert_eq!(claim_one(&ledger, 1).await.attempt, 1);
}

pub(crate) async fn an_error_nobody_can_decide_about_costs_no_neighbour(home: &dyn Home) {
    let ledger = home.open().await;
    dashlight::failpoint::arm("deciding=panic@2");
    let owners = ["a", "b", "c"];
    let admitted = admit(&ledger, owners.map(|owner| error(owner, 0)).into(), &at_once(), 0).await;
    assert_eq!(decisions(&admitted), ["open", "panicked", "open"]);
    assert_eq!(ledger.census().await.unwrap().planned, 2);
    // Nothing of it is remembered.
    assert_eq!(decisions(&admit(&ledger, vec![error("b", 0)], &at_once(), 1).await), ["open"]);
}
