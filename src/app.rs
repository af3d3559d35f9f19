//! The composition root: the only place where everything meets.

mod online;
mod start;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::mpsc;

use crate::catalog::Catalog;
use crate::clock::{Clock, Dice};
use crate::config::{Config, Reload};
use crate::content::{Current, Reloader};
use crate::diagnostic::Diagnostics;
use crate::directory::Directory;
use crate::dispatch::{Delivery, Dispatcher, Pauses, Round, Until};
use crate::event::Platform;
use crate::intake::{Backlog, Handover, Intake};
use crate::ledger::{Claimant, Ledger, Records};
use crate::outcomes::Teller;
use crate::policy::{Channel, Pace, QuietHours};
use crate::resilience::{Backoff, Fatal, Patience, Pulse};
use crate::shutdown::Shutdown;
use crate::source::Source;
use crate::telemetry::{Observers, Vitals};
use crate::transport::Route;
use crate::upkeep::Upkeep;

pub use online::reach;
pub use start::{StartError, catalog, origin, route, transport_faults, visit};

/// A worker, put together and not yet running.
pub struct Worker {
    pub config: Config,
    pub content: Current,
    pub ledger: Arc<dyn Ledger>,
    /// The operator's side of the ledger.
    pub records: Arc<dyn Records>,
    /// What an operator has paused.
    pub pauses: Pauses,
    pub directory: Arc<dyn Directory>,
    pub routes: BTreeMap<Channel, Arc<Route>>,
    pub clock: Arc<dyn Clock>,
    pub dice: Arc<Dice>,
    pub observers: Observers,
    /// What ends the worker, because no waiting mends it.
    pub fatal: Fatal,
    /// What the worker is waiting for.
    pub pulse: Pulse,
}

impl Worker {
    /// Takes events until a shutdown is requested, then drains.
    pub async fn serve(&self, source: &mut dyn Source, shutdown: &Shutdown) {
        let claimant = self.claimant();
        let mut handover = Handover::new();
        let mut loops = Vec::new();
        for (channel, route) in &self.routes {
            let (sender, receiver) = mpsc::channel(HANDOVER_BATCHES);
            handover.insert(*channel, sender);
            loops
                .push(self.dispatcher(*channel, route, &claimant, Pace::Live, Until::Shutdown).run(receiver, shutdown));
        }
        let intake = self.intake(Pace::Live, Some(claimant), handover);
        let work = async { tokio::join!(intake.run(source, shutdown), futures_util::future::join_all(loops)) };
        let upkeep = Upkeep {
            records: Arc::clone(&self.records),
            content: self.content.clone(),
            keep: self.config.ledger.keep,
            clock: Arc::clone(&self.clock),
        };
        let work = async {
            tokio::select! {
                _ = Box::pin(work) => {}
                () = upkeep.run(self.patience().trouble("the ledger, for what is to be deleted".to_owned())) => {}
            }
        };
        self.heed_pauses(work, shutdown).await;
    }

    /// Takes all events of a source that ends, then sends what is due until nothing more is.
    pub async fn batch(&self, source: &mut dyn Source, pace: Pace, shutdown: &Shutdown) {
        self.intake(pace, None, Handover::new()).run(source, shutdown).await;
        let claimant = self.claimant();
        let round = Round::new(self.routes.keys().copied().collect(), self.config.dispatch.patience);
        let loops = self.routes.iter().map(|(channel, route)| {
            let (_, nothing_handed_over) = mpsc::channel(1);
            self.dispatcher(*channel, route, &claimant, pace, Until::Settled(round.clone()))
                .run(nothing_handed_over, shutdown)
        });
        self.heed_pauses(futures_util::future::join_all(loops), shutdown).await;
    }

    /// Works, and looks meanwhile what an operator has paused; before the first send too, or a restart would end a pause.
    async fn heed_pauses(&self, work: impl Future, shutdown: &Shutdown) {
        let look = || self.pauses.look(&*self.records, &*self.clock);
        // When a shutdown comes first, the loops see it as well.
        let _ = self.patience().until_ok_or(shutdown.requested(), "the ledger, for what is paused", look).await;
        let trouble = self.patience().trouble("the ledger, for what is paused".to_owned());
        let watch = self.pauses.watch(&*self.records, &*self.clock, self.config.dispatch.poll, trouble);
        tokio::select! {
            _ = work => {}
            () = watch => {}
        }
    }

    /// What takes up edits of the content, and does nothing until it is run.
    ///
    /// # Errors
    /// When the configuration does not say where the content lies.
    pub fn reloader(&self) -> Result<Reloader, Diagnostics> {
        let (apps, policy) = (self.config.apps.clone(), self.config.policy.clone());
        Ok(Reloader {
            current: self.content.clone(),
            origin: origin(&self.config.content)?,
            load: Arc::new(move |snapshot| Catalog::of(snapshot, &apps)?.with_policy(&policy)),
            poll: (self.config.content.reload == Reload::Watch).then_some(self.config.content.poll),
            clock: Arc::clone(&self.clock),
        })
    }

