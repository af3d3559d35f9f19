//! Where the software of other makers is that a test is held against: `tests/run` installs it, starts it and says so in the
//! environment.

use std::net::{Ipv4Addr, TcpListener};

/// A port for a server that has to be told one. The system itself gives out higher ones, so that nobody else has got it
/// until the server listens.
#[allow(dead_code, reason = "most servers choose one themselves")]
pub(crate) fn free_port() -> u16 {
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    std::iter::repeat_with(|| fastrand::u16(20_000..32_000)).find(is_free).expect("there is always another")
}

/// What `tests/run` says; `None`, said aloud, in a run without servers. In a whole run (`DASHLIGHT_TEST_ALL`) nothing may be
/// skipped.
#[expect(clippy::disallowed_methods, reason = "a test learns from its environment where its peers are")]
pub(crate) fn named(variable: &str) -> Option<String> {
    let value = std::env::var(variable).ok();
    if value.is_none() {
        assert!(std::env::var("DASHLIGHT_TEST_ALL").is_err(), "`{variable}` is not set, and nothing may be skipped");
        eprintln!("skipped: `{variable}` is not set; `tests/run` starts what this test needs and sets it");
    }
    value
}
