//! What a person at the terminal sees.

use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};

use crate::app::StartError;
use crate::diagnostic::Diagnostics;

/// Whether standard error is a terminal that shows colours.
pub(super) fn is_colored() -> bool {
    stderr().is_terminal()
}

/// Whether standard output is.
pub(super) fn is_output_colored() -> bool {
    stdout().is_terminal()
}

/// Prints a command's output. A reader that has heard enough (`| head`) is no fault.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(fault) if fault.kind() != ErrorKind::BrokenPipe => Err(fault.into()),
        _ => Ok(()),
    }
}

/// Says what went wrong with what a command did.
pub(super) fn warn(text: &str) {
    // The exit code says it too, should nobody listen.
    let _ = stderr().write_all(text.as_bytes());
}

/// Prints why a command did nothing.
pub(super) fn complain(fault: &anyhow::Error) {
    let faults = fault.downcast_ref::<Diagnostics>().or_else(|| match fault.downcast_ref::<StartError>() {
        Some(StartError::Faults(faults)) => Some(faults),
        _ => None,
    });
    let text = match faults {
        Some(faults) => {
            let (told, count) = (faults.render(is_colored()), faults.0.len());
            let fault = plural(count, "fault");
            let more = "`dashlight check --explain CODE` tells more about each";
            let told = told.trim_end();
            format!("{told}\n\nerror: {count} {fault} in the configuration or content; nothing was done\n{more}\n")
        }
        None => format!("error: {fault:#}\n"),
    };
    warn(&text);
}

pub(super) fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}
