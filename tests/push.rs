//! The carriers of pushes against software of other makers: a token endpoint and a push service that verify our signatures with
//! `PyJWT` and speak HTTP/2 with `h2`, Google's own description of FCM, a browser that decrypts.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a failure here is a failed test")]

#[path = "support/http.rs"]
mod http;
#[path = "support/peer.rs"]
mod peer;
#[path = "support/mod.rs"]
mod support;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use dashlight::clock::SystemClock;
use dashlight::config::{Config, Rotating, Secret};
use dashlight::event::Device;
use dashlight::ledger::DispatchId;
use dashlight::message::{About, Message, Push};
use dashlight::policy::Channel;
use dashlight::transport::{self, SendError, Transport};
use futures_util::future::join_all;
use serde_json::{Value, json};
use support::{project, shipped_config};

const KEY_ID: &str = "ABC123DEFG";
const TEAM_ID: &str = "DEF123GHIJ";
const TOPIC: &str = "com.chargeup.app";
const ISSUER: &str = "push@chargeup-1.iam.gserviceaccount.example";

/// Somebody else's program; it ends with this value.
struct Program {
    child: Child,
    stdout: BufReader<ChildStdout>,
    dir: tempfile::TempDir,
}

impl Program {
    /// A Python script of `tests/support` that records what it takes over.
    fn python(name: &str, arguments: &[&str]) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new(peer::named("DASHLIGHT_TEST_PYTHON")?);
        command.args(["-W", "ignore"]).arg(project(&format!("tests/support/{name}")));
        command.arg("--record").arg(dir.path().join("record.ndjson")).args(arguments);
        Some(Self::start(command, dir))
    }

    fn start(mut command: Command, dir: tempfile::TempDir) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout, dir }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    fn port(&mut self) -> u16 {
        let line = self.line();
        line.trim()
            .rsplit(' ')
            .next()
            .and_then(|port| port.parse().ok())
            .unwrap_or_else(|| panic!("no port in {line:?}"))
    }

    fn record(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.dir.path().join("record.ndjson")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn key(name: &str) -> PathBuf {
    project("tests/fixtures/keys").join(name)
}

fn secret(path: &Path) -> Secret {
    Secret::new(std::fs::read_to_string(path).unwrap())
}

fn named(name: &str, config: &Config) -> Arc<dyn Transport> {
    transport::named(Channel::Push, name, config, &(Arc::new(SystemClock) as _))
        .unwrap_or_else(|fault| panic!("{fault:?}"))
}

fn push(number: usize, device: Device, body: &str) -> Message {
    Message::Push(Push {
        id: DispatchId::from_stored(format!("00000000-0000-8000-8000-{number:012}")),
        device,
        title: "Reconnect your Škoda 🚗".to_owned(),
        body: body.to_owned(),
        link: Some("https://chargeup.example/fix?car=1&via=push".to_owned()),
        collapse_key: "0123456789abcdef0123456789abcdef".to_owned(),
        expires_at: jiff::Timestamp::from_second(jiff_now() + 3_600).unwrap(),
        high_priority: true,
        locale: "de".to_owned(),
        about: About {
            resolved: false,
            kind: "CONNECTED_SERVICES_ACCOUNT".to_owned(),
            code: Some("AUTHENTICATION_FAILED".to_owned()),
            vehicle: Some("36ab27d0-fd9d-4455-823a-ce30af709ffc".to_owned()),
        },
    })
}

fn jiff_now() -> i64 {
    use dashlight::clock::Clock as _;
    SystemClock.now().as_second()
}

/// Longer than any push may be, in letters of every length.
fn endless() -> String {
    "Ihr Škoda 👩‍👩‍👧‍👦 ist „getrennt“.\n".repeat(300)
}

fn apple(arguments: &[&str]) -> Option<(Program, Arc<dyn Transport>, u16)> {
    let certificates = tempfile::tempdir().unwrap();
    let certificate = certificates.path().join("apple.pem");
    let public = key("es256-public.pem");
    let mut all = vec!["--certificate", certificate.to_str()?, "--public-key", public.to_str()?];
    all.extend(["--key-id", KEY_ID, "--team-id", TEAM_ID, "--topic", TOPIC]);
    all.extend(arguments);
    let mut program = Program::python("apns_server.py", &all)?;
    let port = program.port();
    let mut config = shipped_config();
    // What is read of it is read when the transport is made.
    config.network.ca_file = Some(certificate.clone());
    let apns = &mut config.carriers.apns;
    apns.signing_key = Some(Rotating::given(secret(&key("es256.p8")).expose()));
    apns.key_id = Some(Rotating::given(KEY_ID));
    (apns.team_id, apns.topic) = (Some(TEAM_ID.into()), Some(TOPIC.into()));
    apns.endpoint = Some(format!("https://localhost:{port}"));
    let transport = named("apns", &config);
    std::fs::copy(&certificate, program.dir.path().join("apple.pem")).unwrap();
    Some((program, transport, port))
}

fn iphone(number: usize) -> Device {
    Device::Apns { token: format!("{number:064x}") }
}

#[tokio::test]
async fn apple_takes_a_crowd_over_one_connection_that_waits_to_be_let_in() {
    let Some((apple, apns, _)) = apple(&[]) else { return };
    let messages: Vec<_> = (1..=200).map(|number| push(number, iphone(number), "Sign in again.")).collect();
    for sent in join_all(messages.iter().map(|message| apns.send(message))).await {
        assert!(sent.unwrap().provider_id.is_some_and(|id| id.starts_with("00000000-0000-8000-8000-")));
    }
    let taken = apple.record();
    assert_eq!(taken.len(), 200);
    assert!(taken.iter().all(|line| line["connection"] == 1), "one connection, many streams");
    let headers = &taken[0]["headers"];
    assert_eq!(
        (headers["apns-topic"].as_str(), headers["apns-push-type"].as_str(), headers["apns-priority"].as_str()),
        (Some(TOPIC), Some("alert"), Some("10"))
    );
    assert_eq!(headers["apns-collapse-id"], "0123456789abcdef0123456789abcdef");
    let left = headers["apns-expiration"].as_str().unwrap().parse::<i64>().unwrap() - jiff_now();
    assert!((3_000..=3_600).contains(&left), "{left}");
    assert_eq!(taken[0]["payload"]["aps"]["alert"]["body"], "Sign in again.");
    assert_eq!(taken[0]["payload"]["dashlight"]["vehicle"], "36ab27d0-fd9d-4455-823a-ce30af709ffc");
}

#[tokio::test]
async fn apple_refuses_a_device_and_not_its_neighbours() {
    let Some((apple, apns, _)) = apple(&[]) else { return };
    let send = async |token: &str| {
        let token = format!("{token}{}", "1".repeat(64 - token.len()));
        apns.send(&push(1, Device::Apns { token }, &endless())).await
    };
    // As long as `apns.environment` may be wrong, every token may be one of the other environment's.
    for token in ["bada", "bada", "badb", "bada"] {
        let undecided = send(token).await;
        assert!(matches!(undecided, Err(SendError::Transient { .. })), "{undecided:?}");
    }
    assert!(matches!(send("b5ee").await, Err(SendError::Transient { .. })));
    assert!(matches!(send("5e11").await, Err(SendError::Unavailable { .. })));
    assert!(matches!(send("badc").await, Err(SendError::Misconfigured { .. })));
    assert_eq!(
        send("dead").await,
        Err(SendError::AddressInvalid { detail: "410 Unregistered since 2025-11-27T00:00:00Z".into() })
    );
    assert!(matches!(send("badc").await, Err(SendError::AddressInvalid { .. })), "Apple knows devices here");
    send("a").await.unwrap();
    assert!(matches!(send("bad").await, Err(SendError::AddressInvalid { .. })));
    let taken = apple.record();
    assert_eq!(taken.len(), 1);
    assert!(taken[0]["payload"]["aps"]["alert"]["body"].as_str().unwrap().ends_with('…'));
    assert_eq!(apns.probe().await.unwrap(), format!("the key may send for `{TOPIC}`"));
}

#[tokio::test]
async fn a_new_token_that_apple_calls_expired_is_not_signed_anew_for_each_message() {
    // It would take a second token, but a wrong clock of ours would make none better.
    let Some((apple, apns, _)) = apple(&["--first-token-expired"]) else { return };
    for number in 0..3 {
        let refused = apns.send(&push(number, iphone(1), "Sign in again.")).await.unwrap_err();
        assert!(
            matches!(&refused, SendError::Misconfigured { detail } if detail.contains("clock is off; set it")),
            "{refused:?}"
        );
    }
    assert!(apple.record().is_empty());
}

/// Apple, who takes the key `id` alone and knows no token that begins with `bad`.
fn apple_takes(id: &'static str) -> impl Fn(&http::Request) -> http::Answer + Send + Sync {
    move |request| {
        let token = request.header("authorization").and_then(|token| token.strip_prefix("bearer ")).unwrap_or_default();
        let header = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap_or_default()).unwrap_or_default();
        let header: Value = serde_json::from_slice(&header).unwrap_or_default();
        match (header["kid"] == id, request.path.starts_with("/3/device/bad")) {
            (false, _) => http::Answer::reply(403, r#"{"reason":"InvalidProviderToken"}"#),
            (true, true) => http::Answer::reply(400, r#"{"reason":"BadDeviceToken"}"#),
            (true, false) => http::Answer::reply(200, ""),
        }
    }
}

#[tokio::test]
async fn what_apple_has_taught_outlives_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key-id");
    std::fs::write(&file, KEY_ID).unwrap();
    let server = http::HttpServer::start(apple_takes(KEY_ID));
    let mut config = shipped_config();
    let apns = &mut config.carriers.apns;
    apns.signing_key = Some(Rotating::given(secret(&key("es256.p8")).expose()));
    apns.key_id = Some(Rotating { first: Secret::new(KEY_ID), file: Some(file.clone()) });
    (apns.team_id, apns.topic) = (Some(TEAM_ID.into()), Some(TOPIC.into()));
    apns.endpoint = Some(server.url());
    let apns = named("apns", &config);
    let stranger = push(2, Device::Apns { token: "bada".into() }, "x");
    assert!(matches!(apns.send(&stranger).await, Err(SendError::Transient { .. })));
    apns.send(&push(1, iphone(1), "x")).await.unwrap();

    std::fs::write(&file, "NEWKEY1234").unwrap();
    server.set(apple_takes("NEWKEY1234"));
    let told = apns.send(&stranger).await;
    assert!(matches!(told, Err(SendError::AddressInvalid { .. })), "{told:?}");
}

#[tokio::test]
async fn a_key_of_another_team_is_a_fault_of_the_configuration() {
    let Some((_apple, apns, _)) = apple(&["--team-id", "ZZZZZZZZZZ"]) else { return };
    for told in [apns.send(&push(1, iphone(1), "x")).await.map(|_| ()), apns.probe().await.map(|_| ())] {
        let Err(SendError::Misconfigured { detail }) = told else { panic!("{told:?}") };
        assert!(detail.contains("look at `apns.signing_key`"), "{detail}");
    }
}

/// The push service of these tests is itself held against a client that we did not write.
#[tokio::test]
async fn apple_takes_what_another_client_sends() {
    let Some((apple, _, port)) = apple(&[]) else { return };
    let Some(mut node) = node("apns_client.cjs") else { return };
    let told = node
        .arg(port.to_string())
        .arg(key("es256.p8"))
        .args([KEY_ID, TEAM_ID, TOPIC, &"a".repeat(64), &format!("dead{}", "0".repeat(60))])
        .env("NODE_EXTRA_CA_CERTS", apple.dir.path().join("apple.pem"))
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&told.stdout).unwrap_or_else(|_| panic!("{told:?}"));
    assert_eq!(told["sent"][0]["device"], "a".repeat(64), "{told}");
    assert_eq!(told["failed"][0]["response"]["reason"], "Unregistered", "{told}");
    assert_eq!(apple.record()[0]["headers"]["apns-collapse-id"], "kia");
}

