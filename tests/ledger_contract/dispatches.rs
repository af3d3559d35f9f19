//! Dispatches: claimed once, looked at again, settled once.

use std::sync::Arc;

use dashlight::event::VehicleError;
use dashlight::ledger::{
    CancelReason, Candidate, Census, Dispatch, End, Ledger, PostponeReason, Query, Settlement, Standing, Terms,
};
use dashlight::policy::{Channel, Pace, Rules, Target};
use jiff::SignedDuration;

use crate::scene::*;

pub(crate) async fn claims_take_the_longest_due_first_and_no_more_than_asked(home: &dyn Home) {
    let ledger = home.open().await;
    for (owner, happened) in [("late", 30), ("early", 10), ("middle", 20)] {
        admit(&ledger, vec![error(owner, happened)], &rules(), happened).await;
    }
    let due = |claimed: Vec<Dispatch>| -> Vec<String> {
        claimed.iter().map(|dispatch| dispatch.error.recipient.id.clone()).collect()
    };
    let now = at(10 * MINUTE + 30);
    let claimant = worker("w");
    let take = |limit| ledger.claim(Channel::Email, now, limit, &claimant);
    assert_eq!(due(take(2).await.unwrap()), ["early", "middle"]);
    assert_eq!(due(take(0).await.unwrap()), Vec::<String>::new());
    assert!(ledger.claim(Channel::Push, now, 10, &worker("w")).await.unwrap().is_empty());
    assert_eq!(due(take(2).await.unwrap()), ["late"]);
    // Leases that ran out stand in the same line.
    admit(&ledger, vec![error("later", 40)], &rules(), 40).await;
    assert_eq!(due(claim(&ledger, 20 * MINUTE).await), ["early", "middle", "late", "later"]);
}

pub(crate) async fn a_claim_is_nobody_elses_until_its_lease_runs_out(home: &dyn Home) {
    let ledger = home.open().await;
    admit(&ledger, vec![error("o", 0)], &at_once(), 0).await;
    let mine = claim_one(&ledger, 0).await;
    assert!(claim(&ledger, 5 * MINUTE - 1).await.is_empty());
    assert_eq!(standing(&ledger, &mine, 5 * MINUTE - 1).await, Standing::Go);
    // From here on another may take it at any moment.
    assert_eq!(standing(&ledger, &mine, 5 * MINUTE).await, Standing::Lost);
    // What takes longer than the lease lasts must not begin.
    let candidates = [Candidate::of(&mine)];
    let hold =
        async |seconds| ledger.standing(&candidates, at(MINUTE), Terms::holding(secs(seconds))).await.unwrap()[0];
    assert_eq!(hold(4 * MINUTE - 1).await, Standing::Go);
    assert_eq!(hold(4 * MINUTE).await, Standing::Lost);
    let theirs = claim_one(&ledger, 5 * MINUTE).await;
    assert_eq!((theirs.id.clone(), theirs.attempt, theirs.doubtful), (mine.id.clone(), 2, true));
    assert!(theirs.token > mine.token);
    // The doubt stays with the dispatch: a retry does not take back what may have been sent.
    settle(&ledger, &theirs, retry(6 * MINUTE), 5 * MINUTE).await;
    assert!(claim_one(&ledger, 6 * MINUTE).await.doubtful);
}

pub(crate) async fn a_settlement_with_an_old_token_changes_nothing(home: &dyn Home) {
    let ledger = home.open().await;
    admit(&ledger, vec![error("o", 0)], &at_once(), 0).await;
    let old = claim_one(&ledger, 0).await;
    let new = claim_one(&ledger, 5 * MINUTE).await;
    let before = ledger.census().await.unwrap();
    let ends = [
        sent(),
        retry(6 * MINUTE),
        retry(40 * DAY),
        End::Released,
        failed(0),
        End::Cancelled { reason: CancelReason::Resolved },
        End::Expired,
        unknown(),
    ];
    for end in ends {
        assert!(!settle(&ledger, &old, end.clone(), 6 * MINUTE).await, "{end:?}");
        assert_eq!(ledger.census().await.unwrap(), before, "{end:?}");
    }
    assert!(settle(&ledger, &new, sent(), 6 * MINUTE).await);
    // Nor is a claim settled twice.
    assert!(!settle(&ledger, &new, failed(0), 6 * MINUTE).await);
    assert_eq!(ledger.census().await.unwrap(), Census { sent: 1, ..Census::default() });
}

