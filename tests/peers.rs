//! What the software of other makers says to our requests: it verifies signatures and keys, which our own scripts take on trust.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a failure here is a failed test")]

#[path = "support/http.rs"]
mod http;
#[path = "support/smtp.rs"]
mod mail;
#[path = "support/mod.rs"]
mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dashlight::clock::SystemClock;
use dashlight::config::{Config, Rotating};
use dashlight::ledger::DispatchId;
use dashlight::message::Message;
use dashlight::policy::Channel;
use dashlight::transport::{self, SendError, Transport};
use http::{Answer, HttpServer, Request};
use mail::{mail_to, peer};
use serde_json::{Value, json};

fn named(name: &str, config: &Config) -> Arc<dyn Transport> {
    transport::named(Channel::Email, name, config, &(Arc::new(SystemClock) as _))
        .unwrap_or_else(|fault| panic!("{fault:?}"))
}

/// A program that says in its first line where it listens, and answers a line with a line.
struct Program {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    hello: Value,
}

impl Program {
    fn start(script: &str, arguments: &[&str]) -> Option<Self> {
        let mut child = Command::new(mail::python()?)
            .args(["-W", "ignore", &format!("{}/tests/support/{script}", env!("CARGO_MANIFEST_DIR"))])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python starts");
        let (input, output) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        let mut program = Self { child, input, output: BufReader::new(output), hello: Value::Null };
        program.hello = program.line();
        Some(program)
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it speaks");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line:?}"))
    }

    /// What it has taken over.
    fn taken(&mut self) -> Value {
        self.input.write_all(b"\n").expect("it listens");
        self.line()
    }

    fn text(&self, key: &str) -> String {
        self.hello[key].as_str().expect("a text").to_owned()
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.hello["port"])
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn moto_verifies_the_signature_and_takes_the_whole_mail() {
    let Some(mut moto) = Program::start("ses_server.py", &[]) else { return };
    let mut config = support::shipped_config();
    let ses = &mut config.carriers.ses;
    ses.region = Some("eu-central-1".to_owned());
    ses.access_key_id = Some(Rotating::given(moto.text("access_key_id")));
    ses.secret_access_key = Some(Rotating::given(moto.text("secret_access_key")));
    ses.endpoint = Some(moto.url());
    let sent = mail_to("anna@example.com");
    let accepted = named("ses", &config).send(&Message::Email(sent.clone())).await.expect("accepted");
    assert!(accepted.provider_id.is_some());
    let taken = moto.taken();
    assert_eq!(taken[0].as_str().map(str::as_bytes), Some(&sent.to_mime().unwrap().bytes[..]));

    let mut elsewhere = sent.clone();
    "cars@ampwise.example".clone_into(&mut elsewhere.from.address);
    let refused = named("ses", &config).send(&Message::Email(elsewhere)).await.unwrap_err();
    assert!(!matches!(refused, SendError::Unavailable { .. } | SendError::Unknown { .. }), "{refused:?}");

    config.carriers.ses.secret_access_key = Some(Rotating::given("guessed"));
    let denied = named("ses", &config).send(&Message::Email(sent)).await.unwrap_err();
    assert!(
        matches!(&denied, SendError::Misconfigured { detail } if detail.contains("ses.secret_access_key")),
        "{denied:?}"
    );
    assert_eq!(moto.taken().as_array().map(Vec::len), Some(1));
}

/// A server from npm, at a port of its own.
struct NodeServer {
    child: Child,
    port: u16,
}

