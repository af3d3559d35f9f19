//! The program from the outside: what it prints, what it writes, how it ends.

mod support;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use support::{dashlight, said};
use tempfile::tempdir;

fn files(folder: &Path, extension: &str) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(extension))
        .collect();
    names.sort();
    names
}

fn run_file(file: &str, out: &Path) -> std::process::Output {
    dashlight(&["run", "--from", file, "--outbox", out.to_str().unwrap()]).output().unwrap()
}

#[test]
fn seven_events_in_a_file_become_seven_mails_in_their_owners_languages() {
    let out = tempdir().unwrap();
    let output = run_file("tests/fixtures/seven.ndjson", out.path());
    assert!(output.status.success(), "{}", said(&output));
    let mails = files(out.path(), ".eml");
    assert_eq!(mails.len(), 7, "{mails:?}");
    let languages: std::collections::BTreeSet<_> = mails
        .iter()
        .map(|mail| {
            let text = fs::read_to_string(out.path().join(mail)).unwrap();
            let line = text.lines().find(|line| line.starts_with("Content-Language: ")).expect("a language");
            line.trim_start_matches("Content-Language: ").to_owned()
        })
        .collect();
    assert_eq!(
        languages.iter().map(String::as_str).collect::<Vec<_>>(),
        ["da", "de", "en", "es-419", "fr", "it", "nb"]
    );
}

#[test]
fn the_same_file_twice_sends_nothing_twice_and_says_so() {
    let out = tempdir().unwrap();
    run_file("tests/fixtures/seven.ndjson", out.path());
    let before = files(out.path(), ".eml");
    let output = run_file("tests/fixtures/seven.ndjson", out.path());
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(files(out.path(), ".eml"), before);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("nothing new"), "{}", said(&output));
}

#[test]
fn a_resolved_later_in_the_file_cancels_the_error_before_it() {
    let (folder, out) = (tempdir().unwrap(), tempdir().unwrap());
    let file = folder.path().join("events.ndjson");
    let event = |id: &str, at: &str, state: &str| {
        format!(
            r#"{{"id":"{id}","occurredAt":"2026-11-20T08:0{at}:00Z","app":"chargeup","state":"{state}","recipient":{{"id":"u1","email":"u1@example.com"}},"vehicle":{{"id":"v1"}},"error":{{"type":"CONNECTED_SERVICES_ACCOUNT","code":"PERMISSION"}}}}"#
        )
    };
    fs::write(&file, format!("{}\n{}\n", event("a", "0", "ERROR"), event("b", "5", "RESOLVED"))).unwrap();
    let output = run_file(file.to_str().unwrap(), out.path());
    assert!(output.status.success(), "{}", said(&output));
    assert!(files(out.path(), ".eml").is_empty());
}

#[test]
fn bad_lines_are_told_with_file_and_line_and_the_rest_is_sent() {
    let (folder, out) = (tempdir().unwrap(), tempdir().unwrap());
    let file = folder.path().join("mixed.ndjson");
    let seven = fs::read_to_string(support::project("tests/fixtures/seven.ndjson")).unwrap();
    let first = seven.lines().next().unwrap();
    let mut mixed = fs::File::create(&file).unwrap();
    writeln!(mixed, "not json at all").unwrap();
    writeln!(mixed, "{first}").unwrap();
    mixed.write_all(b"\xff\xfe\n").unwrap();
    writeln!(mixed, "{}", "[".repeat(10_000)).unwrap();
    writeln!(mixed, "{}", first.replace("chargeup", "chargup")).unwrap();
    writeln!(mixed, "{}", first.replace("user-1001", "user-2001").replace("ada@example.com", "no address")).unwrap();
    drop(mixed);
    let output = run_file(file.to_str().unwrap(), out.path());
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(files(out.path(), ".eml").len(), 1);
    let stderr = String::from_utf8_lossy(&output.stderr).replace(folder.path().to_str().unwrap(), "FOLDER");
    insta::assert_snapshot!(stderr);
}

