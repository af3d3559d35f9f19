//! RabbitMQ from the side of those who publish events and look after the dead letters. It outlives what is done to the
//! broker: whatever goes wrong is tried again over a new connection.

use std::time::{Duration, Instant};

use dashlight::event::Reason;
use lapin::options::{
    BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};

use super::traffic::Message;
use super::{PATIENCE, PAUSE};

/// An answer that takes longer is no answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Messages that are on their way to the broker at once.
const CHUNK: usize = 100;

/// A work queue and a dead-letter queue of a scenario's own, both quorum queues.
pub struct Broker {
    pub url: String,
    pub queue: String,
    pub dead_letters: String,
    line: Option<(Connection, Channel)>,
}

/// What did not work, in words.
pub type Tried<T> = Result<T, String>;

impl Broker {
    pub fn new(url: &str, name: &str) -> Self {
        let dead_letters = format!("{name}.dead");
        Self { url: url.to_owned(), queue: name.to_owned(), dead_letters, line: None }
    }

    pub async fn declare_queues(&mut self) {
        for queue in [self.queue.clone(), self.dead_letters.clone()] {
            self.declare(&queue, &[]).await;
        }
    }

    pub async fn declare(&mut self, queue: &str, arguments: &[(&str, AMQPValue)]) {
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let mut table = FieldTable::default();
        table.insert("x-queue-type".into(), AMQPValue::LongString(LongString::from("quorum")));
        for (name, value) in arguments {
            table.insert(ShortString::from(*name), value.clone());
        }
        self.surely(async |channel| {
            channel.queue_declare(queue.into(), options, table.clone()).await.map(drop).map_err(told)
        })
        .await;
    }

    pub async fn delete(&mut self, queue: &str) {
        self.surely(async |channel| {
            let deleted = channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await;
            deleted.map(drop).map_err(told)
        })
        .await;
    }

    pub async fn delete_queues(&mut self) {
        for queue in [self.queue.clone(), self.dead_letters.clone()] {
            self.delete(&queue).await;
        }
    }

    /// How many messages wait in a queue for somebody to take them.
    pub async fn waiting(&mut self, queue: &str) -> u32 {
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        self.surely(async |channel| {
            let declared = channel.queue_declare(queue.into(), options, FieldTable::default()).await;
            declared.map(|queue| queue.message_count()).map_err(told)
        })
        .await
    }

    /// Publishes all, and returns when the broker has confirmed all. What was not confirmed is published once more.
    pub async fn publish(&mut self, messages: &[Message]) {
        let queue = self.queue.clone();
        for chunk in messages.chunks(CHUNK) {
            self.surely(async |channel| publish(channel, &queue, chunk).await).await;
        }
    }

    /// Publishes to a queue that has a limit until the broker says no. A quorum queue says it a little late, so that those
    /// who publish at that moment may still go over the limit; whoever comes after is refused from the first message on.
    pub async fn fill(&mut self, queue: &str) {
        let filler = [Message { id: "filler".to_owned(), ..Message::default() }];
        self.surely(async |channel| {
            loop {
                match publish(channel, queue, &filler).await {
                    Ok(()) => {}
                    Err(trouble) if trouble.contains("Nack") => return Ok(()),
                    Err(trouble) => return Err(trouble),
                }
            }
        })
        .await;
    }

    /// Takes all dead letters: their message ids, and the reasons they bear.
    pub async fn take_dead_letters(&mut self) -> Vec<(String, Option<Reason>)> {
        let mut letters = Vec::new();
        let (queue, options) = (self.dead_letters.clone(), BasicGetOptions { no_ack: true });
        loop {
            let letter = self
                .surely(async |channel| channel.basic_get(queue.as_str().into(), options).await.map_err(told))
                .await;
            let Some(letter) = letter else { return letters };
            let id = letter.properties.message_id().as_ref().map(ToString::to_string).unwrap_or_default();
            letters.push((id, reason(&letter.properties)));
        }
    }

    /// Does it, over a new connection where the one before does not work any more.
    pub async fn surely<T>(&mut self, work: impl AsyncFn(&Channel) -> Tried<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let trouble = match self.attempt(&work).await {
                Ok(value) => return value,
                Err(trouble) => trouble,
            };
            self.line = None;
            assert!(Instant::now() < deadline, "the broker does not work: {trouble}");
            tokio::time::sleep(PAUSE * 4).await;
        }
    }

    async fn attempt<T>(&mut self, work: &impl AsyncFn(&Channel) -> Tried<T>) -> Tried<T> {
        let attempt = async {
            if self.line.is_none() {
                self.line = Some(connect(&self.url).await.map_err(told)?);
            }
            let Some((_, channel)) = &self.line else { return Err("no channel".to_owned()) };
            work(channel).await
        };
        tokio::time::timeout(ANSWER, attempt).await.unwrap_or_else(|_| Err("no answer".to_owned()))
    }
}

/// A channel that confirms.
pub async fn connect(url: &str) -> lapin::Result<(Connection, Channel)> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    Ok((connection, channel))
}

async fn publish(channel: &Channel, queue: &str, messages: &[Message]) -> Tried<()> {
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let mut confirms = Vec::with_capacity(messages.len());
    for message in messages {
        let mut properties =
            BasicProperties::default().with_delivery_mode(2).with_message_id(ShortString::from(message.id.as_str()));
        if !message.headers.is_empty() {
            properties = properties.with_headers(FieldTable::from(message.headers.clone()));
        }
        let sent = channel.basic_publish("".into(), queue.into(), options, &message.body, properties).await;
        confirms.push(sent.map_err(told)?);
    }
    for confirm in confirms {
        match confirm.await.map_err(told)? {
            Confirmation::Ack(None) => {}
            other => return Err(format!("not confirmed: {other:?}")),
        }
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub fn told(error: lapin::Error) -> String {
    error.to_string()
}

fn reason(properties: &BasicProperties) -> Option<Reason> {
    let header = properties.headers().as_ref()?.inner().get("x-dashlight-reason")?.as_long_string()?.to_string();
    Reason::ALL.into_iter().find(|reason| reason.as_str() == header)
}
