//! Messages as owners would get them: every notice in every language, over every channel, for every app, in every scenario.
//!
//! What is wrong is told at the words or the template that it comes from, once for each cause.

mod leftover;
mod length;
mod links;
mod once;
mod shape;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::catalog::{About, Catalog, Composed, Line, Wording};
use crate::config::App;
use crate::diagnostic::{Diagnostic, codes};
use crate::event::VehicleError;
use crate::message::Message;
use crate::policy::Channel;

use super::scenario::{self, Scenario};
use once::Once;

/// What is wrong with any of the messages, each cause once.
pub fn findings(catalog: &Catalog, apps: &BTreeMap<String, App>) -> Vec<Diagnostic> {
    let mut once = Once::default();
    for about in catalog.keys().filter_map(|key| catalog.about(key)) {
        for scenario in &scenario::of(&about) {
            for app in apps.values() {
                for asked in catalog.locales() {
                    // Samples have no time of their own.
                    let error = scenario.error(&about.key, app, Some(asked), Timestamp::UNIX_EPOCH);
                    // A notice that does not fit the car gives way to the general one, which is tried for itself.
                    if catalog.choose(about.news, &error, app).is_ok_and(|choice| choice.notice == about.key) {
                        let others = scenario.others(&error);
                        let wording = catalog.wording(about.news, &error, &others, app);
                        for channel in Channel::ALL {
                            let (about, error, others, wording) = (&about, &error, &others, wording.as_ref());
                            Sample { catalog, about, app, asked, scenario, error, others, wording, channel }
                                .look(&mut once);
                        }
                    }
                }
            }
        }
    }
    once.told()
}

/// One message, and all that it is made of.
#[derive(Clone, Copy)]
struct Sample<'a> {
    catalog: &'a Catalog,
    about: &'a About,
    app: &'a App,
    asked: &'a Arc<str>,
    scenario: &'a Scenario,
    error: &'a VehicleError,
    others: &'a [VehicleError],
    wording: Option<&'a Wording>,
    channel: Channel,
}

impl Sample<'_> {
    fn look(&self, once: &mut Once) {
        match scenario::compose(self.catalog, self.about.news, self.error, self.others, self.app, self.channel) {
            Ok(composed) => {
                self.fallback(&composed, once);
                leftover::look(self, &composed.message, once);
                length::look(self, &composed.message, once);
                links::look(self, &composed.message, once);
                shape::look(self, &composed.message, once);
            }
            Err(error) => {
                let fault = Diagnostic::new(&codes::message::NOT_COMPOSED, error.to_string());
                once.add(self, self.placed(fault, self.file(), ""));
            }
        }
    }

    /// A language that cannot say the notice was told when the content was loaded; here it could, and did not.
    fn fallback(&self, composed: &Composed, once: &mut Once) {
        let mut gaps = self.catalog.gaps().iter();
        if composed.instead_of.is_some() && !gaps.any(|gap| gap.locale == *self.asked && gap.notice == self.about.key) {
            let what = format!("`{}` cannot say this message, so `{}` serves", self.asked, composed.locale);
            once.add(self, self.placed(Diagnostic::new(&codes::message::FALLBACK, what), self.file(), ""));
        }
    }

    /// The template of the channel that holds the words.
    fn file(&self) -> &'static str {
        match self.channel {
            Channel::Email => "email.mjml",
            Channel::Push => "push.txt",
        }
    }

    /// The words of the message, those of the other channel among them.
    fn lines(&self) -> impl Iterator<Item = &Line> {
        self.wording.map(|wording| wording.lines.as_slice()).unwrap_or_default().iter()
    }

    /// A finding about something that the message holds: at the words that say it, else at the template.
    fn placed(&self, fault: Diagnostic, file: &str, snippet: &str) -> Diagnostic {
        let mut lines = self.lines();
        let says = |line: &&Line| !snippet.is_empty() && line.text.contains(snippet);
        let words = lines.find(says).and_then(|line| line.place.clone());
        Diagnostic { place: words.or_else(|| self.catalog.template(&self.about.key, file, snippet)), ..fault }
    }
}

/// The texts of a message: what people call each, the template that it comes from, and whether a person reads it as it is.
fn texts(message: &Message) -> Vec<(&'static str, &'static str, &str)> {
    match message {
        Message::Email(email) => vec![
            ("the subject", "email.mjml", &email.subject),
            ("the HTML", "email.mjml", &email.html),
            ("the text part", "email.txt", &email.text),
        ],
        Message::Push(push) => {
            vec![("the title", "push.txt", &push.title), ("the text", "push.txt", &push.body)]
        }
    }
}

#[cfg(test)]
mod tests;
