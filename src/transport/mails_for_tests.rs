//! A mail for the unit tests of what carries it, and the request that this leads to.

use std::sync::Arc;

use serde_json::Value;

use super::api::Api;
use super::http_client::HttpClient;
use crate::clock::ManualClock;
use crate::config::Network;
use crate::ledger::DispatchId;
use crate::message::{Email, Mailbox, Message};

/// Sent to `anna@example.com`, who is called so.
pub(super) fn mail_to(name: &str) -> Email {
    Email {
        id: DispatchId::from_stored("00000000-0000-8000-8000-000000000007".into()),
        date: "2026-11-23T14:24:00Z".parse().expect("a time"),
        from: Mailbox { name: Some(name.to_owned()), address: "cars@volta.example".into() },
        reply_to: Some(Mailbox { name: Some(name.to_owned()), address: "help@volta.example".into() }),
        to: Mailbox { name: Some(name.to_owned()), address: "anna@example.com".into() },
        subject: "Reconnect your Kia".into(),
        html: "<p>Hello</p>".into(),
        text: "Hello".into(),
        inline: Vec::new(),
        locale: "en".into(),
        feedback_id: "authentication-failed:volta:dashlight".into(),
        list_unsubscribe: None,
        test: false,
    }
}

pub(super) fn client() -> HttpClient {
    let network = Network { max_connections: 1, ..Network::default() };
    HttpClient::new(&network, Arc::new(ManualClock::at(jiff::Timestamp::UNIX_EPOCH))).expect("a client")
}

/// The body of the request that sends it.
pub(super) fn requested(api: &impl Api, email: Email) -> Value {
    let request = api.request(&client(), &Message::Email(email)).expect("a request").build().expect("a request");
    let body = request.body().and_then(reqwest::Body::as_bytes).expect("a body");
    serde_json::from_slice(body).expect("JSON")
}
