//! What was given, layer upon layer, each value with its origin: the files, the environment, the command line.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::secrets;
use crate::diagnostic::{Diagnostic, Source, codes};

/// Where a value was given.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    File {
        source: Arc<Source>,
        span: Range<usize>,
    },
    /// The name of the variable.
    Environment(String),
    /// A flag of the command line, by the key it sets.
    Flag(String),
}

/// A value and its origin.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Table(Table),
    Array(Vec<Node>),
    String(String),
    Integer(i64),
    /// Text of the environment or the command line: it is read as what is wanted.
    Raw(String),
    /// A boolean, a float or a date, which no key wants.
    Other(&'static str),
}

/// Keys with their own origin, so that an unknown one can be shown.
pub(super) type Table = BTreeMap<String, (Origin, Node)>;

impl Node {
    /// What it is, for people: `is a table`.
    pub(super) fn found(&self) -> &'static str {
        match &self.value {
            Value::Table(_) => "a table",
            Value::Array(_) => "an array",
            Value::String(text) | Value::Raw(text) if text.trim().is_empty() => "empty",
            Value::String(_) | Value::Raw(_) => "a string",
            Value::Integer(_) => "a number",
            Value::Other(found) => found,
        }
    }
}

/// Reads a whole file; every fault of its syntax at once.
pub(super) fn parse(path: &Path, text: &str) -> Result<Table, Vec<Diagnostic>> {
    let source = Arc::new(Source { path: path.to_owned(), text: secrets::mask(text) });
    let (document, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(table(document.into_inner(), &source));
    }
    let fault = |error: &toml::de::Error| {
        let diagnostic =
            Diagnostic::new(&codes::config::SYNTAX, format!("`{}` is not TOML: {}", path.display(), error.message()));
        match error.span() {
            Some(span) => diagnostic.at(&source, span).label(error.message()),
            None => diagnostic,
        }
    };
    Err(errors.iter().map(fault).collect())
}

fn table(table: DeTable<'_>, source: &Arc<Source>) -> Table {
    let entry = |(key, value): (Spanned<_>, Spanned<DeValue<'_>>)| {
        let origin = Origin::File { source: Arc::clone(source), span: key.span() };
        (String::from(key.into_inner()), (origin, node(value, source)))
    };
    table.into_iter().map(entry).collect()
}

fn node(spanned: Spanned<DeValue<'_>>, source: &Arc<Source>) -> Node {
    let origin = Origin::File { source: Arc::clone(source), span: spanned.span() };
    let value = match spanned.into_inner() {
        DeValue::Table(inner) => Value::Table(table(inner, source)),
        DeValue::Array(items) => Value::Array(items.into_iter().map(|item| node(item, source)).collect()),
        DeValue::String(text) => Value::String(text.into_owned()),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::Other("a number out of range"),
        },
        DeValue::Boolean(_) => Value::Other("a boolean"),
        DeValue::Float(_) => Value::Other("a number with a fraction"),
        DeValue::Datetime(_) => Value::Other("a date"),
    };
    Node { value, origin }
}

/// Lays `upper` over `lower`: tables are joined, all else is replaced. A key and its `…_file` form replace each other.
pub(super) fn overlay(lower: &mut Table, upper: Table) {
    for key in upper.keys() {
        let other = key.strip_suffix("_file").map_or_else(|| format!("{key}_file"), str::to_owned);
        lower.remove(&other);
    }
    for (key, (origin, node)) in upper {
        match (lower.get_mut(&key), node) {
            (Some((_, Node { value: Value::Table(lower), .. })), Node { value: Value::Table(upper), .. }) => {
                overlay(lower, upper);
            }
            (_, node) => {
                lower.insert(key, (origin, node));
            }
        }
    }
}

/// Sets one value by its path. A part of the path finds a key that differs from it only in `-` and `_`.
pub(super) fn set(table: &mut Table, path: &[String], text: &str, origin: &Origin) {
    let Some((first, rest)) = path.split_first() else { return };
    let plain = |key: &str| key.replace('-', "_");
    let key = table.keys().find(|key| plain(key) == plain(first)).unwrap_or(first).clone();
    if rest.is_empty() {
        let other = key.strip_suffix("_file").map_or_else(|| format!("{key}_file"), str::to_owned);
        table.remove(&other);
        let node = Node { value: Value::Raw(text.to_owned()), origin: origin.clone() };
        table.insert(key, (origin.clone(), node));
        return;
    }
    let empty = || (origin.clone(), Node { value: Value::Table(Table::new()), origin: origin.clone() });
    let (_, node) = table.entry(key).or_insert_with(empty);
    // A section that is no table is a fault already; this value must not hide it.
    if let Value::Table(inner) = &mut node.value {
        set(inner, rest, text, origin);
    }
}

/// A value as the command line gives it: for tests.
#[cfg(test)]
pub(super) fn raw(text: &str) -> Node {
    Node { value: Value::Raw(text.to_owned()), origin: Origin::Flag("test".to_owned()) }
}
