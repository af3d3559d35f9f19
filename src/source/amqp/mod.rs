//! Events from RabbitMQ, under a supervisor of our own.
//!
//! There is one remedy for everything that goes wrong: the session is dropped whole and another one is opened, without end,
//! with growing pauses. The broker then delivers again what was not acknowledged.

mod dead_letter;
mod letters;
mod probe;
mod session;
mod topology;

use std::sync::Arc;

use async_trait::async_trait;
use tokio::task::JoinHandle;

use self::dead_letter::{DeadLetters, Letter};
pub use self::letters::{DeadLetter, DeadLetterQueue};
pub use self::probe::probe;
use self::session::Session;
use self::topology::Topology;
use super::{Batch, Rejected, Source};
use crate::broker::{Broker, Failure, Outage};
use crate::clock::{Clock, Dice};
use crate::config;
use crate::failpoint::{self, Point};
use crate::resilience::{Backoff, Pulse};

/// What a session brings.
const EVENTS: &str = "events";

/// The work queue of a broker.
pub struct AmqpSource {
    state: State,
    supervisor: Supervisor,
    dead_letters: DeadLetters,
    batch_size: usize,
    clock: Arc<dyn Clock>,
    pulse: Pulse,
}

/// There is a session, or one is being opened, or it is over.
enum State {
    Opening(Opening),
    Open(Box<Session>, Outage),
    Closed,
}

impl std::fmt::Debug for AmqpSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AmqpSource").field("queue", &self.supervisor.topology.work).finish_non_exhaustive()
    }
}

impl AmqpSource {
    /// Begins to connect, in the background, and goes on trying: the broker need not be there yet. Needs a tokio runtime.
    ///
    /// # Errors
    /// What no broker could mend: a URL or a name of a queue that is none.
    pub fn start(
        config: &config::Rabbitmq,
        limits: &config::Source,
        clock: Arc<dyn Clock>,
        dice: Arc<Dice>,
    ) -> Result<Self, Failure> {
        let broker = Broker::new(config)?;
        let topology = Topology::new(config)?;
        let backoff = Backoff { min: config.reconnect_min, max: config.reconnect_max };
        let pulse = Pulse::default();
        let outage = Outage::new("dead letters", backoff, Arc::clone(&dice)).kept_in(&pulse);
        let dead_letters = DeadLetters::new(broker.clone(), topology.clone(), outage);
        let mut supervisor = Supervisor { broker, topology, prefetch: config.prefetch, sessions: 0 };
        let outage = Outage::new(EVENTS, backoff, dice).kept_in(&pulse);
        pulse.fails(EVENTS, "not connected yet");
        let state = State::Opening(supervisor.open(outage));
        Ok(Self { state, supervisor, dead_letters, batch_size: limits.batch_size.max(1), clock, pulse })
    }

    /// What does not work with the broker: "events" or "dead letters".
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// The broker's `host:port`, for people.
    pub fn peer(&self) -> String {
        self.supervisor.broker.peer()
    }

    /// The session, as soon as there is one; `None` after [`Source::close`].
    async fn session(&mut self) -> Option<&mut Session> {
        if let State::Opening(opening) = &mut self.state {
            let (session, outage) = opening.wait().await;
            self.state = State::Open(session, outage);
        }
        match &mut self.state {
            State::Open(session, _) => Some(session),
            State::Opening(_) | State::Closed => None,
        }
    }

    /// Drops the session whole, and has another one opened.
    fn rebuild(&mut self, failure: &Failure) {
        if let State::Open(session, mut outage) = std::mem::replace(&mut self.state, State::Closed) {
            outage.ended_after(session.age());
            outage.failed(failure);
            self.state = State::Opening(self.supervisor.open(outage));
        }
    }
}

#[async_trait]
impl Source for AmqpSource {
    async fn next(&mut self) -> Option<Batch> {
        loop {
            let (most, clock) = (self.batch_size, Arc::clone(&self.clock));
            match self.session().await?.take(most, &*clock).await {
                Ok(batch) => return Some(batch),
                Err(failure) => self.rebuild(&failure),
            }
        }
    }

    async fn finish(&mut self, batch: Batch, rejected: Vec<Rejected>) {
        let State::Open(session, _) = &mut self.state else { return };
        // A batch of a session before: the broker delivers it again.
        let Some(origins) = session.origins(batch.receipt) else { return };
        let letters = rejected.iter().filter_map(|rejected| {
            let body = &batch.deliveries.get(rejected.index)?.body;
            Some(Letter { body, origin: origins.get(rejected.index)?, reject: &rejected.reject })
        });
        let letters: Vec<_> = letters.collect();
        let any = !letters.is_empty();
        let buried = tokio::select! {
            biased;
            () = self.dead_letters.bury(letters) => Ok(()),
            failure = session.lost() => Err(failure),
        };
        if any {
            failpoint::reach(Point::Buried);
        }
        let finished = match buried {
            Ok(()) => session.acknowledge(batch.receipt).await,
            Err(failure) => Err(failure),
        };
        if let Err(failure) = finished {
            self.rebuild(&failure);
        }
    }

    async fn close(&mut self) {
        if let State::Open(session, _) = std::mem::replace(&mut self.state, State::Closed) {
            session.close().await;
        }
        self.dead_letters.close().await;
    }
}

/// Opens sessions.
struct Supervisor {
    broker: Broker,
    topology: Topology,
    prefetch: u16,
    sessions: u64,
}

impl Supervisor {
    /// Has the next session opened in a task, so that whoever waits for it may be dropped.
    fn open(&mut self, mut outage: Outage) -> Opening {
        self.sessions += 1;
        let (broker, topology) = (self.broker.clone(), self.topology.clone());
        let (prefetch, number) = (self.prefetch, self.sessions);
        Opening(tokio::spawn(async move {
            loop {
                outage.pause().await;
                match Session::open(&broker, &topology, prefetch, number).await {
                    Ok(session) => {
                        outage.over();
                        tracing::info!(queue = %topology.work, session = number, "taking events");
                        return (Box::new(session), outage);
                    }
                    Err(failure) => outage.failed(&failure),
                }
            }
        }))
    }
}

/// A session that is being opened. Dropped, the attempt ends.
struct Opening(JoinHandle<(Box<Session>, Outage)>);

impl Opening {
    async fn wait(&mut self) -> (Box<Session>, Outage) {
        match (&mut self.0).await {
            Ok(opened) => opened,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // Aborted with its runtime: whoever waits here is about to be dropped as well.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.0.abort();
    }
}
