use std::sync::Arc;

use serde_json::Value;

use super::*;
use crate::diagnostic::{Source, codes};

fn source(path: &str) -> Arc<Source> {
    Arc::new(Source { path: path.into(), text: "first = Grüße\nsecond = x\n".into() })
}

/// Two files, one with two findings; one finding without a place; one that two checks found.
fn report() -> Report {
    let (de, en) = (source("locales/de/a b.ftl"), source("./locales/en/common.ftl"));
    let late = Diagnostic::new(&codes::words::DUPLICATE, "`second` stands twice").at(&de, 16..22).help("delete one");
    let early = Diagnostic::new(&codes::words::SYNTAX, "not Fluent").at(&de, 8..15).label("here");
    let english = Diagnostic::new(&codes::words::MISSING, "`en` has no `third`").at(&en, 0..0);
    let nowhere = Diagnostic::new(&codes::config::POLICY, "`[policy]` names `A:B`, which has no notice");
    Report::new(vec![late.clone(), english, early, late, nowhere])
}

#[test]
fn findings_stand_in_the_order_of_files_and_lines_and_each_but_once() {
    let report = report();
    let order: Vec<&str> = report.findings().iter().map(|finding| finding.code.id).collect();
    assert_eq!(order, ["config/policy", "words/missing", "words/syntax", "words/duplicate"]);
    assert_eq!((report.count(Severity::Error), report.count(Severity::Warning), report.files()), (3, 1, 2));
}

#[test]
fn the_json_is_as_its_schema_says() {
    let json = report().json();
    let validator = jsonschema::validator_for(&Report::schema()).unwrap();
    validator.validate(&json).unwrap();
    assert_eq!((&json["errors"], &json["warnings"]), (&3.into(), &1.into()));
    let syntax = &json["findings"][2];
    assert_eq!((&syntax["code"], &syntax["severity"]), (&"words/syntax".into(), &"error".into()));
    let place: Value = serde_json::json!({
        "file": "locales/de/a b.ftl", "line": 1, "column": 9, "endLine": 1, "endColumn": 14, "label": "here",
    });
    assert_eq!(syntax["place"], place);
    assert_eq!(json["findings"][0].get("place"), None);
    // A field that nobody told of would be refused by nobody.
    assert!(!validator.is_valid(&serde_json::json!({ "version": 2, "errors": 0, "warnings": 0, "findings": [] })));
}

#[test]
fn code_hosts_can_read_the_sarif() {
    let schema = include_str!("../../../tests/schemas/sarif-2.1.0.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let sarif = report().sarif();
    let faults: Vec<String> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(&sarif)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert_eq!(faults, [""; 0]);
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), codes::all().count());
    for result in run["results"].as_array().unwrap() {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["text"].as_str().is_some_and(|help| !help.is_empty()));
        // What has no location is refused.
        assert!(result["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64() >= Some(1));
    }
    let place = |index: usize| &run["results"][index]["locations"][0]["physicalLocation"];
    assert_eq!(place(1)["artifactLocation"]["uri"], "locales/en/common.ftl");
    assert_eq!(place(2)["artifactLocation"]["uri"], "locales/de/a%20b.ftl");
    let region = serde_json::json!({ "startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 7 });
    assert_eq!(place(3)["region"], region);
}

#[test]
fn a_file_outside_the_checkout_is_named_by_its_whole_uri() {
    let finding = Diagnostic::new(&codes::words::SYNTAX, "not Fluent").at(&source("/srv/örtlich/a.ftl"), 0..1);
    let sarif = Report::new(vec![finding]).sarif();
    let location = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(location["uri"], "file:///srv/%C3%B6rtlich/a.ftl");
}

#[test]
fn the_content_that_ships_has_no_errors() {
    let config = crate::config::load(&crate::config::Layers { demo: true, ..Default::default() }).unwrap();
    let content = Content::of(&Origin::Embedded, &config.apps, &config.policy);
    let errors = content.findings.into_iter().filter(|finding| finding.severity == Severity::Error).collect();
    assert_eq!(Diagnostics(errors).to_string(), "");
    // Ten languages, two channels, eight notices, at least seven scenarios.
    assert!(content.catalog.is_some() && content.messages >= 10 * 2 * 8 * 7, "{}", content.messages);
}
