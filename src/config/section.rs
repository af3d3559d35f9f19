//! Reads one table key by key. Faults are gathered, not returned, so that one load reports them all; in place of a
//! faulty value a stand-in goes on, and the whole configuration is discarded in the end.
//!
//! The keys that are asked for are all there are, so the schema is drawn here too.

use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value as Json;

use super::schema::Outline;
use super::tree::{Node, Origin, Table, Value};
use super::{Rotating, Secret, secret_file};
use crate::diagnostic::{self, Diagnostic, codes};

/// What one key can hold.
pub(super) trait Setting: Sized {
    /// For people: `a number`.
    const EXPECTED: &'static str;

    fn read(node: &Node) -> Result<Self, Fault>;

    /// As much as JSON Schema can say of what [`Setting::read`] takes from a file.
    fn schema() -> Json;

    /// As [`Setting::schema`], with bounds where they are numbers.
    fn schema_within(_bounds: &RangeInclusive<Self>) -> Json {
        Self::schema()
    }

    /// Stands in for a value that is missing or faulty.
    fn stand_in() -> Self;
}

/// What is wrong with a value.
#[derive(Debug, Default)]
pub(super) struct Fault {
    /// What was found: "a table". `None`: what kind of value it is.
    pub(super) found: Option<String>,
    /// Sharper than [`Setting::EXPECTED`].
    pub(super) expected: Option<String>,
    pub(super) help: Option<String>,
}

/// All that is shared while the sections of one configuration are read.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) faults: RefCell<Vec<Diagnostic>>,
    /// Paths of files are relative to this.
    pub(super) folder: Option<PathBuf>,
    /// Every key that is asked for goes in here, when it is the schema that is wanted.
    pub(super) outline: Option<Outline>,
}

/// A table that is being read.
pub(super) struct Section<'a> {
    reading: &'a Reading,
    path: String,
    /// Where it is in the outline: a JSON pointer.
    place: String,
    table: &'a Table,
    /// The section's header, where a missing key is reported.
    origin: Option<&'a Origin>,
    known: Vec<&'static str>,
    /// It is no table: that was said, and its keys are not missing.
    broken: bool,
    /// Faults there were before this section was read.
    faults_before: usize,
}

impl<'a> Section<'a> {
    pub(super) fn root(reading: &'a Reading, table: &'a Table) -> Self {
        let (path, place, known) = (String::new(), String::new(), Vec::new());
        Self { reading, path, place, table, origin: None, known, broken: false, faults_before: 0 }
    }

