//! What every transport promises, whatever it carries over: each is run through the same cases, and the table says how it went.
//!
//! ```console
//! $ cargo test --test transport_contract -- --nocapture
//! ```

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a failure here is a failed test")]

mod cases;
mod in_a_folder;
mod over_http;
mod over_smtp;
mod peer;

#[path = "../support/http.rs"]
mod http;
#[path = "../support/logs.rs"]
mod logs;
#[path = "../support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::sync::Arc;

use cases::{CASES, Met};
use dashlight::policy::Channel;
use in_a_folder::InAFolder;
use over_http::{DIALECTS, OverHttp};
use over_smtp::OverSmtp;
use peer::{ADDRESS, Peer, SECRET, TOKEN};

type Entry = Box<dyn Fn() -> Arc<dyn Peer>>;

/// Every transport, by its other end. A carrier over HTTP is one more [`over_http::Dialect`].
fn entries() -> Vec<Entry> {
    let mut entries: Vec<Entry> = vec![
        Box::new(|| Arc::new(OverSmtp::start())),
        Box::new(|| Arc::new(InAFolder::new(Channel::Email))),
        Box::new(|| Arc::new(InAFolder::new(Channel::Push))),
    ];
    for dialect in DIALECTS {
        entries.push(Box::new(|| Arc::new(OverHttp::start(dialect))));
    }
    entries
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_transport_keeps_every_promise() {
    let logs = logs::Logs::listen_everywhere();
    let (mut names, mut rows, mut broken) = (Vec::new(), vec![Vec::new(); CASES.len()], Vec::new());
    for entry in entries() {
        names.push(entry().name());
        let mut running = Vec::new();
        for (_, case) in CASES {
            // Each with an other end of its own.
            running.push(tokio::spawn(case(entry())));
        }
        for (number, case) in running.into_iter().enumerate() {
            let cell = match case.await {
                Ok(Met::Kept) => "ok",
                Ok(Met::NotHere) => "–",
                Err(_) => {
                    broken.push(format!("{} {}", names[names.len() - 1], CASES[number].0));
                    "BROKEN"
                }
            };
            rows[number].push(cell);
        }
    }
    println!("{}", table(&names, &rows));
    assert!(broken.is_empty(), "broken: {}", broken.join(", "));
    let logged = logs.text();
    for secret in [SECRET, ADDRESS, TOKEN] {
        assert!(!logged.contains(secret), "`{secret}` is in the log");
    }
}

fn table(names: &[String], rows: &[Vec<&str>]) -> String {
    let mut table = format!("{:42}", "");
    for name in names {
        let _ = write!(table, " {name:>14}");
    }
    for ((case, _), row) in CASES.iter().zip(rows) {
        let _ = write!(table, "\n{:42}", case.replace('_', " "));
        for cell in row {
            let _ = write!(table, " {cell:>14}");
        }
    }
    table
}
