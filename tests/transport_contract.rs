//! What every transport promises, whatever it carries over: each is run through the same suite.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a failure here is a failed test")]

#[path = "support/smtp.rs"]
mod support;

use std::path::Path;
use std::time::Duration;

use dashlight::event::Device;
use dashlight::ledger::DispatchId;
use dashlight::message::{About, Message, Push};
use dashlight::policy::Channel;
use dashlight::transport::{Outbox, SendError, Smtp, Transport};
use futures_util::future::join_all;
use support::{Server, mail_to, settings};

fn email(id: usize) -> Message {
    let mut email = mail_to("anna@example.com");
    email.id = DispatchId::from_stored(format!("00000000-0000-8000-8000-{id:012}"));
    Message::Email(email)
}

fn push(id: usize) -> Message {
    Message::Push(Push {
        id: DispatchId::from_stored(format!("00000000-0000-8000-8000-{id:012}")),
        device: Device::Apns { token: "0123abcd".to_owned() },
        title: "Reconnect your Kia".to_owned(),
        body: "Volta can no longer reach your Kia EV6. It takes a minute.".to_owned(),
        link: Some("https://volta.example/fix?car=1".to_owned()),
        collapse_key: "kia".to_owned(),
        expires_at: "2026-12-01T00:00:00Z".parse().expect("a time"),
        high_priority: true,
        locale: "en".to_owned(),
        about: About { kind: "CONNECTED_SERVICES_ACCOUNT".to_owned(), code: None, vehicle: None },
    })
}

fn message(channel: Channel, id: usize) -> Message {
    match channel {
        Channel::Email => email(id),
        Channel::Push => push(id),
    }
}

/// The suite. `delivered` tells how many different messages have arrived at the other end.
async fn keeps_the_contract(transport: &dyn Transport, delivered: impl Fn() -> usize) {
    let channel = transport.channel();
    assert!(transport.concurrency() > 0);
    assert!(!transport.name().is_empty());

    // One message, and the same again under the same id: accepted both times.
    for _ in 0..2 {
        let accepted = transport.send(&message(channel, 1)).await.expect("accepted");
        assert!(accepted.provider_id.is_none_or(|id| !id.is_empty() && !id.contains('@')));
    }
    assert_eq!(delivered(), 1);

    // More at once than it said to be useful.
    let many = transport.concurrency() * 3;
    let messages: Vec<_> = (2..2 + many).map(|id| message(channel, id)).collect();
    for result in join_all(messages.iter().map(|message| transport.send(message))).await {
        result.expect("accepted");
    }
    assert_eq!(delivered(), 1 + many);

    // A message of another channel is refused, not a panic.
    let other = if channel == Channel::Email { push(900) } else { email(900) };
    assert!(matches!(transport.send(&other).await, Err(SendError::Permanent { .. })));
    assert_eq!(delivered(), 1 + many);

    // Dropped at any point, a send harms none that comes after it.
    for moment in 0..12 {
        let moment = Duration::from_micros(moment * 400);
        let _ = tokio::time::timeout(moment, transport.send(&message(channel, 901))).await;
        transport.send(&message(channel, 902)).await.expect("accepted after a cancelled one");
    }

    transport.close().await;
}

/// A carrier that cannot be reached is transient, told without the recipient.
async fn is_transient_while_away(transport: &dyn Transport) {
    match transport.send(&message(transport.channel(), 1)).await {
        Err(SendError::Transient { detail, .. }) => assert!(!detail.contains("anna"), "{detail}"),
        other => panic!("{other:?}"),
    }
}

fn files(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).map(|entries| entries.map(|entry| entry.expect("an entry").file_name()));
    let mut names: Vec<_> = entries.into_iter().flatten().filter_map(|name| name.into_string().ok()).collect();
    // A file that is being written has a name with a dot in front.
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names
}

#[tokio::test]
async fn smtp_keeps_the_contract() {
    let Some(server) = Server::start(&[]) else { return };
    let smtp = Smtp::new(&settings(server.port)).expect("a good configuration");
    keeps_the_contract(&smtp, || {
        let messages = server.messages();
        messages.iter().filter_map(|message| message["raw"].as_str()).collect::<std::collections::HashSet<_>>().len()
    })
    .await;
}

#[tokio::test]
async fn smtp_is_transient_while_away() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let smtp = Smtp::new(&settings(nobody.local_addr().expect("bound").port())).expect("a good configuration");
    drop(nobody);
    is_transient_while_away(&smtp).await;
}

#[tokio::test]
async fn the_outbox_keeps_the_contract() {
    for channel in Channel::ALL {
        let dir = tempfile::tempdir().expect("a directory");
        let missing = dir.path().join("made/when/needed");
        keeps_the_contract(&Outbox::new(channel, &missing), || files(&missing).len()).await;
    }
}

#[tokio::test]
async fn the_outbox_is_transient_while_its_directory_cannot_be_made() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("file");
    std::fs::write(&file, "not a directory").expect("written");
    for channel in Channel::ALL {
        is_transient_while_away(&Outbox::new(channel, file.join("outbox"))).await;
    }
}

#[tokio::test]
async fn the_outbox_writes_what_a_mail_program_opens() {
    let dir = tempfile::tempdir().expect("a directory");
    let outbox = Outbox::new(Channel::Email, dir.path());
    outbox.send(&email(7)).await.expect("written");
    let names = files(dir.path());
    assert_eq!(
        names,
        ["nøglen-til-din-tesla-mangler-så-let-tilføjer-du-den-på-00000000-0000-8000-8000-000000000007.eml"]
    );
    let Some(mail) = support::read_mail(&std::fs::read(dir.path().join(&names[0])).expect("read")) else { return };
    assert_eq!(mail["headers"]["Subject"], *mail_to("x").subject);
    assert_eq!(mail["defects"], serde_json::json!([]));
}

#[tokio::test]
async fn the_outbox_writes_a_push_as_json() {
    let dir = tempfile::tempdir().expect("a directory");
    Outbox::new(Channel::Push, dir.path()).send(&push(7)).await.expect("written");
    let name = "reconnect-your-kia-00000000-0000-8000-8000-000000000007.json";
    assert_eq!(files(dir.path()), [name]);
    insta::assert_snapshot!(std::fs::read_to_string(dir.path().join(name)).expect("read"), @r#"
    {
      "id": "00000000-0000-8000-8000-000000000007",
      "title": "Reconnect your Kia",
      "body": "Volta can no longer reach your Kia EV6. It takes a minute.",
      "link": "https://volta.example/fix?car=1",
      "device": {
        "platform": "apns",
        "token": "0123abcd"
      },
      "locale": "en",
      "collapse_key": "kia",
      "expires_at": "2026-12-01T00:00:00Z",
      "high_priority": true
    }
    "#);
}
