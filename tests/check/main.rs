//! `dashlight check` from the outside: what a product team sees of a checkout, and how the command ends.

#![allow(clippy::duplicate_mod, reason = "the files of all servers know where their peer is named")]

mod denied;
mod online;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::process::Output;

use support::checkout::{Checkout, copy};
use support::{dashlight, project, said};

fn check(folder: &Checkout, arguments: &[&str]) -> Output {
    dashlight(&[&["check"], arguments].concat()).current_dir(folder.path()).output().unwrap()
}

/// Without the time that it took.
fn told(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let seconds = |word: &str| word.contains('.') && word.parse::<f64>().is_ok();
    text.split(' ').map(|word| if seconds(word) { "TIME" } else { word }).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_folders_of_a_checkout_are_looked_at_and_named() {
    let folder = Checkout::new();
    let output = check(&folder, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(told(&output).contains("messages of `templates` and `locales` looked at in TIME"), "{}", said(&output));
    let elsewhere = dashlight(&["check"]).current_dir(folder.file("locales")).output().unwrap();
    assert!(told(&elsewhere).contains("of the content that is built in"), "{}", said(&elsewhere));
}

#[test]
fn faults_of_configuration_and_content_are_told_together() {
    let folder = Checkout::new();
    fs::write(folder.file("dashlight.toml"), "[smtp]\nhots = \"localhost\"\n").unwrap();
    folder.edit("templates/connected-services-account/permission/notice.toml", "cooldown", "cooldwon");
    folder.edit("locales/da/connected-services-account.ftl", "\naccount-issue =", "\naccount-issue");
    let output = check(&folder, &[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    insta::assert_snapshot!(told(&output));
}

#[test]
fn warnings_pass_unless_they_are_denied() {
    let folder = Checkout::new();
    folder.edit("locales/nb/connected-services-account.ftl", "    .push-title", "    .posh-title");
    let output = check(&folder, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(told(&output).contains("1 warning in 1 file"), "{}", said(&output));
    assert_eq!(check(&folder, &["--deny-warnings"]).status.code(), Some(1));
}

#[test]
fn what_cannot_be_read_at_all_ends_with_2() {
    let folder = Checkout::new();
    let output = check(&folder, &["--config", "nowhere.toml"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(told(&output).contains("nowhere.toml"), "{}", said(&output));
}

#[test]
fn every_code_can_be_looked_up_and_a_misspelt_one_is_recognised() {
    let folder = Checkout::new();
    let list = told(&check(&folder, &["--explain"]));
    assert!(list.lines().count() > 20 && list.contains("words/missing"), "{list}");
    for code in list.lines().filter_map(|line| line.split(' ').next()) {
        let output = check(&folder, &["--explain", code]);
        assert!(output.status.success() && told(&output).contains(code), "{}", said(&output));
    }
    let output = check(&folder, &["--explain", "words/mising"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: there is no code `words/mising`; did you mean `words/missing`?\n"
    );
}

#[test]
fn programs_and_code_hosts_get_the_same_findings() {
    let folder = Checkout::new();
    folder.edit("templates/connected-services-account/permission/notice.toml", "cooldown", "cooldwon");
    let read = |format| {
        let output = check(&folder, &["--format", format]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let (json, sarif) = (read("json"), read("sarif"));
    let codes: Vec<_> = json["findings"].as_array().unwrap().iter().map(|finding| &finding["code"]).collect();
    let rules: Vec<_> =
        sarif["runs"][0]["results"].as_array().unwrap().iter().map(|result| &result["ruleId"]).collect();
    assert_eq!(codes, rules);
    assert!(codes.contains(&&serde_json::json!("notice/unknown-key")), "{codes:?}");
    let uri = "templates/connected-services-account/permission/notice.toml";
    assert!(sarif["runs"][0]["results"].to_string().contains(uri));
}

#[test]
fn sample_events_are_tried_beside_the_content() {
    let folder = Checkout::new();
    copy(&project("tests/fixtures"), &folder.file("events"));
    let output = check(&folder, &["events"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    insta::assert_snapshot!(told(&output));
    folder.edit("events/events/native.json", "chargeup", "chargedown");
    assert_eq!(check(&folder, &["events"]).status.code(), Some(1));
    assert_eq!(check(&folder, &["nowhere.json"]).status.code(), Some(2));
}
