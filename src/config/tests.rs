//! The layers, the reference, and every fault at once.

use std::path::Path;

use super::*;
use crate::diagnostic::Diagnostics;

pub(super) const APP: &str = r#"
[apps.chargeup]
name = "ChargeUp"
client_id = "client"
sender = "ChargeUp <hello@chargeup.example>"
support_email = "help@chargeup.example"
"#;

pub(super) const TEN_FAULTS: &str = r#"[rabbitmq]
url = "https://me:hunter2@broker.example"
declare = "pasive"
prefetch = 70000
heartbeat = 10

[smpt]
host = "mail.example.com"

[smtp]
host = "smtp://mail.example.com"
prot = 25
username = "dashlight"

[policy."PERMISSION"]
grace = "a while"

[apps.chargeup]
name = "ChargeUp"
sender = "ChargeUp"
redirect_uri = "http://chargeup.example"
color = "green"
"#;

pub(super) struct Setup {
    folder: tempfile::TempDir,
    layers: Layers,
}

pub(super) fn setup(file: &str) -> Setup {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dashlight.toml");
    std::fs::write(&path, file).unwrap();
    Setup { folder, layers: Layers { file: Some(path), ..Layers::default() } }
}

impl Setup {
    fn environment(mut self, name: &str, value: &str) -> Self {
        self.layers.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn flag(mut self, key: &str, value: &str) -> Self {
        self.layers.overrides.push((key.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn load(&self) -> Config {
        load(&self.layers).unwrap_or_else(|faults| panic!("{faults}"))
    }

    /// The faults as a person sees them, without the path of the folder.
    fn faults(&self) -> String {
        let faults: Diagnostics = load(&self.layers).unwrap_err();
        let folder = format!("{}{}", self.folder.path().display(), std::path::MAIN_SEPARATOR);
        faults.to_string().replace(&folder, "")
    }
}

/// The reference with every key that it shows in a comment.
pub(super) fn uncommented_reference() -> String {
    REFERENCE
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(key) if key.starts_with('[') || key.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ')) => {
                key
            }
            _ => line,
        })
        .flat_map(|line| [line, "\n"])
        .collect()
}

#[test]
fn the_reference_is_a_good_configuration() {
    let config = load(&Layers { demo: true, ..Layers::default() }).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(config.apps["chargeup"].name, "ChargeUp");
    assert_eq!((config.source.batch_size, config.source.max_event_bytes), (200, 1 << 20));
    assert_eq!((config.rabbitmq.prefetch, config.rabbitmq.declare), (500, Declare::Declare));
    assert_eq!((config.smtp.port, config.smtp.tls), (587, Tls::Starttls));
    assert_eq!(config.ledger.lease, SignedDuration::from_mins(30));
    assert_eq!(config.ledger.store.to_string(), "sqlite:dashlight.db");
    assert_eq!(config.channels[&crate::policy::Channel::Email].transports, ["smtp"]);
}

#[test]
fn what_the_reference_shows_in_comments_is_good_too() {
    let setup = setup(&uncommented_reference());
    for file in ["ca.pem", "firebase-key.json", "AuthKey_ABC123DEFG.p8", "vapid-private-key"] {
        std::fs::write(setup.folder.path().join(file), "key").unwrap();
    }
    let config = setup.load();
    assert_eq!(config.smtp.password.unwrap().first.expose(), "secret");
    assert_eq!(config.policy.per_key.len(), 1);
    assert_eq!(config.outbox.dir, Some(setup.folder.path().join("out")));
    let app = &config.apps["chargeup"];
    assert!(app.links.stop.is_some() && app.list_unsubscribe.is_some() && app.reply_to.is_some() && app.logo.is_some());
}

#[test]
fn the_example_app_counts_only_in_the_file_itself() {
    assert!(load(&Layers::default()).unwrap_err().to_string().contains("add a section `[apps.ID]`"));
    assert_eq!(setup(APP).load().apps["chargeup"].client_id, "client");
    assert_eq!(setup(REFERENCE).load().apps.len(), 1);
}

#[test]
fn a_later_layer_wins() {
    let file = format!("[smtp]\nhost = \"file.example\"\nport = 1\nmax_connections = 2\n{APP}");
    let setup = setup(&file)
        .environment("DASHLIGHT__SMTP__HOST", "environment.example")
        .environment("DASHLIGHT__SMTP__PORT", "2")
        .environment("DASHLIGHT__APPS__CHARGEUP__NAME", "Charge Up")
        .environment("DASHLIGHT__CHANNELS__EMAIL__TRANSPORTS", "outbox, smtp")
        .environment("PATH", "/usr/bin")
        .flag("smtp.port", "3");
    let config = setup.load();
    assert_eq!((&*config.smtp.host, config.smtp.port, config.smtp.max_connections), ("environment.example", 3, 2));
    assert_eq!(config.apps["chargeup"].name, "Charge Up");
    assert_eq!(config.channels[&crate::policy::Channel::Email].transports, ["outbox", "smtp"]);
}

#[test]
fn an_app_with_a_hyphen_is_found_from_the_environment() {
    let file = APP.replace("apps.chargeup", "apps.charge-up");
    let config = setup(&file).environment("DASHLIGHT__APPS__CHARGE_UP__NAME", "2").load();
    assert_eq!(config.apps["charge-up"].name, "2");
}

#[test]
fn paths_are_relative_to_the_file_they_stand_in() {
    let file = format!("[ledger]\nurl = \"sqlite:data/l.db\"\n[content]\nlocales = \"locales\"\n{APP}");
    let setup = setup(&file).flag("content.templates", "templates");
    let (config, folder) = (setup.load(), setup.folder.path());
    assert_eq!(config.ledger.store.to_string(), format!("sqlite:{}", folder.join("data/l.db").display()));
    assert_eq!(config.content.locales, Some(folder.join("locales")));
    assert_eq!(config.content.templates.as_deref(), Some(Path::new("templates")));
}

#[test]
fn limits_and_signatures_are_of_domains_as_addresses_have_them() {
    let config = setup(&format!("[smtp.domains.\"BLÅBÆR.example\"]\nmax_connections = 2\n{APP}")).load();
    assert_eq!(config.smtp.domains["xn--blbr-roah.example"].max_connections, Some(2));
    let faults = setup(&format!(
        "[smtp.per_domain]\nmax_connections = 0\n[smtp.domains.\"b c\"]\nmax_connections = 2\n\
         [smtp.dkim.\"b.example\"]\nselector = \"a_b\"\n[smtp.domains.\"b.example\"]\nmax_messages_per_connection = 0\nmax_conections = 1\n{APP}"
    ))
    .faults();
    for fault in [
        "`smtp.per_domain.max_connections` is 0",
        "`[smtp.domains.\"b c\"]` is not named after a domain",
        "`smtp.domains.\"b.example\".max_messages_per_connection` is 0",
        "did you mean `max_connections`?",
        "`smtp.dkim.\"b.example\".selector` is",
        "`smtp.dkim.\"b.example\".key_file` is missing",
    ] {
        assert!(faults.contains(fault), "{fault}: {faults}");
    }
}

#[test]
fn a_ledger_on_a_server_is_named_without_its_password() {
    let url = "postgres://me:hunter2@db.example:5433/cars?sslmode=require&password=hunter2";
    let in_file = setup(&format!("[ledger]\nurl_file = \"url\"\n{APP}"));
    std::fs::write(in_file.folder.path().join("url"), url).unwrap();
    let in_place = setup(&format!("[ledger]\nurl = \"{url}\"\n{APP}"));
    let by_flag = setup(APP).flag("ledger.url", url);
    for setup in [in_file, in_place, by_flag] {
        let config = setup.load();
        assert_eq!(config.ledger.store.to_string(), "postgres://db.example:5433/cars");
        assert!(!format!("{config:?}").contains("hunter2"));
    }
    for url in ["postgres://me:hunter2@db.example/cars?sslmode=of", "mysql://me:hunter2@db.example", "hunter2"] {
        let faults = setup(&format!("[ledger]\nurl = \"{url}\"\nschema = \"Cars\"\n{APP}")).faults();
        assert!(!faults.contains("hunter2") || !url.contains('@'), "{faults}");
        assert!(faults.contains("`ledger.url` ") && faults.contains("ledger.schema"), "{faults}");
    }
}

#[test]
fn a_secret_may_stand_in_a_file() {
    let file = format!("[smtp]\nusername = \"me\"\npassword_file = \"pw\"\n{APP}");
    let setup = setup(&file);
    std::fs::write(setup.folder.path().join("pw"), "hunter2\r\n").unwrap();
    assert_eq!(setup.load().smtp.password.unwrap().first.expose(), "hunter2");
    assert!(!format!("{:?}", setup.load()).contains("hunter2"));
}

#[test]
fn a_file_of_a_later_layer_replaces_the_secret_of_an_earlier_one() {
    let setup = setup(APP).environment("DASHLIGHT__RABBITMQ__URL_FILE", "no/such/file");
    assert!(setup.faults().contains("`rabbitmq.url_file` names `no/such/file`, which is not there"));
}

#[test]
fn a_secret_is_given_once() {
    let file = format!("[smtp]\nusername = \"me\"\npassword = \"hunter2\"\npassword_file = \"pw\"\n{APP}");
    let faults = setup(&file).faults();
    assert!(faults.contains("`smtp.password_file` stands beside `password`"), "{faults}");
}

#[test]
fn no_fault_repeats_a_secret() {
    for section in [
        "[rabbitmq]\nurl = \"me:hunter2@host\"",
        "[rabbitmq]\nurl = \"http://me:hunter2@host\"",
        "[smtp]\npassword = \"hunter2\"",
        "[smtp]\npassword = [\"hunter2\"]",
        "smtp = { password = \"hunter2\", prot = 1 }",
        "[smtp]\npassword = \"hunter2",
        "[directory]\nbearer = \"hunter2\"\nbearer_file = \"x\"",
        "[directory]\nbearer = \"b\"\nheaders = [\"Authorization: hunter2\"]",
        "[directory]\nheaders = [\n  \"hunter2\",\n]",
        "[directory]\nurl = \"https://me:hunter2@owners.example/{id}\"",
    ] {
        let faults = setup(&format!("{section}\n{APP}")).faults();
        assert!(faults.starts_with("error[config/") && !faults.contains("hunter2"), "{faults}");
    }
    let setup = setup(APP).environment("DASHLIGHT__RABBITMQ__URL", "http://me:hunter2@host");
    assert!(!setup.faults().contains("hunter2"));
}

#[test]
fn a_fault_of_the_environment_names_its_variable() {
    let setup = setup(APP)
        .environment("DASHLIGHT__SMTP__PORT", "many")
        .environment("DASHLIGHT__SMTP__HOTS", "mail.example")
        .environment("DASHLIGHT__OUTBOX", "out")
        .flag("log.format", "jsn");
    insta::assert_snapshot!(setup.faults());
}

#[test]
fn syntax_faults_are_told_at_once() {
    insta::assert_snapshot!(setup("[smtp]\nhost = mail\nport = 25\nport = 26\n[log\n").faults());
}

#[test]
fn ten_faults_are_told_at_once() {
    insta::assert_snapshot!(setup(TEN_FAULTS).faults());
}

#[test]
fn what_cannot_be_a_directory_is_told_at_once() {
    let file = r#"[directory]
url = "https://me:secret@owners.example/{app}/{id}"
headers = ["X-Tenant volta"]
bearer_file = "no/such/token"
cache_size = "2 GiB"
stale_if_error = "for ever"

[directory.fields]
email = "contact.mail"
phone = "/contact/phone"
"#;
    insta::assert_snapshot!(setup(&format!("{file}{APP}")).faults());
}

#[test]
fn a_file_that_is_not_there_is_said_so() {
    let layers = Layers { file: Some("no/such/dashlight.toml".into()), ..Layers::default() };
    let faults = load(&layers).unwrap_err().to_string();
    assert!(faults.starts_with("error[config/file]: `no/such/dashlight.toml` cannot be read: "), "{faults}");
}

#[test]
fn a_url_with_credentials_is_refused_and_not_repeated() {
    for (section, key, value) in [
        ("apns", "endpoint", "\"https://me:hunter2@push.example\""),
        ("fcm", "token_endpoint", "\"https://me:hunter2@push.example\""),
        ("webpush", "trusted_origins", "[\"https://me:hunter2@push.example\"]"),
    ] {
        let faults = setup(&format!("[{section}]\n{key} = {value}\n{APP}")).faults();
        assert!(faults.contains(&format!("`{section}.{key}`")), "{faults}");
        assert!(faults.contains("a URL with credentials") && !faults.contains("hunter2"), "{faults}");
    }
}
