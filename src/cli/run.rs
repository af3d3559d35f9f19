//! `dashlight run`: the worker.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use tokio::task::JoinHandle;

use super::progress::Progress;
use super::settings::Settings;
use super::{SOMETHING_FAILED, Verdict, terminal};
use crate::app::Worker;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::content::Hangup;
use crate::outcomes::AmqpPublisher;
use crate::policy::{Channel, Pace};
use crate::shutdown::Shutdown;
use crate::source::{AmqpSource, Input, NdjsonSource};
use crate::telemetry::{Endpoint, Log, Observers, Tally, start_logging};
use crate::transport::Smtp;

/// Run the worker: take events from RabbitMQ, or from a file
#[derive(Debug, Args)]
pub(super) struct Run {
    /// Take events from a file of NDJSON (`-` for standard input) and end when all that is due is settled
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Honour grace, quiet hours and age as if the events of the file came in one by one
    #[arg(long, requires = "from")]
    keep_timing: bool,
    /// Write each message to a file in DIR in place of sending it; the ledger lies there too
    #[arg(long, value_name = "DIR")]
    outbox: Option<PathBuf>,
    /// Ledger in place of the configured one, for example `sqlite:dashlight.db`
    #[arg(long, value_name = "URL")]
    ledger: Option<String>,
}

impl Run {
    pub(super) fn execute(self, settings: &Settings) -> Verdict {
        let mut config = settings.load(&self.overrides())?;
        if self.from.is_some() || self.outbox.is_some() {
            // Of a file and of a trial run nobody is told.
            config.outcomes.exchange = None;
        }
        start_logging(&config.log, terminal::is_colored()).map_err(anyhow::Error::msg)?;
        if let Some(dir) = &self.outbox {
            std::fs::create_dir_all(dir).with_context(|| format!("cannot create the folder `{}`", dir.display()))?;
        }
        let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
        let verdict = runtime.block_on(async {
            let shutdown = Shutdown::on_signals()?;
            let watched = shutdown.clone();
            let pace = if self.keep_timing { Pace::Live } else { Pace::Batch };
            // As a task: on the runtime's own threads the loops and the sends wake each other without the system's help.
            let work = tokio::spawn(async move {
                match &self.from {
                    Some(file) => Box::pin(batch(config, file, pace, &shutdown)).await,
                    None => Box::pin(serve(config, &shutdown)).await,
                }
            });
            tokio::select! {
                ended = work => ended.unwrap_or_else(|fault| std::panic::resume_unwind(fault.into_panic())),
                signal = watched.second() => {
                    tracing::warn!("a second signal: gone at once; the broker and the ledger keep what was in flight");
                    Ok(ExitCode::from(signal.exit_code()))
                }
                never = announce(&watched) => match never {},
            }
        });
        // A thread that hangs in a read of standard input must not hold up the exit.
        runtime.shutdown_background();
        verdict
    }

    /// What the flags say, as keys of the configuration.
    fn overrides(&self) -> Vec<(String, String)> {
        let mut overrides = self.outbox.as_deref().map_or_else(Vec::new, outbox_overrides);
        if let Some(url) = &self.ledger {
            overrides.push(("ledger.url".into(), url.clone()));
        }
        overrides
    }
}

