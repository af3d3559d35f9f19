//! What is SQLite's alone: group commit, the lock, faults of the disk, files that are not ours. The rest is the
//! contract's.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;
use rusqlite::Connection;

use super::*;
use crate::event::{ErrorKey, Moment, Recipient, Resolution, State, Vehicle, VehicleError};
use crate::ledger::{End, Owner, Records};
use crate::policy::{Reach, Rules, Step, Target};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn path(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("ledger.db")
}

fn now() -> Timestamp {
    Timestamp::from_second(1_790_000_000).expect("a time")
}

fn worker() -> Claimant {
    Claimant { owner: "w".into(), lease: SignedDuration::from_mins(5), leaves: Vec::new() }
}

fn admission(owner: &str) -> Admission {
    let step = Step { after: SignedDuration::ZERO, channels: vec![Channel::Email], reach: Reach::All };
    let rules = Rules {
        grace: SignedDuration::ZERO,
        steps: vec![step],
        cooldown: SignedDuration::from_hours(24),
        expiry: SignedDuration::from_hours(48),
        bundles: false,
        inhibited_by: Vec::new(),
        relief: None,
    };
    let error = VehicleError {
        event_id: "e".into(),
        app: "app".into(),
        key: ErrorKey::new("CONNECTED_SERVICES_ACCOUNT", Some("PERMISSION")),
        state: State::Error,
        moment: Moment { at: now(), sequence: None },
        undated: None,
        recipient: Recipient { id: owner.into(), email: Some("o@example.com".into()), ..Recipient::default() },
        vehicle: Vehicle { id: Some("car".into()), ..Vehicle::default() },
        resolution: Resolution::default(),
        test: false,
    };
    Admission { error, rules: Some(Arc::new(rules)), targets: vec![Target::Email], nights: None }
}

async fn admit(ledger: &SqliteLedger, owner: &str) -> Result<Admitted, LedgerError> {
    ledger.admit(vec![admission(owner)], now(), Pace::Live, None).await
}

async fn planned(ledger: &SqliteLedger) -> u64 {
    ledger.census().await.expect("a census").planned
}

