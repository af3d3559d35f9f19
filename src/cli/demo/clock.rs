//! The demo's own time: it begins with the first event and may run faster than the clock on the wall.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::clock::{Clock, SystemClock};

/// A clock that stands still until it is begun and then runs `speed` times as fast as the one on the wall. Clones show the
/// same time.
#[derive(Debug, Clone)]
pub(super) struct DemoClock {
    made: Timestamp,
    begun: Arc<OnceLock<Instant>>,
    speed: f64,
}

impl DemoClock {
    pub(super) fn new(speed: f64) -> Self {
        Self { made: SystemClock.now(), begun: Arc::default(), speed }
    }

    /// The demo's time since it began.
    pub(super) fn elapsed(&self) -> Duration {
        self.begun.get().map_or(Duration::ZERO, |begun| begun.elapsed().mul_f64(self.speed))
    }

    /// Waits until so much of the demo's time has passed; the first wait begins it.
    pub(super) async fn reach(&self, elapsed: Duration) {
        let begun = *self.begun.get_or_init(Instant::now);
        tokio::time::sleep_until(begun + elapsed.div_f64(self.speed)).await;
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.elapsed()).unwrap_or(SignedDuration::ZERO);
        self.made.saturating_add(elapsed).unwrap_or(Timestamp::MAX)
    }
}