/// Everything goes to files in `dir`, and the ledger lies there too.
pub(super) fn outbox_overrides(dir: &Path) -> Vec<(String, String)> {
    [
        ("channels.email.transports", "outbox".to_owned()),
        ("channels.push.transports", "outbox".to_owned()),
        ("outbox.dir", dir.display().to_string()),
        ("ledger.url", format!("sqlite:{}", dir.join("ledger.db").display())),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

/// Tells that the first signal was heard.
async fn announce(shutdown: &Shutdown) -> Infallible {
    shutdown.requested().await;
    tracing::info!("stopping: what is in flight is finished; a second signal ends it at once");
    std::future::pending().await
}

async fn serve(config: Config, shutdown: &Shutdown) -> Verdict {
    // From the first moment: where nobody listens, the signal is the end.
    let hangup = Hangup::on_signal()?;
    let mut observers = Observers::default().with(Arc::new(Log::default()));
    let endpoint = match config.telemetry.listen {
        Some(address) => {
            let endpoint = Endpoint::open(address, Arc::new(SystemClock), shutdown.clone()).await?;
            observers = observers.with(endpoint.metrics());
            tracing::info!(address = %endpoint.address()?, "health and metrics can be asked for");
            Some(endpoint.serve())
        }
        None => None,
    };
    let prepared = Worker::prepare_patiently(config, Arc::new(SystemClock), observers, shutdown).await?;
    let Some(worker) = prepared else { return Ok(ExitCode::SUCCESS) };
    let config = &worker.config;
    let (clock, dice) = (Arc::clone(&worker.clock), Arc::clone(&worker.dice));
    let mut source = AmqpSource::start(&config.rabbitmq, &config.source, clock, Arc::clone(&dice))?;
    let outcomes = config.outcomes.exchange.as_deref();
    let publisher =
        outcomes.map(|exchange| AmqpPublisher::new(&config.rabbitmq, exchange, dice, &worker.pulse)).transpose()?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        content = %worker.content.catalog().revision(),
        broker = source.peer(),
        queue = config.rabbitmq.queue,
        outcomes,
        ledger = %config.ledger.store,
        apps = config.apps.keys().map(String::as_str).collect::<Vec<_>>().join(","),
        "started"
    );
    tell_channels(&worker);
    if let Some(endpoint) = &endpoint {
        endpoint.health().begin(worker.vitals(source.pulse()));
    }
    let mut reloading = tokio::spawn(worker.reloader()?.run(hangup));
    let (all_is_settled, until_then) = Shutdown::manual();
    let telling = publisher.map(|publisher| tell(&worker, publisher, until_then));
    tokio::select! {
        () = worker.serve(&mut source, shutdown) => {}
        fault = worker.fatal.told() => anyhow::bail!("{fault}"),
        fault = lost(&mut reloading) => anyhow::bail!("what takes up edits of the content has ended: {fault}"),
    }
    reloading.abort();
    all_is_settled.request();
    if let Some(telling) = telling {
        // What is untold the next start tells.
        let _ = telling.await;
    }
    // Every settlement is durable by now; what can fail is the tidying up, and the next start does that as well.
    if let Err(fault) = worker.ledger.close().await {
        tracing::warn!("the ledger could not be tidied up: {fault}");
    }
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Resolves when a task that never ends has ended: by a panic, which the log has told. Whoever runs the worker starts it again.
async fn lost(task: &mut JoinHandle<Infallible>) -> String {
    match task.await {
        Ok(never) => match never {},
        Err(fault) => format!("dashlight panicked; please report it ({fault})"),
    }
}

/// Tells the product's systems what became of messages, in a task of its own.
fn tell(worker: &Worker, mut publisher: AmqpPublisher, until: Shutdown) -> JoinHandle<()> {
    let (teller, fatal) = (worker.teller(), worker.fatal.clone());
    tokio::spawn(async move {
        if let Some(teller) = teller {
            fatal.watch("what tells of outcomes", teller.run(&mut publisher, &until)).await;
        }
    })
}

/// What carries each channel, and what is off.
fn tell_channels(worker: &Worker) {
    for channel in Channel::ALL {
        match worker.routes.get(&channel).map(|route| route.names()) {
            Some(names) if names == Smtp::NAME => {
                let smtp = &worker.config.smtp;
                tracing::info!(%channel, transport = Smtp::NAME, server = format!("{}:{}", smtp.host, smtp.port), "on");
            }
            Some(transport) => tracing::info!(%channel, transport, "on"),
            None => tracing::warn!(%channel, "off: `channels.{channel}.transports` names no transport"),
        }
    }
}

async fn batch(config: Config, file: &Path, pace: Pace, shutdown: &Shutdown) -> Verdict {
    let tally = Arc::new(Tally::default());
    let progress = Progress::start(Arc::clone(&tally));
    let observers = Observers::default().with(Arc::clone(&tally) as _).with(progress.observer());
    let mut source = NdjsonSource::open(&Input::from_argument(file), &config.source).await?;
    let reading = source.progress();
    let prepared = Worker::prepare_patiently(config, Arc::new(SystemClock), observers, shutdown).await?;
    let Some(worker) = prepared else { return Ok(ExitCode::from(SOMETHING_FAILED)) };
    tokio::select! {
        () = worker.batch(&mut source, pace, shutdown) => {}
        fault = worker.fatal.told() => anyhow::bail!("{fault}"),
    }
    let census = worker.ledger.census().await?;
    worker.ledger.close().await?;
    let totals = tally.totals();
    progress.finish(&totals, &census, file)?;
    if shutdown.is_requested() {
        tracing::warn!(
            "ended by a signal; what is planned stays in the ledger, and the same command goes on from there"
        );
    }
    if let Some(fault) = reading.failure() {
        anyhow::bail!("{fault}; what was read before is done");
    }
    let all_is_well =
        totals.bad() == 0 && totals.failed + totals.unknown + totals.expired == 0 && !shutdown.is_requested();
    // What still waits for a carrier is not lost, but it is not delivered either.
    let waiting = totals.retried > 0 && census.retrying > 0;
    Ok(if all_is_well && !waiting { ExitCode::SUCCESS } else { ExitCode::from(SOMETHING_FAILED) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_is_noticed_and_one_that_runs_is_not() {
        let mut broken = tokio::spawn(async { panic!("a fault of ours") });
        assert!(lost(&mut broken).await.contains("a fault of ours"));
        let mut running = tokio::spawn(std::future::pending());
        tokio::select! {
            biased;
            fault = lost(&mut running) => panic!("{fault}"),
            () = tokio::task::yield_now() => {}
        }
    }
}
