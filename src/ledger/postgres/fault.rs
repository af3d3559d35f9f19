//! PostgreSQL's errors as decisions: what heals by itself, or by somebody's work on the server, is unavailable; what needs
//! another configuration is unusable. Of an error only its message is repeated: its details may hold an owner's data.

use std::error::Error as _;
use std::time::Duration;

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::ledger::LedgerError;

/// Why a call failed.
#[derive(Debug)]
pub(super) enum Failure {
    Postgres(Error),
    /// No answer within this time.
    Silence(Duration),
    /// What is stored, or is to be, cannot be understood.
    Stored(String),
    /// What was to be changed was deleted meanwhile; asked again, it is not there.
    Gone,
    /// Decided already.
    Decided(LedgerError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Postgres(error)
    }
}

const NO_WRITES: &str = "a failover is going on, or somebody made it read-only; name all servers in `ledger.url`";

/// `peer` is the server and database, as a person would name them.
pub(super) fn decide(peer: &str, failure: Failure) -> LedgerError {
    match failure {
        Failure::Postgres(error) => decide_error(peer, &error),
        Failure::Silence(limit) => unavailable(peer, &format!("no answer within {limit:?}"), "look after the server"),
        Failure::Stored(fault) => LedgerError::Unusable(format!(
            "`{peer}` holds something that Dashlight did not write: {fault}; if no other program has changed it, this is \
             a fault in Dashlight: report it"
        )),
        Failure::Gone => unavailable(peer, "what a batch is about was deleted meanwhile", "it is tried again"),
        Failure::Decided(fault) => fault,
    }
}

fn decide_error(peer: &str, error: &Error) -> LedgerError {
    let Some(fault) = error.as_db_error() else { return decide_connection(peer, error) };
    let (code, message) = (fault.code(), fault.message());
    match code.code() {
        // Read-only: the server became a standby, or somebody set it so.
        "25006" => {
            unavailable(peer, message, "it takes no writes: a failover is going on, or its disk is being mended")
        }
        "53300" => unavailable(
            peer,
            message,
            "raise its `max_connections`, or lower `ledger.pool_size` or the number of workers",
        ),
        "53100" => unavailable(peer, message, "free some space on its disk"),
        "55P03" | "57014" => {
            unavailable(peer, message, "something holds its locks, or it is slow: look at pg_stat_activity")
        }
        "26000" => LedgerError::Unusable(format!(
            "`{peer}` forgot a prepared statement ({message}): a pooler stands before it; let it pool sessions, not \
             transactions, or connect to the server itself"
        )),
        "28000" | "28P01" => unusable(peer, message, "look at user and password in `ledger.url`, and at pg_hba.conf"),
        "3D000" => unusable(peer, message, "create the database, or name another in `ledger.url`"),
        "42501" => unusable(
            peer,
            message,
            "the user needs CREATE on the database, or a schema of its own (`CREATE SCHEMA dashlight AUTHORIZATION …`)",
        ),
        code if heals(code) => unavailable(peer, message, "it is tried again"),
        _ => LedgerError::Unusable(format!(
            "`{peer}`: {message} (SQLSTATE {}); if no other program has changed the tables, this is a fault in Dashlight: \
             report it",
            code.code()
        )),
    }
}

/// Classes of SQLSTATE (PostgreSQL, appendix A) that pass: the connection, a conflict, resources, an operator's work, the
/// system; and a plan that a migration made stale, which a new session does not have.
fn heals(code: &str) -> bool {
    ["08", "40", "53", "57", "58", "25P"].iter().any(|class| code.starts_with(class))
        || code == SqlState::FEATURE_NOT_SUPPORTED.code()
}

/// Errors without the server's word: dialling, TLS, the wire.
fn decide_connection(peer: &str, error: &Error) -> LedgerError {
    let shown = chain(error);
    if let Some(fault) = certificate_fault(error) {
        return unusable(
            peer,
            &format!("its certificate is not trusted: {fault}"),
            "set `ledger.ca_file` if its authority is your own, and name the server in `ledger.url` as its certificate does",
        );
    }
    if shown.contains("does not support TLS") {
        return unusable(
            peer,
            "it offers no TLS",
            "turn `ssl` on there, or append `?sslmode=disable` to `ledger.url` if the network between is trusted",
        );
    }
    if shown.contains("does not allow writes") {
        return unavailable(peer, "it takes no writes", NO_WRITES);
    }
    if shown.contains("invalid configuration") || shown.contains("password missing") {
        return unusable(peer, &shown, "look at `ledger.url`");
    }
    unavailable(peer, &shown, "look after the server and the way to it")
}

fn certificate_fault(error: &Error) -> Option<String> {
    let mut source = error.source();
    while let Some(cause) = source {
        let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let tls = cause.downcast_ref::<rustls::Error>().or_else(|| inner?.downcast_ref::<rustls::Error>());
        if let Some(rustls::Error::InvalidCertificate(fault)) = tls {
            return Some(fault.to_string());
        }
        source = cause.source();
    }
    None
}

/// The error and its causes, each once.
fn chain(error: &Error) -> String {
    let mut shown = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_shown = cause.to_string();
        if !shown.contains(&cause_shown) {
            shown = format!("{shown}: {cause_shown}");
        }
        source = cause.source();
    }
    shown
}

pub(super) fn unavailable(peer: &str, what: &str, remedy: &str) -> LedgerError {
    LedgerError::Unavailable(format!("`{peer}`: {what}; {remedy}"))
}

fn unusable(peer: &str, what: &str, remedy: &str) -> LedgerError {
    LedgerError::Unusable(format!("the ledger `{peer}` cannot be used: {what}; {remedy}"))
}
