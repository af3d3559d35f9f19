//! How the checks of templates are tried: on one file at a time, and on the templates that ship.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::catalog::Origin;
use crate::catalog::files::Files;

/// A mail with a part on its third line.
pub(super) fn mail(part: &str) -> (&'static str, String) {
    let head = "<mjml lang=\"{{ locale }}\" dir=\"{{ dir }}\"><mj-body>\n<mj-section><mj-column>\n";
    ("a/b/email.mjml", format!("{head}{part}\n</mj-column></mj-section></mj-body></mjml>"))
}

pub(super) fn text(text: &str) -> (&'static str, String) {
    ("a/b/email.txt", text.to_owned())
}

/// What is found in one file: place, code, message and help, one to a line.
pub(super) fn told(file: &(&str, String)) -> String {
    told_of(&[(file.0, file.1.as_str())], &[asked(LinkKind::None, false)])
}

pub(super) fn asked(link: LinkKind, qr: bool) -> Asked {
    Asked { folder: "a/b".into(), link, qr }
}

pub(super) fn told_of(files: &[(&str, &str)], notices: &[Asked]) -> String {
    let source = |path: &str, text: &str| Arc::new(Source { path: path.into(), text: text.to_owned() });
    let files: Tree = files.iter().map(|(path, text)| ((*path).to_owned(), source(path, text))).collect();
    let mut findings = Vec::new();
    lint(&files, notices, &mut findings);
    let alone = files.len() == 1;
    let mut told = findings.iter().fold(String::new(), |mut told, finding| {
        if let Some(place) = &finding.place {
            let (line, column) = place.line_and_column();
            let path = if alone { String::new() } else { format!("{}:", place.source.path.display()) };
            let _ = write!(told, "{path}{line}:{column} ");
        }
        let _ = write!(told, "{} {}", finding.code.id, finding.message);
        let help = finding.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        let _ = writeln!(told, "{help}");
        told
    });
    told.truncate(told.trim_end().len());
    told
}

#[test]
fn the_shipped_templates_have_no_finding() {
    let mut findings = Vec::new();
    let files = Files::read(&Origin::Embedded, &mut findings);
    let shelf = crate::catalog::shelf::Shelf::load(&files.templates, &mut findings);
    lint(&files.templates, &shelf.asked(), &mut findings);
    let told: Vec<String> = findings
        .iter()
        .map(|finding| {
            let place = finding.place.as_ref().map(|place| (place.source.path.clone(), place.line_and_column()));
            format!("{} {} {place:?}", finding.code.id, finding.message)
        })
        .collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

proptest! {
    #[test]
    fn any_text_can_be_looked_through(text in "(<mj-|<a |<img|href=|src=|\"|'|\\{\\{|\\}\\}|\\{%|%\\}|[<>/=&;: .é\n-]|url\\(|https://|qr|link|include|path){0,40}") {
        let parts = [("a/b/email.mjml", text.as_str()), ("a/b/email.txt", text.as_str()), ("layout/x.html", text.as_str())];
        told_of(&parts, &[asked(LinkKind::Support, true)]);
    }
}
