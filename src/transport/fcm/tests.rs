//! FCM against a script of its answers: the token that all share, and what a refused one leads to.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::post;
use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::clock::ManualClock;
use crate::config::Rotating;
use crate::transport::keys_for_tests::RSA_PEM;
use crate::transport::pushes_for_tests::push_to;

/// A Firebase that gives out tokens `t1`, `t2`, …, takes none of `revoked`, and knows none of the devices in `gone`.
#[derive(Default)]
struct Firebase {
    given: AtomicUsize,
    grants: AtomicUsize,
    revoked: Mutex<Vec<String>>,
    gone: Mutex<Vec<String>>,
    denies: Mutex<Option<(u16, Value)>>,
    bodies: Mutex<Vec<Value>>,
}

async fn token(State(firebase): State<Arc<Firebase>>, request: Request) -> (StatusCode, String) {
    firebase.grants.fetch_add(1, Ordering::SeqCst);
    let body = axum::body::to_bytes(request.into_body(), 1 << 16).await.unwrap();
    assert!(body.starts_with(b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=ey"));
    if let Some((status, said)) = firebase.denies.lock().unwrap().clone() {
        return (StatusCode::from_u16(status).unwrap(), said.to_string());
    }
    let number = firebase.given.fetch_add(1, Ordering::SeqCst) + 1;
    (StatusCode::OK, json!({ "access_token": format!("t{number}"), "expires_in": 3599 }).to_string())
}

async fn send(State(firebase): State<Arc<Firebase>>, request: Request) -> (StatusCode, String) {
    let bearer = request.headers()["authorization"].to_str().unwrap().trim_start_matches("Bearer ").to_owned();
    if firebase.revoked.lock().unwrap().contains(&bearer) {
        return (StatusCode::UNAUTHORIZED, json!({ "error": { "status": "UNAUTHENTICATED" } }).to_string());
    }
    let body = axum::body::to_bytes(request.into_body(), 1 << 16).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let address = body["message"]["fid"].as_str().or(body["message"]["token"].as_str()).unwrap_or_default().to_owned();
    firebase.bodies.lock().unwrap().push(body);
    if firebase.gone.lock().unwrap().contains(&address) {
        let said = json!({ "error": { "status": "NOT_FOUND", "details": [{ "errorCode": "UNREGISTERED" }] } });
        return (StatusCode::NOT_FOUND, said.to_string());
    }
    (StatusCode::OK, json!({ "name": "projects/chargeup-1/messages/m1" }).to_string())
}

async fn firebase() -> (Arc<Firebase>, Fcm) {
    let firebase = Arc::new(Firebase::default());
    let router = Router::new()
        .route("/token", post(token))
        .route("/v1/projects/chargeup-1/messages:send", post(send))
        .with_state(Arc::clone(&firebase));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await });
    let account = json!({
        "type": "service_account", "project_id": "chargeup-1", "private_key_id": "k", "private_key": RSA_PEM,
        "client_email": "push@chargeup-1.example", "token_uri": "https://oauth2.example/token",
    });
    let config = config::Fcm {
        service_account: Some(Rotating::given(account.to_string())),
        token_endpoint: Some(format!("{url}/token")),
        endpoint: Some(url),
        ..config::Fcm::default()
    };
    let seconds = Duration::from_secs(10);
    let network = Network { max_connections: 8, connect_timeout: seconds, timeout: seconds, ..Network::default() };
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH));
    (firebase, Fcm::new(&config, &network, &clock).unwrap())
}

fn message(token: Option<&str>, fid: Option<&str>) -> Message {
    Message::Push(push_to(Device::Fcm { token: token.map(str::to_owned), fid: fid.map(str::to_owned) }))
}

