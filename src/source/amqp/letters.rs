//! The dead-letter queue from its other end: looked through, replayed to the event queue, emptied.
//!
//! Letters are taken without an acknowledgement. Cut short at any moment, the broker gives them out again; a letter leaves the
//! queue only when it is discarded on purpose, or when the broker has confirmed its copy in the event queue.
//!
//! A quorum queue counts how often a message was given back, and from RabbitMQ 4.0 on drops it at the twentieth time. So a
//! letter that has been looked at a few times is put back as a copy, whose count begins anew.

use std::collections::HashSet;
use std::fmt::Write as _;

use jiff::Timestamp;
use lapin::options::{BasicAckOptions, BasicGetOptions, BasicNackOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Acker, BasicProperties, Channel};
use sha2::{Digest, Sha256};

use super::dead_letter::{self, OURS};
use super::session::header;
use super::topology::Topology;
use crate::broker::{Broker, FAREWELL, Failure, Line, Link, Posting, within};
use crate::config;

/// Given back this often, a letter is put back as a copy: below every limit that somebody might set.
const WORN: u64 = 2;

/// What brokers note in the headers for themselves.
const BOOKKEEPING: [&str; 3] = ["x-death", "x-delivery-count", "x-acquired-count"];

/// One letter of the dead-letter queue, held by whoever looks at it.
#[derive(Debug)]
pub struct DeadLetter {
    /// The same for as long as the letter lies there, whoever looks; for people.
    pub id: String,
    /// One of [`Reason`](crate::event::Reason), or what the broker says where it was the one that put it here.
    pub reason: Option<String>,
    pub detail: Option<String>,
    /// When it was first taken from the queue that it came from.
    pub at: Option<Timestamp>,
    /// The queue that it came from.
    pub queue: Option<String>,
    pub exchange: Option<String>,
    pub routing_key: Option<String>,
    pub message_id: Option<String>,
    /// The program's that put it here.
    pub version: Option<String>,
    /// The headers that are not ours, for people.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    properties: BasicProperties,
    acker: Acker,
}

/// A dead-letter queue that is being looked through, once, from its first letter to what was its last at the start.
pub struct DeadLetterQueue {
    broker: Broker,
    link: Link,
    channel: Channel,
    topology: Topology,
    /// Opened for the first letter that is copied, then kept.
    line: Option<Line>,
    /// Letters that were there at the start.
    count: usize,
    seen: usize,
    /// Those put back as copies: they are not looked at twice.
    renewed: HashSet<String>,
}

impl std::fmt::Debug for DeadLetterQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeadLetterQueue").field("queue", &self.topology.dead_letters).finish_non_exhaustive()
    }
}

impl DeadLetterQueue {
    /// Connects. Nothing is declared: a queue that is not there has no letters to look at.
    ///
    /// # Errors
    /// The broker cannot be reached, refuses, or has no such queue.
    pub async fn open(config: &config::Rabbitmq) -> Result<Self, Failure> {
        let (broker, topology) = (Broker::new(config)?, Topology::new(config)?);
        let limit = broker.request_timeout;
        let link = broker.dial("dashlight dead").await?;
        let channel = within(limit, "opening a channel", link.connection.create_channel()).await?;
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let ask = |queue| channel.queue_declare(queue, options, FieldTable::default());
        let queue = topology.about(&topology.dead_letters, limit, "looking for the queue", ask).await?;
        let count = usize::try_from(queue.message_count()).unwrap_or(usize::MAX);
        Ok(Self { broker, link, channel, topology, line: None, count, seen: 0, renewed: HashSet::new() })
    }

    /// How many letters were there at the start.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many were looked at.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// The queue that letters are replayed to.
    pub fn events(&self) -> &str {
        self.topology.work.as_str()
    }

    /// The next letter, held until it is replayed, discarded or left. `None`: all were looked at, or others hold the rest.
    pub async fn next(&mut self) -> Result<Option<DeadLetter>, Failure> {
        while self.seen < self.count {
            let taken = self.channel.basic_get(self.topology.dead_letters.clone(), BasicGetOptions::default());
            let taken = tokio::select! {
                biased;
                taken = within(self.broker.request_timeout, "taking a letter", taken) => taken?,
                failure = self.link.lost(&self.channel) => return Err(failure),
            };
            let Some(message) = taken else { break };
            self.seen += 1;
            let letter = DeadLetter::read(message.delivery);
            let is_copy = letter.given_back() == 0 && self.renewed.contains(&letter.id);
            if !is_copy {
                return Ok(Some(letter));
            }
            // It stays held, and is given back in the end.
        }
        Ok(None)
    }

