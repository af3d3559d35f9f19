//! The look before the send: what is still wanted goes out, what may not go out now is planned for later.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::Dispatcher;
use super::traffic::Traffic;
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::failpoint::{self, Point};
use crate::ledger::{Bundle, Candidate, Dispatch, LedgerError, PostponeReason, Standing, Terms};
use crate::policy::News;
use crate::telemetry::Ending;

/// So long it must be well before it is said, where the content does not say it any more.
const A_CALM: SignedDuration = SignedDuration::from_mins(30);

/// How long after the look a send may begin. It is a matter of milliseconds where nothing stands still.
pub(crate) const A_LOOK_HOLDS: SignedDuration = SignedDuration::from_secs(5);

/// When the ledger was asked, by both clocks of the machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Looked {
    steady: Instant,
    at: Timestamp,
}

impl Looked {
    fn now(clock: &dyn Clock) -> Self {
        Self { steady: Instant::now(), at: clock.now() }
    }

    /// Whether what the ledger said can be relied on. Of a process that was stopped both clocks know; the steady one stands still
    /// with a machine that is suspended, and the other may be set back.
    pub(super) fn holds(self, clock: &dyn Clock) -> bool {
        self.holds_at(Instant::now(), clock.now())
    }

    fn holds_at(self, steady: Instant, at: Timestamp) -> bool {
        let steady = SignedDuration::try_from(steady.duration_since(self.steady)).unwrap_or(SignedDuration::MAX);
        steady.max(at.duration_since(self.at)) <= A_LOOK_HOLDS
    }
}

impl Dispatcher {
    /// Gives back what waits while every transport is left alone.
    pub(super) async fn rest(&self, traffic: &mut Traffic) {
        match self.delivery.route.trials() {
            None => traffic.carrying.is_over(),
            Some(0) => {
                traffic
                    .carrying
                    .goes_on(&"no transport can be used; what is due waits in the ledger, and no try is counted");
                traffic.release().await;
            }
            Some(_) => {}
        }
    }

    /// Looks at the incidents again, and sends what is still wanted.
    pub(super) async fn launch(&self, traffic: &mut Traffic) {
        if self.pauses.holds(self.channel) {
            return traffic.release().await;
        }
        // What was sent and is not settled would be sent again after a crash: there is never more of it than this.
        let unsettled = (2 * self.concurrency()).saturating_sub(traffic.flights.len() + traffic.settler.pending());
        let free = self
            .concurrency()
            .saturating_sub(traffic.flights.len())
            .min(unsettled)
            .min(traffic.waiting.len())
            .min(self.beat());
        if free == 0 {
            return;
        }
        let ready = traffic.next(free);
        let ready = self.keep_quiet(ready, traffic).await;
        let looked = Looked::now(&*self.delivery.clock);
        // What is asked about and what is sent go by one content.
        let catalog = self.delivery.content.catalog();
        match self.look_again(&catalog, &ready).await {
            Ok(standings) => {
                traffic.looking.is_over();
                failpoint::reach(Point::Looked);
                let mut wanted = Vec::with_capacity(ready.len());
                for (dispatch, standing) in ready.into_iter().zip(standings) {
                    wanted.extend(self.heed(dispatch, standing, traffic).await);
                }
                let mut bundles = self.bundles(&catalog, wanted);
                // Where one message cannot say all that was planned for it, there are more than were asked for.
                let surplus = bundles.split_off(bundles.len().min(free));
                traffic.take_back(surplus.into_iter().flat_map(Bundle::into_each));
                for bundle in bundles {
                    traffic.flights.spawn(Arc::clone(&self.delivery).deliver(Arc::clone(&catalog), bundle, looked));
                }
            }
            // Never a blind send: what was claimed is claimed again when its lease has run out.
            Err(fault) => {
                traffic.looking.goes_on(&fault);
                traffic.take_back(ready);
                tokio::time::sleep(self.poll).await;
            }
        }
    }

