//! `dashlight pause` and `dashlight resume`: stop sending over a channel, or over all, for the whole fleet.

use std::process::ExitCode;

use clap::Args;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Serialize;

use super::settings::Settings;
use super::table::{self, Format};
use super::visit::{Channel, Visit, duration};
use super::{Verdict, terminal};
use crate::ledger;
use crate::policy;

/// Stop sending over a channel, or over all of them, for the whole fleet and over restarts
///
/// Running workers see it within `dispatch.poll`. What is being sent ends; what is due waits in the ledger, and expires at its
/// time. Events are taken all the same, so that a RESOLVED still cancels what waits.
#[derive(Debug, Args)]
pub(super) struct Pause {
    /// The channel; without it all of them
    #[arg(value_enum)]
    channel: Option<Channel>,
    /// Go on by itself after this time, for example 2h
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    length: Option<SignedDuration>,
    /// Why, for whoever looks
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Only show what is paused
    #[arg(long, conflicts_with_all = ["channel", "length", "note"])]
    list: bool,
    /// A table for people, or JSON for programs
    #[arg(long, value_enum, default_value_t = Format::Table, hide_possible_values = true)]
    format: Format,
}

/// Send again over a channel, or over all of them
#[derive(Debug, Args)]
pub(super) struct Resume {
    /// The channel; without it all of them
    #[arg(value_enum)]
    channel: Option<Channel>,
    /// A word for people, or JSON for programs: what is still paused
    #[arg(long, value_enum, default_value_t = Format::Table, hide_possible_values = true)]
    format: Format,
}

/// What `dashlight pause --format json` and `dashlight resume --format json` print: what is paused now.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Pauses")]
struct Written<'a> {
    /// Grows when a field changes its meaning.
    #[schemars(extend("const" = 1))]
    version: u8,
    pauses: Vec<WrittenPause<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct WrittenPause<'a> {
    #[schemars(extend("enum" = ["email", "push"]))]
    channel: &'static str,
    /// RFC 3339.
    since: String,
    /// Null: until somebody resumes it.
    until: Option<String>,
    note: Option<&'a str>,
}

pub(super) fn schema() -> serde_json::Value {
    schemars::schema_for!(Written<'_>).to_value()
}

fn channels(channel: Option<Channel>) -> Vec<policy::Channel> {
    channel.map_or_else(|| policy::Channel::ALL.to_vec(), |channel| vec![channel.into()])
}

impl Pause {
    pub(super) fn execute(self, settings: &Settings) -> Verdict {
        let visit = Visit::begin(settings)?;
        if !self.list {
            let channels = channels(self.channel);
            visit.ask(visit.records.pause(&channels, self.length, self.note.as_deref(), Visit::now()))?;
        }
        let pauses = visit.ask(visit.records.pauses(Visit::now()))?;
        match self.format {
            Format::Json => print_json(&pauses)?,
            Format::Table if pauses.is_empty() => terminal::print("nothing is paused\n")?,
            Format::Table => terminal::print(&draw(&pauses))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn print_json(pauses: &[ledger::Pause]) -> anyhow::Result<()> {
    table::print_json(&Written { version: 1, pauses: pauses.iter().map(written).collect() })
}

fn written(pause: &ledger::Pause) -> WrittenPause<'_> {
    WrittenPause {
        channel: pause.channel.as_str(),
        since: pause.since.to_string(),
        until: pause.until.map(|at| at.to_string()),
        note: pause.note.as_deref(),
    }
}

fn draw(pauses: &[ledger::Pause]) -> String {
    let rows: Vec<_> = pauses
        .iter()
        .map(|pause| {
            [
                pause.channel.to_string(),
                table::time(pause.since),
                pause.until.map_or_else(|| "resumed".to_owned(), table::time),
                pause.note.clone().unwrap_or_default(),
            ]
        })
        .collect();
    table::draw(["PAUSED", "SINCE (UTC)", "UNTIL", "NOTE"], &rows)
}

impl Resume {
    pub(super) fn execute(self, settings: &Settings) -> Verdict {
        let visit = Visit::begin(settings)?;
        let resumed = visit.ask(visit.records.resume(&channels(self.channel), Visit::now()))?;
        if self.format == Format::Json {
            print_json(&visit.ask(visit.records.pauses(Visit::now()))?)?;
            return Ok(ExitCode::SUCCESS);
        }
        let told = match resumed.as_slice() {
            [] => "nothing was paused\n".to_owned(),
            resumed => {
                let resumed: Vec<_> = resumed.iter().map(ToString::to_string).collect();
                format!("{} resumed\n", resumed.join(" and "))
            }
        };
        terminal::print(&told)?;
        Ok(ExitCode::SUCCESS)
    }
}
