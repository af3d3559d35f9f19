//! "All is well again": for those who were told of the problem, once, when it stays well.

use std::sync::Arc;

use dashlight::event::{ErrorKey, State, Vehicle, VehicleError};
use dashlight::ledger::{
    Bundle, CancelReason, Candidate, Dispatch, End, Ledger, PostponeReason, Revival, Revived, Standing, Terms,
};
use dashlight::policy::{ALL_IS_WELL, Channel, News, Pace, Reach, Relief, Rules, Step, Target};
use jiff::SignedDuration;

use crate::scene::*;

/// Who was told hears of the end when it has been well for half an hour, and within a day.
pub(crate) fn relieving(rules: Rules) -> Rules {
    Rules { relief: Some(Relief { grace: secs(30 * MINUTE), expiry: secs(DAY), bundles: false }), ..rules }
}

/// One message at once by push and e-mail.
fn by_both() -> Rules {
    let step = Step { after: secs(0), channels: vec![Channel::Push, Channel::Email], reach: Reach::All };
    relieving(Rules { steps: vec![step], ..at_once() })
}

async fn open(ledger: &Arc<dyn Ledger>, happened: i64, rules: &Rules) {
    let mut admission = admission(error("o", happened), rules);
    admission.targets = vec![device("phone"), Target::Email];
    ledger.admit(vec![admission], at(happened), Pace::Live, None).await.unwrap();
}

async fn close(ledger: &Arc<dyn Ledger>, happened: i64, rules: &Rules) {
    admit(ledger, vec![resolved("o", happened)], rules, happened).await;
}

async fn claim_all(ledger: &Arc<dyn Ledger>, now: i64) -> Vec<Dispatch> {
    let mut all = ledger.claim(Channel::Push, at(now), 100, &worker("w")).await.unwrap();
    all.extend(claim(ledger, now).await);
    all
}

/// The addresses that good news is due for.
fn relieved(claimed: &[Dispatch]) -> Vec<Target> {
    assert!(claimed.iter().all(|dispatch| dispatch.news() == News::AllIsWell && dispatch.step == ALL_IS_WELL));
    claimed.iter().map(|dispatch| dispatch.target.clone()).collect()
}

/// The news is out.
async fn tell(ledger: &Arc<dyn Ledger>, now: i64) -> usize {
    let claimed = claim_all(ledger, now).await;
    for dispatch in &claimed {
        assert_eq!(standing(ledger, dispatch, now).await, Standing::Go, "{dispatch:?}");
        assert!(settle(ledger, dispatch, sent(), now).await);
    }
    claimed.len()
}

pub(crate) async fn whoever_was_told_hears_that_all_is_well_when_it_stays_well(home: &dyn Home) {
    let ledger = home.open().await;
    open(&ledger, 0, &by_both()).await;
    assert_eq!(tell(&ledger, 0).await, 2);
    close(&ledger, HOUR, &by_both()).await;
    assert!(claim_all(&ledger, HOUR + 30 * MINUTE - 1).await.is_empty(), "not before the grace");
    let claimed = claim_all(&ledger, HOUR + 30 * MINUTE).await;
    assert_eq!(relieved(&claimed), [device("phone"), Target::Email]);
    assert_eq!(claimed[0].expires_at, at(HOUR + DAY));
    for dispatch in &claimed {
        assert_eq!(standing(&ledger, dispatch, HOUR + 31 * MINUTE).await, Standing::Go);
        assert!(settle(&ledger, dispatch, sent(), HOUR + 31 * MINUTE).await);
    }
    // A RESOLVED that is repeated is no news.
    close(&ledger, 2 * HOUR, &by_both()).await;
    assert!(claim_all(&ledger, 3 * HOUR).await.is_empty());
}

pub(crate) async fn nobody_hears_of_the_end_of_what_they_were_not_told_of(home: &dyn Home) {
    let ledger = home.open().await;
    // Resolved within the grace; failed at every address; and where the notice does not ask for it.
    let late = relieving(rules());
    open(&ledger, 0, &late).await;
    close(&ledger, MINUTE, &late).await;
    assert!(claim_all(&ledger, DAY / 2).await.is_empty());
    open(&ledger, DAY, &by_both()).await;
    for dispatch in claim_all(&ledger, DAY).await {
        assert!(settle(&ledger, &dispatch, failed(DAY), DAY).await);
    }
    close(&ledger, DAY + HOUR, &by_both()).await;
    assert!(claim_all(&ledger, DAY + 2 * HOUR).await.is_empty());
    open(&ledger, 2 * DAY, &at_once()).await;
    assert_eq!(tell(&ledger, 2 * DAY).await, 1);
    close(&ledger, 2 * DAY + HOUR, &at_once()).await;
    assert!(claim_all(&ledger, 2 * DAY + 2 * HOUR).await.is_empty());
}

