//! The languages as a linter sees them: every file with its messages, terms and comments, and where each of them stands.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use fluent_syntax::ast::{Attribute, Entry, Pattern, Resource};
use fluent_syntax::parser;

use crate::catalog::files::Tree;
use crate::catalog::locale::LAST_RESORT;
use crate::catalog::words::{SHARED, syntax};
use crate::diagnostic::{Code, Diagnostic, Source, nearest};

/// Names from which on looking for a near one takes longer than it helps.
const MOST_NAMES: usize = 500;

/// The one of some names that was probably meant.
pub(super) fn meant<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let known: Vec<&str> = known.into_iter().take(MOST_NAMES + 1).collect();
    if known.len() > MOST_NAMES { None } else { nearest(word, known, str::to_owned) }
}

/// A file that can be parsed.
pub(super) struct Page<'a> {
    locale: &'a str,
    name: &'a str,
    source: &'a Arc<Source>,
    text: Cow<'a, str>,
}

/// The files of all languages. Those that belong to none were told when they were loaded.
pub(super) fn pages(files: &Tree) -> Vec<Page<'_>> {
    files
        .iter()
        .filter_map(|(path, source)| {
            let (locale, name) = path.split_once('/').filter(|(_, name)| !name.contains('/'))?;
            // A language without its shared words was refused whole: each text that needs them would be told too.
            files.contains_key(&format!("{locale}/{SHARED}")).then_some(())?;
            Some(Page { locale, name, source, text: syntax::bearable(source).0 })
        })
        .collect()
}

/// One file of one language.
pub(super) struct Sheet<'a> {
    pub(super) locale: &'a str,
    pub(super) name: &'a str,
    pub(super) source: &'a Arc<Source>,
    /// What was parsed. Its bytes have the places of the source's.
    pub(super) text: &'a str,
    pub(super) units: Vec<Unit<'a>>,
    /// The first unit of each name; `true` for terms.
    index: HashMap<(&'a str, bool), usize>,
    /// The lines of comments for the file (`###`), and of those for groups and of free ones.
    pub(super) heads: Vec<&'a str>,
    pub(super) notes: Vec<&'a str>,
    /// Messages and terms (`-term`) that the parser gave up: nothing is said about what they lack.
    pub(super) lost: BTreeSet<&'a str>,
}

/// A message or a term.
pub(super) struct Unit<'a> {
    pub(super) id: &'a str,
    pub(super) is_term: bool,
    pub(super) value: Option<Pattern<&'a str>>,
    pub(super) attributes: Vec<Attribute<&'a str>>,
    pub(super) comment: Vec<&'a str>,
    /// An attribute of it could not be read, nor what follows it.
    pub(super) torn: bool,
}

/// One text of a message or term: its value, or that of an attribute.
pub(super) struct Text<'s, 'a> {
    pub(super) unit: &'s Unit<'a>,
    pub(super) attribute: Option<&'a str>,
    pub(super) pattern: &'s Pattern<&'a str>,
}

impl<'a> Sheet<'a> {
    pub(super) fn parse(page: &'a Page<'_>) -> Self {
        let text: &'a str = &page.text;
        let resource: Resource<&'a str> = parser::parse(text).unwrap_or_else(|(resource, _)| resource);
        let mut sheet = Self {
            locale: page.locale,
            name: page.name,
            source: page.source,
            text,
            units: Vec::new(),
            index: HashMap::new(),
            heads: Vec::new(),
            notes: Vec::new(),
            lost: BTreeSet::new(),
        };
        for entry in resource.body {
            sheet.add(entry);
        }
        sheet
    }

    fn add(&mut self, entry: Entry<&'a str>) {
        let (id, is_term, value, attributes, comment) = match entry {
            Entry::Message(message) => (message.id.name, false, message.value, message.attributes, message.comment),
            Entry::Term(term) => (term.id.name, true, Some(term.value), term.attributes, term.comment),
            Entry::ResourceComment(comment) => return self.heads.extend(comment.content),
            Entry::Comment(comment) | Entry::GroupComment(comment) => return self.notes.extend(comment.content),
            Entry::Junk { content } => {
                // The rest of a text that is not indented, or an attribute.
                let first = content.lines().next().unwrap_or_default();
                if content.trim_start().starts_with('.') || !syntax::begins_message(first) && !first.starts_with('#') {
                    self.units.iter_mut().next_back().into_iter().for_each(|unit| unit.torn = true);
                }
                if !content.trim_start().starts_with('.') {
                    self.lost.extend(content.lines().map(|line| {
                        let end = line.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
                        &line[..end.unwrap_or(line.len())]
                    }));
                }
                return;
            }
        };
        let comment = comment.map(|comment| comment.content).unwrap_or_default();
        self.index.entry((id, is_term)).or_insert(self.units.len());
        self.units.push(Unit { id, is_term, value, attributes, comment, torn: false });
    }

