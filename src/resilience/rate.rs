//! No more than so many in a time: the wish of a carrier, and nobody's fault.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many in so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Second,
    Minute,
    Hour,
}

impl Unit {
    const ALL: [(&'static str, Self, Duration); 3] = [
        ("s", Self::Second, Duration::from_secs(1)),
        ("m", Self::Minute, Duration::from_mins(1)),
        ("h", Self::Hour, Duration::from_hours(1)),
    ];
}

/// Nobody is told to come back later than this, if it is not for the rate alone.
const FURTHEST: Duration = Duration::from_mins(1);
/// More a second than any carrier takes.
const MOST: u32 = 1_000_000;

impl Rate {
    pub const SLOWEST: Self = Self { count: 1, unit: Unit::Hour };

    /// Reads `10/s`, `600/m`, `5000/h`.
    pub fn parse(text: &str) -> Option<Self> {
        let (count, unit) = text.split_once('/')?;
        let (_, unit, _) = Unit::ALL.into_iter().find(|(name, ..)| *name == unit.trim())?;
        let count = count.trim().parse().ok().filter(|count| (1..=MOST).contains(count))?;
        Some(Self { count, unit })
    }

    /// Between two.
    fn interval(self) -> Duration {
        let (.., whole) = self.of_unit();
        whole / self.count
    }

    fn of_unit(self) -> (&'static str, Unit, Duration) {
        let [second, minute, hour] = Unit::ALL;
        match self.unit {
            Unit::Second => second,
            Unit::Minute => minute,
            Unit::Hour => hour,
        }
    }

    /// So many may come at once: what is due in a tenth of a second, so that a timer that is late makes nobody slower, and
    /// no more, because carriers count by the second.
    fn burst(self) -> u32 {
        let interval = self.interval().as_nanos().max(1);
        u32::try_from(Duration::from_millis(100).as_nanos() / interval).unwrap_or(u32::MAX).max(1)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, ..) = self.of_unit();
        write!(f, "{}/{unit}", self.count)
    }
}

/// Counts what is begun, and says when the next may begin. Pure but for its own count: the time is passed in.
#[derive(Debug)]
pub struct Meter {
    interval: Duration,
    burst: u32,
    count: Mutex<Count>,
}

#[derive(Debug)]
struct Count {
    /// When all that has begun would be over, if one followed the other at the rate.
    over: Instant,
    /// The last place of those who were told to come back.
    line: Instant,
}

impl Meter {
    pub fn new(rate: Rate, now: Instant) -> Self {
        let count = Mutex::new(Count { over: now, line: now });
        Self { interval: rate.interval(), burst: rate.burst(), count }
    }

    /// Leave to begin one now, or after how long to come back: who has to has no right to that moment, but few are told the same.
    pub fn take(&self, now: Instant) -> Result<(), Duration> {
        let mut count = self.count();
        let earliest = self.earliest(&count);
        if now < earliest {
            let place = count.line.max(earliest);
            // Some of those who were told do not come, and others are sooner: a line that only grew would end nowhere.
            let place = if place > earliest.max(now + FURTHEST) { earliest } else { place };
            count.line = place + self.interval;
            return Err(place - now);
        }
        count.over = count.over.max(now) + self.interval;
        Ok(())
    }

    /// The last that was taken was not begun.
    pub fn give_back(&self) {
        let mut count = self.count();
        count.over = count.over.checked_sub(self.interval).unwrap_or(count.over);
    }

    /// How many may begin until `within` from now.
    pub fn room(&self, now: Instant, within: Duration) -> usize {
        let end = (now + within).checked_duration_since(self.earliest(&self.count()));
        let Some(time) = end else { return 0 };
        let room = time.as_nanos() / self.interval.as_nanos().max(1) + 1;
        // What was not used is not saved up.
        let most = within.as_nanos() / self.interval.as_nanos().max(1) + u128::from(self.burst);
        usize::try_from(room.min(most)).unwrap_or(usize::MAX)
    }

    /// How long until the next may begin.
    pub fn wait(&self, now: Instant) -> Duration {
        self.earliest(&self.count()).saturating_duration_since(now)
    }