/// Whoever lost the answer on its way asks again.
pub(crate) async fn a_settlement_that_is_repeated_is_recorded_once_and_says_so_again(home: &dyn Home) {
    let ledger = home.open().await;
    admit(&ledger, (0..7).map(|owner| error(&owner.to_string(), 0)).collect(), &at_once(), 0).await;
    let ends = [
        sent(),
        retry(60),
        retry(40 * DAY),
        End::Released,
        failed(1),
        End::Cancelled { reason: CancelReason::Resolved },
        unknown(),
    ];
    let claimed = claim(&ledger, 0).await;
    let batch = claimed.iter().zip(ends);
    let batch: Vec<_> =
        batch.map(|(dispatch, end)| Settlement { id: dispatch.id.clone(), token: dispatch.token, end }).collect();
    assert_eq!(ledger.settle(batch.clone(), at(1)).await.unwrap(), vec![true; 7]);
    let census = ledger.census().await.unwrap();
    assert_eq!(ledger.settle(batch.clone(), at(2)).await.unwrap(), vec![true; 7]);
    assert_eq!(ledger.census().await.unwrap(), census);
    // Somebody else's claim later, it changes nothing and says so.
    assert_eq!(claim(&ledger, 60).await.len(), 2);
    let kept = ledger.settle(batch, at(61)).await.unwrap();
    assert_eq!(kept, [true, false, true, false, true, true, true]);
    assert_eq!(ledger.census().await.unwrap(), Census { planned: 0, retrying: 0, sending: 2, ..census });
}

pub(crate) async fn standing_tells_what_happened_since_the_claim(home: &dyn Home) {
    let ledger = home.open().await;
    let rules = Rules { cooldown: secs(MINUTE), ..at_once() };
    admit(&ledger, ["go", "resolved", "superseded", "both"].map(|owner| error(owner, 0)).to_vec(), &rules, 0).await;
    let claimed = claim(&ledger, 0).await;
    admit(&ledger, vec![resolved("resolved", 30), error("go", 30)], &rules, 30).await;
    admit(&ledger, vec![error("superseded", 90), resolved("both", 90), error("both", 91)], &rules, 91).await;
    let mut candidates: Vec<_> = claimed.iter().map(Candidate::of).collect();
    candidates.push(Candidate { token: claimed[0].token + 1, ..Candidate::of(&claimed[0]) });
    let found = ledger.standing(&candidates, at(100), Terms::holding(SignedDuration::ZERO)).await.unwrap();
    let expected = [
        Standing::Go,
        Standing::Over(CancelReason::Resolved),
        Standing::Over(CancelReason::Superseded),
        Standing::Over(CancelReason::Superseded),
        Standing::Lost,
    ]
    .to_vec();
    assert_eq!(found, expected);
}

pub(crate) async fn a_retry_comes_back_when_it_is_due_and_ends_with_the_expiry(home: &dyn Home) {
    let ledger = home.open().await;
    admit(&ledger, vec![error("o", 0)], &at_once(), 0).await;
    let first = claim_one(&ledger, 0).await;
    assert!(settle(&ledger, &first, retry(60), 1).await);
    assert_eq!(ledger.next_due(Channel::Email, at(0)).await.unwrap(), Some(at(60)));
    assert_eq!(ledger.next_due(Channel::Push, at(0)).await.unwrap(), None);
    assert!(claim(&ledger, 59).await.is_empty());
    let second = claim_one(&ledger, 60).await;
    assert_eq!((second.attempt, second.doubtful, second.due_at), (2, false, at(60)));
    assert!(settle(&ledger, &second, retry(30 * DAY), 61).await);
    assert_eq!(ledger.census().await.unwrap(), Census { expired: 1, ..Census::default() });
}

