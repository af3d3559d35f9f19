//! A transport that may be given only so many, beside one that takes all.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dashlight::clock::Dice;
use dashlight::directory::NoDirectory;
use dashlight::ledger::{Census, Ledger as _};
use dashlight::policy::Channel;
use dashlight::resilience::Rate;
use dashlight::transport::{Ladder, Route, Rung, SendError};
use jiff::SignedDuration;

use super::support::fakes::{Answer, FakeTransport};
use super::{Stage, until};

fn stage(mail: &Arc<FakeTransport>, push: &Arc<FakeTransport>, rate: &str) -> Stage {
    limited(mail, push, rate, 10_000)
}

fn limited(mail: &Arc<FakeTransport>, push: &Arc<FakeTransport>, rate: &str, backlog: usize) -> Stage {
    let dice = Arc::new(Dice::seeded(7));
    let rung = |transport: &Arc<FakeTransport>| Rung::new(transport.clone(), Arc::clone(&dice));
    let route = |rung: Rung| Arc::new(Route::new(Ladder::new(vec![Arc::new(rung)], Vec::new()), BTreeMap::new()));
    let routes = BTreeMap::from([
        (Channel::Email, route(rung(mail).at_most(Rate::parse(rate).unwrap()))),
        (Channel::Push, route(rung(push))),
    ]);
    Stage::staged(routes, Arc::new(NoDirectory), Duration::from_millis(5), backlog, |config| {
        config.policy.all.grace = Some(SignedDuration::ZERO);
    })
}

/// By both channels.
fn event(owner: usize) -> String {
    format!(
        r#"{{"app":"chargeup","recipient":{{"id":"user-{owner}","email":"user-{owner}@example.com","devices":[{{"platform":"apns","token":"t-{owner}"}}]}},"error":{{"type":"CONNECTED_SERVICES_ACCOUNT","code":"PERMISSION"}}}}"#
    )
}

#[tokio::test]
async fn what_a_transport_may_not_be_given_yet_waits_in_the_ledger_and_no_other_channel_waits_with_it() {
    let (mail, push) = (FakeTransport::answering([]), FakeTransport::pushing());
    let stage = stage(&mail, &push, "1/h");
    stage.give(&(0..20).map(event).collect::<Vec<_>>());
    until(async || push.count() == 20 && mail.count() == 1).await;
    // No try is counted, and nothing is claimed that would have to be waited for on the way out.
    assert_eq!(stage.stop().await, Census { sent: 21, planned: 19, ..Census::default() });
    assert_eq!(mail.count(), 1);
}

#[tokio::test]
async fn all_that_waited_for_its_turn_gets_it_once() {
    let (mail, push) = (FakeTransport::answering([]), FakeTransport::pushing());
    let stage = stage(&mail, &push, "400/s");
    stage.give(&(0..200).map(event).collect::<Vec<_>>());
    until(async || (mail.count(), push.count()) == (200, 200)).await;
    let mut reached = mail.addresses();
    reached.sort();
    reached.dedup();
    assert_eq!((reached.len(), stage.stop().await.sent), (200, 400));
}

#[tokio::test]
async fn a_carrier_of_pushes_that_hangs_for_ever_slows_no_mail() {
    let hung: Vec<Answer> = (0..1_000).map(|_| Answer::Wait(Arc::default())).collect();
    let (mail, push) = (FakeTransport::answering([]), FakeTransport::pushing());
    *push.answers.lock().unwrap() = hung.into();
    let stage = stage(&mail, &push, "1000000/s");
    // More than its loop, its queue and its connections hold.
    for batch in 0..20 {
        stage.give(&(0..50).map(|owner| event(50 * batch + owner)).collect::<Vec<_>>());
    }
    until(async || mail.count() == 1_000).await;
    assert_eq!(push.count(), 0);
    assert_eq!(push.tries.load(std::sync::atomic::Ordering::SeqCst), push.concurrency);
}

#[tokio::test]
async fn what_is_held_back_for_its_domain_waits_for_so_long_and_holds_up_nobody() {
    let held = || Answer::Refuse(SendError::Held { detail: "full".to_owned(), wait: Duration::from_secs(20) });
    let (mail, push) = (FakeTransport::answering([held(), held(), held()]), FakeTransport::pushing());
    let mut stage = stage(&mail, &push, "1000000/s");
    stage.give(&(0..5).map(event).collect::<Vec<_>>());
    until(async || (mail.count(), push.count()) == (2, 5)).await;
    until(async || stage.ledger.census().await.unwrap().planned == 3).await;
    assert_eq!(stage.ledger.census().await.unwrap().retrying, 0, "a try was counted");
    stage.clock.advance(SignedDuration::from_secs(20));
    let mut endings = Vec::new();
    while endings.len() < 13 {
        endings.push(stage.ending().await);
    }
    assert_eq!(endings.iter().filter(|ending| *ending == "postponed: domain-limit").count(), 3, "{endings:?}");
    assert_eq!(stage.stop().await, Census { sent: 10, ..Census::default() });
}

#[tokio::test]
async fn a_channel_that_gets_nothing_out_stops_the_intake_for_the_others_only_when_it_is_far_behind() {
    let (mail, push) = (FakeTransport::answering([]), FakeTransport::pushing());
    let mut stage = limited(&mail, &push, "1/h", 3);
    for owner in 0..60 {
        stage.give(&[event(owner)]);
    }
    let told = || stage.pulse.ailment("the backlog").map(|ailment| ailment.reason).unwrap_or_default();
    let mails_due = || told().strip_prefix("due and unsent: ")?.split(' ').next()?.parse().ok();
    until(async || mails_due().is_some_and(|due: u64| due >= 30)).await;
    let mut taken = 0;
    while stage.feed.finished.try_recv().is_ok() {
        taken += 1;
    }
    // One mail went out. A few may have been in the hands of the loop, which gives them back, when they were counted.
    assert!((31..45).contains(&taken), "{taken} events were taken");
    until(async || push.count() >= 30).await;
    assert_eq!(mail.count(), 1);
    stage.stop().await;
}
