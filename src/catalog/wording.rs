//! The words of one message and where they stand: for those who look at messages rather than send them.

use std::sync::Arc;

use crate::config::App;
use crate::diagnostic::Place;
use crate::event::{ErrorKey, VehicleError};
use crate::policy::News;

use super::templates::html_name;
use super::words::{Needs, Values};
use super::{Catalog, links};

/// The words of a message, as its language says them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// The language that serves.
    pub locale: Arc<str>,
    pub lines: Vec<Line>,
    /// What the message may lead to: the notice's link, for other cars too, the app's support, the way to stop.
    pub links: Vec<links::Link>,
    /// The one of them that the notice is about.
    pub link: Option<links::Link>,
}

/// One text of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `.push-title` of the notice, or `greeting` of the words that all notices share.
    pub name: String,
    pub text: String,
    pub place: Option<Place>,
}

impl Wording {
    /// A text of the notice itself.
    pub fn line(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.name == name)
    }
}

impl Catalog {
    /// The words of the notice that serves an error. `None`: nothing is sent, or no language can say it.
    pub fn wording(&self, news: News, error: &VehicleError, others: &[VehicleError], app: &App) -> Option<Wording> {
        let (notice, choice) = self.pick(news, error, app).ok()?;
        let locale = choice.locales.chain.first()?;
        let link = choice.link.link;
        let values = Values::of(app, error, link.as_ref());
        let mut needs = notice.email_needs.clone();
        let Needs { text, common } = notice.push_needs.clone();
        needs.text.extend(text);
        needs.common.extend(common);
        let lines = self.words.lines(locale, &notice.kind, &notice.code, &needs, &values).ok()?;
        let ways = [link.clone(), links::support_for(app, error, locale), links::stop_for(app, error, locale)];
        let others = others.iter().map(|other| links::link_for(notice.settings.link, app, other, locale).link);
        let links = ways.into_iter().chain(others).flatten().collect();
        Some(Wording { locale: Arc::clone(locale), lines, links, link })
    }

    /// Where something that a message holds stands in the notice's template `file` or one of its parts; the template as a
    /// whole when it is nowhere to be found.
    pub fn template(&self, key: &ErrorKey, file: &str, snippet: &str) -> Option<Place> {
        self.templates.place(&html_name(&self.shelf.exact(key)?.template(file)), snippet)
    }
}
