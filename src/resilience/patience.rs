//! Waiting for something that must work, calmly: says so once, then once in a while, and says when it is over.

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tracing::{error, info};

use super::Backoff;
use crate::clock::Dice;

/// How to wait.
#[derive(Debug, Clone)]
pub struct Patience {
    pub backoff: Backoff,
    /// Between two lines in the log about the same trouble.
    pub remind_every: Duration,
    pub dice: Arc<Dice>,
}

impl Patience {
    /// Tries until it works. The future may be dropped to give up.
    pub async fn until_ok<T, E, F>(&self, what: &str, mut attempt: impl FnMut() -> F) -> T
    where
        E: Display,
        F: Future<Output = Result<T, E>>,
    {
        let mut failures = 0;
        let mut quiet_since = tokio::time::Instant::now();
        loop {
            match attempt().await {
                Ok(value) => {
                    if failures > 0 {
                        info!(tries = failures + 1, "{what} works again");
                    }
                    return value;
                }
                Err(fault) => {
                    failures += 1;
                    if failures == 1 || quiet_since.elapsed() >= self.remind_every {
                        error!(tries = failures, "waiting for {what}: {fault}");
                        quiet_since = tokio::time::Instant::now();
                    }
                }
            }
            tokio::time::sleep(self.backoff.pause(failures, &self.dice)).await;
        }
    }
}
