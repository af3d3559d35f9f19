//! The command line: one file for each command.
//!
//! Exit codes: 0 all is well; 1 something of the input or of the messages failed; 2 the command line, the configuration or
//! the content is at fault and nothing was done.

mod check;
mod completions;
mod coverage;
mod dead;
mod demo;
mod dispatches;
mod erase;
mod explain;
mod failed;
mod log;
mod pause;
mod preview;
mod progress;
mod render;
mod run;
mod sample;
mod schema;
mod send;
mod settings;
mod table;
mod terminal;
mod visit;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use settings::Settings;

/// Tells car owners, in their own language, what is wrong with their car's connection and how to mend it.
#[derive(Debug, Parser)]
#[command(name = "dashlight", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Run(run::Run),
    Check(check::Check),
    Coverage(coverage::Show),
    Preview(preview::Preview),
    Render(render::Render),
    Send(send::Send),
    Explain(explain::Explain),
    Log(log::Log),
    Failed(failed::Failed),
    Dead(dead::Dead),
    Erase(erase::Erase),
    Pause(pause::Pause),
    Resume(pause::Resume),
    Schema(schema::Schema),
    Completions(completions::Completions),
}

/// What a command says in the end.
type Verdict = anyhow::Result<ExitCode>;

/// The input or a message failed; the rest was done.
const SOMETHING_FAILED: u8 = 1;
/// Nothing was done.
const AT_FAULT: u8 = 2;

/// Runs the command line. `environment`: the variables that begin with `DASHLIGHT__`.
pub fn main(arguments: impl IntoIterator<Item = OsString>, environment: Vec<(String, String)>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(fault) => {
            let code = if fault.use_stderr() { AT_FAULT } else { 0 };
            // A closed pipe is the reader's choice.
            let _ = fault.print();
            return ExitCode::from(code);
        }
    };
    // One TLS stack for all: whoever needs a provider finds this one. It fails only where a caller has chosen another.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = cli.settings.with_environment(environment);
    let verdict = match cli.command {
        Command::Demo(command) => command.execute(&settings),
        Command::Run(command) => command.execute(&settings),
        Command::Check(command) => command.execute(&settings),
        Command::Coverage(command) => command.execute(&settings),
        Command::Preview(command) => command.execute(&settings),
        Command::Render(command) => command.execute(&settings),
        Command::Send(command) => command.execute(&settings),
        Command::Explain(command) => command.execute(&settings),
        Command::Log(command) => command.execute(&settings),
        Command::Failed(command) => command.execute(&settings),
        Command::Dead(command) => command.execute(&settings),
        Command::Erase(command) => command.execute(&settings),
        Command::Pause(command) => command.execute(&settings),
        Command::Resume(command) => command.execute(&settings),
        Command::Schema(command) => command.execute(),
        Command::Completions(command) => command.execute(),
    };
    verdict.unwrap_or_else(|fault| {
        terminal::complain(&fault);
        ExitCode::from(AT_FAULT)
    })
}
