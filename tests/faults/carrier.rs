//! A carrier that honours idempotency keys, as Resend does: a message of the same key is taken over once, and whoever asks
//! again gets the same answer.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::inbox::Taken;

#[derive(Clone, Default)]
pub struct Resend {
    /// Key → the id that was answered.
    keys: Arc<Mutex<BTreeMap<String, String>>>,
    pub taken: Taken,
}

impl Resend {
    /// Stops with its runtime. The endpoint is told with it.
    pub async fn start() -> (Self, String) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let carrier = Self::default();
        let routes = Router::new().route("/emails", post(take)).with_state(carrier.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (carrier, endpoint)
    }
}

async fn take(State(carrier): State<Resend>, headers: HeaderMap, Json(mail): Json<Value>) -> (StatusCode, Json<Value>) {
    let Some(key) = headers.get("idempotency-key").and_then(|key| key.to_str().ok()) else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "name": "validation_error", "message": "no key" })));
    };
    let mut keys = carrier.keys.lock().expect("no panic");
    let known = keys.len();
    let id = keys.entry(key.to_owned()).or_insert_with(|| {
        let to = mail["to"][0].as_str().or(mail["to"].as_str()).unwrap_or_default();
        // `Name <address>`
        let address = to.rsplit('<').next().unwrap_or(to).trim_end_matches('>').to_owned();
        carrier.taken.lock().expect("no panic").push((address, key.to_owned()));
        format!("r-{known}")
    });
    (StatusCode::OK, Json(json!({ "id": id })))
}
