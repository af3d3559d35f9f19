//! A fault in a file that a person wrote, told the way rustc tells it: what, where, why, what to do.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

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

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// `subject` in backticks, what is wrong. Lower case, no full stop.
    pub message: String,
    /// The file and the bytes of it that are wrong; `None` when the fault has no place.
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
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None, help: None }
    }

    #[must_use]
    pub fn at(mut self, source: &Arc<Source>, span: Range<usize>) -> Self {
        self.place = Some(Place { source: Arc::clone(source), span, label: None });
        self
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

impl Diagnostic {
    fn render(&self, renderer: &Renderer) -> String {
        let mut report = Group::with_title(Level::ERROR.primary_title(&self.message));
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
        let fault = Diagnostic::new("`smtp.port` is a string; expected a port")
            .at(&source(), 14..18)
            .label("expected a port")
            .help("587 is usual");
        insta::assert_snapshot!(Diagnostics(vec![fault]), @r#"
        error: `smtp.port` is a string; expected a port
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
        let faults = Diagnostics(vec![Diagnostic::new("`a` is missing"), Diagnostic::new("`b` is missing")]);
        assert_eq!(faults.to_string(), "error: `a` is missing\n\nerror: `b` is missing");
    }

    #[test]
    fn a_span_that_is_off_does_not_panic() {
        for span in [15..16, 16..17, 18..500, 400..500, Range { start: 9, end: 3 }] {
            let fault = Diagnostic::new("`x` is wrong").at(&source(), span);
            assert!(Diagnostics(vec![fault]).render(true).contains("is wrong"));
        }
    }
}
