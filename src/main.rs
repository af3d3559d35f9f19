//! `dashlight`: hands the command line, the environment and the terminal to the library, and its verdict to the shell.

use std::process::ExitCode;

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn main() -> ExitCode {
    // Not `vars`, which panics on a variable of somebody else's that is not UTF-8.
    let ours = std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"DASHLIGHT__"));
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    let environment = ours.map(|(name, value)| (text(name), text(value))).collect();
    // For tests that have the worker die at a certain point; a release build does not look.
    #[cfg(debug_assertions)]
    if let Ok(point) = std::env::var("DASHLIGHT_FAILPOINT") {
        dashlight::failpoint::arm(&point);
    }
    dashlight::cli::main(std::env::args_os(), environment)
}