pub(crate) async fn good_news_goes_where_the_bad_news_went(home: &dyn Home) {
    let ledger = home.open().await;
    open(&ledger, 0, &by_both()).await;
    let claimed = claim_all(&ledger, 0).await;
    assert!(settle(&ledger, &claimed[0], failed(1), 1).await);
    // What may have arrived counts as told.
    assert!(settle(&ledger, &claimed[1], unknown(), 1).await);
    close(&ledger, HOUR, &by_both()).await;
    assert_eq!(relieved(&claim_all(&ledger, 2 * HOUR).await), [Target::Email]);
}

pub(crate) async fn what_is_being_sent_at_the_end_decides_before_the_good_news(home: &dyn Home) {
    let ledger = home.open().await;
    open(&ledger, 0, &by_both()).await;
    let claimed = claim_all(&ledger, 0).await;
    close(&ledger, 1, &by_both()).await;
    assert!(settle(&ledger, &claimed[0], failed(2), 2).await);
    assert!(settle(&ledger, &claimed[1], sent(), 2).await);
    let news = claim_all(&ledger, HOUR).await;
    assert_eq!(relieved(&news), [device("phone"), Target::Email]);
    assert_eq!(standing(&ledger, &news[0], HOUR).await, Standing::Over(CancelReason::Untold));
    assert_eq!(standing(&ledger, &news[1], HOUR).await, Standing::Go);
}

pub(crate) async fn an_error_that_comes_back_soon_is_told_in_place_of_the_good_news(home: &dyn Home) {
    let ledger = home.open().await;
    open(&ledger, 0, &by_both()).await;
    assert_eq!(tell(&ledger, 0).await, 2);
    close(&ledger, HOUR, &by_both()).await;
    // Claimed already when it comes back.
    let news = claim_all(&ledger, HOUR + 30 * MINUTE).await;
    let slow = relieving(rules());
    open(&ledger, HOUR + 31 * MINUTE, &slow).await;
    assert_eq!(standing(&ledger, &news[0], HOUR + 31 * MINUTE).await, Standing::Over(CancelReason::Superseded));
    for dispatch in &news {
        assert!(settle(&ledger, dispatch, retry(2 * HOUR), HOUR + 32 * MINUTE).await);
    }
    // Over again before anybody was told anew: the first message still waits for its end, which comes once.
    close(&ledger, HOUR + 33 * MINUTE, &slow).await;
    let news = claim_all(&ledger, 3 * HOUR).await;
    assert_eq!(relieved(&news), [device("phone"), Target::Email]);
    assert_eq!(news[0].opening, 2);
    for dispatch in &news {
        assert_eq!(standing(&ledger, dispatch, 3 * HOUR).await, Standing::Go);
        assert!(settle(&ledger, dispatch, sent(), 3 * HOUR).await);
    }
    open(&ledger, 4 * HOUR, &slow).await;
    close(&ledger, 4 * HOUR + 1, &slow).await;
    assert!(claim_all(&ledger, 6 * HOUR).await.is_empty(), "they know that all is well");
}

pub(crate) async fn errors_that_come_and_go_in_one_batch_end_with_one_good_news(home: &dyn Home) {
    let ledger = home.open().await;
    let rules = by_both();
    open(&ledger, 0, &rules).await;
    assert_eq!(tell(&ledger, 0).await, 2);
    let batch = vec![resolved("o", HOUR), error("o", HOUR + 1), resolved("o", HOUR + 2)];
    let admitted = admit(&ledger, batch, &rules, HOUR + 2).await;
    assert_eq!(decisions(&admitted), ["close", "open", "close"]);
    assert_eq!(relieved(&claim_all(&ledger, 2 * HOUR).await), [device("phone"), Target::Email]);
}

