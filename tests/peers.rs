//! What the software of other makers says to our requests: it verifies signatures and keys, which our own scripts take on trust.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a failure here is a failed test")]

#[path = "support/smtp.rs"]
mod mail;
#[path = "support/mod.rs"]
mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dashlight::clock::SystemClock;
use dashlight::config::{Config, Secret};
use dashlight::ledger::DispatchId;
use dashlight::message::Message;
use dashlight::policy::Channel;
use dashlight::transport::{self, SendError, Transport};
use mail::{mail_to, peer};
use serde_json::Value;

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
    ses.access_key_id = Some(moto.text("access_key_id"));
    ses.secret_access_key = Some(Secret::new(moto.text("secret_access_key")));
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

    config.carriers.ses.secret_access_key = Some(Secret::new("guessed"));
    let denied = named("ses", &config).send(&Message::Email(sent)).await.unwrap_err();
    assert!(
        matches!(&denied, SendError::Misconfigured { detail } if detail.contains("ses.secret_access_key")),
        "{denied:?}"
    );
    assert_eq!(moto.taken().as_array().map(Vec::len), Some(1));
}

/// `emulate`, which plays Resend.
struct Emulate {
    child: Child,
    url: String,
}

impl Emulate {
    fn start() -> Option<Self> {
        let modules = peer::named("DASHLIGHT_TEST_NODE_MODULES")?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new("node")
            .arg(format!("{modules}/emulate/dist/index.js"))
            .args(["start", "--service", "resend", "--port", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("node starts");
        let emulate = Self { child, url: format!("http://127.0.0.1:{port}") };
        let deadline = Instant::now() + Duration::from_mins(1);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "emulate does not listen");
            std::thread::yield_now();
        }
        Some(emulate)
    }
}

impl Drop for Emulate {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn emulate_sends_a_message_of_one_id_once() {
    let Some(emulate) = Emulate::start() else { return };
    let mut config = support::shipped_config();
    config.carriers.resend.api_key = Some(Secret::new("test_token_admin"));
    config.carriers.resend.endpoint = Some(emulate.url.clone());
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
        signing_secret: Some(Secret::new(WEBHOOK_SECRET)),
        ..dashlight::config::Http::default()
    };
    config.carriers.http.insert("hook".to_owned(), webhook.clone());
    let sent = mail_to("anna@example.com");
    named("http.hook", &config).send(&Message::Email(sent.clone())).await.expect("verified");
    assert_eq!(receiver.taken(), serde_json::json!([{ "to": "anna@example.com", "subject": sent.subject }]));

    let forged = Secret::new("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    config.carriers.http.insert("hook".to_owned(), dashlight::config::Http { signing_secret: Some(forged), ..webhook });
    let denied = named("http.hook", &config).send(&Message::Email(sent)).await.unwrap_err();
    assert!(matches!(denied, SendError::Misconfigured { .. }), "{denied:?}");
}
