//! A directory behind an HTTP endpoint of the product's own: `GET`, answered with the `recipient` of a native event.
//!
//! An answer about one owner (unknown, malformed) holds for that owner; one about the endpoint (down, denied, no JSON)
//! is an error, for which events wait rather than fill the dead-letter queue.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Response, StatusCode, redirect};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::cache::Cache;
use super::{Directory, DirectoryError};
use crate::config::{self, Secret};
use crate::event::Recipient;

/// Bytes of an answer that are read.
const LONGEST_ANSWER: usize = 64 << 10;
/// Questions at once: a batch may hold hundreds of owners, and the endpoint is somebody's shop.
const CONCURRENCY: usize = 16;
/// No owner's id: what is asked about to see whether the endpoint works.
const NOBODY: &str = "dashlight-check";
/// All but the unreserved characters of RFC 3986, so that an id stays one segment or one value.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Asks an HTTP endpoint and remembers its answers for a while.
#[derive(Debug)]
pub struct HttpDirectory {
    client: Client,
    template: String,
    bearer: Option<Secret>,
    cache: Mutex<Cache>,
    turns: Semaphore,
}

impl HttpDirectory {
    /// `template` is a URL with `{app}` and `{id}`.
    ///
    /// # Errors
    /// When the HTTP client cannot be built.
    pub fn new(template: &str, config: &config::Directory) -> Result<Self, DirectoryError> {
        // The client wants the process's one provider; whoever installed it first is right.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .timeout(config.timeout)
            .connect_timeout(config.timeout)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("dashlight/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| DirectoryError::Unavailable(reason(&error)))?;
        let cache = Mutex::new(Cache::new(config.cache_ttl));
        Ok(Self {
            client,
            template: template.to_owned(),
            bearer: config.bearer.clone(),
            cache,
            turns: Semaphore::new(CONCURRENCY),
        })
    }

    async fn ask(&self, app: &str, id: &str) -> Result<Option<Recipient>, DirectoryError> {
        let encoded = |text| utf8_percent_encode(text, RESERVED).to_string();
        let url = self.template.replace("{app}", &encoded(app)).replace("{id}", &encoded(id));
        let mut request = self.client.get(url).header("accept", "application/json");
        if let Some(bearer) = &self.bearer {
            request = request.bearer_auth(bearer.expose());
        }
        let response = request.send().await.map_err(|error| DirectoryError::Unavailable(reason(&error)))?;
        match response.status() {
            StatusCode::OK => read(response, id).await,
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            status @ (StatusCode::BAD_REQUEST | StatusCode::URI_TOO_LONG | StatusCode::UNPROCESSABLE_ENTITY) => {
                tracing::warn!(%status, app, "the directory refuses an owner's id; the owner counts as unknown");
                Ok(None)
            }
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                Err(DirectoryError::Denied(format!("it answers {status}")))
            }
            status => Err(DirectoryError::Unavailable(format!("it answers {status}"))),
        }
    }
}

#[async_trait]
impl Directory for HttpDirectory {
    async fn find(&self, app: &str, recipient: &str) -> Result<Option<Recipient>, DirectoryError> {
        // A URL would swallow these as steps up its path, in any encoding.
        if matches!(recipient, "." | "..") {
            return Ok(None);
        }
        let key = (app.to_owned(), recipient.to_owned());
        let known = || self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(&key, Instant::now()).cloned();
        if let Some(answer) = known() {
            return Ok(answer);
        }
        // The semaphore is never closed. Whoever had to wait may find the answer that another has fetched.
        let _turn = self.turns.acquire().await;
        if let Some(answer) = known() {
            return Ok(answer);
        }
        let answer = self.ask(app, recipient).await?;
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).put(key, answer.clone(), Instant::now());
        Ok(answer)
    }

    async fn probe(&self, app: &str) -> Result<Option<Recipient>, DirectoryError> {
        self.ask(app, NOBODY).await
    }
}

