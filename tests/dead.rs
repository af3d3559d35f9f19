//! `dashlight dead` against a real broker: what is looked at stays, what is replayed arrives, whatever is pulled in between.
#![cfg(unix)]
#![allow(clippy::duplicate_mod, reason = "the files of both servers know where their peer is named")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    unreachable_pub,
    reason = "a test says what went wrong by panicking"
)]

#[path = "support/rabbitmq.rs"]
mod rabbitmq;
#[path = "support/smtp.rs"]
mod smtp;
#[path = "support/worker.rs"]
mod worker;

use std::collections::BTreeMap;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicGetOptions, BasicPublishOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{BasicProperties, Confirmation};
use rabbitmq::{Broker, PATIENCE};
use serde_json::{Value, json};
use smtp::Server;
use worker::{APP, Peers, Site};

/// Letters, where many are needed: more than one command does at once.
const COUNT: usize = 500;

const AT: &str = "2026-11-20T08:00:00.25Z";

/// Both queues, and the command's view of them.
struct Scene {
    broker: Broker,
    url: String,
}

impl Scene {
    async fn new() -> Option<Self> {
        let broker = Broker::connect().await?;
        for queue in [&broker.work, &broker.dead] {
            broker.declare(queue, "quorum").await;
        }
        let url = broker.config().url.expose().to_owned();
        Some(Self { broker, url })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dashlight"));
        command.arg("dead").args(arguments).env_clear();
        for setting in [
            format!("rabbitmq.url={}", self.url),
            format!("rabbitmq.queue={}", self.broker.work),
            format!("rabbitmq.dead_letter_queue={}", self.broker.dead),
        ] {
            command.args(["--set", &setting]);
        }
        command.args(["--config", concat!(env!("CARGO_MANIFEST_DIR"), "/dashlight.toml")]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn dead(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn listed(&self) -> Vec<Value> {
        let output = self.dead(&["list", "--format", "json"]);
        assert!(output.status.success(), "{}", said(&output));
        let written: Value = serde_json::from_slice(&output.stdout).unwrap();
        written["letters"].as_array().unwrap().clone()
    }

    async fn bury(&self, body: &[u8], reason: &str) {
        let queue = self.broker.work.clone();
        self.bury_with(body, &[("x-dashlight-reason", reason), ("x-dashlight-at", AT), ("x-dashlight-queue", &queue)])
            .await;
    }

    async fn bury_with(&self, body: &[u8], headers: &[(&str, &str)]) {
        let mut table = FieldTable::default();
        for (name, value) in headers {
            table.insert((*name).into(), AMQPValue::LongString(LongString::from(*value)));
        }
        let properties = BasicProperties::default().with_message_id("m-1".into()).with_headers(table);
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let queue = self.broker.dead.as_str().into();
        let sent = self.broker.channel.basic_publish("".into(), queue, options, body, properties).await;
        assert_eq!(sent.unwrap().await.unwrap(), Confirmation::Ack(None));
    }

    /// All that lies in a queue, taken out.
    async fn drained(&self, queue: &str) -> Vec<Delivery> {
        let mut all = Vec::new();
        while let Some(got) = self.broker.channel.basic_get(queue.into(), BasicGetOptions::default()).await.unwrap() {
            assert!(got.delivery.acker.ack(BasicAckOptions::default()).await.unwrap());
            all.push(got.delivery);
        }
        all
    }

    async fn depth(&self, queue: &str) -> u32 {
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let asked = self.broker.channel.queue_declare(queue.into(), options, FieldTable::default()).await;
        asked.unwrap().message_count()
    }

    async fn until_depth(&self, queue: &str, mut is_so: impl FnMut(u32) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self.depth(queue).await) {
            assert!(Instant::now() < deadline, "waited in vain for the depth of {queue}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn times(letters: &[Delivery]) -> BTreeMap<Vec<u8>, usize> {
    let mut times = BTreeMap::new();
    for letter in letters {
        *times.entry(letter.data.clone()).or_default() += 1;
    }
    times
}

#[tokio::test]
async fn letters_are_listed_by_reason_and_may_be_looked_at_as_often_as_one_likes() {
    let Some(scene) = Scene::new().await else { return };
    // A broker that drops what was given back more than twice, as RabbitMQ 4 does at the twentieth time.
    scene.broker.delete(&scene.broker.dead).await;
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString(LongString::from("quorum")));
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(2));
    let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    scene.broker.channel.queue_declare(scene.broker.dead.as_str().into(), options, arguments).await.unwrap();
    scene.bury(b"{", "not-json").await;
    scene.bury(b"{\"app\":\"volta\"}", "unknown-app").await;
    scene.bury(b"{\"app\":\"volta\"}", "unknown-app").await;

    let first = scene.listed();
    assert_eq!(first.len(), 3);
    assert_eq!((&first[0]["reason"], &first[0]["at"], &first[0]["bytes"]), (&json!("not-json"), &json!(AT), &json!(1)));
    for _ in 0..7 {
        let mut ids: Vec<_> = scene.listed().iter().map(|letter| letter["id"].as_str().unwrap().to_owned()).collect();
        let mut expected: Vec<_> = first.iter().map(|letter| letter["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        expected.sort();
        assert_eq!(ids, expected);
    }
    let told = said(&scene.dead(&["list", "--reason", "unknown-app"]));
    assert!(told.contains("unknown-app") && !told.contains("not-json"), "{told}");
    assert_eq!(said(&scene.dead(&["list", "--since", "1s"])), "nothing\n");
    let kept = times(&scene.drained(&scene.broker.dead).await);
    assert_eq!(kept.values().sum::<usize>(), 3, "{kept:?}");
}

#[tokio::test]
async fn a_letter_is_replayed_as_it_came_and_the_others_stay() {
    let Some(scene) = Scene::new().await else { return };
    let work = scene.broker.work.clone();
    scene.bury(b"not json", "not-json").await;
    let headers = [
        ("x-dashlight-reason", "unknown-app"),
        ("x-dashlight-detail", "no app `volta`"),
        ("x-dashlight-at", AT),
        ("x-dashlight-queue", &work),
        ("trace", "t-1"),
    ];
    scene.bury_with(b"\xff\0event", &headers).await;

    let told = said(&scene.dead(&["replay", "--reason", "unknown-app", "--dry-run"]));
    assert!(told.contains("would be replayed"), "{told}");
    assert_eq!((scene.depth(&work).await, scene.listed().len()), (0, 2));

    let output = scene.dead(&["replay", "--reason", "unknown-app"]);
    assert!(output.status.success() && said(&output).contains("replayed"), "{}", said(&output));
    let replayed = scene.drained(&work).await.remove(0);
    assert_eq!(replayed.data, b"\xff\0event");
    assert_eq!(replayed.properties.message_id().as_ref().map(ToString::to_string).as_deref(), Some("m-1"));
    let headers = replayed.properties.headers().as_ref().unwrap().inner().clone();
    // Quorum queues count from 0.
    let is_new = headers.get("x-delivery-count").is_none_or(|count| *count == AMQPValue::LongLongInt(0));
    assert!(is_new, "{headers:?}");
    let names = headers.keys().map(ToString::to_string).filter(|name| name != "x-delivery-count");
    // The time goes along, because the event may have none of its own.
    assert_eq!(names.collect::<Vec<_>>(), ["trace", "x-dashlight-at"]);
    assert_eq!(scene.listed().len(), 1);
}

#[tokio::test]
async fn what_the_event_queue_does_not_take_stays() {
    let Some(scene) = Scene::new().await else { return };
    scene.bury(b"1", "not-json").await;
    scene.broker.delete(&scene.broker.work).await;
    let output = scene.dead(&["replay", "--all"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("did not take 1 dead letters: NO_ROUTE"), "{}", said(&output));
    scene.until_depth(&scene.broker.dead, |depth| depth == 1).await;
}

#[tokio::test]
async fn letters_of_another_queue_are_left_unless_they_are_meant() {
    let Some(scene) = Scene::new().await else { return };
    scene.bury_with(b"1", &[("x-dashlight-reason", "not-json"), ("x-dashlight-queue", "another")]).await;
    let told = said(&scene.dead(&["replay", "--all"]));
    assert!(told.contains("1 left: from `another`"), "{told}");
    assert_eq!(scene.depth(&scene.broker.work).await, 0);
    assert!(scene.dead(&["replay", "--all", "--any-queue"]).status.success());
    assert_eq!(scene.drained(&scene.broker.work).await.len(), 1);
}

#[tokio::test]
async fn a_replay_that_is_killed_in_the_middle_loses_nothing() {
    let Some(scene) = Scene::new().await else { return };

    for number in 0..COUNT {
        scene.bury(number.to_string().as_bytes(), "unknown-app").await;
    }
    let mut killed = scene.command(&["replay", "--all"]).spawn().unwrap();
    scene.until_depth(&scene.broker.work, |depth| depth > 0).await;
    killed.kill().unwrap();
    killed.wait().unwrap();
    // The broker gives back what was held as soon as it sees that the connection is gone.
    let deadline = Instant::now() + PATIENCE;
    while scene.depth(&scene.broker.work).await as usize + (scene.depth(&scene.broker.dead).await as usize) < COUNT {
        assert!(Instant::now() < deadline, "letters are missing");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let output = scene.dead(&["replay", "--all"]);
    assert!(output.status.success(), "{}", said(&output));
    let times = times(&scene.drained(&scene.broker.work).await);
    assert_eq!(times.len(), COUNT);
    let twice = times.values().filter(|times| **times > 1).count();
    assert!(twice <= 16 && times.values().all(|times| *times <= 2), "{twice} twice");
    assert!(scene.broker.is_empty(&scene.broker.dead).await);
}

#[tokio::test]
async fn ctrl_c_ends_a_replay_in_good_order() {
    let Some(scene) = Scene::new().await else { return };

    for number in 0..COUNT {
        scene.bury(number.to_string().as_bytes(), "unknown-app").await;
    }
    let stopped = scene.command(&["replay", "--all"]).spawn().unwrap();
    scene.until_depth(&scene.broker.work, |depth| depth > 0).await;
    let sent = Command::new("kill").args(["-INT", &stopped.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let output = stopped.wait_with_output().unwrap();
    if output.status.code() == Some(1) {
        assert!(said(&output).contains("stopped; what was not replayed lies where it was"), "{}", said(&output));
    }
    let mut all = scene.drained(&scene.broker.work).await;
    all.extend(scene.drained(&scene.broker.dead).await);
    let times = times(&all);
    assert!(times.len() == COUNT && times.values().all(|times| *times == 1), "{}", said(&output));
}

#[tokio::test]
async fn two_replays_at_once_share_the_work() {
    let Some(scene) = Scene::new().await else { return };

    for number in 0..COUNT {
        scene.bury(number.to_string().as_bytes(), "unknown-app").await;
    }
    let both: Vec<_> = (0..2).map(|_| scene.command(&["replay", "--all"]).spawn().unwrap()).collect();
    for one in both {
        let output = one.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    }
    let times = times(&scene.drained(&scene.broker.work).await);
    assert!(times.len() == COUNT && times.values().all(|times| *times == 1), "{}", times.len());
    assert!(scene.broker.is_empty(&scene.broker.dead).await);
}

#[tokio::test]
async fn purging_wants_to_be_told_what_and_that_it_is_meant() {
    let Some(scene) = Scene::new().await else { return };
    scene.bury(b"1", "not-json").await;
    scene.bury(b"2", "unknown-app").await;
    assert_eq!(scene.dead(&["purge", "--yes"]).status.code(), Some(2));
    let output = scene.dead(&["purge", "--reason", "not-json"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("nothing was deleted; add `--yes`"), "{}", said(&output));
    assert_eq!(scene.listed().len(), 2);
    assert!(scene.dead(&["purge", "--reason", "not-json", "--yes"]).status.success());
    let left = scene.drained(&scene.broker.dead).await;
    assert_eq!(left.iter().map(|letter| letter.data.clone()).collect::<Vec<_>>(), [b"2"]);
}

#[tokio::test]
async fn a_letter_is_shown_so_that_no_terminal_obeys_it() {
    let Some(scene) = Scene::new().await else { return };
    let hostile = b"{\"name\": \"\x1b]0;owned\x07\"}";
    let (work, detail) = (scene.broker.work.clone(), "no app `volta`\x1b[2J");
    let headers = [
        ("x-dashlight-reason", "unknown-app"),
        ("x-dashlight-detail", detail),
        ("x-dashlight-queue", &work),
        ("x-dashlight-at", AT),
        ("trace", "t-1"),
    ];
    scene.bury_with(hostile, &headers).await;
    let id = scene.listed()[0]["id"].as_str().unwrap().to_owned();
    let told = said(&scene.dead(&["show", &id[..6]]));
    let told = told.replace(&scene.broker.work, "WORK").replace(&id, "ID");
    // Brokers count in their own ways.
    let told: Vec<_> = told.lines().filter(|line| !line.contains("x-delivery-count")).collect();
    insta::assert_snapshot!(told.join("\n"));
    assert_eq!(scene.dead(&["show", &id, "--body"]).stdout, hostile);
    let shown: Value = serde_json::from_slice(&scene.dead(&["show", &id, "--format", "json"]).stdout).unwrap();
    assert_eq!(shown["letters"][0]["body"].as_str().unwrap().as_bytes(), hostile);
    let schema = Command::new(env!("CARGO_BIN_EXE_dashlight")).args(["schema", "dead-letters"]).output().unwrap();
    let schema = serde_json::from_slice(&schema.stdout).unwrap();
    jsonschema::validator_for(&schema).unwrap().validate(&shown).unwrap();
    assert!(said(&scene.dead(&["show", "ffff"])).contains("no id begins with `ffff`"));
}

/// One event for an app that is configured from the second run on.
fn event(app: &str) -> Vec<u8> {
    json!({
        "app": app,
        "recipient": { "id": "owner-1", "email": "owner-1@example.com" },
        "vehicle": { "id": "car-1" },
        "error": { "type": "CONNECTED_SERVICES_ACCOUNT", "code": "PERMISSION" },
    })
    .to_string()
    .into_bytes()
}

#[tokio::test]
async fn a_replay_after_the_mending_sends_once_whatever_was_replayed_twice() {
    let Some(scene) = Scene::new().await else { return };
    let Some(server) = Server::start(&[]) else { return };
    let (work, dead) = (&scene.broker.work, &scene.broker.dead);
    let site = Site::new(&Peers { amqp: &scene.url, queue: work, dead_letters: dead, smtp_port: server.port });
    // The app of this event is not configured.
    scene.broker.publish(&event("volta")).await;
    let worker = site.start();
    scene.until_depth(dead, |depth| depth == 1).await;
    drop(worker);

    // Now it is. A killed replay may have left a letter in both queues.
    let mended: Vec<_> = [
        ("name", "Volta"),
        ("client_id", "8229df9f-91a0-4ff0-a1ae-a1f38ee24d07"),
        ("sender", "cars@volta.example"),
        ("support_email", "help@volta.example"),
    ]
    .map(|(key, value)| format!("apps.volta.{key}={value}"))
    .to_vec();
    let mended: Vec<_> = mended.iter().map(String::as_str).collect();
    let letter = scene.drained(dead).await.remove(0);
    for _ in 0..2 {
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let copy = letter.properties.clone();
        let sent =
            scene.broker.channel.basic_publish("".into(), dead.as_str().into(), options, &letter.data, copy).await;
        assert_eq!(sent.unwrap().await.unwrap(), Confirmation::Ack(None));
    }
    let worker = site.start_with(&mended);
    for _ in 0..2 {
        assert!(scene.dead(&["replay", "--all", "--limit", "1"]).status.success());
        scene.until_depth(work, |depth| depth == 0).await;
    }
    // What ends the test comes behind them.
    scene.broker.publish(&event(APP)).await;
    let deadline = Instant::now() + PATIENCE;
    while server.messages().len() < 2 {
        assert!(Instant::now() < deadline, "{}", site.log());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    worker.ask_to_stop();
    let mut worker = worker;
    while worker.ended().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(server.messages().len(), 2, "{}", site.log());
    assert_eq!(site.census().await.sent, 2);
}
