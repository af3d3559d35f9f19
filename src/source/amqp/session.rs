//! One consuming session: a connection, a channel, a consumer, and what was taken and not yet acknowledged.
//!
//! A session is never mended. The first error, cancellation or missed deadline ends it, and the supervisor opens another.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use jiff::Timestamp;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Acker, BasicProperties, Channel, Consumer};
use tokio::time::Instant;

use super::dead_letter;
use super::topology::Topology;
use crate::broker::{Broker, FAREWELL, Failure, Link, within};
use crate::clock::Clock;
use crate::event::Properties;
use crate::source::{self, Batch, Receipt};

pub(super) struct Session {
    number: u64,
    link: Link,
    channel: Channel,
    consumer: Consumer,
    /// The consumer's last word, met while looking whether more deliveries were there.
    ended: Option<Failure>,
    taken: VecDeque<Taken>,
    opened: Instant,
    request_timeout: Duration,
}

/// A batch that is out. Batches are acknowledged in the order in which they were taken, since an acknowledgement covers
/// all that came before it.
struct Taken {
    last: u64,
    acker: Acker,
    origins: Arc<[Origin]>,
    done: bool,
}

/// Where a delivery came from and what stood on its envelope: what a dead letter keeps of it.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) exchange: ShortString,
    pub(super) routing_key: ShortString,
    pub(super) properties: BasicProperties,
    pub(super) taken_at: Timestamp,
}

