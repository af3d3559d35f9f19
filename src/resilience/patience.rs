//! Waiting calmly for something that must work.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::sync::Arc;
use std::time::Duration;

use super::{Backoff, Fatal, Fault, Pulse, Trouble};
use crate::clock::Dice;

/// How to wait.
#[derive(Debug, Clone)]
pub struct Patience {
    pub backoff: Backoff,
    /// Between two lines in the log about the same trouble.
    pub remind_every: Duration,
    pub dice: Arc<Dice>,
    /// Where a fault is told that no waiting mends.
    pub fatal: Fatal,
    /// Where it can be seen what is being waited for.
    pub pulse: Pulse,
}

impl Patience {
    /// The account of `what`, told at this pace.
    pub fn trouble(&self, what: impl Into<String>) -> Trouble {
        Trouble::new(what, self.remind_every).kept_in(&self.pulse)
    }

    /// Tries until it works. The future may be dropped to give up.
    pub async fn until_ok<T, E, F>(&self, what: &str, attempt: impl FnMut() -> F) -> T
    where
        E: Fault,
        F: Future<Output = Result<T, E>>,
    {
        let Ok(value) = self.until_ok_or(pending::<Infallible>(), what, attempt).await;
        value
    }

    /// Tries until it works, or until `enough` resolves after a try that failed. A try is never cut short.
    pub async fn until_ok_or<T, E, F, G>(
        &self,
        enough: impl Future<Output = G>,
        what: &str,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, G>
    where
        E: Fault,
        F: Future<Output = Result<T, E>>,
    {
        tokio::pin!(enough);
        let mut trouble = self.trouble(what);
        let mut failures: u32 = 0;
        loop {
            match attempt().await {
                Ok(value) => {
                    trouble.is_over();
                    return Ok(value);
                }
                Err(fault) => {
                    trouble.goes_on(&fault);
                    self.fatal.tell(&fault);
                }
            }
            failures = failures.saturating_add(1);
            tokio::select! {
                biased;
                given_up = &mut enough => return Err(given_up),
                () = tokio::time::sleep(self.backoff.pause(failures, &self.dice)) => {}
            }
        }
    }
}
