//! What src/transport/README.md shows is true: each of its configurations loads, and its transports can be set up; an app's own
//! are the app's.

#[path = "transports/example.rs"]
mod example;
#[path = "support/http.rs"]
mod http;
#[path = "support/smtp.rs"]
mod smtp;
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use dashlight::clock::{Clock, Dice, SystemClock};
use dashlight::config::{self, Config, Layers};
use dashlight::event::Device;
use dashlight::ledger::DispatchId;
use dashlight::message::{About, Message, Push};
use dashlight::policy::Channel;
use dashlight::transport::{self, Parcel, SendError, Transport as _};
use example::Pipe;
use http::{Answer, HttpServer};
use support::project;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// An app, where the document shows none.
const APP: &str = "\n[apps.chargeup]\nname = \"ChargeUp\"\nclient_id = \"c\"\nsender = \"hello@chargeup.example\"\n\
                   support_email = \"help@chargeup.example\"\n";

/// Everything that ships.
const TRANSPORTS: [&str; 11] = [
    "smtp",
    "ses",
    "sendgrid",
    "postmark",
    "resend",
    "fcm",
    "apns",
    "webpush",
    "outbox",
    "http.twilio",
    "http.webhook",
];

/// What `/run/secrets` holds.
fn secrets(folder: &Path) {
    let key = |name: &str| fs::read_to_string(project("tests/fixtures/keys").join(name)).unwrap();
    fs::write(folder.join("key"), "a-secret\n").unwrap();
    for (file, id) in [("firebase-key.json", "chargeup-1"), ("ampwise-firebase-key.json", "ampwise-2")] {
        let account = serde_json::json!({
            "type": "service_account", "project_id": id, "private_key": key("rs256.pem"),
            "client_email": format!("push@{id}.example"), "token_uri": "https://oauth2.googleapis.com/token",
        });
        fs::write(folder.join(file), account.to_string()).unwrap();
    }
    for name in ["AuthKey_ABC123DEFG.p8", "vapid-private-key"] {
        fs::write(folder.join(name), key("es256.p8")).unwrap();
    }
    fs::write(folder.join("client.pem"), key("es256-certificate.pem")).unwrap();
    fs::write(folder.join("client-key.pem"), key("es256.p8")).unwrap();
    fs::write(folder.join("dkim.pem"), key("rs256.pem")).unwrap();
}

/// Each configuration of the document, with its text.
fn shown(folder: &Path) -> Vec<(String, Config)> {
    secrets(folder);
    let document = fs::read_to_string(project("src/transport/README.md")).unwrap();
    let blocks = document.split("```toml\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    let load = |block: &str| {
        let file = folder.join("dashlight.toml");
        fs::write(&file, block.replace("/run/secrets", folder.to_str().unwrap()) + APP).unwrap();
        let layers = Layers { file: Some(file), ..Layers::default() };
        let config = config::load(&layers).unwrap_or_else(|faults| panic!("{block}\n{}", faults.render(false)));
        (block.to_owned(), config)
    };
    blocks.map(load).collect()
}

#[test]
fn each_configuration_of_the_document_sets_up_its_transports_and_each_transport_has_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut named = BTreeSet::new();
    for (block, config) in shown(folder.path()) {
        let faults = dashlight::app::transport_faults(&config);
        assert!(faults.is_empty(), "{block}\n{faults:?}");
        named.extend(config.channels.values().flat_map(|channel| channel.transports.clone()));
    }
    assert_eq!(named, TRANSPORTS.map(str::to_owned).into());
}

