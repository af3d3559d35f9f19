//! What is told, and in which form.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::{Command, Stdio};

use dashlight::clock::Clock as _;
use dashlight::event::{State, VehicleError};
use dashlight::ledger::{CancelReason, End, FailReason, Records as _, Revival, Revived, SqliteLedger, Trail};
use dashlight::outcomes;
use dashlight::policy::Pace;
use lapin::message::Delivery;
use serde_json::{Value, json};

use crate::scene::*;
use crate::smtp;

fn body(message: &Delivery) -> Value {
    serde_json::from_slice(&message.data).unwrap()
}

/// A dispatch for every way to end, ended.
async fn end_in_every_way(scene: &Scene) {
    let now = scene.clock.now();
    let owners = ["accepted", "cancelled", "dead", "expired", "refused", "unknown"];
    for dispatch in scene.claim(owners.map(str::to_owned)).await {
        let end = match dispatch.error.recipient.id.as_str() {
            "accepted" => sent(),
            "cancelled" => End::Cancelled { reason: CancelReason::Superseded },
            "dead" => dead(&dispatch, now),
            "expired" => End::Expired,
            "refused" => {
                let detail = "DATA: 554 5.7.1 spam".to_owned();
                End::Failed { reason: FailReason::Refused, detail, now, trail: Trail::default() }
            }
            _ => End::Unknown { detail: "no reply to the final dot".into(), trail: Trail::default() },
        };
        scene.settle(&dispatch, end).await;
    }
    // Never claimed: cancelled by the RESOLVED.
    let resolved = |error| VehicleError { state: State::Resolved, ..error };
    let (error, over) = (error("resolved", now), resolved(error("resolved", now)));
    scene.ledger.admit(vec![admission(error)], now, Pace::Live, None).await.unwrap();
    scene.ledger.admit(vec![admission(over)], now, Pace::Live, None).await.unwrap();
}

#[tokio::test]
async fn every_end_is_told_once_in_its_form_and_without_an_address() {
    let Some(scene) = Scene::heard().await else { return };
    end_in_every_way(&scene).await;
    let telling = scene.start();
    let heard = scene.hear(8).await;
    scene.until_all_told().await;
    telling.end().await;
    assert!(scene.broker.is_empty(&scene.broker.work).await, "each of them once");

    let keys: Vec<_> = heard.iter().map(|message| message.routing_key.as_str()).collect();
    let expected = [
        "delivery.accepted.email",
        "delivery.cancelled.email",
        "delivery.failed.email",
        "address.invalid.email",
        "delivery.expired.email",
        "delivery.failed.email",
        "delivery.unknown.email",
        "delivery.cancelled.email",
    ];
    assert_eq!(keys, expected);
    let validator = jsonschema::draft202012::new(&outcomes::schema()).unwrap();
    let mut ids = BTreeSet::new();
    for message in &heard {
        let event = body(message);
        validator.validate(&event).unwrap_or_else(|fault| panic!("{fault}: {event:#}"));
        assert!(!event.to_string().contains("jo@example.com"), "{event:#}");
        let properties = &message.properties;
        let text = |text: &Option<lapin::types::ShortString>| text.as_ref().map(ToString::to_string);
        assert_eq!(text(properties.content_type()).as_deref(), Some("application/cloudevents+json"));
        assert_eq!(text(properties.message_id()).as_deref(), event["id"].as_str());
        assert_eq!(text(properties.kind()).as_deref(), event["type"].as_str());
        assert_eq!(*properties.delivery_mode(), Some(2));
        ids.insert(event["id"].to_string());
    }
    assert_eq!(ids.len(), heard.len());
    insta::assert_snapshot!("an_accepted_message", format!("{:#}", body(&heard[0])));
    insta::assert_snapshot!("a_dead_address", format!("{:#}", body(&heard[3])));
    read_by_others(&heard);
}

/// The SDK of the CloudEvents project reads from it what we wrote.
fn read_by_others(heard: &[Delivery]) {
    let Some(python) = smtp::python() else { return };
    let script = format!("{}/tests/support/read_outcomes.py", env!("CARGO_MANIFEST_DIR"));
    let mut child =
        Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python starts");
    let mut input = child.stdin.take().unwrap();
    for message in heard {
        let content_type = message.properties.content_type().as_ref().map(ToString::to_string);
        let body = String::from_utf8(message.data.clone()).unwrap();
        writeln!(input, "{}", json!({ "content_type": content_type, "body": body })).unwrap();
    }
    drop(input);
    let output = child.wait_with_output().unwrap();
    let read: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read.len(), heard.len());
    for (read, message) in read.iter().zip(heard) {
        let written = body(message);
        for attribute in ["id", "type", "source", "subject", "data"] {
            assert_eq!(read[attribute], written[attribute], "{attribute}");
        }
        let time = |event: &Value| event["time"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        assert_eq!(time(read), time(&written));
    }
}

#[tokio::test]
async fn a_dispatch_that_ends_twice_is_told_twice_under_two_ids() {
    let Some(scene) = Scene::heard().await else { return };
    let telling = scene.start();
    let refused = End::Failed {
        reason: FailReason::Refused,
        detail: "DATA: 554 5.7.1 spam".into(),
        now: scene.clock.now(),
        trail: Trail::default(),
    };
    let first = scene.claim(["owner".to_owned()]).await.remove(0);
    scene.settle(&first, refused).await;
    let operator = SqliteLedger::visit(&scene.path).unwrap();
    let revival = Revival { accept_duplicates: false, dry_run: false };
    let revived = operator.revive(std::slice::from_ref(&first.id), revival, scene.clock.now()).await.unwrap();
    assert_eq!(revived, [Revived::Planned]);
    let second = scene.claim([]).await.remove(0);
    assert_eq!(second.id, first.id);
    scene.settle(&second, sent()).await;
    let heard: BTreeMap<_, _> =
        scene.hear(2).await.iter().map(body).map(|event| (event["type"].to_string(), event)).collect();
    let [accepted, failed] = ["accepted", "failed"].map(|word| &heard[&format!("\"dashlight.delivery.{word}\"")]);
    assert_eq!(accepted["subject"], failed["subject"]);
    assert_ne!(accepted["id"], failed["id"]);
    scene.until_all_told().await;
    telling.end().await;
}

#[tokio::test]
async fn what_ends_last_is_told_before_the_end() {
    let Some(scene) = Scene::heard().await else { return };
    let telling = scene.start();
    scene.send(0..1).await;
    scene.hear(1).await;
    scene.send(1..600).await;
    telling.end().await;
    assert_eq!(scene.waiting().await, 0);
    assert_eq!(scene.hear_all().await.len(), 599);
}
