//! The broker of the tests: the node that `tests/run` starts (`tests/rabbitmq`) and names in `DASHLIGHT_TEST_AMQP`.
//! Each test has queues of its own.

#![allow(dead_code, reason = "each test file uses its part of it")]

#[path = "peer.rs"]
pub(crate) mod peer;

use std::net::SocketAddr;
use std::time::Duration;

use dashlight::config::{Declare, QueueType, Rabbitmq, Secret};
use futures_util::StreamExt;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions,
    ExchangeDeclareOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, ExchangeKind};
use tokio::time::timeout;

/// Longer than anything here takes, even on a machine with much else to do.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);

/// A connection of the test's own, and a pair of queues that nobody else uses.
pub(crate) struct Broker {
    url: String,
    _connection: Connection,
    pub(crate) channel: Channel,
    pub(crate) work: String,
    pub(crate) dead: String,
}

impl Broker {
    /// `None`: there is no broker, and the test has nothing to say.
    pub(crate) async fn connect() -> Option<Self> {
        let url = peer::named("DASHLIGHT_TEST_AMQP")?;
        let connection = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
        let id = fastrand::u64(..);
        let (work, dead) = (format!("work-{id:016x}"), format!("dead-{id:016x}"));
        Some(Self { url, _connection: connection, channel, work, dead })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        let url = url::Url::parse(&self.url).unwrap();
        format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5672)).parse().unwrap()
    }

    /// Defaults that hurry.
    pub(crate) fn config(&self) -> Rabbitmq {
        Rabbitmq {
            url: Secret::new(self.url.as_str()),
            queue: self.work.clone(),
            dead_letter_queue: self.dead.clone(),
            declare: Declare::Declare,
            queue_type: QueueType::Quorum,
            prefetch: 100,
            heartbeat: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(10),
            ca_file: None,
            reconnect_min: Duration::from_millis(10),
            reconnect_max: Duration::from_millis(200),
        }
    }

    /// The URL, through a relay.
    pub(crate) fn through(&self, port: u16) -> Secret {
        let mut url = url::Url::parse(&self.url).unwrap();
        url.set_port(Some(port)).unwrap();
        Secret::new(url.as_str())
    }

    /// The URL, as somebody else.
    pub(crate) fn as_user(&self, user: &str, password: &str) -> Secret {
        let mut url = url::Url::parse(&self.url).unwrap();
        url.set_username(user).unwrap();
        url.set_password(Some(password)).unwrap();
        Secret::new(url.as_str())
    }

    pub(crate) async fn declare(&self, queue: &str, kind: &str) {
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString(LongString::from(kind)));
        self.channel.queue_declare(queue.into(), options, arguments).await.unwrap();
    }

    pub(crate) async fn delete(&self, queue: &str) {
        self.channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await.unwrap();
    }

    pub(crate) async fn create_exchange(&self, exchange: &str, kind: ExchangeKind) {
        let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        self.channel.exchange_declare(exchange.into(), kind, options, FieldTable::default()).await.unwrap();
    }

    pub(crate) async fn delete_exchange(&self, exchange: &str) {
        self.channel.exchange_delete(exchange.into(), ExchangeDeleteOptions::default()).await.unwrap();
    }

    pub(crate) async fn bind(&self, queue: &str, exchange: &str, key: &str) {
        let (options, arguments) = (QueueBindOptions::default(), FieldTable::default());
        self.channel.queue_bind(queue.into(), exchange.into(), key.into(), options, arguments).await.unwrap();
    }

    pub(crate) async fn publish(&self, body: &[u8]) {
        self.publish_with(body, BasicProperties::default()).await;
    }

    pub(crate) async fn publish_with(&self, body: &[u8], properties: BasicProperties) {
        self.publish_to(&self.work, body, properties).await;
    }

    pub(crate) async fn publish_to(&self, queue: &str, body: &[u8], properties: BasicProperties) {
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let sent = self.channel.basic_publish("".into(), queue.into(), options, body, properties).await;
        assert_eq!(sent.unwrap().await.unwrap(), Confirmation::Ack(None));
    }

    /// The next `count` messages of a queue, waited for and taken.
    pub(crate) async fn take(&self, queue: &str, count: usize) -> Vec<Delivery> {
        let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
        let mut consumer = self.channel.basic_consume(queue.into(), "".into(), options, arguments).await.unwrap();
        let mut taken = Vec::new();
        while taken.len() < count {
            let delivery = timeout(PATIENCE, consumer.next()).await.expect("the message comes").unwrap().unwrap();
            assert!(delivery.ack(BasicAckOptions::default()).await.unwrap());
            taken.push(delivery);
        }
        taken
    }

    /// The next message of a queue, if there is one that it could give out, taken.
    pub(crate) async fn get(&self, queue: &str) -> Option<Delivery> {
        let options = BasicGetOptions { no_ack: true };
        Some(self.channel.basic_get(queue.into(), options).await.unwrap()?.delivery)
    }

    /// Whether the queue has nothing that it could give out.
    pub(crate) async fn is_empty(&self, queue: &str) -> bool {
        self.channel.basic_get(queue.into(), BasicGetOptions::default()).await.unwrap().is_none()
    }
}
