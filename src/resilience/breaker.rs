//! A carrier that fails is left alone for a while, tried with one message, and given its work back by degrees.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Backoff;
use crate::clock::Dice;

/// So many faults in a row, without one success between them, are no accident.
const IN_A_ROW: u32 = 3;
/// With so many at once under way it is trusted again.
const TRUSTED: usize = 16;
/// While another's trial is under way.
const A_MOMENT: Duration = Duration::from_secs(1);

/// The standing of one carrier. `F` is its last fault.
#[derive(Debug)]
pub struct Breaker<F> {
    standing: Mutex<Standing<F>>,
    backoff: Backoff,
    dice: Arc<Dice>,
}

#[derive(Debug)]
enum Standing<F> {
    /// It works, but for so many faults in a row.
    Trusted { faults: u32 },
    /// It is left alone until then, for the `times`th time in a row.
    Alone { until: Instant, times: u32, fault: F },
    /// It is tried with `limit` at once, of which so many are under way.
    Tried { limit: usize, under_way: usize, times: u32, fault: F },
}

/// Why the carrier is not asked, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftAlone<F> {
    pub fault: F,
    pub wait: Duration,
}

/// Leave to ask the carrier once. Dropped without a word, nothing was learnt.
#[derive(Debug)]
pub struct Pass<'a, F> {
    breaker: &'a Breaker<F>,
    is_trial: bool,
}

impl<F: Clone> Breaker<F> {
    /// Trusted at first; left alone for longer each time by `backoff`.
    pub fn new(backoff: Backoff, dice: Arc<Dice>) -> Self {
        Self { standing: Mutex::new(Standing::Trusted { faults: 0 }), backoff, dice }
    }

    pub fn enter(&self, now: Instant) -> Result<Pass<'_, F>, LeftAlone<F>> {
        let mut standing = self.standing();
        match &mut *standing {
            Standing::Trusted { .. } => Ok(Pass { breaker: self, is_trial: false }),
            Standing::Alone { until, fault, .. } if now < *until => {
                Err(LeftAlone { fault: fault.clone(), wait: *until - now })
            }
            Standing::Alone { times, fault, .. } => {
                *standing = Standing::Tried { limit: 1, under_way: 1, times: *times, fault: fault.clone() };
                Ok(Pass { breaker: self, is_trial: true })
            }
            Standing::Tried { limit, under_way, .. } if *under_way < *limit => {
                *under_way += 1;
                Ok(Pass { breaker: self, is_trial: true })
            }
            Standing::Tried { fault, .. } => Err(LeftAlone { fault: fault.clone(), wait: A_MOMENT }),
        }
    }

    /// How many may be under way at once; `None`: as many as the carrier takes.
    pub fn allowance(&self, now: Instant) -> Option<usize> {
        match &*self.standing() {
            Standing::Trusted { .. } => None,
            Standing::Alone { until, .. } => Some(usize::from(*until <= now)),
            Standing::Tried { limit, .. } => Some(*limit),
        }
    }

    /// Whether it is asked without reserve.
    pub fn is_trusted(&self) -> bool {
        matches!(*self.standing(), Standing::Trusted { .. })
    }

    fn standing(&self) -> MutexGuard<'_, Standing<F>> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long it is left alone the `times`th time: at least half of the bound, or the first trial would be the next message.
    fn pause(&self, times: u32, at_least: Duration) -> Duration {
        let half = self.backoff.bound(times) / 2;
        (half + half.mul_f64(self.dice.fraction())).max(at_least)
    }
}