impl NodeServer {
    fn start(script: &str, arguments: &[&str]) -> Option<Self> {
        let modules = peer::named("DASHLIGHT_TEST_NODE_MODULES")?;
        let port = peer::free_port();
        let child = Command::new("node")
            .arg(format!("{modules}/{script}"))
            .args(arguments)
            .args(["--port", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("node starts");
        let server = Self { child, port };
        let deadline = Instant::now() + Duration::from_mins(1);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "{script} does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        Some(server)
    }
}

impl Drop for NodeServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn emulate_sends_a_message_of_one_id_once() {
    let Some(emulate) = NodeServer::start("emulate/dist/index.js", &["start", "--service", "resend"]) else { return };
    let mut config = support::shipped_config();
    config.carriers.resend.api_key = Some(Rotating::given("test_token_admin"));
    config.carriers.resend.endpoint = Some(format!("http://127.0.0.1:{}", emulate.port));
    let resend = named("resend", &config);
    resend.probe().await.expect("the key is known");
    let first = resend.send(&Message::Email(mail_to("anna@example.com"))).await.expect("accepted");
    let again = resend.send(&Message::Email(mail_to("anna@example.com"))).await.expect("accepted");
    assert_eq!(first, again, "the same message, not a second one");

    let mut changed = mail_to("anna@example.com");
    changed.subject.push('!');
    let conflict = resend.send(&Message::Email(changed.clone())).await.unwrap_err();
    assert!(
        matches!(&conflict, SendError::Permanent { detail } if detail.contains("invalid_idempotent_request")),
        "{conflict:?}"
    );
    changed.id = DispatchId::from_stored("another".to_owned());
    assert_ne!(resend.send(&Message::Email(changed)).await.expect("accepted"), first);
}

const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[tokio::test]
async fn the_standard_webhooks_library_verifies_our_signature() {
    let Some(mut receiver) = Program::start("webhook_receiver.py", &[WEBHOOK_SECRET]) else { return };
    let mut config = support::shipped_config();
    let webhook = dashlight::config::Http {
        channel: Channel::Email,
        url: Some(receiver.url() + "/hook"),
        body: Some(r#"{"to": {{ message.to | json }}, "subject": {{ message.subject | json }}}"#.to_owned()),
        content_type: Some("application/json".to_owned()),
        signing_secret: Some(Rotating::given(WEBHOOK_SECRET)),
        ..dashlight::config::Http::default()
    };
    config.carriers.http.insert("hook".to_owned(), webhook.clone());
    let sent = mail_to("anna@example.com");
    named("http.hook", &config).send(&Message::Email(sent.clone())).await.expect("verified");
    assert_eq!(receiver.taken(), json!([{ "to": "anna@example.com", "subject": sent.subject }]));

    let forged = Rotating::given("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    config.carriers.http.insert("hook".to_owned(), dashlight::config::Http { signing_secret: Some(forged), ..webhook });
    let denied = named("http.hook", &config).send(&Message::Email(sent)).await.unwrap_err();
    assert!(matches!(denied, SendError::Misconfigured { .. }), "{denied:?}");
}

/// Prism, which holds every request against `SendGrid`'s own description of its API, and what `SendGrid` then says.
struct Prism(NodeServer);

/// What is said of a change, and the change.
type Change<'c> = (&'c str, &'c dyn Fn(&mut Value));

impl Prism {
    fn start() -> Option<Self> {
        let description = peer::named("DASHLIGHT_TEST_SENDGRID_DESCRIPTION")?;
        let arguments = ["mock", "--errors", "--multiprocess", "false", "--host", "127.0.0.1", &description];
        NodeServer::start("@stoplight/prism-cli/dist/index.js", &arguments).map(Self)
    }

    /// What it says to this request. `prefer`: the status that it should answer a good one with.
    fn ask(&self, request: &Request, prefer: Option<u16>) -> Answer {
        let mut wire = TcpStream::connect(("127.0.0.1", self.0.port)).expect("Prism listens");
        let Request { method, path, headers, body } = request;
        let mut head =
            format!("{method} {path} HTTP/1.0\r\nhost: api.sendgrid.com\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers.iter().filter(|(name, _)| name != "host" && name != "content-length") {
            head.extend([name.as_str(), ": ", value.as_str(), "\r\n"]);
        }
        if let Some(status) = prefer {
            head.extend(["prefer: code=", &status.to_string(), "\r\n"]);
        }
        wire.write_all(&[head.as_bytes(), b"\r\n", body].concat()).expect("Prism listens");
        let mut answer = String::new();
        wire.read_to_string(&mut answer).expect("Prism speaks");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer over HTTP");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let headers = head.lines().filter_map(|line| line.split_once(": "));
        let violations = headers.filter(|(name, _)| name.eq_ignore_ascii_case("sl-violations"));
        violations.fold(Answer::reply(status, body), |answer, (name, value)| answer.with(name, value))
    }
}

/// What is wrong with a request, as the description has it; `None` when it is good.
fn violations(answer: &Answer) -> Option<&str> {
    let Answer::Reply { headers, .. } = answer else { panic!("{answer:?}") };
    headers.first().map(|(_, value)| value.as_str())
}

/// `SendGrid` as its description has it, behind a door that keeps what comes in.
fn described(prism: &Arc<Prism>, prefer: Option<u16>) -> (HttpServer, Arc<dyn Transport>) {
    let prism = Arc::clone(prism);
    let server = HttpServer::start(move |request| prism.ask(request, prefer));
    let mut config = support::shipped_config();
    config.carriers.sendgrid.api_key = Some(Rotating::given("SG.key"));
    config.carriers.sendgrid.endpoint = Some(server.url());
    (server, named("sendgrid", &config))
}

#[tokio::test]
async fn sendgrids_own_description_takes_our_requests_and_no_spoilt_ones() {
    let Some(prism) = Prism::start().map(Arc::new) else { return };
    let (server, sendgrid) = described(&prism, None);
    sendgrid.probe().await.expect("it lists the key's scopes");
    // With all that a mail may have, and with as little.
    let full = mail_to("anna@example.com");
    let mut bare = full.clone();
    (bare.from.name, bare.to.name, bare.reply_to, bare.list_unsubscribe) = (None, None, None, None);
    bare.inline.clear();
    for mail in [full, bare] {
        sendgrid.send(&Message::Email(mail)).await.expect("as described");
    }
    let requests = server.requests();
    let (scopes, full, bare) = (&requests[0], &requests[1], &requests[2]);
    for good in [scopes, full, bare] {
        assert_eq!(violations(&prism.ask(good, None)), None);
    }
    // That it would have noticed.
    let spoilt = |change: &dyn Fn(&mut Value)| {
        let mut body = full.json();
        change(&mut body);
        prism.ask(&Request { body: body.to_string().into_bytes(), ..full.clone() }, None)
    };
    let changes: [Change<'_>; 7] = [
        ("required property 'from'", &|body| drop(body.as_object_mut().unwrap().remove("from"))),
        ("content.0.value", &|body| body["content"][0]["value"] = json!("")),
        ("reply_to.email", &|body| body["reply_to"]["email"] = json!("Anna")),
        ("attachments.0.disposition", &|body| body["attachments"][0]["disposition"] = json!("within")),
        ("'cid'", &|body| body["attachments"][0]["cid"] = json!("qr")),
        ("'replyTo'", &|body| body["replyTo"] = json!({ "email": "help@volta.example" })),
        ("'opens'", &|body| body["tracking_settings"]["opens"] = json!({ "enable": false })),
    ];
    for (what, change) in changes {
        let answer = spoilt(change);
        assert!(violations(&answer).is_some_and(|told| told.contains(what)), "{what}: {answer:?}");
    }
    let keyless = Request { headers: Vec::new(), ..scopes.clone() };
    assert!(violations(&prism.ask(&keyless, None)).is_some_and(|told| told.contains("security")));
}

#[tokio::test]
async fn each_refusal_that_sendgrid_describes_is_a_decision() {
    let Some(prism) = Prism::start().map(Arc::new) else { return };
    let mut decisions = Vec::new();
    for status in [400, 401, 403, 404, 413, 500] {
        let (_server, sendgrid) = described(&prism, Some(status));
        let refused = sendgrid.send(&Message::Email(mail_to("anna@example.com"))).await.unwrap_err();
        decisions.push(format!("{refused}\n"));
    }
    insta::assert_snapshot!(decisions.concat());
}
