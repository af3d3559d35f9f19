//! `dashlight demo`: the whole worker, embedded. Sample events instead of RabbitMQ, files instead of a mail server, and an
//! inbox page on localhost.

mod clock;
mod journal;
mod page;
mod script;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use tokio::net::TcpListener;

use super::run::outbox_overrides;
use super::settings::Settings;
use super::{SOMETHING_FAILED, Verdict, terminal};
use crate::app::Worker;
use crate::config::Config;
use crate::policy::Pace;
use crate::shutdown::Shutdown;
use crate::telemetry::{Observers, Tally};

use clock::DemoClock;
use journal::Journal;
use script::Script;

/// See it work: a minute of sample events, and an inbox page on localhost. Needs no broker, server or configuration
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Play the minute at once, print what was sent and what was not, and exit
    #[arg(long)]
    once: bool,
    /// Keep the messages and the ledger in DIR [default: a temporary folder]
    #[arg(long, value_name = "DIR")]
    outbox: Option<PathBuf>,
    /// Ledger in place of the one beside the messages
    #[arg(long, value_name = "URL")]
    ledger: Option<String>,
    /// Port of the inbox page [default: any free one]
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    port: u16,
}

/// With `--once` a minute passes in a second.
const FAST: f64 = 60.0;

impl Demo {
    pub(super) fn execute(self, settings: &Settings) -> Verdict {
        let temporary = tempfile::tempdir().context("cannot create a temporary folder")?;
        let dir = self.outbox.clone().unwrap_or_else(|| temporary.path().to_owned());
        std::fs::create_dir_all(&dir).with_context(|| format!("cannot create the folder `{}`", dir.display()))?;
        let mut config = settings.load_built_in(&self.overrides(&dir))?;
        config.outcomes.exchange = None;
        let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
        let verdict = runtime.block_on(async {
            let shutdown = Shutdown::on_signals()?;
            let play = async {
                if self.once {
                    once(config, self.outbox.as_deref(), &shutdown).await
                } else {
                    Box::pin(self.inbox(config, &dir, &shutdown)).await
                }
            };
            tokio::select! {
                verdict = play => verdict,
                signal = shutdown.second() => Ok(ExitCode::from(signal.exit_code())),
            }
        });
        runtime.shutdown_background();
        verdict
    }

    /// The demo's minute has no time for the notices' own patience.
    fn overrides(&self, dir: &Path) -> Vec<(String, String)> {
        let mut overrides = outbox_overrides(dir);
        overrides
            .extend([("policy.grace", "5s"), ("dispatch.poll", "50ms")].map(|(key, value)| (key.into(), value.into())));
        if let Some(url) = &self.ledger {
            overrides.push(("ledger.url".into(), url.clone()));
        }
        overrides
    }

    async fn inbox(&self, config: Config, dir: &Path, shutdown: &Shutdown) -> Verdict {
        let clock = DemoClock::new(1.0);
        let journal = Arc::new(Journal::new(clock.clone(), &config.apps));
        let worker =
            Worker::prepare(config, Arc::new(clock.clone()), Observers::default().with(Arc::clone(&journal) as _))
                .await?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        terminal::print(&format!(
            "The inbox is at http://{}/\nIts messages are written to {}\nPress Ctrl-C to end.\n",
            listener.local_addr()?,
            dir.display()
        ))?;
        let page = page::serve(listener, journal, shutdown);
        // The page outlives the script, and the worker waits beside it for what is due later.
        let mut script = Script::new(clock, worker.config.source.batch_size).then_idle();
        let (served, ()) = tokio::join!(page, worker.serve(&mut script, shutdown));
        served.context("the inbox page stopped")?;
        worker.ledger.close().await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Plays the minute fast, and tells on standard output what came of it.
async fn once(config: Config, kept: Option<&Path>, shutdown: &Shutdown) -> Verdict {
    let clock = DemoClock::new(FAST);
    let (tally, journal) = (Arc::new(Tally::default()), Arc::new(Journal::new(clock.clone(), &config.apps)));
    let observers = Observers::default().with(Arc::clone(&tally) as _).with(Arc::clone(&journal) as _);
    let mut worker = Worker::prepare(config, Arc::new(clock.clone()), observers).await?;
    worker.config.dispatch.patience = Duration::from_secs(10);
    let mut script = Script::new(clock, worker.config.source.batch_size);
    worker.batch(&mut script, Pace::Live, shutdown).await;
    let census = worker.ledger.census().await?;
    worker.ledger.close().await?;
    let totals = tally.totals();
    let later = format!("{:>8}  planned for later, in the ledger\n", census.planned);
    let where_kept = match kept {
        Some(dir) => format!("The messages are in {}", dir.display()),
        None => "To keep the messages as files, give --outbox DIR; to look at them, leave out --once.".to_owned(),
    };
    terminal::print(&format!("{}\n{totals}{later}\n{where_kept}\n", journal.transcript()))?;
    let failed = totals.failed + totals.unknown + totals.expired;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(SOMETHING_FAILED) })
}
