//! One text without its branches, laid out as an owner would read it, so that what is written in pieces
//! (`ht{ "tps://" }`) is seen whole. Every character knows where in the file it comes from.

use std::ops::Range;

use fluent_syntax::ast::{Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::unicode::unescape_unicode_to_string;

use super::read::Sheet;

/// Stands for what is inserted.
pub(super) const INSERTED: char = '\u{fffc}';

/// Characters of a text that a finding quotes.
const LONGEST_QUOTE: usize = 100;

/// A text, laid out.
pub(super) struct Run {
    pub(super) text: String,
    pieces: Vec<Piece>,
}

struct Piece {
    /// Bytes of the laid-out text.
    out: Range<usize>,
    /// Bytes of the file.
    from: Range<usize>,
    /// Whether the bytes are the same.
    verbatim: bool,
    /// How an insertion is written in the file.
    name: String,
}

impl Run {
    pub(super) fn of(sheet: &Sheet<'_>, pattern: &Pattern<&str>) -> Self {
        let mut run = Self { text: String::new(), pieces: Vec::new() };
        for element in &pattern.elements {
            match element {
                PatternElement::TextElement { value } => run.push(value, sheet.span(value), true, String::new()),
                PatternElement::Placeable { expression } => run.insert(sheet, expression),
            }
        }
        run
    }

    fn insert(&mut self, sheet: &Sheet<'_>, expression: &Expression<&str>) {
        let mut inner = expression;
        while let Expression::Inline(InlineExpression::Placeable { expression }) = inner {
            inner = expression;
        }
        if let Expression::Inline(InlineExpression::StringLiteral { value }) = inner {
            let span = sheet.span(value);
            return self.push(&unescape_unicode_to_string(value), span, false, String::new());
        }
        let (name, part) = match inner {
            Expression::Select { .. } => ("…".to_owned(), ""),
            Expression::Inline(InlineExpression::VariableReference { id }) => (format!("${}", id.name), id.name),
            Expression::Inline(InlineExpression::MessageReference { id, .. }) => (id.name.to_owned(), id.name),
            Expression::Inline(InlineExpression::TermReference { id, .. }) => (format!("-{}", id.name), id.name),
            Expression::Inline(InlineExpression::FunctionReference { id, .. }) => (format!("{}()", id.name), id.name),
            Expression::Inline(InlineExpression::NumberLiteral { value }) => ((*value).to_owned(), *value),
            Expression::Inline(_) => (String::new(), ""),
        };
        let span = if part.is_empty() { self.end()..self.end() } else { sheet.span(part) };
        self.push(INSERTED.encode_utf8(&mut [0; 4]), span, false, format!("{{ {name} }}"));
    }

    /// Where the file goes on after what is laid out so far.
    fn end(&self) -> usize {
        self.pieces.last().map_or(0, |piece| piece.from.end)
    }

    fn push(&mut self, text: &str, from: Range<usize>, verbatim: bool, name: String) {
        let start = self.text.len();
        self.text.push_str(text);
        self.pieces.push(Piece { out: start..self.text.len(), from, verbatim, name });
    }

    /// Where in the file a part of the text stands.
    pub(super) fn span(&self, part: Range<usize>) -> Range<usize> {
        let touched = |piece: &&Piece| piece.out.start < part.end.max(part.start + 1) && piece.out.end > part.start;
        let mut pieces = self.pieces.iter().filter(touched);
        let Some(first) = pieces.next() else { return self.end()..self.end() };
        let last = pieces.next_back().unwrap_or(first);
        let start = if first.verbatim { first.from.start + (part.start - first.out.start) } else { first.from.start };
        let end = if last.verbatim {
            last.from.start + part.end.min(last.out.end).saturating_sub(last.out.start)
        } else {
            last.from.end
        };
        start..end.max(start)
    }

    /// For people: in one line, what is inserted by its name.
    pub(super) fn shown(&self) -> String {
        let mut shown = String::new();
        for piece in &self.pieces {
            shown.push_str(if piece.name.is_empty() { &self.text[piece.out.clone()] } else { &piece.name });
        }
        shown.split(['\n', ' ']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// The same, short enough for a finding. `None` for a text that has its words in branches only.
    pub(super) fn quoted(&self) -> Option<String> {
        let shown = self.shown();
        let short: String = shown.chars().take(LONGEST_QUOTE).collect();
        let more = if short.len() < shown.len() { "…" } else { "" };
        shown.contains(char::is_alphabetic).then(|| format!("{}{more}", short.trim_end()))
    }
}