#[test]
fn events_come_from_standard_input_too() {
    let out = tempdir().unwrap();
    let mut child = dashlight(&["run", "--from", "-", "--outbox", out.path().to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let seven = fs::read(support::project("tests/fixtures/seven.ndjson")).unwrap();
    child.stdin.take().unwrap().write_all(&seven).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(files(out.path(), ".eml").len(), 7);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let out = tempdir().unwrap();
    let output = run_file("no-such-file.ndjson", out.path());
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-file.ndjson"), "{}", said(&output));
}

#[test]
fn every_fault_of_the_configuration_is_told_at_once_and_nothing_is_done() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("dashlight.toml");
    fs::write(
        &file,
        "[smtp]\nhots = \"mail.example.com\"\nport = \"twenty-five\"\n\n[rabbitmq]\nprefetch = -1\n\n[apps.demo]\nname = \"Demo\"\ncolor = \"green\"\n",
    )
    .unwrap();
    let output = dashlight(&["run", "--config", file.to_str().unwrap()]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let stderr = String::from_utf8_lossy(&output.stderr).replace(folder.path().to_str().unwrap(), "FOLDER");
    insta::assert_snapshot!(stderr);
}

#[test]
fn the_demo_plays_its_minute_once() {
    let output = dashlight(&["demo", "--once"]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let stdout = String::from_utf8_lossy(&output.stdout);
    // Messages of one moment may be sent in any order, and a slow machine may take a second longer.
    let told = stdout.as_ref();
    let (mut notes, mut messages, mut summary) = (Vec::new(), Vec::new(), Vec::new());
    for line in told.lines() {
        match line.split_once(" s  ") {
            Some((_, message)) if message.starts_with("email") || message.starts_with("push") => messages.push(message),
            Some((_, note)) => notes.push(note),
            None => summary.push(line),
        }
    }
    messages.sort_unstable();
    insta::assert_snapshot!([notes, messages, summary].concat().join("\n"));
}

#[test]
fn a_message_can_be_rendered_without_an_event() {
    let output =
        dashlight(&["render", "virtual-key-required", "--locale", "da", "--channel", "push"]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout));
}

#[test]
fn an_unknown_notice_is_answered_with_those_there_are() {
    let output = dashlight(&["render", "virtual-keys"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_event_is_explained_without_sending_anything() {
    let output = dashlight(&["explain", "tests/fixtures/events/native.json"]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout));
}

#[test]
fn quiet_hours_are_explained_with_whose_clock_it_is() {
    let arguments = ["explain", "tests/fixtures/events/native.json", "--set", "channels.email.quiet_hours=21:30-08:00"];
    let output = dashlight(&arguments).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout));
    // Where nobody is asked, what the directory would say is left open.
    let event = fs::read_to_string("tests/fixtures/events/native.json").unwrap();
    let folder = tempdir().unwrap();
    let nowhere = folder.path().join("event.json");
    fs::write(&nowhere, event.replace("timezone", "comment")).unwrap();
    let arguments = [&arguments[..1], &[nowhere.to_str().unwrap()], &arguments[2..]].concat();
    let quiet = |more: &[&str]| {
        let output = dashlight(&[&arguments[..], more].concat()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        told.lines().find(|line| line.starts_with("quiet")).unwrap_or_default().to_owned()
    };
    insta::assert_snapshot!(quiet(&[]), @"quiet     no email in 21:30-08:00, UTC (because neither the event nor `apps.chargeup.timezone` names one); it waits for their end");
    insta::assert_snapshot!(quiet(&["--set", "directory.url=https://owners.example/{id}"]), @"quiet     no email in 21:30-08:00, UTC (unless the directory names the owner's); it waits for their end");
}

#[test]
fn output_that_nobody_reads_to_the_end_is_no_fault() {
    let mut child = dashlight(&["schema", "event"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.stderr.is_empty(), "{}", said(&output));
}

#[test]
fn completions_are_there_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = dashlight(&["completions", shell]).output().unwrap();
        assert!(output.status.success() && !output.stdout.is_empty(), "{shell}: {}", said(&output));
    }
}

#[test]
fn a_batch_ends_although_the_mail_server_is_away_and_keeps_what_it_could_not_send() {
    let folder = tempdir().unwrap();
    let ledger = format!("sqlite:{}", folder.path().join("ledger.db").display());
    // Nobody listens there.
    let away = ["--set", "smtp.host=127.0.0.1", "--set", "smtp.port=1", "--set", "smtp.tls=none"];
    // Some retry is always due within this patience; it must not begin anew with each.
    let hurry = ["dispatch.retry_min=10ms", "dispatch.retry_max=50ms", "dispatch.patience=200ms", "dispatch.poll=10ms"];
    let hurry = hurry.iter().flat_map(|setting| ["--set", setting]);
    let arguments: Vec<_> = ["run", "--from", "tests/fixtures/seven.ndjson", "--ledger", &ledger]
        .into_iter()
        .chain(away)
        .chain(hurry)
        .collect();
    let output = dashlight(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("sent (nothing)") && stdout.contains("planned for later"), "{}", said(&output));
    // The server is back: the same command sends what waits.
    let out = folder.path().join("out");
    let arguments =
        ["run", "--from", "tests/fixtures/seven.ndjson", "--outbox", out.to_str().unwrap(), "--ledger", &ledger];
    let output = dashlight(&arguments).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(files(&out, ".eml").len(), 7);
}

/// The ledger of a run of the seven events.
fn seven(folder: &Path) -> String {
    assert!(run_file("tests/fixtures/seven.ndjson", folder).status.success());
    format!("ledger.url=sqlite:{}", folder.join("ledger.db").display())
}

/// What a command says of that ledger, its times taken out.
fn asked(ledger: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = dashlight(&[&["--set", ledger], arguments].concat()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// What a command says that succeeds and warns of nothing.
fn answered(ledger: &str, arguments: &[&str]) -> String {
    let (code, stdout, stderr) = asked(ledger, arguments);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    stdout
}

/// Times and the revision of the content change from run to run.
fn steady() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "YYYY-MM-DD HH:MM:SS");
    settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME");
    settings.add_filter(r#""revision": "[^"]+""#, r#""revision": "REVISION""#);
    settings.add_filter(r"(?m) +[0-9a-f]{16}$", "  REVISION");
    settings
}

#[test]
fn the_log_tells_what_an_owner_was_sent() {
    let out = tempdir().unwrap();
    let ledger = seven(out.path());
    let (code, table, _) = asked(&ledger, &["log", "user-1001"]);
    assert_eq!(code, Some(0));
    let (_, json, _) = asked(&ledger, &["log", "user-1001", "--format", "json"]);
    assert!(!format!("{table}{json}").contains('@'), "no address is told");
    steady().bind(|| insta::assert_snapshot!(format!("{table}\n{json}")));
    let (_, newest, more) = asked(&ledger, &["log", "--limit", "3", "--since", "1h"]);
    assert_eq!(newest.lines().count(), 4, "{newest}");
    assert_eq!(more, "the newest 3; `--limit` shows more\n");
}

#[test]
fn an_owner_whom_nobody_knows_is_told_apart_from_one_who_got_nothing() {
    let out = tempdir().unwrap();
    let ledger = seven(out.path());
    let (code, stdout, stderr) = asked(&ledger, &["log", "user-101"]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert_eq!(stderr, "nothing is known of `user-101`; it is the id that events have in `recipient.id`\n");
    let (code, _, stderr) = asked(&ledger, &["log", "user-1001", "--app", "chargup"]);
    assert_eq!(code, Some(1));
    assert_eq!(stderr, "nothing is known of `user-1001` in `chargup`, but in `chargeup`\n");
    let (code, stdout, _) = asked(&ledger, &["log", "user-1001", "--channel", "push"]);
    assert_eq!((code, stdout.as_str()), (Some(0), "nothing\n"));
}

#[test]
fn a_ledger_that_is_not_there_is_not_made_by_a_look() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let (code, _, stderr) = asked(&format!("ledger.url=sqlite:{}", path.display()), &["log"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("there is no ledger at"), "{stderr}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_pause_is_shown_and_ended() {
    let out = tempdir().unwrap();
    let ledger = seven(out.path());
    let said = |arguments: &[&str]| answered(&ledger, arguments);
    let mut told = said(&["pause", "email", "--for", "2h", "--note", "server moves"]);
    told += &said(&["pause", "--list", "--format", "json"]);
    told += &said(&["pause"]);
    told += &said(&["resume", "push"]);
    told += &said(&["resume"]);
    told += &said(&["resume"]);
    told += &said(&["pause", "--list"]);
    let (paused, going) = (said(&["pause", "--format", "json"]), said(&["resume", "push", "--format", "json"]));
    let count =
        |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap()["pauses"].as_array().unwrap().len();
    assert_eq!((count(&paused), count(&going)), (2, 1), "what is still paused");
    steady().bind(|| insta::assert_snapshot!(told));
}

#[test]
fn failed_messages_are_named_by_the_beginning_of_their_ids() {
    let out = tempdir().unwrap();
    let ledger = seven(out.path());
    assert_eq!(asked(&ledger, &["failed", "list"]).1, "nothing\n");
    let (code, _, stderr) = asked(&ledger, &["failed", "retry", "10305b0f"]);
    assert_eq!(code, Some(2));
    assert_eq!(stderr, "error: `10305b0f` is neither failed nor unknown: it is sent\n");
    let (_, _, stderr) = asked(&ledger, &["failed", "show", "zz"]);
    assert_eq!(stderr, "error: no id begins with `zz`; `dashlight failed list` has those there are\n");
    let (code, ..) = asked(&ledger, &["failed", "retry"]);
    assert_eq!(code, Some(2), "all of them only when it is said");
    for action in ["retry", "drop"] {
        let json = answered(&ledger, &["failed", action, "--all", "--dry-run", "--format", "json"]);
        let told: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(told, serde_json::json!({ "version": 1, "dryRun": true, "done": 0, "messages": [] }));
        let schema: serde_json::Value = serde_json::from_str(&asked(&ledger, &["schema", "failed"]).1).unwrap();
        assert!(jsonschema::is_valid(&schema, &told));
    }
}

#[test]
fn an_old_file_of_events_brings_back_nobody_who_was_erased_since() {
    let out = tempdir().unwrap();
    let file = out.path().join("events.ndjson");
    // It does not say when it happened; at the latest it was when the file was written.
    let event = r#"{"app":"chargeup","recipient":{"id":"u","email":"u@example.com"},"error":{"type":"CONNECTED_SERVICES_ACCOUNT","code":"PERMISSION"}}"#;
    fs::write(&file, event).unwrap();
    let written = fs::metadata(&file).unwrap().modified().unwrap();
    let an_hour = std::time::Duration::from_hours(1);
    let run = |written| {
        fs::File::options().write(true).open(&file).unwrap().set_modified(written).unwrap();
        let output = run_file(file.to_str().unwrap(), out.path());
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(run(written - an_hour).contains("1  sent"));
    let ledger = format!("ledger.url=sqlite:{}", out.path().join("ledger.db").display());
    answered(&ledger, &["erase", "--recipient", "u", "--app", "chargeup"]);
    let told = run(written - an_hour);
    assert!(
        told.contains("0  sent") && told.contains("1  of owners who were erased after they had happened"),
        "{told}"
    );
    assert_eq!(files(out.path(), ".eml").len(), 1);
    // A stranger, who only bears the same id.
    assert!(run(written + an_hour).contains("1  sent"));
}

#[test]
fn an_owner_is_erased_and_what_that_does_not_reach_is_said() {
    let out = tempdir().unwrap();
    let ledger = seven(out.path());
    let said = |arguments: &[&str]| answered(&ledger, arguments);
    let lines = |arguments: &[&str]| said(arguments).lines().count();
    let (all, of_one) = (lines(&["log"]), lines(&["log", "user-1001"]));
    let mut told = said(&["erase", "--recipient", "user-1001", "--app", "chargeup", "--dry-run"]);
    assert_eq!(lines(&["log", "user-1001"]), of_one, "a dry run deletes nothing");
    told += &said(&["erase", "--recipient", "user-1001", "--app", "chargeup", "--format", "json"]);
    told += &said(&["erase", "--recipient", "user-1001"]);
    steady().bind(|| insta::assert_snapshot!(told));
    assert_eq!(asked(&ledger, &["log", "user-1001"]).0, Some(1));
    assert_eq!(lines(&["log"]), all - (of_one - 1), "the others are there");
}
