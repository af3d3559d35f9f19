//! The content as it was last read, and the last of it that could be used.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::{Catalog, Inspection, Origin};
use crate::config::{App, Policy};
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
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
    /// Reads the content for the first time, as closely as possible.
    pub(super) fn open(&self) -> Content {
        let content = self.read(None, 0);
        self.look_closer(&content).unwrap_or(content)
    }

    /// The same at a glance: without the findings that only the messages themselves show.
    pub(super) fn glance(&self) -> Content {
        self.read(None, 0)
    }

    /// Reads the content again, at a glance; what cannot be used leaves the last good one in place.
    pub(super) fn reopen(&self, last: &Content) -> Content {
        self.read(last.catalog.clone(), last.generation + 1)
    }

    /// The same content with what is found in every message that it makes; `None`: nothing more is. An edit that comes in between is told
    /// by itself.
    pub(super) fn look_closer(&self, content: &Content) -> Option<Content> {
        let found = check::Content::of(&self.origin, &self.apps, &self.policy).findings;
        let findings = Findings::sort(found, &content.sources);
        let more = findings != content.findings;
        more.then(|| Content { findings, generation: content.generation + 1, ..content.clone() })
    }

    fn read(&self, last: Option<Arc<Catalog>>, generation: u64) -> Content {
        let Inspection { catalog, mut findings, sources } = Catalog::inspect(&self.origin, &self.apps);
        let catalog = catalog.and_then(|catalog| self.under_policy(catalog, &mut findings));
        let refused = catalog.is_none();
        let catalog = catalog.map(|catalog| Arc::new(catalog.with_pseudolocales())).or(last);
        let findings = Findings::sort(findings, &sources);
        Content { catalog, refused, sources, findings, generation }
    }

    fn under_policy(&self, catalog: Catalog, findings: &mut Vec<Diagnostic>) -> Option<Catalog> {
        match catalog.with_policy(&self.policy) {
            Ok(catalog) => Some(catalog),
            Err(Diagnostics(faults)) => {
                findings.extend(faults);
                None
            }
        }
    }
}
