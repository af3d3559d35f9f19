//! The `smtp` transport against real mail servers.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a failure here is a failed test")]

#[path = "smtp/dkim.rs"]
mod dkim;
#[path = "smtp/domains.rs"]
mod domains;
#[path = "support/smtp.rs"]
mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dashlight::clock::{Clock as _, ManualClock, SystemClock};
use dashlight::config::{self, ClientCertificate, ReturnPath, Rotating, Secret, Tls};
use dashlight::message::Message;
use dashlight::transport::{Accepted, SendError, Smtp, Transport};
use futures_util::future::join_all;
use serde_json::json;
use support::{Openssl, Server, Sink, mail_to, make_identity, raw, settings};

async fn send(smtp: &Smtp, address: &str) -> Result<Accepted, SendError> {
    smtp.send(&Message::Email(mail_to(address))).await
}

fn new(settings: &config::Smtp) -> Result<Smtp, SendError> {
    Smtp::new(settings, &(Arc::new(SystemClock) as _))
}

fn smtp(settings: &config::Smtp) -> Smtp {
    new(settings).expect("a good configuration")
}

#[tokio::test]
async fn a_mail_with_a_qr_code_arrives_as_it_was_written() {
    let Some(server) = Server::start(&[]) else { return };
    let accepted = send(&smtp(&settings(server.port)), "soren@blåbær.example").await.unwrap();
    assert_eq!(accepted.provider_id.as_deref(), Some("Q1"));
    let messages = server.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["from"], "cars@volta.example");
    assert_eq!(messages[0]["to"], json!(["soren@xn--blbr-roah.example"]));
    let sent = mail_to("soren@blåbær.example");
    assert_eq!(raw(&messages[0]), sent.to_mime().unwrap().bytes);

    let mail = support::read_mail(&raw(&messages[0])).expect("python");
    assert_eq!(mail["defects"], json!([]));
    assert_eq!(mail["headers"]["Subject"], *sent.subject);
    assert_eq!(mail["from"], json!([["Volta, the \"car\" app", "cars@volta.example"]]));
    assert_eq!(mail["to"], json!([["Søren Ærø, 日本 <😀>", "soren@xn--blbr-roah.example"]]));
    let structure = ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"];
    assert_eq!(mail["structure"], json!(structure));
    assert_eq!(mail["text"], sent.text);
    assert_eq!(mail["html"], sent.html);
    let image = &mail["images"][0];
    assert_eq!(image["id"], "<qr>");
    assert_eq!((&image["name"], &image["disposition"]), (&json!("qr.png"), &json!("inline")));
    assert_eq!(image["bytes"], json!(sent.inline[0].bytes));
    let headers = mail["headers"].as_object().expect("headers");
    for (name, value) in [
        ("Date", "Mon, 23 Nov 2026 14:24:00 +0000"),
        ("Message-ID", "<0d9f8c1e-7b7a-8d2e-9d10-5f0e6a1b2c3d@volta.example>"),
        ("Reply-To", "help@volta.example"),
        ("Auto-Submitted", "auto-generated"),
        ("Content-Language", "da"),
        ("List-Unsubscribe", "<https://volta.example/stop?u=1>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
}

#[tokio::test]
async fn a_local_part_in_another_script_goes_by_smtputf8() {
    let Some(server) = Server::start(&[]) else { return };
    send(&smtp(&settings(server.port)), "søren@blåbær.example").await.unwrap();
    let message = &server.messages()[0];
    assert_eq!(message["to"], json!(["søren@xn--blbr-roah.example"]));
    assert!(message["options"].as_array().unwrap().contains(&json!("SMTPUTF8")));
    let mail = support::read_mail(&raw(message)).expect("python");
    assert_eq!(mail["to"][0][1], "søren@xn--blbr-roah.example");
}

#[tokio::test]
async fn without_smtputf8_such_an_address_is_refused_and_the_connection_is_kept() {
    let Some(server) = Server::start(&["--no-smtputf8"]) else { return };
    let smtp = smtp(&settings(server.port));
    send(&smtp, "anna@example.com").await.unwrap();
    assert!(matches!(send(&smtp, "søren@example.com").await, Err(SendError::Permanent { .. })));
    send(&smtp, "bob@example.com").await.unwrap();
    assert_eq!(server.connections(), [1, 1]);
}

fn with_tls(server: &Server, tls: Tls) -> config::Smtp {
    config::Smtp { tls, ca_file: (tls != Tls::None).then(|| server.certificate()), ..settings(server.port) }
}

fn with_login(server: &Server, tls: Tls) -> config::Smtp {
    config::Smtp {
        username: Some("volta".to_owned()),
        password: Some(Rotating::given("s3cret")),
        ..with_tls(server, tls)
    }
}

const LOGIN: [&str; 4] = ["--user", "volta", "--password", "s3cret"];

#[tokio::test]
async fn starttls_then_auth() {
    for without in ["LOGIN", "PLAIN"] {
        let arguments = [&LOGIN[..], &["--tls", "starttls", "--without", without]].concat();
        let Some(server) = Server::start(&arguments) else { return };
        let smtp = smtp(&config::Smtp { host: "localhost".to_owned(), ..with_login(&server, Tls::Starttls) });
        send(&smtp, "anna@example.com").await.unwrap();
        send(&smtp, "bob@example.com").await.unwrap();
        assert_eq!(server.messages()[0]["user"], "volta");
        assert_eq!(server.connections(), [1, 1]);
    }
}

const NO_PASSWORDS: [&str; 4] = ["--without", "LOGIN", "--without", "PLAIN"];

#[tokio::test]
async fn a_token_is_read_anew_for_each_login_however_long_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("token");
    std::fs::write(&file, "first").unwrap();
    for without in ["OAUTHBEARER", "XOAUTH2"] {
        let known = ["--user", "volta@example.com", "--token-file", file.to_str().unwrap(), "--without", without];
        let Some(server) = Server::start(&[&known[..], &NO_PASSWORDS, &["--tls", "implicit"]].concat()) else { return };
        let settings = config::Smtp {
            username: Some("volta@example.com".to_owned()),
            token: Some(Rotating { first: Secret::new("before"), file: Some(file.clone()) }),
            max_idle: Duration::ZERO,
            ..with_tls(&server, Tls::Implicit)
        };
        let smtp = smtp(&settings);
        for token in ["first", "second", &"x".repeat(2_000)] {
            std::fs::write(&file, token).unwrap();
            send(&smtp, "anna@example.com").await.unwrap();
        }
        assert!(server.messages().iter().all(|message| message["user"] == "volta@example.com"));
    }
}

