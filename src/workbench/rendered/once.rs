//! The same cause shows in many messages: it is told once, with the message in which it was first seen and how many others
//! have it.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;

use crate::diagnostic::Diagnostic;

use super::Sample;

/// What is wrong, in the order in which it was found.
#[derive(Debug, Default)]
pub(super) struct Once {
    found: Vec<Found>,
    /// By code and place; by what is told where there is no place.
    known: HashMap<Cause, usize>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Cause {
    code: &'static str,
    place: Result<(PathBuf, Range<usize>), String>,
}

#[derive(Debug)]
struct Found {
    finding: Diagnostic,
    /// The message that it is told of.
    sample: String,
    scenarios: BTreeSet<&'static str>,
    locales: BTreeSet<String>,
    apps: BTreeSet<String>,
}

impl Once {
    pub(super) fn add(&mut self, sample: &Sample<'_>, finding: Diagnostic) {
        let place = finding.place.as_ref().map(|place| (place.source.path.clone(), place.span.clone()));
        let cause = Cause { code: finding.code.id, place: place.ok_or_else(|| finding.message.clone()) };
        let index = *self.known.entry(cause).or_insert(self.found.len());
        let (app, locale, scenario) = (&sample.app.id, sample.asked, sample.scenario.id);
        let name = || format!("{app}, {locale}, {}, {scenario}", sample.channel);
        match self.found.get_mut(index) {
            None => self.found.push(Found {
                finding,
                sample: name(),
                scenarios: BTreeSet::from([scenario]),
                locales: BTreeSet::from([locale.to_string()]),
                apps: BTreeSet::from([app.clone()]),
            }),
            Some(found) => {
                found.scenarios.insert(scenario);
                found.locales.insert(locale.to_string());
                found.apps.insert(app.clone());
                // The worst of them is the one to tell.
                if finding.severity > found.finding.severity {
                    found.sample = name();
                    found.finding = finding;
                }
            }
        }
    }

    pub(super) fn told(self) -> Vec<Diagnostic> {
        self.found.into_iter().map(Found::told).collect()
    }
}

impl Found {
    fn told(self) -> Diagnostic {
        let Self { finding, sample, scenarios, locales, apps } = self;
        let kinds = [("scenario", scenarios.len()), ("language", locales.len()), ("app", apps.len())];
        let others: Vec<String> = kinds
            .into_iter()
            .filter(|(_, count)| *count > 1)
            .map(|(kind, count)| format!("{} other {kind}{}", count - 1, if count == 2 { "" } else { "s" }))
            .collect();
        let others = if others.is_empty() { String::new() } else { format!("; also in {}", others.join(", ")) };
        Diagnostic { message: format!("{} ({sample}{others})", finding.message), ..finding }
    }
}