fn google() -> Option<(Program, Arc<dyn Transport>)> {
    let public = key("rs256-public.pem");
    let arguments = ["--public-key", public.to_str()?, "--issuer", ISSUER, "--project", "chargeup-1"];
    let mut program = Program::python("google_server.py", &arguments)?;
    let url = format!("http://127.0.0.1:{}", program.port());
    let account = json!({
        "type": "service_account",
        "project_id": "chargeup-1",
        "private_key_id": "k1",
        "private_key": secret(&key("rs256.pem")).expose(),
        "client_email": ISSUER,
        "token_uri": "https://oauth2.googleapis.com/token",
    });
    let mut config = shipped_config();
    let fcm = &mut config.carriers.fcm;
    fcm.service_account = Some(Rotating::given(account.to_string()));
    fcm.token_endpoint = Some(format!("{url}/token"));
    fcm.endpoint = Some(url);
    Some((program, named("fcm", &config)))
}

#[tokio::test]
async fn google_takes_our_assertion_and_every_message_is_as_its_description_says() {
    let Some(description) = peer::named("DASHLIGHT_TEST_FCM_DESCRIPTION") else { return };
    let Some((google, fcm)) = google() else { return };
    fcm.probe().await.unwrap();
    for (number, body) in ["Sign in again.", &endless()].into_iter().enumerate() {
        for (token, fid) in [(Some("token"), None), (None, Some("installation"))] {
            let device = Device::Fcm { token: token.map(str::to_owned), fid: fid.map(str::to_owned) };
            fcm.send(&push(number, device, body)).await.unwrap();
        }
    }
    let gone = Device::Fcm { token: Some("gone-with-the-phone".into()), fid: None };
    let told = fcm.send(&push(9, gone, "x")).await;
    assert!(matches!(told, Err(SendError::AddressInvalid { .. })), "{told:?}");

    let valid = jsonschema::validator_for(&schema(&description)).unwrap();
    let taken = google.record();
    assert_eq!(taken.len(), 5);
    for request in &taken {
        let faults: Vec<String> =
            valid.iter_errors(request).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        assert!(faults.is_empty(), "{faults:#?}\n{request:#}");
    }
    // The referee whistles.
    let mut wrong = taken[1].clone();
    wrong["message"]["android"]["priority"] = "URGENT".into();
    wrong["message"]["tokn"] = "x".into();
    assert_eq!(valid.iter_errors(&wrong).count(), 2);
}

