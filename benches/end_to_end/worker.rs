//! Dashlight as an operator runs it: the release binary, its defaults, and a ledger on disk. What it has done is read
//! from the ledger's file, which other programs may open.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OpenFlags};

use crate::Run;
use crate::queue::Queue;
use crate::usage::Usage;

/// How often the ledger is asked whether all is done.
const LOOK: Duration = Duration::from_millis(50);

pub(crate) struct Measured {
    pub(crate) run: Run,
    /// Seconds from the start of the process.
    pub(crate) first_message: f64,
    /// After the start, with nothing to do.
    pub(crate) idle_megabytes: f64,
}

pub(crate) async fn measure(url: &str, port: u16, count: usize) -> Measured {
    let dir = tempfile::tempdir().expect("a folder");
    let queue = Queue::declare(url, "work").await;
    let dead = format!("{}-dead", queue.name);
    std::fs::write(dir.path().join("dashlight.toml"), configuration(url, &queue.name, &dead, port)).expect("written");

    let idle = Worker::start(dir.path());
    while !std::fs::read_to_string(dir.path().join("log")).expect("a log").contains("taking events") {
        tokio::time::sleep(LOOK).await;
    }
    tokio::time::sleep(4 * LOOK).await;
    let idle_megabytes = idle.usage().megabytes;
    idle.stop();

    queue.fill(count).await;
    let started = now();
    let worker = Worker::start(dir.path());
    let ledger = Connection::open_with_flags(dir.path().join("ledger.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)
        .expect("the ledger of the idle run");
    ledger.busy_timeout(Duration::from_secs(5)).expect("a timeout");
    let number = |sql: &str| ledger.query_row(sql, [], |row| row.get::<_, f64>(0)).expect("a number");
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 events")]
    let all = count as f64;
    while number("SELECT count(*) * 1.0 FROM dispatches WHERE state = 'sent' AND settled_at IS NOT NULL") < all {
        tokio::time::sleep(LOOK).await;
    }
    let usage = worker.usage();
    let seconds = |what: &str| number(&format!("SELECT {what} / 1e6 FROM dispatches"));
    let (taken, first, last) = (seconds("min(created_at)"), seconds("min(settled_at)"), seconds("max(settled_at)"));
    drop(ledger);
    worker.stop();
    queue.delete(&[&dead]).await;
    Measured { run: Run { elapsed: last - taken, usage }, first_message: first - started, idle_megabytes }
}

#[expect(clippy::disallowed_methods, reason = "to compare with the times in the ledger")]
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

struct Worker(Child);

impl Worker {
    fn start(dir: &Path) -> Self {
        let log = File::create(dir.join("log")).expect("a log");
        let program = env!("CARGO_BIN_EXE_dashlight");
        let mut command = Command::new(program);
        command.args(["run", "--config"]).arg(dir.join("dashlight.toml"));
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("the worker starts"))
    }

    fn usage(&self) -> Usage {
        Usage::of(&self.0.id().to_string())
    }

    /// SIGTERM, and the end of a worker that has nothing left to do.
    fn stop(mut self) {
        let asked = Command::new("kill").arg("-TERM").arg(self.0.id().to_string()).status();
        assert!(asked.expect("kill runs").success(), "SIGTERM was not sent");
        assert!(self.0.wait().expect("an end").success(), "the worker failed");
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn configuration(url: &str, queue: &str, dead: &str, port: u16) -> String {
    format!(
        r#"
[rabbitmq]
url = "{url}"
queue = "{queue}"
dead_letter_queue = "{dead}"
[ledger]
url = "sqlite:ledger.db"
[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
[policy]
grace = "0s"
[apps.chargeup]
name = "ChargeUp"
client_id = "8229df9f-91a0-4ff0-a1ae-a1f38ee24d07"
redirect_uri = "https://app.chargeup.example/smartcar/callback"
sender = "ChargeUp <hello@chargeup.example>"
support_email = "help@chargeup.example"
"#
    )
}
