//! What does not work just now, kept for whoever asks: since when, and why.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

/// The troubles that last. Clones look at the same.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<Mutex<BTreeMap<String, Ailment>>>);

/// One thing that does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ailment {
    pub since: Instant,
    pub reason: String,
}

impl Pulse {
    /// `what` does not work.
    pub fn fails(&self, what: &str, reason: &str) {
        let mut ailments = self.ailments();
        match ailments.get_mut(what) {
            Some(ailment) => reason.clone_into(&mut ailment.reason),
            None => {
                ailments.insert(what.to_owned(), Ailment { since: Instant::now(), reason: reason.to_owned() });
            }
        }
    }

    /// `what` works.
    pub fn works(&self, what: &str) {
        self.ailments().remove(what);
    }

    /// What does not work and has a name that begins like this: the one that has lasted longest.
    pub fn ailment(&self, what: &str) -> Option<Ailment> {
        let ailments = self.ailments();
        let of_it = ailments.iter().filter(|(name, _)| name.starts_with(what));
        of_it.min_by_key(|(_, ailment)| ailment.since).map(|(_, ailment)| ailment.clone())
    }

    fn ailments(&self) -> MutexGuard<'_, BTreeMap<String, Ailment>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_known_by_its_name_since_its_first_failure_and_until_it_works() {
        let pulse = Pulse::default();
        pulse.fails("the ledger, for events", "locked");
        let since = pulse.ailment("the ledger").unwrap().since;
        pulse.fails("the ledger, for events", "full");
        pulse.fails("the directory", "gone");
        pulse.fails("the ledger, for email to send", "closed");
        assert_eq!(pulse.clone().ailment("the ledger"), Some(Ailment { since, reason: "full".into() }));
        pulse.works("the ledger, for events");
        assert_eq!(pulse.ailment("the ledger").unwrap().reason, "closed");
        pulse.works("the ledger, for email to send");
        assert_eq!(pulse.ailment("the ledger"), None);
        assert_eq!(pulse.ailment("the directory").unwrap().reason, "gone");
    }
}
