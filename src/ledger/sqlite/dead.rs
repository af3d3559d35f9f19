//! Addresses that carriers found dead.

use rusqlite::{Connection, Result, params};

use super::row::Micros;
use crate::ledger::{DeadAddress, Dispatch, DispatchId, Fingerprint};

/// Tells each claim what is known of its owner's addresses.
pub(super) fn note(connection: &Connection, claimed: &mut [Dispatch]) -> Result<()> {
    let any: bool =
        connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM dead_addresses)")?.query_row([], |row| row.get(0))?;
    if !any {
        return Ok(());
    }
    let mut look =
        connection.prepare_cached("SELECT address, reported_at FROM dead_addresses WHERE app = ? AND recipient = ?")?;
    for dispatch in claimed {
        let mut rows = look.query(params![dispatch.error.app, dispatch.error.recipient.id])?;
        while let Some(row) = rows.next()? {
            let reported_at = row.get::<_, Micros>(1)?.0;
            let address = Fingerprint::from_stored(row.get_ref(0)?.as_str()?);
            dispatch.dead.extend(address.map(|address| DeadAddress { address, reported_at }));
        }
    }
    Ok(())
}

/// The address of this dispatch, which has failed, is dead.
pub(super) fn bury(connection: &Connection, dispatch: &DispatchId, address: &Fingerprint, at: Micros) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO dead_addresses (app, recipient, address, reported_at) \
             SELECT i.app, i.recipient, ?2, ?3 FROM dispatches AS d JOIN incidents AS i ON i.id = d.incident \
             WHERE d.id = ?1 ON CONFLICT DO UPDATE SET reported_at = excluded.reported_at",
        )?
        .execute(params![dispatch.as_str(), address.to_string(), at])?;
    Ok(())
}
