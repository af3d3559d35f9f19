//! `dashlight dead`: the dead-letter queue, by reason.

mod shown;
mod walk;

use std::io::{IsTerminal, Write, stdout};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};

use self::shown::{Row, Summary};
use self::walk::{Deed, Walk};
use super::settings::Settings;
use super::table::Format;
use super::visit::duration;
use super::{SOMETHING_FAILED, Verdict, terminal};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::event::Reason;
use crate::source::{DeadLetter, DeadLetterQueue};

pub(super) use self::shown::{schema, summary_schema};

/// List, show, replay or purge the letters of the dead-letter queue
///
/// A letter is an event that could not be used, with the reason why. Cut short at any moment, these commands lose nothing.
#[derive(Debug, Args)]
pub(super) struct Dead {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List them, the oldest first
    List {
        #[command(flatten)]
        filter: Filter,
        /// At most this many, the oldest
        #[arg(long, value_name = "NUMBER", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
        /// A table for people, or JSON for programs
        #[arg(long, value_enum, default_value_t = Format::Table, hide_possible_values = true)]
        format: Format,
    },
    /// Show all that is known of one, and the event itself
    Show {
        /// Its id, or the beginning of it
        id: String,
        /// Only the event, byte for byte, for a file or another program
        #[arg(long, conflicts_with = "format")]
        body: bool,
        /// Text for people, or JSON for programs
        #[arg(long, value_enum, default_value_t = Format::Table, hide_possible_values = true)]
        format: Format,
    },
    /// Put them into the event queue again, once what was wrong is mended
    ///
    /// Each is taken from the dead-letter queue when the broker has confirmed that it has it. What was sent already for an event is
    /// not sent again.
    Replay {
        #[command(flatten)]
        chosen: Chosen,
        /// Also those that came from another queue than `rabbitmq.queue`, where they go then
        #[arg(long)]
        any_queue: bool,
    },
    /// Delete them for good
    Purge {
        #[command(flatten)]
        chosen: Chosen,
        /// Really delete
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Clone, Default, Args)]
struct Filter {
    /// Only what lies there for this, for example `unknown-app`
    #[arg(long, value_name = "REASON", value_delimiter = ',')]
    reason: Vec<String>,
    /// Only what was taken from the event queue within this time, for example 7d
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    since: Option<SignedDuration>,
}

#[derive(Debug, Args)]
struct Chosen {
    /// Their ids, or the beginnings of them
    #[arg(required_unless_present_any = ["all", "reason"], conflicts_with_all = ["all", "reason", "since", "limit"])]
    ids: Vec<String>,
    /// All of them
    #[arg(long, conflicts_with = "reason")]
    all: bool,
    #[command(flatten)]
    filter: Filter,
    /// At most this many, the oldest
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Only tell what would be done
    #[arg(long)]
    dry_run: bool,
    /// A table for people, or JSON for programs
    #[arg(long, value_enum, default_value_t = Format::Table, hide_possible_values = true)]
    format: Format,
}

impl Filter {
    fn takes(&self, letter: &DeadLetter, now: Timestamp) -> bool {
        let reason = letter.reason.as_deref();
        let for_this = self.reason.is_empty() || self.reason.iter().any(|wanted| Some(wanted.as_str()) == reason);
        for_this && self.since.is_none_or(|since| letter.at.is_some_and(|at| now.duration_since(at) <= since))
    }

    /// A reason that no letter has is most likely a slip of the pen.
    fn doubt(&self) {
        let known = |wanted: &String| Reason::ALL.iter().any(|reason| reason.as_str() == wanted);
        for wanted in self.reason.iter().filter(|wanted| !known(wanted)) {
            let all: Vec<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
            terminal::warn(&format!("`{wanted}` is no reason of Dashlight's own; those are {}\n", all.join(", ")));
        }
    }
}

impl Chosen {
    fn takes(&self, letter: &DeadLetter, now: Timestamp) -> bool {
        let ids = |id: &String| letter.id.starts_with(&id.trim().to_lowercase());
        self.filter.takes(letter, now) && (self.ids.is_empty() || self.ids.iter().any(ids))
    }

    fn most(&self) -> usize {
        self.limit.map_or(usize::MAX, |limit| limit as usize)
    }
}

impl Dead {
    pub(super) fn execute(self, settings: &Settings) -> Verdict {
        let config = settings.load(&[])?;
        let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
        let verdict = runtime.block_on(async {
            match self.action {
                Action::List { filter, limit, format } => list(&config, &filter, limit as usize, format).await,
                Action::Show { id, body, format } => show(&config, &id, body, format).await,
                Action::Replay { chosen, any_queue } => {
                    let deed = if chosen.dry_run { Deed::Look } else { Deed::Replay };
                    act(&config, &chosen, deed, !any_queue, "replayed").await
                }
                Action::Purge { chosen, yes } => {
                    let deed = if chosen.dry_run || !yes { Deed::Look } else { Deed::Purge };
                    let verdict = act(&config, &chosen, deed, false, "deleted").await?;
                    if deed == Deed::Look && !chosen.dry_run {
                        bail!("nothing was deleted; add `--yes` to delete them for good");
                    }
                    Ok(verdict)
                }
            }
        });
        runtime.shutdown_background();
        verdict
    }
}

