//! When the lines of a file were last changed, as git knows it: asked once for each file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::catalog::Text;
use crate::workbench::git;

/// Lines that are not committed are newer than all others.
pub(super) const UNCOMMITTED: i64 = i64::MAX;

/// The history of all files that were asked about.
#[derive(Debug)]
pub struct History {
    /// The root of the working tree; `Err`: there is no history, and why.
    root: Result<PathBuf, String>,
    /// For each file the time of each of its lines; `None`: git does not know the file.
    files: HashMap<PathBuf, Option<Vec<i64>>>,
}

impl History {
    /// The history of what lies in a folder.
    pub fn of(folder: &Path) -> Self {
        Self { root: root(folder), files: HashMap::new() }
    }

    /// For content that is no file.
    pub fn none(why: &str) -> Self {
        Self { root: Err(why.to_owned()), files: HashMap::new() }
    }

    pub(super) fn fault(&self) -> Result<(), String> {
        self.root.as_ref().map(drop).map_err(Clone::clone)
    }

    /// When the newest line of a text was committed, in seconds of the epoch.
    pub(super) fn changed(&mut self, text: &Text) -> Option<i64> {
        let root = self.root.as_ref().ok()?;
        let path = &text.source.path;
        let times = self.files.entry(path.clone()).or_insert_with(|| blame(root, path)).as_ref()?;
        let lines = text.lines.start() - 1..(*text.lines.end()).min(times.len());
        times.get(lines)?.iter().copied().max()
    }
}

/// The root of the working tree that holds a folder, with a history that goes back to its beginning.
fn root(folder: &Path) -> Result<PathBuf, String> {
    let ask = |question: &str| git(folder, &["rev-parse", question]);
    let root = ask("--show-toplevel")?;
    if ask("--is-shallow-repository")?.trim() == "true" {
        return Err("the clone is shallow; fetch the whole history (in GitHub Actions `fetch-depth: 0`)".to_owned());
    }
    Ok(PathBuf::from(root.trim_end_matches('\n')))
}

fn blame(root: &Path, path: &Path) -> Option<Vec<i64>> {
    let (folder, name) = (path.parent()?, path.file_name()?.to_str()?);
    // Commits that only change the form of many lines are no changes of what is said.
    let ignored = root.join(".git-blame-ignore-revs");
    let ignored = ignored.to_str().filter(|_| ignored.is_file());
    let mut arguments = vec!["blame", "--porcelain", "-w"];
    arguments.extend(ignored.map(|_| "--ignore-revs-file"));
    arguments.extend(ignored);
    arguments.extend(["--", name]);
    Some(times(&git(folder, &arguments).ok()?))
}

/// Reads `git blame --porcelain`: for each line a header (hash, line before, line now, …), once for each commit its details, and
/// the line itself behind a tab.
fn times(porcelain: &str) -> Vec<i64> {
    let mut commits: HashMap<&str, i64> = HashMap::new();
    let mut hash = "";
    let mut times = Vec::new();
    let mut header = true;
    for line in porcelain.lines() {
        if header {
            hash = line.split(' ').next().unwrap_or_default();
            if hash.bytes().all(|byte| byte == b'0') {
                commits.insert(hash, UNCOMMITTED);
            }
        } else if let Some(time) = line.strip_prefix("committer-time ") {
            // What is not committed has the time of the question.
            commits.entry(hash).or_insert(time.parse().unwrap_or_default());
        }
        header = line.starts_with('\t');
        if header {
            times.push(commits.get(hash).copied().unwrap_or_default());
        }
    }
    times
}

/// What git answers, or why it does not. Of a file that is not UTF-8 nothing would be known.
fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    git::ask(folder, arguments).map(|answer| String::from_utf8_lossy(&answer).into_owned())
}