async fn read(mut response: Response, id: &str) -> Result<Option<Recipient>, DirectoryError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| DirectoryError::Unavailable(reason(&error)))? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST_ANSWER {
            return unusable(&body, &format!("its answer is longer than {LONGEST_ANSWER} bytes"));
        }
    }
    let value = match serde_json::from_slice(&body) {
        Ok(serde_json::Value::Null) => return Ok(None),
        Ok(value) => value,
        Err(error) => return unusable(&body, &format!("its answer is not JSON (line {})", error.line())),
    };
    match Recipient::from_directory(value, id) {
        Ok(recipient) => Ok(Some(recipient)),
        Err(reject) => Ok(unknown(&reject.to_string())),
    }
}

/// What begins like an object is about this owner, whose neighbours must not wait for it; a page is about the endpoint.
fn unusable(body: &[u8], fault: &str) -> Result<Option<Recipient>, DirectoryError> {
    if body.trim_ascii_start().starts_with(b"{") {
        Ok(unknown(fault))
    } else {
        Err(DirectoryError::Unavailable(fault.to_owned()))
    }
}

fn unknown(fault: &str) -> Option<Recipient> {
    tracing::warn!(fault, "the directory's answer about an owner cannot be used; the owner counts as unknown");
    None
}

/// Why a request failed, without its URL, which names the owner.
fn reason(error: &reqwest::Error) -> String {
    let mut source: &dyn std::error::Error = error;
    while let Some(deeper) = source.source() {
        source = deeper;
    }
    if error.is_timeout() {
        "it does not answer in time".to_owned()
    } else if std::ptr::addr_eq(source, error) {
        "the request failed".to_owned()
    } else {
        source.to_string()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use axum::Router;
    use axum::extract::Request;
    use axum::http::header::AUTHORIZATION;
    use axum::response::{IntoResponse, Redirect};
    use tokio::net::TcpListener;

    use super::*;

    /// Serves one kind of answer for each path, and counts how often it was asked.
    async fn serve() -> (String, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let answer = move |request: Request| {
            counter.fetch_add(1, Ordering::SeqCst);
            let bearer = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
            let echo = format!(r#"{{"name":"{bearer}","email":"{}@example.com"}}"#, request.uri().path().len());
            let answer = match request.uri().path() {
                "/chargeup/unknown" => StatusCode::NOT_FOUND.into_response(),
                "/chargeup/refused" => StatusCode::BAD_REQUEST.into_response(),
                "/chargeup/down" => StatusCode::SERVICE_UNAVAILABLE.into_response(),
                "/chargeup/denied" => StatusCode::UNAUTHORIZED.into_response(),
                "/chargeup/moved" => Redirect::to("/chargeup/user-1").into_response(),
                "/chargeup/page" => "<html>".into_response(),
                "/chargeup/list" => "[]".into_response(),
                "/chargeup/null" | "/chargeup/dashlight-check" => "null".into_response(),
                "/chargeup/broken" => r#"{"email":"a@b\r\nBcc: c@d"}"#.into_response(),
                "/chargeup/long" => format!("{{\"name\":\"{}\"}}", "x".repeat(LONGEST_ANSWER)).into_response(),
                "/chargeup/deep" => format!("{{\"name\":{}", "[".repeat(10_000)).into_response(),
                "/chargeup/huge" => " ".repeat(LONGEST_ANSWER + 1).into_response(),
                "/chargeup/a%2F%3F%7Bid%7D%20b" => r#"{"locale":"da"}"#.into_response(),
                _ => echo.into_response(),
            };
            async { answer }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/{{app}}/{{id}}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        (url, asked)
    }

    fn directory(url: &str, cache_ttl: Duration) -> Arc<dyn Directory> {
        let config = config::Directory {
            url: Some(url.to_owned()),
            bearer: Some(Secret::new("token")),
            timeout: Duration::from_secs(10),
            cache_ttl,
        };
        super::super::from_config(&config).unwrap()
    }

    #[tokio::test]
    async fn an_owner_is_found_with_the_bearer_and_keeps_the_id_asked_for() {
        let (url, _) = serve().await;
        let owner = directory(&url, Duration::ZERO).find("chargeup", "user-1").await.unwrap().unwrap();
        assert_eq!((&*owner.id, owner.name.as_deref()), ("user-1", Some("Bearer token")));
        assert!(owner.email.is_some());
    }

    #[tokio::test]
    async fn an_id_stays_one_segment_of_the_path() {
        let (url, asked) = serve().await;
        let directory = directory(&url, Duration::ZERO);
        let owner = directory.find("chargeup", "a/?{id} b").await.unwrap().unwrap();
        assert_eq!(owner.locale.as_deref(), Some("da"));
        for id in [".", ".."] {
            assert_eq!(directory.find("chargeup", id).await.unwrap(), None);
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn an_answer_about_an_owner_holds_for_that_owner() {
        let (url, _) = serve().await;
        let directory = directory(&url, Duration::ZERO);
        for id in ["unknown", "refused", "null", "list", "broken", "long", "deep"] {
            assert_eq!(directory.find("chargeup", id).await.unwrap(), None, "{id}");
        }
    }

    #[tokio::test]
    async fn an_answer_about_the_endpoint_is_an_error() {
        let (url, _) = serve().await;
        let directory = directory(&url, Duration::ZERO);
        for (id, why) in
            [("down", "503"), ("denied", "401"), ("moved", "303"), ("page", "not JSON"), ("huge", "longer than")]
        {
            let error = directory.find("chargeup", id).await.unwrap_err().to_string();
            assert!(error.contains(why) && !error.contains("chargeup/"), "{error}");
        }
    }

    #[tokio::test]
    async fn an_endpoint_that_is_not_there_is_an_error_without_the_owner() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/{{app}}/{{id}}", listener.local_addr().unwrap());
        drop(listener);
        let error = directory(&url, Duration::ZERO).find("chargeup", "user-1").await.unwrap_err().to_string();
        assert!(error.contains("unavailable") && !error.contains("user-1"), "{error}");
    }

    #[tokio::test]
    async fn answers_are_remembered_also_when_they_are_no() {
        let (url, asked) = serve().await;
        let directory = directory(&url, Duration::from_hours(1));
        for id in ["user-1", "unknown", "user-1", "unknown"] {
            directory.find("chargeup", id).await.unwrap();
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        for _ in 0..2 {
            assert!(directory.find("chargeup", "down").await.is_err());
        }
        assert_eq!(asked.load(Ordering::SeqCst), 4, "a failure is not remembered");
    }

    #[tokio::test]
    async fn a_crowd_that_asks_about_one_owner_asks_hardly_more_than_once() {
        let (url, asked) = serve().await;
        let directory = directory(&url, Duration::from_hours(1));
        let crowd = (0..1_000).map(|_| directory.find("chargeup", "user-1"));
        futures_util::future::try_join_all(crowd).await.unwrap();
        assert!(asked.load(Ordering::SeqCst) <= CONCURRENCY, "{asked:?}");
    }

    #[tokio::test]
    async fn a_probe_asks_about_an_owner_who_cannot_exist() {
        let (url, asked) = serve().await;
        let known = directory(&url, Duration::from_hours(1));
        for _ in 0..2 {
            assert_eq!(known.probe("chargeup").await, Ok(None));
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2, "it is asked each time");
        let url = url.replace("{id}", "denied?{id}");
        let denied = directory(&url, Duration::ZERO).probe("chargeup").await.unwrap_err();
        assert!(matches!(denied, DirectoryError::Denied(_)), "{denied}");
    }

    #[tokio::test]
    async fn without_a_url_nobody_is_asked() {
        let directory = super::super::from_config(&config::Directory::default()).unwrap();
        assert_eq!(directory.find("chargeup", "user-1").await.unwrap(), None);
    }
}
