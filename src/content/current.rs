//! The content in force, and how it came to be.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use jiff::Timestamp;

use crate::catalog::Catalog;

/// The content in force. Clones look at the same.
///
/// Whoever decides about an event or composes a message takes the catalog once and keeps to it: what is taken never changes.
#[derive(Debug, Clone)]
pub struct Current(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Held only for as long as it takes to copy or replace a pointer.
    catalog: RwLock<Arc<Catalog>>,
    standing: Mutex<Standing>,
}

/// How the content stands, for health and metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// In force.
    pub revision: Arc<str>,
    pub since: Timestamp,
    /// Edits that took its place since the start.
    pub taken: u64,
    /// Edits that did not.
    pub refused: u64,
    /// When the last edit was looked at.
    pub last: Option<Timestamp>,
    /// The last edit cannot be used; what was in force before still is.
    pub broken: Option<Broken>,
}

/// An edit that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    pub since: Timestamp,
    pub faults: usize,
    /// Of its findings.
    pub codes: BTreeSet<&'static str>,
}

impl Current {
    pub fn new(catalog: Catalog, now: Timestamp) -> Self {
        let revision = Arc::clone(catalog.revision());
        let standing = Standing { revision, since: now, taken: 0, refused: 0, last: None, broken: None };
        Self(Arc::new(Shared { catalog: RwLock::new(Arc::new(catalog)), standing: Mutex::new(standing) }))
    }

    pub fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.0.catalog.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn standing(&self) -> Standing {
        self.history().clone()
    }

    /// Puts another catalog in force.
    pub(super) fn replace(&self, catalog: Catalog, now: Timestamp) {
        let catalog = Arc::new(catalog);
        let mut standing = self.history();
        standing.revision = Arc::clone(catalog.revision());
        standing.since = now;
        standing.taken += 1;
        standing.last = Some(now);
        standing.broken = None;
        *self.0.catalog.write().unwrap_or_else(PoisonError::into_inner) = catalog;
    }

    /// What was looked at is what is in force.
    pub(super) fn confirm(&self, now: Timestamp) {
        let mut standing = self.history();
        standing.last = Some(now);
        standing.broken = None;
    }

    /// What was looked at cannot be used.
    pub(super) fn refuse(&self, codes: BTreeSet<&'static str>, faults: usize, now: Timestamp) {
        let mut standing = self.history();
        standing.refused += 1;
        standing.last = Some(now);
        let since = standing.broken.as_ref().map_or(now, |broken| broken.since);
        standing.broken = Some(Broken { since, faults, codes });
    }

    fn history(&self) -> MutexGuard<'_, Standing> {
        self.0.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
