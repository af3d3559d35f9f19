//! The provider token: signed once for all, and neither too often nor too seldom for Apple.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::time::Instant;

use super::super::jwt::{NoRandomness, SigningKey};

/// Apple takes a token for an hour.
const RENEW_AFTER: SignedDuration = SignedDuration::from_mins(45);
/// It refuses to be given new ones more often than this. However far off the machine's clock is: this is time that passes.
const NOT_BEFORE: Duration = Duration::from_mins(20);

/// The token that all requests share.
pub(super) struct Tokens {
    key: SigningKey,
    key_id: String,
    team_id: String,
    current: Mutex<Option<Signed>>,
}

#[derive(Clone)]
struct Signed {
    token: String,
    at: Timestamp,
    since: Instant,
}

impl Tokens {
    pub(super) fn new(key: SigningKey, key_id: String, team_id: String) -> Self {
        Self { key, key_id, team_id, current: Mutex::default() }
    }

    /// `now` by the machine's clock, which may be set, and by the time that passes.
    pub(super) fn get(&self, now: Timestamp, passed: Instant) -> Result<String, NoRandomness> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        // A token from the future is one from before the clock was set back.
        if let Some(signed) = &*current
            && signed.at <= now
            && now.duration_since(signed.at) < RENEW_AFTER
        {
            return Ok(signed.token.clone());
        }
        let claims = json!({ "iss": self.team_id, "iat": now.as_second() });
        let token = self.key.sign(Some(&self.key_id), &claims)?;
        *current = Some(Signed { token: token.clone(), at: now, since: passed });
        Ok(token)
    }

    /// Forgets this token, which has run out by Apple's clock; one that was signed meanwhile stays. `false`: it was signed so
    /// lately that another would be no better.
    pub(super) fn forget(&self, refused: &str, passed: Instant) -> bool {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match &*current {
            Some(signed) if signed.token != refused => true,
            Some(signed) if passed.duration_since(signed.since) < NOT_BEFORE => false,
            _ => {
                *current = None;
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::keys_for_tests::EC_PEM;

    #[test]
    fn a_token_serves_all_until_it_is_old_or_refused() {
        let tokens = Tokens::new(SigningKey::es256(EC_PEM).unwrap(), "K".into(), "T".into());
        let start: Timestamp = "2026-11-27T06:00:00Z".parse().unwrap();
        let begun = Instant::now();
        let at = |minutes| tokens.get(start + SignedDuration::from_mins(minutes), begun).unwrap();
        let first = at(0);
        assert_eq!(at(44), first);
        let second = at(45);
        assert_ne!(second, first);
        assert!(tokens.forget(&first, begun));
        assert_eq!(at(46), second, "another's was refused");
        assert!(!tokens.forget(&second, begun), "Apple would refuse a third so soon");
        assert_eq!(at(46), second);
        assert!(tokens.forget(&second, begun + NOT_BEFORE));
        let third = at(46);
        assert_ne!(third, second);
        assert_ne!(at(-60), third, "the clock was set back");
    }
}
