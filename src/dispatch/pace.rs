//! Where every transport has a `rate`: only what can be begun soon stays claimed, and all else waits in the ledger, where
//! another worker finds it, a RESOLVED cancels it and no lease runs out.

use std::time::Duration;

use super::Dispatcher;
use super::traffic::Traffic;

/// So far ahead it is claimed.
const SOON: Duration = Duration::from_secs(5);
/// Between two looks whether more may be begun.
const LOOK_EVERY: Duration = Duration::from_millis(5);

impl Dispatcher {
    /// How many may be begun now.
    pub(super) fn beat(&self) -> usize {
        self.delivery.route.room(Duration::ZERO).unwrap_or(usize::MAX)
    }

    /// How many more it is of use to claim.
    pub(super) fn ahead(&self, traffic: &Traffic) -> usize {
        self.delivery.route.room(SOON).map_or(usize::MAX, |room| room.saturating_sub(traffic.waiting.len()))
    }

    /// Gives back what was handed over and cannot be begun soon.
    pub(super) async fn keep_pace(&self, traffic: &mut Traffic) {
        let room = self.delivery.route.room(SOON).unwrap_or(usize::MAX);
        while traffic.waiting.len() > room
            && let Some(last) = traffic.waiting.pop_back()
        {
            traffic.give_back(last).await;
        }
    }

    /// Whether messages wait for nothing but their turn.
    pub(super) fn is_paced(&self, traffic: &Traffic) -> bool {
        !traffic.waiting.is_empty()
            && traffic.flights.len() < self.concurrency()
            && self.delivery.route.room(Duration::ZERO).is_some()
    }

    /// Resolves when it is worth while to look whether more may be begun.
    pub(super) async fn next_beat(&self) {
        tokio::time::sleep(self.delivery.route.wait().max(LOOK_EVERY)).await;
    }

    /// Whether something is due here whose turn has not come.
    pub(super) async fn is_held_back(&self) -> bool {
        let now = self.delivery.clock.now();
        !self.delivery.route.wait().is_zero()
            && self.ledger.next_due(self.channel, now).await.is_ok_and(|due| due.is_some_and(|due| due <= now))
    }
}
