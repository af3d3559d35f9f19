//! The words of each language (Fluent): parsed, checked, formatted. The only module that knows Fluent.
//!
//! A message is formatted from one language or not at all: whatever Fluent would paper over is an error here.

mod lint;
mod outline;
mod pseudo;
mod syntax;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use fluent::concurrent::FluentBundle;
use fluent::{FluentArgs, FluentError, FluentResource, FluentValue};
use fluent_syntax::ast::{Entry, Message, Pattern};

use crate::diagnostic::{Diagnostic, Place, Severity, Source, codes};

use super::Line;
use super::files::Tree;
use super::locale::{LAST_RESORT, Locales};
use super::plain;

pub(super) use lint::lint;
pub use pseudo::PSEUDOLOCALES;

/// The file whose messages all notices share.
const SHARED: &str = "common.ftl";

/// All languages.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) locales: Locales,
    /// By locale, then by file of notices (`connected-services-account`).
    books: BTreeMap<Arc<str>, HashMap<String, Book>>,
    /// Where each language lies.
    folders: BTreeMap<Arc<str>, PathBuf>,
}

/// What one language says about one type of errors. Each type has a bundle of its own, so that two types may have a
/// code of the same name.
struct Book {
    bundle: FluentBundle<Arc<FluentResource>>,
    own: Arc<Page>,
    shared: Arc<Page>,
}

/// One file, as text and parsed.
#[derive(Debug)]
struct Page {
    source: Arc<Source>,
    resource: Arc<FluentResource>,
    ids: BTreeSet<String>,
}

impl std::fmt::Debug for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Book").field("own", &self.own.source.path).finish_non_exhaustive()
    }
}

/// What is inserted into the words. Nothing of it is a URL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Values {
    pub(super) app: String,
    pub(super) car: Option<String>,
    pub(super) make: Option<String>,
    pub(super) name: Option<String>,
    pub(super) host: Option<String>,
}

/// What a variable of the words holds: a text, or whether something is known, as [`YES`] or [`NO`].
enum Given<'v> {
    Text(&'v str),
    Flag(bool),
}

impl<'v> Given<'v> {
    fn text(value: Option<&'v String>) -> Self {
        Self::Text(value.map(String::as_str).unwrap_or_default())
    }
}

const YES: &str = "yes";
const NO: &str = "no";

/// Which words a template asks for, by the names that it knows them by (`push_title`; `steps` for all steps).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Needs {
    pub(super) text: BTreeSet<String>,
    pub(super) common: BTreeSet<String>,
}

/// Bytes of one text, names inserted.
const LONGEST: usize = 10_000;

/// The name by which templates know the numbered steps.
const STEPS: &str = "steps";

/// Formatted words, by the names that templates know them by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Texts {
    pub(super) text: BTreeMap<String, String>,
    pub(super) steps: Vec<String>,
    pub(super) common: BTreeMap<String, String>,
}

/// What a language lacks. Never shown to an owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Lack {
    #[error("`{locale}` has no message `{message}`")]
    Message { locale: String, message: String },
    #[error("`{locale}` cannot say `{what}`: {detail}")]
    Broken { locale: String, what: String, detail: String },
}

impl Words {
    pub(super) fn load(files: &Tree, faults: &mut Vec<Diagnostic>) -> Self {
        let mut words = Self::default();
        let mut languages: BTreeMap<&str, BTreeMap<&str, &Arc<Source>>> = BTreeMap::new();
        for (path, source) in files {
            match path.split_once('/').filter(|(_, file)| !file.contains('/')) {
                Some((locale, file)) => {
                    languages.entry(locale).or_default().insert(file, source);
                }
                None => faults.push(
                    Diagnostic::new(&codes::words::LANGUAGE, format!("`{path}` belongs to no language"))
                        .at(source, 0..0)
                        .help("put it into a folder of its language, such as `en/`"),
                ),
            }
        }
        for (locale, files) in languages {
            match words.locales.add(locale) {
                Ok(()) => {
                    let folder = files.values().find_map(|source| source.path.parent()).map(PathBuf::from);
                    words.folders.insert(locale.into(), folder.unwrap_or_default());
                    words.books.insert(locale.into(), books(locale, &files, faults));
                }
                Err(error) => {
                    let what = format!("the folder of a language: {error}");
                    let fault = Diagnostic::new(&codes::words::LANGUAGE, what);
                    faults.push(match files.values().next() {
                        Some(source) => fault.at(source, 0..0),
                        None => fault,
                    });
                }
            }
        }
        if !words.books.contains_key(LAST_RESORT) {
            faults.push(Diagnostic::new(
                &codes::words::LANGUAGE,
                format!("the language `{LAST_RESORT}` is missing: it serves where no other can"),
            ));
        }
        words
    }