    fn earliest(&self, count: &Count) -> Instant {
        count.over.checked_sub(self.interval * (self.burst - 1)).unwrap_or(count.over)
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rate(text: &str) -> Rate {
        Rate::parse(text).unwrap()
    }

    #[test]
    fn a_rate_is_read_as_it_is_written() {
        for text in ["1/s", "14/s", "600/m", "5000/h", "1000000/s"] {
            assert_eq!(rate(text).to_string(), text);
        }
        assert_eq!(rate(" 10 / s "), rate("10/s"));
        for wrong in ["", "10", "0/s", "-1/s", "1.5/s", "10/d", "10/", "/s", "1000001/s", "10/s/s"] {
            assert_eq!(Rate::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn those_who_have_to_come_back_are_not_all_told_the_same_time() {
        let now = Instant::now();
        let meter = Meter::new(rate("10/s"), now);
        assert_eq!(meter.take(now), Ok(()));
        let told: Vec<_> = (0..3).map(|_| meter.take(now).unwrap_err().as_millis()).collect();
        assert_eq!(told, [100, 200, 300]);
        assert_eq!(meter.take(now + Duration::from_millis(100)), Ok(()));
    }

    #[test]
    fn what_was_given_back_may_be_taken_again() {
        let now = Instant::now();
        let meter = Meter::new(rate("10/s"), now);
        assert_eq!(meter.take(now), Ok(()));
        meter.give_back();
        assert_eq!(meter.take(now), Ok(()));
        assert!(meter.take(now).is_err());
    }

    #[test]
    fn however_many_have_to_come_back_nobody_is_sent_away_for_long() {
        for (text, longest) in [("10/s", Duration::from_mins(1)), ("1/h", Duration::from_hours(1))] {
            let now = Instant::now();
            let meter = Meter::new(rate(text), now);
            assert_eq!(meter.take(now), Ok(()));
            assert!((0..10_000).all(|_| meter.take(now).unwrap_err() <= longest), "{text}");
        }
    }

    #[test]
    fn what_was_not_used_is_not_saved_up() {
        let start = Instant::now();
        let meter = Meter::new(rate("100/s"), start);
        let later = start + Duration::from_hours(1);
        assert_eq!(meter.room(later, Duration::ZERO), 10);
        assert_eq!((0..100).filter(|_| meter.take(later).is_ok()).count(), 10);
        assert_eq!((meter.room(later, Duration::ZERO), meter.wait(later)), (0, Duration::from_millis(10)));
        assert_eq!(meter.room(later, Duration::from_secs(1)), 100);
    }

    proptest! {
        #[test]
        fn in_no_stretch_of_time_are_there_more_than_the_burst_and_the_rate_allow(
            count in 1..2_000u32,
            unit in 0..3usize,
            pauses in prop::collection::vec(0..500_000u64, 1..300),
        ) {
            let rate = Rate { count, unit: Unit::ALL[unit].1 };
            let start = Instant::now();
            let meter = Meter::new(rate, start);
            let (mut now, mut begun) = (start, Vec::new());
            for pause in pauses {
                now += Duration::from_micros(pause);
                let room = meter.room(now, Duration::ZERO);
                prop_assert_eq!(room > 0, meter.wait(now).is_zero());
                match meter.take(now) {
                    Ok(()) => begun.push(now),
                    Err(wait) => prop_assert!(room == 0 && !wait.is_zero()),
                }
            }
            for (first, from) in begun.iter().enumerate() {
                for (last, until) in begun.iter().enumerate().skip(first) {
                    let time = (*until - *from).as_nanos() / meter.interval.as_nanos();
                    let allowed = u128::from(rate.burst()) + time;
                    prop_assert!((last - first + 1) as u128 <= allowed, "{} in {:?}", last - first + 1, *until - *from);
                }
            }
        }

        #[test]
        fn who_comes_when_told_gets_all_that_the_rate_allows(count in 1..200u32) {
            let rate = Rate { count, unit: Unit::Second };
            let start = Instant::now();
            let meter = Meter::new(rate, start);
            let (mut now, mut begun) = (start, 0);
            while now - start < Duration::from_secs(10) {
                match meter.take(now) {
                    Ok(()) => begun += 1,
                    Err(_) => now += meter.wait(now),
                }
            }
            prop_assert!(begun >= 10 * count, "{begun}");
        }
    }
}
