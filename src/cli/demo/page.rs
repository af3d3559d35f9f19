//! The demo's inbox page, on localhost only. It shows; nothing can be changed through it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::get;
use serde::Deserialize;
use tokio::net::TcpListener;

use super::journal::{Entry, Journal};
use crate::message::{Email, Message};
use crate::shutdown::Shutdown;

/// Serves the page until a shutdown is requested.
pub(super) async fn serve(listener: TcpListener, journal: Arc<Journal>, shutdown: &Shutdown) -> std::io::Result<()> {
    let router = Router::new()
        .route("/", get(async || Html(include_str!("page.html"))))
        .route("/entries", get(entries))
        .route("/messages/{number}/html", get(html))
        .route("/messages/{number}/source", get(source))
        .route("/messages/{number}/parts/{content_id}", get(part))
        .layer(middleware::from_fn(local_only))
        .with_state(journal);
    let shutdown = shutdown.clone();
    axum::serve(listener, router).with_graceful_shutdown(async move { shutdown.requested().await }).await
}

/// A page of another site must not read the inbox through a name that it made resolve to this machine (DNS rebinding), nor
/// show it in a frame.
async fn local_only(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if !matches!(name, "127.0.0.1" | "localhost" | "[::1]") {
        return (StatusCode::FORBIDDEN, "the inbox answers to localhost only\n").into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(PAGE_POLICY));
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[derive(Debug, Deserialize)]
struct Since {
    #[serde(default)]
    from: usize,
}

async fn entries(State(journal): State<Arc<Journal>>, Query(Since { from }): Query<Since>) -> Json<Vec<Entry>> {
    Json(journal.since(from))
}

/// The page's own script stands in it; nobody else may frame it, and it talks to nobody else.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; \
                           connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const MAIL_POLICY: &str = "default-src 'none'; img-src 'self' https:; style-src 'unsafe-inline'; base-uri 'none'; \
                           form-action 'none'; frame-ancestors 'self'; sandbox allow-popups";

async fn html(State(journal): State<Arc<Journal>>, Path(number): Path<usize>) -> Result<Response, StatusCode> {
    let message = journal.message(number).ok_or(StatusCode::NOT_FOUND)?;
    let email = email(&message)?;
    // A mail client finds the picture among the parts of the mail; the browser asks us for it.
    let shown = email.inline.iter().fold(email.html.clone(), |html, part| {
        html.replace(&format!("cid:{}", part.content_id), &format!("parts/{}", part.content_id))
    });
    Ok(([(header::CONTENT_SECURITY_POLICY, MAIL_POLICY)], Html(shown)).into_response())
}

async fn source(State(journal): State<Arc<Journal>>, Path(number): Path<usize>) -> Result<Response, StatusCode> {
    let message = journal.message(number).ok_or(StatusCode::NOT_FOUND)?;
    let mime = email(&message)?.to_mime().map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], mime.bytes).into_response())
}

async fn part(
    State(journal): State<Arc<Journal>>,
    Path((number, content_id)): Path<(usize, String)>,
) -> Result<Response, StatusCode> {
    let message = journal.message(number).ok_or(StatusCode::NOT_FOUND)?;
    let part = email(&message)?.inline.iter().find(|part| part.content_id == content_id);
    let part = part.ok_or(StatusCode::NOT_FOUND)?;
    Ok(([(header::CONTENT_TYPE, part.content_type)], part.bytes.clone()).into_response())
}

fn email(message: &Message) -> Result<&Email, StatusCode> {
    match message {
        Message::Email(email) => Ok(email),
        Message::Push(_) => Err(StatusCode::NOT_FOUND),
    }
}