pub(crate) async fn a_retry_keeps_the_one_transport_that_may_be_asked(home: &dyn Home) {
    let ledger = home.open().await;
    admit(&ledger, vec![error("o", 0)], &at_once(), 0).await;
    let first = claim_one(&ledger, 0).await;
    assert_eq!(first.only, None);
    let in_doubt = End::Retry { due_at: at(60), detail: "silence".into(), only: Some("ses".into()) };
    assert!(settle(&ledger, &first, in_doubt, 1).await);
    let second = claim_one(&ledger, 60).await;
    assert_eq!(second.only.as_deref(), Some("ses"));
    assert!(settle(&ledger, &second, retry(120), 61).await);
    assert_eq!(claim_one(&ledger, 120).await.only, None, "as the settlement says");
}

pub(crate) async fn a_doubt_is_as_old_as_the_first_try_whose_end_nobody_knows(home: &dyn Home) {
    let ledger = home.open().await;
    let in_doubt = |due| End::Retry { due_at: at(due), detail: "silence".into(), only: Some("ses".into()) };

    // Claimed while it was admitted, by a worker that is not heard of again.
    let batch = vec![admission(error("killed", 0), &at_once())];
    let born = ledger.admit(batch, at(0), Pace::Live, Some(&worker("dead"))).await.unwrap().claimed;
    assert_eq!((born.len(), born[0].in_doubt_since), (1, None));
    let lapsed = claim_one(&ledger, 6 * MINUTE).await;
    assert_eq!((lapsed.doubtful, lapsed.in_doubt_since), (true, Some(at(0))));
    assert!(settle(&ledger, &lapsed, postponed(10 * MINUTE), 7 * MINUTE).await);
    let again = claim_one(&ledger, 10 * MINUTE).await;
    assert_eq!(again.in_doubt_since, Some(at(0)), "nothing was learned meanwhile");
    assert!(settle(&ledger, &again, in_doubt(20 * MINUTE), 11 * MINUTE).await);
    let again = claim_one(&ledger, 20 * MINUTE).await;
    assert_eq!(again.in_doubt_since, Some(at(0)));
    assert!(settle(&ledger, &again, sent(), 21 * MINUTE).await);

    // Refused at first, so the doubt began with the second try.
    admit(&ledger, vec![error("silent", 0)], &at_once(), 30 * MINUTE).await;
    let first = claim_one(&ledger, 30 * MINUTE).await;
    assert!(settle(&ledger, &first, retry(32 * MINUTE), 31 * MINUTE).await);
    let second = claim_one(&ledger, 32 * MINUTE).await;
    assert_eq!(second.in_doubt_since, None);
    assert!(settle(&ledger, &second, in_doubt(40 * MINUTE), 33 * MINUTE).await);
    let third = claim_one(&ledger, 40 * MINUTE).await;
    assert_eq!(third.in_doubt_since, Some(at(32 * MINUTE)));
    assert!(settle(&ledger, &third, in_doubt(50 * MINUTE), 41 * MINUTE).await);
    assert_eq!(claim_one(&ledger, 50 * MINUTE).await.in_doubt_since, Some(at(32 * MINUTE)));
}

pub(crate) async fn what_is_postponed_comes_back_as_it_was_and_expires_or_is_cancelled_as_usual(home: &dyn Home) {
    let ledger = home.open().await;
    admit(&ledger, vec![error("o", 0), error("p", 0)], &at_once(), 0).await;
    let [first, other] = claim(&ledger, 0).await.try_into().unwrap();
    let in_doubt = End::Retry { due_at: at(60), detail: "silence".into(), only: Some("ses".into()) };
    assert!(settle(&ledger, &first, in_doubt, 1).await);
    let second = claim_one(&ledger, 60).await;
    assert_eq!(second.put_off, None);
    assert!(settle(&ledger, &second, postponed(120), 61).await);
    assert!(settle(&ledger, &second, postponed(120), 61).await, "and is so when it is said again");
    assert!(claim(&ledger, 119).await.is_empty());
    let again = claim_one(&ledger, 120).await;
    assert_eq!((again.attempt, again.due_at, again.only.as_deref()), (2, at(120), Some("ses")));
    assert_eq!(again.put_off, Some(PostponeReason::QuietHours));
    assert!(again.token > second.token);
    // Later than it expires; but it may have been sent.
    assert!(settle(&ledger, &again, postponed(30 * DAY), 121).await);
    // No longer wanted.
    admit(&ledger, vec![resolved("p", 1)], &at_once(), 130).await;
    assert!(settle(&ledger, &other, postponed(140), 131).await);
    assert_eq!(ledger.census().await.unwrap(), Census { unknown: 1, cancelled: 1, ..Census::default() });
}