    /// A fault about a word, at the word, or at the message that should have it.
    pub(super) fn fault(&self, locale: &str, kind: &str, code: &str, lack: &Lack) -> Diagnostic {
        let fault = Diagnostic::new(&codes::words::MISSING, lack.to_string()).severity(Severity::Error);
        let Some(book) = self.book(locale, kind) else {
            let folder = self.folders.get(locale).cloned().unwrap_or_else(|| locale.into());
            let help = format!("add `{locale}/{kind}.ftl` with a message `{code}`");
            return fault.in_file(folder.join(format!("{kind}.ftl"))).help(help);
        };
        let place = match lack {
            Lack::Broken { what, .. } => match what.strip_prefix('.') {
                Some(attribute) => book.own.find(code, Some(attribute)).or_else(|| book.own.find(code, None)),
                None => book.shared.find(what, None).or(Some((&book.shared.source, 0..0))),
            },
            Lack::Message { .. } => None,
        };
        match place {
            Some((source, span)) => fault.at(source, span),
            None => fault.at(&book.own.source, 0..0).help(format!("see `{LAST_RESORT}` for what is to be said")),
        }
    }

    /// The words that a language has for a notice, by the names that templates know them by.
    pub(super) fn known(&self, locale: &str, kind: &str, code: &str) -> Option<Needs> {
        let book = self.book(locale, kind)?;
        let message = book.bundle.get_message(code)?;
        let snake = |id: &str| id.replace('-', "_");
        let step = |id: &str| if id.starts_with("step-") { STEPS.to_owned() } else { snake(id) };
        Some(Needs {
            text: message.attributes().map(|attribute| step(attribute.id())).collect(),
            common: book.shared.ids.iter().map(|id| snake(id)).collect(),
        })
    }

    /// What a template needs of the message `code`, text by text, each with its place.
    pub(super) fn lines(
        &self,
        locale: &str,
        kind: &str,
        code: &str,
        needs: &Needs,
        values: &Values,
    ) -> Result<Vec<Line>, Lack> {
        let texts = self.format(locale, kind, code, needs, values)?;
        let page = self.book(locale, kind);
        let own = |id: String, text: String| {
            let place = page.and_then(|book| book.own.find(code, Some(&id))).map(placed);
            Line { name: format!(".{id}"), text, place }
        };
        let shared = |id: String, text: String| {
            let place = page.and_then(|book| book.shared.find(&id, None)).map(placed);
            Line { name: id, text, place }
        };
        let steps = texts.steps.into_iter().zip(1..).map(|(text, number)| own(format!("step-{number}"), text));
        let texts_of =
            |texts: BTreeMap<String, String>| texts.into_iter().map(|(name, text)| (name.replace('_', "-"), text));
        let own_lines = texts_of(texts.text).map(|(id, text)| own(id, text));
        Ok(own_lines.chain(steps).chain(texts_of(texts.common).map(|(id, text)| shared(id, text))).collect())
    }

    fn book(&self, locale: &str, kind: &str) -> Option<&Book> {
        self.books.get(locale)?.get(kind)
    }

