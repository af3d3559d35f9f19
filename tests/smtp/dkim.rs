//! Signatures, as another maker's verifier sees them.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dashlight::config::{self, ReturnPath};
use dashlight::message::Message;
use dashlight::transport::{SendError, Transport as _};
use serde_json::json;

use super::support::{self, Server, mail_to, raw, settings};
use super::{new, smtp};

/// What each domain signs with, and what DNS says of it.
fn dkim_keys(dir: &Path) -> (BTreeMap<String, config::Dkim>, serde_json::Value) {
    let (mut keys, mut records) = (BTreeMap::new(), json!({}));
    for (domain, algorithm, kind) in [
        ("volta.example", &["-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:2048"][..], "rsa"),
        ("ed.example", &["-algorithm", "ed25519"], "ed25519"),
    ] {
        let key_file = dir.join(format!("{kind}.pem"));
        let openssl = |arguments: &[&str]| {
            let output =
                std::process::Command::new("openssl").args(arguments).current_dir(dir).output().expect("openssl");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        };
        openssl(&[&["genpkey", "-out", key_file.to_str().unwrap()], algorithm].concat());
        let public = openssl(&["pkey", "-in", key_file.to_str().unwrap(), "-pubout", "-outform", "DER"]);
        // RFC 8463 §4: of an Ed25519 key only the key itself.
        let public = if kind == "rsa" { &public[..] } else { &public[public.len() - 32..] };
        records[format!("cars._domainkey.{domain}.")] =
            format!("v=DKIM1; k={kind}; p={}", BASE64_STANDARD.encode(public)).into();
        keys.insert(domain.to_owned(), config::Dkim { selector: "cars".to_owned(), key_file });
    }
    (keys, records)
}

#[tokio::test]
async fn a_dkim_signature_is_believed_and_holds_for_all_that_an_owner_sees() {
    let Some(server) = Server::start(&[]) else { return };
    let (dkim, records) = dkim_keys(server.dir.path());
    let bounces = ReturnPath::new("bounces@elsewhere.example");
    let smtp = smtp(&config::Smtp { dkim, return_path: bounces, ..settings(server.port) });
    for from in ["cars@volta.example", "cars@mail.ed.example", "cars@other.example"] {
        let mut mail = mail_to("anna@example.com");
        mail.from.address = from.to_owned();
        smtp.send(&Message::Email(mail)).await.unwrap();
    }
    let verdict = |bytes: &[u8]| support::verify_dkim(bytes, &records).expect("python");
    let messages = server.messages();
    let sent: Vec<Vec<u8>> = messages.iter().map(raw).collect();
    assert_eq!((verdict(&sent[0]), verdict(&sent[1])), (json!("volta.example"), json!("ed.example")));
    assert_eq!((verdict(&sent[2]), sent[2].starts_with(b"From:")), (json!(null), true));

    let text = String::from_utf8(sent[0].clone()).unwrap();
    for header in
        ["From", "Reply-To", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post"]
    {
        assert_eq!(
            verdict(text.replacen(&format!("\r\n{header}: "), &format!("\r\n{header}: x"), 1).as_bytes()),
            json!(null),
            "{header}"
        );
    }
    let (headers, body) = text.split_once("\r\n\r\n").unwrap();
    for forged in [
        format!("{headers}\r\nSubject: You have won\r\n\r\n{body}"),
        format!("{headers}\r\nFrom: bank@example.com\r\n\r\n{body}"),
        format!("{headers}\r\n\r\n{body}And pay here.\r\n"),
    ] {
        assert_eq!(verdict(forged.as_bytes()), json!(null));
    }
    // What relays do on the way.
    let relayed = format!("Received: from a by b\r\n{headers}\r\nX-Spam: no\r\n\r\n{body}\r\n\r\n");
    assert_eq!(verdict(relayed.as_bytes()), json!("volta.example"));
}

#[test]
fn a_key_that_cannot_be_used_is_told_with_its_domain_its_file_and_a_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let key_file = dir.path().join("dkim.pem");
    std::fs::write(&key_file, "not a key").unwrap();
    let dkim = [("volta.example".to_owned(), config::Dkim { selector: "cars".to_owned(), key_file })].into();
    let Err(SendError::Misconfigured { detail }) = new(&config::Smtp { dkim, ..settings(25) }) else {
        panic!("it was taken for a key");
    };
    for part in ["`smtp.dkim.\"volta.example\".key_file`", "dkim.pem`", "BEGIN PRIVATE KEY", "openssl genrsa 2048"] {
        assert!(detail.contains(part), "{detail}");
    }
}