/// Google's description of the request as JSON Schema: its types are named, and what it does not know is refused.
fn schema(description: &str) -> Value {
    fn strict(value: &mut Value) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(name)) = object.get_mut("$ref") {
                    *name = format!("#/schemas/{name}");
                }
                // Durations and numbers as text are described by formats of Google's own.
                object.remove("format");
                object.remove("id");
                if object.contains_key("properties") {
                    object.insert("additionalProperties".into(), false.into());
                }
                // `any` is what a schema says by saying nothing.
                if object.get("type").is_some_and(|kind| kind == "any") {
                    object.remove("type");
                }
                object.values_mut().for_each(strict);
            }
            Value::Array(items) => items.iter_mut().for_each(strict),
            _ => {}
        }
    }
    let description: Value = serde_json::from_str(&std::fs::read_to_string(description).unwrap()).unwrap();
    let mut schemas = description["schemas"].clone();
    strict(&mut schemas);
    json!({ "$ref": "#/schemas/SendMessageRequest", "schemas": schemas })
}

fn node(script: &str) -> Option<Command> {
    let modules = peer::named("DASHLIGHT_TEST_NODE_MODULES")?;
    let mut command = Command::new("node");
    command.arg(project(&format!("tests/support/{script}"))).env("NODE_PATH", modules);
    Some(command)
}