#[tokio::test]
async fn what_the_server_says_of_a_token_is_told_and_the_token_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let good = dir.path().join("token");
    std::fs::write(&good, "good").unwrap();
    let refused = r#"{"status":"invalid_token","scope":"mail.send for t0ken-of-yesterday"}"#;
    for without in ["OAUTHBEARER", "XOAUTH2"] {
        let known = ["--user", "volta", "--token-file", good.to_str().unwrap(), "--refused", refused];
        let arguments = [&known[..], &NO_PASSWORDS, &["--without", without, "--tls", "implicit"]].concat();
        let Some(server) = Server::start(&arguments) else { return };
        let token = |token: &str| config::Smtp {
            username: Some("volta".to_owned()),
            token: Some(Rotating::given(token)),
            ..with_tls(&server, Tls::Implicit)
        };
        let fault = misconfiguration(&token("t0ken-of-yesterday")).await;
        insta::allow_duplicates! { insta::assert_snapshot!(fault, @"AUTH: 535 5.7.8 bad token; look at `smtp.username`, `smtp.password` (or `smtp.token`) and `smtp.tls` (it says: status invalid_token, scope mail.send for <secret>)") };
    }
}

#[tokio::test]
async fn opportunistic_tls_shows_no_password_in_the_clear_even_to_this_machine() {
    let Some(server) = Server::start(&LOGIN) else { return };
    let clear = with_login(&server, Tls::None);
    send(&smtp(&clear), "anna@example.com").await.expect("whoever wants no TLS has said so");
    let fault = misconfiguration(&config::Smtp { tls: Tls::Opportunistic, ..clear }).await;
    assert!(fault.contains("must not go unencrypted") && fault.contains("`smtp.tls`"), "{fault}");
    assert_eq!(server.messages().len(), 1);
}

#[tokio::test]
async fn bounces_go_to_an_address_that_names_the_message() {
    let Some(server) = Server::start(&[]) else { return };
    let return_path = ReturnPath::new("bounces+{id}@volta.example");
    send(&smtp(&config::Smtp { return_path, ..settings(server.port) }), "anna@example.com").await.unwrap();
    let message = &server.messages()[0];
    assert_eq!(message["from"], "bounces+0d9f8c1e-7b7a-8d2e-9d10-5f0e6a1b2c3d@volta.example");
    let mail = support::read_mail(&raw(message)).expect("python");
    assert_eq!(mail["from"][0][1], "cars@volta.example");
}

