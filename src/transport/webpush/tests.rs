//! Web Push: its keys, its headers, and what becomes of a subscription that is somebody else's or nobody's.

use std::sync::Mutex;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

use super::*;
use crate::clock::ManualClock;
use crate::config::{Rotating, Secret};
use crate::transport::keys_for_tests::EC_PEM;
use crate::transport::pushes_for_tests::push_to;

const P256DH: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

fn public_key() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(SigningKey::es256(EC_PEM).unwrap().public())
}

fn config(trusted: &str) -> config::Webpush {
    config::Webpush {
        private_key: Some(Rotating::given(EC_PEM)),
        public_key: Some(public_key()),
        subject: Some("mailto:push@chargeup.example".into()),
        services: vec!["updates.push.example".into()],
        trusted_origins: vec![trusted.to_owned()],
        rate: None,
    }
}

fn webpush(config: &config::Webpush) -> Result<Webpush, SendError> {
    let seconds = Duration::from_secs(10);
    let network = Network { max_connections: 4, connect_timeout: seconds, timeout: seconds, ..Network::default() };
    Webpush::new(config, &network, &clock())
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(ManualClock::at("2026-11-30T23:59:00Z".parse::<Timestamp>().unwrap()))
}

/// A push service that answers with the status in the path, and tells what it was sent.
async fn service() -> (String, Arc<Mutex<Vec<HeaderMap>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let answer = async |State(seen): State<Arc<Mutex<Vec<HeaderMap>>>>, request: Request| {
        seen.lock().unwrap().push(request.headers().clone());
        request
            .uri()
            .path()
            .trim_start_matches('/')
            .parse::<u16>()
            .ok()
            .and_then(|status| StatusCode::from_u16(status).ok())
            .unwrap_or(StatusCode::OK)
    };
    let router = Router::new().fallback(answer).with_state(Arc::clone(&seen));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await });
    (url, seen)
}

fn to(endpoint: &str) -> Message {
    Message::Push(push_to(Device::Webpush { endpoint: endpoint.into(), p256dh: P256DH.into(), auth: AUTH.into() }))
}

#[tokio::test]
async fn a_request_says_who_we_are_how_urgent_it_is_and_until_when() {
    let (url, seen) = service().await;
    webpush(&config(&url)).unwrap().send(&to(&format!("{url}/201"))).await.unwrap();
    let headers = seen.lock().unwrap()[0].clone();
    let header = |name: &str| headers[name].to_str().unwrap();
    assert_eq!((header("ttl"), header("urgency"), header("topic")), ("60", "high", "kia"));
    assert_eq!((header("content-encoding"), header("content-type")), ("aes128gcm", "application/octet-stream"));
    let credentials = header("authorization").strip_prefix("vapid t=").unwrap();
    let (token, key) = credentials.split_once(", k=").unwrap();
    assert_eq!(key, public_key());
    let (message, signature) = token.rsplit_once('.').unwrap();
    let public = encryption::decode(key).unwrap();
    let signature = encryption::decode(signature).unwrap();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public).verify(message.as_bytes(), &signature).unwrap();
    let claims: Value =
        serde_json::from_slice(&encryption::decode(message.split_once('.').unwrap().1).unwrap()).unwrap();
    assert_eq!((claims["aud"].as_str(), claims["sub"].as_str()), (Some(&*url), Some("mailto:push@chargeup.example")));
    assert_eq!(claims["exp"], "2026-12-01T11:59:00Z".parse::<Timestamp>().unwrap().as_second());
}

#[tokio::test]
async fn a_refused_signature_is_our_fault_until_one_was_taken_and_never_the_subscriptions() {
    let (url, _) = service().await;
    let webpush = webpush(&config(&url)).unwrap();
    let send = async |status: u16| webpush.send(&to(&format!("{url}/{status}"))).await;
    assert!(
        matches!(send(403).await, Err(SendError::Misconfigured { detail }) if detail.contains("look at `webpush.private_key`"))
    );
    send(201).await.unwrap();
    assert!(matches!(send(403).await, Err(SendError::Transient { .. })));
}

#[tokio::test]
async fn a_service_that_minds_our_signature_when_another_took_it_stops_nobody_else() {
    let ((taking, _), (minding, _)) = (service().await, service().await);
    let mut config = config(&taking);
    config.trusted_origins.push(minding.clone());
    let webpush = webpush(&config).unwrap();
    webpush.send(&to(&format!("{taking}/201"))).await.unwrap();
    let minded = webpush.send(&to(&format!("{minding}/403"))).await;
    assert!(matches!(minded, Err(SendError::Transient { .. })), "{minded:?}");
}

#[tokio::test]
async fn a_subscription_that_is_gone_is_an_invalid_address_and_a_busy_service_is_not() {
    let (url, _) = service().await;
    let webpush = webpush(&config(&url)).unwrap();
    let send = async |status: u16| webpush.send(&to(&format!("{url}/{status}"))).await.unwrap_err();
    for status in [404, 410] {
        assert!(matches!(send(status).await, SendError::AddressInvalid { .. }), "{status}");
    }
    for status in [406, 429, 500, 503] {
        assert!(matches!(send(status).await, SendError::Transient { .. }), "{status}");
    }
    for status in [400, 413, 301] {
        assert!(matches!(send(status).await, SendError::Permanent { .. }), "{status}");
    }
}

