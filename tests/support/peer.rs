//! Where the software of other makers is that a test is held against: `tests/run` installs it, starts it and says so in the
//! environment.

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
