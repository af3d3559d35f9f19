//! What a reader of the templates would find wrong with them, before a message is made of them.
//!
//! One file for each concern; each looks at one file of the templates as it was written, but for `reach`, which looks at what
//! notices are made of.

mod access;
mod elements;
mod escape;
mod links;
mod prose;
mod reach;

use std::ops::Range;
use std::sync::Arc;

use crate::catalog::files::Tree;
use crate::catalog::links::LinkKind;
use crate::catalog::markup::{Attribute, Piece, Tag, pieces};
use crate::diagnostic::{Diagnostic, Source, codes};

use super::{has_extension, is_mjml, scan, structure};

/// What a notice asks of its templates.
#[derive(Debug, Clone)]
pub(in crate::catalog) struct Asked {
    /// `type/code`
    pub(in crate::catalog) folder: String,
    pub(in crate::catalog) link: LinkKind,
    pub(in crate::catalog) qr: bool,
}

/// Reads all templates, and adds what is found to the other findings.
pub(in crate::catalog) fn lint(files: &Tree, notices: &[Asked], findings: &mut Vec<Diagnostic>) {
    let mut found = Vec::new();
    let sources = files.values().filter(|source| !has_extension(source, "toml"));
    let pages: Vec<Page<'_>> = sources.map(Page::of).collect();
    let classes = elements::classes(&pages);
    for page in pages {
        let source = page.source;
        if page.is_markup {
            if is_mjml(source) {
                let before = found.len();
                elements::look(&page, &classes, &mut found);
                // Where a name is misspelt at one end of its element, the other end is no news.
                let is_misspelt = found[before..].iter().any(|told| told.code == &codes::template::UNKNOWN_ELEMENT);
                found.extend(structure::fault(source).filter(|_| !is_misspelt));
            }
            access::look(&page, &mut found);
            escape::look(&page, &mut found);
        }
        links::look(&page, &mut found);
        prose::look(&page, &mut found);
    }
    // What a part shows that is not there, nobody knows.
    let is_whole = !findings.iter().any(|told| told.code == &codes::template::INCLUDE);
    reach::look(files, if is_whole { notices } else { &[] }, &mut found);
    for finding in found {
        // The compiler said that it does not belong there; this says why.
        if finding.code == &codes::template::UNKNOWN_ELEMENT {
            findings.retain(|told| told.code != &codes::template::MJML || !begin_together(told, &finding));
        }
        // What could not be compiled was told when the content was loaded.
        if !findings.iter().any(|told| told.code == finding.code && told.place == finding.place) {
            findings.push(finding);
        }
    }
}

fn begin_together(a: &Diagnostic, b: &Diagnostic) -> bool {
    let place =
        |finding: &Diagnostic| finding.place.as_ref().map(|place| (place.source.path.clone(), place.span.start));
    place(a) == place(b)
}

/// One file of the templates.
struct Page<'a> {
    source: &'a Arc<Source>,
    /// Blanks in place of all that is Tera's.
    masked: String,
    /// MJML or HTML, not plain text.
    is_markup: bool,
}

impl<'a> Page<'a> {
    fn of(source: &'a Arc<Source>) -> Self {
        Self { source, masked: scan::masked(&source.text), is_markup: !has_extension(source, "txt") }
    }

    fn tags(&self) -> impl Iterator<Item = Tag<'_>> {
        let pieces = if self.is_markup { pieces(&self.masked) } else { Vec::new() };
        pieces.into_iter().filter_map(|piece| match piece {
            Piece::Tag(tag) => Some(tag),
            _ => None,
        })
    }

    /// The stretches that a reader would see.
    fn texts(&self) -> Vec<Range<usize>> {
        let pieces = if self.is_markup { pieces(&self.masked) } else { vec![Piece::Text(0..self.masked.len())] };
        let texts = pieces.into_iter().filter_map(|piece| match piece {
            Piece::Text(span) => Some(span),
            _ => None,
        });
        texts.collect()
    }

    /// The value of an attribute, as it was written.
    fn value(&self, attribute: &Attribute<'_>) -> &str {
        attribute.value.clone().and_then(|span| self.source.text.get(span)).unwrap_or_default()
    }

    /// `link.url` of `href="{{ link.url }}"`: what stands in the one block that the value is. `None` when it is more, or less.
    fn expression(&self, attribute: &Attribute<'_>) -> Option<&str> {
        let inner = self.value(attribute).trim().strip_prefix("{{")?.strip_suffix("}}")?;
        (!inner.contains("}}")).then(|| inner.trim_matches(|c: char| c == '-' || c.is_whitespace()))
    }
}

#[cfg(test)]
mod tests;
