//! What can be proven when content is loaded is not left to run time: every notice is rendered in every language, with
//! everything known, with little and with nothing known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::config::{App, Links};
use crate::diagnostic::{Diagnostic, Severity, codes};
use crate::event::ErrorKey;
use crate::message::Mailbox;

use super::Catalog;
use super::links::{Link, LinkKind, Why};
use super::locale::LAST_RESORT;
use super::notice::suggestion;
use super::render::Fault;
use super::shelf::Notice;
use super::view::{Other, Ways};
use super::words::Values;

/// A language that cannot say a notice whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    pub locale: Arc<str>,
    pub notice: ErrorKey,
    pub finding: Diagnostic,
}

impl Catalog {
    /// Finds out which languages serve which notices. English and the apps' default languages must serve all.
    pub(super) fn prove(&mut self, apps: &BTreeMap<String, App>, faults: &mut Vec<Diagnostic>) {
        let required = self.required(apps, faults);
        let mut serves: BTreeMap<ErrorKey, BTreeSet<Arc<str>>> = BTreeMap::new();
        let mut gaps = Vec::new();
        for notice in self.shelf.iter() {
            // A template that is not there was told.
            if !["email.mjml", "email.txt", "push.txt"].iter().all(|file| self.templates.has(&notice.template(file))) {
                continue;
            }
            let unknown = self.unknown_words(notice);
            if !unknown.is_empty() {
                push_new(faults, unknown);
                continue;
            }
            for locale in self.words.locales.names() {
                match self.try_out(notice, locale) {
                    Ok(()) => {
                        serves.entry(notice.key.clone()).or_default().insert(Arc::clone(locale));
                    }
                    Err(fault) if required.contains(locale) => {
                        push_new(faults, [self.diagnosed(notice, locale, fault)]);
                    }
                    Err(fault) => {
                        let why = fault.to_string();
                        tracing::warn!(%locale, notice = %notice.key, why, "another language has to serve for this notice");
                        let finding = self.diagnosed(notice, locale, fault).severity(Severity::Warning);
                        gaps.push(Gap { locale: Arc::clone(locale), notice: notice.key.clone(), finding });
                    }
                }
            }
        }
        for notice in self.shelf.iter_mut() {
            notice.serves = serves.remove(&notice.key).unwrap_or_default();
        }
        self.gaps = gaps;
    }

    /// Words that a template mentions and English does not have: told once, at the template, not for every language.
    fn unknown_words(&self, notice: &Notice) -> Vec<Diagnostic> {
        let Some(known) = self.words.known(LAST_RESORT, &notice.kind, &notice.code) else { return Vec::new() };
        let mut faults = Vec::new();
        for file in ["email.html", "email.txt", "push.txt"] {
            let name = notice.template(file);
            let needs = self.templates.needs(&name, &known);
            for (root, needed, known) in [("text", needs.text, &known.text), ("common", needs.common, &known.common)] {
                for word in needed.difference(known) {
                    let known: Vec<&str> = known.iter().map(String::as_str).collect();
                    let fault = Diagnostic::new(
                        &codes::template::UNKNOWN_WORDS,
                        format!("template: `{LAST_RESORT}` has no words for `{root}.{word}`"),
                    )
                    .help(suggestion(word, &known));
                    faults.push(match self.templates.mention(&name, root, word) {
                        Some((source, span)) => fault.at(source, span),
                        None => fault,
                    });
                }
            }
        }
        faults
    }

    /// The languages that must be able to say everything.
    fn required(&self, apps: &BTreeMap<String, App>, faults: &mut Vec<Diagnostic>) -> BTreeSet<Arc<str>> {
        let mut required: BTreeSet<Arc<str>> = BTreeSet::from([LAST_RESORT.into()]);
        for app in apps.values() {
            let default = &app.default_locale;
            if let Some(name) = self.words.locales.serving(default).into_iter().next() {
                required.insert(name);
            } else {
                let known: Vec<&str> = self.words.locales.names().map(|name| &**name).collect();
                let fault = Diagnostic::new(
                    &codes::config::DEFAULT_LOCALE,
                    format!("`apps.{}.default_locale`: no language serves `{default}`", app.id),
                );
                faults.push(fault.help(format!("the content has {}", known.join(", "))));
            }
        }
        required
    }

