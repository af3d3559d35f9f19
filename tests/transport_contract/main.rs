//! What every transport promises, whatever it carries over: each is run through the same cases, and the table says how it went.
//!
//! ```console
//! $ cargo test --test transport_contract -- --nocapture
//! ```

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a failure here is a failed test")]

mod cases;
mod dialects;
mod in_a_folder;
mod over_http;
mod over_http2;
mod over_smtp;
mod peer;

#[path = "../support/http.rs"]
mod http;
#[path = "../support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex};

use cases::{CASES, Met};
use dashlight::policy::Channel;
use dialects::DIALECTS;
use futures_util::StreamExt as _;
use in_a_folder::InAFolder;
use over_http::OverHttp;
use over_smtp::OverSmtp;
use peer::{ADDRESS, Peer, SECRET, TOKEN};

/// Listens to every word of every thread, and keeps those that hold what must never be told.
#[derive(Clone, Default)]
struct Spy(Arc<Mutex<Vec<String>>>);

impl Spy {
    fn listen() -> Self {
        let spy = Self::default();
        let writer = spy.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::set_global_default(subscriber).expect("nobody listens yet");
        spy
    }
}

impl io::Write for Spy {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(bytes);
        if [SECRET, ADDRESS, TOKEN].iter().any(|secret| line.contains(secret)) {
            self.0.lock().unwrap().push(line.into_owned());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How many cases run at once, besides crowds.
const AT_ONCE: usize = 24;

const BROKEN: &str = "BROKEN";

fn cell(met: Option<Met>) -> &'static str {
    match met {
        Some(Met::Kept) => "ok",
        Some(Met::NotHere) => "–",
        None => BROKEN,
    }
}

/// The case of ten thousand sends at once.
const CROWD: &str = "keeps_ten_thousand_within_its_connections";

type Entry = Box<dyn Fn() -> Arc<dyn Peer>>;

/// Every transport, by its other end. A carrier over HTTP is one more [`dialects::Dialect`].
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
    let spy = Spy::listen();
    let entries = entries();
    let names: Vec<String> = entries.iter().map(|entry| entry().name()).collect();
    // A few at once, for they wait more than they work, each with an other end of its own; the crowds one by one after them,
    // for a crowd would starve those that are in a hurry.
    let (crowds, others): (Vec<_>, Vec<_>) = CASES.iter().enumerate().partition(|(_, (name, _))| *name == CROWD);
    let mut rows = vec![vec![""; names.len()]; CASES.len()];
    let pairs = entries.iter().enumerate().flat_map(|entry| others.iter().map(move |other| (entry, other)));
    let ran = pairs.map(|((column, entry), (row, (_, case)))| async move {
        let met = tokio::spawn(case(entry())).await;
        (*row, column, cell(met.ok()))
    });
    let mut ran = futures_util::stream::iter(ran).buffer_unordered(AT_ONCE);
    while let Some((row, column, cell)) = ran.next().await {
        rows[row][column] = cell;
    }
    for (row, (_, case)) in crowds {
        for (column, entry) in entries.iter().enumerate() {
            rows[row][column] = cell(tokio::spawn(case(entry())).await.ok());
        }
    }
    let cells = rows.iter().zip(CASES).flat_map(|(row, (case, _))| row.iter().zip(&names).map(move |at| (at, case)));
    let broken: Vec<String> =
        cells.filter(|((cell, _), _)| **cell == BROKEN).map(|((_, name), case)| format!("{name} {case}")).collect();
    println!("{}", table(&names, &rows));
    assert!(broken.is_empty(), "broken: {}", broken.join(", "));
    let told = spy.0.lock().unwrap();
    assert!(told.is_empty(), "a secret is in the log: {told:?}");
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
