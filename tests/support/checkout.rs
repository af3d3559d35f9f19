//! A copy of the shipped content, as a product team has it checked out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::{TempDir, tempdir};

use super::project;

pub struct Checkout(TempDir);

impl Checkout {
    /// Templates and locales, in a folder of their own.
    pub fn new() -> Self {
        let folder = tempdir().expect("a folder");
        for name in ["templates", "locales"] {
            copy(&project(name), &folder.path().join(name));
        }
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Replaces the first `from`, which must be there.
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.file(file)).expect("the file is there");
        assert!(text.contains(from), "`{file}` has no `{from}`");
        fs::write(self.file(file), text.replacen(from, to, 1)).expect("written");
    }

    /// Runs git, whose clock stands at noon of the day.
    pub fn git(&self, day: &str, arguments: &[&str]) {
        let date = format!("{day}T12:00:00Z");
        let output = Command::new("git")
            .current_dir(self.path())
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "core.autocrlf=false"])
            .args(arguments)
            .envs([("GIT_AUTHOR_DATE", &date), ("GIT_COMMITTER_DATE", &date)])
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
            .output()
            .expect("git runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// All that has changed becomes a commit of that day.
    pub fn commit(&self, day: &str) {
        self.git(day, &["add", "--all"]);
        self.git(day, &["commit", "--quiet", "--message", day]);
    }
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        let copied = to.join(path.file_name().expect("a name"));
        if path.is_dir() { copy(&path, &copied) } else { fs::copy(&path, &copied).map(drop).expect("copied") }
    }
}
