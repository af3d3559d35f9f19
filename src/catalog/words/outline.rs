//! Which words of a message a language has, and on which lines they stand: for those who look at history rather than at words.

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use crate::diagnostic::Source;

use super::{Needs, Page, STEPS, Words};
use crate::catalog::translation::Translation;

impl Words {
    /// What one language has of the words that a template needs of the message `code`.
    pub(in crate::catalog) fn outline(&self, locale: &str, kind: &str, code: &str, needs: &Needs) -> Translation {
        let mut translation = Translation::default();
        let book = self.book(locale, kind);
        for name in &needs.text {
            let ids = match book {
                Some(book) if name == STEPS => book.own.steps(code),
                _ => Vec::new(),
            };
            let ids = if ids.is_empty() { vec![wanted(name)] } else { ids };
            for id in ids {
                translation.add(format!(".{id}"), book.and_then(|book| book.own.text(code, Some(&id))));
            }
        }
        for name in &needs.common {
            let id = name.replace('_', "-");
            translation.add(id.clone(), book.and_then(|book| book.shared.text(&id, None)));
        }
        translation.exists = book.is_some_and(|book| book.own.ids.contains(code));
        translation
    }
}

/// The attribute that a template knows by this name.
fn wanted(name: &str) -> String {
    if name == STEPS { "step-1".to_owned() } else { name.replace('_', "-") }
}

impl Page {
    /// The numbered steps of a message.
    fn steps(&self, code: &str) -> Vec<String> {
        let message = super::messages(&self.resource).find(|message| message.id.name == code);
        let attributes = message.into_iter().flat_map(|message| &message.attributes);
        attributes
            .map(|attribute| attribute.id.name)
            .filter(|name| name.starts_with("step-"))
            .map(str::to_owned)
            .collect()
    }

    fn text(&self, id: &str, attribute: Option<&str>) -> Option<(Arc<Source>, RangeInclusive<usize>)> {
        let (source, span) = self.find(id, attribute)?;
        Some((Arc::clone(source), lines(&source.text, &span)))
    }
}

/// The lines of a text that begins with the name at `span`, counted from 1: up to the next attribute, entry or comment.
fn lines(text: &str, span: &Range<usize>) -> RangeInclusive<usize> {
    let first = text[..span.start].matches('\n').count() + 1;
    let mut last = first;
    for (number, line) in (first + 1..).zip(text[span.start..].lines().skip(1)) {
        let ends = match line.trim_start().strip_prefix('.') {
            Some(name) => name.starts_with(|c: char| c.is_ascii_alphabetic()),
            None => line.starts_with(|c: char| c.is_ascii_alphabetic() || c == '-' || c == '#'),
        };
        if ends {
            break;
        }
        if !line.trim().is_empty() {
            last = number;
        }
    }
    first..=last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_ends_where_the_next_thing_begins() {
        let text = "# c\na = one\n    .b =\n        two\n\n        { $x ->\n           *[other] .three\n        }\n\n    .c = four\n-t = x\n";
        let at = |name: &str| {
            let start = text.find(name).unwrap();
            lines(text, &(start..start + 1))
        };
        assert_eq!(at("a ="), 2..=2);
        assert_eq!(at("b ="), 3..=8);
        assert_eq!(at("c ="), 10..=10);
        assert_eq!(at("t ="), 11..=11);
    }
}
