//! How long to wait before the next try.

use std::time::Duration;

use crate::clock::Dice;

/// Exponential backoff with full jitter: each pause is drawn between zero and a bound that doubles up to `max`
/// (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    pub min: Duration,
    pub max: Duration,
}

impl Backoff {
    /// The bound of the pause after the `attempt`th try (from 1) failed.
    pub fn bound(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        self.min.saturating_mul(1 << doublings).min(self.max)
    }

    /// The pause itself.
    pub fn pause(&self, attempt: u32, dice: &Dice) -> Duration {
        self.bound(attempt).mul_f64(dice.fraction())
    }
}
