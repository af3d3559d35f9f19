//! The real RabbitMQ, from the side of those who publish events and look after the dead letters.

use dashlight::event::Reason;
use lapin::options::{
    BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};

use crate::traffic::Message;

/// A work queue and a dead-letter queue of this run's own, both quorum queues.
pub struct Broker {
    pub queue: String,
    pub dead_letters: String,
    channel: Channel,
    _connection: Connection,
}

impl Broker {
    pub async fn connect(url: &str, run: &str) -> Self {
        let connection = Connection::connect(url, ConnectionProperties::default()).await.expect("a connection");
        let channel = connection.create_channel().await.expect("a channel");
        channel.confirm_select(ConfirmSelectOptions::default()).await.expect("confirms");
        let broker = Self {
            queue: format!("crash.{run}"),
            dead_letters: format!("crash.{run}.dead"),
            channel,
            _connection: connection,
        };
        for queue in [&broker.queue, &broker.dead_letters] {
            broker.declare(queue, false).await;
        }
        broker
    }

    /// Declares or looks for a queue, and says how many messages lie in it.
    async fn declare(&self, queue: &str, passive: bool) -> u32 {
        let options = QueueDeclareOptions { durable: true, passive, ..QueueDeclareOptions::default() };
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString(LongString::from("quorum")));
        let declared = self.channel.queue_declare(ShortString::from(queue), options, arguments).await;
        declared.expect("the queue").message_count()
    }

    /// How many messages wait for a worker.
    pub async fn waiting(&self) -> u32 {
        self.declare(&self.queue, true).await
    }

    /// Publishes all, and returns when the broker has confirmed all.
    pub async fn publish(&self, messages: &[Message]) {
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let mut confirms = Vec::with_capacity(messages.len());
        for message in messages {
            let properties = BasicProperties::default()
                .with_delivery_mode(2)
                .with_message_id(ShortString::from(message.id.as_str()));
            let queue = ShortString::from(self.queue.as_str());
            let confirm = self.channel.basic_publish("".into(), queue, options, &message.body, properties).await;
            confirms.push(confirm.expect("published"));
        }
        for confirm in confirms {
            assert_eq!(confirm.await.expect("confirmed"), Confirmation::Ack(None));
        }
    }

    /// Takes all dead letters: their message ids, and the reasons they bear.
    pub async fn take_dead_letters(&self) -> Vec<(String, Option<Reason>)> {
        let mut letters = Vec::new();
        let options = BasicGetOptions { no_ack: true };
        while let Some(letter) =
            self.channel.basic_get(ShortString::from(self.dead_letters.as_str()), options).await.expect("an answer")
        {
            let id = letter.properties.message_id().as_ref().map(ToString::to_string).unwrap_or_default();
            letters.push((id, reason(&letter.properties)));
        }
        letters
    }

    pub async fn delete_queues(&self) {
        for queue in [&self.queue, &self.dead_letters] {
            let deleted =
                self.channel.queue_delete(ShortString::from(queue.as_str()), QueueDeleteOptions::default()).await;
            deleted.expect("deleted");
        }
    }
}

fn reason(properties: &BasicProperties) -> Option<Reason> {
    let header = properties.headers().as_ref()?.inner().get("x-dashlight-reason")?.as_long_string()?.to_string();
    Reason::ALL.into_iter().find(|reason| reason.as_str() == header)
}
