//! Publishes to a topic exchange, over a line of its own, and heals by itself.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lapin::options::ExchangeDeclareOptions;
use lapin::types::{FieldTable, ShortString};
use lapin::{BasicProperties, Channel, ExchangeKind};

use super::{Event, Publisher};
use crate::broker::{Answer, Broker, Failure, Line, Outage, Posting, name, within};
use crate::clock::Dice;
use crate::config::{self, Declare};
use crate::resilience::{Backoff, Pulse};

/// The exchange, and a line to it while there is one.
pub struct AmqpPublisher {
    broker: Broker,
    exchange: Exchange,
    outage: Outage,
    line: Option<Line>,
    /// The last that was published was not taken: a line alone is no proof that it works again.
    refused: bool,
    /// Routing keys for which there is no queue, and of which that was said.
    unrouted: BTreeSet<String>,
}

impl std::fmt::Debug for AmqpPublisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AmqpPublisher").field("exchange", &self.exchange.name).finish_non_exhaustive()
    }
}

impl AmqpPublisher {
    /// Contacts nobody yet. What does not work is noted in `pulse` as "outcomes".
    ///
    /// # Errors
    /// What no broker could mend: a URL or a name that is none.
    pub fn new(config: &config::Rabbitmq, exchange: &str, dice: Arc<Dice>, pulse: &Pulse) -> Result<Self, Failure> {
        let backoff = Backoff { min: config.reconnect_min, max: config.reconnect_max };
        Ok(Self {
            broker: Broker::new(config)?,
            exchange: Exchange::new(exchange, config.declare)?,
            outage: Outage::new("outcomes", backoff, dice).kept_in(pulse),
            line: None,
            refused: false,
            unrouted: BTreeSet::new(),
        })
    }

    async fn open(&self) -> Result<Line, Failure> {
        let line = Line::open(&self.broker, "dashlight: outcomes").await?;
        self.exchange.prepare(line.channel(), self.broker.request_timeout).await?;
        Ok(line)
    }

    /// One try: what the broker has, and what kept it from having all. The line outlives only a try that went well.
    async fn attempt(&mut self, events: &[Event]) -> (Vec<bool>, Result<(), Failure>) {
        let nothing = || vec![false; events.len()];
        let Some(mut line) = self.line.take() else { return (nothing(), Err(Failure::Gone)) };
        let postings = events.iter().map(|event| self.exchange.posting(event));
        let answers = match line.publish("publishing an outcome", postings).await {
            Ok(answers) => answers,
            Err(failure) => return (nothing(), Err(failure)),
        };
        let taken: Vec<bool> =
            answers.iter().map(|answer| matches!(answer, Answer::Taken | Answer::Unroutable(_))).collect();
        for (event, answer) in events.iter().zip(&answers) {
            self.note_route(event, answer);
        }
        let count = taken.iter().filter(|taken| !**taken).count();
        let failure = answers.into_iter().find_map(|answer| match answer {
            Answer::Taken | Answer::Unroutable(_) => None,
            Answer::Refused(text) => Some(Failure::NotTold { exchange: self.exchange.name.to_string(), count, text }),
            Answer::Unheard(failure) => Some(failure),
        });
        if failure.is_none() {
            self.line = Some(line);
        }
        (taken, failure.map_or(Ok(()), Err))
    }

    /// Whether anybody listens is the product's business, and said when it changes.
    fn note_route(&mut self, event: &Event, answer: &Answer) {
        let (exchange, routing_key) = (&self.exchange.name, event.routing_key.as_str());
        match answer {
            Answer::Unroutable(_) if self.unrouted.insert(routing_key.to_owned()) => {
                tracing::warn!(%exchange, routing_key, "no queue is bound for such outcomes: nobody hears of them");
            }
            Answer::Taken if self.unrouted.remove(routing_key) => {
                tracing::info!(%exchange, routing_key, "a queue is bound for such outcomes");
            }
            _ => {}
        }
    }
}

#[async_trait]
impl Publisher for AmqpPublisher {
    async fn ready(&mut self) {
        while !self.line.as_ref().is_some_and(Line::is_alive) {
            self.outage.pause().await;
            match self.open().await {
                Ok(line) => {
                    self.line = Some(line);
                    if !self.refused {
                        self.outage.over();
                        self.outage.clear();
                    }
                }
                Err(failure) => self.outage.failed(&failure),
            }
        }
    }

    async fn publish(&mut self, events: &[Event]) -> Vec<bool> {
        let (taken, result) = self.attempt(events).await;
        self.refused = result.is_err();
        match result {
            Ok(()) => {
                self.outage.over();
                self.outage.clear();
            }
            Err(failure) => self.outage.failed(&failure.about_exchange(self.exchange.name.as_str())),
        }
        taken
    }

    async fn close(&mut self) {
        if let Some(line) = self.line.take() {
            line.close().await;
        }
    }
}

/// A topic exchange, and how to look for it.
#[derive(Debug, Clone)]
pub(super) struct Exchange {
    pub(super) name: ShortString,
    pub(super) declare: Declare,
}

impl Exchange {
    pub(super) fn new(exchange: &str, declare: Declare) -> Result<Self, Failure> {
        Ok(Self { name: name("outcomes.exchange", exchange)?, declare })
    }

    /// Creates it or looks for it, as it is done with the queues. The broker closes the channel when it is not as it should be.
    async fn prepare(&self, channel: &Channel, limit: Duration) -> Result<(), Failure> {
        match self.declare {
            Declare::Declare => self.ask(channel, false, limit).await,
            Declare::Passive => self.ask(channel, true, limit).await,
            Declare::None => Ok(()),
        }
    }

    /// Creates it; or, passively, looks whether there is an exchange of that name, of whatever kind.
    pub(super) async fn ask(&self, channel: &Channel, passive: bool, limit: Duration) -> Result<(), Failure> {
        let step = if passive { "looking for the exchange" } else { "declaring the exchange" };
        let options = ExchangeDeclareOptions { durable: true, passive, ..ExchangeDeclareOptions::default() };
        let declare = channel.exchange_declare(self.name.clone(), ExchangeKind::Topic, options, FieldTable::default());
        within(limit, step, declare).await.map_err(|failure| failure.about_exchange(self.name.as_str()))
    }

    fn posting<'a>(&self, event: &'a Event) -> Posting<'a> {
        let properties = BasicProperties::default()
            .with_content_type(Event::CONTENT_TYPE.into())
            .with_delivery_mode(2)
            .with_message_id(event.id.as_str().into())
            .with_type(event.kind.as_str().into())
            .with_app_id("dashlight".into())
            .with_timestamp(u64::try_from(event.at.as_second()).unwrap_or_default());
        let routing_key = event.routing_key.as_str().into();
        Posting { exchange: self.name.clone(), routing_key, properties, body: &event.body }
    }
}
