//! Content that is edited while the worker runs: under load, by every kind of save, broken and mended, and in the program itself.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by panicking")]

#[path = "../support/logs.rs"]
mod logs;
mod program;
mod site;
#[path = "../support/mod.rs"]
mod support;
mod telling;
mod under_load;

use std::time::Duration;

use tokio::time::timeout;

/// Nothing here takes long; a hang is a failure and not a stuck run.
async fn patiently<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(Duration::from_mins(3), future).await.unwrap_or_else(|_| panic!("it hangs: {what}"))
}

/// Waits for what nobody announces.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    patiently(what, async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}
