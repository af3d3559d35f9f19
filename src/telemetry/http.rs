//! Health and metrics over HTTP, for an orchestrator and for Prometheus. It shows; nothing can be changed through it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use axum::{Router, serve};
use tokio::net::TcpListener;

use super::guests::Guests;
use super::{Health, Metrics};
use crate::clock::Clock;
use crate::shutdown::Shutdown;

/// Connections at once: orchestrator, Prometheus and a few people need far less.
const MOST_GUESTS: usize = 64;
/// After that a connection ends. A probe or a scrape takes milliseconds.
const LONGEST_STAY: Duration = Duration::from_secs(15);

/// A place where health and metrics can be asked for.
pub struct Endpoint {
    listener: TcpListener,
    shown: Arc<Shown>,
}

/// `telemetry.listen` cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "`telemetry.listen` is `{address}`, where dashlight cannot listen: {why}; choose another port, or end what listens there"
)]
pub struct ListenError {
    address: SocketAddr,
    /// Said in the message, so that it is not said again as its cause.
    why: std::io::Error,
}

struct Shown {
    health: Health,
    metrics: Arc<Metrics>,
}

impl Endpoint {
    /// Listens from now on, and answers as soon as it is served.
    pub async fn open(address: SocketAddr, clock: Arc<dyn Clock>, shutdown: Shutdown) -> Result<Self, ListenError> {
        let listener = TcpListener::bind(address).await.map_err(|why| ListenError { address, why })?;
        let metrics = Arc::new(Metrics::new(Arc::clone(&clock)));
        Ok(Self { listener, shown: Arc::new(Shown { health: Health::new(clock, shutdown), metrics }) })
    }

    /// What has to be told the facts.
    pub fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.shown.metrics)
    }

    /// # Errors
    /// When the system does not know it.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers in the background, from the first moment to the very last: an orchestrator must not take a long start, or a
    /// drain, for a death. Needs a tokio runtime.
    pub fn serve(self) -> Served {
        let pages = Router::new()
            .route("/health/live", get(async || Json(serde_json::json!({ "status": "alive" }))))
            .route("/health/ready", get(ready))
            .route("/metrics", get(metrics))
            .fallback(async || (StatusCode::NOT_FOUND, "ask for /health/live, /health/ready or /metrics\n"))
            .with_state(Arc::clone(&self.shown));
        let guests = Guests::new(self.listener, MOST_GUESTS, LONGEST_STAY);
        tokio::spawn(serve(guests, pages).into_future());
        Served(self.shown)
    }
}

/// An endpoint that answers, until the runtime ends.
pub struct Served(Arc<Shown>);

impl Served {
    pub fn health(&self) -> &Health {
        &self.0.health
    }
}

async fn ready(State(shown): State<Arc<Shown>>) -> Response {
    let (ready, account) = shown.health.account();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(account)).into_response()
}

async fn metrics(State(shown): State<Arc<Shown>>) -> Response {
    let text = shown.metrics.told(&shown.health).await;
    ([(header::CONTENT_TYPE, Metrics::CONTENT_TYPE)], text).into_response()
}
