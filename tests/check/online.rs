//! `dashlight check --online` against the software that a worker lives with, well and unwell.

#[path = "../support/http.rs"]
pub(crate) mod http;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/rabbitmq.rs"]
mod rabbitmq;
#[path = "../support/smtp.rs"]
pub(crate) mod smtp;

use std::fs;
use std::process::Output;

use lapin::ExchangeKind;

use self::http::{Answer, Door, HttpServer};
use self::rabbitmq::Broker;
use crate::support::{dashlight, said};

/// A folder with a configuration whose mails go into a folder of its own.
pub(crate) struct Site {
    folder: tempfile::TempDir,
    settings: Vec<String>,
}

/// Nobody listens there.
const NOWHERE: &str = "amqp://me:hunter2@127.0.0.1:9";

impl Site {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = "[apps.ampwise]\nname = \"Ampwise\"\nclient_id = \"8229df9f-91a0-4ff0-a1ae-a1f38ee24d07\"\n\
                    sender = \"Ampwise <cars@ampwise.example>\"\nsupport_email = \"help@ampwise.example\"\n";
        fs::write(folder.path().join("dashlight.toml"), text).unwrap();
        let site = Self { folder, settings: Vec::new() };
        site.with("rabbitmq.url", NOWHERE).with("channels.email.transports", "outbox").with("outbox.dir", "out")
    }

    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.settings.push(format!("{key}={value}"));
        self
    }

    fn with_broker(self, broker: &Broker, user: &str) -> Self {
        self.with("rabbitmq.url", broker.as_user(user, user).expose())
            .with("rabbitmq.queue", &broker.work)
            .with("rabbitmq.dead_letter_queue", &broker.dead)
    }

    /// Elsewhere, because servers of this test answer meanwhile.
    async fn check(&self, arguments: &[&str]) -> Output {
        let settings = self.settings.iter().flat_map(|setting| ["--set", setting]);
        let mut command = dashlight(&["check", "--online"]);
        command.args(arguments).args(settings).current_dir(self.folder.path());
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    /// What is told, and the exit code.
    pub(crate) async fn told(&self) -> (String, Option<i32>) {
        let output = self.check(&[]).await;
        (String::from_utf8(output.stdout).unwrap(), output.status.code())
    }
}

