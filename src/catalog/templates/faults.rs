//! What Tera says is wrong, told in the files that people edit: compiled HTML is nobody's file.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use tera::{ErrorKind, Tera};

use crate::catalog::files::Tree;
use crate::diagnostic::{Code, Diagnostic, Source, codes, nearest};

use super::{Templates, bounds, is_mjml, mjml, scan};

/// What a template can call, for "did you mean".
const FILTERS: [&str; 32] = [
    "abs",
    "capitalize",
    "default",
    "escape_html",
    "first",
    "float",
    "get",
    "group_by",
    "indent",
    "int",
    "join",
    "keys",
    "last",
    "length",
    "lower",
    "newlines_to_br",
    "nth",
    "pairs",
    "pluralize",
    "replace",
    "reverse",
    "round",
    "safe",
    "sort",
    "split",
    "str",
    "title",
    "trim",
    "truncate",
    "unique",
    "upper",
    "values",
];
const TESTS: [&str; 17] = [
    "array",
    "bool",
    "containing",
    "defined",
    "divisible_by",
    "ending_with",
    "even",
    "float",
    "integer",
    "iterable",
    "map",
    "none",
    "number",
    "odd",
    "starting_with",
    "string",
    "undefined",
];
const FUNCTIONS: [&str; 2] = ["range", "throw"];

impl Templates {
    /// Each file is parsed alone as it was written, so that no fault hides another and each has its line; what then remains
    /// concerns several.
    pub(super) fn tell_syntax(
        &self,
        files: &Tree,
        texts: &BTreeMap<String, String>,
        whole: &tera::Error,
        faults: &mut Vec<Diagnostic>,
    ) {
        let mut told: Vec<Diagnostic> = Vec::new();
        let mut broken: BTreeSet<&str> = BTreeSet::new();
        for (name, text) in texts {
            let Some(error) = syntax_error(name, text) else { continue };
            broken.insert(name);
            let before = told.len();
            for (path, source) in self.edited(files, name) {
                if let Some(fault) = syntax_error(path, &source.text).and_then(|error| in_file(&error, source)) {
                    broken.insert(path);
                    told.push(fault);
                }
            }
            // Each part is fine, but one opens what another closes.
            if told.len() == before {
                told.push(self.fault(name, &error));
            }
        }
        told.extend(self.unknown_calls(files, texts, &broken));
        if told.is_empty() {
            told.push(self.fault("", whole));
        }
        for fault in told {
            // A part that several mails include has its fault once.
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
    }

    /// The files that one text is made of.
    fn edited<'f>(&self, files: &'f Tree, name: &str) -> Vec<(&'f str, &'f Arc<Source>)> {
        let sources = self.sources.get(name).map(Vec::as_slice).unwrap_or_default();
        let is_one = |source: &Arc<Source>| sources.iter().any(|known| Arc::ptr_eq(known, source));
        files.iter().filter(|(_, source)| is_one(source)).map(|(path, source)| (path.as_str(), source)).collect()
    }

    /// Filters, tests, functions, components and parts that are not there.
    fn unknown_calls(
        &self,
        files: &Tree,
        texts: &BTreeMap<String, String>,
        broken: &BTreeSet<&str>,
    ) -> Vec<Diagnostic> {
        let mut tera = Tera::default();
        bounds::limit(&mut tera);
        let edited: BTreeMap<&str, &Arc<Source>> = texts.keys().flat_map(|name| self.edited(files, name)).collect();
        let whole: Vec<(&str, &str)> = edited
            .into_iter()
            .map(|(path, source)| (path, source.text.as_str()))
            .filter(|(path, text)| !broken.contains(path) && syntax_error(path, text).is_none())
            .collect();
        let Err(error) = tera.add_raw_templates(whole) else { return Vec::new() };
        match error.kind() {
            ErrorKind::Msg(reports) => reports
                .split("\n\n")
                .filter(|report| !broken.iter().any(|path| report.contains(&format!("Unknown template `{path}`"))))
                .map(|report| reported(report, files))
                .collect(),
            ErrorKind::CircularInclude { tpl, include_chain } => {
                let fault = Diagnostic::new(&codes::template::INCLUDE, format!("`{tpl}` includes itself"));
                let next = include_chain.get(1).unwrap_or(tpl);
                let place = files.get(tpl).map(|source| (source, source.text.find(next.as_str()).unwrap_or_default()));
                vec![match place {
                    Some((source, at)) => fault.at(source, at..at + next.len()),
                    None => fault,
                }]
            }
            _ => vec![self.fault("", &error)],
        }
    }

    /// A fault with its place in the file that a person edits: what stands at the fault is looked for in the MJML that the
    /// HTML came from.
    pub(super) fn fault(&self, name: &str, error: &tera::Error) -> Diagnostic {
        let (code, report) = match error.kind() {
            ErrorKind::SyntaxError(report) => (&codes::template::SYNTAX, Some(report)),
            ErrorKind::RenderingError(report) => (&codes::template::FAILED, Some(report)),
            _ => (&codes::template::FAILED, None),
        };
        let Some(report) = report else {
            let text = error.to_string();
            return Diagnostic::new(
                &codes::template::FAILED,
                format!("template `{name}`: {}", sentence(text.lines().next().unwrap_or_default())),
            );
        };
        let fault = Diagnostic::new(code, format!("template: {}", sentence(report.message())));
        let file = if report.filename().is_empty() { name } else { report.filename() };
        let Some(own) = self.sources.get(file).and_then(|sources| sources.first()) else { return fault };
        if !is_mjml(own) {
            return fault.at(own, report.span().range.clone());
        }
        let snippet = marked(&error.to_string()).unwrap_or_default();
        Diagnostic { place: self.place_in_block(file, &snippet), ..fault }
    }
}

