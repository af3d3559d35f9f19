//! Which messages another version of the content makes differently: both rendered for the same owners, by the same configuration.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{About, Catalog};
use crate::config::App;
use crate::diagnostic::Diagnostic;
use crate::message::{Email, Message};
use crate::policy::Channel;
use crate::workbench::scenario;

use super::content::{Content, Library};
use super::past::Past;
use super::{mail, pages, sample_time};

/// All that differs from a revision.
#[derive(Debug)]
pub(super) struct Comparison {
    pub(super) revision: String,
    pub(super) title: String,
    /// Why the content of that revision made no messages; then there is nothing to compare with.
    pub(super) refused: Vec<Diagnostic>,
    pub(super) changes: Vec<Change>,
    /// How many messages are the same.
    pub(super) same: usize,
}

/// A message, one notice in one language, that is not what it was.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) about: About,
    pub(super) locale: String,
    pub(super) app: String,
    /// The scenario that is shown: the first of those in which it differs.
    pub(super) scenario: &'static str,
    /// In how many of how many scenarios and apps it differs.
    pub(super) differs: (usize, usize),
    /// `None`: there was no such notice.
    pub(super) before: Option<Version>,
    /// `None`: there is none any more.
    pub(super) after: Option<Version>,
}

/// What an owner gets.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Version {
    /// The language that served.
    pub(super) locale: String,
    pub(super) email: Result<Email, String>,
    pub(super) title: String,
    pub(super) body: String,
}

/// What kind of change it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Added,
    Removed,
    Changed,
}

impl Change {
    pub(super) fn kind(&self) -> Kind {
        match (&self.before, &self.after) {
            (None, _) => Kind::Added,
            (_, None) => Kind::Removed,
            _ => Kind::Changed,
        }
    }
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

impl Version {
    /// Its texts by their names, for telling what changed.
    pub(super) fn lines(&self) -> [(&'static str, String); 4] {
        let email = self.email.as_ref().ok();
        [
            ("Subject", email.map(|email| email.subject.clone()).unwrap_or_default()),
            ("Preheader", email.map(|email| mail::snippet(&email.html)).unwrap_or_default()),
            ("Push title", self.title.clone()),
            ("Push text", self.body.clone()),
        ]
    }

    /// The text part, or why there is no mail.
    pub(super) fn text(&self) -> &str {
        match &self.email {
            Ok(email) => &email.text,
            Err(fault) => fault,
        }
    }
}

impl Comparison {
    pub(super) fn with(past: &Past, library: &Library, content: &Content) -> Self {
        let old = Library { origin: past.origin.clone(), ..library.clone() }.open();
        let mut comparison = Self {
            revision: past.revision.clone(),
            title: past.title.clone(),
            refused: Vec::new(),
            changes: Vec::new(),
            same: 0,
        };
        match (&old.catalog, &content.catalog) {
            (Some(before), Some(after)) => comparison.fill(before, after, &library.apps),
            _ => comparison.refused = old.findings.all().map(|finding| past.named(finding)).collect(),
        }
        comparison
    }

    pub(super) fn count(&self, kind: Kind) -> usize {
        self.changes.iter().filter(|change| change.kind() == kind).count()
    }

    fn fill(&mut self, before: &Catalog, after: &Catalog, apps: &BTreeMap<String, App>) {
        let by_folder = |catalog: &Catalog| -> BTreeMap<String, About> {
            pages::abouts(catalog).into_iter().map(|about| (about.folder.clone(), about)).collect()
        };
        let (old, new) = (by_folder(before), by_folder(after));
        let locales: BTreeSet<&str> = [before, after].into_iter().flat_map(pages::real_locales).collect();
        let all: BTreeMap<&String, &About> = old.iter().chain(&new).collect();
        for (folder, about) in all {
            let was = old.contains_key(folder).then_some(before);
            let is = new.contains_key(folder).then_some(after);
            for locale in &locales {
                match change(was, is, about, locale, apps) {
                    Some(change) => self.changes.push(change),
                    None => self.same += 1,
                }
            }
        }
    }
}

fn change(
    was: Option<&Catalog>,
    is: Option<&Catalog>,
    about: &About,
    locale: &str,
    apps: &BTreeMap<String, App>,
) -> Option<Change> {
    let mut found: Option<Change> = None;
    let (mut differs, mut tried) = (0, 0);
    for app in apps.values() {
        for scenario in scenario::of(about) {
            let version = |catalog: &Catalog| version(catalog, about, app, &scenario, locale);
            let (before, after) = (was.map(version), is.map(version));
            tried += 1;
            if before == after {
                continue;
            }
            differs += 1;
            found.get_or_insert_with(|| Change {
                about: about.clone(),
                locale: locale.to_owned(),
                app: app.id.clone(),
                scenario: scenario.id,
                differs: (0, 0),
                before,
                after,
            });
        }
    }
    found.map(|change| Change { differs: (differs, tried), ..change })
}

fn version(catalog: &Catalog, about: &About, app: &App, scenario: &scenario::Scenario, locale: &str) -> Version {
    let error = scenario.error(&about.key, app, Some(locale), sample_time());
    let others = scenario.others(&error);
    let compose = |channel| scenario::compose(catalog, about.news, &error, &others, app, channel);
    let mut served = locale.to_owned();
    let email = match compose(Channel::Email).map(|composed| (composed.locale, composed.message)) {
        Ok((locale, Message::Email(email))) => {
            served = locale;
            Ok(email)
        }
        Ok(_) => Err(String::new()),
        Err(fault) => Err(fault.to_string()),
    };
    let (title, body) = match compose(Channel::Push).map(|composed| composed.message) {
        Ok(Message::Push(push)) => (push.title, push.body),
        _ => Default::default(),
    };
    Version { locale: served, email, title, body }
}