#[tokio::test]
async fn implicit_tls() {
    let Some(server) = Server::start(&[&LOGIN[..], &["--tls", "implicit"]].concat()) else { return };
    let smtp = smtp(&with_login(&server, Tls::Implicit));
    for _ in 0..3 {
        send(&smtp, "anna@example.com").await.unwrap();
    }
    assert_eq!(server.connections(), [1, 1, 1]);
    smtp.close().await;
}

#[tokio::test]
async fn opportunistic_tls_takes_what_there_is() {
    let Some(server) = Server::start(&[]) else { return };
    let settings = config::Smtp { tls: Tls::Opportunistic, ..settings(server.port) };
    send(&smtp(&settings), "anna@example.com").await.unwrap();
    let Some(server) = Server::start(&["--tls", "starttls"]) else { return };
    let settings = config::Smtp { port: server.port, ca_file: Some(server.certificate()), ..settings };
    send(&smtp(&settings), "anna@example.com").await.unwrap();
}

/// Two clients that the server knows, and its settings but for their certificates.
fn acquaintances(tls: &str) -> Option<(tempfile::TempDir, [ClientCertificate; 2], Server)> {
    let dir = tempfile::tempdir().unwrap();
    let identities = ["first", "second"].map(|name| make_identity(dir.path(), name));
    let known: String = identities.iter().map(|of| std::fs::read_to_string(&of.certificate).unwrap()).collect();
    let authority = dir.path().join("known.pem");
    std::fs::write(&authority, known).unwrap();
    let server = Server::start(&["--tls", tls, "--client-ca", authority.to_str().unwrap()])?;
    Some((dir, identities, server))
}

#[tokio::test]
async fn a_server_that_asks_is_shown_our_certificate_and_the_new_one_once_it_is_renewed() {
    for (name, tls) in [("starttls", Tls::Starttls), ("implicit", Tls::Implicit)] {
        let Some((_dir, [first, second], server)) = acquaintances(name) else { return };
        let good = config::Smtp {
            client_certificate: Some(first.clone()),
            max_idle: Duration::ZERO,
            ..with_tls(&server, tls)
        };
        let smtp = smtp(&good);
        send(&smtp, "anna@example.com").await.unwrap();
        // In the middle of a renewal certificate and key do not fit each other.
        std::fs::copy(&second.certificate, &first.certificate).unwrap();
        send(&smtp, "anna@example.com").await.unwrap();
        std::fs::copy(&second.key, &first.key).unwrap();
        send(&smtp, "anna@example.com").await.unwrap();
        let shown: Vec<_> = server.messages().iter().map(|message| message["peer"].clone()).collect();
        assert_eq!(shown, ["first", "first", "second"]);
    }
}

#[tokio::test]
async fn a_certificate_that_the_server_does_not_take_is_misconfigured() {
    let dir = tempfile::tempdir().unwrap();
    let [known, stranger] = ["known", "stranger"].map(|name| make_identity(dir.path(), name));
    let server = Openssl::start(&known);
    let none = config::Smtp { tls: Tls::Implicit, ca_file: Some(known.certificate), ..settings(server.port) };
    let fault = misconfiguration(&none).await;
    assert!(fault.contains("set `smtp.client_certificate` and `smtp.client_key`"), "{fault}");
    let fault = misconfiguration(&config::Smtp { client_certificate: Some(stranger), ..none }).await;
    assert!(fault.contains("does not accept our certificate") && fault.contains("smtp.client_certificate"), "{fault}");
}

