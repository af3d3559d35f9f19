//! At a sensible hour, and not too often: what is due is held back in the look before the send.

use dashlight::ledger::{DispatchState, Query, Record};
use dashlight::policy::Window;

use super::*;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

fn stage(transport: Arc<FakeTransport>, configure: impl FnOnce(&mut Config)) -> Stage {
    let route = Route::only(transport, Arc::new(Dice::seeded(7)));
    Stage::configured(route, Arc::new(NoDirectory), |config| {
        config.dispatch.poll = Duration::from_millis(5);
        config.policy.all.grace = Some(SignedDuration::ZERO);
        configure(config);
    })
}

/// What this owner is to get later, and why.
async fn waiting(stage: &Stage, owner: &str) -> Record {
    let query =
        Query { recipient: Some(owner.into()), states: vec![DispatchState::Planned], limit: 10, ..Query::default() };
    patiently(async {
        loop {
            let found = stage.records.history(&query, stage.clock.now()).await.unwrap();
            if let Some(waiting) = found.into_iter().find(|record| record.reason.is_some()) {
                break waiting;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

fn due_in(stage: &Stage, record: &Record) -> SignedDuration {
    record.due_at.duration_since(stage.clock.now())
}

#[tokio::test]
async fn a_retry_that_comes_into_the_night_waits_for_the_morning() {
    let transport = FakeTransport::answering([Answer::Refuse(transient())]);
    let mut stage = stage(Arc::clone(&transport), |config| {
        let email = config.channels.get_mut(&Channel::Email).unwrap();
        email.quiet_hours = Window::parse("08:01-10:30");
        // Between a quarter of an hour and none.
        config.dispatch.retry_min = Duration::from_mins(10);
        config.dispatch.retry_max = Duration::from_mins(10);
    });
    stage.give(&[error(1)]);
    assert_eq!(stage.ending().await, "retried");
    stage.clock.advance(MINUTE * 20);
    assert_eq!(stage.ending().await, "postponed: quiet-hours");
    let waiting = waiting(&stage, "user-1").await;
    assert_eq!((waiting.reason.as_deref(), waiting.attempts), (Some("quiet-hours"), 1), "no try is counted");
    assert_eq!(waiting.due_at, "2026-11-20T10:30:00Z".parse().unwrap());
    assert_eq!(transport.count(), 0);
    stage.clock.advance(due_in(&stage, &waiting));
    assert_eq!(stage.ending().await, "sent");
    stage.stop().await;
}

#[tokio::test]
async fn what_is_beyond_the_cap_goes_out_when_there_is_room() {
    let transport = FakeTransport::answering([]);
    let mut stage = stage(Arc::clone(&transport), |config| config.dispatch.messages_per_day = 1);
    stage.give(&[event(1, "PERMISSION", "ERROR")]);
    assert_eq!(stage.ending().await, "sent");
    stage.clock.advance(MINUTE * 60);
    stage.give(&[event(1, "ACCOUNT_ISSUE", "ERROR"), event(2, "PERMISSION", "ERROR")]);
    let mut endings = [stage.ending().await, stage.ending().await];
    endings.sort();
    assert_eq!(endings, ["postponed: daily-cap", "sent"], "somebody else has a cap of their own");
    let waiting = waiting(&stage, "user-1").await;
    assert_eq!((waiting.reason.as_deref(), waiting.attempts), (Some("daily-cap"), 0));
    // Settled a moment after it was sent, on a clock that stands still.
    assert_eq!(due_in(&stage, &waiting), MINUTE * 60 * 23);
    stage.clock.advance(MINUTE * 60 * 23);
    assert_eq!(stage.ending().await, "sent");
    stage.stop().await;
}

/// For the same car.
fn of_one_car(code: &str, state: &str, happened: &str) -> String {
    event(1, code, state)
        .replacen('{', &format!(r#"{{"occurredAt":"{happened}","#), 1)
        .replace("-ERROR", &format!("-{code}"))
}

/// Two errors of one car: the more fundamental one was told of, the lesser one is held back.
async fn holding_back(transport: &Arc<FakeTransport>) -> Stage {
    let mut stage = stage(Arc::clone(transport), |_| {});
    stage.give(&[
        of_one_car("AUTHENTICATION_FAILED", "ERROR", "2026-11-20T08:00:00Z"),
        of_one_car("VIRTUAL_KEY_REQUIRED", "ERROR", "2026-11-20T08:00:00Z"),
    ]);
    stage.finished().await;
    let mut endings = [stage.ending().await, stage.ending().await];
    endings.sort();
    assert_eq!(endings, ["postponed: inhibited", "sent"]);
    stage
}

#[tokio::test]
async fn a_lesser_error_is_told_of_when_the_more_fundamental_one_is_mended() {
    let transport = FakeTransport::answering([]);
    let mut stage = holding_back(&transport).await;
    let held = waiting(&stage, "user-1").await;
    assert_eq!((held.reason.as_deref(), held.attempts, due_in(&stage, &held)), (Some("inhibited"), 0, MINUTE * 15));
    // It is looked at again, and still it is not its turn.
    stage.clock.advance(MINUTE * 15);
    assert_eq!(stage.ending().await, "postponed: inhibited");
    stage.give(&[of_one_car("AUTHENTICATION_FAILED", "RESOLVED", "2026-11-20T08:15:00Z")]);
    stage.finished().await;
    stage.clock.advance(MINUTE * 15);
    assert_eq!(stage.ending().await, "sent");
    assert_eq!(transport.count(), 2);
    stage.stop().await;
}

#[tokio::test]
async fn a_lesser_error_that_is_mended_meanwhile_is_never_told_of() {
    let transport = FakeTransport::answering([]);
    let mut stage = holding_back(&transport).await;
    waiting(&stage, "user-1").await;
    stage.give(&[of_one_car("VIRTUAL_KEY_REQUIRED", "RESOLVED", "2026-11-20T08:01:00Z")]);
    stage.finished().await;
    let census = stage.stop().await;
    assert_eq!((census.cancelled, census.planned, transport.count()), (3, 2, 1), "its whole ladder");
}

#[tokio::test]
async fn nobody_hears_that_all_is_well_while_the_car_has_an_error_that_only_the_general_notice_serves() {
    let transport = FakeTransport::answering([]);
    let mut stage = stage(Arc::clone(&transport), |_| {});
    stage.give(&[of_one_car("SUBSCRIPTION", "ERROR", "2026-11-20T08:00:00Z")]);
    assert_eq!(stage.ending().await, "sent");
    stage.clock.advance(MINUTE * 60);
    stage.give(&[of_one_car("BRAND_NEW", "ERROR", "2026-11-20T09:00:00Z")]);
    assert_eq!(stage.ending().await, "sent");
    stage.give(&[of_one_car("SUBSCRIPTION", "RESOLVED", "2026-11-20T09:00:00Z")]);
    stage.finished().await;
    stage.clock.advance(MINUTE * 60);
    assert_eq!(stage.ending().await, "postponed: inhibited");
    stage.give(&[of_one_car("BRAND_NEW", "RESOLVED", "2026-11-20T10:00:00Z")]);
    stage.finished().await;
    stage.clock.advance(MINUTE * 60);
    // One word about the two, for which the other is waited.
    assert_eq!([stage.ending().await, stage.ending().await], ["sent", "sent"]);
    let subjects = transport.subjects();
    assert_eq!(subjects[2..], ["Your car is connected again"], "{subjects:?}");
    stage.stop().await;
}
