//! The provider token: signed once for all, and neither too often nor too seldom for Apple.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::super::jwt::{NoRandomness, SigningKey};

/// Apple takes a token for an hour and refuses to be given new ones more often than every 20 minutes.
const RENEW_AFTER: SignedDuration = SignedDuration::from_mins(45);

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
}

impl Tokens {
    pub(super) fn new(key: SigningKey, key_id: String, team_id: String) -> Self {
        Self { key, key_id, team_id, current: Mutex::default() }
    }

    pub(super) fn get(&self, now: Timestamp) -> Result<String, NoRandomness> {
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
        *current = Some(Signed { token: token.clone(), at: now });
        Ok(token)
    }

    /// Forgets this token, which was refused; one that was signed meanwhile stays.
    pub(super) fn forget(&self, refused: &str) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|signed| signed.token == refused) {
            *current = None;
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
        let at = |minutes| tokens.get(start + SignedDuration::from_mins(minutes)).unwrap();
        let first = at(0);
        assert_eq!(at(44), first);
        let second = at(45);
        assert_ne!(second, first);
        tokens.forget(&first);
        assert_eq!(at(46), second, "another's was refused");
        tokens.forget(&second);
        let third = at(46);
        assert_ne!(third, second);
        assert_ne!(at(-60), third, "the clock was set back");
    }
}