impl<F: Clone> Pass<'_, F> {
    /// The carrier did its work, whatever it said of the message.
    pub fn worked(self) {
        let mut standing = self.breaker.standing();
        match &mut *standing {
            Standing::Trusted { faults } => *faults = 0,
            Standing::Tried { limit, .. } if self.is_trial => {
                *limit *= 2;
                if *limit > TRUSTED {
                    *standing = Standing::Trusted { faults: 0 };
                }
            }
            // An answer to what was asked before it failed.
            Standing::Tried { .. } | Standing::Alone { .. } => {}
        }
    }

    /// The carrier failed. `wait`: it asks for so much time itself. `for_certain`: the next would fail too.
    pub fn failed(self, fault: F, wait: Option<Duration>, for_certain: bool, now: Instant) {
        let at_least = wait.unwrap_or_default();
        let mut standing = self.breaker.standing();
        let times = match &mut *standing {
            Standing::Trusted { faults } => {
                *faults += 1;
                if *faults < IN_A_ROW && wait.is_none() && !for_certain {
                    return;
                }
                1
            }
            Standing::Tried { times, .. } if self.is_trial => *times + 1,
            Standing::Alone { until, fault: known, .. } => {
                *until = (*until).max(now + at_least);
                *known = fault;
                return;
            }
            Standing::Tried { .. } => return,
        };
        *standing = Standing::Alone { until: now + self.breaker.pause(times, at_least), times, fault };
    }
}

impl<F> Drop for Pass<'_, F> {
    fn drop(&mut self) {
        let mut standing = self.breaker.standing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Standing::Tried { under_way, .. } = &mut *standing
            && self.is_trial
        {
            *under_way = under_way.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Breaker<&'static str> {
        let backoff = Backoff { min: Duration::from_secs(2), max: Duration::from_secs(8) };
        Breaker::new(backoff, Arc::new(Dice::seeded(1)))
    }

    fn fail(breaker: &Breaker<&'static str>, now: Instant) {
        breaker.enter(now).unwrap().failed("down", None, false, now);
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn it_is_left_alone_after_three_faults_in_a_row_and_not_before() {
        let (breaker, now) = (breaker(), Instant::now());
        fail(&breaker, now);
        fail(&breaker, now);
        breaker.enter(now).unwrap().worked();
        fail(&breaker, now);
        fail(&breaker, now);
        assert!(breaker.is_trusted());
        fail(&breaker, now);
        let alone = breaker.enter(now).unwrap_err();
        assert_eq!(alone.fault, "down");
        assert!(alone.wait >= seconds(1) && alone.wait <= seconds(2), "{alone:?}");
    }

    #[test]
    fn one_message_tries_it_and_its_work_comes_back_by_degrees() {
        let (breaker, now) = (breaker(), Instant::now());
        breaker.enter(now).unwrap().failed("wrong key", None, true, now);
        let later = now + seconds(2);
        let first = breaker.enter(later).unwrap();
        assert_eq!(breaker.enter(later).unwrap_err().wait, A_MOMENT, "one at a time");
        first.worked();
        for share in [2, 4, 8, 16] {
            let passes: Vec<_> = (0..share).map(|_| breaker.enter(later).unwrap()).collect();
            assert!(breaker.enter(later).is_err() && !breaker.is_trusted(), "{share}");
            let mut passes = passes.into_iter();
            passes.next().unwrap().worked();
        }
        assert!(breaker.is_trusted());
    }

    #[test]
    fn a_trial_that_fails_makes_it_wait_longer_and_one_that_is_dropped_does_not() {
        let (breaker, now) = (breaker(), Instant::now());
        breaker.enter(now).unwrap().failed("down", None, true, now);
        let later = now + seconds(2);
        drop(breaker.enter(later).unwrap());
        breaker.enter(later).unwrap().failed("down", None, false, later);
        assert!(breaker.enter(later).unwrap_err().wait >= seconds(2));
    }

    #[test]
    fn what_the_carrier_asks_for_counts_at_once() {
        let (breaker, now) = (breaker(), Instant::now());
        let slow = breaker.enter(now).unwrap();
        breaker.enter(now).unwrap().failed("too many", Some(seconds(60)), false, now);
        assert_eq!(breaker.enter(now).unwrap_err().wait, seconds(60));
        slow.worked();
        assert_eq!(breaker.enter(now).unwrap_err().wait, seconds(60), "an old answer changes nothing");
    }
}
