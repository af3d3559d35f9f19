//! What each input gets: the samples, and every documented result of bad input.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::event::Properties;

const NATIVE: &str = include_str!("../../tests/fixtures/events/native.json");
const MINIMAL: &str = include_str!("../../tests/fixtures/events/native-minimal.json");
const WEBHOOK: &str = include_str!("../../tests/fixtures/events/webhook.json");
const RESOLVED: &str = include_str!("../../tests/fixtures/events/webhook-resolved.json");
const SPARSE: &str = include_str!("../../tests/fixtures/events/webhook-sparse.json");
const CLOUD_NATIVE: &str = include_str!("../../tests/fixtures/events/cloudevent-native.json");
const CLOUD_WEBHOOK: &str = include_str!("../../tests/fixtures/events/cloudevent-webhook.json");
const SEVEN: &str = include_str!("../../tests/fixtures/seven.ndjson");
const SAMPLES: [&str; 7] = [NATIVE, MINIMAL, WEBHOOK, RESOLVED, SPARSE, CLOUD_NATIVE, CLOUD_WEBHOOK];

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn parse_as(body: &[u8], properties: &Properties, apps: &[&str]) -> Parsed {
    let apps: BTreeSet<String> = apps.iter().map(|app| (*app).to_owned()).collect();
    let context = Context { properties, arrived: at("2026-11-20T12:00:00Z"), apps: &apps, max_bytes: 1 << 20 };
    parse(body, &context)
}

fn parse_bytes(body: &[u8]) -> Parsed {
    parse_as(body, &Properties::default(), &["chargeup"])
}

fn one(body: &str) -> VehicleError {
    let mut parsed = parse_bytes(body.as_bytes());
    assert_eq!((parsed.errors.len(), &*parsed.rejected), (1, &[][..]));
    parsed.errors.remove(0)
}

fn reject(body: &[u8]) -> Reject {
    let mut parsed = parse_bytes(body);
    assert_eq!((&*parsed.errors, parsed.rejected.len()), (&[][..], 1));
    parsed.rejected.remove(0)
}

/// A sample with the value at `pointer` replaced; null in place of a missing one.
fn with(sample: &str, pointer: &str, value: Value) -> String {
    let mut event: Value = serde_json::from_str(sample).unwrap();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[key] = value;
    event.to_string()
}

#[test]
fn a_native_event_is_read_whole() {
    let error = one(NATIVE);
    assert_eq!(error.event_id, "evt-2001");
    assert_eq!(error.app, "chargeup");
    assert_eq!(error.key.to_string(), "CONNECTED_SERVICES_ACCOUNT:AUTHENTICATION_FAILED");
    assert_eq!(error.state, State::Error);
    assert_eq!(error.moment, Moment { at: at("2026-11-20T08:00:00Z"), sequence: Some(17) });
    assert_eq!(error.recipient.email.as_deref(), Some("jonas@example.com"));
    assert_eq!(error.recipient.timezone.as_deref(), Some("Europe/Vienna"));
    assert_eq!(error.recipient.devices.len(), 3);
    assert_eq!(error.vehicle.name.as_deref(), Some("Blitz"));
    assert_eq!(error.vehicle.year, Some(2023));
    assert!(error.resolution.url.unwrap().starts_with("https://connect.smartcar.com/"));
    assert!(!error.test);
}

#[test]
fn an_event_says_as_little_as_who_and_what() {
    let error = one(MINIMAL);
    assert_eq!(error.event_id.len(), 64, "a hash of the body");
    assert_eq!(error.event_id, one(MINIMAL).event_id);
    assert_eq!(error.app, "chargeup");
    assert_eq!(error.moment, Moment { at: at("2026-11-20T12:00:00Z"), sequence: None });
    assert_eq!(error.undated, Some(Undated::Nameless));
    assert_eq!(one(&with(MINIMAL, "/id", json!("evt-1"))).undated, Some(Undated::Named));
    assert_eq!(one(NATIVE).undated, None);
    assert_eq!(error.vehicle, Vehicle::default());
}

#[test]
fn the_broker_knows_what_the_event_does_not_say() {
    let properties = Properties {
        message_id: Some("m-1".into()),
        timestamp: Some(at("2026-11-20T11:00:00Z")),
        app: Some("solarhome".into()),
    };
    let parsed = parse_as(MINIMAL.as_bytes(), &properties, &["chargeup", "solarhome"]);
    let error = &parsed.errors[0];
    assert_eq!((&*error.event_id, &*error.app), ("m-1", "solarhome"));
    assert_eq!((error.moment.at, error.undated), (at("2026-11-20T11:00:00Z"), None));
}

