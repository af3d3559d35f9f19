//! Whether a worker could use the ledger, found out without making or changing anything.

use super::fault::Failure;
use super::pool::Session;
use super::schema;
use crate::ledger::LedgerError;

/// Whether the user may make the schema, or what belongs into it.
const MAY_MAKE: &str = "SELECT CASE WHEN EXISTS (SELECT FROM pg_namespace WHERE nspname = $1) \
     THEN has_schema_privilege($1, 'CREATE') ELSE has_database_privilege(current_database(), 'CREATE') END";

/// Tables that are there and that the user may not write to.
const LOCKED: &str = "SELECT c.relname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
     WHERE n.nspname = $1 AND c.relkind = 'r' \
     AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT') \
         AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')) ORDER BY c.relname";

/// What it says is for people.
pub(super) async fn probe(session: &Session, schema: &str, peer: &str) -> Result<String, Failure> {
    let (number, known) = schema::numbers(session, schema).await?;
    if number < known {
        let rows = session.query(MAY_MAKE, &[&schema]).await?;
        let may: bool = rows.first().map_or(Ok(false), |row| row.try_get(0))?;
        if !may {
            return Err(Failure::Decided(LedgerError::Unusable(format!(
                "`{peer}`: the user may not make what belongs into the schema `{schema}`; grant CREATE on the database, or \
                 give it a schema of its own (`CREATE SCHEMA {schema} AUTHORIZATION …`)"
            ))));
        }
    }
    let rows = session.query(LOCKED, &[&schema]).await?;
    if let Some(row) = rows.first() {
        let table: &str = row.try_get(0)?;
        return Err(Failure::Decided(LedgerError::Unusable(format!(
            "`{peer}`: the user may not write to the table `{schema}.{table}`; make it the owner of the tables of `{schema}`"
        ))));
    }
    Ok(match number {
        0 => {
            format!("`{peer}` takes writes; the schema `{schema}` is not there yet and will be made by `dashlight run`")
        }
        _ if number < known => {
            format!("`{peer}` takes writes; schema {number}, which the next start of a worker brings to {known}")
        }
        _ => format!("`{peer}` takes writes; schema {number}"),
    })
}