    /// Formats what a template needs of the message `code`, in one language.
    pub(super) fn format(
        &self,
        locale: &str,
        kind: &str,
        code: &str,
        needs: &Needs,
        values: &Values,
    ) -> Result<Texts, Lack> {
        let lack = || Lack::Message { locale: locale.to_owned(), message: code.to_owned() };
        let book = self.book(locale, kind).ok_or_else(lack)?;
        let message = book.bundle.get_message(code).ok_or_else(lack)?;
        let args = values.args();
        let say = |pattern, what: &str| book.say(locale, what, pattern, &args, values);
        let missing = |what: &str| Lack::Broken {
            locale: locale.to_owned(),
            what: what.to_owned(),
            detail: format!("`{code}` needs it and it is not there"),
        };
        let mut texts = Texts::default();
        for name in &needs.text {
            if name == STEPS {
                for step in message.attributes().filter(|attribute| attribute.id().starts_with("step-")) {
                    texts.steps.push(say(step.value(), &format!(".{}", step.id()))?);
                }
                texts.steps.first().ok_or_else(|| missing(".step-1"))?;
                continue;
            }
            let id = format!(".{}", name.replace('_', "-"));
            let attribute = message.get_attribute(&id[1..]).ok_or_else(|| missing(&id))?;
            texts.text.insert(name.clone(), say(attribute.value(), &id)?);
        }
        for name in &needs.common {
            let id = name.replace('_', "-");
            let shared = book.bundle.get_message(&id).filter(|_| book.shared.ids.contains(&id));
            let pattern = shared.and_then(|message| message.value()).ok_or_else(|| missing(&id))?;
            texts.common.insert(name.clone(), say(pattern, &id)?);
        }
        Ok(texts)
    }
}

impl Book {
    /// Plural rules follow the locale. A tag that Fluent cannot read gets the rules of no language.
    fn bind(locale: &str, shared: &Arc<Page>, own: &Arc<Page>) -> Self {
        let mut bundle = FluentBundle::new_concurrent(vec![locale.parse().unwrap_or_default()]);
        bundle.set_use_isolating(false);
        for page in [shared, own] {
            // Duplicates are told by `duplicates`, with their place.
            let _: Result<(), Vec<FluentError>> = bundle.add_resource(Arc::clone(&page.resource));
        }
        Self { bundle, own: Arc::clone(own), shared: Arc::clone(shared) }
    }

    fn say(
        &self,
        locale: &str,
        what: &str,
        pattern: &Pattern<&str>,
        args: &FluentArgs<'_>,
        values: &Values,
    ) -> Result<String, Lack> {
        let broken = |detail: String| Lack::Broken { locale: locale.to_owned(), what: what.to_owned(), detail };
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(args), &mut errors);
        if let Some(error) = errors.first() {
            return Err(broken(match error {
                FluentError::ResolverError(error) => error.to_string(),
                error => error.to_string(),
            }));
        }
        // Inside a `-term` Fluent writes an unknown variable as it stands, without an error.
        if text.contains("{$") && !values.hold('{') {
            return Err(broken("a term uses a variable; only messages can".to_owned()));
        }
        if text.contains('<') && !values.hold('<') {
            return Err(broken("it holds markup or a placeholder; words are plain".to_owned()));
        }
        if text.trim().is_empty() {
            return Err(broken("it is empty".to_owned()));
        }
        // A template may go through it letter by letter.
        if text.len() > LONGEST {
            return Err(broken(format!("it is longer than {LONGEST} bytes")));
        }
        // A line break in the file is for the translator's screen, not for the owner's.
        Ok(if text.contains('\n') { plain::one_line(&text) } else { text.into_owned() })
    }
}

impl Values {
    /// Every variable that words may use, with what it holds. Whoever lists variables asks here.
    fn each(&self) -> [(&'static str, Given<'_>); 8] {
        let Self { app, car, make, name, host } = self;
        [
            ("app", Given::Text(app)),
            ("host", Given::text(host.as_ref())),
            ("car", Given::text(car.as_ref())),
            ("hasCar", Given::Flag(car.is_some())),
            ("make", Given::text(make.as_ref())),
            ("hasMake", Given::Flag(make.is_some())),
            ("name", Given::text(name.as_ref())),
            ("hasName", Given::Flag(name.is_some())),
        ]
    }

    fn args(&self) -> FluentArgs<'_> {
        let mut args = FluentArgs::with_capacity(8);
        for (name, given) in self.each() {
            args.set(
                name,
                match given {
                    Given::Text(text) => FluentValue::from(text),
                    Given::Flag(known) => FluentValue::from(if known { YES } else { NO }),
                },
            );
        }
        args
    }

    fn hold(&self, c: char) -> bool {
        let Self { app, car, make, name, host } = self;
        [Some(app), car.as_ref(), make.as_ref(), name.as_ref(), host.as_ref()]
            .into_iter()
            .flatten()
            .any(|value| value.contains(c))
    }
}

