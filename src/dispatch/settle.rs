//! Ends claims in batches beside the loop, so that no send waits for a commit.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::{Delivery, Dispatcher};
use crate::failpoint::{self, Point};
use crate::ledger::{Bundle, Dispatch, End, Ledger, Settlement, Trail};
use crate::resilience::Patience;
use crate::telemetry::Ending;

/// Claims that came to an end, all to the same.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) bundle: Bundle,
    pub(super) ending: Ending,
    /// What is known of the try.
    pub(super) trail: Trail,
}

impl Settled {
    /// What became of one of its dispatches. What a carrier may have accepted before has not failed for certain, whatever it, or the
    /// content, says now: no other address is to be tried in its place.
    fn ending_of(&self, dispatch: &Dispatch) -> Cow<'_, Ending> {
        match &self.ending {
            Ending::Failed { reason, detail } if dispatch.is_in_doubt() => {
                let detail =
                    format!("it may have been sent before; tried again, it failed ({}): {detail}", reason.as_str());
                Cow::Owned(Ending::Unknown { detail })
            }
            ending => Cow::Borrowed(ending),
        }
    }
}

/// The task that settles.
pub(super) struct Settler {
    ends: mpsc::Sender<Settled>,
    pending: Arc<AtomicUsize>,
    progress: Arc<Notify>,
    task: JoinHandle<()>,
}

/// At most this many claims are ended in one commit, and as many may wait for the ledger before sending stops.
const BATCH: usize = 256;

impl Settler {
    pub(super) fn start(dispatcher: &Dispatcher) -> Self {
        let (ends, mut ended) = mpsc::channel(BATCH);
        let ledger = Arc::clone(&dispatcher.ledger);
        let delivery = Arc::clone(&dispatcher.delivery);
        let patience = dispatcher.patience.clone();
        let pending = Arc::new(AtomicUsize::new(0));
        let progress = Arc::new(Notify::new());
        let (unsettled, settled) = (Arc::clone(&pending), Arc::clone(&progress));
        let task = tokio::spawn(async move {
            let work = async {
                let mut batch = Vec::with_capacity(BATCH);
                while ended.recv_many(&mut batch, BATCH).await > 0 {
                    settle(&*ledger, &delivery, &patience, &batch).await;
                    unsettled.fetch_sub(batch.len(), Ordering::AcqRel);
                    settled.notify_one();
                    batch.clear();
                }
            };
            patience.fatal.watch("what tells the ledger of ends", work).await;
        });
        Self { ends, pending, progress, task }
    }

    pub(super) async fn settle(&self, settled: Settled) {
        self.pending.fetch_add(1, Ordering::AcqRel);
        // The task ends before this sender is gone only by a panic, which ends the worker; the lease takes care of the rest.
        let _ = self.ends.send(settled).await;
    }

    /// How many ends the ledger does not know of yet.
    pub(super) fn pending(&self) -> usize {
        self.pending.load(Ordering::Acquire)
    }

    /// Resolves when the ledger has taken ends since this was last asked.
    pub(super) async fn progress(&self) {
        self.progress.notified().await;
    }

    /// Settles what is left, for as long as the deadline allows.
    pub(super) async fn finish(self, deadline: Instant) {
        drop(self.ends);
        let abort = self.task.abort_handle();
        if timeout_at(deadline, self.task).await.is_err() {
            tracing::warn!("the ledger did not take the last settlements; their messages may be sent again");
            abort.abort();
        }
    }
}

async fn settle(ledger: &dyn Ledger, delivery: &Delivery, patience: &Patience, batch: &[Settled]) {
    let now = delivery.clock.now();
    let ended = || batch.iter().flat_map(|settled| settled.bundle.each().map(move |dispatch| (dispatch, settled)));
    let settlement = |(dispatch, settled): (&Dispatch, &Settled)| Settlement {
        id: dispatch.id.clone(),
        token: dispatch.token,
        end: end(dispatch, settled, now),
    };
    let settlements: Vec<Settlement> = ended().map(settlement).collect();
    let kept = patience.until_ok("the ledger, for what was sent", || ledger.settle(settlements.clone(), now)).await;
    failpoint::reach(Point::Settled);
    for ((dispatch, settled), kept) in ended().zip(kept) {
        // A message that was sent under a lost claim was sent all the same.
        let lost = !kept && !matches!(settled.ending, Ending::Sent { .. });
        let ending = if lost { Cow::Owned(Ending::Lost) } else { settled.ending_of(dispatch) };
        delivery.tell(dispatch, &ending);
    }
}

fn end(dispatch: &Dispatch, settled: &Settled, now: jiff::Timestamp) -> End {
    match &*settled.ending_of(dispatch) {
        Ending::Sent { transport, provider_id, locale, .. } => End::Sent {
            transport: transport.clone(),
            provider_id: provider_id.clone(),
            locale: locale.clone(),
            revision: settled.trail.revision.clone().unwrap_or_default(),
        },
        Ending::Retried { due_at, detail, only } => {
            End::Retry { due_at: *due_at, detail: detail.clone(), only: only.clone() }
        }
        Ending::Misconfigured { due_at, detail } => {
            End::Retry { due_at: *due_at, detail: detail.clone(), only: dispatch.only.clone() }
        }
        Ending::Failed { reason, detail } => {
            End::Failed { reason: *reason, detail: detail.clone(), now, trail: settled.trail.clone() }
        }
        Ending::Cancelled(reason) => End::Cancelled { reason: *reason },
        Ending::Expired => End::Expired,
        Ending::Unknown { detail } => End::Unknown { detail: detail.clone(), trail: settled.trail.clone() },
        Ending::Postponed { due_at, reason } => End::Postponed { due_at: *due_at, reason: *reason },
        Ending::Addressed(addressed) => End::Addressed(addressed.clone()),
        Ending::Released | Ending::Lost => End::Released,
    }
}