#[test]
fn the_seven_samples_are_seven_errors_of_one_type() {
    let codes: Vec<String> = SEVEN.lines().map(|line| one(line).key.code().unwrap().to_owned()).collect();
    let expected = [
        "ACCOUNT_ISSUE",
        "AUTHENTICATION_FAILED",
        "NO_VEHICLES",
        "PERMISSION",
        "SUBSCRIPTION",
        "VEHICLE_MISSING",
        "VIRTUAL_KEY_REQUIRED",
    ];
    assert_eq!(codes, expected);
}

#[test]
fn a_webhook_holds_several_errors() {
    let parsed = parse_bytes(WEBHOOK.as_bytes());
    assert_eq!(parsed.rejected, []);
    let read: Vec<_> = parsed.errors.iter().map(|error| (error.key.to_string(), error.state)).collect();
    let expected = [
        ("CONNECTED_SERVICES_ACCOUNT:AUTHENTICATION_FAILED".to_owned(), State::Error),
        ("CONNECTED_SERVICES_ACCOUNT:VIRTUAL_KEY_REQUIRED".to_owned(), State::Resolved),
        ("PERMISSION:null".to_owned(), State::Error),
    ];
    assert_eq!(read, expected);
    for error in &parsed.errors {
        assert_eq!(error.recipient.id, "user-2003");
        assert_eq!(error.vehicle.make.as_deref(), Some("TESLA"));
        assert_eq!(error.moment, Moment { at: at("2026-11-20T08:00:00Z"), sequence: Some(8) });
    }
}

#[test]
fn a_bad_error_of_a_webhook_does_not_cost_its_neighbours() {
    let parsed = parse_bytes(with(WEBHOOK, "/data/errors/1/type", json!(7)).as_bytes());
    assert_eq!(parsed.errors.len(), 2);
    assert_eq!(parsed.rejected.len(), 1);
    assert_eq!(parsed.rejected[0].reason, Reason::BadField);
    assert!(parsed.rejected[0].detail.contains("`data.errors[1].type` is a number"), "{}", parsed.rejected[0]);
}

#[test]
fn a_sparse_webhook_is_read_and_a_test_is_marked() {
    let error = one(SPARSE);
    assert!(error.test);
    assert_eq!(error.recipient.id, "user-2004");
    assert_eq!(error.vehicle.id.as_deref(), Some("0000000c-0497-417c-a30e-6df6ba33ba46"));
    assert_eq!(error.resolution.kind.as_deref(), Some("ACTION_REQUIRED"));
}

#[test]
fn only_live_webhooks_are_live() {
    for (mode, test) in [(json!("LIVE"), false), (json!(null), false), (json!("test"), true), (json!(1), true)] {
        assert_eq!(one(&with(SPARSE, "/meta/mode", mode.clone())).test, test, "{mode}");
    }
}

#[test]
fn an_envelope_lends_its_id_and_time() {
    let error = one(CLOUD_NATIVE);
    assert_eq!(error.event_id, "ce-1");
    assert_eq!(error.moment.at, at("2026-11-20T08:00:00Z"));
    let error = one(CLOUD_WEBHOOK);
    assert_eq!(error.event_id, "7d1f0c52-0002-4c57-8a7f-1d2e3f4a5b6c");
    assert_eq!(error.state, State::Resolved);
}

#[test]
fn an_envelope_holds_json_as_an_object_as_text_or_in_base64() {
    let object = one(CLOUD_NATIVE);
    let inside = serde_json::from_str::<Value>(CLOUD_NATIVE).unwrap()["data"].to_string();
    assert_eq!(one(&with(CLOUD_NATIVE, "/data", json!(inside))), object);
    let encoded = with(CLOUD_NATIVE, "/data_base64", json!(STANDARD.encode(&inside)));
    assert_eq!(one(&with(&encoded, "/data", json!(null))), object);
}

#[test]
fn a_fault_in_an_envelope_is_named_with_its_path() {
    let fault = reject(with(CLOUD_NATIVE, "/data/recipient/id", json!(null)).as_bytes());
    assert_eq!(fault.reason, Reason::NoRecipient);
    assert!(fault.detail.starts_with("`data.recipient.id` is missing"), "{fault}");
}

