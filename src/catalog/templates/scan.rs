//! What a template mentions, read from its text: variables, included files. Pure, and only as exact as checks need it;
//! whether a template is right is for its parser to say.

use std::ops::Range;

/// A name in `{{ … }}` or `{% … %}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention<'t> {
    /// `text` of `text.push_title`.
    pub(super) root: &'t str,
    /// `push_title` of `text.push_title`.
    pub(super) child: Option<&'t str>,
    /// The bytes of all of it.
    pub(super) span: Range<usize>,
    /// `… is defined`, `… is undefined`: the template can do without it.
    pub(super) tested: bool,
}

/// Every dotted name in the blocks of a template; strings and comments left out.
pub(super) fn mentions(text: &str) -> Vec<Mention<'_>> {
    let mut found = Vec::new();
    for block in blocks(text) {
        let mut at = block.start;
        while at < block.end {
            let rest = &text[at..block.end];
            let Some(c) = rest.chars().next() else { break };
            let length = match c {
                '"' | '\'' | '`' => rest[1..].find(c).map_or(rest.len(), |end| end + 2),
                c if is_word(c) || c == '.' => rest.find(|c| !is_word(c) && c != '.').unwrap_or(rest.len()),
                c => c.len_utf8(),
            };
            let mut parts = rest[..length].split('.');
            if let Some(root) = parts.next().filter(|root| root.starts_with(|c: char| c.is_alphabetic() || c == '_')) {
                let tested = is_tested(&rest[length..]);
                found.push(Mention { root, child: parts.next(), span: at..at + length, tested });
            }
            at += length;
        }
    }
    found
}

/// The innermost block that has no end, with the word that would end it: `{% if … %}` and `if`.
pub(super) fn unclosed(text: &str) -> Option<(Range<usize>, &str)> {
    let mut open: Vec<(Range<usize>, &str)> = Vec::new();
    for block in blocks(text) {
        let inner = text[block.clone()].trim_matches(|c: char| c == '-' || c.is_whitespace());
        let word = inner.split(|c: char| !is_word(c)).next().unwrap_or_default();
        let all = block.start - 2..(block.end + 2).min(text.len());
        match word {
            "if" | "for" | "block" | "filter" | "component" | "raw" if text[all.clone()].starts_with("{%") => {
                open.push((all, word));
            }
            "set" | "set_global" if text[all.clone()].starts_with("{%") && !inner.contains('=') => {
                open.push((all, "set"));
            }
            _ if word.strip_prefix("end").is_some_and(|end| open.last().is_some_and(|(_, word)| *word == end)) => {
                open.pop();
            }
            _ => {}
        }
    }
    open.pop()
}

/// Names that a template gives to something: `{% for NAME in … %}`, `{% set NAME = … %}`, the arguments of a component.
pub(super) fn bound(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for block in blocks(text) {
        let mut words = text[block].split(|c: char| !is_word(c)).filter(|word| !word.is_empty());
        match words.next() {
            Some("for") => found.extend(words.take_while(|word| *word != "in")),
            Some("set" | "set_global") => found.extend(words.next()),
            Some("component") => found.extend(words),
            _ => {}
        }
    }
    found
}

/// The paths of `{% include "…" %}`, with the bytes of each path.
pub(super) fn includes(text: &str) -> Vec<(&str, Range<usize>)> {
    let literal = |block: Range<usize>| {
        let inner = &text[block.clone()];
        let rest = inner.trim_start_matches(['-', ' ', '\n', '\t']).strip_prefix("include")?;
        quoted(text, block.end - rest.len()..block.end)
    };
    blocks(text).filter_map(literal).collect()
}

/// The paths of `<mj-include path="…" />`, with the bytes of each path.
pub(super) fn mjml_includes(text: &str) -> Vec<(&str, Range<usize>)> {
    let tags = text.match_indices("<mj-include").filter_map(|(at, _)| {
        let end = at + text[at..].find('>')?;
        let path = at + text[at..end].find("path")?;
        quoted(text, path..end)
    });
    tags.collect()
}

/// The first quoted string in a stretch of text.
fn quoted(text: &str, within: Range<usize>) -> Option<(&str, Range<usize>)> {
    let start = within.start + text[within.clone()].find(['"', '\''])?;
    let quote = text[start..].chars().next()?;
    let inner = start + 1..start + 1 + text[start + 1..within.end].find(quote)?;
    Some((&text[inner.clone()], inner))
}

/// The insides of `{{ … }}` and `{% … %}`.
pub(super) fn blocks(text: &str) -> impl Iterator<Item = Range<usize>> {
    delimited(text).filter(|(_, is_comment)| !is_comment).map(|(inside, _)| inside)
}

