//! The two queues that the worker lives on: the work queue and the dead-letter queue. Time-to-live, limits and
//! dead-letter exchanges are left to the broker's policies, which can be changed without a new queue.

use std::time::Duration;

use lapin::Channel;
use lapin::options::QueueDeclareOptions;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};

use crate::broker::{Failure, name, within};
use crate::config::{self, Declare, QueueType};

/// What to declare, and how.
#[derive(Debug, Clone)]
pub(super) struct Topology {
    pub(super) work: ShortString,
    pub(super) dead_letters: ShortString,
    declare: Declare,
    queue_type: QueueType,
}

impl Topology {
    pub(super) fn new(config: &config::Rabbitmq) -> Result<Self, Failure> {
        Ok(Self {
            work: name("rabbitmq.queue", &config.queue)?,
            dead_letters: name("rabbitmq.dead_letter_queue", &config.dead_letter_queue)?,
            declare: config.declare,
            queue_type: config.queue_type,
        })
    }

    /// Creates or looks for both queues. The broker closes the channel when they are not as they should be.
    pub(super) async fn prepare(&self, channel: &Channel, limit: Duration) -> Result<(), Failure> {
        if self.declare != Declare::None {
            for queue in [&self.work, &self.dead_letters] {
                self.declare(channel, queue, limit).await?;
            }
        }
        Ok(())
    }

    /// Creates one of the queues, or looks for it.
    pub(super) async fn declare(&self, channel: &Channel, queue: &ShortString, limit: Duration) -> Result<(), Failure> {
        let (step, passive) = match self.declare {
            Declare::Declare => ("declaring the queues", false),
            Declare::Passive | Declare::None => ("looking for the queues", true),
        };
        let options = QueueDeclareOptions { durable: true, passive, ..QueueDeclareOptions::default() };
        self.about(queue, limit, step, |queue| channel.queue_declare(queue, options, self.arguments())).await.map(drop)
    }

    /// Asks the broker something about `queue`, and reads its answer so.
    pub(super) async fn about<T, F>(
        &self,
        queue: &ShortString,
        limit: Duration,
        step: &'static str,
        ask: impl FnOnce(ShortString) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = lapin::Result<T>>,
    {
        within(limit, step, ask(queue.clone())).await.map_err(|failure| match failure {
            Failure::Broker { step, source } => Failure::about_queue(step, queue.as_str(), source),
            other => other,
        })
    }

    fn arguments(&self) -> FieldTable {
        let kind = match self.queue_type {
            QueueType::Quorum => "quorum",
            QueueType::Classic => "classic",
        };
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString(LongString::from(kind)));
        arguments
    }
}