pub(crate) async fn good_news_that_cannot_go_out_in_its_time_is_no_news(home: &dyn Home) {
    let ledger = home.open().await;
    let rules = by_both();
    open(&ledger, 0, &rules).await;
    assert_eq!(tell(&ledger, 0).await, 2);
    close(&ledger, HOUR, &rules).await;
    let claimed = claim_all(&ledger, 2 * HOUR).await;
    let (first, second) = (&claimed[0], &claimed[1]);
    assert!(settle(&ledger, first, retry(3 * HOUR), 2 * HOUR).await);
    assert!(settle(&ledger, second, postponed(2 * DAY), 2 * HOUR).await);
    let again = claim_all(&ledger, 3 * HOUR).await;
    assert_eq!(relieved(&again), [device("phone")]);
    assert!(settle(&ledger, &again[0], failed(3 * HOUR), 3 * HOUR).await);
    // An operator may ask for another try, and while all is well gets it.
    let ids = [again[0].id.clone()];
    let revival = Revival { accept_duplicates: false, dry_run: false };
    let visit = home.visit().await;
    assert_eq!(visit.revive(&ids, revival, at(4 * HOUR)).await.unwrap(), [Revived::Planned]);
    let revived = claim_all(&ledger, 4 * HOUR).await;
    assert_eq!(standing(&ledger, &revived[0], 4 * HOUR).await, Standing::Go);
    assert!(settle(&ledger, &revived[0], sent(), 4 * HOUR).await);
    assert_eq!(ledger.census().await.unwrap().expired, 1);
    // The RESOLVED itself waited in the queue for days.
    open(&ledger, 5 * DAY, &rules).await;
    tell(&ledger, 5 * DAY).await;
    admit(&ledger, vec![resolved("o", 5 * DAY + 1)], &rules, 8 * DAY).await;
    assert!(claim_all(&ledger, 9 * DAY).await.is_empty());
}

/// Of a car.
fn of_car(car: &str, state: State, happened: i64) -> VehicleError {
    VehicleError { state, vehicle: Vehicle { id: Some(car.into()), ..Vehicle::default() }, ..error("o", happened) }
}

/// One message can speak of several cars that are well again.
fn sharing() -> Rules {
    let rules = relieving(at_once());
    Rules { relief: rules.relief.map(|relief| Relief { bundles: true, ..relief }), ..rules }
}

pub(crate) async fn cars_that_are_well_again_together_share_the_good_news(home: &dyn Home) {
    let (ledger, rules) = (home.open().await, sharing());
    let broken = |car, happened| of_car(car, State::Error, happened);
    // What matters is when they came back, not when they were lost.
    admit(&ledger, vec![broken("a", 0)], &rules, 0).await;
    admit(&ledger, vec![broken("b", DAY), broken("c", DAY)], &rules, DAY).await;
    assert_eq!(tell(&ledger, DAY).await, 3);
    let over = |car, happened| of_car(car, State::Resolved, DAY + happened);
    admit(&ledger, vec![over("a", HOUR), over("b", HOUR)], &rules, DAY + HOUR).await;
    let later = HOUR + 5 * MINUTE;
    admit(&ledger, vec![over("c", later)], &rules, DAY + later).await;
    assert!(claim(&ledger, DAY + HOUR + 34 * MINUTE).await.is_empty(), "the first wait for the last");
    let news = claim(&ledger, DAY + HOUR + 35 * MINUTE).await;
    let bundles = Bundle::of(news, |_, _| true);
    assert_eq!((bundles.len(), bundles[0].others.len()), (1, 2));
}

/// When the first of what is claimed may go out.
async fn look(ledger: &Arc<dyn Ledger>, claimed: &[Dispatch], now: i64) -> Standing {
    let candidate = [Candidate { calm: Some(secs(30 * MINUTE)), ..Candidate::of(&claimed[0]) }];
    ledger.standing(&candidate, at(now), Terms::holding(SignedDuration::ZERO)).await.unwrap()[0]
}

fn held(due: i64) -> Standing {
    Standing::NotNow { due_at: at(due), reason: PostponeReason::Inhibited }
}

pub(crate) async fn nobody_hears_that_all_is_well_before_it_has_been_for_a_while(home: &dyn Home) {
    let ledger = home.open().await;
    let of_code =
        |code: &str, error: VehicleError| VehicleError { key: ErrorKey::new(error.key.kind(), Some(code)), ..error };
    // Nobody is told of its end, and it is open for longer than a message about it is worth something.
    admit(&ledger, vec![of_code("OLD", error("o", 0))], &at_once(), 0).await;
    let day = 90 * DAY;
    admit(&ledger, vec![error("o", day)], &relieving(at_once()), day).await;
    let told = claim(&ledger, day).await;
    for dispatch in told.iter().filter(|dispatch| dispatch.error.key.code() != Some("OLD")) {
        assert!(settle(&ledger, dispatch, sent(), day).await);
    }
    let over = day + HOUR;
    admit(&ledger, vec![resolved("o", over)], &relieving(at_once()), over).await;
    let news = async |now| {
        let mut claimed = claim(&ledger, now).await;
        claimed.retain(|dispatch| dispatch.news() == News::AllIsWell);
        claimed
    };
    let first = news(over + 30 * MINUTE).await;
    assert_eq!(look(&ledger, &first, over + 30 * MINUTE).await, held(over + 45 * MINUTE));
    let until = End::Postponed { due_at: at(over + 45 * MINUTE), reason: PostponeReason::Inhibited };
    assert!(settle(&ledger, &first[0], until, over + 30 * MINUTE).await);
    let end = over + 31 * MINUTE;
    admit(&ledger, vec![of_code("OLD", resolved("o", end))], &at_once(), end).await;
    let again = news(end + 29 * MINUTE).await;
    assert_eq!(look(&ledger, &again, end + 29 * MINUTE).await, held(end + 30 * MINUTE));
    assert_eq!(look(&ledger, &again, end + 30 * MINUTE).await, Standing::Go);
}

