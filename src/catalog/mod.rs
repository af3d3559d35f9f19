//! What the owner reads: notices, templates, words, locales, links → [`Message`].
//!
//! Content is loaded whole and checked whole; what was loaded does not change.

mod car;
mod color;
mod files;
mod inhibition;
pub mod links;
mod locale;
pub mod markup;
mod notice;
mod plain;
mod proof;
mod qr;
mod render;
mod shelf;
mod templates;
mod translation;
mod view;
mod wording;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::config::{self, App};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, codes};
use crate::event::{ErrorKey, VehicleError};
use crate::ledger::DispatchId;
use crate::message::Message;
use crate::policy::{Channel, News, Rules, Target};

pub use files::{Fingerprint, Glance, Origin, Snapshot};
pub use locale::Negotiated;
pub use proof::Gap;
pub use translation::{Text, Translation};
pub use wording::{Line, Wording};
pub use words::PSEUDOLOCALES;

use files::Files;
use links::{Built, LinkKind};
use shelf::{Notice, Shelf};
use templates::Templates;
use words::Words;

/// What to compose.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    pub id: &'a DispatchId,
    /// Whether the error is there, or over.
    pub news: News,
    pub error: &'a VehicleError,
    /// The same of other cars of the owner, for which the message speaks too: see [`Catalog::can_share`].
    pub others: &'a [&'a VehicleError],
    pub app: &'a App,
    pub target: &'a Target,
    /// The Date header.
    pub date: Timestamp,
    pub expires_at: Timestamp,
}

/// A composed message, and which words really served.
#[derive(Debug, Clone, PartialEq)]
pub struct Composed {
    pub message: Message,
    /// The locale that it was rendered from.
    pub locale: String,
    /// The owner's locale, when another language or a farther one had to serve.
    pub instead_of: Option<String>,
    /// Hash of all content.
    pub revision: Arc<str>,
}

/// Why no message was composed. It holds no address and no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    #[error("`{0}` has no notice; add its folder to `templates/`")]
    NoNotice(ErrorKey),
    /// The notice speaks of something that this car does not have, and there is no general notice in its place.
    #[error("the notice `{0}` does not fit this car, and its type has no general notice `any`")]
    DoesNotFit(ErrorKey),
    #[error("the owner has no address for `{0}`")]
    NoAddress(Channel),
    #[error("the owner's address for `{0}` is none")]
    BadAddress(Channel),
    /// No language can say it. The detail is the last language's.
    #[error("`{key}` cannot be composed in any language: {detail}")]
    Content { key: ErrorKey, detail: String },
}

/// What an error would be answered with, before anything is rendered: for `compose` and for `dashlight explain`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The notice that serves: the error's own, or its type's general one.
    pub notice: ErrorKey,
    pub general: bool,
    /// In the first language of the chain.
    pub link: Built,
    /// Only languages that can say the whole notice.
    pub locales: Negotiated,
}

/// A notice, for those who look at it rather than send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    pub key: ErrorKey,
    /// Below `templates/`: `connected-services-account/permission`.
    pub folder: String,
    pub link: LinkKind,
    pub qr: bool,
    /// What it is there to say.
    pub news: News,
    /// Those that any of its steps names.
    pub channels: BTreeSet<Channel>,
    /// See [`Rules::bundles`].
    pub bundles: bool,
}

/// Everything there is to say about content before it is sent.
#[derive(Debug)]
pub struct Inspection {
    /// `None`: it would be refused.
    pub catalog: Option<Catalog>,
    pub findings: Vec<Diagnostic>,
    /// Every file that was read, by its path from the place where both folders lie: `templates/layout/head.mjml`.
    pub sources: BTreeMap<String, Arc<Source>>,
}

/// All content, checked.
#[derive(Debug)]
pub struct Catalog {
    shelf: Shelf,
    templates: Templates,
    words: Words,
    codes: qr::Codes,
    gaps: Vec<Gap>,
    revision: Arc<str>,
}

impl Catalog {
    /// Reads, compiles and proves all content. The default locale of each app must be able to say every notice.
    pub fn load(origin: &Origin, apps: &BTreeMap<String, App>) -> Result<Self, Diagnostics> {
        let mut faults = Vec::new();
        let files = Files::read(origin, &mut faults);
        Self::build(&files, apps, faults)
    }

    /// The same, of what was read before.
    pub fn of(snapshot: &Snapshot, apps: &BTreeMap<String, App>) -> Result<Self, Diagnostics> {
        Self::build(&snapshot.files, apps, snapshot.faults.clone())
    }

    fn build(files: &Files, apps: &BTreeMap<String, App>, mut faults: Vec<Diagnostic>) -> Result<Self, Diagnostics> {
        let catalog = Self::assemble(files, apps, &mut faults);
        if faults.is_empty() { Ok(catalog) } else { Err(Diagnostics(faults)) }
    }