/// What a browser says to its push service, and what the service says to us.
async fn ask(url: &str, form: &str) -> Value {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap();
    let request = client.post(url).header("content-type", "application/x-www-form-urlencoded").body(form.to_owned());
    serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap_or_default()
}

#[tokio::test]
async fn a_browser_reads_what_we_encrypt_and_nobody_else_s_key_will_do() {
    let port = peer::free_port();
    let Some(mut command) = node("push_service.cjs") else { return };
    command.arg(port.to_string());
    let mut service = Program::start(command, tempfile::tempdir().unwrap());
    assert_eq!(service.port(), port);
    let url = format!("http://localhost:{port}");

    let public_key = std::fs::read_to_string(key("vapid-public-key")).unwrap();
    let mut config = shipped_config();
    let webpush = &mut config.carriers.webpush;
    webpush.private_key = Some(Rotating::given(secret(&key("es256.p8")).expose()));
    webpush.public_key = Some(public_key.trim().to_owned());
    webpush.subject = Some("mailto:push@chargeup.example".into());
    webpush.trusted_origins = vec![url.clone()];
    let transport = named("webpush", &config);
    transport.probe().await.unwrap();

    let subscribe = async |form: &str| ask(&format!("{url}/subscribe"), form).await["data"].clone();
    let device = |subscription: &Value| Device::Webpush {
        endpoint: subscription["endpoint"].as_str().unwrap().to_owned(),
        p256dh: subscription["keys"]["p256dh"].as_str().unwrap().to_owned(),
        auth: subscription["keys"]["auth"].as_str().unwrap().to_owned(),
    };
    let browser = subscribe(&format!("userVisibleOnly=true&applicationServerKey={}", public_key.trim())).await;
    transport.send(&push(1, device(&browser), "Sign in again.")).await.unwrap();
    transport.send(&push(2, device(&browser), &endless())).await.unwrap();

    let hash = browser["clientHash"].as_str().unwrap();
    let read =
        ask(&format!("{url}/get-notifications"), &format!("clientHash={hash}")).await["data"]["messages"].clone();
    let read: Vec<Value> =
        read.as_array().unwrap().iter().map(|text| serde_json::from_str(text.as_str().unwrap()).unwrap()).collect();
    assert_eq!(read[0]["notification"]["body"], "Sign in again.");
    assert_eq!(read[0]["notification"]["navigate"], "https://chargeup.example/fix?car=1&via=push");
    assert!(read[1]["notification"]["body"].as_str().unwrap().ends_with('…'));
    assert!((3_900..=3_993).contains(&read[1].to_string().len()), "{}", read[1].to_string().len());

    ask(&format!("{url}/expire-subscription/{hash}"), "").await;
    let gone = transport.send(&push(3, device(&browser), "x")).await;
    assert!(matches!(gone, Err(SendError::AddressInvalid { .. })), "{gone:?}");
    // Subscribed with the key of another app.
    let other = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    let stranger = subscribe(&format!("userVisibleOnly=true&applicationServerKey={other}")).await;
    let refused = transport.send(&push(4, device(&stranger), "x")).await;
    assert!(matches!(refused, Err(SendError::Permanent { .. })), "{refused:?}");
}

