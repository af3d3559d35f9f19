//! What a transport, the directory or the broker cannot use is told before the first message: by the key of the configuration
//! that the operator wrote, with what is wrong and what to do.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use dashlight::config::{self, Layers};
use dashlight::diagnostic::Diagnostics;
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::mistakes::mistakes;
use crate::support::{self, dashlight, said};

type Settings = Vec<(String, String)>;

/// Where secrets can be read from files.
const SECRET_FILES: [&str; 20] = [
    "smtp.password_file",
    "smtp.token_file",
    "ses.access_key_id_file",
    "ses.secret_access_key_file",
    "ses.session_token_file",
    "sendgrid.api_key_file",
    "postmark.server_token_file",
    "resend.api_key_file",
    "fcm.service_account_file",
    "apns.signing_key_file",
    "apns.key_id_file",
    "webpush.private_key_file",
    "http.gate.bearer_file",
    "http.gate.headers_file",
    "http.gate.password_file",
    "http.gate.signing_secret_file",
    "directory.bearer_file",
    "directory.headers_file",
    "network.proxy_file",
    "rabbitmq.url_file",
];

/// What makes each transport whole, so that the one mistake is all that is wrong.
fn whole(transport: &str) -> Settings {
    let vapid = fs::read_to_string(key("vapid-public-key")).unwrap();
    let (es256, account) = (key("es256.p8"), account(|_| {}));
    let settings: &[(&str, &str)] = match transport {
        "smtp" => &[("smtp.host", "smtp.example.com")],
        "ses" => &[("ses.region", "eu-central-1"), ("ses.access_key_id", "AKID"), ("ses.secret_access_key", "k")],
        "sendgrid" => &[("sendgrid.api_key", "k")],
        "postmark" => &[("postmark.server_token", "k")],
        "resend" => &[("resend.api_key", "k")],
        "fcm" => &[("fcm.service_account", &account)],
        "apns" => &[
            ("apns.key_id", "ABC123DEFG"),
            ("apns.team_id", "DEF123GHIJ"),
            ("apns.topic", "com.chargeup.app"),
            ("apns.signing_key_file", &es256),
        ],
        "webpush" => &[
            ("webpush.public_key", vapid.trim()),
            ("webpush.subject", "mailto:push@chargeup.example"),
            ("webpush.private_key_file", &es256),
        ],
        "http.gate" => &[("http.gate.url", "https://gate.example/send")],
        "outbox" => &[("outbox.dir", "/tmp/outbox")],
        "directory" => &[("directory.url", "https://owners.example/{id}")],
        other => panic!("{other}"),
    };
    settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

pub(crate) fn key(name: &str) -> String {
    support::project("tests/fixtures/keys").join(name).to_str().unwrap().to_owned()
}

/// The key file of a service account.
pub(crate) fn account(change: impl FnOnce(&mut Value)) -> String {
    let mut account = json!({
        "type": "service_account", "project_id": "chargeup-1", "client_email": "push@chargeup-1.example",
        "token_uri": "https://oauth2.example/token", "private_key": fs::read_to_string(key("rs256.pem")).unwrap(),
    });
    change(&mut account);
    account.to_string()
}

/// What is told of a configuration, and whether there was anything to tell.
fn told(transport: &str, settings: &[(&str, &str)]) -> String {
    let mut overrides = whole(transport);
    if transport != "directory" {
        let email = ["smtp", "ses", "sendgrid", "postmark", "resend"].contains(&transport);
        let channel = if email { "email" } else { "push" };
        overrides.push((format!("channels.{channel}.transports"), transport.to_owned()));
    }
    overrides.extend(settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    match config::load(&Layers { demo: true, overrides, ..Layers::default() }) {
        Ok(config) => Diagnostics(dashlight::app::transport_faults(&config)).to_string(),
        Err(faults) => faults.to_string(),
    }
}

/// A folder of files that hold what is no key.
pub(crate) struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempdir().unwrap())
    }

    pub(crate) fn with(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let file = self.0.path().join(name);
        fs::write(&file, bytes).unwrap();
        file.to_str().unwrap().to_owned()
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

/// What every message about a mistake has: the key, and something to do. And what none has.
fn is_clear(told: &str, transport: &str) {
    let lines: Vec<&str> = told.lines().filter(|line| line.starts_with("error[")).collect();
    assert_eq!(lines.len(), 1, "{transport}: {told}");
    assert!(lines[0].contains(&format!("`{transport}.")), "{transport}: {told}");
    let remedies = ["; ", "expected ", "use ", ": "];
    let (_, message) = lines[0].split_once("]: ").unwrap();
    assert!(remedies.iter().any(|remedy| message.contains(remedy)), "{told}");
    assert!(
        told.len() < 600 && !["hunter2", "xxxx", "MII", "MIG"].iter().any(|secret| told.contains(secret)),
        "{told}"
    );
}

#[test]
fn a_file_that_can_be_no_secret_is_told_by_the_key_that_names_it() {
    let files = Files::new();
    let cases: [(PathBuf, &str); 5] = [
        (files.path().join("nowhere"), "is not there; mend the path, or put the file there"),
        (files.path().to_owned(), "is a folder; name the file in it"),
        (files.with("empty", "\n").into(), "is empty; write the secret into it"),
        (files.with("binary", [0xff, 0x00, 0x30, 0x82]).into(), "is no text; copy the secret as it was given"),
        (files.with("huge", vec![b'x'; 1 << 20]).into(), "is longer than 64 KiB, as no secret is; name the file"),
    ];
    for key in SECRET_FILES {
        for (path, fault) in &cases {
            let path = path.to_str().unwrap();
            let transport = match key.rsplit_once('.').unwrap().0 {
                "network" | "rabbitmq" => "outbox",
                section => section,
            };
            let mut settings = vec![(key, path)];
            if matches!(key, "smtp.password_file" | "smtp.token_file" | "http.gate.password_file") {
                settings.push((if key.starts_with("smtp") { "smtp.username" } else { "http.gate.username" }, "u"));
            }
            let told = told(transport, &settings);
            assert!(told.contains(&format!("`{key}` names `{path}`, which {fault}")), "{key}: {told}");
            assert!(!told.contains("xxxx"), "{key}");
        }
    }
}

#[test]
fn each_mistake_is_told_with_its_key_and_what_to_do() {
    let files = Files::new();
    let mut all = String::new();
    for (transport, mistake, settings) in mistakes(&files) {
        let settings: Vec<(&str, &str)> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let told = told(transport, &settings);
        is_clear(&told, transport);
        let _ = writeln!(all, "{transport}, {mistake}\n    {}", told.trim().replace('\n', "\n    "));
    }
    let folders = [(files.path().to_str().unwrap(), "/run"), (support::root().to_str().unwrap(), "/project")];
    let all = folders.into_iter().fold(all, |all, (from, to)| all.replace(from, to));
    insta::assert_snapshot!(all);
}

#[test]
fn an_exchange_that_no_broker_has_is_told() {
    for (exchange, told) in [
        ("x".repeat(256), "`outcomes.exchange` is longer than the 255 bytes that a broker takes; shorten the name"),
        ("cars\nevents".to_owned(), "`outcomes.exchange` holds a line break or another control character; write"),
    ] {
        let overrides = vec![("outcomes.exchange".to_owned(), exchange)];
        let faults = config::load(&Layers { demo: true, overrides, ..Layers::default() }).err().unwrap().to_string();
        assert!(faults.contains(told) && !faults.contains("xxxx"), "{faults}");
    }
}

const APP: &str = "\n[apps.chargeup]\nname = \"ChargeUp\"\nclient_id = \"c\"\nsender = \"hello@chargeup.example\"\n\
                   support_email = \"help@chargeup.example\"\n";

/// What `dashlight check` prints of a configuration, without what it says of the content.
fn checked(files: &Files, configuration: &str) -> String {
    files.with("dashlight.toml", configuration.to_owned() + APP);
    let output = dashlight(&["check"]).current_dir(files.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(!said(&output).contains("hunter2"), "{}", said(&output));
    let printed = String::from_utf8(output.stdout).unwrap();
    printed.lines().filter(|line| !line.contains("messages of")).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_operator_reads_every_mistake_at_once_and_where_it_stands() {
    let files = Files::new();
    files.with("empty", "");
    files.with("der", [0x30, 0x82, 0xff]);
    insta::assert_snapshot!(checked(
        &files,
        r#"
[channels.email]
transports = ["sendgrid", "ses", "smtp"]

[channels.push]
transports = ["fcm", "apns", "http.gate"]

[sendgrid]
api_key_file = "nowhere"
endpoint = "https://me:hunter2@api.sendgrid.example"

[ses]
region = ""
secret_access_key_file = "empty"

[smtp]
host = "smtps://me:hunter2@mail.example"

[fcm]
service_account_file = "."

[apns]
signing_key_file = "der"
endpoint = "http://api.push.example"

[http.gate]
bearer_file = "/dev/zero"

[directory]
url = "https://me:hunter2@owners.example/{id}"
"#
    ));
}

#[test]
fn an_operator_reads_what_each_key_holds_in_place_of_a_key() {
    let files = Files::new();
    for name in ["rs256.pem", "es256.p8", "es256-public.pem"] {
        files.with(name, fs::read(key(name)).unwrap());
    }
    files.with("user.json", r#"{"type":"authorized_user"}"#);
    files.with("lines", "SG.key\nsecond");
    insta::assert_snapshot!(checked(
        &files,
        r#"
[channels.email]
transports = ["sendgrid", "postmark"]

[channels.push]
transports = ["fcm", "apns", "webpush", "http.gate"]

[sendgrid]
api_key_file = "lines"

[fcm]
service_account_file = "user.json"

[apns]
signing_key_file = "rs256.pem"
key_id = "ABC123DEFG"
team_id = "DEF123GHIJ"
topic = "com.chargeup.app"

[webpush]
private_key_file = "es256-public.pem"
public_key = "BE7UYyRw8VYZ40MivUp8b4OhSN-hCYUIL_CKM2opaqF85tFkK6m4Iqcwt_uidEXoylHFr8VbiJmhMOg_Qfbv_Ts"
subject = "mailto:push@chargeup.example"

[http.gate]
url = "https://me:hunter2@gate.example/send"
"#
    ));
}
