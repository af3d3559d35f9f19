//! Forgetting an owner.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::row::Micros;
use crate::ledger::admission::Batch;
use crate::ledger::erasure::{self, Erased, Owner, SALT};

/// Looks at each owner of a batch whether they were erased, and tells the batch until when.
pub(super) fn note(connection: &Connection, batch: &mut Batch) -> Result<()> {
    let Some(salt) = salt(connection)? else { return Ok(()) };
    let mut look = connection.prepare_cached("SELECT erased_at FROM erasures WHERE person = ?")?;
    for place in 0..batch.incidents().len() {
        let [app, recipient, ..] = &batch.incidents()[place].parts;
        let person = erasure::person(&salt, app, recipient);
        let found = look.query_row([person.as_slice()], |row| row.get::<_, Micros>(0)).optional()?;
        if let Some(Micros(until)) = found {
            batch.erased(place, until);
        }
    }
    Ok(())
}

fn salt(connection: &Connection) -> Result<Option<Vec<u8>>> {
    connection.prepare_cached("SELECT salt FROM salt WHERE id = 1")?.query_row([], |row| row.get(0)).optional()
}

pub(super) fn count(connection: &Connection, owner: &Owner, now: Timestamp) -> Result<Erased> {
    let count = |sql: &str| {
        let owner = params![owner.app, owner.recipient];
        connection.prepare_cached(sql)?.query_row(owner, |row| row.get(0).map(i64::cast_unsigned))
    };
    Ok(Erased {
        incidents: count("SELECT count(*) FROM incidents WHERE app = ? AND recipient = ?")?,
        dispatches: count(
            "SELECT count(*) FROM dispatches WHERE incident IN (SELECT id FROM incidents WHERE app = ? AND recipient = ?)",
        )?,
        sending: count(
            "SELECT count(*) FROM dispatches WHERE state = 'sending' \
             AND incident IN (SELECT id FROM incidents WHERE app = ? AND recipient = ?)",
        )?,
        outcomes: count("SELECT count(*) FROM outcomes WHERE app = ? AND recipient = ?")?,
        dead_addresses: count("SELECT count(*) FROM dead_addresses WHERE app = ? AND recipient = ?")?,
        until: now,
        leaves_traces: false,
    })
}

/// `salt` is used when the ledger has none yet.
pub(super) fn erase(connection: &Connection, owner: &Owner, salt: [u8; SALT], now: Timestamp) -> Result<Erased> {
    let erased = count(connection, owner, now)?;
    let salt = if let Some(known) = self::salt(connection)? {
        known
    } else {
        connection.execute("INSERT INTO salt (id, salt) VALUES (1, ?)", [salt.as_slice()])?;
        salt.to_vec()
    };
    for sql in [
        "DELETE FROM dispatches WHERE incident IN (SELECT id FROM incidents WHERE app = ? AND recipient = ?)",
        "DELETE FROM incidents WHERE app = ? AND recipient = ?",
        "DELETE FROM outcomes WHERE app = ? AND recipient = ?",
        "DELETE FROM dead_addresses WHERE app = ? AND recipient = ?",
    ] {
        connection.execute(sql, params![owner.app, owner.recipient])?;
    }
    let person = erasure::person(&salt, &owner.app, &owner.recipient);
    connection.execute(
        "INSERT INTO erasures (person, erased_at) VALUES (?, ?) ON CONFLICT (person) DO UPDATE SET erased_at = \
         max(erased_at, excluded.erased_at)",
        params![person.as_slice(), Micros(now)],
    )?;
    Ok(erased)
}
