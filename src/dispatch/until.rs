//! When the loops end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;

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
    busy: Arc<AtomicUsize>,
    patience: Duration,
}

impl Round {
    /// A round of so many loops, which wait for retries that become due within `patience` of the first rest.
    pub fn new(loops: usize, patience: Duration) -> Self {
        Self { busy: Arc::new(AtomicUsize::new(loops)), patience }
    }
}

/// One loop's part in a [`Round`].
#[derive(Debug)]
pub(super) struct Rest {
    round: Option<Round>,
    is_busy: bool,
    /// When it had nothing to do for the first time.
    since: Option<Timestamp>,
}

impl Rest {
    pub(super) fn new(until: &Until) -> Self {
        let round = match until {
            Until::Shutdown => None,
            Until::Settled(round) => Some(round.clone()),
        };
        Self { round, is_busy: true, since: None }
    }

    /// Until when the loop waits for what becomes due; `None` while there is something to do, here or in another loop.
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
        if !is_idle {
            return None;
        }
        let since = *self.since.get_or_insert(now);
        let all_rest = round.busy.load(Ordering::Acquire) == 0;
        all_rest.then(|| since.saturating_add(round.patience).unwrap_or(Timestamp::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_rest_only_when_all_rest_and_never_longer_than_the_patience() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let until = Until::Settled(Round::new(2, Duration::from_secs(10)));
        let (mut one, mut other) = (Rest::new(&until), Rest::new(&until));
        assert_eq!(one.horizon(true, at(0)), None, "the other has not said anything yet");
        assert_eq!(other.horizon(false, at(1)), None);
        assert_eq!(other.horizon(true, at(2)), Some(at(12)));
        assert_eq!(one.horizon(true, at(5)), Some(at(10)));
        assert_eq!(one.horizon(false, at(6)), None);
        assert_eq!(other.horizon(true, at(7)), None);
        assert_eq!(one.horizon(true, at(8)), Some(at(10)), "the first rest counts, or retries could go on for ever");
    }

    #[test]
    fn a_worker_that_serves_never_rests() {
        assert_eq!(Rest::new(&Until::Shutdown).horizon(true, Timestamp::UNIX_EPOCH), None);
    }
}