/// The insides of all that is Tera's, and whether it is a comment.
fn delimited(text: &str) -> impl Iterator<Item = (Range<usize>, bool)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let open = at + text.get(at..)?.find('{')?;
            let close = match text[open..].get(..2) {
                Some("{{") => "}}",
                Some("{%") => "%}",
                Some("{#") => "#}",
                _ => {
                    at = open + 1;
                    continue;
                }
            };
            let inside = open + 2;
            let end = inside + text[inside..].find(close).unwrap_or(text.len() - inside);
            at = end;
            return Some((inside..end, close == "#}"));
        }
    })
}

/// The text with blanks in place of all that is Tera's: every byte stands where it stood.
pub(super) fn masked(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (inside, _) in delimited(text) {
        let end = (inside.end + 2).min(text.len());
        for byte in bytes[inside.start - 2..end].iter_mut().filter(|byte| **byte != b'\n') {
            *byte = b' ';
        }
    }
    // Blocks begin and end between characters, so what is left is whole.
    String::from_utf8(bytes).unwrap_or_default()
}

/// Whether a test for being defined follows.
fn is_tested(rest: &str) -> bool {
    let mut words = rest.split(|c: char| !is_word(c)).filter(|word| !word.is_empty());
    let follows = rest.trim_start().starts_with("is") && words.next() == Some("is");
    follows && matches!(words.find(|word| *word != "not"), Some("defined" | "undefined"))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_found_in_blocks_only() {
        let text =
            "text.a {{ text.b | upper }} {# text.c #}{% if link.kind != \"text.d\" and not qr -%} {{ f(x=common.e) }}";
        let names: Vec<_> = mentions(text).into_iter().map(|mention| &text[mention.span]).collect();
        assert_eq!(names, ["text.b", "upper", "if", "link.kind", "and", "not", "qr", "f", "x", "common.e"]);
        let found = mentions("{{ text.a.b }}");
        assert_eq!((found[0].root, found[0].child, found[0].span.clone()), ("text", Some("a"), 3..11));
    }

    #[test]
    fn what_is_tested_for_being_defined_is_told_apart() {
        let text = "{% if stop and text.a is undefined %}{% if text.b is not defined %}{% if text.c is odd %}{{ text.d }} is defined";
        let tested: Vec<_> = mentions(text).into_iter().filter(|mention| mention.tested).map(|m| m.child).collect();
        assert_eq!(tested, [Some("a"), Some("b")]);
    }

    #[test]
    fn includes_are_found_with_their_paths() {
        let text = "{% include \"layout/a.txt\" %}{%- include 'b.txt' -%}{{ include }}";
        assert_eq!(includes(text), [("layout/a.txt", 12..24), ("b.txt", 41..46)]);
        let text = "<mj-include path=\"a.mjml\" /><mj-include css-class='x' path='b.mjml'/><mj-include />";
        assert_eq!(mjml_includes(text).iter().map(|(path, _)| *path).collect::<Vec<_>>(), ["a.mjml", "b.mjml"]);
    }

    #[test]
    fn the_innermost_block_without_an_end_is_found() {
        let found = |text: &'static str| unclosed(text).map(|(span, word)| (&text[span], word));
        assert_eq!(found("{% if a %}{% for b in c -%}{% endif %}"), Some(("{% for b in c -%}", "for")));
        assert_eq!(found("{% set a %}{% endset %}{% set b = 1 %}{% if c %}"), Some(("{% if c %}", "if")));
        assert_eq!(found("{% if a %}{% elif b %}{% else %}{% endif %}{{ if }}"), None);
    }

    #[test]
    fn what_a_template_names_itself_is_known() {
        let text = "{% for key, step in text.steps %}{% endfor %}{% set a = 1 %}{% component card(title) %}";
        assert_eq!(bound(text), ["key", "step", "a", "card", "title"]);
    }

    #[test]
    fn what_is_masked_keeps_its_lines_and_columns() {
        assert_eq!(masked("é {{ a\nb }}c{# d #}e {% x"), "é     \n    c       e     ");
    }

    proptest! {
        #[test]
        fn any_text_can_be_scanned(text in "[{}%# \"'a.éinclude<>/=path-]{0,60}") {
            for mention in mentions(&text) {
                prop_assert!(text.get(mention.span).is_some());
            }
            includes(&text);
            mjml_includes(&text);
            bound(&text);
            prop_assert!(unclosed(&text).is_none_or(|(span, _)| text.get(span).is_some()));
            prop_assert_eq!(masked(&text).len(), text.len());
        }
    }
}
