//! `dashlight coverage` from the outside, on a checkout with a history of its own.

mod support;

use std::fs;
use std::process::Output;

use serde_json::Value;
use support::checkout::Checkout;
use support::{dashlight, said};

fn coverage(checkout: &Checkout, arguments: &[&str]) -> Output {
    dashlight(&[&["coverage"], arguments].concat())
        .current_dir(checkout.path())
        .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
        .output()
        .unwrap()
}

fn json(checkout: &Checkout) -> Value {
    let output = coverage(checkout, &["--format", "json"]);
    assert!(output.status.success(), "{}", said(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn table(checkout: &Checkout) -> String {
    let output = coverage(checkout, &[]);
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// The cell of a notice of a connected account.
fn cell<'a>(json: &'a Value, code: &str, channel: &str, locale: &str) -> &'a Value {
    let is = |cell: &&Value| cell["code"] == code && cell["channel"] == channel && cell["locale"] == locale;
    json["cells"].as_array().unwrap().iter().find(is).expect("a cell")
}

const FILE: &str = "connected-services-account.ftl";

/// All committed on one day; English changed later, and two languages damaged.
fn edited() -> Checkout {
    let checkout = Checkout::new();
    checkout.git("2026-01-01", &["init", "--quiet"]);
    checkout.commit("2026-01-01");
    checkout.edit(&format!("locales/en/{FILE}"), "    .push-title = ", "    .push-title = Now: ");
    checkout.commit("2026-03-01");
    // German follows, Danish does not.
    checkout.edit(&format!("locales/de/{FILE}"), "    .push-title =", "    .push-title = Nun: ");
    checkout.commit("2026-03-02");
    checkout.edit(&format!("locales/nb/{FILE}"), "    .push-title", "    .posh-title");
    let french = checkout.file(&format!("locales/fr/{FILE}"));
    let text = fs::read_to_string(&french).unwrap();
    let start = text.find("\npermission =").unwrap();
    let end = start + text[start..].find("\n\n").unwrap();
    fs::write(&french, format!("{}{}", &text[..start], &text[end..])).unwrap();
    checkout
}

#[test]
fn the_matrix_shows_what_is_complete_stale_incomplete_and_missing() {
    let table = table(&edited());
    assert!(table.lines().take(20).all(|line| line.chars().count() <= 100), "{table}");
    insta::assert_snapshot!(table);
}

#[test]
fn english_that_changed_later_makes_a_translation_stale_until_it_follows() {
    let checkout = edited();
    let json = json(&checkout);
    assert_eq!(json.get("noHistory"), None);
    let danish = cell(&json, "ACCOUNT_ISSUE", "push", "da");
    assert_eq!((&danish["state"], &danish["servedBy"]), (&"stale".into(), &"da".into()));
    let stale = &danish["stale"][0];
    assert_eq!(stale["text"], ".push-title");
    let days = ["2026-03-01T12:00:00Z", "2026-01-01T12:00:00Z"];
    assert_eq!([&stale["englishChanged"], &stale["changed"]], days);
    assert_eq!(cell(&json, "ACCOUNT_ISSUE", "email", "da")["state"], "complete");
    assert_eq!(cell(&json, "ACCOUNT_ISSUE", "push", "de")["state"], "complete");
    let norwegian = cell(&json, "ACCOUNT_ISSUE", "push", "nb");
    assert_eq!((&norwegian["state"], &norwegian["lacking"][0]), (&"falls-back".into(), &".push-title".into()));
    // A message has one language: what the push lacks, the mail falls back for too.
    assert_eq!(cell(&json, "ACCOUNT_ISSUE", "email", "nb")["state"], "falls-back");
    assert_eq!(cell(&json, "PERMISSION", "email", "fr")["state"], "missing");
    assert_eq!(cell(&json, "PERMISSION", "email", "fr")["servedBy"], "en");
}

#[test]
fn english_in_the_folder_of_another_language_is_no_translation() {
    let checkout = Checkout::new();
    fs::create_dir(checkout.file("locales/pl")).unwrap();
    for file in ["common.ftl", FILE] {
        fs::copy(checkout.file(&format!("locales/en/{file}")), checkout.file(&format!("locales/pl/{file}"))).unwrap();
    }
    checkout.edit(&format!("locales/pl/{FILE}"), ".push-title = Request", ".push-title = Prośba");
    let json = json(&checkout);
    let polish = |channel| &cell(&json, "ACCOUNT_ISSUE", channel, "pl")["state"];
    assert_eq!((polish("email"), polish("push")), (&"missing".into(), &"complete".into()));
}

#[test]
fn an_edit_that_is_not_committed_is_the_newest() {
    let checkout = edited();
    checkout.edit(&format!("locales/da/{FILE}"), "    .push-title = ", "    .push-title = Nu: ");
    assert_eq!(cell(&json(&checkout), "ACCOUNT_ISSUE", "push", "da")["state"], "complete");
    checkout.edit(&format!("locales/en/{FILE}"), "    .push-body = ", "    .push-body = Now: ");
    let json = json(&checkout);
    let german = cell(&json, "ACCOUNT_ISSUE", "push", "de");
    assert_eq!((&german["state"], &german["stale"][0]["englishChanged"]), (&"stale".into(), &Value::Null));
}

#[test]
fn a_commit_of_form_only_is_left_out_when_the_repository_says_so() {
    let checkout = edited();
    let head = "ref: refs/heads/form\n";
    fs::write(checkout.file(".git/HEAD"), head).unwrap();
    checkout.commit("2026-04-01");
    let hash = fs::read_to_string(checkout.file(".git/refs/heads/form")).unwrap();
    assert_eq!(cell(&json(&checkout), "ACCOUNT_ISSUE", "push", "da")["state"], "complete", "all in one commit");
    checkout.edit(&format!("locales/en/{FILE}"), "    .push-title = ", "    .push-title = Well: ");
    checkout.commit("2026-04-02");
    assert_eq!(cell(&json(&checkout), "ACCOUNT_ISSUE", "push", "da")["state"], "stale");
    let form = fs::read_to_string(checkout.file(".git/refs/heads/form")).unwrap();
    assert_ne!(form, hash);
    fs::write(checkout.file(".git-blame-ignore-revs"), form).unwrap();
    assert_eq!(cell(&json(&checkout), "ACCOUNT_ISSUE", "push", "da")["state"], "complete");
}

#[test]
fn without_a_history_all_else_is_told_and_why_this_is_not() {
    let checkout = Checkout::new();
    let ceiling = checkout.path().parent().unwrap().to_owned();
    let output =
        dashlight(&["coverage"]).current_dir(checkout.path()).env("GIT_CEILING_DIRECTORIES", ceiling).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("what is stale is not known: git says: not a git repository"), "{told}");
    assert!(told.contains("complete") && !told.contains("stale: English"), "{told}");
}

#[test]
fn a_shallow_clone_is_not_taken_for_the_whole_history() {
    let (checkout, clone) = (edited(), tempfile::tempdir().unwrap());
    let (from, to) = (format!("file://{}", checkout.path().display()), clone.path().join("clone"));
    checkout.git("2026-05-01", &["clone", "--quiet", "--depth", "1", &from, to.to_str().unwrap()]);
    let output = dashlight(&["coverage"]).current_dir(&to).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("the clone is shallow"), "{}", said(&output));
}

#[test]
fn a_release_can_be_held_back() {
    let checkout = edited();
    let code = |deny: &str| coverage(&checkout, &["--deny", deny]).status.code();
    assert_eq!((code("stale"), code("stale,missing"), code("complete")), (Some(1), Some(1), Some(2)));
    let clean = Checkout::new();
    assert_eq!(coverage(&clean, &["--deny", "stale,falls-back,missing"]).status.code(), Some(0));
}

#[test]
fn the_json_is_as_its_schema_says() {
    let schema = dashlight(&["schema", "coverage"]).output().unwrap();
    let schema = serde_json::from_slice(&schema.stdout).unwrap();
    jsonschema::validator_for(&schema).unwrap().validate(&json(&edited())).unwrap();
}

#[test]
fn the_badge_says_how_much_is_complete() {
    let output = coverage(&Checkout::new(), &["--format", "badge"]);
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}