pub(crate) async fn what_may_have_been_sent_ends_as_unknown_however_it_ends(home: &dyn Home) {
    let ledger = home.open().await;
    let owners = ["planned", "looked", "expired", "late", "released", "killed"];
    admit(&ledger, owners.map(|owner| error(owner, 0)).into(), &at_once(), 0).await;
    let in_doubt = End::Retry { due_at: at(60), detail: "silence".into(), only: Some("ses".into()) };
    for dispatch in claim(&ledger, 0).await {
        if dispatch.error.recipient.id != "killed" {
            assert!(settle(&ledger, &dispatch, in_doubt.clone(), 1).await);
        }
    }
    let again = claim(&ledger, 60).await;
    let find = |owner: &str| again.iter().find(|dispatch| dispatch.error.recipient.id == owner).unwrap();
    assert!(settle(&ledger, find("planned"), retry(120), 61).await);
    let cancelled = End::Cancelled { reason: CancelReason::Superseded };
    for (owner, end) in [
        ("looked", cancelled),
        ("expired", End::Expired),
        ("late", End::Retry { due_at: at(30 * DAY), detail: "busy".into(), only: Some("ses".into()) }),
    ] {
        assert!(settle(&ledger, find(owner), end.clone(), 61).await, "{owner}");
        assert!(settle(&ledger, find(owner), end, 61).await, "{owner}: and is so when it is said again");
    }
    admit(&ledger, vec![resolved("released", 62)], &at_once(), 62).await;
    assert!(settle(&ledger, find("released"), End::Released, 63).await);
    admit(&ledger, vec![resolved("planned", 64)], &at_once(), 64).await;
    // Its worker is not heard of again; it is given back by the next, and then resolved.
    let killed = claim_one(&ledger, 6 * MINUTE).await;
    assert!(killed.doubtful);
    assert!(settle(&ledger, &killed, postponed(10 * MINUTE), 6 * MINUTE).await);
    admit(&ledger, vec![resolved("killed", 400)], &at_once(), 400).await;
    let census = ledger.census().await.unwrap();
    // What was refused for certain at the last try was in no doubt any more.
    assert_eq!(census, Census { unknown: 5, cancelled: 1, ..Census::default() });
    let records = home.visit().await;
    let told = records.history(&Query { limit: 100, ..Query::default() }, at(401)).await.unwrap();
    let of =
        |owner: &str| told.iter().find(|record| record.recipient == owner).and_then(|record| record.detail.clone());
    assert_eq!(of("killed").as_deref(), Some("it may have been sent before it was over: resolved"));
    assert_eq!(of("late").as_deref(), Some("it may have been sent before it was over: expired"));
}

pub(crate) async fn a_retry_after_a_resolved_is_cancelled_at_once(home: &dyn Home) {
    let ledger = home.open().await;
    admit(&ledger, ["o", "p", "q"].map(|owner| error(owner, 0)).into(), &at_once(), 0).await;
    let claimed = claim(&ledger, 0).await;
    admit(&ledger, ["o", "p", "q"].map(|owner| resolved(owner, 1)).into(), &at_once(), 1).await;
    assert!(settle(&ledger, &claimed[0], retry(60), 2).await);
    assert!(settle(&ledger, &claimed[1], End::Released, 2).await);
    // The carrier has not said whether it took this one.
    let in_doubt = End::Retry { due_at: at(60), detail: "silence".into(), only: Some("ses".into()) };
    assert!(settle(&ledger, &claimed[2], in_doubt, 2).await);
    assert_eq!(ledger.census().await.unwrap(), Census { cancelled: 2, unknown: 1, ..Census::default() });
}

