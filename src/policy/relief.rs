//! "All is well again", for those who were told that it was not.

use jiff::{SignedDuration, Timestamp};

use super::{Pace, Rules, Timing, after, before};
use crate::event::Moment;

/// The rung of this news: beyond every ladder, so that nothing takes it for a step. A worker that does not know it cancels
/// it, because its incident is over.
pub const ALL_IS_WELL: u16 = u16::MAX;

/// What a message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum News {
    /// Something is wrong.
    Problem,
    /// It no longer is.
    AllIsWell,
}

impl News {
    pub fn of_step(step: u16) -> Self {
        if step == ALL_IS_WELL { Self::AllIsWell } else { Self::Problem }
    }
}

/// How those who were told of an error hear that it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relief {
    /// So long it must stay well before anybody hears of it.
    pub grace: SignedDuration,
    /// So long after the RESOLVED it is still news.
    pub expiry: SignedDuration,
    /// See [`Rules::bundles`].
    pub bundles: bool,
}

/// When the news goes out, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calm {
    pub due_at: Timestamp,
    pub expires_at: Timestamp,
}

/// When to tell that an incident was resolved at `moment`. `None`: nobody wants to hear it (any more).
pub fn relieve(rules: &Rules, moment: Moment, timing: Timing) -> Option<Calm> {
    let Relief { grace, expiry, .. } = rules.relief?;
    let start = match timing.mode {
        Pace::Live => moment.at.min(timing.now),
        Pace::Batch => before(timing.now, grace),
    };
    let planned = Calm { due_at: after(start, grace).max(timing.now), expires_at: after(start, expiry) };
    (planned.due_at < planned.expires_at).then_some(planned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(minutes * 60).unwrap()
    }

    fn relieved(at_minute: i64, now: i64, mode: Pace) -> Option<(i64, i64)> {
        let rules = Rules {
            grace: SignedDuration::ZERO,
            steps: Vec::new(),
            cooldown: SignedDuration::ZERO,
            expiry: SignedDuration::ZERO,
            bundles: false,
            inhibited_by: Vec::new(),
            relief: Some(Relief {
                grace: SignedDuration::from_mins(30),
                expiry: SignedDuration::from_mins(100),
                bundles: false,
            }),
        };
        let moment = Moment { at: at(at_minute), sequence: None };
        let planned = relieve(&rules, moment, Timing { now: at(now), mode })?;
        assert_eq!(relieve(&Rules { relief: None, ..rules }, moment, Timing { now: at(now), mode }), None);
        Some((planned.due_at.as_second() / 60, planned.expires_at.as_second() / 60))
    }

    #[test]
    fn good_news_waits_for_its_grace_and_is_news_for_its_time() {
        assert_eq!(relieved(10, 12, Pace::Live), Some((40, 110)));
        assert_eq!(relieved(10, 80, Pace::Live), Some((80, 110)), "what is late goes at once");
        assert_eq!(relieved(10, 110, Pace::Live), None, "and what is too late goes no more");
        assert_eq!(relieved(200, 12, Pace::Live), Some((42, 112)), "a clock that is ahead changes nothing");
        assert_eq!(relieved(10, 5_000, Pace::Batch), Some((5_000, 5_070)), "a batch has its graces behind it");
    }

    #[test]
    fn a_step_of_a_ladder_is_no_good_news() {
        assert_eq!((News::of_step(0), News::of_step(ALL_IS_WELL)), (News::Problem, News::AllIsWell));
    }
}
