//! The operator's side. What is asked for is put together from conditions, because SQLite plans a statement without
//! looking at its values.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, Result, params, params_from_iter};

use super::SqliteLedger;
use super::lane::Whether;
use super::row::Micros;
use crate::ledger::records::Row;
use crate::ledger::{Acquaintance, LedgerError, Query, Record, Records, admission::rounded};

#[async_trait]
impl Records for SqliteLedger {
    async fn history(&self, query: &Query, now: Timestamp) -> Result<Vec<Record>, LedgerError> {
        let query = query.clone();
        self.reader.run(Whether::Awaited, query.limit, move |connection| history(connection, &query, now)).await
    }

    async fn acquaintances(&self, recipient: &str) -> Result<Vec<Acquaintance>, LedgerError> {
        let recipient = recipient.to_owned();
        self.reader.run(Whether::Awaited, 1, move |connection| acquaintances(connection, &recipient)).await
    }

    async fn leave(&self) -> Result<(), LedgerError> {
        let looking = self.reader.close().await;
        self.writer.close().await.and(looking)
    }
}

/// Conditions and the values that they are bound to, in order.
#[derive(Default)]
struct Conditions {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    fn of(query: &Query, now: Timestamp) -> Self {
        let mut conditions = Self::default();
        let text = |text: &str| Value::Text(text.to_owned());
        if let Some(recipient) = &query.recipient {
            conditions.add("i.recipient = ?", [text(recipient)]);
        }
        if let Some(app) = &query.app {
            conditions.add("i.app = ?", [text(app)]);
        }
        if let Some(channel) = query.channel {
            conditions.add("d.channel = ?", [text(channel.as_str())]);
        }
        if !query.states.is_empty() {
            conditions.add_list("d.state", query.states.iter().map(|state| text(state.as_str())).collect());
        }
        if !query.reasons.is_empty() {
            conditions.add_list("d.reason", query.reasons.iter().map(|reason| text(reason)).collect());
        }
        if let Some(id) = &query.id {
            // Behind every character of an id.
            conditions.add("d.id >= ? AND d.id < ?", [text(id), text(&format!("{id}~"))]);
        }
        if let Some(since) = query.since {
            let from = rounded(now.saturating_sub(since).unwrap_or(Timestamp::MIN)).as_microsecond();
            conditions.add("coalesce(d.settled_at, d.created_at) >= ?", [Value::Integer(from)]);
        }
        conditions
    }

    fn add<const N: usize>(&mut self, sql: &str, values: [Value; N]) {
        self.sql.push(sql.to_owned());
        self.values.extend(values);
    }

    fn add_list(&mut self, column: &str, values: Vec<Value>) {
        self.sql.push(format!("{column} IN ({})", vec!["?"; values.len()].join(", ")));
        self.values.extend(values);
    }
}

fn history(connection: &Connection, query: &Query, now: Timestamp) -> Result<Vec<Record>> {
    let Conditions { sql, mut values } = Conditions::of(query, now);
    let conditions = if sql.is_empty() { "true".to_owned() } else { sql.join(" AND ") };
    let sql = format!(
        "SELECT d.id, i.app, i.recipient, i.vehicle, i.type, i.code, d.opening, d.step, d.channel, d.target, d.state, \
         d.created_at, d.due_at, d.expires_at, d.settled_at, d.attempt, d.doubtful, d.transport, d.provider_id, d.reason, \
         d.detail, d.locale, d.revision \
         FROM dispatches AS d JOIN incidents AS i ON i.id = d.incident WHERE {conditions} ORDER BY d.rowid DESC LIMIT ?"
    );
    values.push(Value::Integer(i64::try_from(query.limit).unwrap_or(i64::MAX)));
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params_from_iter(values), read)?;
    Ok(rows.collect::<Result<Vec<Row>>>()?.into_iter().filter_map(Row::into_record).collect())
}

fn read(row: &rusqlite::Row<'_>) -> Result<Row> {
    let at = |column| row.get::<_, Micros>(column).map(|Micros(at)| at);
    Ok(Row {
        id: row.get(0)?,
        app: row.get(1)?,
        recipient: row.get(2)?,
        vehicle: row.get(3)?,
        kind: row.get(4)?,
        code: row.get(5)?,
        opening: row.get(6)?,
        step: row.get(7)?,
        channel: row.get(8)?,
        target: row.get(9)?,
        state: row.get(10)?,
        created_at: at(11)?,
        due_at: at(12)?,
        expires_at: at(13)?,
        settled_at: row.get::<_, Option<Micros>>(14)?.map(|Micros(at)| at),
        attempts: row.get(15)?,
        doubtful: row.get(16)?,
        transport: row.get(17)?,
        provider_id: row.get(18)?,
        reason: row.get(19)?,
        detail: row.get(20)?,
        locale: row.get(21)?,
        revision: row.get(22)?,
    })
}

fn acquaintances(connection: &Connection, recipient: &str) -> Result<Vec<Acquaintance>> {
    let mut statement = connection
        .prepare_cached("SELECT app, count(*) FROM incidents WHERE recipient = ? GROUP BY app ORDER BY app")?;
    let rows = statement.query_map(params![recipient], |row| {
        Ok(Acquaintance { app: row.get(0)?, incidents: row.get(1).map(i64::cast_unsigned)? })
    })?;
    rows.collect()
}