#[tokio::test]
async fn an_app_with_a_firebase_project_of_its_own_is_sent_through_that_one() {
    let folder = tempfile::tempdir().unwrap();
    let shown = shown(folder.path());
    let (_, mut config) = shown.into_iter().find(|(block, _)| block.contains("[apps.ampwise.fcm]")).unwrap();
    let google = HttpServer::start(|request| {
        if request.path == "/token" {
            // Each account is given a token of its own.
            let assertion = String::from_utf8_lossy(&request.body).into_owned();
            let claims = assertion.split('.').nth(1).unwrap_or_default().to_owned();
            return Answer::reply(200, serde_json::json!({ "access_token": claims, "expires_in": 3600 }).to_string());
        }
        Answer::reply(200, r#"{"name":"projects/p/messages/1"}"#)
    });
    let carriers = config.own.values_mut().map(|own| &mut own.carriers);
    for carriers in carriers.chain([&mut config.carriers]) {
        carriers.fcm.endpoint = Some(google.url());
        carriers.fcm.token_endpoint = Some(format!("{}/token", google.url()));
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let route = transport::build(Channel::Push, &config, &clock, &Arc::new(Dice::seeded(1)));
    let route = route.unwrap_or_else(|faults| panic!("{faults:?}")).unwrap();
    for app in ["chargeup", "ampwise", "chargeup"] {
        let message = push(Device::Fcm { token: Some("t".to_owned()), fid: None });
        let carried = route.send(Parcel { app, message: &message, only: None }, &()).await;
        assert_eq!((carried.transport.as_str(), carried.result.is_ok()), ("fcm", true), "{carried:?}");
    }
    let sent: Vec<_> = google.requests().into_iter().filter(|request| request.path != "/token").collect();
    let projects: Vec<_> = sent.iter().filter_map(|request| request.path.split('/').nth(3)).collect();
    assert_eq!(projects, ["chargeup-1", "ampwise-2", "chargeup-1"]);
    let tokens: Vec<_> = sent.iter().map(|request| request.header("authorization")).collect();
    assert!(tokens[0] == tokens[2] && tokens[0] != tokens[1], "each under its own account");
}

#[tokio::test]
async fn an_app_with_a_bundle_id_of_its_own_is_sent_under_that_topic() {
    let folder = tempfile::tempdir().unwrap();
    let shown = shown(folder.path());
    let (_, mut config) = shown.into_iter().find(|(block, _)| block.contains("[apps.ampwise.apns]")).unwrap();
    let apple = HttpServer::start(|_| Answer::reply(200, ""));
    let carriers = config.own.values_mut().map(|own| &mut own.carriers);
    for carriers in carriers.chain([&mut config.carriers]) {
        carriers.apns.endpoint = Some(apple.url());
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let route = transport::build(Channel::Push, &config, &clock, &Arc::new(Dice::seeded(1)));
    let route = route.unwrap_or_else(|faults| panic!("{faults:?}")).unwrap();
    for app in ["chargeup", "ampwise", "chargeup"] {
        let message = push(Device::Apns { token: "0123abcd".to_owned() });
        let carried = route.send(Parcel { app, message: &message, only: None }, &()).await;
        assert_eq!((carried.transport.as_str(), carried.result.is_ok()), ("apns", true), "{carried:?}");
    }
    let sent = apple.requests();
    let topics: Vec<_> = sent.iter().filter_map(|request| request.header("apns-topic")).collect();
    assert_eq!(topics, ["com.chargeup.app", "com.ampwise.app", "com.chargeup.app"]);
}

fn push(device: Device) -> Message {
    Message::Push(Push {
        id: DispatchId::from_stored("00000000-0000-8000-8000-000000000001".to_owned()),
        device,
        title: "Reconnect your Kia".to_owned(),
        body: "ChargeUp can no longer reach it.".to_owned(),
        link: None,
        collapse_key: "kia".to_owned(),
        expires_at: "2099-01-01T00:00:00Z".parse().unwrap(),
        high_priority: true,
        locale: "en".to_owned(),
        about: About { kind: "CONNECTED_SERVICES_ACCOUNT".to_owned(), code: None, vehicle: None, resolved: false },
    })
}

#[tokio::test]
async fn the_example_carries_a_mail() {
    let lines = include_str!("transports/example.rs").lines().count();
    assert!(lines < 80, "an example of {lines} lines is none");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let pipe = Pipe(listener.local_addr().expect("bound"));
    let server = tokio::spawn(async move {
        let (mut wire, _) = listener.accept().await.expect("a connection");
        let mut mail = Vec::new();
        wire.read_to_end(&mut mail).await.expect("a mail");
        wire.write_all(b"OK 17").await.expect("an answer");
        mail
    });
    let mail = smtp::mail_to("anna@example.com");
    let accepted = pipe.send(&Message::Email(mail.clone())).await.expect("accepted");
    assert_eq!(accepted.provider_id.as_deref(), Some("17"));
    assert_eq!(server.await.expect("the server"), mail.to_mime().expect("a mail").bytes);
    assert!(matches!(pipe.probe().await, Err(SendError::Unavailable { .. })), "it served once");
}
