//! Tables for people at a terminal, and what every command with a table can be asked for instead.

use clap::ValueEnum;
use comfy_table::{Table, presets};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::terminal;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Table,
    Json,
}

/// Columns under their heads, two spaces apart. A column in which nothing stands is left out.
pub(super) fn draw<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    let used: Vec<usize> = (0..N).filter(|column| rows.iter().any(|row| !row[*column].is_empty())).collect();
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(used.iter().map(|column| heads[*column]));
    for row in rows {
        // What a provider or a person wrote must not draw lines of its own.
        table.add_row(used.iter().map(|column| row[*column].replace(|char: char| char.is_control(), " ")));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

/// Whether a terminal would obey this character, or turn the order of others round by it.
pub(super) fn is_unsafe(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

pub(super) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let written = format!("{:#}\n", serde_json::to_value(value)?);
    // Outside of texts nothing is unsafe but the ends of lines, so what is left is written as JSON may write it.
    let safe = |char| match char {
        char if char != '\n' && is_unsafe(char) => format!("\\u{:04x}", u32::from(char)),
        char => char.to_string(),
    };
    terminal::print(&written.chars().map(safe).collect::<String>())
}

/// `2026-11-27 09:12:03`, UTC.
pub(super) fn time(at: Timestamp) -> String {
    TimeZone::UTC.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