const APPS_KEYS: [&str; 8] = [
    "--set",
    "apns.signing_key_file=tests/fixtures/keys/es256.p8",
    "--set",
    "apns.key_id=ABC123DEFG",
    "--set",
    "apns.team_id=DEF123GHIJ",
    "--set",
    "apns.topic=com.chargeup.app",
];

/// An owner with these devices and no mail address, in a file.
fn owner(dir: &Path, devices: &Value) -> PathBuf {
    let event = json!({
        "app": "chargeup",
        "recipient": { "id": "user-1", "locale": "en", "devices": devices },
        "vehicle": { "id": "car-1", "make": "KIA" },
        "error": { "type": "CONNECTED_SERVICES_ACCOUNT", "code": "AUTHENTICATION_FAILED" },
    });
    let file = dir.join("event.ndjson");
    std::fs::write(&file, format!("{event}\n")).unwrap();
    file
}

fn run(command: &str, file: &Path, arguments: &[&str]) -> String {
    let mut all = vec![command, "--config", "dashlight.toml"];
    all.extend(if command == "run" { vec!["--from", file.to_str().unwrap()] } else { vec![file.to_str().unwrap()] });
    all.extend(arguments);
    support::said(&support::dashlight(&all).output().unwrap())
}

#[test]
fn an_owner_s_devices_get_each_message_once() {
    let dir = tempfile::tempdir().unwrap();
    let web =
        json!({ "platform": "webpush", "endpoint": "https://push.example/1", "keys": { "p256dh": "p", "auth": "a" } });
    let phones = [json!({ "platform": "fcm", "token": "f" }), json!({ "platform": "apns", "token": "0a" })];
    let file = owner(dir.path(), &json!([phones[0], phones[1], web, phones[0], { "platform": "apns", "token": "0b" }]));
    let out = dir.path().join("out");
    for _ in 0..2 {
        run("run", &file, &["--outbox", out.to_str().unwrap()]);
        let files = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path());
        assert_eq!(files.filter(|file| file.extension().is_some_and(|end| end == "json")).count(), 4);
    }
}

