//! `dashlight log`: what was sent to an owner, and what is planned.

use std::process::ExitCode;

use clap::Args;
use jiff::SignedDuration;

use super::settings::Settings;
use super::table::Format;
use super::visit::{Channel, Visit, duration};
use super::{SOMETHING_FAILED, Verdict, dispatches, terminal};
use crate::ledger::Query;

/// Tell what was sent to an owner, when and in which wording, and what is planned; without an owner, what is newest
///
/// Each line is one message to one address, the newest first. No address and no text is shown: the ledger keeps no text, and
/// of an address only for as long as it needs it.
#[derive(Debug, Args)]
pub(super) struct Log {
    /// The owner, by the id that events have in `recipient.id`
    recipient: Option<String>,
    /// Only what this app has sent
    #[arg(long, value_name = "ID")]
    app: Option<String>,
    /// Only this channel
    #[arg(long, value_enum)]
    channel: Option<Channel>,
    /// Only what was planned or ended within this time, for example 7d
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    since: Option<SignedDuration>,
    /// At most this many, the newest
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// A table for people, or JSON for programs
    #[arg(long, value_enum, default_value_t = Format::Table, hide_possible_values = true)]
    format: Format,
}

impl Log {
    pub(super) fn execute(self, settings: &Settings) -> Verdict {
        let visit = Visit::begin(settings)?;
        let query = Query {
            recipient: self.recipient.clone(),
            app: self.app.clone(),
            channel: self.channel.map(Into::into),
            since: self.since,
            limit: self.limit as usize,
            ..Query::default()
        };
        let records = visit.ask(visit.records.history(&query, Visit::now()))?;
        if self.format == Format::Json {
            dispatches::print_json(&records)?;
        } else if !records.is_empty() {
            terminal::print(&dispatches::draw(&records, self.recipient.is_none()))?;
        }
        if let (true, Some(recipient)) = (records.is_empty(), &self.recipient) {
            return self.explain_nothing(&visit, recipient);
        }
        if records.is_empty() && self.format == Format::Table {
            terminal::print("nothing\n")?;
        }
        if self.format == Format::Table {
            terminal::warn(&dispatches::footnote(&records, visit.config.ledger.keep));
        }
        if records.len() == query.limit {
            terminal::warn(&format!("the newest {}; `--limit` shows more\n", query.limit));
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Nobody of that name, or nothing that matches.
    fn explain_nothing(&self, visit: &Visit, recipient: &str) -> Verdict {
        let known = visit.ask(visit.records.acquaintances(recipient))?;
        let in_app = |app: &String| known.iter().any(|known| known.app == *app);
        let why = match &self.app {
            Some(app) if !in_app(app) && !known.is_empty() => {
                let others: Vec<_> = known.iter().map(|known| format!("`{}`", known.app)).collect();
                format!("nothing is known of `{recipient}` in `{app}`, but in {}", others.join(", "))
            }
            Some(app) if known.is_empty() && !visit.config.apps.contains_key(app) => {
                format!(
                    "nothing is known of `{recipient}`; and `{app}` is no app of the configuration: {}",
                    visit.apps()
                )
            }
            _ if known.is_empty() => {
                format!("nothing is known of `{recipient}`; it is the id that events have in `recipient.id`")
            }
            _ => {
                if self.format == Format::Table {
                    terminal::print("nothing\n")?;
                }
                return Ok(ExitCode::SUCCESS);
            }
        };
        terminal::warn(&format!("{why}\n"));
        Ok(ExitCode::from(SOMETHING_FAILED))
    }
}
