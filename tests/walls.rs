//! The walls of the house: who may know whom. It reads the sources, so a wall that is broken is a failed test with a line.

use std::fs;
use std::path::{Path, PathBuf};

/// A path that may be named only below these files and folders of `src/`.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("lapin::", &["broker", "source/amqp", "outcomes/amqp", "outcomes/probe"]),
    ("lettre::", &["message", "transport/smtp"]),
    ("reqwest::", &["network", "transport", "directory"]),
    // A generic transport's request is a template of the operator's over a message that is rendered already; the content
    // knows nothing of requests.
    ("tera::", &["catalog/templates", "transport/templated"]),
    ("mrml::", &["catalog/templates"]),
    ("fluent::", &["catalog/words"]),
    ("icu_locale::", &["catalog/locale", "config/app", "event/recipient"]),
    ("fluent_syntax::", &["catalog/words"]),
    ("intl_pluralrules::", &["catalog/words"]),
    ("rusqlite::", &["ledger/sqlite"]),
    ("tokio_postgres::", &["ledger/postgres"]),
    ("axum::", &["web", "cli/demo", "telemetry/guests", "telemetry/http", "workbench/preview"]),
    ("prometheus_client::", &["telemetry/metrics"]),
    ("notify::", &["content/watch"]),
    ("libc::", &["catalog/files"]),
    ("maud::", &["workbench/preview"]),
    ("similar::", &["workbench/preview"]),
    ("clap::", &["cli"]),
    ("anyhow::", &["cli", "main.rs"]),
    ("crate::cli", &["cli"]),
    ("crate::app::", &["cli", "app"]),
    ("std::env::", &["main.rs"]),
];

/// What these files and folders of `src/` may not name.
const NEVER_IN: &[(&str, &[&str])] = &[
    // A transport sees a message: never an event, the content or the ledger.
    ("transport", &["crate::event", "crate::catalog", "crate::ledger", "crate::intake", "crate::dispatch"]),
    // The policy is pure.
    ("policy.rs", &["crate::ledger", "crate::catalog", "crate::clock", "tokio::", "std::fs", "tracing::"]),
    ("event", &["crate::ledger", "crate::catalog", "crate::policy", "tokio::"]),
    ("ledger", &["crate::catalog", "crate::transport", "crate::source", "crate::intake", "crate::dispatch"]),
    ("catalog", &["crate::transport", "crate::source", "crate::intake", "crate::dispatch", "tokio::"]),
    ("content", &["crate::transport", "crate::source", "crate::ledger", "crate::intake", "crate::dispatch"]),
    (
        "broker",
        &["crate::event", "crate::ledger", "crate::source", "crate::catalog", "crate::policy", "crate::transport"],
    ),
    // The ledger says what became of a dispatch, and that is all there is to tell.
    (
        "outcomes",
        &["crate::catalog", "crate::transport", "crate::source", "crate::event", "crate::intake", "crate::dispatch"],
    ),
    ("source", &["crate::outcomes", "crate::catalog", "crate::ledger", "crate::policy", "crate::transport"]),
];

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("src is there") {
            let path = entry.expect("src can be read").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).expect("it was found below src").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("a source is UTF-8"))
        })
        .collect()
}

/// The lines of code: no comments, and nothing of the unit tests at the end. `use crate::{a, b}` is told as `crate::a` and
/// `crate::b`.
fn code(text: &str) -> impl Iterator<Item = (usize, String)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !line.starts_with("mod tests {"))
        .map(|(number, line)| (number + 1, spelt_out(line.split("//").next().unwrap_or_default())))
}

fn spelt_out(line: &str) -> String {
    match line.split_once("crate::{") {
        Some((before, names)) => {
            let names = names.split(['}', ';']).next().unwrap_or_default().split(',');
            names.map(|name| format!("{before}crate::{}", name.trim())).collect::<Vec<_>>().join("; ")
        }
        None => line.to_owned(),
    }
}

/// Whether `path` stands in the line as a path of its own, not as the end of a longer name.
fn names(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(|before| before.is_alphanumeric() || before == '_' || before == ':')
    })
}

/// `transport/smtp` covers `transport/smtp.rs` and all of `transport/smtp/`.
fn covers(place: &str, file: &str) -> bool {
    let file = file.strip_suffix(".rs").unwrap_or(file);
    let place = place.strip_suffix(".rs").unwrap_or(place);
    file == place || file.strip_prefix(place).is_some_and(|rest| rest.starts_with(['/', '_']))
}

fn is_test(file: &str) -> bool {
    file.ends_with("tests.rs") || file.contains("/tests/")
}

#[test]
fn every_library_is_known_only_where_it_belongs() {
    let mut broken = Vec::new();
    for (file, text) in sources().iter().filter(|(file, _)| !is_test(file)) {
        for (number, line) in code(text) {
            for (path, places) in ONLY_IN {
                if names(&line, path) && !places.iter().any(|place| covers(place, file)) {
                    broken.push(format!("src/{file}:{number}: `{path}` belongs into {places:?}"));
                }
            }
        }
    }
    assert!(broken.is_empty(), "walls are broken:\n{}", broken.join("\n"));
}

#[test]
fn nobody_looks_over_a_wall() {
    let mut broken = Vec::new();
    for (file, text) in sources().iter().filter(|(file, _)| !is_test(file)) {
        for (number, line) in code(text) {
            for (place, paths) in NEVER_IN.iter().filter(|(place, _)| covers(place, file)) {
                for path in paths.iter().filter(|path| names(&line, path)) {
                    broken.push(format!("src/{file}:{number}: `{place}` may not know `{path}`"));
                }
            }
        }
    }
    assert!(broken.is_empty(), "walls are broken:\n{}", broken.join("\n"));
}

#[test]
fn the_two_loops_stay_short_enough_to_be_read() {
    for file in ["intake.rs", "dispatch.rs"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
        let lines = fs::read_to_string(path).expect("the loop is there").lines().count();
        assert!(lines < 200, "src/{file} has {lines} lines; a loop is under 200");
    }
}

#[test]
fn no_file_of_the_house_grows_past_450_lines() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|(file, text)| (text.lines().count(), file))
        .filter(|(lines, _)| *lines > 450)
        .collect();
    assert!(long.is_empty(), "too long to hold one thing: {long:?}");
}

#[test]
fn a_broken_wall_would_be_seen() {
    assert!(names("use lapin::Connection;", "lapin::"));
    assert!(names("    let x = lapin::Channel::new();", "lapin::"));
    assert!(!names("use my_lapin::X;", "lapin::"));
    assert!(code("// lapin::X\nuse a::B; // lapin::").all(|(_, line)| !names(&line, "lapin::")));
    assert!(code("use crate::{config, event};").all(|(_, line)| names(&line, "crate::event")));
    assert!(covers("source/amqp", "source/amqp/dial.rs") && !covers("source/amqp", "source/ndjson.rs"));
}
