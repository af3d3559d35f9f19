//! What one channel has on its way.

use std::collections::VecDeque;

use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};

use super::Dispatcher;
use super::settle::{Settled, Settler};
use super::until::Rest;
use crate::ledger::{Dispatch, Trail};
use crate::resilience::Trouble;
use crate::telemetry::Ending;

pub(super) struct Traffic {
    pub(super) waiting: VecDeque<Dispatch>,
    pub(super) flights: JoinSet<Settled>,
    pub(super) settler: Settler,
    pub(super) rest: Rest,
    /// With the ledger, which does not let us claim, or look again.
    pub(super) claiming: Trouble,
    pub(super) looking: Trouble,
    /// With all transports at once.
    pub(super) carrying: Trouble,
}

/// What happens on the way out.
#[expect(clippy::large_enum_variant, reason = "taken apart where it is made")]
pub(super) enum Step {
    Landed(Result<Settled, JoinError>),
    Handed(Vec<Dispatch>),
}

impl Traffic {
    pub(super) fn start(dispatcher: &Dispatcher) -> Self {
        let (channel, patience) = (dispatcher.channel, &dispatcher.patience);
        Self {
            waiting: VecDeque::new(),
            flights: JoinSet::new(),
            settler: Settler::start(dispatcher),
            rest: Rest::new(&dispatcher.until),
            claiming: patience.trouble(format!("the ledger, for {channel} to send")),
            carrying: patience.trouble(format!("every transport of {channel}")),
            looking: patience.trouble(format!("the ledger, for a last look before {channel} is sent")),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.flights.is_empty() && self.settler.pending() == 0
    }

    /// The next thing that happens while nothing more is sent; `None`: nothing is in flight, and nothing will be handed over.
    /// May be dropped while it waits.
    pub(super) async fn step(&mut self, handed: &mut mpsc::Receiver<Vec<Dispatch>>) -> Option<Step> {
        tokio::select! {
            Some(landed) = self.flights.join_next() => Some(Step::Landed(landed)),
            Some(dispatches) = handed.recv() => Some(Step::Handed(dispatches)),
            else => None,
        }
    }

    /// What waits goes back to the ledger as if it had never been claimed.
    pub(super) async fn release(&mut self) {
        for dispatch in std::mem::take(&mut self.waiting) {
            self.give_back(dispatch).await;
        }
    }

    pub(super) async fn give_back(&self, dispatch: Dispatch) {
        self.end(dispatch, Ending::Released).await;
    }

    /// Ends a claim that nothing is sent of.
    pub(super) async fn end(&self, dispatch: Dispatch, ending: Ending) {
        self.settler.settle(Settled { dispatch, ending, trail: Trail::default() }).await;
    }
}
