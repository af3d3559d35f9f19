use std::fs;

use super::*;
use crate::catalog::Origin;
use crate::config::{Layers, load};

const NATIVE: &str = r#"{"id": "e1", "app": "chargeup", "recipient": {"id": "u1", "email": "anna@example.com", "locale": "da"},
 "vehicle": {"id": "v1", "make": "TESLA"}, "error": {"type": "CONNECTED_SERVICES_ACCOUNT", "code": "PERMISSION"}}"#;
const WEBHOOK: &str = r#"{"eventType": "VEHICLE_ERROR", "vehicleId": "v1", "data": {"user": {"id": "u1"}, "errors": [
 {"type": "CONNECTED_SERVICES_ACCOUNT", "code": "PERMISSION", "state": "RESOLVED"},
 {"type": "CONNECTED_SERVICES_ACCOUNT", "code": "ACCOUNT_ISSUE"}]}, "meta": {"mode": "LIVE"}}"#;

fn look(files: &[(&str, &[u8])], directory: bool) -> (tempfile::TempDir, Events) {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let config = load(&Layers { demo: true, ..Layers::default() }).unwrap();
    let catalog = Catalog::load(&Origin::Embedded, &config.apps).unwrap();
    let against = Against {
        catalog: Some(&catalog),
        apps: &config.apps,
        directory,
        max_event_bytes: 1 << 20,
        now: "2026-11-20T09:00:00Z".parse().unwrap(),
    };
    let events = Events::of(&[folder.path().to_owned()], &against);
    (folder, events)
}

/// Code and marked text of each finding.
fn found(events: &Events) -> Vec<(&'static str, String)> {
    let marked = |finding: &Diagnostic| {
        let place = finding.place.as_ref().unwrap();
        place.source.text[place.span.clone()].to_owned()
    };
    events.findings.iter().map(|finding| (finding.code.id, marked(finding))).collect()
}

#[test]
fn each_surprise_is_told_at_the_field_it_comes_from() {
    let table: &[(&str, &str, &str, &str, &str)] = &[
        (NATIVE, "\"da\"", "\"da-DK\"", "", ""),
        (NATIVE, "\"da\"", "\"ja\"", "event/other-language", "\"ja\""),
        (NATIVE, "chargeup", "chargup", "event/unknown-app", "\"chargup\""),
        (NATIVE, "\"PERMISSION\"", "\"PERMISION\"", "event/general-notice", "\"PERMISION\""),
        (NATIVE, "CONNECTED_SERVICES_ACCOUNT", "BILLING", "event/no-notice", "\"PERMISSION\""),
        (NATIVE, ", \"code\": \"PERMISSION\"", "", "event/general-notice", "\"CONNECTED_SERVICES_ACCOUNT\""),
        (NATIVE, "anna@example.com", "anna at home", "event/no-address", "\"anna at home\""),
        (NATIVE, "\"id\": \"u1\", ", "", "event/unusable", "{"),
        (NATIVE, "\"type\": \"CONNECTED_SERVICES_ACCOUNT\"", "\"type\": 7", "event/unusable", "7"),
        (
            NATIVE,
            "\"PERMISSION\"",
            "\"PERMISSION\", \"resolution\": {\"url\": \"https://evil.example/\"}",
            "event/link-ignored",
            "\"https://evil.example/\"",
        ),
        (NATIVE, "\"code\": ", "\"code\" ", "event/unusable", "\""),
        (NATIVE, "}}", "}", "event/unusable", "}"),
        (WEBHOOK, "LIVE", "LIVE", "", ""),
        (WEBHOOK, "LIVE", "TEST", "event/test-mode", "\"TEST\""),
        (WEBHOOK, "ACCOUNT_ISSUE", "ACCOUNT_ISSU", "event/general-notice", "\"ACCOUNT_ISSU\""),
        (WEBHOOK, "\"code\": \"ACCOUNT_ISSUE\"", "\"code\": []", "event/unusable", "["),
        (WEBHOOK, "VEHICLE_ERROR", "VEHICLE_STATE", "event/unusable", "\"VEHICLE_STATE\""),
    ];
    for (event, from, to, code, marked) in table {
        let text = event.replacen(from, to, 1);
        assert!(from == to || text != *event, "nothing to replace: {from}");
        let (_folder, events) = look(&[("event.json", text.as_bytes())], true);
        let expected: Vec<_> = if code.is_empty() { Vec::new() } else { vec![(*code, (*marked).to_owned())] };
        let mut found = found(&events);
        // In TEST mode each error of the webhook says so.
        found.dedup();
        assert_eq!(found, expected, "{text}\n{:?}", events.findings);
    }
}

#[test]
fn a_webhook_whose_owner_nobody_knows_is_told() {
    let (_folder, events) = look(&[("webhook.json", WEBHOOK.as_bytes())], false);
    assert_eq!(found(&events), [("event/no-address", "{".to_owned())]);
}

#[test]
fn lines_are_events_of_their_own_and_a_fault_has_its_line() {
    let line = NATIVE.replace('\n', "");
    let lines = format!("\u{feff}{line}\r\n\n{}\n{{\"oops\": \n", line.replace("chargeup", "x"));
    let (_folder, events) =
        look(&[("events.ndjson", lines.as_bytes()), ("ignored.txt", b"x"), (".hidden.json", b"x")], true);
    assert_eq!(events.count, 3);
    let places: Vec<_> =
        events.findings.iter().map(|finding| finding.place.as_ref().unwrap().line_and_column()).collect();
    let column = line.find("\"chargeup\"").unwrap() + 1;
    assert_eq!(places, [(3, column), (4, 8)]);
}

#[test]
fn what_is_not_utf8_is_told_at_its_first_bad_byte() {
    let bytes = [br#"{"id": ""#.as_slice(), b"\xff\"}"].concat();
    let (_folder, events) = look(&[("latin.json", &bytes)], true);
    let place = events.findings[0].place.as_ref().unwrap();
    assert_eq!((events.findings[0].code.id, place.line_and_column()), ("event/unusable", (1, 9)));
}

#[test]
fn a_folder_without_events_and_a_file_that_is_not_there_are_faults() {
    let (folder, events) = look(&[], true);
    assert!(events.findings[0].message.contains("holds no events"), "{:?}", events.findings);
    let apps = BTreeMap::new();
    let against =
        Against { catalog: None, apps: &apps, directory: false, max_event_bytes: 1, now: Timestamp::UNIX_EPOCH };
    let events = Events::of(&[folder.path().join("gone.json")], &against);
    assert!(events.findings[0].message.contains("gone.json` cannot be read"), "{:?}", events.findings);
}

#[test]
fn a_thousand_bad_lines_are_not_told_a_thousand_times() {
    let (_folder, events) = look(&[("bad.ndjson", "x\n".repeat(1_000).as_bytes())], true);
    assert_eq!((events.count, events.findings.len()), (1_000, MAX_FINDINGS));
    let help = events.findings.last().unwrap().help.as_deref();
    assert_eq!(help, Some("900 more findings in this file are not shown"));
}
