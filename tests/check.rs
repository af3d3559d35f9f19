//! `dashlight check` from the outside: what a product team sees of a checkout, and how the command ends.

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

use support::{dashlight, project, said};
use tempfile::{TempDir, tempdir};

/// A copy of the content, as a product team has it checked out.
fn checkout() -> TempDir {
    let folder = tempdir().unwrap();
    for name in ["templates", "locales"] {
        copy(&project(name), &folder.path().join(name));
    }
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copied = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &copied) } else { fs::copy(&path, &copied).map(drop).unwrap() }
    }
}

fn edit(folder: &TempDir, file: &str, from: &str, to: &str) {
    let path = folder.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "`{file}` has no `{from}`");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

fn check(folder: &TempDir, arguments: &[&str]) -> Output {
    dashlight(&[&["check"], arguments].concat()).current_dir(folder.path()).output().unwrap()
}

/// Without the time that it took.
fn told(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let seconds = |word: &str| word.len() == 3 && word.parse::<f64>().is_ok();
    text.split(' ').map(|word| if seconds(word) { "TIME" } else { word }).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_folders_of_a_checkout_are_looked_at_and_named() {
    let folder = checkout();
    let output = check(&folder, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(told(&output).contains("messages of `templates` and `locales` looked at in TIME"), "{}", said(&output));
    let elsewhere = dashlight(&["check"]).current_dir(folder.path().join("locales")).output().unwrap();
    assert!(told(&elsewhere).contains("of the content that is built in"), "{}", said(&elsewhere));
}

#[test]
fn faults_of_configuration_and_content_are_told_together() {
    let folder = checkout();
    fs::write(folder.path().join("dashlight.toml"), "[smtp]\nhots = \"localhost\"\n").unwrap();
    edit(&folder, "templates/connected-services-account/permission/notice.toml", "cooldown", "cooldwon");
    edit(&folder, "locales/da/connected-services-account.ftl", "\naccount-issue =", "\naccount-issue");
    let output = check(&folder, &[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    insta::assert_snapshot!(told(&output));
}

#[test]
fn warnings_pass_unless_they_are_denied() {
    let folder = checkout();
    edit(&folder, "locales/nb/connected-services-account.ftl", "    .push-title", "    .posh-title");
    let output = check(&folder, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(told(&output).contains("1 warning in 1 file"), "{}", said(&output));
    assert_eq!(check(&folder, &["--deny-warnings"]).status.code(), Some(1));
}

#[test]
fn what_cannot_be_read_at_all_ends_with_2() {
    let folder = checkout();
    let output = check(&folder, &["--config", "nowhere.toml"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(told(&output).contains("nowhere.toml"), "{}", said(&output));
}

#[test]
fn every_code_can_be_looked_up_and_a_misspelt_one_is_recognised() {
    let folder = tempdir().unwrap();
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
    let folder = checkout();
    edit(&folder, "templates/connected-services-account/permission/notice.toml", "cooldown", "cooldwon");
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
    let folder = checkout();
    copy(&project("tests/fixtures"), &folder.path().join("events"));
    let output = check(&folder, &["events"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    insta::assert_snapshot!(told(&output));
    edit(&folder, "events/events/native.json", "chargeup", "chargedown");
    assert_eq!(check(&folder, &["events"]).status.code(), Some(1));
    assert_eq!(check(&folder, &["nowhere.json"]).status.code(), Some(2));
}