#[test]
fn the_state_of_the_error_object_counts_when_the_event_has_none() {
    assert_eq!(one(&with(MINIMAL, "/error/state", json!("RESOLVED"))).state, State::Resolved);
}

#[test]
fn a_byte_order_mark_is_no_fault() {
    assert_eq!(one(&format!("\u{feff}{NATIVE}")), one(NATIVE));
}

#[test]
fn bytes_that_are_no_json_have_their_reasons() {
    assert_eq!(reject(b"{\"a\": \"\xff\"}").reason, Reason::NotUtf8);
    for body in ["", " ", "{", "nonsense", "{} {}", r#"{"a": 1e999}"#, r#"{"a": "\ud800"}"#] {
        assert_eq!(reject(body.as_bytes()).reason, Reason::NotJson, "{body}");
    }
    assert!(reject(b"{\n  \"a\": }").detail.contains("line 2 column 8"));
}

#[test]
fn a_body_over_the_limit_is_not_read() {
    let fault = reject(&vec![b' '; 16 << 20]);
    assert_eq!(fault.reason, Reason::TooLarge);
    assert!(fault.detail.contains("16777216"), "{fault}");
}

#[test]
fn deep_nesting_is_refused_wherever_it_stands() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(reject(deep.as_bytes()).reason, Reason::TooDeep);
    let inside = format!(r#"{{"recipient":{{"id":"1"}},"error":{{"type":"T"}},"extra":{deep}}}"#);
    assert_eq!(reject(inside.as_bytes()).reason, Reason::TooDeep);
}

#[test]
fn what_fits_no_shape_is_not_guessed() {
    for body in ["null", "7", "\"event\"", "[]", "{}", r#"{"id":"1","type":"T"}"#, r#"{"data":{}}"#] {
        assert_eq!(reject(body.as_bytes()).reason, Reason::UnknownShape, "{body}");
    }
    let other = reject(with(WEBHOOK, "/eventType", json!("VEHICLE_STATE")).as_bytes());
    assert_eq!(other.reason, Reason::UnknownShape);
    assert!(other.detail.contains("VEHICLE_STATE"), "{other}");
    for version in [json!("0.3"), json!(1), json!(null)] {
        assert_eq!(reject(with(CLOUD_NATIVE, "/specversion", version).as_bytes()).reason, Reason::UnknownShape);
    }
    let twice = with(CLOUD_NATIVE, "/data", serde_json::from_str(CLOUD_NATIVE).unwrap());
    assert_eq!(reject(twice.as_bytes()).reason, Reason::UnknownShape);
}

#[test]
fn each_bad_field_has_its_reason_and_is_named() {
    for (sample, pointer, value, reason, named) in [
        (NATIVE, "/recipient", json!(null), Reason::NoRecipient, "`recipient.id` is missing"),
        (NATIVE, "/recipient", json!("user-1"), Reason::NoRecipient, "`recipient.id` is missing"),
        (NATIVE, "/recipient/id", json!({}), Reason::NoRecipient, "`recipient.id` is an object"),
        (NATIVE, "/recipient/email", json!("a@b\nc"), Reason::BadAddress, "`recipient.email`"),
        (NATIVE, "/error", json!(null), Reason::BadField, "`error` is missing"),
        (NATIVE, "/error", json!("PERMISSION"), Reason::BadField, "`error` is a string"),
        (NATIVE, "/error/type", json!(null), Reason::BadField, "`error.type` is missing"),
        (NATIVE, "/error/code", json!(400), Reason::BadField, "`error.code` is a number"),
        (NATIVE, "/state", json!("CLEARED"), Reason::BadField, "`state` is `CLEARED`"),
        (NATIVE, "/sequence", json!(-1), Reason::BadField, "`sequence` is a number"),
        (NATIVE, "/vehicle", json!("v-1"), Reason::BadField, "`vehicle` is a string"),
        (NATIVE, "/vehicle/id", json!([]), Reason::BadField, "`vehicle.id` is an array"),
        (NATIVE, "/occurredAt", json!("soon"), Reason::BadField, "`occurredAt` is `soon`"),
        (NATIVE, "/occurredAt", json!("9999-12-31T23:59:59Z"), Reason::ImplausibleTime, "`occurredAt` is `9999"),
        (NATIVE, "/occurredAt", json!("1970-01-01T00:00:00Z"), Reason::ImplausibleTime, "`occurredAt` is `1970"),
        (NATIVE, "/occurredAt", json!(1_795_161_600), Reason::ImplausibleTime, "epoch seconds: send milliseconds"),
        (NATIVE, "/app", json!("chargeupp"), Reason::UnknownApp, "did you mean `chargeup`?"),
        (NATIVE, "/app", json!("wallbox"), Reason::UnknownApp, "`app` is `wallbox`, which is not configured"),
        (NATIVE, "/app", json!(3), Reason::BadField, "`app` is a number"),
        (WEBHOOK, "/data", json!(null), Reason::BadField, "`data` is missing"),
        (WEBHOOK, "/data/errors", json!([]), Reason::BadField, "`data.errors` is empty"),
        (WEBHOOK, "/data/errors", json!({}), Reason::BadField, "`data.errors` is an object"),
        (WEBHOOK, "/data/user", json!(null), Reason::NoRecipient, "`data.user.id` is missing"),
        (WEBHOOK, "/meta/deliveredAt", json!(0), Reason::ImplausibleTime, "`meta.deliveredAt` is `0`"),
        (CLOUD_NATIVE, "/time", json!("1970-01-01T00:00:00Z"), Reason::ImplausibleTime, "`time` is `1970"),
        (CLOUD_NATIVE, "/data", json!(null), Reason::BadField, "`data` is missing"),
        (CLOUD_NATIVE, "/data", json!("{"), Reason::NotJson, "in `data`"),
    ] {
        let fault = reject(with(sample, pointer, value.clone()).as_bytes());
        assert_eq!(fault.reason, reason, "{pointer} = {value}: {fault}");
        assert!(fault.detail.contains(named), "{pointer} = {value}: {fault}");
    }
}