impl Origin {
    /// When it was taken, or before its earlier deaths.
    pub(super) fn first_taken_at(&self) -> Timestamp {
        first_taken_at(&self.properties).map_or(self.taken_at, |earlier| earlier.min(self.taken_at))
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Session {
    pub(super) async fn open(
        broker: &Broker,
        topology: &Topology,
        prefetch: u16,
        number: u64,
    ) -> Result<Self, Failure> {
        let limit = broker.request_timeout;
        let link = broker.dial("dashlight").await?;
        let channel = within(limit, "opening a channel", link.connection.create_channel()).await?;
        topology.prepare(&channel, limit).await?;
        within(limit, "setting the prefetch", channel.basic_qos(prefetch, BasicQosOptions::default())).await?;
        let consumer = topology
            .about(&topology.work, limit, "consuming", |queue| {
                channel.basic_consume(queue, "dashlight".into(), BasicConsumeOptions::default(), FieldTable::default())
            })
            .await?;
        Ok(Self {
            number,
            link,
            channel,
            consumer,
            ended: None,
            taken: VecDeque::new(),
            opened: Instant::now(),
            request_timeout: limit,
        })
    }

    pub(super) fn age(&self) -> Duration {
        self.opened.elapsed()
    }

    /// Waits for one delivery, then takes what else has arrived, at most `most`. May be dropped while it waits.
    pub(super) async fn take(&mut self, most: usize, clock: &dyn Clock) -> Result<Batch, Failure> {
        if let Some(failure) = self.ended.take() {
            return Err(failure);
        }
        let first = tokio::select! {
            biased;
            failure = self.link.lost(&self.channel) => return Err(failure),
            first = self.consumer.next() => received(first)?,
        };
        // From here on nothing is awaited, or what was taken could be dropped with the future.
        let mut deliveries = vec![first];
        while deliveries.len() < most
            && let Some(next) = self.consumer.next().now_or_never()
        {
            match received(next) {
                Ok(delivery) => deliveries.push(delivery),
                Err(failure) => {
                    self.ended = Some(failure);
                    break;
                }
            }
        }
        Ok(self.batch(deliveries, clock.now()))
    }

    fn batch(&mut self, deliveries: Vec<Delivery>, taken_at: Timestamp) -> Batch {
        let origin = self.consumer.queue().to_string();
        let mut last = 0;
        let mut acker = None;
        let (deliveries, origins): (Vec<_>, Vec<_>) = deliveries
            .into_iter()
            .map(|delivery| {
                last = delivery.delivery_tag;
                acker = Some(delivery.acker);
                let properties = read(&delivery.properties);
                let (exchange, routing_key) = (delivery.exchange, delivery.routing_key);
                let origin = origin.clone();
                (
                    source::Delivery { body: delivery.data, properties, origin },
                    Origin { exchange, routing_key, properties: delivery.properties, taken_at },
                )
            })
            .unzip();
        if let Some(acker) = acker {
            self.taken.push_back(Taken { last, acker, origins: origins.into(), done: false });
        }
        Batch { deliveries, receipt: Receipt { session: self.number, last } }
    }

    /// What stood on the envelopes of a batch of this session; `None` for one of a session before.
    pub(super) fn origins(&self, receipt: Receipt) -> Option<Arc<[Origin]>> {
        let taken = self.taken.iter().find(|taken| taken.last == receipt.last)?;
        (receipt.session == self.number).then(|| Arc::clone(&taken.origins))
    }

    /// Acknowledges a batch, together with those finished before it; waits while an earlier one is still out.
    pub(super) async fn acknowledge(&mut self, receipt: Receipt) -> Result<(), Failure> {
        for taken in self.taken.iter_mut().filter(|taken| taken.last == receipt.last) {
            taken.done = true;
        }
        let mut last = None;
        while self.taken.front().is_some_and(|taken| taken.done) {
            last = self.taken.pop_front();
        }
        let Some(last) = last else { return Ok(()) };
        let written = last.acker.ack(BasicAckOptions { multiple: true });
        // `false`: lapin knew that the channel was gone and did not even try.
        let tried = tokio::select! {
            biased;
            tried = within(self.request_timeout, "acknowledging", written) => tried?,
            failure = self.link.lost(&self.channel) => return Err(failure),
        };
        tried.then_some(()).ok_or(Failure::NotAcknowledged)
    }

    /// Resolves when the session is over.
    pub(super) async fn lost(&mut self) -> Failure {
        self.link.lost(&self.channel).await
    }

    /// Stops taking, gives back whatever was not acknowledged, says goodbye.
    pub(super) async fn close(self) {
        let goodbye = async {
            self.channel.basic_cancel(self.consumer.tag(), BasicCancelOptions::default()).await?;
            // Closing would give it back as well; but a return is not counted as a failed delivery by newer brokers.
            self.channel.basic_nack(0, BasicNackOptions { multiple: true, requeue: true }).await?;
            self.channel.close(200, "OK".into()).await
        };
        if let Err(failure) = within(FAREWELL, "closing the channel", goodbye).await {
            tracing::debug!(%failure, "the consumer did not close cleanly");
        }
        self.link.close(FAREWELL).await;
    }
}

fn received(next: Option<lapin::Result<Delivery>>) -> Result<Delivery, Failure> {
    match next {
        Some(Ok(delivery)) => Ok(delivery),
        Some(Err(source)) => Err(Failure::broker("consuming", source)),
        None => Err(Failure::Cancelled),
    }
}

/// What the broker says about a message besides its body.
fn read(properties: &BasicProperties) -> Properties {
    let seconds = properties.timestamp().and_then(|seconds| i64::try_from(seconds).ok());
    let timestamp = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    Properties {
        message_id: properties.message_id().as_ref().map(ToString::to_string),
        // Replayed without a time of its own, it is as old as when it was first taken.
        timestamp: timestamp.or_else(|| first_taken_at(properties)),
        app: header(properties, "app"),
    }
}

fn first_taken_at(properties: &BasicProperties) -> Option<Timestamp> {
    header(properties, dead_letter::AT)?.parse().ok()
}

/// A header that is text.
pub(super) fn header(properties: &BasicProperties, name: &str) -> Option<String> {
    match properties.headers().as_ref()?.inner().get(name)? {
        AMQPValue::LongString(text) => String::from_utf8(text.as_bytes().to_vec()).ok(),
        AMQPValue::ShortString(text) => Some(text.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_beyond_all_calendars_is_left_out() {
        for seconds in [u64::MAX, u64::try_from(i64::MAX).unwrap()] {
            assert_eq!(read(&BasicProperties::default().with_timestamp(seconds)).timestamp, None);
        }
        let read = read(&BasicProperties::default().with_timestamp(1_700_000_000));
        assert_eq!(read.timestamp, Timestamp::from_second(1_700_000_000).ok());
    }

    #[test]
    fn a_dead_letter_without_a_timestamp_is_as_old_as_when_it_was_first_taken() {
        let mut headers = FieldTable::default();
        headers.insert(dead_letter::AT.into(), AMQPValue::LongString("2026-11-20T08:00:00.25Z".into()));
        let letter = BasicProperties::default().with_headers(headers);
        assert_eq!(read(&letter).timestamp, "2026-11-20T08:00:00.25Z".parse().ok());
        assert_eq!(read(&letter.with_timestamp(1_700_000_000)).timestamp, Timestamp::from_second(1_700_000_000).ok());
    }

    #[test]
    fn the_app_is_read_from_a_header_of_text_only() {
        let app = |value| {
            let mut headers = FieldTable::default();
            headers.insert("app".into(), value);
            read(&BasicProperties::default().with_headers(headers)).app
        };
        assert_eq!(app(AMQPValue::LongString("volt".into())).as_deref(), Some("volt"));
        assert_eq!(app(AMQPValue::LongInt(7)), None);
        assert_eq!(app(AMQPValue::LongString(vec![0xff].into())), None);
    }
}
