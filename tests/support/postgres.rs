//! The database of the tests: the cluster that `tests/run` starts (`tests/postgres`) and names in
//! `DASHLIGHT_TEST_POSTGRES`. Each test has a schema of its own.

#![allow(dead_code, reason = "each test file uses its part of it")]

#[path = "peer.rs"]
pub(crate) mod peer;

use std::time::Duration;

use dashlight::config::{Postgres, Secret};

/// `None`: there is no server.
pub(crate) fn config() -> Option<Postgres> {
    let url = peer::named("DASHLIGHT_TEST_POSTGRES")?;
    Some(Postgres {
        url: Secret::new(url),
        schema: format!("test_{:016x}", fastrand::u64(..)),
        pool_size: 4,
        connect_timeout: Duration::from_secs(10),
        request_timeout: Duration::from_secs(20),
        ca_file: None,
    })
}