    /// No fault was found in this section so far: no value is a stand-in.
    pub(super) fn is_clean(&self) -> bool {
        self.reading.faults.borrow().len() == self.faults_before
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The key as a person writes it: `smtp.host`.
    fn key(&self, key: &str) -> String {
        let bare = key.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-'));
        let key = if bare { key.to_owned() } else { format!("\"{key}\"") };
        if self.path.is_empty() { key } else { format!("{}.{key}", self.path) }
    }

    /// A table inside this one; empty when it is missing or no table.
    pub(super) fn section(&mut self, key: &'static str) -> Section<'a> {
        self.known.push(key);
        let place = self.reading.outline.as_ref().map(|outline| outline.section(&self.place, key));
        self.subsection(key, place.unwrap_or_default())
    }

    fn subsection(&self, key: &str, place: String) -> Section<'a> {
        static EMPTY: LazyLock<Table> = LazyLock::new(Table::new);
        let (table, origin, broken) = match self.table.get(key) {
            Some((origin, Node { value: Value::Table(table), .. })) => (table, Some(origin), false),
            Some((_, node)) => {
                self.fault(key, node, "a table", Fault::default());
                (&*EMPTY, Some(&node.origin), true)
            }
            None => (&*EMPTY, None, false),
        };
        let path = self.key(key);
        let faults_before = self.reading.faults.borrow().len();
        Section { reading: self.reading, path, place, table, origin, known: Vec::new(), broken, faults_before }
    }

    /// The tables inside this one whose names the operator chooses, and that none of the keys read so far names.
    /// `pattern` is what the schema says of the names. In an outline one table stands for them all.
    pub(super) fn named_sections(&mut self, pattern: &'static str) -> Vec<(&'a str, Section<'a>)> {
        if let Some(outline) = &self.reading.outline {
            return vec![(pattern, self.subsection(pattern, outline.named_sections(&self.place, pattern)))];
        }
        let names = self
            .table
            .iter()
            .filter(|(key, (_, node))| !self.known.contains(&key.as_str()) && matches!(node.value, Value::Table(_)));
        names.map(|(key, _)| (key.as_str(), self.subsection(key, String::new()))).collect()
    }

    /// A key that may be missing.
    pub(super) fn take<T: Setting>(&mut self, key: &'static str) -> Option<T> {
        self.take_expecting(key, T::EXPECTED, T::schema)
    }

    fn take_expecting<T: Setting>(
        &mut self,
        key: &'static str,
        expected: &str,
        schema: impl FnOnce() -> Json,
    ) -> Option<T> {
        self.known.push(key);
        if let Some(outline) = &self.reading.outline {
            outline.key(&self.place, key, expected, schema());
        }
        let (_, node) = self.table.get(key)?;
        match T::read(node) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.fault(key, node, expected, fault);
                None
            }
        }
    }

    /// A key that must be there.
    pub(super) fn need<T: Setting>(&mut self, key: &'static str) -> T {
        self.need_expecting(key, T::EXPECTED, T::schema).unwrap_or_else(T::stand_in)
    }

    fn need_expecting<T: Setting>(
        &mut self,
        key: &'static str,
        expected: &str,
        schema: impl FnOnce() -> Json,
    ) -> Option<T> {
        if !self.broken && !self.has(key) {
            let message = format!("`{}` is missing; expected {expected}", self.key(key));
            self.report(
                self.origin,
                Diagnostic::new(&codes::config::MISSING, message),
                Some(&format!("`{key}` is missing here")),
            );
        }
        self.take_expecting(key, expected, schema)
    }

    /// A key that must be there and within bounds.
    pub(super) fn need_within<T>(&mut self, key: &'static str, bounds: RangeInclusive<T>, in_words: &str) -> T
    where
        T: Setting + PartialOrd,
    {
        let schema = || T::schema_within(&bounds);
        let Some(value) = self.need_expecting::<T>(key, in_words, schema) else { return T::stand_in() };
        if !bounds.contains(&value) {
            self.reject(key, &format!("is out of bounds; expected {in_words}"));
        }
        value
    }

    /// A password or the like, given in itself or as the path of a file that holds nothing else.
    pub(super) fn secret(&mut self, key: &'static str, key_file: &'static str) -> Option<Secret> {
        self.rotating(key, key_file).map(|secret| secret.first)
    }

    /// As [`Section::secret`], of whoever reads the file again.
    pub(super) fn rotating(&mut self, key: &'static str, key_file: &'static str) -> Option<Rotating> {
        let given: Option<String> = self.take(key);
        self.or_file(key, key_file, given)
    }

    /// What was given, or what the file holds that `key_file` names.
    pub(super) fn or_file(&mut self, key: &str, key_file: &'static str, given: Option<String>) -> Option<Rotating> {
        let file: Option<PathBuf> = self.path(key_file);
        match (given, file) {
            (Some(_), Some(_)) => {
                self.reject(key_file, &format!("stands beside `{key}`; keep only one of the two"));
                None
            }
            (Some(secret), None) => Some(Rotating { first: Secret::new(secret), file: None }),
            (None, Some(file)) => match secret_file::read(&file) {
                Ok(first) => Some(Rotating { first, file: Some(file) }),
                Err(fault) => {
                    self.reject(key_file, &fault);
                    None
                }
            },
            (None, None) => None,
        }
    }

    /// A path; in the file it is relative to the file's folder, elsewhere to the current one.
    pub(super) fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        let path: PathBuf = self.take(key)?;
        Some(self.resolve(key, &path))
    }

    pub(super) fn resolve(&self, key: &str, path: &Path) -> PathBuf {
        let in_file = matches!(self.table.get(key), Some((_, Node { origin: Origin::File { .. }, .. })));
        match &self.reading.folder {
            Some(folder) if in_file => folder.join(path),
            _ => path.to_owned(),
        }
    }

    /// Reports a fault of `key` that only shows beside other values: "`smtp.username` {wrong}".
    pub(super) fn reject(&self, key: &str, wrong: &str) {
        let origin = self.table.get(key).map(|(_, node)| &node.origin).or(self.origin);
        self.report(
            origin,
            Diagnostic::new(&codes::config::CONTRADICTION, format!("`{}` {wrong}", self.key(key))),
            None,
        );
    }

    /// Reports a fault of this section's own name.
    pub(super) fn reject_name(&self, wrong: &str) {
        self.report(self.origin, Diagnostic::new(&codes::config::VALUE, format!("`[{}]` {wrong}", self.path)), None);
    }

    fn fault(&self, key: &str, node: &Node, expected: &str, fault: Fault) {
        let found = fault.found.unwrap_or_else(|| node.found().to_owned());
        let expected = fault.expected.unwrap_or_else(|| expected.to_owned());
        let mut diagnostic =
            Diagnostic::new(&codes::config::VALUE, format!("`{}` is {found}; expected {expected}", self.key(key)));
        diagnostic.help = fault.help;
        self.report(Some(&node.origin), diagnostic, Some(&format!("expected {expected}")));
    }

    fn report(&self, origin: Option<&Origin>, diagnostic: Diagnostic, label: Option<&str>) {
        let help = diagnostic.help.clone();
        let set_by = |by: String| help.map_or_else(|| by.clone(), |help| format!("{by}; {help}"));
        let diagnostic = match origin {
            Some(Origin::File { source, span }) => {
                let diagnostic = diagnostic.at(source, span.clone());
                label.into_iter().fold(diagnostic, Diagnostic::label)
            }
            Some(Origin::Environment(name)) => {
                diagnostic.help(set_by(format!("it is set by the environment variable `{name}`")))
            }
            Some(Origin::Flag(key)) => diagnostic.help(set_by(format!("it is set on the command line, as `{key}`"))),
            None => diagnostic,
        };
        self.reading.faults.borrow_mut().push(diagnostic);
    }

    /// Reports the keys that nobody asked for.
    pub(super) fn finish(self) {
        self.finish_except(&[]);
    }

    /// As [`Section::finish`]; tables of these names were read as [`Section::named_sections`].
    pub(super) fn finish_except(self, names: &[&str]) {
        let unknown =
            self.table.iter().filter(|(key, _)| !self.known.contains(&key.as_str()) && !names.contains(&key.as_str()));
        for (key, (origin, _)) in unknown {
            let mut diagnostic =
                Diagnostic::new(&codes::config::UNKNOWN_KEY, format!("`{}` is not a known key", self.key(key)));
            diagnostic.help = Some(match nearest(key, &self.known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here are {}", in_words(&self.known)),
            });
            self.report(Some(origin), diagnostic, Some("unknown key"));
        }
    }
}

/// The one of `known` that was probably meant, `-` and `_` being the same.
pub(super) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let word = word.to_lowercase().replace('-', "_");
    diagnostic::nearest(&word, known.iter().copied(), |known| known.replace('-', "_"))
}

fn in_words(known: &[&str]) -> String {
    known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}