pub(crate) async fn a_released_claim_is_as_if_it_never_was(home: &dyn Home) {
    let ledger = home.open().await;
    admit(&ledger, vec![error("o", 0)], &at_once(), 0).await;
    let first = claim_one(&ledger, 10).await;
    // Even when its lease has run out: nobody else has taken it.
    assert!(settle(&ledger, &first, End::Released, 10 * MINUTE).await);
    let again = claim_one(&ledger, 10 * MINUTE).await;
    assert_eq!((again.attempt, again.doubtful, again.due_at), (1, false, first.due_at));
    assert!(again.token > first.token);
}

pub(crate) async fn whoever_takes_over_a_claim_knows_which_transport_was_standing_in(home: &dyn Home) {
    let ledger = home.open().await;
    admit(&ledger, vec![error("o", 0), error("p", 0)], &at_once(), 0).await;
    let claims = async |dispatches: &[Dispatch], transport| {
        let claims: Vec<_> = dispatches.iter().map(|dispatch| (dispatch.id.clone(), dispatch.token)).collect();
        ledger.asking(&claims, transport).await.unwrap()
    };
    let claimed = claim(&ledger, 10).await;
    assert!(claims(&claimed, "ses").await);
    assert!(claims(&claimed[..1], "smtp").await, "and another after it");
    // One says in the end that it was not accepted; of the other nothing is heard again.
    assert!(settle(&ledger, &claimed[1], retry(20), 10).await);
    let later = claim(&ledger, 10 * MINUTE).await;
    let known: Vec<_> =
        later.iter().map(|dispatch| (&dispatch.id, dispatch.only.as_deref(), dispatch.doubtful)).collect();
    assert_eq!(known.len(), 2);
    assert!(known.contains(&(&claimed[0].id, Some("smtp"), true)), "{known:?}");
    assert!(known.contains(&(&claimed[1].id, None, false)), "{known:?}");
    assert!(!claims(&claimed, "ses").await, "these claims were lost");
    // It stays in doubt with the same one, whatever becomes of the next claim.
    let again = claim(&ledger, 30 * MINUTE).await;
    let again = again.iter().find(|dispatch| dispatch.id == claimed[0].id).unwrap();
    assert_eq!(again.only.as_deref(), Some("smtp"));
}

pub(crate) async fn the_backlog_is_what_is_due_soon_and_is_counted_only_so_far(home: &dyn Home) {
    let ledger = home.open().await;
    let of = async |channel, now, most| ledger.backlog(channel, at(now), secs(60), most).await.unwrap();
    let backlog = async |now, most| of(Channel::Email, now, most).await;
    admit(&ledger, (0..5).map(|owner| error(&owner.to_string(), 0)).collect(), &rules(), 0).await;
    let mut by_push = admission(error("push", 0), &first_of_all());
    by_push.targets = vec![device("a")];
    ledger.admit(vec![by_push], at(0), Pace::Live, None).await.unwrap();
    assert_eq!((of(Channel::Push, 0, 100).await, of(Channel::Push, 0, 0).await), (1, 0));
    assert_eq!(backlog(9 * MINUTE - 1, 100).await, 0);
    let due = 9 * MINUTE;
    assert_eq!((backlog(due, 100).await, backlog(due, 5).await, backlog(due, 4).await), (5, 5, 4));
    let claimed = claim(&ledger, 10 * MINUTE).await;
    assert_eq!(backlog(10 * MINUTE, 100).await, 0, "what is being sent waits no more");
    assert_eq!(of(Channel::Push, 10 * MINUTE, 100).await, 1);
    for dispatch in &claimed[..3] {
        assert!(settle(&ledger, dispatch, sent(), 10 * MINUTE).await);
    }
    assert!(settle(&ledger, &claimed[3], retry(11 * MINUTE), 10 * MINUTE).await);
    assert_eq!(backlog(10 * MINUTE, 100).await, 1);
}

/// An owner with two devices, admitted under [`first_of_all`].
async fn owner_with_devices(ledger: &Arc<dyn Ledger>) -> Dispatch {
    let mut admission = admission(error("o", 0), &first_of_all());
    admission.targets = vec![Target::Email, device("a"), device("b")];
    ledger.admit(vec![admission], at(0), Pace::Live, Some(&worker("w"))).await.unwrap().claimed.remove(0)
}

