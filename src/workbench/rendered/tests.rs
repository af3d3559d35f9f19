//! The shipped content is free of findings, and what is damaged in it is found once.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::*;
use crate::catalog::Origin;
use crate::config::{Layers, load};

/// The app of the reference.
fn apps() -> BTreeMap<String, App> {
    load(&Layers { demo: true, ..Layers::default() }).unwrap().apps
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
    insta::assert_snapshot!(found, @"templates/layout/time.mjml:5:79: error[message/leftover] `}}` is left over in the HTML (chargeup, de, email, plain; also in 7 other scenarios, 1 other language)");
}
