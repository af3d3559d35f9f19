//! `dashlight schema`: what is accepted, as JSON Schema.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::{Verdict, terminal};
use crate::{config, event};

/// Print a JSON Schema
#[derive(Debug, Args)]
pub(super) struct Schema {
    of: Of,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Of {
    /// The events that are accepted
    Event,
    /// The configuration file
    Config,
}

impl Schema {
    pub(super) fn execute(self) -> Verdict {
        let schema = match self.of {
            Of::Event => event::schema(),
            Of::Config => config::schema(),
        };
        terminal::print(&format!("{schema:#}\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}