pub(crate) async fn the_next_address_follows_a_failure_and_no_other_end(home: &dyn Home) {
    let ledger = home.open().await;
    let first = owner_with_devices(&ledger).await;
    assert_eq!((&first.target, &first.alternatives), (&device("a"), &vec![device("b"), Target::Email]));
    assert!(settle(&ledger, &first, failed(1), 1).await);
    let second = ledger.claim(Channel::Push, at(1), 10, &worker("w")).await.unwrap().remove(0);
    assert_eq!((&second.target, &second.alternatives), (&device("b"), &vec![Target::Email]));
    assert_eq!((second.step, second.opening, second.attempt), (first.step, first.opening, 1));
    assert_eq!((second.due_at, second.expires_at), (at(1), first.expires_at));
    assert_ne!(second.id, first.id);
    assert!(settle(&ledger, &second, failed(2), 2).await);
    let last = claim_one(&ledger, 2).await;
    assert_eq!((&last.target, last.alternatives.len()), (&Target::Email, 0));
    assert!(settle(&ledger, &last, sent(), 3).await);
    assert_eq!(ledger.census().await.unwrap(), Census { sent: 1, failed: 2, ..Census::default() });

    // An uncertain end must not be followed by another message.
    let mut admission = admission(error("p", 0), &first_of_all());
    admission.targets = vec![device("a"), device("b")];
    let admitted = ledger.admit(vec![admission], at(0), Pace::Live, Some(&worker("w"))).await.unwrap();
    assert!(settle(&ledger, &admitted.claimed[0], unknown(), 1).await);
    assert_eq!(ledger.census().await.unwrap(), Census { sent: 1, failed: 2, unknown: 1, ..Census::default() });
}

pub(crate) async fn a_failure_after_the_resolved_tries_no_other_address(home: &dyn Home) {
    let ledger = home.open().await;
    let first = owner_with_devices(&ledger).await;
    admit(&ledger, vec![resolved("o", 1)], &first_of_all(), 1).await;
    assert!(settle(&ledger, &first, failed(2), 2).await);
    assert_eq!(ledger.census().await.unwrap(), Census { failed: 1, ..Census::default() });
}

pub(crate) async fn every_end_is_counted_under_its_name(home: &dyn Home) {
    let ledger = home.open().await;
    admit(&ledger, (0..8).map(|owner| error(&owner.to_string(), 0)).collect(), &at_once(), 0).await;
    let claimed = claim(&ledger, 0).await;
    let ends = [
        sent(),
        failed(1),
        End::Cancelled { reason: CancelReason::Superseded },
        End::Expired,
        unknown(),
        retry(100),
        End::Released,
    ];
    let batch = claimed.iter().zip(ends);
    let batch = batch.map(|(dispatch, end)| Settlement { id: dispatch.id.clone(), token: dispatch.token, end });
    assert_eq!(ledger.settle(batch.collect(), at(1)).await.unwrap(), vec![true; 7]);
    let expected =
        Census { planned: 2, retrying: 1, sending: 1, sent: 1, failed: 1, cancelled: 1, expired: 1, unknown: 1 };
    assert_eq!(ledger.census().await.unwrap(), expected);
}

pub(crate) async fn a_claim_carries_the_newest_form_of_the_error(home: &dyn Home) {
    let ledger = home.open().await;
    admit(&ledger, vec![error("o", 0)], &rules(), 0).await;
    let newer = VehicleError { event_id: "newer".into(), ..error("o", 20) };
    let older = VehicleError { event_id: "older".into(), ..error("o", 10) };
    admit(&ledger, vec![newer.clone(), older, resolved("o", -5)], &rules(), 30).await;
    assert_eq!(*claim_one(&ledger, 10 * MINUTE).await.error, newer);

    let batch = vec![
        admission(error("p", 0), &at_once()),
        admission(VehicleError { event_id: "newest".into(), ..error("p", 1) }, &at_once()),
    ];
    let admitted = ledger.admit(batch, at(1), Pace::Live, Some(&worker("w"))).await.unwrap();
    assert_eq!(admitted.claimed[0].error.event_id, "newest");
}