    /// As much of a catalog as can be had. With a fault it is for looking at only.
    fn assemble(files: &Files, apps: &BTreeMap<String, App>, faults: &mut Vec<Diagnostic>) -> Self {
        let mut shelf = Shelf::load(&files.templates, faults);
        inhibition::check(&shelf, &files.templates, faults);
        inhibition::link(&mut shelf);
        shelf::check_relief(&shelf, &files.templates, faults);
        let unrelated = faults.len();
        let templates = Templates::load(&files.templates, &shelf.mails(), faults);
        let words = Words::load(&files.locales, faults);
        let provable = faults.len() == unrelated;
        shelf.set_needs(&templates, &words);
        shelf::link_relief(&mut shelf);
        let (codes, revision) = (qr::Codes::default(), files.revision());
        let mut catalog = Self { shelf, templates, words, codes, gaps: Vec::new(), revision };
        // What could not even be parsed would only be told a second time.
        if provable {
            catalog.prove(apps, faults);
        }
        catalog
    }

    /// Reads everything as [`Catalog::load`] does, and looks closer: what would be refused, and what is merely poor.
    pub fn inspect(origin: &Origin, apps: &BTreeMap<String, App>) -> Inspection {
        let mut findings = Vec::new();
        let files = Files::read(origin, &mut findings);
        let catalog = Self::assemble(&files, apps, &mut findings);
        let is_sound = findings.is_empty();
        // A template that fails in every language was told as a fault.
        proof::push_new(&mut findings, catalog.gaps.iter().map(|gap| gap.finding.clone()));
        templates::lint(&files.templates, &catalog.shelf.asked(), &mut findings);
        for notice in catalog.shelf.iter() {
            if let Some(source) = files.templates.get(&notice.template("notice.toml")) {
                notice::lint(source, &notice.settings, &mut findings);
            }
        }
        words::lint(&files.locales, &mut findings);
        Inspection { catalog: is_sound.then_some(catalog), findings, sources: files.all() }
    }

    /// Adds the pseudolocales, which are made of English: for those who judge layouts, never for an owner.
    #[must_use]
    pub fn with_pseudolocales(mut self) -> Self {
        for name in self.words.add_pseudolocales() {
            for notice in self.shelf.iter_mut().filter(|notice| notice.serves.contains(locale::LAST_RESORT)) {
                notice.serves.insert(Arc::clone(&name));
            }
        }
        self
    }

    /// Whether a language of the content is written from the right.
    pub fn is_right_to_left(&self, locale: &str) -> bool {
        self.words.locales.direction(locale) == locale::Direction::RightToLeft
    }

    /// The operator's word over the notices' timing. Whatever then contradicts itself is a fault.
    pub fn with_policy(mut self, policy: &config::Policy) -> Result<Self, Diagnostics> {
        let mut faults = Vec::new();
        for key in policy.per_key.keys().filter(|key| self.shelf.exact(key).is_none()) {
            let known: Vec<String> = self.keys().map(ToString::to_string).collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let fault =
                Diagnostic::new(&codes::config::POLICY, format!("`[policy]` names `{key}`, which has no notice"));
            faults.push(fault.help(notice::suggestion(&key.to_string(), &known)));
        }
        for notice in self.shelf.iter_mut() {
            // What is right for problems in general says nothing about good news.
            let all = Some(&policy.all).filter(|_| notice.news() == News::Problem);
            let timings = [all, policy.per_key.get(&notice.key)];
            let rules = Arc::make_mut(&mut notice.rules);
            for timing in timings.into_iter().flatten() {
                rules.grace = timing.grace.unwrap_or(rules.grace);
                rules.cooldown = timing.cooldown.unwrap_or(rules.cooldown);
                rules.expiry = timing.expiry.unwrap_or(rules.expiry);
            }
            faults.extend(notice::contradiction(rules).map(|what| {
                Diagnostic::new(
                    &codes::config::POLICY,
                    format!("`[policy]` and the notice `{}` contradict each other: {what}", notice.key),
                )
            }));
        }
        inhibition::link(&mut self.shelf);
        shelf::link_relief(&mut self.shelf);
        if faults.is_empty() { Ok(self) } else { Err(Diagnostics(faults)) }
    }

    /// The rules of the notice that serves an error: its own, or its type's general one. `None`: nothing is sent.
    pub fn rules(&self, key: &ErrorKey) -> Option<&Arc<Rules>> {
        self.shelf.serving(key).map(|notice| &notice.rules)
    }

    /// How long any error may matter to a later one: its expiry and its cooldown, of the notice where both are longest.
    pub fn longest_memory(&self) -> SignedDuration {
        let memories = self.shelf.iter().map(|notice| notice.rules.expiry.saturating_add(notice.rules.cooldown));
        memories.max().unwrap_or_default()
    }

    /// Whether an error is served by a general notice only, which operators should hear of.
    pub fn is_general(&self, key: &ErrorKey) -> bool {
        self.shelf.serving(key).is_some_and(Notice::is_general)
    }

    /// Every notice; a general one under the code `ANY`.
    pub fn keys(&self) -> impl Iterator<Item = &ErrorKey> {
        self.shelf.keys()
    }