    /// Puts letters into the event queue, and takes from the dead-letter queue those that the broker has confirmed.
    ///
    /// # Errors
    /// Not all were taken. Those that were not stay where they are; of those whose confirm did not come there may be two.
    pub async fn replay(&mut self, letters: &[DeadLetter]) -> Result<(), Failure> {
        let queue = self.topology.work.clone();
        self.copy(&queue, letters).await
    }

    /// Takes letters from the queue for good.
    pub async fn discard(&mut self, letters: &[DeadLetter]) -> Result<(), Failure> {
        for letter in letters {
            self.acknowledge(letter).await?;
        }
        Ok(())
    }

    /// Leaves a letter where it is.
    pub async fn leave(&mut self, letter: DeadLetter) -> Result<(), Failure> {
        if letter.given_back() < WORN {
            return Ok(());
        }
        let queue = self.topology.dead_letters.clone();
        self.renewed.insert(letter.id.clone());
        self.copy(&queue, &[letter]).await
    }

    async fn copy(&mut self, queue: &ShortString, letters: &[DeadLetter]) -> Result<(), Failure> {
        if letters.is_empty() {
            return Ok(());
        }
        let mut line = match self.line.take() {
            Some(line) if line.is_alive() => line,
            _ => Line::open(&self.broker, "dashlight dead: copies").await?,
        };
        let postings = letters.iter().map(|letter| Posting {
            exchange: ShortString::default(),
            routing_key: queue.clone(),
            properties: letter.envelope(queue, &self.topology),
            body: &letter.body,
        });
        let answers = line.publish("publishing letters", postings).await?;
        let mut refused = Vec::new();
        for (letter, answer) in letters.iter().zip(answers) {
            match dead_letter::why_not(answer) {
                None => self.acknowledge(letter).await?,
                Some(why) => refused.push(why),
            }
        }
        match refused.first() {
            None => {
                self.line = Some(line);
                Ok(())
            }
            Some(text) => {
                Err(Failure::NotConfirmed { queue: queue.to_string(), count: refused.len(), text: text.clone() })
            }
        }
    }

    async fn acknowledge(&mut self, letter: &DeadLetter) -> Result<(), Failure> {
        let acknowledged = letter.acker.ack(BasicAckOptions::default());
        let tried = tokio::select! {
            biased;
            tried = within(self.broker.request_timeout, "acknowledging", acknowledged) => tried?,
            failure = self.link.lost(&self.channel) => return Err(failure),
        };
        tried.then_some(()).ok_or(Failure::NotAcknowledged)
    }

    /// Gives back what is held, and says goodbye. An acknowledgement is only written, so the broker is asked something behind
    /// it: when this returns, all were taken.
    ///
    /// # Errors
    /// The broker may have given back some of what was acknowledged too.
    pub async fn close(self) -> Result<(), Failure> {
        let Self { broker, link, channel, line, .. } = self;
        let farewell = async {
            channel.basic_nack(0, BasicNackOptions { multiple: true, requeue: true }).await?;
            channel.close(200, "OK".into()).await
        };
        let closed = within(broker.request_timeout, "giving back what was looked at", farewell).await;
        if let Some(line) = line {
            line.close().await;
        }
        link.close(FAREWELL).await;
        closed
    }
}

