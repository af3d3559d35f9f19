//! Devices that nobody knew when the message was planned.

use std::sync::Arc;

use dashlight::ledger::{Census, Dispatch, End, Ledger};
use dashlight::policy::{Addressed, Channel, Pace, Reach, Rules, Step, Target};

use crate::scene::*;

fn to_devices(reach: Reach) -> Rules {
    let channels = if reach == Reach::All { vec![Channel::Push] } else { vec![Channel::Push, Channel::Email] };
    Rules { steps: vec![Step { after: secs(0), channels, reach }], ..at_once() }
}

/// Claimed by its own batch.
async fn planned(ledger: &Arc<dyn Ledger>, reach: Reach) -> Dispatch {
    let mut admission = admission(error("o", 0), &to_devices(reach));
    admission.targets = vec![Target::Email, Target::Devices(Reach::default())];
    let mut admitted = ledger.admit(vec![admission], at(0), Pace::Live, Some(&worker("w"))).await.unwrap();
    assert_eq!(admitted.claimed.len(), 1);
    admitted.claimed.remove(0)
}

fn named(dispatch: &Dispatch, devices: &[&str]) -> End {
    let Target::Devices(reach) = dispatch.target else { panic!("{:?}", dispatch.target) };
    let devices = devices.iter().map(|token| match device(token) {
        Target::Push(device) => device,
        other => panic!("{other:?}"),
    });
    End::Addressed(Addressed::of(reach, devices, &dispatch.alternatives).unwrap())
}

async fn pushes(ledger: &Arc<dyn Ledger>, now: i64) -> Vec<Dispatch> {
    ledger.claim(Channel::Push, at(now), 10, &worker("w")).await.unwrap()
}

pub(crate) async fn each_device_gets_a_message_of_its_own_in_place_of_the_one_that_was_planned(home: &dyn Home) {
    let ledger = home.open().await;
    let planned = planned(&ledger, Reach::All).await;
    let end = named(&planned, &["a", "b", "c"]);
    assert!(settle(&ledger, &planned, end.clone(), 1).await);
    assert!(settle(&ledger, &planned, end, 1).await, "whoever did not hear the answer asks again");
    assert_eq!(ledger.census().await.unwrap(), Census { planned: 3, ..Census::default() });
    let mut claimed = pushes(&ledger, 1).await;
    claimed.sort_by_key(|dispatch| format!("{:?}", dispatch.target));
    let targets: Vec<&Target> = claimed.iter().map(|dispatch| &dispatch.target).collect();
    assert_eq!(targets, [&device("a"), &device("b"), &device("c")]);
    for dispatch in &claimed {
        assert_eq!((dispatch.attempt, dispatch.doubtful, dispatch.step), (1, false, planned.step));
        assert_eq!((dispatch.expires_at, dispatch.alternatives.len()), (planned.expires_at, 0));
        assert!(settle(&ledger, dispatch, sent(), 2).await);
    }
    assert!(pushes(&ledger, 3).await.is_empty());
}

pub(crate) async fn where_one_address_is_enough_the_other_devices_wait_for_a_failure(home: &dyn Home) {
    let ledger = home.open().await;
    let planned = planned(&ledger, Reach::First).await;
    assert_eq!((&planned.target, &*planned.alternatives), (&Target::Devices(Reach::First), &[Target::Email][..]));
    assert!(settle(&ledger, &planned, named(&planned, &["a", "b"]), 1).await);
    let first = pushes(&ledger, 1).await.remove(0);
    assert_eq!((&first.target, &*first.alternatives), (&device("a"), &[device("b"), Target::Email][..]));
    assert!(settle(&ledger, &first, failed(2), 2).await);
    let second = pushes(&ledger, 2).await.remove(0);
    assert_eq!((&second.target, &*second.alternatives), (&device("b"), &[Target::Email][..]));
    assert!(settle(&ledger, &second, failed(3), 3).await);
    assert_eq!(claim_one(&ledger, 3).await.target, Target::Email);
}

pub(crate) async fn devices_of_an_error_that_has_gone_are_planned_for_no_more(home: &dyn Home) {
    let ledger = home.open().await;
    let planned = planned(&ledger, Reach::All).await;
    admit(&ledger, vec![resolved("o", 1)], &at_once(), 1).await;
    assert!(settle(&ledger, &planned, named(&planned, &["a", "b"]), 2).await);
    assert_eq!(ledger.census().await.unwrap(), Census { cancelled: 1, ..Census::default() });
    // Nor are they under a claim that is another's.
    let old = Dispatch { token: planned.token + 7, ..planned };
    assert!(!settle(&ledger, &old, named(&old, &["a", "b"]), 3).await);
}
