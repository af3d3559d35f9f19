//! `dashlight failed`: messages that failed for good, or of which nobody knows whether they arrived.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Serialize;

use super::settings::Settings;
use super::table::{self, Format};
use super::visit::{Channel, Visit, duration};
use super::{SOMETHING_FAILED, Verdict, dispatches, terminal};
use crate::ledger::{DispatchId, DispatchState, Query, Record, Revival, Revived};

/// List, show, retry or drop messages that failed for good, or of which nobody knows whether they arrived
#[derive(Debug, Args)]
pub(super) struct Failed {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List them, the newest first
    List {
        #[command(flatten)]
        filter: Filter,
        /// A table for people, or JSON for programs
        #[arg(long, value_enum, default_value_t = Format::Table, hide_possible_values = true)]
        format: Format,
    },
    /// Show all that is known of one, what the carrier said among it
    Show {
        /// Its id, or the beginning of it
        id: String,
        /// Text for people, or JSON for programs
        #[arg(long, value_enum, default_value_t = Format::Table, hide_possible_values = true)]
        format: Format,
    },
    /// Plan them again, for now; what is no longer worth it is told and left
    Retry {
        #[command(flatten)]
        chosen: Chosen,
        /// Also those that may have arrived: their owners may then get them twice
        #[arg(long)]
        accept_duplicates: bool,
        /// A table for people, or JSON for programs
        #[arg(long, value_enum, default_value_t = Format::Table, hide_possible_values = true)]
        format: Format,
    },
    /// Put them away: they are not listed any more, and never sent
    Drop {
        #[command(flatten)]
        chosen: Chosen,
        /// A table for people, or JSON for programs
        #[arg(long, value_enum, default_value_t = Format::Table, hide_possible_values = true)]
        format: Format,
    },
}

/// What `dashlight failed retry --format json` and `dashlight failed drop --format json` print.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Failed")]
struct Written<'a> {
    /// Grows when a field changes its meaning.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// Nothing was done: it is told what would be.
    dry_run: bool,
    /// How many were planned again, or dropped; in a dry run, would be.
    done: u64,
    messages: Vec<WrittenMessage<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct WrittenMessage<'a> {
    id: &'a str,
    #[schemars(extend("enum" = ["failed", "unknown"]))]
    was: &'static str,
    /// What became of it, or would: `planned` or `dropped`, or why it was left.
    #[schemars(extend("enum" = ["planned", "dropped", "in-doubt", "expired", "resolved", "superseded", "replaced", "forgotten", "unfit"]))]
    now: &'static str,
}

