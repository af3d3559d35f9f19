//! Which element of an MJML file is not closed, or closed twice: the compiler only knows that something is. Pure.

use std::ops::Range;
use std::sync::Arc;

use crate::catalog::markup::{Kind, Piece, VOID, pieces};
use crate::diagnostic::{Diagnostic, Source, codes};

use super::scan;

/// An element that is open.
type Open<'t> = (&'t str, Range<usize>);

/// What keeps a file from being well-formed, told where it stands. At most one: what follows a slip is mostly its echo.
pub(super) fn fault(source: &Arc<Source>) -> Option<Diagnostic> {
    let text = scan::masked(&source.text);
    let mut open: Vec<Open<'_>> = Vec::new();
    for piece in pieces(&text) {
        match piece {
            Piece::Text(_) => {}
            Piece::Bare(at) => {
                let fault = Diagnostic::new(&codes::template::MJML, "MJML: this `<` begins no element");
                return Some(fault.at(source, at..at + 1).help("write `&lt;` for a `<` that readers see"));
            }
            Piece::Tag(tag) if tag.cut => {
                let what = format!("MJML: the tag `<{}` is never ended", tag.name);
                let start = tag.span.start;
                return Some(unclosed(source, what, start..start + 1 + tag.name.len()).help("write the missing `>`"));
            }
            Piece::Tag(tag) => match tag.kind {
                Kind::Empty => {}
                Kind::Open if VOID.iter().any(|void| tag.is(void)) => {}
                Kind::Open => open.push((tag.name, tag.span)),
                Kind::Close => match open.last() {
                    Some((name, _)) if tag.is(name) => {
                        open.pop();
                    }
                    _ => return Some(mismatch(source, tag.name, tag.span, &open)),
                },
            },
        }
    }
    let (name, span) = open.pop()?;
    Some(unclosed(source, format!("MJML: `<{name}>` is never closed"), span).help(format!("write `</{name}>`")))
}

fn mismatch(source: &Arc<Source>, name: &str, span: Range<usize>, open: &[Open<'_>]) -> Diagnostic {
    match open.last() {
        // The one that is closed was opened further out: the inner one was forgotten.
        Some((inner, at)) if open.iter().any(|(outer, _)| outer.eq_ignore_ascii_case(name)) => {
            unclosed(source, format!("MJML: `<{inner}>` is never closed"), at.clone())
                .help(format!("write `</{inner}>` before the `</{name}>` of line {}", line(source, span.start)))
        }
        Some((inner, at)) => unclosed(source, format!("MJML: `</{name}>` closes nothing"), span)
            .help(format!("`<{inner}>` of line {} is open here: write `</{inner}>`", line(source, at.start))),
        None => unclosed(source, format!("MJML: `</{name}>` closes nothing"), span).help("nothing is open here"),
    }
}

fn unclosed(source: &Arc<Source>, what: String, span: Range<usize>) -> Diagnostic {
    Diagnostic::new(&codes::template::UNCLOSED, what).at(source, span)
}

fn line(source: &Source, at: usize) -> usize {
    source.text[..at].matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(text: &str) -> Option<String> {
        let source = Arc::new(Source { path: "x.mjml".into(), text: text.to_owned() });
        fault(&source).map(|fault| {
            let (line, column) = fault.place.unwrap().line_and_column();
            format!("{line}:{column} {}; {}", fault.message, fault.help.unwrap())
        })
    }

    #[test]
    fn the_element_that_was_forgotten_is_named() {
        let table = [
            (
                "<mj-text>\n<b>x\n</mj-text>",
                "2:1 MJML: `<b>` is never closed; write `</b>` before the `</mj-text>` of line 3",
            ),
            ("<mj-text>x", "1:1 MJML: `<mj-text>` is never closed; write `</mj-text>`"),
            ("<p>x</div>", "1:5 MJML: `</div>` closes nothing; `<p>` of line 1 is open here: write `</p>`"),
            ("x\n</p>", "2:1 MJML: `</p>` closes nothing; nothing is open here"),
            ("<p>\n1 < 2</p>", "2:3 MJML: this `<` begins no element; write `&lt;` for a `<` that readers see"),
            ("<p\n<b>x</b></p>", "1:1 MJML: the tag `<p` is never ended; write the missing `>`"),
        ];
        for (text, expected) in table {
            assert_eq!(told(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_well_formed_has_no_fault() {
        for text in ["", "<p>{% if a < b %}<br>{% endif %}</p>", "<img src=\"{{ a > b }}\" /><P></p>", "<!-- < -->"] {
            assert_eq!(told(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_looked_through(text in "[<>/!ab=\"' é{}%-]{0,60}") {
            told(&text);
        }
    }
}