    /// A notice, if there is one under exactly this key.
    pub fn about(&self, key: &ErrorKey) -> Option<About> {
        let notice = self.shelf.exact(key)?;
        Some(About {
            key: notice.key.clone(),
            folder: format!("{}/{}", notice.kind, notice.code),
            link: notice.settings.link,
            qr: notice.settings.qr,
            news: notice.news(),
            channels: notice.rules.steps.iter().flat_map(|step| step.channels.iter().copied()).collect(),
            bundles: notice.rules.bundles,
        })
    }

    pub fn locales(&self) -> impl Iterator<Item = &Arc<str>> {
        self.words.locales.names()
    }

    /// Languages that cannot say a notice whole, so that another language serves for it.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// Hash of all content.
    pub fn revision(&self) -> &Arc<str> {
        &self.revision
    }

    /// Of the content that this was loaded from.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.revision, &[])
    }

    /// The languages that would be tried for an owner, best first, whatever the notice.
    pub fn negotiate(&self, asked: Option<&str>, default: &str) -> Negotiated {
        self.words.locales.negotiate(asked, default)
    }

    /// What an error would be answered with.
    pub fn choose(&self, news: News, error: &VehicleError, app: &App) -> Result<Choice, ComposeError> {
        self.pick(news, error, app).map(|(_, choice)| choice)
    }

    /// Composes one message, in the first language of the owner's chain that can say all of it.
    pub fn compose(&self, order: &Order<'_>) -> Result<Composed, ComposeError> {
        let (notice, choice) = self.pick(order.news, order.error, order.app)?;
        if let Some(reason) = choice.link.ignored {
            let VehicleError { event_id, app, key, .. } = order.error;
            tracing::warn!(event = %event_id, %app, %key, %reason, "the event's url is not used");
        }
        let mut detail = String::from("no language has it");
        for (place, locale) in choice.locales.chain.iter().enumerate() {
            match self.message(notice, locale, &choice, order) {
                Ok(message) => {
                    let asked = order.error.recipient.locale.as_deref();
                    let nearest = place == 0 && choice.locales.owners > 0;
                    return Ok(Composed {
                        message,
                        locale: locale.to_string(),
                        instead_of: asked.filter(|asked| !nearest && !asked.trim().is_empty()).map(plain::one_line),
                        revision: Arc::clone(&self.revision),
                    });
                }
                Err(render::Failure::Content(fault)) => {
                    tracing::warn!(key = %notice.key, %locale, fault, "this language cannot say it; the next one is tried");
                    detail = fault;
                }
                Err(render::Failure::Address(error)) => return Err(error),
            }
        }
        Err(ComposeError::Content { key: notice.key.clone(), detail })
    }

    /// Whether one message can speak of both: the same notice serves both, lists other cars, and mends both in the same way.
    pub fn can_share(&self, news: News, one: &VehicleError, other: &VehicleError, app: &App) -> bool {
        let (Ok((notice, one)), Ok((same, other))) = (self.pick(news, one, app), self.pick(news, other, app)) else {
            return false;
        };
        notice.rules.bundles && notice.key == same.key && one.link.link.is_some() == other.link.link.is_some()
    }

    /// The notice, its link and its languages. A notice that does not fit the car (a Tesla key for a BMW) gives way to the
    /// general one.
    fn pick(&self, news: News, error: &VehicleError, app: &App) -> Result<(&Notice, Choice), ComposeError> {
        let notice = match news {
            News::Problem => self.shelf.serving(&error.key),
            News::AllIsWell => self.shelf.relief(error.key.kind()),
        };
        let notice = notice.ok_or_else(|| ComposeError::NoNotice(error.key.clone()))?;
        let negotiated = self.words.locales.negotiate(error.recipient.locale.as_deref(), &app.default_locale);
        let (built, locales) = Self::fit(notice, negotiated.clone(), error, app);
        // Where only the link is missing, the owner is told to reconnect inside the app (`in_app`).
        if !built.missed || notice.settings.link != LinkKind::VirtualKey {
            return Ok((notice, Choice::of(notice, built, locales)));
        }
        let general = self.shelf.general(error.key.kind());
        let general = general.ok_or_else(|| ComposeError::DoesNotFit(notice.key.clone()))?;
        let (link, locales) = Self::fit(general, negotiated, error, app);
        Ok((general, Choice::of(general, Built { ignored: built.ignored, ..link }, locales)))
    }

    /// The link of a notice, and the languages that can say all of it.
    fn fit(notice: &Notice, negotiated: Negotiated, error: &VehicleError, app: &App) -> (Built, Negotiated) {
        let locales = notice.say_whole(negotiated);
        let locale = locales.chain.first().map_or(locale::LAST_RESORT, |name| &**name);
        (links::link_for(notice.settings.link, app, error, locale), locales)
    }
}

impl Choice {
    fn of(notice: &Notice, link: Built, locales: Negotiated) -> Self {
        Self { notice: notice.key.clone(), general: notice.is_general(), link, locales }
    }
}

#[cfg(test)]
mod tests;
