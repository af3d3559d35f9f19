//! The operator's side. What is asked for is put together from conditions, because SQLite plans a statement without
//! looking at its values.

use std::path::PathBuf;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Result, params, params_from_iter};

use super::lane::Whether;
use super::row::{self, Micros, incident_columns};
use super::{SqliteLedger, erase, schema, tidy};
use crate::ledger::admission::rounded;
use crate::ledger::records::{self, Candidate, Row};
use crate::ledger::{
    Acquaintance, DispatchId, Erased, LedgerError, Owner, Pause, Place, Query, Record, Records, Retention, Revival,
    Revived, Tidied, erasure,
};
use crate::policy::{Channel, News};

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

    async fn revive(&self, ids: &[DispatchId], revival: Revival, now: Timestamp) -> Result<Vec<Revived>, LedgerError> {
        let ids = ids.to_vec();
        self.writer
            .run(Whether::Awaited, ids.len(), move |connection| revive(connection, &ids, revival, rounded(now)))
            .await
    }

    async fn dismiss(&self, ids: &[DispatchId], now: Timestamp) -> Result<Vec<bool>, LedgerError> {
        let ids = ids.to_vec();
        self.writer.run(Whether::Awaited, ids.len(), move |connection| dismiss(connection, &ids, rounded(now))).await
    }

    async fn pauses(&self, now: Timestamp) -> Result<Vec<Pause>, LedgerError> {
        self.reader.run(Whether::Awaited, 1, move |connection| pauses(connection, rounded(now))).await
    }

    async fn pause(
        &self,
        channels: &[Channel],
        length: Option<SignedDuration>,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let (channels, note) = (channels.to_vec(), note.map(str::to_owned));
        let until = length.map(|length| Micros(rounded(now.saturating_add(length).unwrap_or(Timestamp::MAX))));
        let pause = move |connection: &Connection| {
            let sql = "INSERT INTO pauses (channel, since, until, note) VALUES (?, ?, ?, ?) ON CONFLICT (channel) DO \
                       UPDATE SET since = excluded.since, until = excluded.until, note = excluded.note";
            for channel in &channels {
                connection.prepare_cached(sql)?.execute(params![
                    channel.as_str(),
                    Micros(rounded(now)),
                    until,
                    note
                ])?;
            }
            Ok(())
        };
        self.writer.run(Whether::Awaited, 1, pause).await
    }

    async fn resume(&self, channels: &[Channel], now: Timestamp) -> Result<Vec<Channel>, LedgerError> {
        let channels = channels.to_vec();
        let resume = move |connection: &Connection| {
            let paused = pauses(connection, rounded(now))?.into_iter().map(|pause| pause.channel);
            for channel in &channels {
                connection.prepare_cached("DELETE FROM pauses WHERE channel = ?")?.execute([channel.as_str()])?;
            }
            Ok(paused.filter(|channel| channels.contains(channel)).collect())
        };
        self.writer.run(Whether::Awaited, 1, resume).await
    }

    async fn erase(&self, owner: &Owner, dry_run: bool, now: Timestamp) -> Result<Erased, LedgerError> {
        let (owner, now) = (owner.clone(), rounded(now));
        if dry_run {
            return self.reader.run(Whether::Awaited, 1, move |connection| erase::count(connection, &owner, now)).await;
        }
        let salt = erasure::fresh_salt()?;
        let erase = move |connection: &Connection| erase::erase(connection, &owner, salt, now);
        let erased = self.writer.run(Whether::Awaited, 1, erase).await?;
        // The log still has the pages as they were.
        let path = PathBuf::from(&self.path);
        let tidied = tokio::task::spawn_blocking(move || schema::empty_log(&path)).await;
        Ok(Erased { leaves_traces: !tidied.unwrap_or(false), ..erased })
    }

    async fn tidy(
        &self,
        retention: Retention,
        from: Option<Place>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Tidied, LedgerError> {
        let tidy = move |connection: &Connection| tidy::tidy(connection, retention, from, limit, rounded(now));
        self.writer.run(Whether::Awaited, limit, tidy).await
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
         d.detail, d.locale, d.revision, i.payload IS NULL \
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
        bared: row.get(23)?,
    })
}

