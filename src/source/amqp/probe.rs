//! What a worker will need of the broker, tried without taking or leaving a message.

use std::time::Duration;

use lapin::options::{
    BasicCancelOptions, BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions,
};
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, ErrorKind};

use super::topology::Topology;
use crate::broker::{Broker, FAREWELL, Failure, Link, within};
use crate::config::{self, Declare};

/// Whoever asks waits for the answer.
const A_STEP: Duration = Duration::from_secs(5);

/// A queue that nobody has: what is published to it comes back.
const NOWHERE: &str = "dashlight.check.nowhere";

/// Whether the worker could do its work with this broker: log in, read its queue, publish dead letters. What it says is for
/// people.
///
/// # Errors
/// What the worker would meet.
pub async fn probe(config: &config::Rabbitmq) -> Result<String, Failure> {
    let (broker, topology) = (Broker::new(config)?, Topology::new(config)?);
    let link = broker.dial("dashlight check").await?;
    let probe =
        Probe { link: &link, topology: &topology, declare: config.declare, limit: broker.request_timeout.min(A_STEP) };
    let found = probe.everything().await;
    link.close(FAREWELL).await;
    found.map(|found| format!("`{}`: {found}", broker.peer()))
}

struct Probe<'a> {
    link: &'a Link,
    topology: &'a Topology,
    declare: Declare,
    limit: Duration,
}

impl Probe<'_> {
    async fn everything(&self) -> Result<String, Failure> {
        let work = self.look(&self.topology.work).await?;
        let dead = self.look(&self.topology.dead_letters).await?;
        let found = [(&self.topology.work, &work), (&self.topology.dead_letters, &dead)];
        for (queue, _) in found.into_iter().filter(|(_, depth)| depth.is_some() && self.declare == Declare::Declare) {
            // It is there, so this creates nothing; but the broker says if it is of another kind, or is not ours to declare.
            self.topology.declare(&self.channel().await?, queue, self.limit).await?;
        }
        if work.is_some() {
            self.may_read().await?;
        }
        self.may_publish().await?;
        let shown: Vec<String> =
            found.into_iter().map(|(queue, depth)| shown(queue.as_str(), depth.as_ref())).collect();
        let may = match work {
            Some(_) => "events may be read and dead letters published",
            None => "dead letters may be published",
        };
        Ok(format!("{}; {may}", shown.join(", ")))
    }

    async fn channel(&self) -> Result<Channel, Failure> {
        within(self.limit, "opening a channel", self.link.connection.create_channel()).await
    }

    /// How many messages wait in the queue; `None`: it is not there, and the worker will create it.
    async fn look(&self, queue: &ShortString) -> Result<Option<u32>, Failure> {
        let channel = self.channel().await?;
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let ask = |queue| channel.queue_declare(queue, options, FieldTable::default());
        match self.topology.about(queue, self.limit, "looking for the queues", ask).await {
            Ok(queue) => Ok(Some(queue.message_count())),
            Err(Failure::NoQueue { .. }) if self.declare == Declare::Declare => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// A consumer whose priority is no number is refused; but only after the broker has seen that it might read.
    async fn may_read(&self) -> Result<(), Failure> {
        let channel = self.channel().await?;
        let mut arguments = FieldTable::default();
        arguments.insert("x-priority".into(), AMQPValue::LongString(LongString::from("none")));
        let options = BasicConsumeOptions::default();
        let consume = channel.basic_consume(self.topology.work.clone(), "dashlight-check".into(), options, arguments);
        match within(self.limit, "asking whether the queue may be read", consume).await {
            Err(Failure::Broker { source, .. }) if is_precondition(&source) => Ok(()),
            Err(failure) => Err(failure),
            // A broker that takes it is told at once that it was not meant.
            Ok(consumer) => {
                let cancel = channel.basic_cancel(consumer.tag(), BasicCancelOptions::default());
                within(self.limit, "cancelling", cancel).await
            }
        }
    }

    /// Dead letters go through the default exchange; what has no queue there comes back, and is kept nowhere.
    async fn may_publish(&self) -> Result<(), Failure> {
        let channel = self.channel().await?;
        within(self.limit, "asking for confirms", channel.confirm_select(ConfirmSelectOptions::default())).await?;
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let step = "asking whether dead letters may be published";
        let publish =
            channel.basic_publish(ShortString::default(), NOWHERE.into(), options, b"", BasicProperties::default());
        let confirm = within(self.limit, step, publish).await?;
        // With an alarm the broker takes one message, and then reads no further: so something is asked behind it.
        let confirmed = async {
            let confirmed = within(self.limit, step, confirm).await?;
            within(self.limit, step, channel.close(200, "OK".into())).await.map(|()| confirmed)
        };
        match confirmed.await {
            Ok(Confirmation::Nack(_)) => {
                let (queue, text) = (self.topology.dead_letters.to_string(), "the broker refused it".to_owned());
                Err(Failure::NotConfirmed { queue, count: 1, text })
            }
            Ok(Confirmation::Ack(_) | Confirmation::NotRequested) => Ok(()),
            Err(Failure::Silent { limit, .. }) => Err(Failure::Blocked { limit }),
            Err(failure) => Err(failure),
        }
    }
}

fn shown(queue: &str, depth: Option<&u32>) -> String {
    match depth {
        Some(1) => format!("`{queue}` has 1 message"),
        Some(depth) => format!("`{queue}` has {depth} messages"),
        None => format!("`{queue}` is not there yet and will be made by `dashlight run`"),
    }
}

fn is_precondition(error: &lapin::Error) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(error)
        if *error.kind() == AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED))
}
