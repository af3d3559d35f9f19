//! `dashlight check`: everything that can be found wrong before a message is sent, gathered in one report.
//!
//! What is wrong is found by those who know it: the configuration, the catalog, the messages themselves. This module asks them all,
//! puts the findings in order and writes them down for people, for programs and for code hosts.

mod events;
mod json;
mod json_place;
mod online;
mod sarif;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use crate::catalog::{Catalog, Inspection, Origin};
use crate::config::{App, Policy};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Source};
use crate::policy::Channel;

use super::{rendered, scenario};

pub use events::{Against, Events};
pub use online::Proof;

/// What was found, and in how much.
#[derive(Debug, Default)]
pub struct Report {
    /// By file and line, each once; what has no place comes first.
    findings: Vec<Diagnostic>,
    /// What was asked outside.
    proofs: Vec<Proof>,
}

/// What was found in the content.
#[derive(Debug, Default)]
pub struct Content {
    /// `None`: it cannot be loaded, and the messages that it would make were not looked at.
    pub catalog: Option<Catalog>,
    pub findings: Vec<Diagnostic>,
    /// How many messages were looked at.
    pub messages: usize,
    /// Every file that was read, as [`Inspection::sources`] has it.
    pub sources: BTreeMap<String, Arc<Source>>,
}

impl Content {
    /// All content, looked at as closely as possible: the files, then every message that they make.
    pub fn of(origin: &Origin, apps: &BTreeMap<String, App>, policy: &Policy) -> Self {
        let Inspection { catalog, mut findings, sources } = Catalog::inspect(origin, apps);
        let Some(catalog) = catalog else { return Self { catalog, findings, messages: 0, sources } };
        findings.extend(rendered::findings(&catalog, apps));
        let messages = messages(&catalog, apps);
        let catalog = match catalog.with_policy(policy) {
            Ok(catalog) => Some(catalog),
            Err(Diagnostics(faults)) => {
                findings.extend(faults);
                None
            }
        };
        Self { catalog, findings, messages, sources }
    }
}

/// How many messages [`rendered::findings`] looks at.
fn messages(catalog: &Catalog, apps: &BTreeMap<String, App>) -> usize {
    let mut messages = 0;
    for about in catalog.keys().filter_map(|key| catalog.about(key)) {
        for scenario in scenario::of(&about) {
            let fits = |app: &&App| {
                let error = scenario.error(&about.key, app, None, Timestamp::UNIX_EPOCH);
                catalog.choose(about.news, &error, app).is_ok_and(|choice| choice.notice == about.key)
            };
            messages += apps.values().filter(fits).count() * catalog.locales().count() * Channel::ALL.len();
        }
    }
    messages
}

impl Report {
    /// Puts findings in order. Two checks that find the same are heard once.
    pub fn new(mut findings: Vec<Diagnostic>) -> Self {
        findings.sort_by(in_order);
        findings.dedup();
        Self { findings, proofs: Vec::new() }
    }

    /// With what was asked outside, in this order.
    #[must_use]
    pub fn with_proofs(self, proofs: Vec<Proof>) -> Self {
        Self { proofs, ..self }
    }

    pub fn proofs(&self) -> &[Proof] {
        &self.proofs
    }

    /// The proofs for people: one line for each.
    pub fn online(&self) -> String {
        online::human(&self.proofs)
    }

    pub fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }

    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// How many files have findings.
    pub fn files(&self) -> usize {
        self.findings.iter().filter_map(path).collect::<BTreeSet<_>>().len()
    }

    /// For people, as rustc does it.
    pub fn human(&self, color: bool) -> String {
        // A copy of the findings, not of the files that they lie in.
        Diagnostics(self.findings.clone()).render(color)
    }

    /// For programs; [`Report::schema`] describes it.
    pub fn json(&self) -> serde_json::Value {
        json::write(self)
    }

    /// JSON Schema of [`Report::json`].
    pub fn schema() -> serde_json::Value {
        json::schema()
    }

    /// For code hosts: SARIF 2.1.0.
    pub fn sarif(&self) -> serde_json::Value {
        sarif::write(self)
    }
}

fn path(finding: &Diagnostic) -> Option<&Path> {
    finding.place.as_ref().map(|place| place.source.path.as_path())
}

fn in_order(a: &Diagnostic, b: &Diagnostic) -> Ordering {
    let start = |finding: &Diagnostic| finding.place.as_ref().map(|place| (place.span.start, place.span.end));
    let key = |finding: &Diagnostic| (finding.code.id, finding.severity);
    path(a)
        .cmp(&path(b))
        .then_with(|| start(a).cmp(&start(b)))
        .then_with(|| key(a).cmp(&key(b)))
        .then_with(|| (&a.message, &a.help).cmp(&(&b.message, &b.help)))
}

#[cfg(test)]
mod tests;
