//! The demo's inbox page, on localhost only. It shows; nothing can be changed through it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::get;
use serde::Deserialize;
use tokio::net::TcpListener;

use super::journal::{Entry, Journal};
use crate::message::{Email, Message};
use crate::shutdown::Shutdown;
use crate::web;

/// Serves the page until a shutdown is requested.
pub(super) async fn serve(listener: TcpListener, journal: Arc<Journal>, shutdown: &Shutdown) -> std::io::Result<()> {
    let router = Router::new()
        .route("/", get(async || Html(include_str!("page.html"))))
        .route("/entries", get(entries))
        .route("/messages/{number}/html", get(html))
        .route("/messages/{number}/source", get(source))
        .route("/messages/{number}/parts/{content_id}", get(part))
        .with_state(journal);
    web::serve(listener, router, PAGE_POLICY, shutdown).await
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

async fn html(State(journal): State<Arc<Journal>>, Path(number): Path<usize>) -> Result<Response, StatusCode> {
    let message = journal.message(number).ok_or(StatusCode::NOT_FOUND)?;
    let email = email(&message)?;
    // A mail client finds the picture among the parts of the mail; the browser asks us for it.
    let shown = email.inline.iter().fold(email.html.clone(), |html, part| {
        html.replace(&format!("cid:{}", part.content_id), &format!("parts/{}", part.content_id))
    });
    Ok(([(header::CONTENT_SECURITY_POLICY, web::MAIL_POLICY)], Html(shown)).into_response())
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
