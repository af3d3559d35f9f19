//! Whether `apns.environment` is the one that the app was built for. Apple calls a token of the other environment just what it
//! calls one that never was: `BadDeviceToken`.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// So many tokens in a row that Apple does not know, all of them different, are not chance.
const SEVERAL: usize = 3;

/// What Apple's answers have taught. It outlives the key.
#[derive(Debug, Default)]
pub(in super::super) struct Environment(Mutex<Known>);

#[derive(Debug)]
enum Known {
    Right,
    /// The tokens that Apple did not know; at most [`SEVERAL`].
    Doubtful(BTreeSet<Box<str>>),
}

/// What a token that Apple does not know stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stranger {
    /// For itself: Apple knows others.
    Alone,
    /// For itself, or for all of them.
    Undecided,
    /// For all of them: the environment is the other one.
    LikeAll,
}

impl Default for Known {
    fn default() -> Self {
        Self::Doubtful(BTreeSet::new())
    }
}

impl Environment {
    /// Apple has a device of this environment.
    pub(super) fn proven(&self) {
        *self.known() = Known::Right;
    }

    /// Apple does not know this token.
    pub(super) fn stranger(&self, token: &str) -> Stranger {
        match &mut *self.known() {
            Known::Right => Stranger::Alone,
            Known::Doubtful(strangers) => {
                if strangers.len() < SEVERAL {
                    strangers.insert(token.into());
                }
                if strangers.len() < SEVERAL { Stranger::Undecided } else { Stranger::LikeAll }
            }
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_token_that_apple_does_not_know_proves_nothing_however_often_it_is_tried() {
        let environment = Environment::default();
        for _ in 0..10 {
            assert_eq!(environment.stranger("a"), Stranger::Undecided);
        }
        assert_eq!(environment.stranger("b"), Stranger::Undecided);
        assert_eq!(environment.stranger("c"), Stranger::LikeAll);
        assert_eq!(environment.stranger("a"), Stranger::LikeAll);
        environment.proven();
        for token in ["a", "d", "e", "f"] {
            assert_eq!(environment.stranger(token), Stranger::Alone);
        }
    }
}
