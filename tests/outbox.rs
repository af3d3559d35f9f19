//! The `outbox`: what a person or a program finds in its folder.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a failure here is a failed test")]

#[path = "support/smtp.rs"]
mod support;

use std::path::Path;

use dashlight::event::Device;
use dashlight::ledger::DispatchId;
use dashlight::message::{About, Message, Push};
use dashlight::policy::Channel;
use dashlight::transport::{Outbox, Transport};
use support::mail_to;

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
        about: About { kind: "CONNECTED_SERVICES_ACCOUNT".to_owned(), code: None, vehicle: None, resolved: false },
    })
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