/// The one sentence an operator reads, with the folder's random name taken out.
fn refusal(path: &Path) -> String {
    match SqliteLedger::open(path) {
        Err(LedgerError::Unusable(reason)) => reason.replace(&path.display().to_string(), "PATH"),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[tokio::test]
async fn calls_that_wait_together_share_a_commit() {
    let folder = folder();
    let ledger = Arc::new(SqliteLedger::open(&path(&folder)).expect("a ledger"));
    let before = ledger.commits();
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let holding = tokio::spawn({
        let ledger = Arc::clone(&ledger);
        async move { ledger.writer.run(Whether::Always, 1, move |_| Ok(held.recv().is_err())).await }
    });
    let calls: Vec<_> = (0..40)
        .map(|owner| {
            let ledger = Arc::clone(&ledger);
            tokio::spawn(async move { admit(&ledger, &owner.to_string()).await })
        })
        .collect();
    // One thread runs these tasks: when this one goes on, each of the others has sent its call.
    tokio::task::yield_now().await;
    drop(hold);
    holding.await.expect("no panic").expect("held");
    for call in calls {
        call.await.expect("no panic").expect("admitted");
    }
    assert_eq!(planned(&ledger).await, 40);
    assert!(ledger.commits() - before <= 3, "{} commits", ledger.commits() - before);
}

#[tokio::test]
async fn a_call_that_fails_takes_nothing_of_its_neighbours_with_it() {
    let folder = folder();
    let ledger = Arc::new(SqliteLedger::open(&path(&folder)).expect("a ledger"));
    let failing = ledger.writer.run(Whether::Always, 1, |connection| {
        admit::admit(connection, vec![admission("lost")], now(), Pace::Live, None)?;
        connection.execute("INSERT INTO nowhere VALUES (1)", [])
    });
    let (before, failed, after) = tokio::join!(admit(&ledger, "before"), failing, admit(&ledger, "after"));
    assert!(before.is_ok() && after.is_ok());
    assert!(matches!(failed, Err(LedgerError::Unusable(_))), "{failed:?}");
    let owners: Vec<_> = ledger
        .claim(Channel::Email, now(), 10, &worker())
        .await
        .expect("claimed")
        .into_iter()
        .map(|dispatch| dispatch.error.recipient.id.clone())
        .collect();
    assert_eq!(owners, ["before", "after"]);
}

#[tokio::test]
async fn a_second_worker_is_refused_until_the_first_has_gone() {
    let folder = folder();
    let first = SqliteLedger::open(&path(&folder)).expect("a ledger");
    assert_eq!(
        refusal(&path(&folder)),
        "`PATH` is used by another worker; stop that one, or give this one a ledger of its own (`[ledger] url`)"
    );
    drop(first);
    SqliteLedger::open(&path(&folder)).expect("free again");
}

#[tokio::test]
async fn other_programs_may_read_while_a_worker_writes() {
    let folder = folder();
    let ledger = SqliteLedger::open(&path(&folder)).expect("a ledger");
    admit(&ledger, "o").await.expect("admitted");
    let reader = Connection::open_with_flags(path(&folder), rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).expect("open");
    let count: i64 = reader.query_row("SELECT count(*) FROM dispatches", [], |row| row.get(0)).expect("read");
    assert_eq!(count, 1);
}

/// What a kill leaves behind: the files as they are, with nobody to tidy them up.
#[tokio::test]
async fn after_a_kill_what_was_committed_is_there_and_what_was_being_sent_is_claimed_at_once() {
    let (folder, crashed) = (folder(), folder());
    let ledger = SqliteLedger::open(&path(&folder)).expect("a ledger");
    let claimed =
        ledger.admit(vec![admission("o")], now(), Pace::Live, Some(&worker())).await.expect("admitted").claimed;
    for suffix in ["", "-wal"] {
        let name = format!("ledger.db{suffix}");
        std::fs::copy(folder.path().join(&name), crashed.path().join(&name)).expect("copied");
    }
    let revived = SqliteLedger::open(&path(&crashed)).expect("a ledger");
    // Its lease has minutes to go, but the lock says that its owner is dead.
    let again = revived.claim(Channel::Email, now(), 10, &worker()).await.expect("claimed").remove(0);
    assert_eq!((&again.id, again.attempt, again.doubtful), (&claimed[0].id, 2, true));
    assert!(again.token > claimed[0].token);
}

#[tokio::test]
async fn a_full_disk_makes_it_unavailable_until_there_is_room() {
    let folder = folder();
    let ledger = SqliteLedger::open(&path(&folder)).expect("a ledger");
    let limit = |pages: i64| {
        ledger.writer.run(Whether::Always, 1, move |connection| {
            connection.pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, i64>(0))
        })
    };
    // No lower than what is there already.
    let pages = limit(1).await.expect("limited");
    let mut admitted = 0;
    let refused = loop {
        let batch = (0..50).map(|n| self::admission(&format!("{admitted} {n}"))).collect();
        match ledger.admit(batch, now(), Pace::Live, None).await {
            Ok(_) => admitted += 1,
            Err(error) => break error.to_string().replace(&path(&folder).display().to_string(), "PATH"),
        }
    };
    assert_eq!(refused, "the ledger is unavailable: `PATH` cannot grow, its disk is full; free some space");
    assert_eq!(planned(&ledger).await, admitted * 50, "all of a batch or nothing");
    limit(pages + 1_000).await.expect("there is room");
    admit(&ledger, "after").await.expect("healed");
    assert_eq!(planned(&ledger).await, admitted * 50 + 1);
}

#[tokio::test]
async fn a_lock_by_another_program_makes_it_unavailable_until_it_is_gone() {
    let folder = folder();
    let ledger = SqliteLedger::open(&path(&folder)).expect("a ledger");
    let other = Connection::open(path(&folder)).expect("open");
    other.execute_batch("BEGIN EXCLUSIVE").expect("locked");
    let refused = admit(&ledger, "o").await;
    assert!(matches!(refused, Err(LedgerError::Unavailable(_))), "{refused:?}");
    assert_eq!(planned(&ledger).await, 0, "looking still works");
    other.execute_batch("COMMIT").expect("released");
    admit(&ledger, "o").await.expect("healed");
}

#[test]
fn a_file_that_is_no_ledger_is_refused_and_left_as_it_was() {
    let folder = folder();
    let path = path(&folder);
    let text = "a shopping list\n".repeat(100);
    std::fs::write(&path, &text).expect("written");
    assert_eq!(refusal(&path), "`PATH` is no SQLite database; move it away, or give `[ledger] url` another path");
    assert_eq!(std::fs::read_to_string(&path).expect("read"), text);

    std::fs::remove_file(&path).expect("removed");
    Connection::open(&path).expect("open").execute_batch("CREATE TABLE recipes (name)").expect("created");
    assert_eq!(refusal(&path), "`PATH` is another program's database; give `[ledger] url` another path");
}

#[test]
fn a_ledger_of_a_newer_release_is_refused() {
    let folder = folder();
    drop(SqliteLedger::open(&path(&folder)).expect("a ledger"));
    let other = Connection::open(path(&folder)).expect("open");
    other.pragma_update(None, "user_version", 99).expect("updated");
    drop(other);
    assert_eq!(
        refusal(&path(&folder)),
        "`PATH` was written by a newer Dashlight (schema 99, this one knows 7); update this one"
    );
}

#[test]
fn a_folder_that_is_not_there_is_named_with_what_to_do() {
    let folder = folder();
    let reason = refusal(&folder.path().join("nowhere/ledger.db"));
    assert!(reason.starts_with("`PATH` cannot be opened for writing: "), "{reason}");
    assert!(reason.contains("create its folder"), "{reason}");
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_the_addresses_inside() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let ledger = SqliteLedger::open(&path(&folder)).expect("a ledger");
    admit(&ledger, "o").await.expect("admitted");
    for file in std::fs::read_dir(folder.path()).expect("a folder") {
        let file = file.expect("a file");
        let mode = file.metadata().expect("metadata").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.path().display());
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_fails_alone() {
    let folder = folder();
    let ledger = SqliteLedger::open(&path(&folder)).expect("a ledger");
    for owner in ["payload", "target", "whole"] {
        admit(&ledger, owner).await.expect("admitted");
    }
    let spoil = |connection: &Connection| {
        connection.execute("UPDATE incidents SET payload = '{}' WHERE recipient = 'payload'", [])?;
        connection.execute(
            "UPDATE dispatches SET target = '' WHERE incident = (SELECT id FROM incidents WHERE recipient = 'target')",
            [],
        )
    };
    ledger.writer.run(Whether::Always, 1, spoil).await.expect("spoilt");
    let claimed = ledger.claim(Channel::Email, now(), 10, &worker()).await.expect("claimed");
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].error.recipient.id, "whole");
    assert_eq!(ledger.census().await.expect("a census").failed, 2);
}