#[tokio::test]
async fn an_endpoint_is_repeated_neither_whole_nor_in_part() {
    // A service that says what it was asked, as it was written and as it was meant, and names the subscription as the message.
    let answer = async |request: Request| {
        let asked = request.uri().path_and_query().unwrap().to_string();
        let meant = percent_encoding::percent_decode_str(&asked).decode_utf8_lossy().into_owned();
        let status = if asked.contains("accepted") { 201 } else { 400 };
        let location = ("location", format!("https://push.example{}", request.uri().path()));
        (StatusCode::from_u16(status).unwrap(), [location], format!("no {asked}, which is {meant}"))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    let webpush = webpush(&config(&url)).unwrap();
    let told =
        webpush.send(&to(&format!("{url}/w/refused1%2Ba:b2c3d4e5f6/?token=S3cr3t%3D%3D&x=1"))).await.unwrap_err();
    let told = told.to_string();
    for part in ["refused1", "b2c3d4e5f6", "S3cr3t", "/w/"] {
        assert!(!told.contains(part), "{told}");
    }
    assert!(told.contains("400 no <secret>"), "{told}");
    let accepted = webpush.send(&to(&format!("{url}/w/accepted9"))).await.unwrap();
    assert_eq!(accepted.provider_id, None);
}

#[tokio::test]
async fn nothing_is_sent_where_no_push_service_is() {
    let (url, seen) = service().await;
    let webpush = webpush(&config("http://127.0.0.1:1")).unwrap();
    for endpoint in [url.as_str(), "https://me:pw@updates.push.example/x", "https://10.0.0.1/", "gopher://x"] {
        let refused = webpush.send(&to(endpoint)).await.unwrap_err();
        assert!(matches!(refused, SendError::AddressInvalid { .. }), "{endpoint}: {refused:?}");
    }
    let unknown = webpush.send(&to("https://push.evil.example/x")).await.unwrap_err();
    assert_eq!(
        unknown,
        SendError::Permanent {
            detail:
                "`push.evil.example` is not a push service that `webpush.services` names; add it there if it is one"
                    .into()
        }
    );
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_push_service_whose_name_leads_home_is_not_dialled() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config("http://127.0.0.1:1");
    config.services.push("localhost".into());
    let refused = webpush(&config).unwrap().send(&to("https://localhost/x")).await.unwrap_err();
    assert!(matches!(&refused, SendError::Transient { detail, .. } if detail.contains(REFUSED)), "{refused:?}");
    drop(listener);
}

#[tokio::test]
async fn a_name_that_anybody_may_have_written_and_that_leads_home_is_not_tried_again() {
    let (url, seen) = service().await;
    let home = url.replace("127.0.0.1", "localhost");
    // The operator vouches for a port of this machine, and not for its others.
    let every = config::Webpush { services: vec!["*".to_owned()], ..config(&home) };
    let webpush = webpush(&every).unwrap();
    let refused = webpush.send(&to("https://localhost/x")).await.unwrap_err();
    assert!(
        matches!(&refused, SendError::Permanent { detail } if detail.contains(REFUSED) && detail.contains("trusted_origins")),
        "{refused:?}"
    );
    assert!(seen.lock().unwrap().is_empty());
    webpush.send(&to(&format!("{home}/201"))).await.unwrap();
    assert!(webpush.probe().await.unwrap().contains("is there"));
}

#[tokio::test]
async fn keys_of_a_subscription_that_are_none_cost_no_request() {
    let (url, seen) = service().await;
    let webpush = webpush(&config(&url)).unwrap();
    for (p256dh, auth) in [("x", AUTH), (P256DH, "x"), (AUTH, AUTH)] {
        let device = Device::Webpush { endpoint: format!("{url}/201"), p256dh: p256dh.into(), auth: auth.into() };
        let refused = webpush.send(&Message::Push(push_to(device))).await;
        assert!(matches!(refused, Err(SendError::AddressInvalid { .. })), "{refused:?}");
    }
    assert!(seen.lock().unwrap().is_empty());
}

#[test]
fn not_every_endpoint_is_asked_through_a_proxy_which_nobody_guards() {
    let every = config::Webpush { services: vec!["*".to_owned()], ..config("https://push.example") };
    let network = Network { proxy: Some(Secret::new("http://proxy.example:3128")), ..Network::default() };
    let told = Webpush::new(&every, &network, &clock()).map(drop).unwrap_err().to_string();
    assert!(told.contains("`webpush.services` is `*`"), "{told}");
    assert!(Webpush::new(&every, &Network::default(), &clock()).is_ok());
    assert!(Webpush::new(&config("https://push.example"), &network, &clock()).is_ok());
}

#[test]
fn a_key_pair_is_proven_at_the_start() {
    let fault = |change: fn(&mut config::Webpush)| {
        let mut config = config("http://127.0.0.1:1");
        change(&mut config);
        match webpush(&config).err() {
            Some(SendError::Misconfigured { detail }) => detail,
            other => panic!("{other:?}"),
        }
    };
    assert!(fault(|config| config.private_key = None).contains("`webpush.private_key` is not set"));
    assert!(fault(|config| config.public_key = Some("x".into())).starts_with("`webpush.public_key` is no key"));
    assert!(
        fault(|config| config.private_key = Some(Rotating::given("x"))).starts_with("`webpush.private_key` is no key")
    );
    assert!(fault(|config| config.public_key = Some(P256DH.into())).contains("are no pair"));
    // The private key of RFC 8291's browser.
    assert!(
        fault(|config| config.private_key = Some(Rotating::given("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")))
            .contains("are no pair")
    );
    let pair = config::Webpush {
        private_key: Some(Rotating::given("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")),
        public_key: Some(P256DH.into()),
        ..config("http://127.0.0.1:1")
    };
    assert!(webpush(&pair).is_ok());
}
