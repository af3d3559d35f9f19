//! The first loop: takes a batch from the source, parses it, finds the owners, commits incidents and dispatches to the
//! ledger, and only then acknowledges.
//!
//! It sees traits, never a client library. While the ledger is down it takes nothing more; the directory it does not wait for.

mod backlog;
mod route;
mod verdicts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::content::Current;
use crate::directory::Directory;
use crate::event::Platform;
use crate::failpoint::{self, Point};
use crate::ledger::{Admission, Admitted, Claimant, Dispatch, Ledger};
use crate::policy::{Channel, Pace, QuietHours};
use crate::resilience::Patience;
use crate::shutdown::Shutdown;
use crate::source::{Batch, Source};
use crate::telemetry::Observer;

pub use backlog::Backlog;
use route::{Routed, Router};

/// Where the dispatches of a channel go that are due at once.
pub type Handover = BTreeMap<Channel, mpsc::Sender<Vec<Dispatch>>>;

/// The loop and all that it needs.
pub struct Intake {
    pub ledger: Arc<dyn Ledger>,
    pub content: Current,
    pub directory: Arc<dyn Directory>,
    /// The ids of the configured apps.
    pub apps: BTreeSet<String>,
    /// Bytes.
    pub max_event_bytes: usize,
    /// The channels that have a transport.
    pub channels: Vec<Channel>,
    /// By app, the platforms of devices that a transport of the push channel leads to.
    pub platforms: BTreeMap<String, Vec<Platform>>,
    pub quiet_hours: Arc<QuietHours>,
    pub pace: Pace,
    /// With a claimant, what is due at once is handed over already claimed; without, it waits in the ledger.
    pub claimant: Option<Claimant>,
    pub handover: Handover,
    pub backlog: Backlog,
    pub clock: Arc<dyn Clock>,
    pub patience: Patience,
    /// How long a batch that is being committed may hold up a shutdown.
    pub drain_timeout: Duration,
    pub observer: Arc<dyn Observer>,
}

impl Intake {
    /// Runs until the source is exhausted or a shutdown is requested.
    pub async fn run(self, source: &mut dyn Source, shutdown: &Shutdown) {
        loop {
            self.room(shutdown).await;
            let batch = tokio::select! {
                biased;
                () = shutdown.requested() => break,
                batch = source.next() => batch,
            };
            let Some(batch) = batch else { break };
            let overdue = overdue(shutdown, self.drain_timeout);
            // A batch that is cut short here was not acknowledged: the broker delivers it again.
            tokio::select! {
                biased;
                () = self.take(source, batch, shutdown) => {}
                () = overdue => break,
            }
        }
        // The dispatchers wait for what may still be handed over.
        drop(self.handover);
        source.close().await;
    }

    /// What cannot be committed when a shutdown is requested is left to the broker, which delivers it again.
    async fn take(&self, source: &mut dyn Source, batch: Batch, shutdown: &Shutdown) {
        failpoint::reach(Point::Taken);
        let now = self.clock.now();
        // One batch is decided by one content.
        let catalog = self.content.catalog();
        let mut routed = self.route(&catalog, &batch, now).await;
        let doors = doors(&self.handover);
        let committed = self.commit(&routed.admissions, &doors, shutdown).await;
        let Ok(Admitted { verdicts, claimed }) = committed else { return };
        failpoint::reach(Point::Committed);
        self.tell(&catalog, &batch, &mut routed, &verdicts);
        hand_over(doors, claimed);
        let rejected = routed.into_rejected();
        source.finish(batch, rejected).await;
        failpoint::reach(Point::Acknowledged);
    }

    async fn route(&self, catalog: &Catalog, batch: &Batch, now: Timestamp) -> Routed {
        let router = Router {
            apps: &self.apps,
            catalog,
            directory: &*self.directory,
            channels: &self.channels,
            platforms: &self.platforms,
            quiet_hours: &self.quiet_hours,
            max_event_bytes: self.max_event_bytes,
            now,
        };
        router.route(&batch.deliveries).await
    }

    /// Stops the intake for as long as the ledger cannot take the batch.
    async fn commit(&self, admissions: &[Admission], doors: &Doors<'_>, shutdown: &Shutdown) -> Result<Admitted, ()> {
        if admissions.is_empty() {
            return Ok(Admitted::default());
        }
        // What a loop that is busy has no room for is only planned: it must hold up neither the other channels nor the intake.
        let claimant = self.claimant.as_ref().map(|claimant| {
            let leaves = self.channels.iter().copied().filter(|channel| !doors.contains_key(channel)).collect();
            Claimant { leaves, ..claimant.clone() }
        });
        // A claim's lease begins when the ledger takes it, however long that was waited for.
        let admit = || self.ledger.admit(admissions.to_vec(), self.clock.now(), self.pace, claimant.as_ref());
        self.patience.until_ok_or(shutdown.requested(), "the ledger, for events", admit).await
    }
}

/// Resolves when a shutdown was requested this long ago.
async fn overdue(shutdown: &Shutdown, drain_timeout: Duration) {
    shutdown.requested().await;
    tokio::time::sleep(drain_timeout).await;
}

/// The channels whose loops have room for one more batch, which is kept for it.
type Doors<'a> = BTreeMap<Channel, mpsc::Permit<'a, Vec<Dispatch>>>;

fn doors(handover: &Handover) -> Doors<'_> {
    handover.iter().filter_map(|(channel, sender)| Some((*channel, sender.try_reserve().ok()?))).collect()
}

fn hand_over(mut doors: Doors<'_>, claimed: Vec<Dispatch>) {
    let mut by_channel: BTreeMap<Channel, Vec<Dispatch>> = BTreeMap::new();
    for dispatch in claimed {
        by_channel.entry(dispatch.target.channel()).or_default().push(dispatch);
    }
    for (channel, dispatches) in by_channel {
        if let Some(door) = doors.remove(&channel) {
            door.send(dispatches);
        }
    }
}
