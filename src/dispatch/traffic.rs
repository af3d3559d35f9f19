//! What one channel has on its way.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use super::Dispatcher;
use super::deliver::Landed;
use super::inquire::{Heard, Inquiries};
use super::settle::{Settled, Settler};
use super::until::Rest;
use crate::ledger::{Bundle, Dispatch, PostponeReason, Trail};
use crate::resilience::Trouble;
use crate::telemetry::Ending;

/// What becomes due later than this is none of a batch's.
const SOON: Duration = Duration::from_mins(1);

pub(super) struct Traffic {
    pub(super) waiting: VecDeque<Dispatch>,
    pub(super) flights: JoinSet<Landed>,
    pub(super) inquiries: Inquiries,
    /// Whether more became due by what the directory said.
    pub(super) spreads: bool,
    pub(super) settler: Settler,
    pub(super) rest: Rest,
    /// When what is held back for its domain becomes due. It is looked at then, not at the next poll, when many would come at
    /// once for the one place that is free.
    pub(super) soon: BTreeSet<Instant>,
    /// With the ledger, which does not let us claim, or look again.
    pub(super) claiming: Trouble,
    pub(super) looking: Trouble,
    /// With all transports at once.
    pub(super) carrying: Trouble,
}

/// What happens on the way out.
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
pub(super) enum Step {
    Landed(Result<Landed, JoinError>),
    Heard(Result<Heard, JoinError>),
    Handed(Vec<Dispatch>),
}

impl Traffic {
    pub(super) fn start(dispatcher: &Dispatcher) -> Self {
        let (channel, patience) = (dispatcher.channel, &dispatcher.patience);
        Self {
            waiting: VecDeque::new(),
            flights: JoinSet::new(),
            inquiries: Inquiries::new(dispatcher),
            spreads: false,
            settler: Settler::start(dispatcher),
            soon: BTreeSet::new(),
            rest: Rest::new(&dispatcher.until),
            claiming: patience.trouble(format!("the ledger, for {channel} to send")),
            carrying: patience.trouble(format!("every transport of {channel}")),
            looking: patience.trouble(format!("the ledger, for a last look before {channel} is sent")),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.under_way() == 0 && self.settler.pending() == 0
    }

    /// Ends a send.
    pub(super) async fn settle(&mut self, settled: Settled, now: Timestamp) {
        if let Ending::Postponed { due_at, reason: PostponeReason::DomainLimit } = &settled.ending {
            let wait = Duration::try_from(due_at.duration_since(now)).unwrap_or_default();
            self.soon.extend((wait <= SOON).then(|| Instant::now() + wait));
        }
        self.settler.settle(settled).await;
    }

    /// How many are claimed and have not come to an end.
    pub(super) fn under_way(&self) -> usize {
        self.flights.len() + self.waiting.len() + self.inquiries.len()
    }

    /// The next thing that happens while nothing more is sent; `None`: nothing is in flight, and nothing will be handed over.
    /// May be dropped while it waits.
    pub(super) async fn step(&mut self, handed: &mut mpsc::Receiver<Vec<Dispatch>>) -> Option<Step> {
        tokio::select! {
            Some(landed) = self.flights.join_next() => Some(Step::Landed(landed)),
            Some(heard) = self.inquiries.next() => Some(Step::Heard(heard)),
            Some(dispatches) = handed.recv() => Some(Step::Handed(dispatches)),
            else => None,
        }
    }

    /// The next that may be looked at, and what shares a message with the last of them.
    pub(super) fn next(&mut self, free: usize) -> Vec<Dispatch> {
        let free = free.min(self.waiting.len());
        let mut next: Vec<Dispatch> = self.waiting.drain(..free).collect();
        let bundle = next.last().and_then(|last| last.bundle.clone());
        while bundle.is_some() && self.waiting.front().is_some_and(|dispatch| dispatch.bundle == bundle) {
            next.extend(self.waiting.pop_front());
        }
        next
    }

    /// It waits again, before all else.
    pub(super) fn take_back(&mut self, dispatches: impl IntoIterator<Item = Dispatch, IntoIter: DoubleEndedIterator>) {
        for dispatch in dispatches.into_iter().rev() {
            self.waiting.push_front(dispatch);
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
        self.settler.settle(Settled { bundle: Bundle::alone(dispatch), ending, trail: Trail::default() }).await;
    }
}
