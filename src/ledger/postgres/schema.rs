//! The schema: forward only, and safe while older workers still run.
//!
//! **The rule.** A fleet is updated worker by worker, so every migration must leave the schema usable by the workers of the
//! release before it: add tables, indexes and columns that may be NULL or have a default; never rename, drop or narrow what
//! the release before reads or writes. What is no longer used is dropped one release later, by a migration whose `oldest` says
//! which workers can go on beside it: older ones refuse to start, with a word. A migration takes no lock that waits for long.

use super::fault::Failure;
use super::pool::Session;
use crate::ledger::LedgerError;

struct Migration {
    sql: &'static str,
    /// The oldest schema whose workers can go on beside this one.
    oldest: i32,
}

/// In this order, each once.
const MIGRATIONS: [Migration; 7] = [
    Migration { sql: include_str!("migrations/0001.sql"), oldest: 1 },
    Migration { sql: include_str!("migrations/0002.sql"), oldest: 1 },
    Migration { sql: include_str!("migrations/0003.sql"), oldest: 1 },
    Migration { sql: include_str!("migrations/0004.sql"), oldest: 1 },
    Migration { sql: include_str!("migrations/0005.sql"), oldest: 1 },
    Migration { sql: include_str!("migrations/0006.sql"), oldest: 1 },
    Migration { sql: include_str!("migrations/0007.sql"), oldest: 1 },
];

/// What the database says of itself.
struct State {
    number: i32,
    oldest: i32,
}

/// Whether there is something to migrate. A newer schema that says it can be used is used.
pub(super) async fn is_old(session: &Session, schema: &str) -> Result<bool, Failure> {
    let known = known();
    let State { number, oldest } = state(session, schema).await?;
    if oldest > known {
        return Err(Failure::Decided(LedgerError::Unusable(format!(
            "the ledger was brought to schema {number} by a newer Dashlight and needs workers that know {oldest}; this one \
             knows {known}: update this one"
        ))));
    }
    Ok(number < known)
}

/// The number of the schema that is there, 0 for none, and of this release's. Refuses one that this release cannot use.
pub(super) async fn numbers(session: &Session, schema: &str) -> Result<(i32, i32), Failure> {
    is_old(session, schema).await?;
    Ok((state(session, schema).await?.number, known()))
}

/// Refuses a schema that lacks what this release knows.
pub(super) async fn must_be_known(session: &Session, schema: &str) -> Result<(), Failure> {
    if !is_old(session, schema).await? {
        return Ok(());
    }
    let State { number, .. } = state(session, schema).await?;
    let why = match number {
        0 => format!(
            "there is no ledger in the schema `{schema}`; `dashlight run` makes it at its first start, or `ledger.url` or \
             `ledger.schema` means another"
        ),
        _ => format!(
            "the ledger is of schema {number}, and this program needs {}; start a worker of this release, which brings it \
             up to date while older ones go on, or ask with the program that those run",
            known()
        ),
    };
    Err(Failure::Decided(LedgerError::Unusable(why)))
}

/// Brings the schema up to date, on a session that is given up afterwards.
pub(super) async fn migrate(session: &Session, schema: &str) -> Result<(), Failure> {
    session.run("SET statement_timeout = 0; SET lock_timeout = 0").await?;
    // Another worker that migrates is waited for, however long that takes; and before the transaction begins, or it would
    // not see what that one made.
    session.query("SELECT pg_advisory_lock(hashtextextended($1, 0))", &[&format!("dashlight {schema}")]).await?;
    // A table that is in use is not waited for: whoever comes after would wait behind us.
    session.run("BEGIN; SET LOCAL lock_timeout = '5s'").await?;
    let found = state(session, schema).await?;
    if found.number == 0 {
        create(session, schema).await?;
    }
    for (number, migration) in (1..).zip(&MIGRATIONS).skip_while(|(number, _)| *number <= found.number) {
        session.run(migration.sql).await?;
        let sql = "INSERT INTO migrations (number, oldest, applied_at) VALUES ($1, $2, clock_timestamp())";
        session.query(sql, &[&number, &migration.oldest]).await?;
    }
    session.run("COMMIT").await
}

fn known() -> i32 {
    i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX)
}

/// Forward compatible itself: it is read by workers of every release.
async fn state(session: &Session, schema: &str) -> Result<State, Failure> {
    let table = "SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
                 WHERE n.nspname = $1 AND c.relname = 'migrations'";
    if session.query(table, &[&schema]).await?.is_empty() {
        return Ok(State { number: 0, oldest: 0 });
    }
    let sql = "SELECT coalesce(max(number), 0), coalesce(max(oldest), 0) FROM migrations";
    let rows = session.query(sql, &[]).await?;
    let row = rows.first().ok_or_else(|| Failure::Stored("the table of migrations says nothing".into()))?;
    Ok(State { number: row.try_get(0)?, oldest: row.try_get(1)? })
}

async fn create(session: &Session, schema: &str) -> Result<(), Failure> {
    let there = session.query("SELECT FROM pg_namespace WHERE nspname = $1", &[&schema]).await?;
    // Where an administrator made it, the user needs no right to make one.
    if there.is_empty() {
        session.run(&format!("CREATE SCHEMA \"{schema}\"")).await?;
    }
    session
        .run(
            "CREATE TABLE migrations (number INTEGER PRIMARY KEY, oldest INTEGER NOT NULL, \
             applied_at TIMESTAMPTZ NOT NULL)",
        )
        .await
}