pub(crate) async fn good_news_waits_while_nobody_knows_whether_the_bad_news_went_out(home: &dyn Home) {
    let ledger = home.open().await;
    open(&ledger, 0, &by_both()).await;
    let problem = claim(&ledger, 0).await;
    close(&ledger, MINUTE, &by_both()).await;
    let now = 31 * MINUTE;
    let again = claim_all(&ledger, now).await;
    let news: Vec<_> = again.iter().filter(|dispatch| dispatch.news() == News::AllIsWell).cloned().collect();
    assert_eq!(news.len(), 1, "whoever was never claimed was not told");
    assert_eq!(look(&ledger, &news, now).await, held(now + MINUTE));
    // The mail was in doubt, and is given up as such.
    let taken_over = again.iter().find(|dispatch| dispatch.id == problem[0].id).unwrap();
    let end = End::Cancelled { reason: CancelReason::Resolved };
    assert!(settle(&ledger, taken_over, end, now).await);
    assert_eq!(look(&ledger, &news, now).await, Standing::Go);
}

pub(crate) async fn news_that_would_be_too_late_for_the_other_is_told_by_itself(home: &dyn Home) {
    let (ledger, rules) = (home.open().await, sharing());
    admit(&ledger, vec![of_car("a", State::Error, 0), of_car("b", State::Error, 0)], &rules, 0).await;
    assert_eq!(tell(&ledger, 0).await, 2);
    admit(&ledger, vec![of_car("a", State::Resolved, HOUR)], &rules, HOUR).await;
    let news = claim(&ledger, HOUR + 30 * MINUTE).await;
    let last = HOUR + DAY - MINUTE;
    let end = End::Postponed { due_at: at(last), reason: PostponeReason::Inhibited };
    assert!(settle(&ledger, &news[0], end, HOUR + 30 * MINUTE).await);
    // Half an hour later would be too late for the first.
    admit(&ledger, vec![of_car("b", State::Resolved, last - MINUTE)], &rules, last - MINUTE).await;
    assert_eq!(claim(&ledger, last).await.len(), 1);
    assert_eq!(claim(&ledger, last + 30 * MINUTE).await.iter().filter(|dispatch| dispatch.id != news[0].id).count(), 1);
}

pub(crate) async fn a_car_that_several_things_were_wrong_with_is_well_once(home: &dyn Home) {
    let (ledger, rules) = (home.open().await, sharing());
    let of_code =
        |code: &str, error: VehicleError| VehicleError { key: ErrorKey::new(error.key.kind(), Some(code)), ..error };
    let broken = |car, code| of_code(code, of_car(car, State::Error, 0));
    admit(&ledger, vec![broken("a", "PERMISSION"), broken("a", "NEW"), broken("b", "NEW")], &rules, 0).await;
    let told = claim(&ledger, 0).await;
    assert_eq!(told.len(), 3);
    for dispatch in &told {
        assert!(settle(&ledger, dispatch, sent(), 0).await);
    }
    let over = |car, code, happened| of_code(code, of_car(car, State::Resolved, happened));
    admit(&ledger, vec![over("a", "PERMISSION", HOUR)], &rules, HOUR).await;
    // While another is open, an error whose code is nobody's too, it waits.
    let news = claim(&ledger, HOUR + 30 * MINUTE).await;
    assert_eq!(look(&ledger, &news, HOUR + 30 * MINUTE).await, held(HOUR + 45 * MINUTE));
    let end = End::Postponed { due_at: at(HOUR + 45 * MINUTE), reason: PostponeReason::Inhibited };
    assert!(settle(&ledger, &news[0], end, HOUR + 30 * MINUTE).await);
    // The end of the other does not let it out at once.
    admit(&ledger, vec![over("a", "NEW", HOUR + 40 * MINUTE)], &rules, HOUR + 40 * MINUTE).await;
    assert!(claim(&ledger, HOUR + 69 * MINUTE).await.is_empty());
    let news = claim(&ledger, HOUR + 70 * MINUTE).await;
    let bundles = Bundle::of(news, |_, _| true);
    assert_eq!((bundles.len(), bundles[0].others.len()), (1, 1));
}