/// The bundles of one language: its shared file with each of its other files.
fn books(locale: &str, files: &BTreeMap<&str, &Arc<Source>>, faults: &mut Vec<Diagnostic>) -> HashMap<String, Book> {
    let pages: BTreeMap<&str, Arc<Page>> =
        files.iter().map(|(file, source)| (*file, Arc::new(Page::read(source, faults)))).collect();
    let Some(shared) = pages.get(SHARED) else {
        let fault = Diagnostic::new(&codes::words::LANGUAGE, format!("the language `{locale}` has no `{SHARED}`"));
        let path = files.values().next().map_or_else(|| locale.into(), |sibling| sibling.path.with_file_name(SHARED));
        faults.push(fault.in_file(path).help(format!("copy `{LAST_RESORT}/{SHARED}` there and translate it")));
        return HashMap::new();
    };
    duplicates(&[shared], faults);
    let mut books = HashMap::new();
    for (file, own) in pages.iter().filter(|(file, _)| **file != SHARED) {
        duplicates(&[shared, own], faults);
        check_steps(own, faults);
        let kind = file.strip_suffix(".ftl").unwrap_or(file).to_owned();
        books.insert(kind, Book::bind(locale, shared, own));
    }
    books
}

impl Page {
    fn read(source: &Arc<Source>, faults: &mut Vec<Diagnostic>) -> Self {
        let resource = parse(source, faults);
        let ids = messages(&resource).map(|message| message.id.name.to_owned()).collect();
        Self { source: Arc::clone(source), resource, ids }
    }

    /// Where a message or one of its attributes stands.
    fn find(&self, id: &str, attribute: Option<&str>) -> Option<(&Arc<Source>, Range<usize>)> {
        let message = messages(&self.resource).find(|message| message.id.name == id)?;
        let name = match attribute {
            None => message.id.name,
            Some(name) => message.attributes.iter().find(|attribute| attribute.id.name == name)?.id.name,
        };
        Some((&self.source, self.span(name)))
    }

    /// The bytes of a name: every identifier is a slice of the source.
    fn span(&self, name: &str) -> Range<usize> {
        let start = name.as_ptr().addr().saturating_sub(self.resource.source().as_ptr().addr());
        start..start + name.len()
    }
}

fn parse(source: &Arc<Source>, faults: &mut Vec<Diagnostic>) -> Arc<FluentResource> {
    let (text, unbearable) = syntax::bearable(source);
    faults.extend(unbearable);
    let (resource, errors) = match FluentResource::try_new(text.clone().into_owned()) {
        Ok(resource) => (resource, Vec::new()),
        Err(partial) => partial,
    };
    faults.extend(syntax::faults(source, &text, errors));
    Arc::new(resource)
}

fn messages(resource: &FluentResource) -> impl Iterator<Item = &Message<&str>> {
    resource.entries().filter_map(|entry| match entry {
        Entry::Message(message) => Some(message),
        _ => None,
    })
}

fn placed((source, span): (&Arc<Source>, Range<usize>)) -> Place {
    Place { source: Arc::clone(source), span, label: None }
}

/// Fluent reads a second message of the same id without complaint and drops it. Told for the last of the pages.
fn duplicates(pages: &[&Arc<Page>], faults: &mut Vec<Diagnostic>) {
    let mut seen = BTreeSet::new();
    for (index, page) in pages.iter().enumerate() {
        for id in messages(&page.resource).map(|message| message.id.name) {
            if !seen.insert(id) && index + 1 == pages.len() {
                let fault = Diagnostic::new(&codes::words::DUPLICATE, format!("the message `{id}` stands twice"))
                    .at(&page.source, page.span(id));
                faults.push(fault.help(format!("rename one of them; those of `{SHARED}` count too")));
            }
        }
    }
}

/// `.step-1`, `.step-2`, …: in this order and without a gap, so that no step is lost.
fn check_steps(page: &Page, faults: &mut Vec<Diagnostic>) {
    for message in messages(&page.resource) {
        let steps = message.attributes.iter().map(|attribute| attribute.id.name);
        for (number, name) in (1..).zip(steps.filter(|name| name.starts_with("step-"))) {
            if name != format!("step-{number}") {
                let fault =
                    Diagnostic::new(&codes::words::STEPS, format!("`.{name}` stands where `.step-{number}` should"));
                faults.push(fault.at(&page.source, page.span(name)).help("number the steps from 1, without a gap"));
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests;
