//! The matrix for programs. Its form is stable: fields may be added, none changes its meaning.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Cell, Coverage, Row, State};

/// What `dashlight coverage --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "CoverageReport")]
struct Written<'a> {
    /// Grows when a field changes its meaning.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// Why nothing is known of what is stale. Missing when it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_history: Option<&'a str>,
    /// How many cells of each language are in which state.
    locales: BTreeMap<&'a str, BTreeMap<&'static str, usize>>,
    cells: Vec<WrittenCell<'a>>,
}

/// One notice over one channel in one language.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct WrittenCell<'a> {
    r#type: &'a str,
    code: Option<&'a str>,
    #[schemars(extend("enum" = ["email", "push"]))]
    channel: &'static str,
    locale: &'a str,
    #[schemars(extend("enum" = ["complete", "stale", "falls-back", "missing"]))]
    state: &'static str,
    /// The language that its owners read.
    served_by: &'a str,
    /// What is not there, such as `.push-title`.
    lacking: &'a [String],
    stale: Vec<WrittenStale<'a>>,
}

/// A text whose English was changed later.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct WrittenStale<'a> {
    text: &'a str,
    file: String,
    line: usize,
    /// When (RFC 3339); null: the change is not committed yet.
    english_changed: Option<String>,
    changed: Option<String>,
}

pub(super) fn write(coverage: &Coverage) -> Value {
    let states = |index| State::ALL.map(|state| (state.as_str(), coverage.count(Some(index), state)));
    let locales = coverage.locales.iter().enumerate().map(|(index, locale)| (&**locale, BTreeMap::from(states(index))));
    let cells = coverage.rows.iter().flat_map(|row| {
        row.cells.iter().zip(&coverage.locales).map(move |(cell, locale)| write_cell(row, locale, cell))
    });
    let written = Written {
        version: 1,
        no_history: coverage.history.as_ref().err().map(String::as_str),
        locales: locales.collect(),
        cells: cells.collect(),
    };
    // Strings and numbers only: it cannot fail.
    serde_json::to_value(written).unwrap_or_default()
}

pub(super) fn schema() -> Value {
    schemars::schema_for!(Written<'_>).to_value()
}

fn write_cell<'a>(row: &'a Row, locale: &'a str, cell: &'a Cell) -> WrittenCell<'a> {
    let when = |time: Option<i64>| Some(Timestamp::from_second(time?).ok()?.to_string());
    let stale = cell.stale.iter().map(|stale| WrittenStale {
        text: &stale.text.name,
        file: stale.text.source.path.display().to_string(),
        line: *stale.text.lines.start(),
        english_changed: when(stale.english_changed),
        changed: when(stale.changed),
    });
    WrittenCell {
        r#type: row.key.kind(),
        code: row.key.code(),
        channel: row.channel.as_str(),
        locale,
        state: cell.state.as_str(),
        served_by: &cell.served_by,
        lacking: &cell.lacking,
        stale: stale.collect(),
    }
}