fn revive(connection: &Connection, ids: &[DispatchId], revival: Revival, now: Timestamp) -> Result<Vec<Revived>> {
    let mut look = connection.prepare_cached(concat!(
        "SELECT d.state, d.doubtful, d.expires_at <= ?2, d.opening <> i.opening, i.payload IS NULL, \
         d.alternatives IS NOT NULL AND EXISTS (SELECT 1 FROM dispatches AS o WHERE o.incident = d.incident \
         AND o.opening = d.opening AND o.step = d.step AND o.id <> d.id \
         AND o.state IN ('planned', 'sending', 'sent', 'unknown')), d.step, ",
        incident_columns!(),
        " FROM dispatches AS d JOIN incidents AS i ON i.id = d.incident WHERE d.id = ?1"
    ))?;
    let mut plan = connection.prepare_cached(
        "UPDATE dispatches SET state = 'planned', due_at = ?2, attempt = 0, doubtful = 0, transport = NULL, \
         reason = NULL, owner = NULL, lease_until = NULL, settled_at = NULL WHERE id = ?1",
    )?;
    // Whoever asks for another try knows better than what a carrier once said of the address.
    let mut forgive = connection.prepare_cached(
        "DELETE FROM dead_addresses WHERE (app, recipient) IN (SELECT i.app, i.recipient FROM incidents AS i \
         JOIN dispatches AS d ON d.incident = i.id WHERE d.id = ?1 AND d.reason IN ('address-invalid', 'suppressed'))",
    )?;
    let mut revived = Vec::with_capacity(ids.len());
    for id in ids {
        let candidate = look
            .query_row(params![id.as_str(), Micros(now)], |row| {
                Ok(Candidate {
                    state: row.get(0)?,
                    doubtful: row.get(1)?,
                    expired: row.get(2)?,
                    superseded: row.get(3)?,
                    forgotten: row.get(4)?,
                    replaced: row.get(5)?,
                    holds: row::incident(row, 7)?.is_open() == (News::of_step(row.get(6)?) == News::Problem),
                })
            })
            .optional()?;
        let decided = candidate.map_or(Revived::Unfit, |candidate| candidate.decide(revival));
        if decided == Revived::Planned && !revival.dry_run {
            forgive.execute([id.as_str()])?;
            plan.execute(params![id.as_str(), Micros(now)])?;
        }
        revived.push(decided);
    }
    Ok(revived)
}

fn dismiss(connection: &Connection, ids: &[DispatchId], now: Timestamp) -> Result<Vec<bool>> {
    let mut dismiss = connection.prepare_cached(
        "UPDATE dispatches SET state = 'cancelled', reason = 'dropped', settled_at = ?2, \
         detail = state || coalesce(', ' || reason, '') || coalesce(': ' || detail, '') \
         WHERE id = ?1 AND state IN ('failed', 'unknown')",
    )?;
    ids.iter().map(|id| Ok(dismiss.execute(params![id.as_str(), Micros(now)])? == 1)).collect()
}

fn pauses(connection: &Connection, now: Timestamp) -> Result<Vec<Pause>> {
    let mut statement = connection.prepare_cached(
        "SELECT channel, since, until, note FROM pauses WHERE until IS NULL OR until > ? ORDER BY channel",
    )?;
    let rows = statement.query_map([Micros(now)], |row| {
        let channel: String = row.get(0)?;
        Ok(records::channel(&channel).zip(Some((
            row.get::<_, Micros>(1)?,
            row.get::<_, Option<Micros>>(2)?,
            row.get(3)?,
        ))))
    })?;
    let pause = |(channel, (Micros(since), until, note)): (_, (_, Option<Micros>, _))| Pause {
        channel,
        since,
        until: until.map(|Micros(at)| at),
        note,
    };
    Ok(rows.collect::<Result<Vec<_>>>()?.into_iter().flatten().map(pause).collect())
}

fn acquaintances(connection: &Connection, recipient: &str) -> Result<Vec<Acquaintance>> {
    let mut statement = connection
        .prepare_cached("SELECT app, count(*) FROM incidents WHERE recipient = ? GROUP BY app ORDER BY app")?;
    let rows = statement.query_map(params![recipient], |row| {
        Ok(Acquaintance { app: row.get(0)?, incidents: row.get(1).map(i64::cast_unsigned)? })
    })?;
    rows.collect()
}
