//! SQLite's errors as decisions: what heals by itself is unavailable, what needs a person is unusable.

use rusqlite::{Error, ErrorCode};

use crate::ledger::LedgerError;

/// `path` is the ledger's, as a person would type it.
pub(super) fn decide(path: &str, error: &Error) -> LedgerError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            LedgerError::Unavailable(format!("`{path}` cannot grow, its disk is full; free some space"))
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            LedgerError::Unavailable(format!("`{path}` is locked by another program; end that program's transaction"))
        }
        Some(
            ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::OutOfMemory
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::OperationInterrupted
            | ErrorCode::OperationAborted,
        ) => LedgerError::Unavailable(format!("`{path}`: {error}; look after its disk")),
        Some(ErrorCode::DatabaseCorrupt) => LedgerError::Unusable(format!(
            "`{path}` is damaged ({error}); restore it from a backup, or move it away to begin with an empty one"
        )),
        Some(ErrorCode::NotADatabase) => LedgerError::Unusable(format!(
            "`{path}` is no SQLite database; move it away, or give `[ledger] url` another path"
        )),
        _ => LedgerError::Unusable(format!(
            "`{path}`: {error}; if no other program has changed the file, this is a fault in Dashlight: report it"
        )),
    }
}

/// The same for a ledger that is being opened: there, a file that cannot be opened is the configuration's fault.
pub(super) fn decide_at_open(path: &str, error: &Error) -> LedgerError {
    match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => cannot_open(path, error),
        _ => decide(path, error),
    }
}

pub(super) fn cannot_open(path: &str, error: &dyn std::error::Error) -> LedgerError {
    LedgerError::Unusable(format!(
        "`{path}` cannot be opened for writing: {error}; create its folder and let the worker write there, or give \
         `[ledger] url` another path"
    ))
}