    /// What tells the product's systems what became of messages; `None`: they want to hear nothing.
    pub fn teller(&self) -> Option<Teller> {
        let lease = SignedDuration::try_from(self.config.rabbitmq.request_timeout * 4).unwrap_or(SignedDuration::MAX);
        Some(Teller {
            untold: Arc::clone(&self.ledger).untold()?,
            claimant: Claimant { lease: lease.max(A_TELLING), ..self.claimant() },
            clock: Arc::clone(&self.clock),
            poll: self.config.dispatch.poll,
            keep: self.config.outcomes.keep,
            patience: self.patience(),
        })
    }

    /// Where its health is felt; the broker's is noted by the source.
    pub fn vitals(&self, broker: &Pulse) -> Vitals {
        Vitals {
            broker: broker.clone(),
            worker: self.pulse.clone(),
            content: self.content.clone(),
            ledger: Arc::clone(&self.ledger),
            untold: Arc::clone(&self.ledger).untold(),
            channels: self.routes.keys().copied().collect(),
            pauses: self.pauses.clone(),
        }
    }

    fn intake(&self, pace: Pace, claimant: Option<Claimant>, handover: Handover) -> Intake {
        Intake {
            // A file waits for nobody, and all of it is admitted first.
            backlog: Backlog::new(
                claimant.is_some().then_some(self.config.source.backlog_limit as u64),
                self.routes.keys().copied(),
            ),
            ledger: Arc::clone(&self.ledger),
            content: self.content.clone(),
            directory: Arc::clone(&self.directory),
            apps: self.config.apps.keys().cloned().collect(),
            max_event_bytes: self.config.source.max_event_bytes,
            channels: self.routes.keys().copied().collect(),
            platforms: self.platforms(),
            quiet_hours: Arc::new(self.config.quiet_hours()),
            pace,
            claimant,
            handover,
            clock: Arc::clone(&self.clock),
            patience: self.patience(),
            drain_timeout: self.config.dispatch.drain_timeout,
            observer: Arc::new(self.observers.clone()),
        }
    }

    /// By app.
    fn platforms(&self) -> BTreeMap<String, Vec<Platform>> {
        let Some(push) = self.routes.get(&Channel::Push) else { return BTreeMap::new() };
        let served = |app: &String| Platform::ALL.into_iter().filter(|platform| push.serves(app, *platform)).collect();
        self.config.apps.keys().map(|app| (app.clone(), served(app))).collect()
    }

    fn dispatcher(
        &self,
        channel: Channel,
        route: &Arc<Route>,
        claimant: &Claimant,
        pace: Pace,
        until: Until,
    ) -> Dispatcher {
        let limits = &self.config.dispatch;
        // For a batch they count as over.
        let quiet_hours = if pace == Pace::Live { self.config.quiet_hours() } else { QuietHours::default() };
        Dispatcher {
            channel,
            ledger: Arc::clone(&self.ledger),
            delivery: Arc::new(Delivery {
                ledger: Arc::clone(&self.ledger),
                content: self.content.clone(),
                apps: Arc::new(self.config.apps.clone()),
                route: Arc::clone(route),
                backoff: Backoff { min: limits.retry_min, max: limits.retry_max },
                clock: Arc::clone(&self.clock),
                dice: Arc::clone(&self.dice),
                observer: Arc::new(self.observers.clone()),
            }),
            directory: Arc::clone(&self.directory),
            claimant: claimant.clone(),
            poll: limits.poll,
            drain_timeout: limits.drain_timeout,
            patience: self.patience(),
            pauses: self.pauses.clone(),
            quiet_hours,
            // A batch is sent now, or not at all.
            daily: Some(limits.messages_per_day).filter(|most| *most > 0 && pace == Pace::Live),
            until,
        }
    }

    fn patience(&self) -> Patience {
        patience(Arc::clone(&self.dice), self.fatal.clone(), self.pulse.clone())
    }

    /// A name that no other run of a worker has.
    fn claimant(&self) -> Claimant {
        let owner = format!("{}-{:016x}", std::process::id(), self.dice.number());
        Claimant { owner, lease: self.config.ledger.lease, leaves: Vec::new() }
    }
}

/// How the worker waits for what is its own: the ledger, the directory.
fn patience(dice: Arc<Dice>, fatal: Fatal, pulse: Pulse) -> Patience {
    Patience {
        backoff: Backoff { min: Duration::from_millis(100), max: Duration::from_secs(10) },
        remind_every: Duration::from_secs(30),
        dice,
        fatal,
        pulse,
    }
}

/// How many batches may wait for a channel's loop; what comes after them is only planned, and claimed when it has room.
const HANDOVER_BATCHES: usize = 4;

/// What one worker is telling is nobody else's for at least so long.
const A_TELLING: SignedDuration = SignedDuration::from_secs(10);
