//! A carrier that is down says the same about every message: the log tells it once, then once in a while with a count.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::policy::Channel;

/// Between two lines in the log that say the same.
const INTERVAL: Duration = Duration::from_secs(30);

/// Different things that are kept in mind; a server that says something new each time is told each time.
const MOST: usize = 64;

/// So many failures without one success are the carrier's, not the messages'.
const CARRIERS: u64 = 10;

#[derive(Debug, Default)]
pub(super) struct Repeats {
    told: HashMap<(Channel, String), Told>,
    in_a_row: HashMap<Channel, (u64, Instant)>,
}

#[derive(Debug)]
struct Told {
    at: Instant,
    unsaid: u64,
}

impl Repeats {
    /// Another message was not carried because of `detail`. `Some`: to be told, with the number of those that were not.
    pub(super) fn failed(&mut self, channel: Channel, detail: &str, now: Instant) -> Option<u64> {
        self.in_a_row.entry(channel).or_insert((0, now)).0 += 1;
        if self.told.len() >= MOST {
            self.told.clear();
        }
        if let Some(told) = self.told.get_mut(&(channel, detail.to_owned())) {
            if now.duration_since(told.at) < INTERVAL {
                told.unsaid += 1;
                return None;
            }
            told.at = now;
            return Some(std::mem::take(&mut told.unsaid));
        }
        self.told.insert((channel, detail.to_owned()), Told { at: now, unsaid: 0 });
        Some(0)
    }

    /// A message was carried. `Some`: after an outage, with its failures and its length.
    pub(super) fn carried(&mut self, channel: Channel, now: Instant) -> Option<(u64, Duration)> {
        let (failures, since) = self.in_a_row.remove(&channel)?;
        (failures >= CARRIERS).then(|| {
            self.told.retain(|(of, _), _| *of != channel);
            (failures, now.duration_since(since))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_told_once_and_then_with_the_number_of_those_that_were_not() {
        let (mut repeats, now) = (Repeats::default(), Instant::now());
        let told: Vec<_> = (0..4).map(|_| repeats.failed(Channel::Email, "refused", now)).collect();
        assert_eq!(told, [Some(0), None, None, None]);
        assert_eq!(repeats.failed(Channel::Email, "another", now), Some(0));
        assert_eq!(repeats.failed(Channel::Push, "refused", now), Some(0));
        let later = now + INTERVAL;
        assert_eq!(repeats.failed(Channel::Email, "refused", later), Some(3));
        assert_eq!(repeats.failed(Channel::Email, "refused", later), None);
    }

    #[test]
    fn a_success_after_many_failures_ends_an_outage_and_after_few_it_is_nothing() {
        let (mut repeats, now) = (Repeats::default(), Instant::now());
        for _ in 0..CARRIERS {
            repeats.failed(Channel::Email, "refused", now);
        }
        let later = now + Duration::from_secs(7);
        assert_eq!(repeats.carried(Channel::Email, later), Some((CARRIERS, Duration::from_secs(7))));
        assert_eq!(repeats.carried(Channel::Email, later), None);
        assert_eq!(repeats.failed(Channel::Email, "refused", later), Some(0), "a new outage is told anew");
        assert_eq!(repeats.carried(Channel::Email, later), None);
    }
}
