//! `dashlight coverage`: how far each language is translated, and what English has changed since.

use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::settings::Settings;
use super::{SOMETHING_FAILED, Verdict, terminal};
use crate::app;
use crate::workbench::coverage::{Coverage, History, State};

/// Show which languages say which notices, and where English was changed since
#[derive(Debug, Args)]
pub(super) struct Show {
    /// A table for people, JSON for programs, or an SVG badge
    #[arg(long, value_enum, default_value_t = Format::Table, hide_possible_values = true)]
    format: Format,
    /// Exit with 1 if anything is so: `stale`, `falls-back`, `missing`
    #[arg(long, value_enum, value_name = "STATE", value_delimiter = ',', hide_possible_values = true)]
    deny: Vec<Denied>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Badge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Denied {
    Stale,
    FallsBack,
    Missing,
}

impl From<Denied> for State {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Stale => Self::Stale,
            Denied::FallsBack => Self::FallsBack,
            Denied::Missing => Self::Missing,
        }
    }
}

impl Show {
    pub(super) fn execute(self, settings: &Settings) -> Verdict {
        let config = settings.load_to_look()?;
        let catalog = app::catalog(&config)?;
        let app = config.apps.values().next().context("the configuration has no app; add a section `[apps.ID]`")?;
        let mut history = match &config.content.locales {
            Some(folder) => History::of(folder),
            None => History::none("the content is built in, and its history is not"),
        };
        let coverage = Coverage::of(&catalog, &app.default_locale, &mut history);
        let shown = match self.format {
            Format::Table => coverage.table(terminal::is_output_colored()),
            Format::Json => format!("{:#}\n", coverage.json()),
            Format::Badge => coverage.badge(),
        };
        terminal::print(&shown)?;
        let denied = self.deny.iter().any(|denied| coverage.count(None, (*denied).into()) > 0);
        Ok(if denied { ExitCode::from(SOMETHING_FAILED) } else { ExitCode::SUCCESS })
    }
}
