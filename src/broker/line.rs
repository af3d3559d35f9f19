//! A connection to publish on, which hears of each message whether the broker has it.
//!
//! Of its own, because the broker blocks a connection that publishes as a whole when memory or disk run short, and
//! acknowledgements must not wait with it.

use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::ShortString;
use lapin::{BasicProperties, Channel, Confirmation, PublisherConfirm};
use tokio::time::{Instant, timeout};

use super::FAREWELL;
use super::dial::{Broker, Link};
use super::failure::{Failure, within};

/// How long a line that is lost may take to say why.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// An open line. One that has failed is dropped, never mended.
pub(crate) struct Line {
    link: Link,
    channel: Channel,
    /// For each answer.
    limit: Duration,
}

/// A message on its way.
pub(crate) struct Posting<'a> {
    pub(crate) exchange: ShortString,
    pub(crate) routing_key: ShortString,
    pub(crate) properties: BasicProperties,
    pub(crate) body: &'a [u8],
}

/// What became of a message.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A queue has it.
    Taken,
    /// There is no queue that it would go to. In the broker's words.
    Unroutable(String),
    Refused(String),
    /// The line is broken, and the broker may have it or not.
    Unheard(Failure),
}

impl Line {
    /// `name` is shown by the broker to its operator.
    pub(crate) async fn open(broker: &Broker, name: &str) -> Result<Self, Failure> {
        let limit = broker.request_timeout;
        let link = broker.dial(name).await?;
        let channel = within(limit, "opening a channel", link.connection.create_channel()).await?;
        within(limit, "asking for confirms", channel.confirm_select(ConfirmSelectOptions::default())).await?;
        Ok(Self { link, channel, limit })
    }

    pub(crate) fn channel(&self) -> &Channel {
        &self.channel
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.link.is_alive() && self.channel.status().connected()
    }

    /// Bytes of a frame.
    pub(crate) fn frame(&self) -> usize {
        usize::try_from(self.link.connection.configuration().frame_max()).unwrap_or(usize::MAX)
    }

    /// Sends the messages and waits for the confirms, all of them before one deadline; what became of each, in their order.
    /// `step` is told when the line breaks before. May be dropped, with the line.
    pub(crate) async fn publish(
        &mut self,
        step: &'static str,
        messages: impl Iterator<Item = Posting<'_>>,
    ) -> Result<Vec<Answer>, Failure> {
        let Self { link, channel, limit } = self;
        let publish = publish_on(channel, *limit, step, messages);
        tokio::pin!(publish);
        let failure = tokio::select! {
            biased;
            answers = &mut publish => return answers,
            failure = link.lost(channel) => failure,
        };
        // The messages may know why it was lost; but what meets the end of its connection may never be answered.
        timeout(LAST_WORDS, publish).await.unwrap_or(Err(failure))
    }

    pub(crate) async fn close(self) {
        self.link.close(self.limit.min(FAREWELL)).await;
    }
}

async fn publish_on(
    channel: &Channel,
    limit: Duration,
    step: &'static str,
    messages: impl Iterator<Item = Posting<'_>>,
) -> Result<Vec<Answer>, Failure> {
    let mut confirms = Vec::new();
    for Posting { exchange, routing_key, properties, body } in messages {
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let publish = channel.basic_publish(exchange, routing_key, options, body, properties);
        match within(limit, step, publish).await {
            Ok(confirm) => confirms.push(confirm),
            // A channel that is closed does not say why; those that closed it do.
            Err(failure) => return Err(first_failure(confirms).await.unwrap_or(failure)),
        }
    }
    let deadline = Instant::now() + limit;
    let mut answers = Vec::with_capacity(confirms.len());
    for confirm in confirms {
        let left = deadline.saturating_duration_since(Instant::now());
        answers.push(match within(left, "waiting for the confirm", confirm).await {
            Ok(Confirmation::Ack(None)) => Answer::Taken,
            Ok(Confirmation::Ack(Some(returned))) => Answer::Unroutable(returned.reply_text.to_string()),
            Ok(Confirmation::Nack(_)) => Answer::Refused("the broker refused it".to_owned()),
            Ok(Confirmation::NotRequested) => Answer::Refused("the broker was not asked to confirm".to_owned()),
            // The whole of the time, in words that are the same each time.
            Err(Failure::Silent { step, .. }) => Answer::Unheard(Failure::Silent { step, limit }),
            Err(failure) => Answer::Unheard(failure),
        });
    }
    Ok(answers)
}

async fn first_failure(confirms: Vec<PublisherConfirm>) -> Option<Failure> {
    let look = async {
        for confirm in confirms {
            if let Err(source) = confirm.await {
                return Some(Failure::broker("waiting for the confirm", source));
            }
        }
        None
    };
    timeout(LAST_WORDS, look).await.unwrap_or(None)
}
