//! Two hundred edits, good and broken, while the loops decide and send: no message mixes two versions, and none fails.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use dashlight::app::Worker;
use dashlight::clock::{Dice, SystemClock};
use dashlight::content::{Current, Hangup};
use dashlight::directory::NoDirectory;
use dashlight::dispatch::Pauses;
use dashlight::ledger::SqliteLedger;
use dashlight::message::Message;
use dashlight::policy::Channel;
use dashlight::resilience::{Fatal, Pulse};
use dashlight::shutdown::Shutdown;
use dashlight::telemetry::Observers;
use dashlight::transport::Route;
use jiff::SignedDuration;
use tokio::sync::mpsc;

use crate::site::{self, BROKEN, MAIL, Site, TEXT, WORDS};
use crate::support::fakes::{Endings, FakeSource, FakeTransport};
use crate::{patiently, support, until};

const EDITS: usize = 200;
/// Events that were given and did not come to an end yet.
const IN_FLIGHT: usize = 4;
/// Between the end of one and the next: the edits need a share of the machine too.
const PACE: Duration = Duration::from_millis(5);

/// A person, a deployment, Kubernetes.
struct Editor<'a> {
    site: &'a Site,
    current: &'a Current,
    hangup: &'a Hangup,
    /// Which version each revision is.
    versions: BTreeMap<String, usize>,
}

impl Editor<'_> {
    /// One edit. Whatever takes more than one step is broken in between, so that no half of it can pass for a version.
    async fn edit(&mut self, version: usize) {
        match version % 5 {
            0 => {
                self.site.lay_out(version);
                fs::write(self.site.path(&format!("{version}/{TEXT}")), BROKEN).unwrap();
                self.site.point_to(version);
                return self.is_refused().await;
            }
            1 => {
                self.site.save(TEXT, BROKEN);
                self.site.save(WORDS, &site::words(version));
                self.site.save(MAIL, &site::mail(version));
                self.site.save(TEXT, &site::text(version));
            }
            2 => {
                self.site.lay_out(version);
                for folder in ["locales", "templates"] {
                    fs::rename(self.site.file(folder), self.site.path(&format!("{folder}-before-{version}"))).unwrap();
                }
                for folder in ["templates", "locales"] {
                    fs::rename(self.site.path(&format!("{version}/{folder}")), self.site.file(folder)).unwrap();
                }
            }
            _ => {
                self.site.lay_out(version);
                self.site.point_to(version);
            }
        }
        self.is_taken(version).await;
    }

    async fn is_taken(&mut self, version: usize) {
        let wanted = self.site.origin().snapshot().fingerprint();
        // Some wait for the watch, which lets an edit come to rest first.
        if !version.is_multiple_of(4) {
            self.hangup.give();
        }
        until("an edit is taken up", || self.current.catalog().fingerprint() == wanted).await;
        self.versions.insert(self.current.catalog().revision().to_string(), version);
    }

    async fn is_refused(&self) {
        self.hangup.give();
        until("a broken edit is refused", || self.current.standing().broken.is_some()).await;
    }
}

fn event(number: usize) -> String {
    format!(
        r#"{{"id":"evt-{number}","app":"chargeup","recipient":{{"id":"user-{number}","email":"user-{number}@example.com"}},"vehicle":{{"id":"car-{number}"}},"error":{{"type":"CONNECTED_SERVICES_ACCOUNT","code":"PERMISSION"}}}}"#
    )
}

/// Every mark in a text: `T7` or `W7`, with its full stop.
fn marks(text: &str) -> BTreeSet<String> {
    text.split(|c: char| c.is_whitespace() || c == '<' || c == '>')
        .filter(|word| {
            word.starts_with(['T', 'W']) && word.ends_with('.') && word[1..word.len() - 1].parse::<usize>().is_ok()
        })
        .map(str::to_owned)
        .collect()
}