pub(super) fn schema() -> serde_json::Value {
    schemars::schema_for!(Written<'_>).to_value()
}

/// `now`: what became of each.
fn print_json(
    dry_run: bool,
    done: usize,
    records: &[Record],
    now: impl Iterator<Item = &'static str>,
) -> anyhow::Result<()> {
    let messages = records
        .iter()
        .zip(now)
        .map(|(record, now)| WrittenMessage { id: record.id.as_str(), was: record.state.as_str(), now })
        .collect();
    table::print_json(&Written { version: 1, dry_run, done: done as u64, messages })
}

#[derive(Debug, Args)]
struct Filter {
    /// Only what failed for this: address-invalid, suppressed, no-address, refused, content, panicked
    #[arg(long, value_name = "REASON", value_delimiter = ',')]
    reason: Vec<String>,
    /// Only what this app was to send
    #[arg(long, value_name = "ID")]
    app: Option<String>,
    /// Only this channel
    #[arg(long, value_enum)]
    channel: Option<Channel>,
    /// Only what ended within this time, for example 7d
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    since: Option<SignedDuration>,
    /// At most this many, the newest
    #[arg(long, value_name = "NUMBER", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

#[derive(Debug, Args)]
struct Chosen {
    /// Their ids, or the beginnings of them
    #[arg(required_unless_present_any = ["all", "reason"], conflicts_with_all = ["all", "reason"])]
    ids: Vec<String>,
    /// All of them
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    filter: Filter,
    /// Only tell what would be done
    #[arg(long)]
    dry_run: bool,
}

impl Filter {
    fn query(&self) -> Query {
        Query {
            app: self.app.clone(),
            channel: self.channel.map(Into::into),
            states: vec![DispatchState::Failed, DispatchState::Unknown],
            reasons: self.reason.clone(),
            since: self.since,
            limit: self.limit as usize,
            ..Query::default()
        }
    }
}

impl Failed {
    pub(super) fn execute(self, settings: &Settings) -> Verdict {
        let visit = Visit::begin(settings)?;
        match self.action {
            Action::List { filter, format } => list(&visit, &filter, format),
            Action::Show { id, format } => show(&visit, &id, format),
            Action::Retry { chosen, accept_duplicates, format } => retry(&visit, &chosen, accept_duplicates, format),
            Action::Drop { chosen, format } => put_away(&visit, &chosen, format),
        }
    }
}

fn list(visit: &Visit, filter: &Filter, format: Format) -> Verdict {
    let records = visit.ask(visit.records.history(&filter.query(), Visit::now()))?;
    match format {
        Format::Json => dispatches::print_json(&records)?,
        Format::Table if records.is_empty() => terminal::print("nothing\n")?,
        Format::Table => terminal::print(&dispatches::draw(&records, true))?,
    }
    if format == Format::Table {
        terminal::warn(&dispatches::footnote(&records, visit.config.ledger.keep));
    }
    if records.len() == filter.limit as usize {
        terminal::warn(&format!("the newest {}; `--limit` shows more\n", filter.limit));
    }
    Ok(ExitCode::SUCCESS)
}

/// The one whose id begins so.
fn find(visit: &Visit, id: &str) -> anyhow::Result<Record> {
    let id = id.trim().to_lowercase();
    let query = Query { id: Some(id.clone()), limit: 2, ..Filter::nothing().query() };
    let mut found = visit.ask(visit.records.history(&query, Visit::now()))?;
    match (found.pop(), found.is_empty()) {
        (Some(record), true) => Ok(record),
        (Some(_), false) => bail!("more than one id begins with `{id}`; give more of it"),
        (None, _) => {
            let any = Query { id: Some(id.clone()), limit: 1, ..Query::default() };
            match visit.ask(visit.records.history(&any, Visit::now()))?.first() {
                Some(record) => bail!("`{id}` is neither failed nor unknown: it is {}", record.state.as_str()),
                None => bail!("no id begins with `{id}`; `dashlight failed list` has those there are"),
            }
        }
    }
}

impl Filter {
    fn nothing() -> Self {
        Self { reason: Vec::new(), app: None, channel: None, since: None, limit: u32::MAX }
    }
}

fn show(visit: &Visit, id: &str, format: Format) -> Verdict {
    let record = find(visit, id)?;
    match format {
        Format::Json => dispatches::print_json(&[record])?,
        Format::Table => terminal::print(&dispatches::describe(&record, visit.config.ledger.keep))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn chosen(visit: &Visit, chosen: &Chosen) -> anyhow::Result<Vec<Record>> {
    if chosen.ids.is_empty() {
        return Ok(visit.ask(visit.records.history(&chosen.filter.query(), Visit::now()))?);
    }
    chosen.ids.iter().map(|id| find(visit, id)).collect()
}

fn ids(records: &[Record]) -> Vec<DispatchId> {
    records.iter().map(|record| record.id.clone()).collect()
}

/// Dispatches of one transaction.
const BATCH: usize = 200;

fn retry(visit: &Visit, choice: &Chosen, accept_duplicates: bool, format: Format) -> Verdict {
    let records = chosen(visit, choice)?;
    let revival = Revival { accept_duplicates, dry_run: choice.dry_run };
    let mut outcomes = Vec::with_capacity(records.len());
    for batch in records.chunks(BATCH) {
        outcomes.extend(visit.ask(visit.records.revive(&ids(batch), revival, Visit::now()))?);
    }
    let count = |outcome| outcomes.iter().filter(|found| **found == outcome).count();
    let (planned, in_doubt) = (count(Revived::Planned), count(Revived::InDoubt));
    let verdict = ExitCode::from(if planned == outcomes.len() { 0 } else { SOMETHING_FAILED });
    if format == Format::Json {
        print_json(choice.dry_run, planned, &records, outcomes.iter().copied().map(word))?;
        return Ok(verdict);
    }
    let rows: Vec<_> = records
        .iter()
        .zip(&outcomes)
        .map(|(record, outcome)| {
            [
                dispatches::short(record).to_owned(),
                format!("{} {}", record.app, record.recipient),
                dispatches::notice(record).to_owned(),
                dispatches::channel(record),
                record.state.as_str().to_owned(),
                words(*outcome, choice.dry_run).to_owned(),
            ]
        })
        .collect();
    if rows.is_empty() {
        terminal::print("nothing\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    terminal::print(&table::draw(["ID", "APP, OWNER", "NOTICE", "CHANNEL", "WAS", "NOW"], &rows))?;
    let verb = if choice.dry_run { "would be planned" } else { "planned" };
    terminal::warn(&format!("{planned} of {} {verb} for now\n", outcomes.len()));
    if in_doubt > 0 {
        terminal::warn(&format!(
            "{in_doubt} may have arrived already; with `--accept-duplicates` they are sent all the same, and their owners may \
             get them twice\n"
        ));
    }
    Ok(verdict)
}

fn word(outcome: Revived) -> &'static str {
    match outcome {
        Revived::Planned => "planned",
        Revived::InDoubt => "in-doubt",
        Revived::Expired => "expired",
        Revived::Resolved => "resolved",
        Revived::Superseded => "superseded",
        Revived::Replaced => "replaced",
        Revived::Forgotten => "forgotten",
        Revived::Unfit => "unfit",
    }
}

fn words(outcome: Revived, dry_run: bool) -> &'static str {
    match outcome {
        Revived::Planned if dry_run => "would be planned for now",
        Revived::Planned => "planned for now",
        Revived::InDoubt => "left: it may have arrived",
        Revived::Expired => "left: expired, nobody would want it any more",
        Revived::Resolved => "left: the error is resolved",
        Revived::Superseded => "left: the error came anew, with messages of its own",
        Revived::Replaced => "left: another address was tried in its place",
        Revived::Forgotten => "left: what it was to say is no longer kept",
        Revived::Unfit => "left: somebody else has taken care of it",
    }
}

fn put_away(visit: &Visit, choice: &Chosen, format: Format) -> Verdict {
    let records = chosen(visit, choice)?;
    let mut dropped = Vec::with_capacity(records.len());
    for batch in records.chunks(BATCH) {
        if choice.dry_run {
            dropped.extend(batch.iter().map(|_| true));
        } else {
            dropped.extend(visit.ask(visit.records.dismiss(&ids(batch), Visit::now()))?);
        }
    }
    let count = dropped.iter().filter(|dropped| **dropped).count();
    if format == Format::Json {
        let word = |dropped| if dropped { "dropped" } else { word(Revived::Unfit) };
        print_json(choice.dry_run, count, &records, dropped.into_iter().map(word))?;
        return Ok(ExitCode::SUCCESS);
    }
    let verb = if choice.dry_run { "would be dropped" } else { "dropped" };
    terminal::print(&format!("{count} {verb}\n"))?;
    if count < records.len() {
        terminal::warn(&format!("{} left: somebody else has taken care of them\n", records.len() - count));
    }
    Ok(ExitCode::SUCCESS)
}