#[test]
fn an_app_is_not_guessed_among_several() {
    let parsed = parse_as(MINIMAL.as_bytes(), &Properties::default(), &["chargeup", "solarhome"]);
    assert_eq!(parsed.rejected[0].reason, Reason::UnknownApp);
    assert!(parsed.rejected[0].detail.contains("2 are configured; add `app`"), "{}", parsed.rejected[0]);
    let properties = Properties { app: Some("charge-up".into()), ..Properties::default() };
    let parsed = parse_as(MINIMAL.as_bytes(), &properties, &["chargeup"]);
    assert!(parsed.rejected[0].detail.contains("the header `app` is `charge-up`"), "{}", parsed.rejected[0]);
}

#[test]
fn a_reject_does_not_repeat_who_the_owner_is() {
    for pointer in ["/error/type", "/occurredAt", "/app", "/state", "/vehicle"] {
        let fault = reject(with(NATIVE, pointer, json!(true)).as_bytes());
        for private in ["user-2001", "jonas", "Jonas", "fcm-token"] {
            assert!(!fault.detail.contains(private), "{fault}");
        }
    }
}

/// Any JSON value, small.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["ERROR", "RESOLVED", "A:B", "1.0", "2026-11-20T08:00:00Z", "\r\n", " ", "null"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let keys = prop::sample::select(vec!["id", "type", "code", "url", "errors", "error", "recipient", "data", "x"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((keys, inner), 0..4)
                .prop_map(|pairs| pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

/// Every place in a value, as paths of keys and indices.
fn places(value: &Value, path: &str, all: &mut Vec<String>) {
    let mut visit = |key: String, value: &Value| {
        let path = format!("{path}/{key}");
        places(value, &path, all);
        all.push(path);
    };
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| visit(key.clone(), value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, value)| visit(index.to_string(), value)),
        _ => {}
    }
}

/// A sample in which up to three places were replaced, or dropped.
fn mutated() -> impl Strategy<Value = Value> {
    let mutations = prop::collection::vec((any::<prop::sample::Index>(), prop::option::of(any_json())), 0..=3);
    (prop::sample::select(SAMPLES.to_vec()), mutations).prop_map(|(sample, mutations)| {
        let mut event: Value = serde_json::from_str(sample).unwrap();
        for (index, replacement) in mutations {
            let mut all = Vec::new();
            places(&event, "", &mut all);
            if all.is_empty() {
                continue;
            }
            let (parent, key) = index.get(&all).rsplit_once('/').unwrap();
            match (event.pointer_mut(parent).unwrap(), replacement) {
                (Value::Object(object), None) => {
                    object.remove(key);
                }
                (Value::Object(object), Some(value)) => {
                    object.insert(key.to_owned(), value);
                }
                (Value::Array(items), replacement) => {
                    items[key.parse::<usize>().unwrap()] = replacement.unwrap_or_default();
                }
                _ => unreachable!("places stand in objects and arrays"),
            }
        }
        event
    })
}

