//! What git is asked: one question, one answer. It changes nothing, neither the index nor the working tree.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// What git answers, or why it does not.
pub(super) fn ask(folder: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    ask_with(folder, arguments, Vec::new())
}

/// The same, with something to read for git.
pub(super) fn ask_with(folder: &Path, arguments: &[&str], input: Vec<u8>) -> Result<Vec<u8>, String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let cannot = |error: std::io::Error| format!("`git` cannot be run: {error}");
    let mut child = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    // git answers while it still reads: whoever writes first and reads then may wait for ever.
    let writer = child.stdin.take().map(|mut stdin| std::thread::spawn(move || stdin.write_all(&input)));
    let output = child.wait_with_output().map_err(cannot)?;
    if let Some(writer) = writer {
        // A git that had heard enough has said why.
        let _ = writer.join();
    }
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().next().unwrap_or_default().trim_start_matches("fatal: ");
    Err(format!("git says: {said}"))
}
