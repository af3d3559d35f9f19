//! `dashlight send` from the outside: into a folder, over a real mail server, and refused in each way.

#[path = "support/http.rs"]
mod http;
#[path = "support/smtp.rs"]
mod smtp;
mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use http::{Answer, HttpServer};
use smtp::Server;
use support::{dashlight, project, said};
use tempfile::{TempDir, tempdir};

const TO: [&str; 5] = ["authentication-failed", "--to", "anna@example.com", "--locale", "da"];

/// A folder of its own, with the configuration that ships.
fn folder() -> TempDir {
    let folder = tempdir().unwrap();
    fs::copy(project("dashlight.toml"), folder.path().join("dashlight.toml")).unwrap();
    folder
}

fn send(folder: &Path, arguments: &[&str], settings: &[&str]) -> Output {
    let settings = settings.iter().flat_map(|setting| ["--set", setting]);
    let arguments: Vec<&str> = ["send"].into_iter().chain(arguments.iter().copied()).chain(settings).collect();
    dashlight(&arguments).current_dir(folder).output().unwrap()
}

const OUTBOX: [&str; 3] = ["channels.email.transports=outbox", "channels.push.transports=outbox", "outbox.dir=out"];

/// The only file of a folder.
fn only(folder: &Path) -> String {
    let mut entries = fs::read_dir(folder).unwrap();
    let text = fs::read_to_string(entries.next().expect("a file").unwrap().path()).unwrap();
    assert!(entries.next().is_none());
    text
}