/// Reasons that no schema can foresee; `schema.rs` names them.
fn beyond_a_schema(event: &Value, reject: &Reject) -> bool {
    let in_text = event.get("data").is_none_or(Value::is_null) || event["data"].is_string();
    matches!(reject.reason, Reason::ImplausibleTime | Reason::UnknownApp)
        || reject.detail.contains("longer than")
        || (reject.detail.contains("expected an RFC 3339 time") && reject.detail.contains("is `"))
        || (event.get("specversion").is_some() && in_text)
}

proptest! {
    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let parsed = parse_bytes(&body);
        prop_assert_eq!(parsed.errors.len() + parsed.rejected.len(), 1);
    }

    #[test]
    fn no_json_panics(event in any_json()) {
        parse_bytes(event.to_string().as_bytes());
    }

    #[test]
    fn every_event_has_a_result_and_every_reject_says_why(event in mutated()) {
        let parsed = parse_bytes(event.to_string().as_bytes());
        prop_assert!(parsed.errors.len() + parsed.rejected.len() > 0);
        for reject in parsed.rejected {
            prop_assert!(!reject.detail.contains('\n') && reject.detail.len() > 10, "{}", reject);
        }
        for error in parsed.errors {
            prop_assert!(!error.recipient.id.trim().is_empty());
            prop_assert_eq!(&error.key, &error.key.to_string().parse().unwrap());
        }
    }

    #[test]
    fn what_the_schema_accepts_the_parser_accepts(event in mutated()) {
        thread_local!(static SCHEMA: jsonschema::Validator = jsonschema::validator_for(&schema()).unwrap());
        let valid = SCHEMA.with(|schema| schema.is_valid(&event));
        let parsed = parse_bytes(event.to_string().as_bytes());
        let rejected: Vec<_> = parsed.rejected.iter().filter(|reject| !beyond_a_schema(&event, reject)).collect();
        prop_assert!(!valid || rejected.is_empty(), "{}\n{:?}", event, rejected);
    }
}

#[test]
fn the_schema_accepts_the_samples() {
    let schema = jsonschema::validator_for(&schema()).unwrap();
    for sample in SAMPLES.into_iter().chain(SEVEN.lines()) {
        let event: Value = serde_json::from_str(sample).unwrap();
        let faults: Vec<String> = schema.iter_errors(&event).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:?}\n{event}");
    }
}

#[test]
fn what_is_required_is_required_by_both() {
    let schema = jsonschema::validator_for(&schema()).unwrap();
    for (sample, pointer) in [
        (NATIVE, "/recipient"),
        (NATIVE, "/recipient/id"),
        (NATIVE, "/error"),
        (NATIVE, "/error/type"),
        (WEBHOOK, "/eventType"),
        (WEBHOOK, "/data"),
        (WEBHOOK, "/data/user"),
        (WEBHOOK, "/data/user/id"),
        (WEBHOOK, "/data/errors"),
        (WEBHOOK, "/data/errors/0/type"),
        (CLOUD_NATIVE, "/specversion"),
        (CLOUD_NATIVE, "/data"),
        (CLOUD_NATIVE, "/data/error"),
    ] {
        let event = with(sample, pointer, Value::Null);
        assert!(!schema.is_valid(&serde_json::from_str(&event).unwrap()), "schema: {pointer}");
        assert_ne!(parse_bytes(event.as_bytes()).rejected, [], "parser: {pointer}");
    }
}

#[test]
fn the_schema_is_as_strict_about_an_owner_as_the_parser() {
    let schema = jsonschema::validator_for(&schema()).unwrap();
    for id in ["", "  ", "a\nb", "a\u{2028}b"] {
        for (sample, pointer) in [(NATIVE, "/recipient/id"), (WEBHOOK, "/data/user/id")] {
            let event = with(sample, pointer, json!(id));
            assert!(!schema.is_valid(&serde_json::from_str(&event).unwrap()), "schema: {id:?}");
            assert_eq!(reject(event.as_bytes()).reason, Reason::NoRecipient, "parser: {id:?}");
        }
    }
}
