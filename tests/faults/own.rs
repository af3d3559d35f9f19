//! Servers of a scenario's own, to which anything may be done. They end with the value, and with this process however it
//! ends.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A server that the script of its kind (`tests/rabbitmq`, `tests/postgres`) has started in a folder.
pub struct Own {
    script: PathBuf,
    dir: tempfile::TempDir,
    /// Stops the server when this end of its pipe is closed.
    keeper: Child,
}

impl Own {
    pub async fn start(kind: &str, words: &[&str]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(kind);
        let dir = tempfile::Builder::new().prefix("dashlight-own-").tempdir().expect("a folder");
        let keeper = Command::new("setsid")
            .args(["sh", "-c", "cat; \"$0\" stop \"$1\"; rm -rf \"$1\""])
            .args([&script, dir.path()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a keeper");
        let own = Self { script, dir, keeper };
        own.run("start", words).await;
        own
    }

    /// One of the script's commands; what it printed.
    pub async fn run(&self, command: &str, words: &[&str]) -> String {
        let mut running = Command::new(&self.script);
        running.arg(command).arg(self.dir.path()).args(words).stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || running.output()).await.expect("no panic").expect("it runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{} {command} {words:?}: {told}", self.script.display());
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What `tests/run` would learn of it.
    pub fn named(&self, variable: &str) -> String {
        let names = std::fs::read_to_string(self.dir.path().join("env")).expect("the script wrote it");
        let line =
            names.lines().find_map(|line| line.strip_prefix("export ")?.strip_prefix(variable)?.strip_prefix('='));
        line.expect("a name of this kind of server").trim_matches('\'').to_owned()
    }

    /// All that is in its logs of this name.
    pub fn log(&self, folder: &str) -> String {
        let files = std::fs::read_dir(self.dir.path().join(folder)).into_iter().flatten();
        files
            .filter_map(|file| std::fs::read(file.ok()?.path()).ok())
            .fold(String::new(), |all, file| all + &String::from_utf8_lossy(&file))
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
