//! The matrix for people: a table of at most 100 columns, one line for each language, then what is to be done.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Cell, Coverage, Row, Stale, State};

const WIDTH: usize = 100;
const GAP: &str = "  ";

pub(super) fn draw(coverage: &Coverage, color: bool) -> String {
    let mut drawn = String::new();
    let names: Vec<String> = coverage.rows.iter().map(name).collect();
    let name_width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..coverage.locales.len()).map(|index| width(coverage, index)).collect();
    let mut first = 0;
    while first < widths.len() {
        let last = block(&widths, first, WIDTH.saturating_sub(name_width));
        let columns = first..last;
        let mut head = format!("{:name_width$}", "");
        for index in columns.clone() {
            let _ = write!(head, "{GAP}{:1$}", coverage.locales[index], widths[index]);
        }
        let _ = writeln!(drawn, "{}", head.trim_end());
        for (row, name) in coverage.rows.iter().zip(&names) {
            let mut line = format!("{name:name_width$}");
            for index in columns.clone() {
                let shown = shown(&row.cells[index]);
                let space = widths[index].saturating_sub(shown.chars().count());
                let _ = write!(line, "{GAP}{}{:space$}", painted(&shown, row.cells[index].state, color), "");
            }
            let _ = writeln!(drawn, "{}", line.trim_end());
        }
        drawn.push('\n');
        first = last;
    }
    languages(coverage, &mut drawn);
    work(coverage, &mut drawn);
    drawn
}

/// `permission push`.
fn name(row: &Row) -> String {
    let code = row.folder.split_once('/').map_or(row.folder.as_str(), |(_, code)| code);
    format!("{code} {}", row.channel)
}

/// The columns from `first` that fit into a width; at least one.
fn block(widths: &[usize], first: usize, space: usize) -> usize {
    let mut used = 0;
    let fits = |width: &&usize| {
        used += GAP.len() + **width;
        used <= space
    };
    first + widths[first..].iter().take_while(fits).count().max(1)
}

fn width(coverage: &Coverage, index: usize) -> usize {
    let cells = coverage.rows.iter().map(|row| shown(&row.cells[index]).chars().count());
    cells.chain([coverage.locales[index].chars().count()]).max().unwrap_or_default()
}

fn shown(cell: &Cell) -> String {
    match cell.state {
        State::Complete => "✓".to_owned(),
        State::Stale => "stale".to_owned(),
        State::FallsBack => format!("→ {}", cell.served_by),
        State::Missing => format!("✗ {}", cell.served_by),
    }
}

/// What the sign of a cell means, by its own example.
fn meaning(cell: &Cell) -> String {
    let (sign, served_by) = (shown(cell), &cell.served_by);
    match cell.state {
        State::Complete => format!("{sign}: owners read it in their language"),
        State::Stale => format!("{sign}: English was changed after the translation"),
        State::FallsBack => format!("{sign}: words are lacking, so owners read the whole message in `{served_by}`"),
        State::Missing => format!("{sign}: not translated, so owners read `{served_by}`"),
    }
}

fn painted(text: &str, state: State, color: bool) -> String {
    let code = match state {
        _ if !color => return text.to_owned(),
        State::Complete => 32,
        State::Stale => 33,
        State::FallsBack | State::Missing => 31,
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

/// One line for each language, and what the signs mean.
fn languages(coverage: &Coverage, drawn: &mut String) {
    let width = coverage.locales.iter().map(|locale| locale.chars().count()).max().unwrap_or_default();
    let all = coverage.rows.len();
    for (index, locale) in coverage.locales.iter().enumerate() {
        let count = |state| coverage.count(Some(index), state);
        let others = [(State::Stale, "stale"), (State::FallsBack, "incomplete"), (State::Missing, "missing")];
        let _ = write!(drawn, "{locale:width$}  {} of {all} complete", count(State::Complete));
        for (state, what) in others.into_iter().filter(|(state, _)| count(*state) > 0) {
            let _ = write!(drawn, ", {} {what}", count(state));
        }
        drawn.push('\n');
    }
    let example = |state| coverage.rows.iter().flat_map(|row| &row.cells).find(|cell| cell.state == state);
    let signs = [State::Stale, State::FallsBack, State::Missing];
    let seen: Vec<String> = signs.into_iter().filter_map(example).map(meaning).collect();
    if !seen.is_empty() {
        let _ = write!(drawn, "\n{}\n", seen.join("\n"));
    }
    if let Err(why) = &coverage.history {
        let _ = write!(drawn, "\nwhat is stale is not known: {why}\n");
    }
}

/// What a translator would do, file by file, each text once.
fn work(coverage: &Coverage, drawn: &mut String) {
    let mut lacking: BTreeMap<(&Arc<str>, &str), Vec<&String>> = BTreeMap::new();
    let mut stale: BTreeMap<String, &Stale> = BTreeMap::new();
    for row in &coverage.rows {
        for (cell, locale) in row.cells.iter().zip(&coverage.locales) {
            if cell.state == State::FallsBack {
                let named = lacking.entry((locale, &row.folder)).or_default();
                named.extend(cell.lacking.iter());
            }
            for text in &cell.stale {
                let place = format!("{}:{}", text.text.source.path.display(), text.text.lines.start());
                stale.insert(format!("{place} {}", text.text.name), text);
            }
        }
    }
    for ((locale, folder), mut names) in lacking {
        names.sort();
        names.dedup();
        let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
        let names =
            if names.is_empty() { "a sound message: see `dashlight check`".to_owned() } else { names.join(", ") };
        let _ = write!(drawn, "\n`{locale}` lacks for `{folder}`: {names}");
    }
    for (place, stale) in &stale {
        let _ = write!(drawn, "\n{place}: {}; English {}", day(stale.changed), day(stale.english_changed));
    }
    if drawn.ends_with(|c: char| c != '\n') {
        drawn.push('\n');
    }
}

fn day(time: Option<i64>) -> String {
    match time.and_then(|time| Timestamp::from_second(time).ok()) {
        Some(time) => TimeZone::UTC.to_datetime(time).date().to_string(),
        None => "not committed yet".to_owned(),
    }
}