#[tokio::test]
async fn a_claim_whose_caller_has_gone_is_not_made() {
    let folder = folder();
    let ledger = Arc::new(SqliteLedger::open(&path(&folder)).expect("a ledger"));
    admit(&ledger, "o").await.expect("admitted");
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let holding = tokio::spawn({
        let ledger = Arc::clone(&ledger);
        async move { ledger.writer.run(Whether::Always, 1, move |_| Ok(held.recv().is_err())).await }
    });
    let claiming = tokio::spawn({
        let ledger = Arc::clone(&ledger);
        async move { ledger.claim(Channel::Email, now(), 10, &worker()).await }
    });
    tokio::task::yield_now().await;
    claiming.abort();
    assert!(claiming.await.expect_err("aborted").is_cancelled());
    drop(hold);
    holding.await.expect("no panic").expect("held");
    assert_eq!(ledger.claim(Channel::Email, now(), 10, &worker()).await.expect("claimed").len(), 1);
}

#[tokio::test]
async fn claims_read_the_indexes_that_were_made_for_them() {
    let folder = folder();
    let ledger = SqliteLedger::open(&path(&folder)).expect("a ledger");
    let plans = |connection: &Connection| {
        [claim::PLANNED, claim::LEASE_RAN_OUT]
            .iter()
            .map(|sql| {
                connection.query_row(&format!("EXPLAIN QUERY PLAN {sql}"), ("email", 0, 10), |row| {
                    row.get::<_, String>("detail")
                })
            })
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    let plans = ledger.writer.run(Whether::Always, 1, plans).await.expect("explained");
    assert!(plans[0].contains("USING INDEX dispatches_planned (channel=? AND due_at<?)"), "{plans:?}");
    assert!(plans[1].contains("USING INDEX dispatches_sending (channel=? AND lease_until<?)"), "{plans:?}");
}

/// `cargo test --release --lib -- --ignored --nocapture the_rates`
#[ignore = "a measurement: run it by hand"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rates_of_a_worker_at_full_speed() {
    const BATCHES: usize = 200;
    let folder = folder();
    let ledger = Arc::new(SqliteLedger::open(&path(&folder)).expect("a ledger"));
    let start = std::time::Instant::now();
    let mut claimed = Vec::new();
    for batch in 0..BATCHES {
        let batch = (0..200).map(|n| admission(&format!("{batch} {n}"))).collect();
        claimed.extend(ledger.admit(batch, now(), Pace::Live, Some(&worker())).await.expect("admitted").claimed);
    }
    let admitting = start.elapsed();
    let settlement = |dispatch: &Dispatch| {
        let (transport, locale, revision) = ("smtp".into(), "en".into(), "r".into());
        let end = End::Sent { transport, provider_id: Some("1".into()), locale, revision };
        Settlement { id: dispatch.id.clone(), token: dispatch.token, end }
    };
    let start = std::time::Instant::now();
    for batch in claimed.chunks(20) {
        let candidates: Vec<_> = batch.iter().map(Candidate::of).collect();
        ledger.standing(&candidates, now(), Terms::holding(SignedDuration::ZERO)).await.expect("looked");
    }
    let looking = start.elapsed();
    let start = std::time::Instant::now();
    let calls: Vec<_> = claimed
        .chunks(20)
        .map(|batch| {
            let (ledger, batch) = (Arc::clone(&ledger), batch.iter().map(settlement).collect());
            tokio::spawn(async move { ledger.settle(batch, now()).await.expect("settled") })
        })
        .collect();
    for call in calls {
        call.await.expect("no panic");
    }
    let settling = start.elapsed();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = |time: std::time::Duration| (BATCHES * 200) as f64 / time.as_secs_f64();
    println!(
        "per second: {:.0} admitted, {:.0} looked at, {:.0} settled; {} commits",
        rate(admitting),
        rate(looking),
        rate(settling),
        ledger.commits()
    );
}

