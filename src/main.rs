//! `dashlight`: hands the command line, the environment and the terminal to the library, and its verdict to the shell.

use std::process::ExitCode;

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn main() -> ExitCode {
    let environment = std::env::vars().filter(|(name, _)| name.starts_with("DASHLIGHT__")).collect();
    dashlight::cli::main(std::env::args_os(), environment)
}
