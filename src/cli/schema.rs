//! `dashlight schema`: what is accepted and what is told, as JSON Schema.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::{Verdict, dead, dispatches, erase, failed, pause, terminal};
use crate::workbench::check::Report;
use crate::workbench::coverage::Coverage;
use crate::{config, event, outcomes};

/// Print a JSON Schema
#[derive(Debug, Args)]
pub(super) struct Schema {
    of: Of,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Of {
    /// The events that are accepted
    Event,
    /// What your systems are told of messages and addresses: CloudEvents on the exchange of `[outcomes]`
    Outcome,
    /// The configuration file
    Config,
    /// What `check --format json` prints
    Check,
    /// What `coverage --format json` prints
    Coverage,
    /// What `log --format json` and `failed list --format json` print
    Dispatches,
    /// What `dead list --format json` and `dead show --format json` print
    DeadLetters,
    /// What `erase --format json` prints
    Erasure,
    /// What `failed retry --format json` and `failed drop --format json` print
    Failed,
    /// What `pause --format json` and `resume --format json` print
    Pauses,
    /// What `dead replay --format json` and `dead purge --format json` print
    Dead,
}

impl Schema {
    pub(super) fn execute(self) -> Verdict {
        let schema = match self.of {
            Of::Event => event::schema(),
            Of::Outcome => outcomes::schema(),
            Of::Config => config::schema(),
            Of::Check => Report::schema(),
            Of::Coverage => Coverage::schema(),
            Of::Dispatches => dispatches::schema(),
            Of::DeadLetters => dead::schema(),
            Of::Erasure => erase::schema(),
            Of::Failed => failed::schema(),
            Of::Pauses => pause::schema(),
            Of::Dead => dead::summary_schema(),
        };
        terminal::print(&format!("{schema:#}\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}