    /// The bytes of a part of the text, which is a slice of it.
    pub(super) fn span(&self, part: &str) -> Range<usize> {
        let start = part.as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
        if start > self.text.len() { 0..0 } else { start..(start + part.len()).min(self.text.len()) }
    }

    pub(super) fn unit(&self, id: &str, is_term: bool) -> Option<&Unit<'a>> {
        self.units.get(*self.index.get(&(id, is_term))?)
    }

    /// Whether a text is the first of its name: of two the second is told as such, and not compared.
    pub(super) fn is_first(&self, text: &Text<'_, 'a>) -> bool {
        let first = self.unit(text.unit.id, text.unit.is_term).and_then(|unit| unit.text(text.attribute));
        first.is_some_and(|first| std::ptr::eq(first.pattern, text.pattern))
    }

    pub(super) fn texts(&self) -> impl Iterator<Item = Text<'_, 'a>> {
        self.units.iter().flat_map(Unit::texts)
    }

    pub(super) fn finding(&self, code: &'static Code, part: &str, message: impl Into<String>) -> Diagnostic {
        self.finding_at(code, self.span(part), message)
    }

    pub(super) fn finding_at(&self, code: &'static Code, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, message).at(self.source, span)
    }
}

impl<'a> Unit<'a> {
    pub(super) fn texts(&self) -> impl Iterator<Item = Text<'_, 'a>> {
        let value = self.value.iter().map(|pattern| Text { unit: self, attribute: None, pattern });
        value.chain(self.attributes.iter().map(|attribute| Text {
            unit: self,
            attribute: Some(attribute.id.name),
            pattern: &attribute.value,
        }))
    }

    pub(super) fn text(&self, attribute: Option<&str>) -> Option<Text<'_, 'a>> {
        self.texts().find(|text| text.attribute == attribute)
    }

    /// As it is written in the file: `greeting`, `-brand`.
    pub(super) fn name(&self) -> String {
        if self.is_term { format!("-{}", self.id) } else { self.id.to_owned() }
    }

    /// What this is, in a sentence.
    pub(super) fn what(&self) -> &'static str {
        if self.is_term { "term" } else { "message" }
    }
}

impl<'a> Text<'_, 'a> {
    /// In a sentence: "`.body` of `permission`".
    pub(super) fn name(&self) -> String {
        match self.attribute {
            Some(attribute) => format!("`.{attribute}` of `{}`", self.unit.name()),
            None => format!("`{}`", self.unit.name()),
        }
    }

    /// The name at which findings about the whole text are shown.
    pub(super) fn head(&self) -> &'a str {
        self.attribute.unwrap_or(self.unit.id)
    }
}

/// All files of one language.
pub(super) struct Language<'s, 'a> {
    pub(super) locale: &'a str,
    pub(super) sheets: BTreeMap<&'a str, &'s Sheet<'a>>,
}

impl<'s, 'a> Language<'s, 'a> {
    pub(super) fn all(sheets: &'s [Sheet<'a>]) -> BTreeMap<&'a str, Self> {
        let mut languages = BTreeMap::new();
        for sheet in sheets {
            let new = || Self { locale: sheet.locale, sheets: BTreeMap::new() };
            languages.entry(sheet.locale).or_insert_with(new).sheets.insert(sheet.name, sheet);
        }
        languages
    }

    /// `de` of `de-AT`.
    pub(super) fn tongue(&self) -> &'a str {
        self.locale.split(['-', '_']).next().unwrap_or_default()
    }

    pub(super) fn is_english(&self) -> bool {
        self.tongue() == LAST_RESORT
    }

    /// The files whose words may stand in a file: itself, and the one that all share.
    pub(super) fn sight(&self, from: &'s Sheet<'a>) -> impl Iterator<Item = &'s Sheet<'a>> + use<'_, 's, 'a> {
        let shared = self.sheets.get(SHARED).copied().filter(|shared| shared.name != from.name);
        std::iter::once(from).chain(shared)
    }

    /// The message or term that a reference in a file means.
    pub(super) fn find(&self, from: &'s Sheet<'a>, id: &str, is_term: bool) -> Option<(&'s Sheet<'a>, &'s Unit<'a>)> {
        self.sight(from).find_map(|sheet| Some((sheet, sheet.unit(id, is_term)?)))
    }
}
