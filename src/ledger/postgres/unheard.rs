//! Claims that may have been made and that nobody heard of: the connection was lost during the commit, or the caller has
//! gone. They were never sent, so nothing is in doubt; they only must not wait for their leases.
//!
//! Each call that claims has a name of its own, which the claims are made under.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::ledger::Claimant;

#[derive(Debug, Default)]
pub(super) struct Unheard(Mutex<Names>);

#[derive(Debug, Default)]
struct Names {
    calls: u64,
    waiting: Vec<(String, Instant)>,
}

impl Unheard {
    /// The name of a call that is about to claim. To be taken once there is a connection.
    pub(super) fn ticket<'a>(&'a self, claimant: &'a Claimant) -> Ticket<'a> {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.calls += 1;
        Ticket { unheard: self, name: format!("{}/{}", claimant.owner, names.calls), claimant, heard: false }
    }

    /// The calls whose claims are to be given back.
    pub(super) fn names(&self) -> Vec<String> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.waiting.iter().map(|(name, _)| name.clone()).collect()
    }

    /// They were. A lost connection's last statement may still be running on the server, so a name counts until the
    /// `longest` statement is over.
    pub(super) fn given_back(&self, longest: Duration) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.waiting.retain(|(_, since)| since.elapsed() <= longest);
    }
}

/// One call that claims. Dropped without [`Ticket::heard`], its claims are given back.
#[derive(Debug)]
pub(super) struct Ticket<'a> {
    unheard: &'a Unheard,
    pub(super) name: String,
    pub(super) claimant: &'a Claimant,
    heard: bool,
}

impl Ticket<'_> {
    /// The caller knows what it has claimed.
    pub(super) fn heard(mut self) {
        self.heard = true;
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if !self.heard {
            let mut names = self.unheard.0.lock().unwrap_or_else(PoisonError::into_inner);
            names.waiting.push((std::mem::take(&mut self.name), Instant::now()));
        }
    }
}
