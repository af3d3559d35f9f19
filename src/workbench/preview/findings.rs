//! Which finding belongs beside which notice, and how it is shown in a page.

use std::collections::BTreeMap;
use std::sync::Arc;

use maud::{Markup, html};

use crate::catalog::About;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Severity, Source};
use crate::workbench::check::Report;

/// All findings, each with what it concerns.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Findings(Vec<(Concern, Diagnostic)>);

/// What a finding concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Concern {
    /// One notice, by its folder: `connected-services-account/permission`.
    Notice(String),
    /// What all notices share: the layout, the common words.
    Shared,
    /// None of them in particular.
    Elsewhere,
}

/// How many there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) errors: usize,
    pub(super) warnings: usize,
}

impl Findings {
    /// Errors first; otherwise in the order of `check`.
    pub(super) fn sort(findings: Vec<Diagnostic>, sources: &BTreeMap<String, Arc<Source>>) -> Self {
        let mut findings = Report::new(findings).findings().to_vec();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let folders: Vec<String> = sources.keys().filter_map(|path| folder(path)).collect();
        let concern = |finding: &Diagnostic| concern(finding, sources, &folders);
        Self(findings.into_iter().map(|finding| (concern(&finding), finding)).collect())
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter().map(|(_, finding)| finding)
    }

    /// Those that the people of this notice should see: its own, and those of what it shares with others.
    pub(super) fn of(&self, about: &About) -> Vec<&Diagnostic> {
        let concerns = |concern: &Concern| match concern {
            Concern::Notice(folder) => *folder == about.folder,
            Concern::Shared => true,
            Concern::Elsewhere => false,
        };
        self.0.iter().filter(|(concern, _)| concerns(concern)).map(|(_, finding)| finding).collect()
    }

    /// Those of a notice alone.
    pub(super) fn own(&self, folder: &str) -> Count {
        Count::of(self.0.iter().filter(|(concern, _)| *concern == Concern::Notice(folder.to_owned())).map(|(_, f)| f))
    }

    /// Those that are no single notice's.
    pub(super) fn common(&self) -> Vec<&Diagnostic> {
        self.0.iter().filter(|(concern, _)| !matches!(concern, Concern::Notice(_))).map(|(_, f)| f).collect()
    }

    /// The lines of a file that are found fault with, from 1.
    pub(super) fn lines(&self, source: &Source) -> Vec<usize> {
        let places = self.all().filter_map(|finding| finding.place.as_ref());
        places.filter(|place| place.source.path == source.path).map(|place| place.line_and_column().0).collect()
    }
}

impl Count {
    pub(super) fn of<'a>(findings: impl IntoIterator<Item = &'a Diagnostic>) -> Self {
        findings.into_iter().fold(Self::default(), |count, finding| match finding.severity {
            Severity::Error => Self { errors: count.errors + 1, ..count },
            Severity::Warning => Self { warnings: count.warnings + 1, ..count },
        })
    }

    /// For people: `1 error, 2 warnings`.
    pub(super) fn tell(self) -> String {
        let some = |count: usize, word: &str| match count {
            0 => None,
            1 => Some(format!("1 {word}")),
            _ => Some(format!("{count} {word}s")),
        };
        let told: Vec<String> =
            [some(self.errors, "error"), some(self.warnings, "warning")].into_iter().flatten().collect();
        if told.is_empty() { "no findings".into() } else { told.join(", ") }
    }

    /// The worst of them, as the class of a sign.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self { errors: 1.., .. } => "error",
            Self { warnings: 1.., .. } => "warning",
            Self { .. } => "fine",
        }
    }
}

/// The folder of a notice that a file of the templates lies in.
fn folder(path: &str) -> Option<String> {
    let mut parts = path.strip_prefix("templates/")?.split('/');
    let (kind, code) = (parts.next()?, parts.next()?);
    (kind != "layout" && parts.next().is_some()).then(|| format!("{kind}/{code}"))
}

fn concern(finding: &Diagnostic, sources: &BTreeMap<String, Arc<Source>>, folders: &[String]) -> Concern {
    if let Some(place) = &finding.place {
        let path = sources.iter().find(|(_, source)| source.path == place.source.path).map(|(path, _)| path.as_str());
        match path.and_then(|path| of_place(path, place)) {
            Some(concern) => return concern,
            None if path.is_some() => return Concern::Shared,
            None => {}
        }
    }
    // Without a place, or in a file that could not be read: what it says is all there is to go by.
    let path = finding.place.as_ref().map(|place| place.source.path.to_string_lossy().replace('\\', "/"));
    let named = |folder: &&String| {
        let key = folder.replace('-', "_").replace('/', ":").to_uppercase();
        let tick = |name: &str| format!("`{name}`");
        path.as_ref().is_some_and(|path| path.contains(&format!("/{folder}/")))
            || finding.message.contains(&tick(folder))
            || finding.message.contains(&tick(&key))
    };
    folders.iter().find(named).map_or(Concern::Elsewhere, |folder| Concern::Notice(folder.clone()))
}