/// A template that cannot be parsed, whatever others there are.
fn syntax_error(name: &str, text: &str) -> Option<tera::Error> {
    let error = Tera::default().add_raw_template(name, text).err()?;
    matches!(error.kind(), ErrorKind::SyntaxError(_)).then_some(error)
}

fn in_file(error: &tera::Error, source: &Arc<Source>) -> Option<Diagnostic> {
    let ErrorKind::SyntaxError(report) = error.kind() else { return None };
    let fault = |what: &str| Diagnostic::new(&codes::template::SYNTAX, format!("template: {what}"));
    let span = report.span().range.clone();
    let end = source.text.trim_end().len();
    // The end of the file is no place to look at: what is open there is.
    if report.message().contains("end of input") || span.start >= end {
        return Some(match scan::unclosed(&source.text) {
            Some((span, word)) => {
                fault("this block is never closed").at(source, span).help(format!("write `{{% end{word} %}}`"))
            }
            None => fault(&sentence(report.message())).at(source, end.saturating_sub(1)..end),
        });
    }
    Some(fault(&sentence(report.message())).at(source, span))
}

/// Tera tells some faults as text only: `error: what`, then `--> name:line:column`, then the line and marks below it.
fn reported(report: &str, files: &Tree) -> Diagnostic {
    let mut lines = report.lines();
    let message = lines.next().unwrap_or_default().trim_start_matches("error: ");
    let (code, help) = explained(message, files);
    let fault = Diagnostic { help, ..Diagnostic::new(code, format!("template: {}", sentence(message))) };
    let place = lines.next().and_then(|line| line.split_once("--> ")).and_then(|(_, place)| {
        let mut parts = place.rsplitn(3, ':');
        let (column, row) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let source = files.get(parts.next()?)?;
        let at = mjml::offset_of(&source.text, row, column);
        Some((source, at..at + marked(report)?.len()))
    });
    match place {
        Some((source, span)) => fault.at(source, narrowed(source, span, message)),
        None => fault,
    }
}

/// Of a whole call, only the name that is wrong.
fn narrowed(source: &Source, span: Range<usize>, message: &str) -> Range<usize> {
    let name = message.split('`').nth(1).unwrap_or_default();
    match source.text.get(span.clone()).and_then(|text| text.find(name)) {
        Some(at) => span.start + at..span.start + at + name.len(),
        None => span,
    }
}

/// What kind of thing is unknown, and what was probably meant.
fn explained(message: &str, files: &Tree) -> (&'static Code, Option<String>) {
    let name = message.split('`').nth(1).unwrap_or_default();
    let meant = |known: &[&str]| match nearest(name, known.iter().copied(), str::to_owned) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", known.join(", ")),
    };
    if message.starts_with("Unknown filter") {
        (&codes::template::UNKNOWN_CALL, Some(meant(&FILTERS)))
    } else if message.starts_with("Unknown test") {
        (&codes::template::UNKNOWN_CALL, Some(meant(&TESTS)))
    } else if message.starts_with("Unknown function") {
        (&codes::template::UNKNOWN_CALL, Some(meant(&FUNCTIONS)))
    } else if message.starts_with("Unknown template") {
        let parts = files.iter().filter(|(_, source)| !is_mjml(source)).map(|(path, _)| path.as_str());
        let near = nearest(name, parts, str::to_owned).map(|near| format!("did you mean `{near}`?"));
        let path = "write the path from the root of the templates, such as `layout/footer.txt`";
        (&codes::template::INCLUDE, Some(near.unwrap_or_else(|| path.to_owned())))
    } else if message.contains("omponent") {
        (&codes::template::UNKNOWN_CALL, None)
    } else {
        (&codes::template::SYNTAX, None)
    }
}

/// The words that a report marks.
fn marked(report: &str) -> Option<String> {
    let mut lines = report.lines().skip(3);
    let (code, marks) = (lines.next()?, lines.next()?);
    let start = marks.chars().position(|c| c == '^')?;
    let length = marks.matches('^').count();
    Some(code.chars().skip(start).take(length).collect())
}

/// Our messages begin in lower case and end without a full stop.
fn sentence(message: &str) -> String {
    let mut letters = message.trim().trim_end_matches('.').chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_suggested_exists() {
        let calls = FILTERS.map(|name| format!("{{{{ x | {name} }}}}"));
        let calls = calls.into_iter().chain(TESTS.map(|name| format!("{{% if x is {name} %}}{{% endif %}}")));
        for call in calls.chain(FUNCTIONS.map(|name| format!("{{{{ {name}() }}}}"))) {
            assert!(Tera::default().add_raw_template("x", &call).is_ok(), "{call}");
        }
    }
}
