//! `dashlight erase`: forget an owner.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::settings::Settings;
use super::table::{self, Format};
use super::visit::Visit;
use super::{Verdict, terminal};
use crate::config::Store;
use crate::ledger::{Erased, Owner};

/// Forget an owner: delete all that the ledger knows of them in an app
///
/// What happened until now is not taken up any more, should an event still be on its way; an error that happens later is one
/// of a stranger. A salted digest of app and id stays for that. It is safe beside running workers, and may be repeated.
#[derive(Debug, Args)]
pub(super) struct Erase {
    /// The app, where there is more than one
    #[arg(long, value_name = "ID")]
    app: Option<String>,
    /// The owner, by the id that events have in `recipient.id`
    #[arg(long, value_name = "ID")]
    recipient: String,
    /// Only tell what is known
    #[arg(long)]
    dry_run: bool,
    /// Text for people, or JSON for programs
    #[arg(long, value_enum, default_value_t = Format::Table, hide_possible_values = true)]
    format: Format,
}

/// What `dashlight erase --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Erasure")]
struct Written<'a> {
    /// Grows when a field changes its meaning.
    #[schemars(extend("const" = 1))]
    version: u8,
    /// True: nothing was deleted.
    dry_run: bool,
    app: &'a str,
    recipient: &'a str,
    incidents: u64,
    dispatches: u64,
    /// Those of the dispatches that were being sent: a carrier may have some.
    sending: u64,
    /// Ends of dispatches that were still to be told.
    outcomes: u64,
    /// Hashes of addresses that carriers found dead.
    dead_addresses: u64,
    /// What happened until then is not taken up any more (RFC 3339).
    until: String,
    /// Copies are left in the ledger's files until it tidies them up.
    leaves_traces: bool,
    /// Where something may be that this command does not reach.
    not_reached: Vec<String>,
}

pub(super) fn schema() -> serde_json::Value {
    schemars::schema_for!(Written<'_>).to_value()
}

impl Erase {
    pub(super) fn execute(self, settings: &Settings) -> Verdict {
        let visit = Visit::begin(settings)?;
        let owner = Owner { app: self.app(&visit)?, recipient: self.recipient.clone() };
        let erased = visit.ask(visit.records.erase(&owner, self.dry_run, Visit::now()))?;
        let not_reached = not_reached(&visit, &erased);
        match self.format {
            Format::Json => table::print_json(&Written {
                version: 1,
                dry_run: self.dry_run,
                app: &owner.app,
                recipient: &owner.recipient,
                incidents: erased.incidents,
                dispatches: erased.dispatches,
                sending: erased.sending,
                outcomes: erased.outcomes,
                dead_addresses: erased.dead_addresses,
                until: erased.until.to_string(),
                leaves_traces: erased.leaves_traces,
                not_reached,
            })?,
            Format::Table => terminal::print(&self.tell(&owner, &erased, &not_reached))?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The one that is meant: named, or the only one.
    fn app(&self, visit: &Visit) -> anyhow::Result<String> {
        let mut configured = visit.config.apps.keys();
        match (&self.app, configured.next(), configured.next()) {
            (Some(app), _, _) => Ok(app.clone()),
            (None, Some(only), None) => Ok(only.clone()),
            (None, _, _) => bail!("name the app with `--app`: {}", visit.apps()),
        }
    }

    fn tell(&self, owner: &Owner, erased: &Erased, not_reached: &[String]) -> String {
        let Owner { app, recipient } = owner;
        let recipient = recipient.replace(table::is_unsafe, " ");
        let head = match (self.dry_run, *erased == Erased { until: erased.until, ..nothing(erased) }) {
            (true, true) => format!("nothing is known of `{recipient}` in `{app}`\n"),
            (true, false) => format!("of `{recipient}` in `{app}` would be deleted:\n"),
            (false, true) => format!("nothing was known of `{recipient}` in `{app}`\n"),
            (false, false) => format!("of `{recipient}` in `{app}` was deleted:\n"),
        };
        let counts = [
            (erased.incidents, "errors of cars"),
            (erased.dispatches, "messages, sent and planned"),
            (erased.outcomes, "outcomes that were still to be told"),
            (erased.dead_addresses, "hashes of dead addresses"),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let mut lines: Vec<String> = counts.map(|(count, what)| format!("{count:>8}  {what}")).collect();
        if erased.sending > 0 {
            lines.push(format!("{:>8}  of the messages being sent: a carrier may have them already", erased.sending));
        }
        if !self.dry_run {
            lines.push(format!("what happened before {} (UTC) is not taken up any more", table::time(erased.until)));
        }
        lines.push("not reached, should something of them be there:".to_owned());
        lines.extend(not_reached.iter().map(|place| format!("- {place}")));
        format!("{head}{}\n", lines.join("\n"))
    }
}

fn nothing(erased: &Erased) -> Erased {
    Erased { leaves_traces: erased.leaves_traces, ..Erased::default() }
}

fn not_reached(visit: &Visit, erased: &Erased) -> Vec<String> {
    let rabbitmq = &visit.config.rabbitmq;
    let mut places = vec![
        "messages that carriers have taken, and what they keep of them".to_owned(),
        format!(
            "events that still wait in `{}`, and letters in `{}` (`dashlight dead list`)",
            rabbitmq.queue, rabbitmq.dead_letter_queue
        ),
        "what your own systems were told, and a running worker's memory of your directory's answers".to_owned(),
        "logs, which name owners by their ids at most, and backups".to_owned(),
    ];
    match (&visit.config.ledger.store, erased.leaves_traces) {
        (Store::Postgres(_), _) => places.push(
            "PostgreSQL's own files: deleted rows until the next VACUUM, its write-ahead log and replicas".to_owned(),
        ),
        (Store::Sqlite(path), true) => places.push(format!(
            "`{}-wal`, which something else was reading; run the command again, or stop the worker once",
            path.display()
        )),
        (Store::Sqlite(_), false) => {}
    }
    places
}
