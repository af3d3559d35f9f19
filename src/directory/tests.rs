use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::FutureExt;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::http::CONCURRENCY;
use super::question::LONGEST_ANSWER;
use super::*;
use crate::config::{self, Fields, Network, Rotating, Secret};
use crate::resilience::Pulse;

const HOUR: Duration = Duration::from_hours(1);

/// An endpoint on this machine, and how often it was asked.
struct Endpoint {
    url: String,
    asked: Arc<AtomicUsize>,
    /// While it is down it answers 503, whoever is asked about.
    down: watch::Sender<bool>,
}

impl Endpoint {
    async fn serve(answer: impl Fn(&Request) -> Response + Clone + Send + Sync + 'static) -> Self {
        let (asked, (down, is_down)) = (Arc::new(AtomicUsize::new(0)), watch::channel(false));
        let counter = Arc::clone(&asked);
        let answer = move |request: Request| {
            counter.fetch_add(1, Ordering::SeqCst);
            let down = *is_down.borrow();
            let answer = if down { StatusCode::SERVICE_UNAVAILABLE.into_response() } else { answer(&request) };
            async { answer }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/{{app}}/{{id}}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        Self { url, asked, down }
    }

    /// One kind of answer for each path.
    async fn of_all_kinds() -> Self {
        Self::serve(|request| {
            let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
            let (bearer, tenant) = (text(AUTHORIZATION.as_str()), text("x-tenant"));
            let echo =
                format!(r#"{{"name":"{bearer} {tenant}","email":"{}@example.com"}}"#, request.uri().path().len());
            match request.uri().path() {
                "/chargeup/unknown" => StatusCode::NOT_FOUND.into_response(),
                "/chargeup/said" => (StatusCode::NOT_FOUND, r#"{"error":"no such owner"}"#).into_response(),
                "/chargeup/lost" => (StatusCode::NOT_FOUND, "<html><h1>404 Not Found</h1>").into_response(),
                "/chargeup/unrouted" => (StatusCode::NOT_FOUND, "404 page not found\n").into_response(),
                "/chargeup/unmatched" => {
                    (StatusCode::NOT_FOUND, r#"{"message":"no Route matched with those values"}"#).into_response()
                }
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
                "/chargeup/nested" => {
                    r#"{"data":{"contact":{"mail":"anna@example.com"},"name":"Anna","email":"no"}}"#.into_response()
                }
                _ => echo.into_response(),
            }
        })
        .await
    }

    fn config(&self) -> config::Directory {
        config::Directory {
            url: Some(self.url.clone()),
            timeout: Duration::from_secs(10),
            cache_size: 1 << 20,
            ..config::Directory::default()
        }
    }

    /// That forgets at once.
    fn directory(&self) -> Arc<dyn Directory> {
        directory(&self.config())
    }

    fn remembered_for(&self, cache_ttl: Duration, stale_if_error: Duration) -> Arc<dyn Directory> {
        directory(&config::Directory { cache_ttl, negative_ttl: cache_ttl, stale_if_error, ..self.config() })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn is_down(&self, down: bool) {
        self.down.send_replace(down);
    }
}

fn directory(config: &config::Directory) -> Arc<dyn Directory> {
    let network = Network { connect_timeout: Duration::from_secs(10), ..Network::default() };
    super::from_config(config, &network, &Pulse::default()).unwrap()
}

#[tokio::test]
async fn an_owner_is_found_with_bearer_and_headers_and_keeps_the_id_asked_for() {
    let endpoint = Endpoint::of_all_kinds().await;
    let config = config::Directory {
        bearer: Some(Rotating::given("token")),
        headers: Some(Rotating::given("X-Tenant:volta")),
        ..endpoint.config()
    };
    let owner = directory(&config).find("chargeup", "user-1").await.unwrap().unwrap();
    assert_eq!((&*owner.id, owner.name.as_deref()), ("user-1", Some("Bearer token volta")));
    assert!(owner.email.is_some());
}

#[tokio::test]
async fn a_token_that_is_replaced_is_shown_at_the_next_question() {
    let endpoint = Endpoint::of_all_kinds().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let bearer = Some(Rotating { first: Secret::new("first"), file: Some(file.clone()) });
    let directory = directory(&config::Directory { bearer, ..endpoint.config() });
    let shown = async || directory.find("chargeup", "user-1").await.unwrap().unwrap().name.unwrap();
    std::fs::write(&file, "second\n").unwrap();
    assert_eq!(shown().await, "Bearer second");
    // As Kubernetes does it: another file takes the place of the first.
    std::fs::write(folder.path().join("next"), "third").unwrap();
    std::fs::rename(folder.path().join("next"), &file).unwrap();
    assert_eq!(shown().await, "Bearer third");
    std::fs::write(&file, "").unwrap();
    assert_eq!(shown().await, "Bearer third", "what was good last is shown while the file is being written");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(shown().await, "Bearer third");
    std::fs::write(&file, "fo\u{7f}ur").unwrap();
    let fault = directory.find("chargeup", "user-1").await.unwrap_err().to_string();
    assert!(fault.contains("`directory.bearer_file` holds what no header can hold"), "{fault}");
}

#[tokio::test]
async fn an_answer_of_another_shape_is_read_as_its_fields_are_named() {
    let endpoint = Endpoint::of_all_kinds().await;
    let fields = Fields { root: Some("/data".into()), email: Some("/contact/mail".into()), ..Fields::default() };
    let owner = directory(&config::Directory { fields, ..endpoint.config() }).find("chargeup", "nested").await;
    let owner = owner.unwrap().unwrap();
    assert_eq!((owner.email.as_deref(), owner.name.as_deref()), (Some("anna@example.com"), Some("Anna")));
}

#[tokio::test]
async fn an_id_stays_one_segment_of_the_path() {
    let endpoint = Endpoint::of_all_kinds().await;
    let directory = endpoint.directory();
    let owner = directory.find("chargeup", "a/?{id} b").await.unwrap().unwrap();
    assert_eq!(owner.locale.as_deref(), Some("da"));
    for id in [".", ".."] {
        assert_eq!(directory.find("chargeup", id).await.unwrap(), None);
    }
    assert_eq!(endpoint.asked(), 1);
}

#[tokio::test]
async fn an_answer_about_an_owner_holds_for_that_owner() {
    let endpoint = Endpoint::of_all_kinds().await;
    for id in ["unknown", "said", "refused", "null", "list", "broken", "long", "deep"] {
        assert_eq!(endpoint.directory().find("chargeup", id).await.unwrap(), None, "{id}");
    }
}

#[tokio::test]
async fn an_answer_about_the_endpoint_is_an_error() {
    let endpoint = Endpoint::of_all_kinds().await;
    for (id, why) in [
        ("down", "503"),
        ("denied", "401"),
        ("moved", "303"),
        ("page", "not JSON"),
        ("huge", "longer than"),
        ("lost", "404"),
        ("unrouted", "directory.unknown"),
        ("unmatched", "words of a gateway"),
    ] {
        let error = endpoint.directory().find("chargeup", id).await.unwrap_err().to_string();
        assert!(error.contains(why) && !error.contains("chargeup/"), "{error}");
    }
}

#[tokio::test]
async fn what_is_said_of_an_unknown_owner_can_be_told() {
    let endpoint = Endpoint::of_all_kinds().await;
    let unknown = vec!["/error=no such owner".into()];
    let directory = directory(&config::Directory { unknown, ..endpoint.config() });
    assert_eq!(directory.find("chargeup", "said").await.unwrap(), None);
    for id in ["unknown", "lost", "unrouted", "unmatched"] {
        let error = directory.find("chargeup", id).await.unwrap_err().to_string();
        assert!(error.contains("404") && error.contains("`directory.unknown`"), "{error}");
    }
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_an_error_without_the_owner() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/{{app}}/{{id}}", listener.local_addr().unwrap());
    drop(listener);
    let config = config::Directory { url: Some(url), timeout: Duration::from_secs(10), ..config::Directory::default() };
    let error = directory(&config).find("chargeup", "user-1").await.unwrap_err().to_string();
    assert!(error.contains("unavailable") && !error.contains("user-1"), "{error}");
}

#[tokio::test]
async fn the_proxy_of_the_network_is_asked_in_the_endpoints_place() {
    let proxy = Endpoint::of_all_kinds().await;
    let url = Some("http://owners.internal/chargeup/{id}".to_owned());
    let config = config::Directory { url, ..proxy.config() };
    let (through, _) = proxy.url.split_once("/{app}").unwrap();
    let network =
        Network { connect_timeout: Duration::from_secs(10), proxy: Some(Secret::new(through)), ..Network::default() };
    let owner =
        super::from_config(&config, &network, &Pulse::default()).unwrap().find("chargeup", "user-1").await.unwrap();
    assert!(owner.is_some() && proxy.asked() == 1);
}

#[tokio::test]
async fn answers_are_remembered_also_when_they_are_no() {
    let endpoint = Endpoint::of_all_kinds().await;
    let directory = endpoint.remembered_for(HOUR, Duration::ZERO);
    for id in ["user-1", "unknown", "user-1", "unknown"] {
        directory.find("chargeup", id).await.unwrap();
    }
    assert_eq!(endpoint.asked(), 2);
    for _ in 0..2 {
        assert!(directory.find("chargeup", "down").await.is_err());
    }
    assert_eq!(endpoint.asked(), 4, "a failure is not remembered");
}

#[tokio::test]
async fn that_an_owner_is_unknown_is_asked_again_where_it_counts() {
    let endpoint = Endpoint::of_all_kinds().await;
    let directory = endpoint.remembered_for(HOUR, Duration::ZERO);
    for _ in 0..2 {
        assert!(directory.find_again("chargeup", "user-1").await.unwrap().is_some());
        assert_eq!(directory.find("chargeup", "unknown").await, Ok(None));
    }
    assert_eq!(endpoint.asked(), 2);
    assert_eq!(directory.find_again("chargeup", "unknown").await, Ok(None));
    assert_eq!(endpoint.asked(), 3);
}

#[tokio::test]
async fn a_crowd_that_asks_about_one_owner_asks_once_even_without_a_memory() {
    let endpoint = Endpoint::of_all_kinds().await;
    let directory = endpoint.directory();
    let crowd = (0..1_000).map(|_| directory.find("chargeup", "user-1"));
    futures_util::future::try_join_all(crowd).await.unwrap();
    assert_eq!(endpoint.asked(), 1);
}

#[tokio::test]
async fn who_gives_up_waiting_leaves_nothing_behind_that_holds_up_the_others() {
    let endpoint = Endpoint::of_all_kinds().await;
    let directory = endpoint.directory();
    for round in 0..2 * CONCURRENCY {
        let id = format!("user-{}", round % 3);
        // Polled once: the question is begun, and dropped.
        assert!(directory.find("chargeup", &id).now_or_never().is_none());
    }
    for id in ["user-0", "user-1", "user-2"] {
        assert!(directory.find("chargeup", id).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn an_old_answer_stands_in_while_the_directory_is_down_and_no_longer() {
    let endpoint = Endpoint::of_all_kinds().await;
    let directory = endpoint.remembered_for(Duration::ZERO, HOUR);
    let known = directory.find("chargeup", "user-1").await.unwrap();
    assert_eq!(directory.find("chargeup", "unknown").await, Ok(None));
    endpoint.is_down(true);
    assert_eq!(directory.find("chargeup", "user-1").await.unwrap(), known);
    assert!(directory.find("chargeup", "user-2").await.is_err(), "of whom nothing is known");
    assert!(directory.find("chargeup", "unknown").await.is_err(), "that somebody is unknown is never old news");
    let asked = endpoint.asked();
    assert_eq!(directory.find("chargeup", "user-1").await.unwrap(), known);
    assert!(directory.find("chargeup", "user-3").await.is_err());
    assert_eq!(endpoint.asked(), asked, "after three failures it is left alone for a while");
    endpoint.is_down(false);
    let well = async || {
        while directory.find("chargeup", "user-2").await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), well()).await.expect("it is tried again");
    let asked = endpoint.asked();
    directory.find("chargeup", "user-1").await.unwrap();
    assert_eq!(endpoint.asked(), asked + 1, "well again");
}

#[tokio::test]
async fn an_owner_about_whom_it_fails_again_and_again_holds_up_no_other() {
    let endpoint = Endpoint::of_all_kinds().await;
    let pulse = Pulse::default();
    let network = Network { connect_timeout: Duration::from_secs(10), ..Network::default() };
    let directory = super::from_config(&endpoint.config(), &network, &pulse).unwrap();
    for _ in 0..10 {
        assert!(directory.find("chargeup", "down").await.is_err());
    }
    assert!(directory.find("chargeup", "user-1").await.unwrap().is_some());
    assert_eq!(pulse.ailment("the directory"), None);
    endpoint.is_down(true);
    for id in ["1", "2", "3"] {
        assert!(directory.find("chargeup", id).await.is_err());
    }
    assert!(pulse.ailment("the directory").is_some_and(|ailment| ailment.reason.contains("503")));
}

#[tokio::test]
async fn a_probe_asks_about_an_owner_who_cannot_exist() {
    let endpoint = Endpoint::of_all_kinds().await;
    let directory = endpoint.remembered_for(HOUR, HOUR);
    for _ in 0..2 {
        assert_eq!(directory.probe("chargeup").await, Ok(None));
    }
    assert_eq!(endpoint.asked(), 2, "it is asked each time");
    let url = Some(endpoint.url.replace("{id}", "denied?{id}"));
    let denied = self::directory(&config::Directory { url, ..endpoint.config() }).probe("chargeup").await;
    assert!(matches!(denied, Err(DirectoryError::Denied(_))), "{denied:?}");
}

#[tokio::test]
async fn without_a_url_nobody_is_asked() {
    assert_eq!(directory(&config::Directory::default()).find("chargeup", "user-1").await.unwrap(), None);
}