impl DeadLetter {
    fn read(delivery: lapin::message::Delivery) -> Self {
        let properties = delivery.properties;
        let ours = |name: &str| header(&properties, &format!("{OURS}{name}"));
        let death = first_death(&properties);
        let from_broker = |name: &str| death.and_then(|death| text(death.inner().get(name)?));
        let message_id = properties.message_id().as_ref().map(ToString::to_string);
        let written_at = header(&properties, dead_letter::AT);
        let id = id(&[written_at.as_deref(), message_id.as_deref()], &delivery.data);
        let at = written_at.and_then(|at| at.parse().ok()).or_else(|| died_at(death?));
        Self {
            id,
            reason: ours("reason").or_else(|| from_broker("reason")),
            detail: ours("detail"),
            at,
            queue: ours("queue").or_else(|| from_broker("queue")),
            exchange: ours("exchange").or_else(|| from_broker("exchange")),
            routing_key: ours("routing-key"),
            message_id,
            version: ours("version"),
            headers: foreign(&properties),
            body: delivery.data,
            properties,
            acker: delivery.acker,
        }
    }

    /// How often it was looked at and left, as far as the broker counts it.
    fn given_back(&self) -> u64 {
        let headers = self.properties.headers().as_ref();
        headers.and_then(|headers| number(headers.inner().get("x-delivery-count")?)).unwrap_or(0)
    }

    /// What its copy bears: all that the letter bears when it stays here; in the event queue what the original bore, and the
    /// time.
    fn envelope(&self, queue: &ShortString, topology: &Topology) -> BasicProperties {
        let stays = *queue == topology.dead_letters;
        let mut headers = FieldTable::default();
        for (name, value) in self.properties.headers().iter().flatten() {
            let name_is = name.as_str();
            let original = !name_is.starts_with(OURS) || name_is == dead_letter::AT;
            let brokers = BOOKKEEPING.contains(&name_is)
                || name_is.starts_with("x-first-death-")
                || name_is.starts_with("x-last-death-");
            // What the broker noted says why it lies here.
            let goes = if stays { name_is != "x-delivery-count" } else { original && !brokers };
            if goes && dead_letter::may_travel(name_is) {
                headers.insert(name.clone(), value.clone());
            }
        }
        dead_letter::carried(&self.properties).with_headers(headers)
    }
}

/// Short enough to be typed, long enough to be the only one.
fn id(parts: &[Option<&str>], body: &[u8]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.map_or(0, str::len).to_be_bytes());
        digest.update(part.unwrap_or_default());
    }
    digest.update(body);
    let mut id = String::new();
    for byte in digest.finalize().iter().take(8) {
        // A string takes what is written to it.
        let _ = write!(id, "{byte:02x}");
    }
    id
}

/// What the broker notes of a message that it put here itself.
fn first_death(properties: &BasicProperties) -> Option<&FieldTable> {
    let deaths = properties.headers().as_ref()?.inner().get("x-death")?.as_array()?;
    deaths.as_slice().last()?.as_field_table()
}

fn died_at(death: &FieldTable) -> Option<Timestamp> {
    let AMQPValue::Timestamp(seconds) = death.inner().get("time")? else { return None };
    Timestamp::from_second(i64::try_from(*seconds).ok()?).ok()
}

fn number(value: &AMQPValue) -> Option<u64> {
    match value {
        AMQPValue::ShortShortInt(number) => u64::try_from(*number).ok(),
        AMQPValue::ShortShortUInt(number) => Some((*number).into()),
        AMQPValue::ShortInt(number) => u64::try_from(*number).ok(),
        AMQPValue::ShortUInt(number) => Some((*number).into()),
        AMQPValue::LongInt(number) => u64::try_from(*number).ok(),
        AMQPValue::LongUInt(number) => Some((*number).into()),
        AMQPValue::LongLongInt(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}

fn text(value: &AMQPValue) -> Option<String> {
    match value {
        AMQPValue::LongString(text) => Some(String::from_utf8_lossy(text.as_bytes()).into_owned()),
        AMQPValue::ShortString(text) => Some(text.to_string()),
        AMQPValue::Boolean(value) => Some(value.to_string()),
        AMQPValue::Timestamp(seconds) => Some(seconds.to_string()),
        value => number(value).map(|number| number.to_string()),
    }
}

/// The headers that are not ours; of what is neither text nor a number only that it is there.
fn foreign(properties: &BasicProperties) -> Vec<(String, String)> {
    let headers = properties.headers().iter().flatten();
    headers
        .filter(|(name, _)| !name.as_str().starts_with(OURS))
        .map(|(name, value)| (name.to_string(), text(value).unwrap_or_else(|| "…".to_owned())))
        .collect()
}