#[tokio::test]
async fn a_guest_works_beside_the_worker_and_ends_none_of_its_leases() {
    let folder = folder();
    let ledger = SqliteLedger::open(&path(&folder)).expect("a ledger");
    admit(&ledger, "o").await.expect("admitted");
    let claimed = ledger.claim(Channel::Email, now(), 1, &worker()).await.expect("claimed");
    let guest = SqliteLedger::visit(&path(&folder)).expect("a visit");
    let query = crate::ledger::Query { limit: 1, ..Default::default() };
    let told = crate::ledger::Records::history(&guest, &query, now()).await.expect("a history");
    assert_eq!(told[0].id, claimed[0].id);
    crate::ledger::Records::leave(&guest).await.expect("gone");
    let candidates = [Candidate::of(&claimed[0])];
    assert_eq!(
        ledger.standing(&candidates, now(), Terms::holding(SignedDuration::ZERO)).await.expect("a look"),
        [Standing::Go]
    );
}

#[tokio::test]
async fn a_guest_brings_an_older_schema_up_to_date_unless_a_worker_uses_it() {
    let folder = folder();
    let old = Connection::open(path(&folder)).expect("a file");
    old.execute_batch(include_str!("migrations/0001.sql")).expect("the first schema");
    old.pragma_update(None, "application_id", 0x444c_4947).expect("ours");
    old.pragma_update(None, "user_version", 1).expect("the first");
    drop(old);
    let lock = schema::lock(&path(&folder)).expect("the older worker's lock");
    let refused = SqliteLedger::visit(&path(&folder)).map(drop);
    assert!(matches!(&refused, Err(LedgerError::Unusable(why)) if why.contains("older release")), "{refused:?}");
    drop(lock);
    let guest = SqliteLedger::visit(&path(&folder)).expect("migrated");
    let query = crate::ledger::Query { limit: 1, ..Default::default() };
    assert!(crate::ledger::Records::history(&guest, &query, now()).await.expect("a history").is_empty());
    SqliteLedger::open(&path(&folder)).expect("no lock was kept");
}

/// What is in the ledger's files, whatever SQLite thinks of it.
fn bytes(path: &Path) -> Vec<u8> {
    let log = PathBuf::from(format!("{}-wal", path.display()));
    let read = |path: &Path| std::fs::read(path).unwrap_or_default();
    [read(path), read(&log)].concat()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find(bytes, text.as_bytes()).is_some()
}

#[tokio::test]
async fn of_an_erased_owner_no_byte_is_left_in_the_files() {
    let folder = folder();
    let path = path(&folder);
    let ledger = SqliteLedger::open(&path).unwrap();
    // Among others, so that pages are split and joined around them; and again and again, so that rows move.
    for round in 0..6 {
        for owner in 0..60 {
            let mut admission = admission(&format!("owner-{owner:04}"));
            admission.error.recipient.email = Some(format!("mailbox-{owner:04}@example.com"));
            admission.error.recipient.name = Some("x".repeat(300 * (round + owner % 4)));
            admission.error.vehicle.id = Some(format!("car-{}", round / 2));
            let seconds = i64::try_from(round).unwrap();
            admission.error.moment.at = now() + SignedDuration::from_secs(seconds);
            ledger.admit(vec![admission], now(), Pace::Live, None).await.unwrap();
        }
    }
    assert!(holds(&bytes(&path), "owner-0033") && holds(&bytes(&path), "mailbox-0033"));

    let guest = SqliteLedger::visit(&path).unwrap();
    for owner in [33, 5, 59] {
        let owner = Owner { app: "app".into(), recipient: format!("owner-{owner:04}") };
        let erased = guest.erase(&owner, false, now()).await.unwrap();
        assert!(erased.incidents == 3 && !erased.leaves_traces, "{erased:?}");
    }
    let left = bytes(&path);
    for owner in [33, 5, 59] {
        for text in [format!("owner-{owner:04}"), format!("mailbox-{owner:04}")] {
            assert!(!holds(&left, &text), "{text} is still there");
        }
    }
    assert!(holds(&left, "owner-0034"));
}