    /// Renders all of a notice with everything known, and with nothing known.
    fn try_out(&self, notice: &Notice, locale: &str) -> Result<(), Fault> {
        let link = sample_link(notice.settings.link);
        let support = sample_link(LinkKind::Support);
        let rich = Ways {
            link: link.as_ref(),
            support: support.as_ref(),
            stop: support.as_ref(),
            qr: notice.settings.qr.then_some("cid:qr@dashlight"),
            in_app: false,
            others: &[],
        };
        let others = [true, false].map(|known| Other {
            car: known.then(|| "Blitz".to_owned()),
            link: sample_link(notice.settings.link).filter(|_| known),
        });
        let bare = Ways { in_app: notice.settings.link.leads_to_smartcar(), ..Ways::default() };
        let told = |text: &str| Some(text.to_owned());
        let everything = Values {
            app: "Ampwise".to_owned(),
            car: told("Tesla Model 3"),
            make: told("Tesla"),
            name: told("Anna"),
            host: link.as_ref().map(|link| link.host.clone()),
        };
        // The owner's own name for a car of an unknown make.
        let name_only = Values { make: None, name: None, ..everything.clone() };
        let nothing = Values { app: "Ampwise".to_owned(), ..Values::default() };
        for (app, values, ways) in [
            (sample_app(true), everything, rich),
            (sample_app(true), name_only, Ways { others: &others, qr: None, ..rich }),
            (sample_app(false), nothing, bare),
        ] {
            self.mail(notice, locale, &app, &values, ways)?;
            self.note(notice, locale, &app, &values, ways)?;
        }
        Ok(())
    }

    fn diagnosed(&self, notice: &Notice, locale: &str, fault: Fault) -> Diagnostic {
        match fault {
            Fault::Words(lack) => self.words.fault(locale, &notice.kind, &notice.code, &lack),
            Fault::Template(unrendered) => *unrendered.0,
            Fault::Empty(file) => {
                let what = format!("the notice `{}/{}`: {fault}", notice.kind, notice.code);
                let empty = Diagnostic::new(&codes::template::EMPTY, what);
                Diagnostic { place: self.template(&notice.key, file, ""), ..empty }
                    .help("`push.txt` needs two lines: title, then body")
            }
        }
    }
}

/// A part that several notices include, or that fails in every language, is told once.
pub(super) fn push_new(faults: &mut Vec<Diagnostic>, found: impl IntoIterator<Item = Diagnostic>) {
    for fault in found {
        if !faults.iter().any(|told| told.message == fault.message && told.place == fault.place) {
            faults.push(fault);
        }
    }
}

fn sample_link(kind: LinkKind) -> Option<Link> {
    let (kind, host) = match kind {
        LinkKind::None => return None,
        LinkKind::Support => ("support", "ampwise.example"),
        LinkKind::VirtualKey => ("virtual-key", "www.tesla.com"),
        LinkKind::Connect => ("connect", "connect.smartcar.com"),
        LinkKind::Reauthenticate | LinkKind::ReauthenticateOrConnect => ("reauthenticate", "connect.smartcar.com"),
    };
    let url = format!("https://{host}/");
    Some(Link { url, host: host.to_owned(), display: host.to_owned(), kind, why: Why::Built })
}

/// An app that has set everything, or as little as it may.
fn sample_app(rich: bool) -> App {
    let set = |text: &str| rich.then(|| text.to_owned());
    App {
        id: "ampwise".to_owned(),
        name: "Ampwise".to_owned(),
        client_id: "sample".to_owned(),
        redirect_uri: None,
        scope: Vec::new(),
        sender: Mailbox { name: None, address: "cars@ampwise.example".to_owned() },
        reply_to: None,
        support_email: set("help@ampwise.example"),
        support_url: set("https://ampwise.example/help"),
        home: set("https://ampwise.example/"),
        color: "#1f6feb".to_owned(),
        logo: set("https://ampwise.example/logo.png"),
        address: set("1 Main Street"),
        virtual_key_url: String::new(),
        default_locale: LAST_RESORT.to_owned(),
        timezone: None,
        links: Links::default(),
        allowed_hosts: Vec::new(),
        list_unsubscribe: None,
    }
}
