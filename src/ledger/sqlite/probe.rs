//! Whether a worker could use the ledger, found out without making or changing anything.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{fault, schema};
use crate::ledger::LedgerError;

/// A running worker's transaction is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What it says is for people. Blocks.
pub(super) fn probe(path: &Path) -> Result<String, LedgerError> {
    let shown = path.display().to_string();
    if !path.exists() {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let tried = std::fs::metadata(folder)
            .and_then(|_| tempfile::Builder::new().prefix(".dashlight-").tempfile_in(folder).map(drop));
        tried.map_err(|error| fault::cannot_open(&shown, &error))?;
        return Ok(format!("`{shown}` is not there yet, and its folder can be written to"));
    }
    let connect = || -> rusqlite::Result<Result<usize, LedgerError>> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        let version = schema::version(&connection, &shown)?;
        if version.is_ok() {
            connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK")?;
        }
        Ok(version)
    };
    let version = connect().unwrap_or_else(|error| Err(fault::decide_at_open(&shown, &error)))?;
    Ok(match schema::known() - version {
        0 => format!("`{shown}` can be written to; schema {version}"),
        _ => {
            format!("`{shown}` can be written to; schema {version}, which the next start brings to {}", schema::known())
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::ledger::SqliteLedger;

    #[test]
    fn a_ledger_is_probed_before_it_is_there_and_beside_the_worker_that_uses_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let said = SqliteLedger::probe(&path).unwrap();
        assert!(said.ends_with("is not there yet, and its folder can be written to"), "{said}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
        let _worker = SqliteLedger::open(&path).unwrap();
        let said = SqliteLedger::probe(&path).unwrap();
        assert!(said.contains("can be written to; schema "), "{said}");
    }

    #[test]
    fn what_could_not_be_used_is_said_as_the_worker_would() {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = SqliteLedger::probe(&folder.path().join("no/ledger.db")).unwrap_err().to_string();
        assert!(nowhere.contains("cannot be opened for writing"), "{nowhere}");
        let other = folder.path().join("notes.txt");
        std::fs::write(&other, "not a database, but long enough to be looked at as one".repeat(20)).unwrap();
        let other = SqliteLedger::probe(&other).unwrap_err().to_string();
        assert!(other.contains("is no SQLite database"), "{other}");
    }
}
