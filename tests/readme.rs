//! What the README shows is true: its commands run, its configuration loads, its event is accepted.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use dashlight::clock::{Clock, SystemClock};
use dashlight::config::{self, Layers};
use dashlight::event::Properties;
use dashlight::event::{self, Reason};
use dashlight::outcomes;
use dashlight::transport;
use support::{project, root, said};

/// The fenced blocks of the README in this language.
fn blocks(language: &str) -> Vec<String> {
    let readme = fs::read_to_string(project("README.md")).unwrap();
    let fence = format!("```{language}\n");
    readme.split(&fence).skip(1).filter_map(|rest| rest.split("\n```").next()).map(str::to_owned).collect()
}

#[test]
fn its_commands_run() {
    let out = tempfile::tempdir().unwrap();
    let binary = env!("CARGO_BIN_EXE_dashlight");
    let mut ran = 0;
    for line in blocks("console").iter().flat_map(|block| block.lines()) {
        let command = line.strip_prefix("$ ").expect("a line of a console block is a command");
        // The pages of the demo and the workbench do not end by themselves, and this test is a part of `tests/run`.
        if command.starts_with("tests/run") || command == "dashlight preview" {
            continue;
        }
        let command = command
            .replace("cargo run --release -- demo", "dashlight demo --once")
            .replace("dashlight ", &format!("{binary} "))
            .replace("--outbox out", &format!("--outbox {}", out.path().display()))
            .replace("> key.html", "> /dev/null");
        let output = std::process::Command::new("sh").arg("-c").arg(&command).current_dir(root()).output().unwrap();
        assert!(output.status.success(), "`{line}`: {}", said(&output));
        ran += 1;
    }
    assert!(ran >= 6, "only {ran} commands were found");
}

#[test]
fn its_configuration_loads_and_each_transport_in_it_can_be_made() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        file
    };
    let key = |name: &str| fs::read_to_string(project("tests/fixtures/keys").join(name)).unwrap();
    write("rabbitmq-url", "amqps://user:password@rabbit.example.com/%2f\n");
    write("smtp-password", "secret\n");
    write("directory-token", "secret\n");
    let account = serde_json::json!({
        "type": "service_account", "project_id": "chargeup-1", "private_key": key("rs256.pem"),
        "client_email": "push@chargeup-1.example", "token_uri": "https://oauth2.googleapis.com/token",
    });
    write("firebase-key.json", &account.to_string());
    write("dkim.pem", &key("rs256.pem"));
    for name in ["AuthKey_ABC123DEFG.p8", "vapid-private-key"] {
        write(name, &key("es256.p8"));
    }
    let blocks = blocks("toml");
    // What is shown without an app is a part of a file that has one.
    let app = blocks[0].split_once("[apps.").map(|(_, app)| format!("\n[apps.{app}")).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut made = Vec::new();
    for (number, block) in blocks.iter().enumerate() {
        let text = block.replace("/run/secrets", folder.path().to_str().unwrap());
        let text = if text.contains("[apps.") { text } else { text + &app };
        let file = write(&format!("{number}.toml"), &text);
        let loaded =
            config::load(&Layers { file: Some(file), environment: Vec::new(), overrides: Vec::new(), demo: false });
        let config = loaded.unwrap_or_else(|faults| panic!("{}", faults.render(false)));
        for (channel, settings) in &config.channels {
            for name in &settings.transports {
                let transport = transport::named(*channel, name, &config, &clock);
                assert!(transport.is_ok(), "{name}: {:?}", transport.err());
                made.push(name.clone());
            }
        }
    }
    for name in ["smtp", "fcm", "apns", "webpush"] {
        assert!(made.iter().any(|made| made == name), "the README does not show `{name}`");
    }
}

#[test]
fn its_event_is_accepted() {
    let config = support::shipped_config();
    let properties = Properties::default();
    for block in blocks("json").into_iter().filter(|block| !is_outcome(block)) {
        let arrived = "2026-11-20T09:00:00Z".parse().unwrap();
        let context = event::Context {
            properties: &properties,
            arrived,
            apps: &config.apps.keys().cloned().collect(),
            max_bytes: 1 << 20,
        };
        let parsed = event::parse(block.as_bytes(), &context);
        assert!(parsed.rejected.is_empty(), "{:?}", parsed.rejected);
        assert_eq!(parsed.errors.len(), 1);
    }
}

fn is_outcome(block: &str) -> bool {
    block.contains("\"type\": \"dashlight.")
}

#[test]
fn its_outcome_is_of_the_form_that_is_told() {
    let validator = jsonschema::draft202012::new(&outcomes::schema()).unwrap();
    let shown: Vec<_> = blocks("json").into_iter().filter(|block| is_outcome(block)).collect();
    assert!(!shown.is_empty());
    for block in shown {
        let outcome: serde_json::Value = serde_json::from_str(&block).unwrap();
        validator.validate(&outcome).unwrap();
        // Nothing that is told is left out.
        let mut shown: Vec<_> = outcome["data"].as_object().unwrap().keys().collect();
        let schema = outcomes::schema();
        let mut told: Vec<_> = schema["$defs"]["Delivery"]["properties"].as_object().unwrap().keys().collect();
        shown.sort();
        told.sort();
        assert_eq!(shown, told);
    }
}

#[test]
fn it_tells_every_reason_of_the_dead_letter_queue() {
    let readme = fs::read_to_string(project("README.md")).unwrap();
    let missing: Vec<_> = Reason::ALL.iter().filter(|reason| !readme.contains(&format!("`{reason}`"))).collect();
    assert!(missing.is_empty(), "the README does not tell of {missing:?}");
}

#[test]
fn its_links_lead_to_files_and_headings_that_are_there() {
    let readme = fs::read_to_string(project("README.md")).unwrap();
    let heading = |line: &str| Some(line.strip_prefix('#')?.trim_matches(['#', ' ']).to_lowercase().replace(' ', "-"));
    let headings: Vec<String> = readme.lines().filter_map(heading).collect();
    let mut seen: BTreeMap<String, bool> = BTreeMap::new();
    for target in readme.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        if !target.starts_with("http") {
            let exists = match target.strip_prefix('#') {
                Some(anchor) => headings.iter().any(|heading| heading == anchor),
                None => project(target).exists(),
            };
            seen.insert(target.to_owned(), exists);
        }
    }
    assert!(!seen.is_empty() && seen.values().all(|exists| *exists), "{seen:?}");
}
