//! Words that stand in a template: no translator would ever see them.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, codes};

use super::super::scan;
use super::Page;

/// Attributes that are read out or shown.
const SHOWN: [&str; 4] = ["alt", "title", "aria-label", "summary"];

pub(super) fn look(page: &Page<'_>, findings: &mut Vec<Diagnostic>) {
    for span in page.texts() {
        tell(page, span, findings);
    }
    for tag in page.tags() {
        for attribute in tag.attributes.iter().filter(|attribute| SHOWN.contains(&attribute.name)) {
            tell(page, attribute.value.clone().unwrap_or_default(), findings);
        }
    }
    let text = &page.source.text;
    for block in scan::blocks(text).filter(|block| text[..block.start].ends_with("{{")) {
        let inner = text[block.clone()].trim_start_matches(['-', ' ', '\n']);
        if let Some(quoted) = inner.strip_prefix(['"', '\'', '`']) {
            let start = block.end - quoted.len();
            let length = quoted.find(['"', '\'', '`']).unwrap_or(quoted.len());
            let word = start..start + length;
            if first_word(&text[word.clone()]).is_some() && !text[word.clone()].contains("://") {
                findings.push(finding(page, word));
            }
        }
    }
}

/// One finding for each stretch of text.
fn tell(page: &Page<'_>, span: Range<usize>, findings: &mut Vec<Diagnostic>) {
    let text = &page.masked[span.clone()];
    if let Some(at) = text.find(['{', '}']).map(|at| span.start + at) {
        let finding = Diagnostic::new(&codes::template::BRACE, "template: a brace that owners would read");
        findings.push(finding.at(page.source, at..at + 1).help("`{{ … }}` and `{% … %}` have two signs at either end"));
        return;
    }
    if let Some(word) = first_word(text).filter(|_| !text.contains("://") && !text.contains("www.")) {
        let at = span.start + word.start;
        // To the end of the words, over what is inserted between them.
        let line = text[word.start..].split('\n').next().unwrap_or_default();
        let length = line.trim_end_matches(|c: char| !c.is_alphabetic()).len();
        findings.push(finding(page, at..at + length.max(word.len())));
    }
}

fn finding(page: &Page<'_>, span: Range<usize>) -> Diagnostic {
    Diagnostic::new(&codes::template::PROSE, "template: words that no language can translate")
        .at(page.source, span)
        .help("put them into the `.ftl` files and write `{{ text.… }}` or `{{ common.… }}`")
}

/// Two letters in a row that are no entity.
fn first_word(text: &str) -> Option<Range<usize>> {
    let mut at = 0;
    while let Some(start) = text[at..].find(|c: char| c == '&' || c.is_alphabetic()).map(|start| at + start) {
        let rest = &text[start..];
        if let Some(entity) = rest.strip_prefix('&') {
            let length = entity.find(|c: char| !c.is_alphanumeric() && c != '#').unwrap_or(entity.len());
            at = start + 1 + if entity[length..].starts_with(';') { length } else { 0 };
            continue;
        }
        let length = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        if rest[..length].chars().count() > 1 {
            return Some(start..start + length);
        }
        at = start + length;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::tests::{mail, text, told};

    #[test]
    fn words_are_told_once_for_each_stretch() {
        assert_eq!(
            told(&text("{{ text.a }}\nHello {{ app.name }}, how are you?")).split(';').next(),
            Some("2:1 template/prose template: words that no language can translate")
        );
        assert!(told(&mail("<mj-text>{{ text.a }} Click here</mj-text>")).contains("3:23 template/prose"));
        assert!(told(&mail("<mj-image src=\"{{ app.logo }}\" alt=\"Logo\" />")).contains("template/prose"));
        assert!(told(&text("{{ \"Hello\" }}")).contains("1:5 template/prose"));
    }

    #[test]
    fn a_brace_too_few_or_too_many_is_told() {
        assert!(told(&text("{ text.a }}")).starts_with("1:1 template/brace"));
        assert!(told(&mail("<mj-text>{{ text.a }}}</mj-text>")).starts_with("3:22 template/brace"));
    }

    #[test]
    fn signs_numbers_and_entities_are_no_words() {
        assert_eq!(told(&text("---\n1. {{ text.a }} · {{ text.b }}")), "");
        assert_eq!(
            told(&mail("<mj-text>&nbsp;&zwnj;&#847; {{ text.a }}</mj-text><mj-style>.a { color: red }</mj-style>")),
            ""
        );
    }
}
