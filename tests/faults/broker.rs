//! RabbitMQ from the side of those who publish events and look after the dead letters. It outlives what is done to the
//! broker: whatever goes wrong is tried again over a new connection.

use std::time::{Duration, Instant};

use dashlight::event::Reason;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions,
    QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Queue};

use super::traffic::Message;
use super::{PATIENCE, PAUSE};

/// An answer that takes longer is no answer. A slow disk takes seconds for 16 MiB.
const ANSWER: Duration = Duration::from_secs(15);

/// Messages that are on their way to the broker at once.
const CHUNK: usize = 100;

/// A work queue and a dead-letter queue of a scenario's own, both quorum queues.
pub struct Broker {
    pub url: String,
    pub queue: String,
    pub dead_letters: String,
    line: Option<(Connection, Channel)>,
    /// Dead letters that were taken so far: their message ids, and the reasons they bear.
    letters: Vec<(String, Option<Reason>)>,
}

/// What did not work, in words.
pub type Tried<T> = Result<T, String>;

impl Broker {
    pub fn new(url: &str, name: &str) -> Self {
        let dead_letters = format!("{name}.dead");
        Self { url: url.to_owned(), queue: name.to_owned(), dead_letters, line: None, letters: Vec::new() }
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
        self.look(queue).await.message_count()
    }

    /// How many messages are in a queue when its workers are gone. A broker sees a little late that they are, and until then
    /// what they had not acknowledged does not wait for anybody.
    pub async fn left(&mut self, queue: &str) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let seen = self.look(queue).await;
            if seen.consumer_count() == 0 {
                return seen.message_count();
            }
            assert!(Instant::now() < deadline, "the broker does not see that the workers are gone");
            tokio::time::sleep(PAUSE * 4).await;
        }
    }

    async fn look(&mut self, queue: &str) -> Queue {
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        self.surely(async |channel| {
            channel.queue_declare(queue.into(), options, FieldTable::default()).await.map_err(told)
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

    /// Takes all dead letters that there are. Those of before are told as well.
    pub async fn take_dead_letters(&mut self) -> &[(String, Option<Reason>)] {
        let queue = self.dead_letters.clone();
        while let Some(letter) = self.take(&queue).await {
            let id = letter.properties.message_id().as_ref().map(ToString::to_string).unwrap_or_default();
            self.letters.push((id, reason(&letter.properties)));
        }
        &self.letters
    }

    /// Takes the next message of a queue. Where the connection breaks in the middle it may come once more.
    pub async fn take(&mut self, queue: &str) -> Option<Delivery> {
        self.surely(async |channel| {
            let got = channel.basic_get(queue.into(), BasicGetOptions::default()).await.map_err(told)?;
            let Some(got) = got else { return Ok(None) };
            got.delivery.acker.ack(BasicAckOptions::default()).await.map_err(told)?;
            Ok(Some(got.delivery))
        })
        .await
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