async fn list(config: &Config, filter: &Filter, limit: usize, format: Format) -> Verdict {
    filter.doubt();
    let mut queue = DeadLetterQueue::open(&config.rabbitmq).await?;
    let mut walk = Walk::begin(&queue)?;
    let (now, mut rows) = (SystemClock.now(), Vec::new());
    while rows.len() < limit
        && let Some(letter) = walk.next(&mut queue).await?
    {
        if filter.takes(&letter, now) {
            rows.push(Row::of(&letter));
        }
        queue.leave(letter).await?;
    }
    walk.end();
    queue.close().await?;
    match format {
        Format::Json => shown::print_json(&rows)?,
        Format::Table if rows.is_empty() => terminal::print("nothing\n")?,
        Format::Table => terminal::print(&shown::draw(&rows))?,
    }
    if rows.len() == limit {
        terminal::warn(&format!("the oldest {limit}; `--limit` shows more\n"));
    }
    Ok(ExitCode::from(if walk.was_stopped() { SOMETHING_FAILED } else { 0 }))
}

async fn show(config: &Config, id: &str, body: bool, format: Format) -> Verdict {
    let wanted = id.trim().to_lowercase();
    if body && stdout().is_terminal() {
        bail!("the event may hold what takes over a terminal; write it to a file: `… --body > event.json`");
    }
    let mut queue = DeadLetterQueue::open(&config.rabbitmq).await?;
    let mut walk = Walk::begin(&queue)?;
    let mut found: Option<DeadLetter> = None;
    while let Some(letter) = walk.next(&mut queue).await? {
        let is_it = letter.id.starts_with(&wanted);
        if is_it && found.as_ref().is_some_and(|found| found.id != letter.id) {
            queue.close().await?;
            bail!("more than one id begins with `{wanted}`; give more of it");
        }
        if is_it && found.is_none() {
            found = Some(letter);
        } else {
            queue.leave(letter).await?;
        }
    }
    walk.end();
    let Some(letter) = found else {
        queue.close().await?;
        bail!("no id begins with `{wanted}`; `dashlight dead list` has those there are");
    };
    let shown = (Row::of(&letter), letter.headers.clone(), letter.body.clone());
    queue.leave(letter).await?;
    queue.close().await?;
    let (row, headers, event) = shown;
    match (body, format) {
        (true, _) => stdout().lock().write_all(&event)?,
        (false, Format::Json) => shown::print_json_of_one(&row, &headers, &event)?,
        (false, Format::Table) => terminal::print(&shown::describe(&row, &headers, &event))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Does something to the chosen, and tells of how many, by reason. `at_home`: only to those from the configured queue.
async fn act(config: &Config, chosen: &Chosen, deed: Deed, at_home: bool, verb: &'static str) -> Verdict {
    chosen.filter.doubt();
    let mut queue = DeadLetterQueue::open(&config.rabbitmq).await?;
    let mut walk = Walk::begin(&queue)?;
    let mut summary = Summary::new(verb, chosen.dry_run || deed == Deed::Look);
    let done = work(&mut queue, &mut walk, chosen, deed, at_home, &mut summary).await;
    walk.end();
    // What was done is told, whatever happened then.
    let ended = match done {
        Ok(()) => queue.close().await.map_err(anyhow::Error::from),
        Err(failure) => Err(failure),
    };
    match chosen.format {
        Format::Json => summary.print_json()?,
        Format::Table => terminal::print(&summary.draw())?,
    }
    summary.warn_of_strangers();
    if let Err(failure) = ended {
        terminal::warn(&format!("error: {failure:#}\nwhat was not {verb} lies where it was\n"));
        return Ok(ExitCode::from(SOMETHING_FAILED));
    }
    if walk.was_stopped() {
        terminal::warn(&format!("stopped; what was not {verb} lies where it was\n"));
    }
    let ids_missing = !chosen.ids.is_empty() && summary.count() == 0;
    if ids_missing {
        terminal::warn("no id begins so; `dashlight dead list` has those there are\n");
    }
    Ok(ExitCode::from(if walk.was_stopped() || ids_missing { SOMETHING_FAILED } else { 0 }))
}

async fn work(
    queue: &mut DeadLetterQueue,
    walk: &mut Walk,
    chosen: &Chosen,
    deed: Deed,
    at_home: bool,
    summary: &mut Summary,
) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let mut batch = walk::Batch::new(deed);
    while summary.count() + batch.len() < chosen.most()
        && let Some(letter) = walk.next(queue).await?
    {
        let is_stranger = at_home && letter.queue.as_deref().is_some_and(|from| from != queue.events());
        if !chosen.takes(&letter, now) {
            queue.leave(letter).await?;
        } else if is_stranger {
            summary.left_in_place(&letter);
            queue.leave(letter).await?;
        } else if batch.add(letter) {
            batch.finish(queue, summary).await?;
        }
    }
    batch.finish(queue, summary).await
}
