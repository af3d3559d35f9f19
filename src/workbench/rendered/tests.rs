//! The shipped content is free of findings, and what is damaged in it is found once.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::*;
use crate::catalog::Origin;
use crate::config::{Layers, load};

/// The app of the reference, with a logo.
fn apps() -> BTreeMap<String, App> {
    let mut apps = load(&Layers { demo: true, ..Layers::default() }).unwrap().apps;
    for app in apps.values_mut() {
        app.logo = Some("https://chargeup.example/logo.png".into());
    }
    apps
}

/// The shipped content with one edit, made in a folder of its own.
fn edited(file: &str, edit: impl Fn(&str) -> String) -> String {
    let root = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Two languages show as much as ten.
    for folder in ["templates", "locales/en", "locales/de"] {
        copy(&shipped.join(folder), &root.path().join(folder));
    }
    let path = root.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    let changed = edit(&text);
    assert_ne!(text, changed, "the edit changed nothing");
    fs::write(&path, changed).unwrap();
    let origin = Origin::Folders { templates: root.path().join("templates"), locales: root.path().join("locales") };
    let apps = apps();
    let catalog = Catalog::load(&origin, &apps).unwrap();
    told(&findings(&catalog, &apps)).replace(&format!("{}/", root.path().display()), "")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

/// Findings with their places, one to a line.
fn told(findings: &[Diagnostic]) -> String {
    findings.iter().fold(String::new(), |mut told, finding| {
        let place = finding.place.as_ref().map_or_else(String::new, |place| {
            let (line, column) = place.line_and_column();
            format!("{}:{line}:{column}: ", place.source.path.display())
        });
        let _ = writeln!(told, "{place}{}[{}] {}", finding.severity.as_str(), finding.code.id, finding.message);
        told
    })
}

#[test]
fn the_shipped_messages_have_no_finding() {
    let apps = apps();
    let catalog = Catalog::load(&Origin::Embedded, &apps).unwrap();
    assert_eq!(told(&findings(&catalog, &apps)), "");
}

#[test]
fn a_brace_too_many_is_told_once_at_the_template_that_has_it() {
    let found = edited("templates/layout/time.mjml", |text| text.replace("{{ text.time }}", "{{ text.time }}}}"));
    insta::assert_snapshot!(found, @"templates/layout/time.mjml:5:79: error[message/leftover] `}}` is left over in the HTML (chargeup, de, email, plain; also in 8 other scenarios, 1 other language)");
}

/// Edits and the beginning of what is told of each.
#[test]
fn what_is_damaged_is_found_where_it_was_damaged() {
    type Edit = (&'static str, &'static str, &'static str, &'static str);
    let folder = "connected-services-account";
    let table: [Edit; 12] = [
        (
            "locales/de/FOLDER.ftl",
            ".subject = ",
            ".subject = Eine wichtige und leider recht lange Nachricht: ",
            "warning[message/too-long] `.subject` has",
        ),
        (
            "locales/de/FOLDER.ftl",
            ".preheader = ",
            ".preheader = Kurz.\n    .old = ",
            "warning[message/too-short] `.preheader` has 5 characters",
        ),
        (
            "locales/de/FOLDER.ftl",
            ".action = ",
            ".action = Jetzt bitte gleich alles ganz neu verbinden\n    .old = ",
            "warning[message/too-long] `.action` has",
        ),
        ("locales/de/FOLDER.ftl", ".push-body = ", ".push-body = LONG", "error[message/too-long] `.push-body` has"),
        (
            "locales/en/FOLDER.ftl",
            ".title = ",
            ".title = Two { \"\" } spaces { $app }\n    .old = ",
            "warning[message/spaces] `.title` has a space too many",
        ),
        (
            "templates/FOLDER/permission/email.txt",
            "{{ text.todo }}",
            "\u{2068}{{ text.todo }}",
            "error[message/leftover] the invisible mark U+2068",
        ),
        (
            "locales/en/FOLDER.ftl",
            ".title = ",
            ".title = Tom &amp; { $app }\n    .old = ",
            "error[message/leftover] `&amp;` is no text",
        ),
        (
            "templates/layout/button.mjml",
            "{{ link.url }}",
            "https://evil.example/",
            "error[message/link] `https://evil.example/` is no address",
        ),
        (
            "templates/layout/link.txt",
            "{{ link.url }}",
            "{{ link.host }}",
            "error[message/link-missing] the notice's link",
        ),
        (
            "templates/layout/head.mjml",
            "<mj-title>",
            "<mj-raw>{% for i in range(end=999) %}<meta name=\"x\" content=\"................................................................................................\" />{% endfor %}</mj-raw>\n<mj-title>",
            "error[message/html-size] the HTML is",
        ),
        (
            "templates/FOLDER/permission/email.mjml",
            "lang=\"{{ locale }}\"",
            "lang=\"en\"",
            "error[message/language] the HTML does not say `lang=\"de\"`",
        ),
        (
            "templates/layout/header.mjml",
            "{{ app.logo }}",
            "https://evil.example/x.png",
            "error[message/link] `https://evil.example/x.png`",
        ),
    ];
    for (file, from, to, expected) in table {
        let file = file.replace("FOLDER", folder);
        let found = edited(&file, |text| text.replacen(from, &to.replace("LONG", &"sehr lang ".repeat(30)), 1));
        let line = found.lines().find(|line| line.contains(expected)).unwrap_or_else(|| panic!("{expected}: {found}"));
        // What is missing, or too much of everything, is told of the notice's own template.
        let whole = ["link-missing", "html-size"].iter().any(|code| expected.contains(code));
        let place = if whole { format!("templates/{folder}/") } else { file };
        assert!(line.starts_with(&place), "{line}");
    }
}
