//! Time and chance, passed in. Nothing else in the crate asks the system for either (`clippy.toml` forbids it),
//! so every decision can be replayed in a test.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

/// What time it is.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// The clock on the wall.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is moved: for tests.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    pub fn advance(&self, by: jiff::SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.saturating_add(by).unwrap_or(Timestamp::MAX);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A source of chance, shared by all that jitter.
#[derive(Debug)]
pub struct Dice(Mutex<fastrand::Rng>);

impl Dice {
    /// Seeded by the system.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for chance")]
    pub fn new() -> Self {
        Self(Mutex::new(fastrand::Rng::new()))
    }

    /// The same throws on every run: for tests.
    pub fn seeded(seed: u64) -> Self {
        Self(Mutex::new(fastrand::Rng::with_seed(seed)))
    }

    /// A number from 0 (included) to 1 (excluded).
    pub fn fraction(&self) -> f64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).f64()
    }

    /// Any number: for ids that must differ from those of other runs.
    pub fn number(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).u64(..)
    }
}

impl Default for Dice {
    fn default() -> Self {
        Self::new()
    }
}
