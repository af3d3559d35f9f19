//! `dashlight completions`: for the shell.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Verdict, terminal};

/// Print completions for a shell
#[derive(Debug, Args)]
pub(super) struct Completions {
    shell: Shell,
}

impl Completions {
    pub(super) fn execute(self) -> Verdict {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "dashlight", &mut script);
        terminal::print(&String::from_utf8(script)?)?;
        Ok(ExitCode::SUCCESS)
    }
}
