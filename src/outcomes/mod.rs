//! What the product's own systems are told: the end of each dispatch, and each address that a carrier found dead, as
//! CloudEvents on a topic exchange.
//!
//! The ledger wrote an outcome down in the transaction that ended the dispatch; here it is taken, published, confirmed, and
//! only then forgotten. So each is told at least once, under an id that is the same every time. It runs beside the two loops
//! and holds up neither.

mod amqp;
mod event;
mod probe;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

pub use self::amqp::AmqpPublisher;
pub use self::event::{Event, schema};
pub use self::probe::probe;
use crate::clock::Clock;
use crate::failpoint::{self, Point};
use crate::ledger::{Claimant, Untold};
use crate::resilience::{Patience, Trouble};
use crate::shutdown::Shutdown;

/// At most so many are taken, published and forgotten at once.
const BATCH: usize = 256;

/// How often it is looked for outcomes that are too old to be told.
const TIDY: Duration = Duration::from_hours(1);

/// How long the outcomes of the last messages may take to be told at the end.
const LAST: Duration = Duration::from_secs(3);

/// Where events are told.
#[async_trait]
pub trait Publisher: Send {
    /// Resolves as soon as something can be published, and not before. May be dropped.
    async fn ready(&mut self);

    /// Publishes each, and says whether it is certain that it was taken, in their order. May be dropped.
    async fn publish(&mut self, events: &[Event]) -> Vec<bool>;

    async fn close(&mut self);
}

/// Tells what waits in the ledger.
pub struct Teller {
    pub untold: Arc<dyn Untold>,
    /// What it takes is nobody else's for longer than it takes to publish.
    pub claimant: Claimant,
    pub clock: Arc<dyn Clock>,
    /// How often the ledger is asked whether there is more.
    pub poll: Duration,
    /// What is older is given up.
    pub keep: SignedDuration,
    pub patience: Patience,
}

/// How a round went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    /// There may be more.
    Full,
    /// It is worth asking again later.
    Done,
}

impl Teller {
    /// Runs until a shutdown is requested, then tells what there is and can be told at once.
    pub async fn run(self, publisher: &mut dyn Publisher, shutdown: &Shutdown) {
        let mut trouble = self.patience.trouble("the ledger, for outcomes to tell");
        tokio::select! {
            () = self.tell(publisher, &mut trouble, shutdown) => {}
            () = self.tidy() => {}
        }
        let last = async {
            publisher.ready().await;
            while self.round(publisher, &mut trouble, shutdown).await == Round::Full {}
        };
        // What is not told by then the next start tells.
        let _ = timeout(LAST, last).await;
        let _ = timeout(LAST, self.untold.let_go(&self.claimant)).await;
        publisher.close().await;
    }

    async fn tell(&self, publisher: &mut dyn Publisher, trouble: &mut Trouble, shutdown: &Shutdown) {
        loop {
            // Nothing is taken while nothing can be told: others may be able to.
            tokio::select! {
                biased;
                () = shutdown.requested() => return,
                () = publisher.ready() => {}
            }
            if self.round(publisher, trouble, shutdown).await == Round::Done {
                tokio::select! {
                    biased;
                    () = shutdown.requested() => return,
                    () = sleep(self.poll) => {}
                }
            }
        }
    }

    async fn round(&self, publisher: &mut dyn Publisher, trouble: &mut Trouble, shutdown: &Shutdown) -> Round {
        let outcomes = match self.untold.take(BATCH, self.clock.now(), &self.claimant).await {
            Ok(outcomes) => outcomes,
            Err(fault) => {
                trouble.goes_on(&fault);
                self.patience.fatal.tell(&fault);
                return Round::Done;
            }
        };
        trouble.is_over();
        if outcomes.is_empty() {
            return Round::Done;
        }
        let events: Vec<Event> = outcomes.iter().flat_map(Event::of).collect();
        let taken = publisher.publish(&events).await;
        let missing = |place| events.iter().zip(&taken).any(|(event, taken)| event.place == place && !taken);
        let told: Vec<i64> = outcomes.iter().map(|outcome| outcome.place).filter(|place| !missing(*place)).collect();
        failpoint::reach(Point::Told);
        let forget = || self.untold.told(&told);
        // Told again after the next start, if a shutdown comes before the ledger knows.
        let known = self.patience.until_ok_or(shutdown.requested(), "the ledger, for outcomes that are told", forget);
        let known = known.await.is_ok();
        if told.len() < outcomes.len() {
            let _ = self.untold.let_go(&self.claimant).await;
            return Round::Done;
        }
        if known && outcomes.len() == BATCH { Round::Full } else { Round::Done }
    }

    /// Gives up what is too old, now and then, and says so loudly. Never ends.
    async fn tidy(&self) {
        let mut tidy = interval(TIDY);
        tidy.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tidy.tick().await;
            let before = self.clock.now().saturating_sub(self.keep).unwrap_or(jiff::Timestamp::MIN);
            // A ledger that does not answer is told of by those who need it.
            if let Ok(lost @ 1..) = self.untold.give_up(before).await {
                let kept = self.keep;
                tracing::error!(
                    lost,
                    "outcomes were given up that could not be told for {kept:#}: nobody will hear of them"
                );
            }
        }
    }
}