#[tokio::test]
async fn a_server_that_hangs_up_on_strangers_without_a_word_is_told_with_what_it_may_want() {
    let Some((_dir, _, server)) = acquaintances("implicit") else { return };
    let error = send(&smtp(&with_tls(&server, Tls::Implicit)), "anna@example.com").await.unwrap_err();
    assert!(matches!(error, SendError::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("wants or accepts a `smtp.client_certificate`"), "{error}");
}

#[test]
fn a_certificate_that_cannot_be_shown_is_told_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|name| make_identity(dir.path(), name));
    let fault = |certificate: &Path, key: &Path, now: &str| {
        let files = ClientCertificate { certificate: certificate.to_owned(), key: key.to_owned() };
        let settings = config::Smtp { tls: Tls::Starttls, client_certificate: Some(files), ..settings(25) };
        let made = Smtp::new(&settings, &(Arc::new(ManualClock::at(now.parse().unwrap())) as _));
        made.err().map(|fault| fault.to_string().replace(dir.path().to_str().unwrap(), ""))
    };
    let now = SystemClock.now().to_string();
    let locked = dir.path().join("locked.pem");
    std::fs::write(&locked, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMA==\n-----END ENCRYPTED PRIVATE KEY-----\n")
        .unwrap();
    let (certificate, key) = (&first.certificate, &first.key);
    assert_eq!(fault(certificate, key, &now), None);
    let faults: Vec<String> = [
        fault(certificate, key, "2099-01-01T00:00:00Z").map(|told| told.split(" at ").next().unwrap().to_owned()),
        fault(certificate, key, "2020-01-01T00:00:00Z").map(|told| told.split(" before ").next().unwrap().to_owned()),
        fault(certificate, &second.key, &now),
        fault(certificate, certificate, &now),
        fault(certificate, &locked, &now),
        fault(key, key, &now),
        fault(&dir.path().join("nowhere.pem"), key, &now),
    ]
    .map(|told| told.expect("a fault"))
    .to_vec();
    insta::assert_snapshot!(faults.join("\n"), @r"
    misconfigured: `smtp.client_certificate` `/first.pem` has expired
    misconfigured: `smtp.client_certificate` `/first.pem` is not valid
    misconfigured: `smtp.client_key` `/second-key.pem` is not the key of `smtp.client_certificate` `/first.pem`: give the one that the certificate was issued for
    misconfigured: `smtp.client_key` `/first.pem` holds no private key in PEM: give the one of `smtp.client_certificate`
    misconfigured: `smtp.client_key` `/locked.pem` has a passphrase, which nobody could type: write it without, by `openssl pkey -in … -out …`
    misconfigured: `smtp.client_certificate` `/first-key.pem` holds no certificate in PEM: it wants ours, then those between it and its authority
    misconfigured: `smtp.client_certificate` names `/nowhere.pem`, which is not there; mend the path, or put the file there
    ");
}

async fn misconfiguration(settings: &config::Smtp) -> String {
    match send(&smtp(settings), "anna@example.com").await {
        Err(SendError::Misconfigured { detail }) => detail,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_only_a_person_can_mend_is_misconfigured() {
    let Some(plain) = Server::start(&[]) else { return };
    let Some(tls) = Server::start(&[&LOGIN[..], &["--tls", "starttls"]].concat()) else { return };
    let good = with_login(&tls, Tls::Starttls);

    let wrong_password = config::Smtp { password: Some(Rotating::given("guess")), ..good.clone() };
    assert!(misconfiguration(&wrong_password).await.starts_with("AUTH: 535"));
    let no_login = config::Smtp { username: None, password: None, ..good.clone() };
    assert!(misconfiguration(&no_login).await.starts_with("MAIL: 530"));
    let untrusted = config::Smtp { ca_file: None, ..good.clone() };
    let told = misconfiguration(&untrusted).await;
    assert!(told.contains("set `smtp.ca_file`"), "{told}");
    let unencrypted = config::Smtp { tls: Tls::None, ..good.clone() };
    assert!(misconfiguration(&unencrypted).await.contains("neither PLAIN nor LOGIN"));
    let no_starttls = config::Smtp { tls: Tls::Starttls, ..settings(plain.port) };
    assert!(misconfiguration(&no_starttls).await.contains("no STARTTLS"));
    assert!(plain.messages().is_empty() && tls.messages().is_empty());
}

#[tokio::test]
async fn each_refusal_is_a_decision_and_does_not_harm_the_neighbour() {
    let Some(server) = Server::start(&[]) else { return };
    let smtp = smtp(&config::Smtp { max_connections: 1, ..settings(server.port) });
    for (address, expected) in [
        ("rcpt550.5.1.1.x@example.com", "no such address: RCPT: 550 5.1.1 <address> as you wish"),
        ("rcpt550@example.com", "refused: RCPT: 550 <address> as you wish"),
        ("rcpt452.4.5.3@example.com", "not now: RCPT: 452 4.5.3 <address> as you wish"),
        ("rcpt550.5.7.1@example.com", "refused: RCPT: 550 5.7.1 <address> as you wish"),
        ("rcpt552.5.2.2@example.com", "not now: RCPT: 552 5.2.2 <address> as you wish"),
        ("data554.5.7.1@example.com", "refused: message: 554 5.7.1 <address> as you wish"),
        ("data451@example.com", "not now: message: 451 <address> as you wish"),
        ("data550.5.4.5@example.com", "unavailable: message: 550 5.4.5 <address> as you wish"),
        ("data554.5.2.252@example.com", &sender_refused("message: 554 5.2.252")),
        ("rcpt550.5.7.60@example.com", &sender_refused("RCPT: 550 5.7.60")),
        ("no address", "no such address: the recipient's address cannot be used: it has no `@`"),
    ] {
        assert_eq!(send(&smtp, address).await.unwrap_err().to_string(), expected);
        send(&smtp, "anna@example.com").await.unwrap();
    }
    let messages = server.messages();
    assert!(messages.iter().all(|message| message["to"] == json!(["anna@example.com"])));
    assert_eq!(server.connections(), [1; 11], "one session serves all, whatever was refused");
}

#[tokio::test]
async fn a_sender_that_the_carrier_refuses_concerns_the_app() {
    let Some(server) = Server::start(&[]) else { return };
    let smtp = smtp(&settings(server.port));
    let mut email = mail_to("anna@example.com");
    email.from.address = "mail553.5.7.1@volta.example".to_owned();
    let error = smtp.send(&Message::Email(email)).await.unwrap_err();
    assert_eq!(error.to_string(), sender_refused("MAIL: 553 5.7.1"));
}

fn sender_refused(reply: &str) -> String {
    format!(
        "sender refused: {reply} <address> as you wish; look at `apps.ID.sender` and at what the carrier's account may send as"
    )
}

#[tokio::test]
async fn a_421_in_the_middle_closes_the_connection_and_is_the_servers() {
    let Some(server) = Server::start(&[]) else { return };
    let smtp = smtp(&config::Smtp { max_connections: 1, ..settings(server.port) });
    send(&smtp, "anna@example.com").await.unwrap();
    assert!(matches!(send(&smtp, "rcpt421@example.com").await, Err(SendError::Unavailable { .. })));
    send(&smtp, "bob@example.com").await.unwrap();
    assert_eq!(server.connections(), [1, 2]);
}

#[tokio::test]
async fn silence_after_the_final_dot_is_an_unknown_outcome() {
    let Some(server) = Server::start(&[]) else { return };
    let settings = config::Smtp { data_timeout: Duration::from_secs(1), ..settings(server.port) };
    let smtp = smtp(&config::Smtp { max_connections: 1, ..settings });
    for address in ["silent@example.com", "drop@example.com"] {
        let error = send(&smtp, address).await.unwrap_err();
        assert!(matches!(error, SendError::Unknown { .. }), "{error}");
    }
    send(&smtp, "anna@example.com").await.unwrap();
    assert_eq!(server.connections(), [1, 2, 3]);
}

#[tokio::test]
async fn silence_before_the_message_is_the_servers() {
    let Some(server) = Server::start(&[]) else { return };
    let smtp = smtp(&config::Smtp { command_timeout: Duration::from_millis(200), ..settings(server.port) });
    let error = send(&smtp, "rcpthang@example.com").await.unwrap_err();
    assert!(matches!(error, SendError::Unavailable { .. }), "{error}");
}

#[tokio::test]
async fn a_cancelled_send_leaves_nothing_behind() {
    let Some(server) = Server::start(&[]) else { return };
    let smtp = smtp(&config::Smtp { max_connections: 1, ..settings(server.port) });
    for address in ["rcpthang@example.com", "silent@example.com"] {
        // By then the server has it.
        let cancelled = tokio::time::timeout(Duration::from_secs(1), send(&smtp, address)).await;
        assert!(cancelled.is_err(), "the server never answers");
        // With the half-used connection this would read the answer to the message before, and be a false success.
        let refused = send(&smtp, "rcpt550.5.1.1@example.com").await;
        assert!(matches!(refused, Err(SendError::AddressInvalid { .. })), "{refused:?}");
    }
    send(&smtp, "anna@example.com").await.unwrap();
    assert_eq!(server.connections(), [2, 3]);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_not_used_again() {
    let Some(server) = Server::start(&[]) else { return };
    let smtp = smtp(&config::Smtp { max_connections: 1, ..settings(server.port) });
    // Its 421 comes right behind the 250, so that it may be in our buffer already.
    send(&smtp, "bye@example.com").await.unwrap();
    send(&smtp, "bye@example.com").await.unwrap();
    server.wait_until_closed(2);
    send(&smtp, "anna@example.com").await.unwrap();
    assert_eq!(server.connections(), [1, 2, 3]);
}

#[tokio::test]
async fn a_connection_is_used_for_so_many_messages_and_so_long() {
    let Some(server) = Server::start(&[]) else { return };
    let twice = smtp(&config::Smtp { max_messages_per_connection: 2, ..settings(server.port) });
    for _ in 0..5 {
        send(&twice, "anna@example.com").await.unwrap();
    }
    assert_eq!(server.connections(), [1, 1, 2, 2, 3]);
    let never_idle = smtp(&config::Smtp { max_idle: Duration::ZERO, ..settings(server.port) });
    let never_old = smtp(&config::Smtp { max_age: Duration::ZERO, ..settings(server.port) });
    for _ in 0..2 {
        send(&never_idle, "anna@example.com").await.unwrap();
        send(&never_old, "anna@example.com").await.unwrap();
    }
    assert_eq!(server.connections()[5..], [4, 5, 6, 7]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cap_holds_under_many_sends_at_once() {
    let Some(server) = Server::start(&["--delay", "0.005"]) else { return };
    let smtp = smtp(&settings(server.port));
    let results = join_all((0..200).map(|number| {
        let address = if number % 5 == 0 { "rcpt550@example.com" } else { "anna@example.com" };
        send(&smtp, address)
    }));
    let accepted = results.await.iter().filter(|result| result.is_ok()).count();
    let messages = server.messages();
    assert_eq!((accepted, messages.len()), (160, 160));
    let most = messages.iter().filter_map(|message| message["open"].as_u64()).max();
    assert_eq!(most, Some(4));
    assert!(server.connections().iter().all(|&connection| connection <= 4), "none was opened anew");
    smtp.close().await;
    assert!(matches!(send(&smtp, "anna@example.com").await, Err(SendError::Unavailable { .. })));
}

#[tokio::test]
async fn a_server_that_is_away_or_dumb_is_unavailable() {
    let deaf = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut settings = settings(deaf.local_addr().unwrap().port());
    settings.connect_timeout = Duration::from_millis(200);
    let error = send(&smtp(&settings), "anna@example.com").await.unwrap_err();
    assert!(matches!(error, SendError::Unavailable { .. }), "{error}");
    settings.port = 1;
    let error = send(&smtp(&settings), "anna@example.com").await.unwrap_err();
    assert!(error.to_string().contains("refused"), "{error}");
    assert!(matches!(error, SendError::Unavailable { .. }), "{error}");
}

#[test]
fn a_password_never_goes_over_the_network_in_the_clear() {
    let settings = config::Smtp {
        host: "mail.example.com".to_owned(),
        username: Some("volta".to_owned()),
        password: Some(Rotating::given("s3cret")),
        ..settings(25)
    };
    let error = new(&settings).unwrap_err();
    assert!(matches!(&error, SendError::Misconfigured { detail } if detail.contains("smtp.tls")), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_mails_go_out_without_a_stall() {
    let Some(sink) = Sink::start(&[]) else { return };
    for (connections, count) in [(1, 500), (4, 3000)] {
        let smtp = smtp(&config::Smtp { max_connections: connections, ..settings(sink.port) });
        let started = tokio::time::Instant::now();
        let results = join_all((0..count).map(|_| send(&smtp, "anna@example.com"))).await;
        assert!(results.iter().all(Result::is_ok), "{:?}", results.iter().find(|result| result.is_err()));
        let rate = f64::from(count) / started.elapsed().as_secs_f64();
        println!("{connections} connections: {rate:.0} messages/s");
        smtp.close().await;
    }
}

#[tokio::test]
async fn a_server_that_refuses_every_recipient_refuses_only_them() {
    let Some(sink) = Sink::start(&["-f", "RCPT"]) else { return };
    let smtp = smtp(&settings(sink.port));
    for _ in 0..3 {
        let error = send(&smtp, "anna@example.com").await.unwrap_err();
        assert!(matches!(error, SendError::Permanent { .. }), "{error}");
    }
}
