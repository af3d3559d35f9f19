//! The program itself, as an operator runs it.

#![allow(dead_code, reason = "each test file uses its part of it")]
#![allow(clippy::expect_used, reason = "a test that cannot be set up should fail")]

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use dashlight::ledger::{Census, Ledger as _, LedgerError, Outcomes, SqliteLedger};

/// Longer events are dead-lettered unread.
pub const MAX_EVENT_BYTES: usize = 64 * 1024;

/// The app that is configured.
pub const APP: &str = "ampwise";

/// Connections to the mail server.
pub const CONNECTIONS: usize = 4;

/// What a worker works with.
pub struct Peers<'a> {
    pub amqp: &'a str,
    pub queue: &'a str,
    pub dead_letters: &'a str,
    pub smtp_port: u16,
}

/// A folder with the configuration, the ledger and the log of all runs.
pub struct Site {
    dir: tempfile::TempDir,
    ledger: PathBuf,
}

impl Site {
    pub fn new(peers: &Peers<'_>) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let ledger = dir.path().join("ledger.db");
        let site = Self { dir, ledger };
        let text = configuration(peers, &site.ledger());
        std::fs::write(site.path("dashlight.toml"), text).expect("written");
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn ledger(&self) -> PathBuf {
        self.ledger.clone()
    }

    /// The ledger is in another folder; the worker must be told.
    pub fn keep_in(&mut self, folder: &Path) {
        self.ledger = folder.join("ledger.db");
    }

    /// Another of the program's commands; what it prints.
    pub fn run(&self, words: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_dashlight"))
            .args(words)
            .arg("--config")
            .arg(self.path("dashlight.toml"))
            .output()
            .expect("it runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {told}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub fn start(&self) -> Worker {
        self.start_with(&[])
    }

    /// With keys of the configuration that this run has of its own, written `KEY=VALUE`.
    pub fn start_with(&self, settings: &[&str]) -> Worker {
        self.start_in(&[], settings)
    }

    /// In an environment of its own.
    pub fn start_in(&self, environment: &[(&str, &str)], settings: &[&str]) -> Worker {
        let log = OpenOptions::new().create(true).append(true).open(self.path("log")).expect("a log");
        self.spawn(environment, settings, Stdio::from(log))
    }

    /// With a log of its own.
    pub fn start_into(&self, log: Stdio) -> Worker {
        self.spawn(&[], &[], log)
    }

    fn spawn(&self, environment: &[(&str, &str)], settings: &[&str], log: Stdio) -> Worker {
        let child = Command::new(env!("CARGO_BIN_EXE_dashlight"))
            .args(["run", "--config"])
            .arg(self.path("dashlight.toml"))
            .args(settings.iter().flat_map(|setting| ["--set", setting]))
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the worker starts");
        Worker(child)
    }

    /// The ledger, while no worker runs. Whatever another thread of the test is starting has the files that the test has
    /// open until it has become another program, and may keep a lock that was let go meanwhile for a few milliseconds.
    pub fn open_ledger(&self, outcomes: Outcomes) -> SqliteLedger {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            match SqliteLedger::open_with(&self.ledger(), outcomes) {
                Err(LedgerError::Unusable(_)) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                opened => return opened.expect("the ledger"),
            }
        }
    }

    /// What the ledger knows while no worker runs.
    pub async fn census(&self) -> Census {
        let ledger = self.open_ledger(Outcomes::Unwanted);
        let census = ledger.census().await.expect("a census");
        ledger.close().await.expect("closed");
        census
    }

    /// All that the workers logged.
    pub fn whole_log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// The last lines that the workers logged.
    pub fn log(&self) -> String {
        let log = self.whole_log();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

/// A running worker; killed with the value.
pub struct Worker(Child);

impl Worker {
    /// SIGKILL: no last words, no last commit.
    pub fn kill(mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("dead");
    }

    /// SIGTERM, as soon as the worker would hear it: in its first moments it would die of it.
    pub fn ask_to_stop(&self) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while self.is_deaf() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.signal("TERM");
    }

    /// Whether it is alive and does not catch SIGTERM yet; nobody knows where there is no `/proc`.
    fn is_deaf(&self) -> bool {
        const SIGTERM: u32 = 15;
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let value = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let caught = value("SigCgt:").and_then(|signals| u64::from_str_radix(signals, 16).ok());
        let is_dead = value("State:").is_none_or(|state| state.starts_with('Z'));
        !is_dead && caught.is_some_and(|signals| signals & (1 << (SIGTERM - 1)) == 0)
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.0.id().to_string()).status();
        assert!(sent.is_ok_and(|status| status.success()), "SIG{name} was not sent");
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }

    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("a status")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn configuration(peers: &Peers<'_>, ledger: &Path) -> String {
    let mut text = String::new();
    let mut section = |name: &str, keys: &[(&str, String)]| {
        writeln!(text, "[{name}]").expect("memory");
        for (key, value) in keys {
            writeln!(text, "{key} = {value}").expect("memory");
        }
    };
    let quoted = |value: &str| format!("{value:?}");
    section("source", &[("max_event_bytes", MAX_EVENT_BYTES.to_string())]);
    section(
        "rabbitmq",
        &[
            ("url", quoted(peers.amqp)),
            ("queue", quoted(peers.queue)),
            ("dead_letter_queue", quoted(peers.dead_letters)),
            ("declare", quoted("declare")),
            ("queue_type", quoted("quorum")),
        ],
    );
    // A killed worker's claims hold this long; longer than the longest send below.
    let url = format!("sqlite:{}", ledger.display());
    section("ledger", &[("url", quoted(&url))]);
    section("channels.email", &[("transports", r#"["smtp"]"#.to_owned())]);
    section("channels.push", &[("transports", "[]".to_owned())]);
    section(
        "smtp",
        &[
            ("host", quoted("127.0.0.1")),
            ("port", peers.smtp_port.to_string()),
            ("tls", quoted("none")),
            ("max_connections", CONNECTIONS.to_string()),
            ("max_messages_per_connection", "100000".to_owned()),
            ("connect_timeout", quoted("1s")),
            ("command_timeout", quoted("1s")),
            ("data_timeout", quoted("3s")),
            ("after_doubt", quoted("resend")),
        ],
    );
    section("policy", &[("grace", quoted("0s"))]);
    section(
        &format!("apps.{APP}"),
        &[
            ("name", quoted("Ampwise")),
            ("client_id", quoted("8229df9f-91a0-4ff0-a1ae-a1f38ee24d07")),
            ("sender", quoted("Ampwise <cars@ampwise.example>")),
            ("support_email", quoted("help@ampwise.example")),
        ],
    );
    text
}
