//! The second loop: takes what intake handed over and what has become due in the ledger, looks at the incident again,
//! composes, sends, settles. One loop for each channel: a slow carrier holds up no other, nor the intake.

mod deliver;
mod inquire;
mod look;
mod pace;
mod pauses;
mod settle;
mod traffic;
mod until;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinError;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout_at};

use crate::directory::Directory;
use crate::failpoint::{self, Point};
use crate::ledger::{Claimant, Dispatch, Ledger};
use crate::policy::{Channel, QuietHours};
use crate::resilience::Patience;
use crate::shutdown::Shutdown;

pub use deliver::Delivery;
use deliver::Landed;
pub(crate) use look::A_LOOK_HOLDS;
pub use pauses::Pauses;
use traffic::{Step, Traffic};
pub use until::{Round, Until};

/// The loop of one channel and all that it needs.
pub struct Dispatcher {
    pub channel: Channel,
    pub ledger: Arc<dyn Ledger>,
    pub delivery: Arc<Delivery>,
    /// Who knows the owners whom no event has told the address of.
    pub directory: Arc<dyn Directory>,
    pub claimant: Claimant,
    pub poll: Duration,
    pub drain_timeout: Duration,
    pub patience: Patience,
    pub pauses: Pauses,
    pub quiet_hours: QuietHours,
    /// So many messages an owner may have in a day. `None`: any number.
    pub daily: Option<u32>,
    pub until: Until,
}

impl Dispatcher {
    /// Runs until its time has come, then drains: what is in flight is finished, what waits is released.
    pub async fn run(self, mut handed: mpsc::Receiver<Vec<Dispatch>>, shutdown: &Shutdown) {
        let mut traffic = Traffic::start(&self);
        let mut poll = interval(self.poll);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut handing, mut look) = (true, true);
        while !shutdown.is_requested() {
            if look && self.has_room(&traffic) {
                look = self.claim(&mut traffic).await;
                if self.is_settled(&mut traffic).await {
                    break;
                }
            }
            self.rest(&mut traffic).await;
            self.launch(&mut traffic).await;
            let soon = traffic.soon.first().copied();
            tokio::select! {
                biased;
                () = shutdown.requested() => break,
                Some(landed) = traffic.flights.join_next() => self.land(landed, &mut traffic).await,
                Some(heard) = traffic.inquiries.next() => self.hear(heard, &mut traffic).await,
                () = traffic.settler.progress(), if traffic.spreads || !traffic.waiting.is_empty() => {
                    look |= std::mem::take(&mut traffic.spreads);
                }
                () = self.next_beat(), if self.is_paced(&traffic) => {}
                () = sleep_until(soon.unwrap_or_else(Instant::now)), if soon.is_some() => {
                    traffic.soon.retain(|at| *at > Instant::now());
                    look = true;
                }
                _ = poll.tick() => look = true,
                dispatches = handed.recv(), if handing && self.has_room(&traffic) => match dispatches {
                    Some(dispatches) => self.receive(dispatches, &mut traffic).await,
                    None => handing = false,
                },
            }
        }
        self.drain(traffic, handed).await;
    }

    fn has_room(&self, traffic: &Traffic) -> bool {
        traffic.waiting.len() < self.concurrency() && !traffic.inquiries.is_crowded()
    }

    fn concurrency(&self) -> usize {
        self.delivery.route.concurrency()
    }

    /// Takes what is due, and says whether there may be more: twice what can be sent at once, so that no connection idles
    /// while the next are claimed. The ledger being down is no reason to stop what is in flight: the next tick asks again.
    async fn claim(&self, traffic: &mut Traffic) -> bool {
        if self.pauses.holds(self.channel) {
            return false;
        }
        let limit = match self.delivery.route.trials() {
            None => 2 * self.concurrency(),
            // While no transport is trusted, only what they are tried with is claimed; all else waits untouched.
            Some(trials) => trials.min(self.concurrency()).saturating_sub(traffic.under_way()),
        };
        let limit = limit.min(self.ahead(traffic));
        if limit == 0 {
            return true;
        }
        match self.ledger.claim(self.channel, self.delivery.clock.now(), limit, &self.claimant).await {
            Ok(dispatches) => {
                traffic.claiming.is_over();
                let more = dispatches.len() == limit;
                if !dispatches.is_empty() {
                    failpoint::reach(Point::Claimed);
                }
                self.receive(dispatches, traffic).await;
                more
            }
            Err(fault) => {
                traffic.claiming.goes_on(&fault);
                self.patience.fatal.tell(&fault);
                false
            }
        }
    }

    /// Settles the send that ended and those that ended meanwhile.
    async fn land(&self, first: Result<Landed, JoinError>, traffic: &mut Traffic) {
        let mut landed = Some(first);
        while let Some(result) = landed {
            match result {
                Ok(Landed { settled, apart }) => {
                    traffic.settle(settled, self.delivery.clock.now()).await;
                    traffic.take_back(apart);
                }
                // `deliver` catches panics itself, so this is the runtime going down; the lease takes care of it.
                Err(fault) => tracing::error!(channel = %self.channel, "a delivery was lost: {fault}"),
            }
            landed = traffic.flights.try_join_next();
        }
    }

    /// Whether a batch is over: every channel rests, and nothing becomes due soon.
    async fn is_settled(&self, traffic: &mut Traffic) -> bool {
        let idle = traffic.is_empty() && traffic.soon.is_empty() && !self.is_held_back().await;
        let now = self.delivery.clock.now();
        let Some(horizon) = traffic.rest.horizon(idle, now) else { return false };
        for channel in traffic.rest.channels().filter(|channel| !self.pauses.holds(*channel)) {
            // What is due and not claimed by then waits for a carrier.
            let over = |due: Option<Timestamp>| now >= horizon || due.is_none_or(|due| due > horizon);
            if !self.ledger.next_due(channel, now).await.is_ok_and(over) {
                return false;
            }
        }
        true
    }

    /// Ends in order for as long as it may take, and then at once.
    async fn drain(&self, mut traffic: Traffic, mut handed: mpsc::Receiver<Vec<Dispatch>>) {
        let deadline = Instant::now() + self.drain_timeout;
        if timeout_at(deadline, self.finish(&mut traffic, &mut handed)).await.is_err() {
            let abandoned = traffic.flights.len();
            tracing::warn!(channel = %self.channel, abandoned, "cut short; what was being sent is looked at again at the next start");
        }
        traffic.flights.shutdown().await;
        traffic.settler.finish(deadline).await;
        self.delivery.route.close().await;
    }

    /// Finishes what is in flight, releases the rest, and what intake still hands over, and settles all.
    async fn finish(&self, traffic: &mut Traffic, handed: &mut mpsc::Receiver<Vec<Dispatch>>) {
        traffic.inquiries.quit();
        traffic.release().await;
        while let Some(step) = traffic.step(handed).await {
            match step {
                Step::Landed(landed) => self.land(landed, traffic).await,
                Step::Heard(heard) => self.hear(heard, traffic).await,
                Step::Handed(dispatches) => traffic.waiting.extend(dispatches),
            }
            traffic.release().await;
        }
    }
}
