//! All concerns together: the content that ships, what is told once, and what no input may do.

mod branches;
mod compare;
mod damage;
mod guide;
mod references;
mod texts;

use std::sync::Arc;

use super::*;
use crate::catalog::files::{Files, Origin};
use crate::diagnostic::{Diagnostics, Source};

fn tree(files: &[(&str, &str)]) -> Tree {
    let source = |path: &str, text: &str| Arc::new(Source { path: path.into(), text: text.to_owned() });
    files.iter().map(|(path, text)| ((*path).to_owned(), source(path, text))).collect()
}

fn findings(files: &[(&str, &str)]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    lint(&tree(files), &mut findings);
    findings
}

/// What is found in files, each as `file:line:column [what is marked] code: message`. Explained is whatever they use.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let told = findings(files).into_iter().filter(|finding| finding.code.id != "words/unexplained");
    told.map(|finding| shown(&finding)).collect()
}

fn shown(finding: &Diagnostic) -> String {
    let Some(place) = &finding.place else { return format!("{}: {}", finding.code.id, finding.message) };
    let (line, column) = place.line_and_column();
    let marked = &place.source.text[place.span.clone()];
    let code = finding.code.id.strip_prefix("words/").unwrap_or(finding.code.id);
    format!("{}:{line}:{column} [{marked}] {code}: {}", place.source.path.display(), finding.message)
}

/// What is found in one English text, which stands in line 1 from column 5.
fn in_english(text: &str) -> Vec<String> {
    found(&[("en/common.ftl", &format!("a = {text}\n"))])
}

/// Codes and marked parts of what is found in one text of a language that English does not have.
fn marked(locale: &str, text: &str) -> Vec<(String, String)> {
    let path = format!("{locale}/common.ftl");
    findings(&[(&path, &format!("a = {text}\n"))])
        .into_iter()
        .filter(|finding| finding.code.id != "words/unexplained")
        .map(|finding| {
            let place = finding.place.expect("every finding about a text has a place");
            (finding.code.id.replace("words/", ""), place.source.text[place.span].to_owned())
        })
        .collect()
}

fn shipped() -> Tree {
    let mut faults = Vec::new();
    let files = Files::read(&Origin::Embedded, &mut faults);
    assert_eq!(faults, []);
    files.locales
}

#[test]
fn nothing_is_found_in_the_content_that_ships() {
    let mut findings = Vec::new();
    lint(&shipped(), &mut findings);
    assert!(findings.is_empty(), "{}", Diagnostics(findings).render(false));
}

#[test]
fn a_finding_reads_like_one_of_a_compiler() {
    let files = [
        ("en/common.ftl", "### $app (String) - the app\nreason = You connected the car to { $app }.\n"),
        ("de/common.ftl", "reason = Sie haben das Auto verbunden.\n"),
    ];
    insta::assert_snapshot!(Diagnostics(findings(&files)).render(false), @r"
    error[words/lost-variable]: `reason` loses `$app`, which `en` shows there
     --> de/common.ftl:1:1
      |
    1 | reason = Sie haben das Auto verbunden.
      | ^^^^^^ `en` says: You connected the car to { $app }.
      |
      = help: insert it, or a message that holds it; where that is meant, allow it above the message: `# leaves-out: $app`
    ");
}