/// The columns of the lines about what was asked, without those that say how many messages were looked at.
fn lines(told: &str) -> Vec<&str> {
    told.lines().filter(|line| line.starts_with("works ") || line.starts_with("fails ")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_works_is_told_line_by_line_and_nothing_is_taken_or_sent() {
    let Some(broker) = Broker::connect().await else { return };
    let Some(postgres) = postgres::config() else { return };
    let Some(mail) = smtp::Server::start(&[]) else { return };
    broker.declare(&broker.work, "quorum").await;
    broker.declare(&broker.dead, "quorum").await;
    broker.publish(b"{}").await;
    let owners = HttpServer::start(|_| Answer::reply(404, ""));
    let site = Site::new()
        .with_broker(&broker, "guest")
        .with("ledger.url", postgres.url.expose())
        .with("ledger.schema", &postgres.schema)
        .with("directory.url", &format!("{}/{{app}}/{{id}}", owners.url()))
        .with("channels.email.transports", "smtp, outbox")
        .with("smtp.host", "127.0.0.1")
        .with("smtp.port", &mail.port.to_string())
        .with("smtp.tls", "none");
    let (told, code) = site.told().await;
    assert_eq!(code, Some(0), "{told}");
    let told = lines(&told).join("\n");
    let told = [(&*broker.work, "WORK"), (&broker.dead, "DEAD"), (&postgres.schema, "SCHEMA")]
        .into_iter()
        .fold(told, |told, (from, to)| told.replace(from, to));
    insta::with_settings!({ filters => vec![(r"127\.0\.0\.1:\d+", "HOST:PORT")] }, { insta::assert_snapshot!(told) });
    let left = broker.take(&broker.work, 1).await;
    assert!(!left[0].redelivered, "it was never given out");
    assert!(broker.is_empty(&broker.dead).await);
    assert_eq!(mail.messages().len(), 0);
    assert!(owners.requests().iter().all(|request| request.path == "/ampwise/dashlight-check"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_of_the_broker_with_no_more_than_it_needs_is_enough() {
    let Some(broker) = Broker::connect().await else { return };
    for queue in [&broker.work, &broker.dead] {
        broker.declare(queue, "classic").await;
    }
    for declare in ["none", "passive"] {
        let site = Site::new().with_broker(&broker, "worker").with("rabbitmq.declare", declare);
        let (told, code) = site.told().await;
        assert_eq!(code, Some(0), "{declare}: {told}");
        assert!(told.contains("events may be read and dead letters published"), "{told}");
    }
    for (user, what) in [("blind", "whether the queue may be read"), ("mute", "whether dead letters may be published")]
    {
        let (told, code) = Site::new().with_broker(&broker, user).with("rabbitmq.declare", "none").told().await;
        assert_eq!(code, Some(1), "{user}: {told}");
        let refused = format!("error[online/denied]: the broker: the broker refuses (asking {what})");
        assert!(told.contains(&refused), "{told}");
    }
    let (told, code) = Site::new().with_broker(&broker, "worker").told().await;
    assert_eq!(code, Some(1));
    assert!(told.contains("error[online/denied]: the broker: the broker refuses (declaring the queues)"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn queues_that_are_missing_or_of_another_kind_are_told() {
    let Some(broker) = Broker::connect().await else { return };
    let (told, code) = Site::new().with_broker(&broker, "guest").told().await;
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("is not there yet and will be made by `dashlight run`"), "{told}");
    let passive = Site::new().with_broker(&broker, "guest").with("rabbitmq.declare", "passive");
    let (told, code) = passive.told().await;
    assert_eq!(code, Some(1), "{told}");
    assert!(
        told.contains(&format!("error[online/queue]: the broker: queue `{}` does not exist", broker.work)),
        "{told}"
    );
    broker.declare(&broker.work, "classic").await;
    let (told, code) = Site::new().with_broker(&broker, "guest").told().await;
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("exists with other arguments (its x-queue-type is `classic`, ours `quorum`)"), "{told}");
    let stranger = Site::new().with("rabbitmq.url", broker.as_user("guest", "hunter2").expose());
    let (told, code) = stranger.told().await;
    assert_eq!(code, Some(1));
    assert!(told.contains("error[online/denied]: the broker: the broker refuses the login"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_could_not_be_used_is_told() {
    let Some(postgres) = postgres::config() else { return };
    let url = postgres.url.expose().replace("://dashlight:", "://dashlight:hunter2");
    let (told, code) = Site::new().with("ledger.url", &url).told().await;
    assert_eq!(code, Some(1));
    assert!(
        told.contains("error[online/ledger]: the ledger: ") && told.contains("look at user and password"),
        "{told}"
    );
    assert!(!told.contains("hunter2"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_fails_is_told_at_once_with_what_to_do() {
    let owners = HttpServer::start(|_| Answer::reply(401, ""));
    let site = Site::new()
        .with("ledger.url", "sqlite:no/such/folder/ledger.db")
        .with("directory.url", &format!("{}/{{id}}", owners.url()))
        .with("directory.bearer", "hunter2")
        .with("smtp.host", "127.0.0.1")
        .with("smtp.port", "9")
        .with("smtp.tls", "none")
        .with("channels.email.transports", "smtp");
    let (told, code) = site.told().await;
    assert_eq!(code, Some(1));
    assert!(!told.contains("hunter2"), "{told}");
    let told: Vec<_> = told.lines().filter(|line| !line.contains("messages of")).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_outcomes_could_be_told_is_asked_and_nobody_hears_anything() {
    let Some(broker) = Broker::connect().await else { return };
    for queue in [&broker.work, &broker.dead] {
        broker.declare(queue, "quorum").await;
    }
    let exchange = broker.work.replace("work", "outcomes");
    let site = |user, declare| {
        let site = Site::new().with_broker(&broker, user).with("rabbitmq.declare", declare);
        site.with("outcomes.exchange", &exchange)
    };
    let (told, code) = site("guest", "declare").told().await;
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains(&format!("`{exchange}`: it is not there yet and will be made by `dashlight run`")), "{told}");
    let (told, code) = site("guest", "none").told().await;
    assert_eq!(code, Some(1), "{told}");
    let missing = format!("error[online/exchange]: outcomes: exchange `{exchange}` does not exist; create it");
    assert!(told.contains(&missing), "{told}");

    broker.create_exchange(&exchange, ExchangeKind::Topic).await;
    broker.bind(&broker.work, &exchange, "#").await;
    for (user, declare) in [("guest", "declare"), ("worker", "none")] {
        let (told, code) = site(user, declare).told().await;
        assert_eq!(code, Some(0), "{user}: {told}");
        assert!(told.contains(&format!("`{exchange}`: outcomes may be published")), "{told}");
    }
    assert!(broker.is_empty(&broker.work).await, "nobody heard of it");
    let (told, code) = site("blind", "none").told().await;
    assert_eq!(code, Some(1), "{told}");
    let refused = "error[online/denied]: outcomes: the broker refuses (asking whether outcomes may be published)";
    assert!(told.contains(refused), "{told}");

    broker.delete_exchange(&exchange).await;
    broker.create_exchange(&exchange, ExchangeKind::Fanout).await;
    let (told, code) = site("guest", "declare").told().await;
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("exists, but is another (its type is `fanout`, ours `topic`)"), "{told}");
    broker.delete_exchange(&exchange).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_is_not_waited_for() {
    let silent = HttpServer::start(|_| Answer::Silence);
    let closed = HttpServer::start(|_| Answer::Silence);
    closed.door(Door::Silent);
    let site = Site::new()
        .with("directory.url", &format!("{}/{{id}}", silent.url()))
        .with("directory.timeout", "200ms")
        .with("channels.email.transports", "smtp")
        .with("smtp.host", "127.0.0.1")
        .with("smtp.port", &closed.port.to_string())
        .with("smtp.tls", "none")
        .with("smtp.connect_timeout", "200ms");
    let (told, code) = site.told().await;
    assert_eq!(code, Some(1));
    assert!(told.contains("error[online/unreachable]: the directory: no answer within 200ms"), "{told}");
    assert!(told.contains("error[online/unreachable]: email by smtp: "), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_knows_everybody_is_found_out() {
    let owners = HttpServer::start(|_| Answer::reply(200, r#"{"email":"anna@example.com"}"#));
    let (told, code) = Site::new().with("directory.url", &format!("{}/me?of={{id}}", owners.url())).told().await;
    assert_eq!(code, Some(1));
    assert!(told.contains("error[online/stranger]: the directory: it knows `dashlight-check`"), "{told}");
    assert!(!told.contains("anna@"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_are_told_too_what_was_asked() {
    let site = Site::new();
    let output = site.check(&["--format", "json"]).await;
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema = dashlight(&["schema", "check"]).output().unwrap();
    let schema = serde_json::from_slice(&schema.stdout).unwrap();
    jsonschema::validator_for(&schema).unwrap().validate(&report).unwrap();
    let asked = report["online"].as_array().unwrap();
    let of = |subject: &str| asked.iter().find(|asked| asked["subject"] == subject).unwrap();
    assert_eq!(of("the broker")["code"], "online/unreachable");
    assert_eq!(of("the ledger")["works"], true);
    assert!(of("email by outbox")["proven"].as_str().unwrap().contains("can be written to"), "{asked:?}");
    let sarif = site.check(&["--format", "sarif"]).await;
    let sarif: serde_json::Value = serde_json::from_slice(&sarif.stdout).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "online/unreachable");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_faulty_configuration_nobody_is_asked() {
    let (told, code) = Site::new().with("smtp.prot", "25").told().await;
    assert_eq!(code, Some(1));
    assert!(told.contains("nothing outside was asked, because the configuration has faults"), "{told}");
    let nothing = tempfile::tempdir().unwrap();
    let output = dashlight(&["check", "--online"]).current_dir(nothing.path()).output().unwrap();
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("there is no `dashlight.toml` in this folder"),
        "{}",
        said(&output)
    );
}