#[tokio::test]
async fn a_crowd_shares_one_token() {
    let (firebase, fcm) = firebase().await;
    let message = message(Some("device"), None);
    for sent in join_all((0..50).map(|_| fcm.send(&message))).await {
        assert_eq!(sent.unwrap().provider_id.as_deref(), Some("m1"));
    }
    assert_eq!(firebase.grants.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_crowd_shares_one_refusal_and_the_next_asks_again() {
    let (firebase, fcm) = firebase().await;
    *firebase.denies.lock().unwrap() = Some((400, json!({ "error": "invalid_grant", "error_description": "gone" })));
    let message = message(Some("device"), None);
    for sent in join_all((0..50).map(|_| fcm.send(&message))).await {
        let Err(SendError::Misconfigured { detail }) = sent else { panic!("{sent:?}") };
        assert!(detail.contains("invalid_grant") && detail.contains("clock"), "{detail}");
    }
    assert_eq!(firebase.grants.load(Ordering::SeqCst), 1);
    *firebase.denies.lock().unwrap() = None;
    assert!(fcm.send(&message).await.is_ok(), "it heals");
}

#[tokio::test]
async fn a_token_endpoint_that_is_busy_is_asked_later() {
    let (firebase, fcm) = firebase().await;
    *firebase.denies.lock().unwrap() = Some((503, json!({})));
    let sent = fcm.send(&message(Some("device"), None)).await;
    assert!(matches!(sent, Err(SendError::Unavailable { .. })), "{sent:?}");
}

#[tokio::test]
async fn a_revoked_token_is_replaced_once() {
    let (firebase, fcm) = firebase().await;
    let message = message(Some("device"), None);
    fcm.send(&message).await.unwrap();
    firebase.revoked.lock().unwrap().push("t1".to_owned());
    fcm.send(&message).await.unwrap();
    assert_eq!(firebase.given.load(Ordering::SeqCst), 2);
    firebase.revoked.lock().unwrap().extend((2..9).map(|number| format!("t{number}")));
    let refused = fcm.send(&message).await;
    assert!(matches!(refused, Err(SendError::Misconfigured { .. })), "{refused:?}");
    assert_eq!(firebase.given.load(Ordering::SeqCst), 3, "no hot loop");
}

#[tokio::test]
async fn a_device_is_addressed_by_its_installation_where_it_tells_one() {
    let (firebase, fcm) = firebase().await;
    for (device, address) in
        [(message(Some("t"), None), "t"), (message(None, Some("f")), "f"), (message(Some("t"), Some("f")), "f")]
    {
        fcm.send(&device).await.unwrap();
        let Message::Push(push) = &device else { panic!("{device:?}") };
        assert_eq!(push.device.address(), address, "what is sent to is what it is known by");
    }
    let bodies = firebase.bodies.lock().unwrap();
    let addresses = bodies.iter().map(|body| (body["message"]["token"].as_str(), body["message"]["fid"].as_str()));
    assert_eq!(addresses.collect::<Vec<_>>(), [(Some("t"), None), (None, Some("f")), (None, Some("f"))]);
}

#[tokio::test]
async fn an_installation_that_is_gone_takes_no_other_address_of_the_device_with_it() {
    let (firebase, fcm) = firebase().await;
    let dead = async |fcm: &Fcm, token: Option<&str>, fid: Option<&str>| {
        matches!(fcm.send(&message(token, fid)).await, Err(SendError::AddressInvalid { .. }))
    };
    firebase.gone.lock().unwrap().extend(["old installation".to_owned(), "old token".to_owned()]);
    assert!(dead(&fcm, Some("token"), Some("old installation")).await);
    assert!(!dead(&fcm, Some("token"), None).await);
    assert!(!dead(&fcm, Some("old token"), Some("new installation")).await, "nobody asks for its token");
    assert!(dead(&fcm, Some("old token"), None).await);
}

#[tokio::test]
async fn a_probe_is_looked_at_and_sent_to_nobody() {
    let (firebase, fcm) = firebase().await;
    assert_eq!(fcm.probe().await.unwrap(), "the service account may send for the project `chargeup-1`");
    assert_eq!(firebase.bodies.lock().unwrap()[0]["validateOnly"], true);
}

#[tokio::test]
async fn only_a_push_to_a_device_of_firebase_is_carried() {
    let (_, fcm) = firebase().await;
    let apple = Message::Push(push_to(Device::Apns { token: "0a".into() }));
    assert!(matches!(fcm.send(&apple).await, Err(SendError::Permanent { .. })));
    let nobody = fcm.send(&message(None, None)).await;
    assert!(matches!(nobody, Err(SendError::AddressInvalid { .. })), "{nobody:?}");
}