/// The revision that the ledger notes for each message.
fn noted(ledger: &Path) -> BTreeMap<String, String> {
    let connection = rusqlite::Connection::open(ledger).unwrap();
    let mut select = connection.prepare("SELECT id, revision FROM dispatches WHERE state = 'sent'").unwrap();
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_message_mixes_two_revisions_and_none_fails() {
    let site = Site::new();
    let mut config = support::shipped_config();
    config.policy.all.grace = Some(SignedDuration::ZERO);
    let current = site.current(&config);
    let (sender, mut endings) = mpsc::unbounded_channel();
    let transport = FakeTransport::answering([]);
    let db = site.path("ledger.db");
    let ledger = Arc::new(SqliteLedger::open(&db).unwrap());
    let worker = Worker {
        config: config.clone(),
        content: current.clone(),
        ledger: Arc::clone(&ledger) as _,
        records: ledger,
        pauses: Pauses::default(),
        directory: Arc::new(NoDirectory),
        routes: BTreeMap::from([(
            Channel::Email,
            Arc::new(Route::only(Arc::clone(&transport) as _, Arc::new(Dice::seeded(7)))),
        )]),
        clock: Arc::new(SystemClock),
        dice: Arc::new(Dice::seeded(7)),
        observers: Observers::default().with(Arc::new(Endings(sender))),
        fatal: Fatal::default(),
        pulse: Pulse::default(),
    };
    let (hangup, ledger) = (Hangup::default(), Arc::clone(&worker.ledger));
    let reloading = tokio::spawn(site.reloader(&config, &current).run(hangup.clone()));
    let (mut source, feed) = FakeSource::new();
    let (trigger, shutdown) = Shutdown::manual();
    let serving = tokio::spawn(async move { worker.serve(&mut source, &shutdown).await });

    // As many owners as it takes, until the last edit is made.
    let (edited, given) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(IN_FLIGHT)));
    feed.deliveries.send((0..IN_FLIGHT).map(event).collect()).unwrap();
    let (done, count) = (Arc::clone(&edited), Arc::clone(&given));
    let owners = tokio::spawn(async move {
        let mut ended = Vec::new();
        while ended.len() < count.load(Ordering::SeqCst) {
            ended.push(patiently("a message ends", endings.recv()).await.unwrap());
            tokio::time::sleep(PACE).await;
            if !done.load(Ordering::SeqCst) {
                feed.deliveries.send(vec![event(count.fetch_add(1, Ordering::SeqCst))]).unwrap();
            }
        }
        ended
    });
    let versions = BTreeMap::from([(site.revision(&config), 1)]);
    let mut editor = Editor { site: &site, current: &current, hangup: &hangup, versions };
    for version in 2..2 + EDITS {
        editor.edit(version).await;
    }
    edited.store(true, Ordering::SeqCst);
    let ended = owners.await.unwrap();
    trigger.request();
    patiently("the worker stops", serving).await.unwrap();
    reloading.abort();
    ledger.close().await.unwrap();

    let bad: Vec<_> = ended.iter().filter(|ending| *ending != "sent").collect();
    assert!(bad.is_empty(), "{bad:?}");
    let (noted, sent) = (noted(&db), transport.accepted.lock().unwrap());
    assert_eq!((sent.len(), noted.len()), (ended.len(), ended.len()), "each was sent once");
    let mut seen = BTreeSet::new();
    for message in sent.iter() {
        let Message::Email(email) = message else { panic!("nobody asked for a push") };
        let revision = &noted[&email.id.to_string()];
        let version = editor.versions[revision];
        let (template, words) = (format!("T{version}."), format!("W{version}."));
        assert_eq!(marks(&email.subject), BTreeSet::from([words.clone()]));
        let both = BTreeSet::from([template, words]);
        assert_eq!((marks(&email.html), marks(&email.text)), (both.clone(), both), "noted as {version}");
        seen.insert(version);
    }
    // Or the test would show nothing. Of five edits four are good.
    assert!(seen.len() > EDITS / 4 && current.standing().taken >= 160, "{} of {EDITS}", seen.len());
}
