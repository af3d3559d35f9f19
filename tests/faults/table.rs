//! The balance of each scenario, and the table of all.

use std::fmt::Write as _;

/// What was counted in a scenario, and what is wrong with it.
#[derive(Debug, Default)]
pub struct Row {
    pub scenario: String,
    /// Events that the broker has confirmed.
    pub published: usize,
    /// Messages that the carrier has taken over, those that came twice among them.
    pub accepted: usize,
    pub duplicated: usize,
    /// How many of them may come twice.
    pub window: usize,
    pub cancelled: u64,
    pub dead: usize,
    pub failed: u64,
    pub unknown: u64,
    /// Events of which nothing is left: no message, no dead letter, no line in the ledger that says why.
    pub lost: usize,
    pub seconds: u64,
    /// Why it was not run.
    pub skipped: Option<&'static str>,
    pub faults: Vec<String>,
}

impl Row {
    /// A scenario that did not come to its end.
    pub fn broken(scenario: &str, fault: String) -> Self {
        Self { scenario: scenario.to_owned(), faults: vec![fault], ..Self::default() }
    }

    /// A scenario that this machine does not allow.
    pub fn skipped(why: &'static str) -> Self {
        Self { skipped: Some(why), ..Self::default() }
    }

    /// One more thing that must be so.
    pub fn demand(&mut self, is_so: bool, fault: impl FnOnce() -> String) {
        if !is_so {
            self.faults.push(fault());
        }
    }

    pub fn is_balanced(&self) -> bool {
        self.faults.is_empty()
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.scenario.clone(),
            self.published.to_string(),
            self.accepted.to_string(),
            self.duplicated.to_string(),
            self.window.to_string(),
            self.cancelled.to_string(),
            self.dead.to_string(),
            self.failed.to_string(),
            self.unknown.to_string(),
            self.lost.to_string(),
            self.seconds.to_string(),
        ]
    }
}

const HEAD: [&str; 11] = [
    "scenario",
    "published",
    "accepted",
    "duplicated",
    "window",
    "cancelled",
    "dead-lettered",
    "failed",
    "unknown",
    "lost",
    "s",
];

/// In Markdown, with a mark on what does not balance.
pub fn table(rows: &[Row]) -> String {
    let cells: Vec<Vec<String>> = rows.iter().map(Row::cells).collect();
    let width = |column: usize| {
        let widest = cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        widest.max(HEAD[column].len()).max(2)
    };
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let mut text = String::new();
    let mut line = |row: &[&str], mark: &str| {
        for (column, cell) in row.iter().enumerate() {
            let width = widths[column];
            let _ = if column == 0 { write!(text, "| {cell:<width$} ") } else { write!(text, "| {cell:>width$} ") };
        }
        let _ = writeln!(text, "|{mark}");
    };
    line(&HEAD, "");
    let rules: Vec<String> = widths
        .iter()
        .enumerate()
        .map(|(column, width)| match column {
            0 => "-".repeat(*width),
            _ => format!("{}:", "-".repeat(width - 1)),
        })
        .collect();
    line(&rules.iter().map(String::as_str).collect::<Vec<_>>(), "");
    for (row, cells) in rows.iter().zip(&cells) {
        let mark = match row.skipped {
            Some(why) => format!(" <- not run: {why}"),
            None if row.is_balanced() => String::new(),
            None => " <- does not balance".to_owned(),
        };
        line(&cells.iter().map(String::as_str).collect::<Vec<_>>(), &mark);
    }
    text
}
