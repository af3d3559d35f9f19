//! A quorum queue of events, each of another owner.

use futures_util::future::try_join_all;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};

/// As many unconfirmed events at once.
const WINDOW: usize = 500;

const CODES: [&str; 7] = [
    "ACCOUNT_ISSUE",
    "AUTHENTICATION_FAILED",
    "NO_VEHICLES",
    "PERMISSION",
    "SUBSCRIPTION",
    "VEHICLE_MISSING",
    "VIRTUAL_KEY_REQUIRED",
];
const LOCALES: [&str; 10] = ["en-GB", "da", "de-AT", "es", "es-MX", "fr-CA", "it", "nl-BE", "nb-NO", "sv"];

pub(crate) struct Queue {
    pub(crate) name: String,
    connection: Connection,
    channel: Channel,
}

impl Queue {
    pub(crate) async fn declare(url: &str, name: &str) -> Self {
        let connection = Connection::connect(url, ConnectionProperties::default()).await.expect("the broker is there");
        let channel = connection.create_channel().await.expect("a channel");
        channel.confirm_select(ConfirmSelectOptions::default()).await.expect("confirms");
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString(LongString::from("quorum")));
        let name = format!("bench-{name}-{}", std::process::id());
        channel.queue_declare(name.as_str().into(), options, arguments).await.expect("a queue");
        Self { name, connection, channel }
    }

    pub(crate) async fn fill(&self, count: usize) {
        let numbers: Vec<usize> = (0..count).collect();
        for window in numbers.chunks(WINDOW) {
            let mut confirms = Vec::new();
            for number in window {
                let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
                let properties = properties.with_delivery_mode(2);
                let body = event(*number);
                let publishing = self.channel.basic_publish(
                    "".into(),
                    self.name.as_str().into(),
                    options,
                    body.as_bytes(),
                    properties,
                );
                confirms.push(publishing.await.expect("published"));
            }
            try_join_all(confirms).await.expect("confirmed");
        }
    }

    pub(crate) async fn delete(self, others: &[&str]) {
        for name in others.iter().copied().chain([self.name.as_str()]) {
            self.channel.queue_delete(name.into(), QueueDeleteOptions::default()).await.expect("deleted");
        }
        self.connection.close(200, "OK".into()).await.expect("closed");
    }
}

fn event(number: usize) -> String {
    let code = CODES[number % CODES.len()];
    let locale = LOCALES[number / CODES.len() % LOCALES.len()];
    let url = match code {
        "AUTHENTICATION_FAILED" => serde_json::json!({ "type": "REAUTHENTICATE" }),
        "VIRTUAL_KEY_REQUIRED" => {
            serde_json::json!({ "type": "ACTION_REQUIRED", "url": "https://www.tesla.com/_ak/smartcar.com" })
        }
        _ => serde_json::json!({ "type": null }),
    };
    serde_json::json!({
        "id": format!("evt-{number}"),
        "app": "chargeup",
        "recipient": { "id": format!("user-{number}"), "email": format!("owner{number}@example.com"), "locale": locale },
        "vehicle": { "id": format!("car-{number:08}"), "make": "TESLA", "model": "Model 3", "year": 2022 },
        "error": {
            "type": "CONNECTED_SERVICES_ACCOUNT",
            "code": code,
            "description": "What went wrong, in the words of developers.",
            "statusCode": 400,
            "requestId": "5dea93a1-3f79-4246-90c5-89610a20471c",
            "resolution": url,
        },
    })
    .to_string()
}
