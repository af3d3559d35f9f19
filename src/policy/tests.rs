use proptest::prelude::*;

use super::*;

const NOW: i64 = 1_790_000_000;
const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOW + seconds).expect("a time of this century")
}

fn moment(seconds: i64) -> Moment {
    Moment { at: at(seconds), sequence: None }
}

fn secs(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

fn step(after: i64, channels: &[Channel]) -> Step {
    Step { after: secs(after), channels: channels.to_vec(), reach: Reach::All }
}

/// Ten minutes of grace, reminders after three and seven days.
fn rules() -> Rules {
    Rules {
        grace: secs(10 * MINUTE),
        steps: [0, 3 * DAY, 7 * DAY].map(|after| step(after, &[Channel::Email])).to_vec(),
        cooldown: secs(14 * DAY),
        expiry: secs(30 * DAY),
        bundles: false,
        inhibited_by: Vec::new(),
        relief: None,
    }
}

fn device(token: &str) -> Target {
    Target::Push(Device::Apns { token: token.into() })
}

fn live(seconds: i64) -> Timing {
    Timing { now: at(seconds), mode: Pace::Live }
}

fn batch(seconds: i64) -> Timing {
    Timing { now: at(seconds), mode: Pace::Batch }
}

/// What is decided about an error that happened at `seconds`.
fn decide_on(incident: Option<&Incident>, state: State, seconds: i64, rules: &Rules, timing: Timing) -> Decision {
    let sighting =
        Sighting { state, moment: moment(seconds), rules: Some(rules), targets: &[Target::Email], nights: None };
    decide(incident, &sighting, timing)
}

fn plan_of(decision: Decision) -> Vec<Planned> {
    match decision {
        Decision::Open { plan, .. } => plan,
        other => panic!("expected an opening, got {other:?}"),
    }
}

/// The due times of a new incident's plan, in seconds from `NOW`.
fn due(rules: &Rules, happened: i64, timing: Timing) -> Vec<i64> {
    let plan = plan_of(decide_on(None, State::Error, happened, rules, timing));
    plan.iter().map(|planned| planned.due_at.as_second() - NOW).collect()
}

fn incident(opened: i64, last_error: i64, last_resolved: Option<i64>) -> Incident {
    Incident {
        opening: 1,
        opened: Some(moment(opened)),
        last_error: Some(moment(last_error)),
        last_resolved: last_resolved.map(moment),
    }
}

#[test]
fn each_error_gets_the_decision_that_its_incident_calls_for() {
    use State::{Error, Resolved};
    let open = incident(-DAY, -DAY, None);
    let closed = incident(-DAY, -DAY, Some(-DAY / 2));
    let tombstone = Incident { last_resolved: Some(moment(-MINUTE)), ..Incident::default() };
    let old = incident(-15 * DAY, -2 * DAY, None);
    let cases: [(&str, Option<&Incident>, State, i64, &str); 15] = [
        ("a first error", None, Error, 0, "open 1"),
        ("the same again, later", Some(&open), Error, 0, "repeat"),
        ("the same again, redelivered", Some(&open), Error, -DAY, "repeat"),
        ("the same again, from before", Some(&open), Error, -2 * DAY, "repeat"),
        ("an error after RESOLVED", Some(&closed), Error, 0, "open 2"),
        ("an error from before RESOLVED", Some(&closed), Error, -DAY, "stale"),
        ("an error of the same moment as RESOLVED", Some(&closed), Error, -DAY / 2, "stale"),
        ("an error older than a RESOLVED that came first", Some(&tombstone), Error, -2 * MINUTE, "stale"),
        ("an error newer than a RESOLVED that came first", Some(&tombstone), Error, 0, "open 1"),
        ("a new error after the cooldown", Some(&old), Error, 0, "open 2"),
        ("an old error, redelivered after the cooldown", Some(&old), Error, -2 * DAY, "repeat"),
        ("a RESOLVED", Some(&open), Resolved, 0, "close"),
        ("a RESOLVED from before the error", Some(&open), Resolved, -2 * DAY, "already closed"),
        ("a RESOLVED of nothing", None, Resolved, 0, "already closed"),
        ("a second RESOLVED", Some(&closed), Resolved, 0, "already closed"),
    ];
    for (name, incident, state, happened, expected) in cases {
        let found = match decide_on(incident, state, happened, &rules(), live(0)) {
            Decision::Open { opening, .. } => format!("open {opening}"),
            Decision::Repeat => "repeat".into(),
            Decision::Stale => "stale".into(),
            Decision::TooOld => "too old".into(),
            Decision::Erased => "erased".into(),
            Decision::Close => "close".into(),
            Decision::AlreadyClosed => "already closed".into(),
            Decision::Panicked => "panicked".into(),
        };
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn sequences_order_moments_whatever_their_times_say() {
    let numbered = |seconds, sequence| Moment { at: at(seconds), sequence: Some(sequence) };
    let open =
        Incident { opening: 1, opened: Some(numbered(0, 5)), last_error: Some(numbered(0, 5)), last_resolved: None };
    let rules = rules();
    let sighting =
        |moment| Sighting { state: State::Resolved, moment, rules: Some(&rules), targets: &[], nights: None };
    assert_eq!(decide(Some(&open), &sighting(numbered(-60, 6)), live(0)), Decision::Close);
    assert_eq!(decide(Some(&open), &sighting(numbered(60, 4)), live(0)), Decision::AlreadyClosed);
}

#[test]
fn the_ladder_counts_from_the_first_event_and_begins_after_the_grace() {
    let mut rules = rules();
    rules.steps[0].after = rules.grace;
    assert_eq!(due(&rules, 0, live(0)), [10 * MINUTE, 3 * DAY, 7 * DAY]);
    assert_eq!(due(&rules, -5 * MINUTE, live(0)), [5 * MINUTE, 3 * DAY - 5 * MINUTE, 7 * DAY - 5 * MINUTE]);
}

#[test]
fn a_ladder_that_starts_late_keeps_the_distance_between_its_rungs() {
    // Two days on its way: the first is due now, the reminder three days after that.
    assert_eq!(due(&rules(), -2 * DAY, live(0)), [0, 3 * DAY, 7 * DAY]);
    // Held back by a long grace, too.
    let held_back = Rules { grace: secs(4 * DAY), ..rules() };
    assert_eq!(due(&held_back, 0, live(0)), [4 * DAY, 7 * DAY, 11 * DAY]);
}

#[test]
fn a_batch_has_its_grace_behind_it_however_the_grace_is_written() {
    assert_eq!(due(&rules(), -300 * DAY, batch(0)), [0, 3 * DAY, 7 * DAY]);
    let mut as_a_step = rules();
    as_a_step.steps[0].after = as_a_step.grace;
    assert_eq!(due(&as_a_step, -300 * DAY, batch(0))[0], 0);
    // What is later than the grace is still waited for.
    as_a_step.steps[0].after = secs(30 * MINUTE);
    assert_eq!(due(&as_a_step, -300 * DAY, batch(0))[0], 20 * MINUTE);
}

#[test]
fn an_error_from_the_future_counts_as_one_from_now() {
    assert_eq!(due(&rules(), DAY, live(0))[0], 10 * MINUTE);
}

#[test]
fn an_error_past_its_expiry_is_too_old_and_leaves_no_trace() {
    let rules = rules();
    let decision = decide_on(None, State::Error, -30 * DAY, &rules, live(0));
    assert_eq!(decision, Decision::TooOld);
    assert_eq!(Incident::after(None, moment(-30 * DAY), &decision), None);
    let almost = decide_on(None, State::Error, -30 * DAY + 1, &rules, live(0));
    assert!(matches!(almost, Decision::Open { .. }), "{almost:?}");
}

#[test]
fn a_rung_beyond_the_expiry_is_not_planned() {
    let rules = Rules { expiry: secs(7 * DAY), ..rules() };
    assert_eq!(due(&rules, 0, live(0)).len(), 2);
}

#[test]
fn an_error_of_which_nothing_could_be_told_in_time_does_not_keep_the_next_one_silent() {
    let mut rules = Rules { expiry: secs(DAY), steps: vec![step(0, &[Channel::Push])], ..rules() };
    let hours = QuietHours {
        windows: std::collections::BTreeMap::from([(Channel::Push, Window::parse("21:30-08:00").unwrap())]),
        ..QuietHours::default()
    };
    let nights = Nights::of(&std::sync::Arc::new(hours), "app", Some("UTC")).unwrap();
    let targets = [device("a")];
    let now: Timestamp = "2026-10-24T22:00:00Z".parse().unwrap();
    let decided = |rules: &Rules, hours_ago, nights| {
        let moment = Moment { at: now - SignedDuration::from_hours(hours_ago), sequence: None };
        let sighting = Sighting { state: State::Error, moment, rules: Some(rules), targets: &targets, nights };
        decide(None, &sighting, Timing { now, mode: Pace::Live })
    };
    let is_told = |decision| !plan_of(decision).is_empty();
    // In the morning it is worth nothing any more.
    assert!(is_told(decided(&rules, 23, None)));
    assert_eq!(decided(&rules, 23, Some(&nights)), Decision::TooOld);
    assert!(is_told(decided(&rules, 13, Some(&nights))));
    // Its neighbours are waited for, and it for them.
    let minute = SignedDuration::from_mins(1);
    rules = Rules { expiry: SignedDuration::from_hours(23) + minute / 4, grace: minute, ..rules };
    assert!(is_told(decided(&rules, 23, None)));
    rules.bundles = true;
    assert_eq!(decided(&rules, 23, None), Decision::TooOld);
}

#[test]
fn an_error_without_a_notice_opens_nothing() {
    let sighting =
        Sighting { state: State::Error, moment: moment(0), rules: None, targets: &[Target::Email], nights: None };
    let decision = decide(None, &sighting, live(0));
    assert_eq!(decision, Decision::Repeat);
    assert_eq!(Incident::after(None, moment(0), &decision), None);
}

#[test]
fn all_that_reach_the_owner_get_a_message_or_the_first_and_the_others_behind_it() {
    let targets = [Target::Email, device("a"), device("b"), device("a")];
    let plan = |reach| {
        let mut rules = rules();
        rules.steps = vec![Step { reach, ..step(0, &[Channel::Push, Channel::Email]) }];
        let sighting =
            Sighting { state: State::Error, moment: moment(0), rules: Some(&rules), targets: &targets, nights: None };
        let plan = plan_of(decide(None, &sighting, live(0)));
        plan.into_iter().map(|planned| (planned.target, planned.alternatives)).collect::<Vec<_>>()
    };
    let alone = |target| (target, vec![]);
    assert_eq!(plan(Reach::All), [alone(device("a")), alone(device("b")), alone(Target::Email)]);
    assert_eq!(plan(Reach::First), [(device("a"), vec![device("b"), Target::Email])]);
}

#[test]
fn an_owner_who_cannot_be_reached_has_an_incident_without_messages() {
    let rules = rules();
    let sighting = Sighting { state: State::Error, moment: moment(0), rules: Some(&rules), targets: &[], nights: None };
    assert_eq!(decide(None, &sighting, live(0)), Decision::Open { opening: 1, plan: vec![] });
}

#[test]
fn what_is_planned_for_the_night_waits_for_the_morning_and_a_batch_does_not() {
    let rules = Rules { grace: SignedDuration::ZERO, ..rules() };
    let hours = QuietHours {
        windows: std::collections::BTreeMap::from([(Channel::Push, Window::parse("21:30-08:00").unwrap())]),
        ..QuietHours::default()
    };
    let nights = Nights::of(&std::sync::Arc::new(hours), "app", Some("Europe/Copenhagen")).unwrap();
    let mut rules = Rules { steps: rules.steps[..2].to_vec(), ..rules };
    for step in &mut rules.steps {
        step.channels = vec![Channel::Push, Channel::Email];
    }
    let now: Timestamp = "2026-10-24T22:00:00Z".parse().unwrap();
    let due = |mode| {
        let moment = Moment { at: now, sequence: None };
        let targets = [Target::Email, device("a")];
        let sighting =
            Sighting { state: State::Error, moment, rules: Some(&rules), targets: &targets, nights: Some(&nights) };
        let plan = plan_of(decide(None, &sighting, Timing { now, mode }));
        plan.iter().map(|planned| planned.due_at.to_string()).collect::<Vec<_>>()
    };
    // The clocks are put back that night, and the reminder would come at eleven in the evening.
    let (push, email) = ("2026-10-25T07:00:00Z", "2026-10-24T22:00:00Z");
    assert_eq!(due(Pace::Live), [push, email, "2026-10-28T07:00:00Z", "2026-10-27T22:00:00Z"]);
    assert_eq!(due(Pace::Batch), [email, email, "2026-10-28T07:00:00Z", "2026-10-27T22:00:00Z"]);
}

/// Feeds a history to the policy in the order given, as a ledger does.
fn replay(history: &[(State, Moment)], rules: &Rules) -> (Option<Incident>, Vec<Decision>) {
    let mut incident: Option<Incident> = None;
    let mut decisions = Vec::new();
    for &(state, moment) in history {
        let sighting = Sighting { state, moment, rules: Some(rules), targets: &[Target::Email], nights: None };
        let decision = decide(incident.as_ref(), &sighting, live(0));
        incident = Incident::after(incident.as_ref(), moment, &decision).or(incident);
        decisions.push(decision);
    }
    (incident, decisions)
}

/// ERROR and RESOLVED of the last twenty days, some at the same moment, with or without sequences.
fn history() -> impl Strategy<Value = Vec<(State, Moment)>> {
    let state = prop_oneof![Just(State::Error), Just(State::Resolved)];
    (prop::collection::vec((state, 0..20i64), 1..12), any::<bool>()).prop_map(|(events, numbered)| {
        let sequence = |day: i64| numbered.then_some(day.unsigned_abs());
        events
            .into_iter()
            .map(|(state, day)| (state, Moment { at: at((day - 20) * DAY), sequence: sequence(day) }))
            .collect()
    })
}

/// The model: open while the last error is later than the last RESOLVED.
fn model(history: &[(State, Moment)]) -> bool {
    let last = |state| history.iter().filter(|(its, _)| *its == state).map(|(_, moment)| moment.at).max();
    last(State::Error).is_some_and(|error| last(State::Resolved).is_none_or(|resolved| error > resolved))
}

fn shuffled() -> impl Strategy<Value = Vec<(State, Moment)>> {
    history().prop_flat_map(|history| {
        let repeated: Vec<_> = history.iter().chain(&history).copied().collect();
        Just(repeated).prop_shuffle()
    })
}

proptest! {
    #[test]
    fn whatever_order_the_errors_come_in_an_incident_ends_as_the_model_says(history in shuffled()) {
        let (incident, _) = replay(&history, &rules());
        prop_assert_eq!(incident.is_some_and(|incident| incident.is_open()), model(&history));
    }

    #[test]
    fn what_was_seen_once_opens_nothing_when_it_is_seen_again(history in shuffled()) {
        let twice: Vec<_> = history.iter().chain(&history).copied().collect();
        let (_, decisions) = replay(&twice, &rules());
        for again in &decisions[history.len()..] {
            prop_assert!(!matches!(again, Decision::Open { .. } | Decision::Close), "{again:?}");
        }
    }

    /// Also where only some moments have a sequence, and it says the opposite of the time.
    #[test]
    fn only_an_opening_opens_and_only_a_close_closes(
        history in prop::collection::vec((any::<bool>(), 0..8i64, prop::option::of(0..8u64)), 1..16),
    ) {
        let mut incident: Option<Incident> = None;
        for (is_error, day, sequence) in history {
            let state = if is_error { State::Error } else { State::Resolved };
            let moment = Moment { at: at((day - 20) * DAY), sequence };
            let rules = rules();
            let sighting =
                Sighting { state, moment, rules: Some(&rules), targets: &[Target::Email], nights: None };
            let decision = decide(incident.as_ref(), &sighting, live(0));
            let was_open = incident.as_ref().is_some_and(Incident::is_open);
            incident = Incident::after(incident.as_ref(), moment, &decision).or(incident);
            let expected = match decision {
                Decision::Open { .. } => true,
                Decision::Close => false,
                _ => was_open,
            };
            prop_assert_eq!(incident.as_ref().is_some_and(Incident::is_open), expected, "{:?} of {:?}", decision, moment);
        }
    }

    #[test]
    fn openings_are_counted_without_gaps(history in shuffled()) {
        let (incident, decisions) = replay(&history, &rules());
        let opened: Vec<_> = decisions
            .iter()
            .filter_map(|decision| match decision {
                Decision::Open { opening, .. } => Some(*opening),
                _ => None,
            })
            .collect();
        let expected: Vec<_> = (1..=u32::try_from(opened.len()).expect("few")).collect();
        prop_assert_eq!(&opened, &expected);
        prop_assert_eq!(incident.map_or(0, |incident| incident.opening), u32::try_from(expected.len()).unwrap());
    }

    #[test]
    fn every_plan_keeps_its_promises(
        grace in 0..10 * DAY,
        mut offsets in prop::collection::vec(0..20 * DAY, 1..5),
        expiry in 1..30 * DAY,
        age in -DAY..40 * DAY,
        in_a_batch: bool,
    ) {
        offsets.sort_unstable();
        let rules = Rules {
            grace: secs(grace),
            steps: offsets.iter().map(|after| step(*after, &[Channel::Email])).collect(),
            cooldown: secs(DAY),
            expiry: secs(expiry),
            bundles: false,
            inhibited_by: Vec::new(),
            relief: None,
        };
        let timing = if in_a_batch { batch(0) } else { live(0) };
        let start = if in_a_batch { -grace } else { (-age).min(0) };
        match decide_on(None, State::Error, -age, &rules, timing) {
            Decision::TooOld => prop_assert!(start + expiry <= (start + grace.max(offsets[0])).max(0)),
            Decision::Open { plan, .. } => {
                prop_assert!(!plan.is_empty(), "open and silent");
                for planned in &plan {
                    prop_assert!(planned.due_at >= at(0), "due in the past");
                    prop_assert!(planned.due_at >= at(start + grace), "due within the grace");
                    prop_assert!(planned.due_at >= at(start + offsets[usize::from(planned.step)]), "before its time");
                    prop_assert!(planned.due_at < planned.expires_at, "expired when due");
                    prop_assert_eq!(planned.expires_at, at(start + expiry));
                }
                for (earlier, later) in plan.iter().zip(plan.iter().skip(1)) {
                    let distance = offsets[usize::from(later.step)] - offsets[usize::from(earlier.step)];
                    prop_assert!(later.due_at >= after(earlier.due_at, secs(distance)), "too close");
                }
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }
}
