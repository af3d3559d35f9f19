//! A finding about a file that a person wrote, told the way rustc tells it: what, where, why, what to do.

pub mod codes;

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

pub use codes::{Code, Severity};

/// The one of `known` that was probably meant by `word`, compared as `written` writes it; `None` when none is like it.
pub fn nearest<'k>(
    word: &str,
    known: impl IntoIterator<Item = &'k str>,
    written: impl Fn(&str) -> String,
) -> Option<&'k str> {
    known
        .into_iter()
        .map(|known| (strsim::normalized_damerau_levenshtein(word, &written(known)), known))
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

/// A file as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// As a person would type it.
    pub path: PathBuf,
    pub text: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of finding it is.
    pub code: &'static Code,
    pub severity: Severity,
    /// `subject` in backticks, what is wrong. Lower case, no full stop.
    pub message: String,
    /// The file and the bytes of it that are wrong; `None` when the finding has no place.
    pub place: Option<Place>,
    /// What to do.
    pub help: Option<String>,
}

/// Bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub source: Arc<Source>,
    pub span: Range<usize>,
    /// Written beside the span: what was found, what was expected.
    pub label: Option<String>,
}

impl Diagnostic {
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Self { code, severity: code.severity, message: message.into(), place: None, help: None }
    }

    /// Matters more or less than its code says.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    #[must_use]
    pub fn at(mut self, source: &Arc<Source>, span: Range<usize>) -> Self {
        self.place = Some(Place { source: Arc::clone(source), span, label: None });
        self
    }

    /// At a file or folder as a whole, of which nothing could be read.
    #[must_use]
    pub fn in_file(self, path: impl Into<PathBuf>) -> Self {
        self.at(&Arc::new(Source { path: path.into(), text: String::new() }), 0..0)
    }

    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        if let Some(place) = &mut self.place {
            place.label = Some(label.into());
        }
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// All faults of one load, found at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// For people, as rustc shows its errors: with the line of the source, what is wrong in it and what to do.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let all: Vec<String> = self.0.iter().map(|diagnostic| diagnostic.render(&renderer)).collect();
        all.join("\n\n")
    }
}

impl Place {
    /// Line and column of the first wrong byte, both counted from 1, the column in characters.
    pub fn line_and_column(&self) -> (usize, usize) {
        position(&self.source.text, self.span.start)
    }

    /// Where the wrong bytes end, as [`Place::line_and_column`] tells where they begin.
    pub fn end(&self) -> (usize, usize) {
        position(&self.source.text, self.span.end.max(self.span.start))
    }
}

/// Line and column of a byte, both counted from 1, the column in characters.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(at)];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

impl Diagnostic {
    fn render(&self, renderer: &Renderer) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut report = Group::with_title(level.primary_title(&self.message).id(self.code.id));
        if let Some(Place { source, span, label }) = &self.place {
            let mark = AnnotationKind::Primary.span(within(span, &source.text)).label(label.as_deref());
            let path = source.path.display().to_string();
            report = report.element(Snippet::source(&source.text).path(path).annotation(mark));
        }
        if let Some(help) = &self.help {
            report = report.element(Level::HELP.message(help));
        }
        renderer.render(&[report])
    }
}

/// The span moved onto characters that are there: a fault in a report must not panic the report.
fn within(span: &Range<usize>, text: &str) -> Range<usize> {
    let start = text.floor_char_boundary(span.start);
    start..text.floor_char_boundary(span.end).max(start)
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Arc<Source> {
        Arc::new(Source { path: "dir/dashlight.toml".into(), text: "[smtp]\nport = \"ü\"\n".into() })
    }

    #[test]
    fn a_fault_is_shown_where_it_stands() {
        let fault = Diagnostic::new(&codes::config::VALUE, "`smtp.port` is a string; expected a port")
            .at(&source(), 14..18)
            .label("expected a port")
            .help("587 is usual");
        insta::assert_snapshot!(Diagnostics(vec![fault]), @r#"
        error[config/value]: `smtp.port` is a string; expected a port
         --> dir/dashlight.toml:2:8
          |
        2 | port = "ü"
          |        ^^^ expected a port
          |
          = help: 587 is usual
        "#);
    }

    #[test]
    fn a_fault_without_a_place_is_told_all_the_same() {
        let missing = |what: &str| Diagnostic::new(&codes::config::MISSING, what);
        let faults =
            Diagnostics(vec![missing("`a` is missing"), missing("`b` is missing").severity(Severity::Warning)]);
        assert_eq!(
            faults.to_string(),
            "error[config/missing]: `a` is missing\n\nwarning[config/missing]: `b` is missing"
        );
    }

    #[test]
    fn lines_and_columns_are_counted_in_characters_from_one() {
        let fault = Diagnostic::new(&codes::config::VALUE, "x").at(&source(), 15..18);
        let place = fault.place.unwrap();
        assert_eq!((place.line_and_column(), place.end()), ((2, 9), (2, 11)));
    }

    #[test]
    fn a_span_that_is_off_does_not_panic() {
        for span in [15..16, 16..17, 18..500, 400..500, Range { start: 9, end: 3 }] {
            let fault = Diagnostic::new(&codes::config::VALUE, "`x` is wrong").at(&source(), span);
            assert!(Diagnostics(vec![fault]).render(true).contains("is wrong"));
        }
    }
}
