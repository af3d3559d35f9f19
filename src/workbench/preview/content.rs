//! The content as it was last read, and the last of it that could be used.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::{Catalog, Origin};
use crate::config::{App, Policy};
use crate::diagnostic::Source;
use crate::workbench::check;

use super::findings::Findings;

/// Where content comes from and under which rules it is read.
#[derive(Debug, Clone)]
pub struct Library {
    pub origin: Origin,
    pub apps: Arc<BTreeMap<String, App>>,
    pub policy: Policy,
}

/// What is shown.
#[derive(Debug, Clone)]
pub(super) struct Content {
    /// The last that could be loaded, with the pseudolocales; `None`: never yet.
    pub(super) catalog: Option<Arc<Catalog>>,
    /// The files of today cannot be loaded, and `catalog` is from before.
    pub(super) refused: bool,
    /// Of today.
    pub(super) sources: BTreeMap<String, Arc<Source>>,
    pub(super) findings: Findings,
    /// Counts the changes, so that browsers know an old page from a new one.
    pub(super) generation: u64,
}

impl Library {
    /// Reads the content for the first time.
    pub(super) fn open(&self) -> Content {
        self.read(None, 0)
    }

    /// Reads the content again; what cannot be used leaves the last good one in place.
    pub(super) fn reopen(&self, last: &Content) -> Content {
        self.read(last.catalog.clone(), last.generation + 1)
    }

    fn read(&self, last: Option<Arc<Catalog>>, generation: u64) -> Content {
        let check::Content { catalog, findings, sources, .. } =
            check::Content::of(&self.origin, &self.apps, &self.policy);
        let refused = catalog.is_none();
        let catalog = catalog.map(|catalog| Arc::new(catalog.with_pseudolocales())).or(last);
        let findings = Findings::sort(findings, &sources);
        Content { catalog, refused, sources, findings, generation }
    }
}
