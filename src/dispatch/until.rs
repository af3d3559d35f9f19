//! When the loops end.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;

use crate::policy::Channel;

/// When the loop of a channel ends.
#[derive(Debug, Clone)]
pub enum Until {
    /// When a shutdown is requested.
    Shutdown,
    /// When the batch is settled.
    Settled(Round),
}

/// The loops of a batch, which end together: what fails for good on one channel may be planned for another.
#[derive(Debug, Clone)]
pub struct Round {
    channels: Arc<[Channel]>,
    busy: Arc<AtomicUsize>,
    /// When no loop had anything to do for the first time.
    since: Arc<OnceLock<Timestamp>>,
    patience: Duration,
}

impl Round {
    /// A round of one loop for each channel. They wait for retries that become due within `patience` of the first rest.
    pub fn new(channels: Vec<Channel>, patience: Duration) -> Self {
        let busy = Arc::new(AtomicUsize::new(channels.len()));
        Self { channels: channels.into(), busy, since: Arc::default(), patience }
    }
}

/// One loop's part in a [`Round`].
#[derive(Debug)]
pub(super) struct Rest {
    round: Option<Round>,
    is_busy: bool,
}

impl Rest {
    pub(super) fn new(until: &Until) -> Self {
        let round = match until {
            Until::Shutdown => None,
            Until::Settled(round) => Some(round.clone()),
        };
        Self { round, is_busy: true }
    }

    /// The channels whose work may still become this loop's.
    pub(super) fn channels(&self) -> impl Iterator<Item = Channel> {
        self.round.iter().flat_map(|round| round.channels.iter().copied())
    }

    /// Until when all loops wait for what becomes due; `None` while there is something to do, here or in another loop.
    pub(super) fn horizon(&mut self, is_idle: bool, now: Timestamp) -> Option<Timestamp> {
        let round = self.round.as_ref()?;
        if self.is_busy == is_idle {
            self.is_busy = !is_idle;
            if is_idle {
                round.busy.fetch_sub(1, Ordering::AcqRel)
            } else {
                round.busy.fetch_add(1, Ordering::AcqRel)
            };
        }
        let all_rest = round.busy.load(Ordering::Acquire) == 0;
        all_rest.then(|| round.since.get_or_init(|| now).saturating_add(round.patience).unwrap_or(Timestamp::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_rest_only_when_all_rest_and_never_longer_than_the_patience() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let until = Until::Settled(Round::new(Channel::ALL.to_vec(), Duration::from_secs(10)));
        let (mut one, mut other) = (Rest::new(&until), Rest::new(&until));
        assert_eq!(one.horizon(true, at(0)), None, "the other has not said anything yet");
        assert_eq!(other.horizon(false, at(1)), None);
        assert_eq!(other.horizon(true, at(2)), Some(at(12)));
        assert_eq!(one.horizon(false, at(5)), None);
        assert_eq!(other.horizon(true, at(6)), None);
        assert_eq!(one.horizon(true, at(8)), Some(at(12)), "the first rest counts, or retries could go on for ever");
    }

    #[test]
    fn a_worker_that_serves_never_rests() {
        assert_eq!(Rest::new(&Until::Shutdown).horizon(true, Timestamp::UNIX_EPOCH), None);
    }
}