#[test]
fn a_test_mail_is_marked_and_leaves_no_trace_in_a_ledger() {
    let folder = folder();
    let output = send(folder.path(), &TO, &OUTBOX);
    assert!(output.status.success(), "{}", said(&output));
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.starts_with("`outbox` took the message for anna@example.com\n"), "{}", said(&output));
    assert!(stdout.contains("[Test] Genopret forbindelsen") && stdout.contains("in da"), "{}", said(&output));
    assert!(stdout.contains("  id        ") && stdout.contains(".eml"), "{}", said(&output));
    let mail = only(&folder.path().join("out"));
    for header in ["X-Dashlight-Test: yes\r\n", "Subject: [Test] Genopret", "Content-Language: da\r\n"] {
        assert!(mail.contains(header), "{mail}");
    }
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["dashlight.toml", "out"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_proxy_is_used_but_the_one_that_the_configuration_names() {
    let carrier = HttpServer::start(|_| Answer::reply(200, r#"{"id":"49a3999c"}"#));
    let proxy = HttpServer::start(|_| Answer::reply(200, r#"{"id":"by-the-proxy"}"#));
    let folder = folder();
    let (endpoint, configured) =
        (format!("resend.endpoint={}", carrier.url()), format!("network.proxy={}", proxy.url()));
    let resend = ["channels.email.transports=resend", "resend.api_key=re_key", &endpoint];
    let send = |settings: &[&str]| {
        let settings = settings.iter().flat_map(|setting| ["--set", setting]);
        let arguments: Vec<&str> = ["send"].into_iter().chain(TO).chain(settings).collect();
        let mut command = dashlight(&arguments);
        command.current_dir(folder.path()).env_remove("NO_PROXY").env_remove("no_proxy");
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
            command.env(name, proxy.url());
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let said = send(&resend);
    assert!(said.contains("49a3999c"), "{said}");
    assert_eq!((carrier.count(), proxy.count()), (1, 0));
    let said = send(&[&resend[..], &[&configured]].concat());
    assert!(said.contains("by-the-proxy"), "{said}");
    assert_eq!((carrier.count(), proxy.count()), (1, 1), "it would have been seen there");
}

#[test]
fn every_test_is_a_message_of_its_own() {
    let folder = folder();
    for _ in 0..2 {
        assert!(send(folder.path(), &TO, &OUTBOX).status.success());
    }
    assert_eq!(fs::read_dir(folder.path().join("out")).unwrap().count(), 2);
}

/// As a browser hands it out.
const BROWSER: &str =
    r#"{"platform":"webpush","endpoint":"https://push.example/secret-token","keys":{"p256dh":"BP4z","auth":"8eDy"}}"#;

#[test]
fn a_push_goes_to_a_device_and_its_token_is_not_repeated() {
    let folder = folder();
    for device in ["apns:secret-token", "fcm:secret-token", r#"{"platform":"fcm","fid":"secret-token"}"#, BROWSER] {
        let output = send(folder.path(), &["permission", "--to", device], &OUTBOX);
        assert!(output.status.success(), "{}", said(&output));
        assert!(!said(&output).contains("secret-token"), "{}", said(&output));
    }
    let out = fs::read_dir(folder.path().join("out")).unwrap();
    for file in out {
        assert!(fs::read_to_string(file.unwrap().path()).unwrap().contains("[Test] "));
    }
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_sent() {
    let folder = folder();
    let table: [(&[&str], &str); 6] = [
        (
            &["permission", "--to", r#"{"platform":"webpush","endpoint":"https://secret-token"}"#],
            "no device as events write it",
        ),
        (&["permission", "--to", "anna"], "write an e-mail address, `apns:TOKEN`"),
        (&["permission", "--to", "apns:"], "write an e-mail address, `apns:TOKEN`"),
        (&["permision", "--to", "anna@example.com"], "there is no notice for `permision`"),
        (&["permission", "--to", "anna@example.com", "--channel", "push"], "contradict each other"),
        (&["permission", "--to", "apns:x"], "push is off"),
    ];
    for (arguments, expected) in table {
        let output = send(folder.path(), arguments, &["channels.push.transports="]);
        assert!(!said(&output).contains("secret-token"), "{}", said(&output));
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(String::from_utf8_lossy(&output.stderr).contains(expected), "{}", said(&output));
    }
    let nowhere = tempdir().unwrap();
    let output = send(nowhere.path(), &TO, &[]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no `dashlight.toml`"), "{}", said(&output));
}

/// Settings by which the program reaches a server on this machine.
fn reaching(port: u16) -> [String; 4] {
    [
        "smtp.host=127.0.0.1".to_owned(),
        format!("smtp.port={port}"),
        "smtp.tls=none".to_owned(),
        "smtp.data_timeout=300ms".to_owned(),
    ]
}

#[test]
fn a_real_mail_server_takes_it_and_its_id_is_told() {
    let Some(server) = Server::start(&[]) else { return };
    let folder = folder();
    let settings = reaching(server.port);
    let output = send(folder.path(), &TO, &settings.each_ref().map(String::as_str));
    assert!(output.status.success(), "{}", said(&output));
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("`smtp` took the message") && stdout.contains("  id        Q1"), "{}", said(&output));
    let mail = smtp::read_mail(&smtp::raw(&server.messages()[0])).expect("python");
    assert_eq!(mail["headers"]["X-Dashlight-Test"], "yes");
}

#[test]
fn each_way_of_failing_says_what_to_do() {
    let Some(server) = Server::start(&[]) else { return };
    let folder = folder();
    let table = [
        ("rcpt450.4.2.1@example.com", "not now: ", "the carrier's words say why"),
        ("data554.5.7.1@example.com", "refused: ", "would refuse it again"),
        ("rcpt550.5.1.1@example.com", "no such address: ", "is it spelt right?"),
        ("silent@example.com", "outcome unknown: ", "look there before you send it again"),
    ];
    let settings = reaching(server.port);
    for (to, kind, advice) in table {
        let output = send(folder.path(), &["permission", "--to", to], &settings.each_ref().map(String::as_str));
        assert_eq!(output.status.code(), Some(1), "{to}: {}", said(&output));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.starts_with("error: `smtp` did not take the message for "), "{}", said(&output));
        assert!(stderr.contains(kind) && stderr.contains(advice), "{to}: {}", said(&output));
    }
    // Nobody listens there.
    let settings = reaching(1);
    let output = send(folder.path(), &TO, &settings.each_ref().map(String::as_str));
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("unavailable: "), "{}", said(&output));
}
