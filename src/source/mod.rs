//! Where events come from: RabbitMQ, or a file of NDJSON.

mod amqp;
mod ndjson;

use async_trait::async_trait;

pub use self::amqp::{AmqpSource, DeadLetter, DeadLetterQueue, probe as probe_amqp};
pub use self::ndjson::{Input, NdjsonError, NdjsonSource, Progress};
pub use crate::broker::Failure as AmqpFailure;
use crate::event::{Properties, Reject};

/// One queue message, or one line of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    pub body: Vec<u8>,
    pub properties: Properties,
    /// For people: `FILE:LINE`, or the queue's name.
    pub origin: String,
}

/// What was taken at once, and is acknowledged at once.
#[derive(Debug)]
pub struct Batch {
    pub deliveries: Vec<Delivery>,
    /// Given back to [`Source::finish`].
    pub receipt: Receipt,
}

/// Names a batch to its source. A source that lost its connection ignores receipts from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    pub session: u64,
    pub last: u64,
}

/// A delivery that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Index into [`Batch::deliveries`].
    pub index: usize,
    pub reject: Reject,
}

/// A source is only ever waited for; what goes wrong with its connection it mends itself.
#[async_trait]
pub trait Source: Send {
    /// Waits for at least one delivery and takes what else is there, up to the configured batch size. `None`: there will
    /// never be more. May be dropped while it waits, without loss.
    async fn next(&mut self) -> Option<Batch>;

    /// The batch is safe in the ledger: puts the rejected where they are kept (dead-letter queue, report), confirmed, and
    /// only then acknowledges all. When this fails or is cut short the broker delivers the batch again, which does no harm.
    /// `batch.deliveries` comes back as [`Source::next`] gave it.
    async fn finish(&mut self, batch: Batch, rejected: Vec<Rejected>);

    /// Stops taking, gives back what was prefetched, closes.
    async fn close(&mut self);
}