fn of_place(path: &str, place: &Place) -> Option<Concern> {
    if let Some(folder) = folder(path) {
        return Some(Concern::Notice(folder));
    }
    let (_, file) = path.strip_prefix("locales/")?.split_once('/')?;
    let kind = file.strip_suffix(".ftl").filter(|kind| *kind != "common")?;
    let message = message_at(&place.source.text, place.span.start)?;
    Some(Concern::Notice(format!("{kind}/{message}")))
}

/// The Fluent message that a byte of a file belongs to: messages begin at the beginning of a line.
fn message_at(text: &str, at: usize) -> Option<&str> {
    let line_end =
        text[text.floor_char_boundary(at)..].find('\n').map_or(text.len(), |end| text.floor_char_boundary(at) + end);
    let head = text[..line_end].lines().rev().find(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()))?;
    head.split(|c: char| c == '=' || c.is_whitespace()).next()
}

/// A list of findings, as rustc shows its errors.
pub(super) fn list<'a>(findings: impl IntoIterator<Item = &'a Diagnostic>) -> Markup {
    html! {
        ol.findings {
            @for finding in findings {
                li class=(finding.severity.as_str()) {
                    pre tabindex="0" { code { (colored(&Diagnostics(vec![finding.clone()]).render(true))) } }
                }
            }
        }
    }
}

/// A terminal's text with its colours as classes.
fn colored(text: &str) -> Markup {
    let mut spans: Vec<(String, &str)> = Vec::new();
    let mut class = String::new();
    for (index, part) in text.split("\u{1b}[").enumerate() {
        let rest = if index == 0 {
            part
        } else {
            let (codes, rest) = part.split_once('m').unwrap_or_default();
            match name_of(codes) {
                Some(name) if class.is_empty() => class.push_str(name),
                Some(name) => class = format!("{class} {name}"),
                None => class.clear(),
            }
            rest
        };
        if !rest.is_empty() {
            spans.push((class.clone(), rest));
        }
    }
    html! { @for (class, text) in spans { @if class.is_empty() { (text) } @else { span class=(class) { (text) } } } }
}

/// The class for a code of a terminal; `None`: back to plain.
fn name_of(code: &str) -> Option<&'static str> {
    match code {
        "1" => Some("strong"),
        "31" | "91" => Some("red"),
        "33" | "93" => Some("yellow"),
        "34" | "94" => Some("blue"),
        "36" | "96" => Some("cyan"),
        "32" | "92" => Some("green"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::codes;

    fn sources() -> BTreeMap<String, Arc<Source>> {
        let ftl = "a = 1\n\n# about b\nb-c =\n    .title = x\n    .body = y\n";
        [("templates/k/b-c/email.txt", "t"), ("templates/layout/head.mjml", "h"), ("locales/en/k.ftl", ftl)]
            .map(|(path, text)| {
                (path.to_owned(), Arc::new(Source { path: format!("/x/{path}").into(), text: text.to_owned() }))
            })
            .into()
    }

    fn at(path: &str, start: usize) -> Diagnostic {
        Diagnostic::new(&codes::words::SYNTAX, "x").at(&sources()[path], start..start + 1)
    }

    #[test]
    fn a_finding_stands_beside_the_notice_whose_file_or_words_it_is_about() {
        let (sources, folders) = (sources(), vec!["k/b-c".to_owned()]);
        let concern = |finding: &Diagnostic| concern(finding, &sources, &folders);
        let own = Concern::Notice("k/b-c".into());
        assert_eq!(concern(&at("templates/k/b-c/email.txt", 0)), own);
        assert_eq!(concern(&at("templates/layout/head.mjml", 0)), Concern::Shared);
        let body = sources["locales/en/k.ftl"].text.find("body").unwrap();
        assert_eq!(concern(&at("locales/en/k.ftl", body)), own);
        assert_eq!(concern(&at("locales/en/k.ftl", 2)), Concern::Notice("k/a".into()));
        let told = |message: &str| concern(&Diagnostic::new(&codes::notice::MISSING_FILE, message));
        assert_eq!(told("the notice `k/b-c` has no `push.txt`"), own);
        assert_eq!(told("`K:B_C` cannot be said"), own);
        assert_eq!(told("something else"), Concern::Elsewhere);
    }

    #[test]
    fn colours_become_classes_and_text_is_escaped() {
        let shown = colored("\u{1b}[1m\u{1b}[91merror\u{1b}[0m: <b> & \u{1b}[94m|\u{1b}[0m");
        let expected = r#"<span class="strong red">error</span>: &lt;b&gt; &amp; <span class="blue">|</span>"#;
        assert_eq!(shown.into_string(), expected);
    }
}