#[test]
fn a_device_that_no_transport_leads_to_is_told_before_anything_is_sent() {
    let dir = tempfile::tempdir().unwrap();
    let fcm = json!({ "platform": "fcm", "token": "f" });
    let some = owner(dir.path(), &json!([fcm, { "platform": "apns", "token": "0a" }]));
    let arguments = [&["--set", "channels.push.transports=apns"], &APPS_KEYS[..]].concat();
    let told = run("explain", &some, &arguments);
    assert!(told.contains("push (to 1 of the event's 2 devices: no transport leads to those of `fcm`)"), "{told}");
    let none = owner(dir.path(), &json!([fcm]));
    let told = run("explain", &none, &arguments);
    assert!(told.contains("push (not possible: no transport leads to devices of `fcm`)"), "{told}");
    let ledger = format!("ledger.url=sqlite:{}", dir.path().join("ledger.db").display());
    let told = run("run", &none, &[&arguments[..], &["--set", &ledger]].concat());
    let reason = "no-address: the owner's devices are of `fcm`, to which no transport of `chargeup` leads; name one in \
                  `channels.push.transports`, or in `apps.chargeup.transports.push`";
    assert!(told.contains(reason), "{told}");

    // Who is reached otherwise is; the log tells of the device.
    let text = std::fs::read_to_string(&none).unwrap();
    std::fs::write(&none, text.replace("\"locale\"", "\"email\":\"anna@example.com\",\"locale\"")).unwrap();
    let out = format!("outbox.dir={}", dir.path().join("out").display());
    let email = ["--set", &ledger, "--set", "channels.email.transports=outbox", "--set", &out];
    let told = run("run", &none, &[&arguments[..], &email[..]].concat());
    let line = told
        .lines()
        .find(|line| line.contains("left out: devices that no transport of the app's pushes leads to"))
        .unwrap_or(&told);
    assert!(line.contains("platforms=\"`fcm`\"") && !line.contains("example.com"), "{told}");
}

#[test]
fn each_app_s_devices_are_those_that_its_own_transports_lead_to() {
    let dir = tempfile::tempdir().unwrap();
    let account = json!({
        "type": "service_account",
        "project_id": "ampwise-1",
        "private_key_id": "k",
        "private_key": std::fs::read_to_string(project("tests/fixtures/keys/rs256.pem")).unwrap(),
        "client_email": ISSUER,
        "token_uri": "https://127.0.0.1:1/token",
    });
    let key = dir.path().join("account.json");
    std::fs::write(&key, account.to_string()).unwrap();
    let settings = [
        "channels.push.transports=apns".to_owned(),
        "apps.ampwise.name=AmpWise".to_owned(),
        "apps.ampwise.client_id=8229df9f-91a0-4ff0-a1ae-a1f38ee24d08".to_owned(),
        "apps.ampwise.redirect_uri=https://ampwise.example/callback".to_owned(),
        "apps.ampwise.sender=hello@ampwise.example".to_owned(),
        "apps.ampwise.support_email=help@ampwise.example".to_owned(),
        "apps.ampwise.transports.push=fcm".to_owned(),
        format!("apps.ampwise.fcm.service_account_file={}", key.display()),
        format!("ledger.url=sqlite:{}", dir.path().join("ledger.db").display()),
    ];
    let settings = settings.iter().flat_map(|setting| ["--set", setting]);
    let arguments: Vec<&str> = APPS_KEYS.into_iter().chain(settings).collect();

    let fcm = json!({ "platform": "fcm", "token": "f" });
    let apns = json!({ "platform": "apns", "token": "0a" });
    let both = owner(dir.path(), &json!([fcm, apns]));
    let both_of_ampwise = std::fs::read_to_string(&both).unwrap().replace("\"chargeup\"", "\"ampwise\"");
    let left_out =
        |platform| format!("push (to 1 of the event's 2 devices: no transport leads to those of `{platform}`)");
    let told = run("explain", &both, &arguments);
    assert!(told.contains(&left_out("fcm")), "{told}");
    std::fs::write(&both, both_of_ampwise).unwrap();
    let told = run("explain", &both, &arguments);
    assert!(told.contains(&left_out("apns")), "{told}");

    for (app, device, platform) in [("chargeup", &fcm, "fcm"), ("ampwise", &apns, "apns")] {
        let none = owner(dir.path(), &json!([device]));
        let event = std::fs::read_to_string(&none).unwrap().replace("\"chargeup\"", &format!("\"{app}\""));
        std::fs::write(&none, event).unwrap();
        let told = run("run", &none, &arguments);
        let reason =
            format!("no-address: the owner's devices are of `{platform}`, to which no transport of `{app}` leads");
        assert!(told.contains(&reason), "{told}");
    }
}
