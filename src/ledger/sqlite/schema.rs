//! Opening the file: who may use it, what is in it, how it is kept.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::fault;
use super::outcomes::KEEP;
use crate::ledger::{LedgerError, Outcomes};

/// Forward only: each is run once, in this order; `user_version` counts those that have been.
const MIGRATIONS: [&str; 7] = [
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0006.sql"),
    include_str!("migrations/0007.sql"),
];

/// Marks the file as ours (`PRAGMA application_id`): "DLIG".
const APPLICATION_ID: i32 = 0x444c_4947;

/// Another program's transaction is waited for no longer than this; the caller tries again.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// A guest has no worker to go back to, and a person waits who would rather wait than ask again.
const GUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Takes the ledger for this worker alone, until the file is closed. The lock lies beside the database, so that other
/// programs can read the database meanwhile; the system drops it when a worker dies.
pub(super) fn lock(path: &Path) -> Result<File, LedgerError> {
    let shown = path.display().to_string();
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = create(Path::new(&name)).map_err(|error| match error.kind() {
        std::io::ErrorKind::StorageFull => {
            LedgerError::Unavailable(format!("`{shown}` cannot grow, its disk is full; free some space"))
        }
        _ => fault::cannot_open(&shown, &error),
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LedgerError::Unusable(format!(
            "`{shown}` is used by another worker; stop that one, or give this one a ledger of its own (`[ledger] url`)"
        ))),
        Err(TryLockError::Error(error)) => Err(fault::cannot_open(&shown, &error)),
    }
}

/// Addresses are kept inside: nobody but the worker's own user may read what is created here. SQLite gives the files
/// that it adds the same mode.
fn create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The connection that writes. Call it only with the lock held: it creates the file, brings the schema up to date and
/// ends the leases of workers that are gone.
pub(super) fn open_writer(path: &Path, outcomes: Outcomes) -> Result<Connection, LedgerError> {
    let shown = path.display().to_string();
    create(path).map_err(|error| fault::cannot_open(&shown, &error))?;
    let connect = || -> rusqlite::Result<Result<Connection, LedgerError>> {
        let connection = Connection::open_with_flags(path, flags() | OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // Looked at before anything is changed: the file may be somebody else's.
        let version = match version(&connection, &shown)? {
            Ok(version) => version,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mode: String = connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
        if mode != "wal" {
            return Ok(Err(LedgerError::Unusable(format!(
                "`{shown}` lies on a file system without write-ahead logs; give `[ledger] url` a path on a local disk"
            ))));
        }
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // Fewer and larger checkpoints; a log that once grew is cut back.
        connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
        connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
        tune(&connection)?;
        migrate(&connection, version)?;
        end_leases(&connection)?;
        if outcomes == Outcomes::Kept {
            connection.execute_batch(KEEP)?;
        }
        Ok(Ok(connection))
    };
    connect().unwrap_or_else(|error| Err(fault::decide_at_open(&shown, &error)))
}

/// The connection of a guest, who writes beside a running worker: nothing is created, and no lease is ended. An older
/// schema is brought up to date only while no worker uses it.
pub(super) fn open_guest(path: &Path) -> Result<Connection, LedgerError> {
    let shown = path.display().to_string();
    if !path.exists() {
        return Err(LedgerError::Unusable(format!(
            "there is no ledger at `{shown}`; `dashlight run` makes it at its first start, or `[ledger] url` means another"
        )));
    }
    let connect = || -> rusqlite::Result<Result<(Connection, usize), LedgerError>> {
        let connection = Connection::open_with_flags(path, flags() | OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(GUEST_TIMEOUT)?;
        let version = match version(&connection, &shown)? {
            Ok(version) => version,
            Err(refusal) => return Ok(Err(refusal)),
        };
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        tune(&connection)?;
        Ok(Ok((connection, version)))
    };
    let (connection, version) = connect().unwrap_or_else(|error| Err(fault::decide_at_open(&shown, &error)))?;
    if version < MIGRATIONS.len() {
        let _alone = lock(path).map_err(|fault| match fault {
            LedgerError::Unusable(_) => LedgerError::Unusable(format!(
                "`{shown}` is used by a worker of an older release (schema {version}, this one knows {}); restart that \
                 worker with this release, or ask with the program that it runs",
                MIGRATIONS.len()
            )),
            fault @ LedgerError::Unavailable(_) => fault,
        })?;
        // As a worker would open it: nobody else does.
        open_writer(path, Outcomes::Unwanted)?;
    }
    Ok(connection)
}

/// A second connection, for what only looks: it never waits behind a commit.
pub(super) fn open_reader(path: &Path) -> Result<Connection, LedgerError> {
    let connect = || {
        // Not READ_ONLY: the last connection to leave, whichever it is, must be able to tidy the log up.
        let connection = Connection::open_with_flags(path, flags() | OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "query_only", true)?;
        tune(&connection)?;
        Ok(connection)
    };
    connect().map_err(|error| fault::decide_at_open(&path.display().to_string(), &error))
}

/// Brings all that is in the log into the file, and empties it; `false`: somebody reads what is in it.
pub(super) fn empty_log(path: &Path) -> bool {
    let empty = || {
        let connection = Connection::open_with_flags(path, flags() | OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(GUEST_TIMEOUT)?;
        tune(&connection)?;
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))
    };
    matches!(empty(), Ok(0))
}

fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_NO_MUTEX
}

fn tune(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    // Or SQLite plans the look before each send anew, because a bound value might suit another index.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // What is deleted is overwritten: an owner who was erased is not to be found in what is left of a page.
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    // Negative: KiB.
    connection.pragma_update(None, "cache_size", -4_096)?;
    connection.pragma_update(None, "temp_store", "memory")
}

/// How many migrations have been run, or why the file is not for us.
pub(super) fn version(connection: &Connection, shown: &str) -> rusqlite::Result<Result<usize, LedgerError>> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (version, owner) = (pragma("user_version")?, pragma("application_id")?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if owner != APPLICATION_ID && tables > 0 {
        return Ok(Err(LedgerError::Unusable(format!(
            "`{shown}` is another program's database; give `[ledger] url` another path"
        ))));
    }
    let known = MIGRATIONS.len();
    match usize::try_from(version) {
        Ok(version) if version <= known => Ok(Ok(version)),
        _ => Ok(Err(LedgerError::Unusable(format!(
            "`{shown}` was written by a newer Dashlight (schema {version}, this one knows {known}); update this one"
        )))),
    }
}

/// The schema of this release.
pub(super) const fn known() -> usize {
    MIGRATIONS.len()
}

fn migrate(connection: &Connection, version: usize) -> rusqlite::Result<()> {
    if version == MIGRATIONS.len() {
        return Ok(());
    }
    let transaction = connection.unchecked_transaction()?;
    for migration in &MIGRATIONS[version..] {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX))?;
    transaction.commit()
}

/// Only one worker holds the lock, so whoever claimed these is dead: they need not wait for their leases.
fn end_leases(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("UPDATE dispatches SET lease_until = 0 WHERE state = 'sending' AND lease_until > 0", [])?;
    connection.execute("UPDATE outcomes SET lease_until = 0 WHERE lease_until > 0", [])?;
    Ok(())
}