    /// What was planned for the day may have come into the night: by a retry, or because it waited for a carrier.
    async fn keep_quiet(&self, ready: Vec<Dispatch>, traffic: &mut Traffic) -> Vec<Dispatch> {
        if !self.quiet_hours.windows.contains_key(&self.channel) {
            return ready;
        }
        let now = self.delivery.clock.now();
        let mut awake = Vec::with_capacity(ready.len());
        for dispatch in ready {
            let zone = dispatch.error.recipient.timezone.as_deref();
            let due_at = self.quiet_hours.free_from(self.channel, now, &dispatch.error.app, zone);
            if due_at > now {
                traffic.end(dispatch, Ending::Postponed { due_at, reason: PostponeReason::QuietHours }).await;
            } else {
                awake.push(dispatch);
            }
        }
        awake
    }

    /// Gives back what is still wanted now, and ends all else.
    async fn heed(&self, dispatch: Dispatch, standing: Standing, traffic: &mut Traffic) -> Option<Dispatch> {
        let ending = match standing {
            Standing::Go => return Some(dispatch),
            Standing::NotNow { due_at, reason } => Ending::Postponed { due_at, reason },
            Standing::Over(reason) => Ending::Cancelled(reason),
            // It waited too long for its turn. Under a token that is no longer ours this changes nothing.
            Standing::Lost => Ending::Released,
        };
        traffic.end(dispatch, ending).await;
        None
    }

    /// What one message can say: each has a flight of its own, and is settled when it ends. What is worth nothing any more ends
    /// by itself.
    fn bundles(&self, catalog: &Catalog, wanted: Vec<Dispatch>) -> Vec<Bundle> {
        let now = self.delivery.clock.now();
        Bundle::of(wanted, |first, other| {
            let app = self.delivery.apps.get(&first.error.app).filter(|_| now < first.expires_at.min(other.expires_at));
            app.is_some_and(|app| catalog.can_share(first.news(), &first.error, &other.error, app))
        })
    }

    /// Asks for claims that hold until the longest send is over that begins while the look holds, so that no lease runs out during
    /// one.
    async fn look_again(&self, catalog: &Catalog, ready: &[Dispatch]) -> Result<Vec<Standing>, LedgerError> {
        let candidate = |dispatch: &Dispatch| {
            let key = &dispatch.error.key;
            let rules = catalog.rules(key);
            match dispatch.news() {
                News::Problem => {
                    let inhibited_by = rules.map(|rules| rules.inhibited_by.clone()).unwrap_or_default();
                    Candidate { inhibited_by, ..Candidate::of(dispatch) }
                }
                News::AllIsWell => {
                    let relief = rules.and_then(|rules| rules.relief);
                    Candidate { calm: Some(relief.map_or(A_CALM, |relief| relief.grace)), ..Candidate::of(dispatch) }
                }
            }
        };
        let candidates: Vec<Candidate> = ready.iter().map(candidate).collect();
        let longest = SignedDuration::try_from(self.delivery.route.longest_send()).unwrap_or(SignedDuration::MAX);
        let hold = longest.saturating_add(A_LOOK_HOLDS);
        self.ledger.standing(&candidates, self.delivery.clock.now(), Terms { hold, daily: self.daily }).await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_look_holds_by_both_clocks_or_not_at_all() {
        let looked = Looked { steady: Instant::now(), at: Timestamp::UNIX_EPOCH };
        let holds = |steady, at| {
            let at = looked.at.saturating_add(SignedDuration::from_secs(at)).unwrap();
            looked.holds_at(looked.steady + Duration::from_secs(steady), at)
        };
        assert!(holds(0, 0) && holds(5, 5));
        assert!(!holds(6, 6), "the process was stopped");
        assert!(!holds(0, 6), "the machine was suspended");
        assert!(!holds(6, -3_600), "and its clock was set back");
        assert!(holds(5, -3_600));
    }
}
