//! What the product's systems are told meanwhile: each end of a message at least once, and always under one id.

use std::collections::{BTreeMap, BTreeSet};

use dashlight::ledger::Census;
use lapin::ExchangeKind;
use lapin::options::{ExchangeDeclareOptions, ExchangeDeleteOptions, QueueBindOptions};
use lapin::types::FieldTable;
use serde_json::Value;

use super::broker::{Broker, told};
use super::table::Row;

/// What was heard: types of events → dispatches → ids.
pub struct Heard(BTreeMap<String, BTreeMap<String, BTreeSet<String>>>);

/// A name that the broker's user `worker` may write to.
pub fn exchange(broker: &Broker) -> String {
    format!("outcomes-{}", broker.queue)
}

fn queue(broker: &Broker) -> String {
    format!("{}.told", broker.queue)
}

/// Makes the exchange, and a queue that gets all of it.
pub async fn listen(broker: &mut Broker) {
    let (exchange, queue) = (exchange(broker), queue(broker));
    broker.declare(&queue, &[]).await;
    let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    broker
        .surely(async |channel| {
            let (name, none) = (exchange.as_str(), FieldTable::default);
            channel.exchange_declare(name.into(), ExchangeKind::Topic, durable, none()).await.map_err(told)?;
            let bound = QueueBindOptions::default();
            channel.queue_bind(queue.as_str().into(), name.into(), "#".into(), bound, none()).await.map_err(told)
        })
        .await;
}

/// Takes all that was told, and the exchange and its queue away.
pub async fn heard(broker: &mut Broker) -> Heard {
    let (exchange, queue) = (exchange(broker), queue(broker));
    let mut heard = Heard(BTreeMap::new());
    while let Some(message) = broker.take(&queue).await {
        let event: Value = serde_json::from_slice(&message.data).expect("JSON");
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = text("/type").trim_start_matches("dashlight.").to_owned();
        heard.0.entry(kind).or_default().entry(text("/data/dispatch")).or_default().insert(text("/id"));
    }
    broker.delete(&queue).await;
    broker
        .surely(async |channel| {
            let deleted = channel.exchange_delete(exchange.as_str().into(), ExchangeDeleteOptions::default()).await;
            deleted.map_err(told)
        })
        .await;
    heard
}

impl Heard {
    pub fn demand(&self, census: &Census, row: &mut Row) {
        let ends = [
            ("delivery.accepted", census.sent),
            ("delivery.failed", census.failed),
            ("delivery.cancelled", census.cancelled),
            ("delivery.expired", census.expired),
            ("delivery.unknown", census.unknown),
        ];
        for (kind, count) in ends {
            let dispatches = self.0.get(kind).map_or(0, BTreeMap::len);
            // What an operator had tried again was told as failed, too.
            let fits = dispatches as u64 == count || (kind == "delivery.failed" && dispatches as u64 > count);
            row.demand(fits, || format!("{count} ends were to be told as {kind}, and {dispatches} were"));
        }
        let twice: Vec<_> = self.0.values().flatten().filter(|(_, ids)| ids.len() > 1).collect();
        row.demand(twice.is_empty(), || format!("told under several ids: {twice:?}"));
    }
}
