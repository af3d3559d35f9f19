//! What readers who do not see the mail would miss: texts of pictures, the language, tables that are only layout.

use crate::catalog::markup::{Attribute, Kind, Tag};
use crate::diagnostic::{Diagnostic, Severity, codes};

use super::Page;

const PICTURES: [&str; 4] = ["img", "mj-image", "mj-carousel-image", "area"];

pub(super) fn look(page: &Page<'_>, findings: &mut Vec<Diagnostic>) {
    for tag in page.tags().filter(|tag| tag.kind != Kind::Close) {
        if PICTURES.iter().any(|picture| tag.is(picture)) {
            picture(page, &tag, findings);
        }
        if tag.is("mjml") {
            language(page, &tag, findings);
        }
        if tag.is("table") && tag.attribute("role").is_none_or(|role| page.value(role).trim().is_empty()) {
            let what = "template: a table that is only layout is read aloud as a table";
            let finding = Diagnostic::new(&codes::template::TABLE_ROLE, what).at(page.source, tag.name_span());
            findings.push(finding.help("write `<table role=\"presentation\" …>`"));
        }
    }
}

fn picture(page: &Page<'_>, tag: &Tag<'_>, findings: &mut Vec<Diagnostic>) {
    let Some(alt) = tag.attribute("alt").filter(|alt| alt.value.is_some()) else {
        let what = format!("template: `<{}>` has no `alt`", tag.name);
        let finding = Diagnostic::new(&codes::template::NO_ALT, what).at(page.source, tag.name_span());
        findings.push(finding.help("write what the picture says, such as `alt=\"{{ app.name }}\"`"));
        return;
    };
    let has = |name: &str, value: &str| tag.attribute(name).is_some_and(|found| page.value(found) == value);
    let decoration = has("role", "presentation") || has("role", "none") || has("aria-hidden", "true");
    if page.value(alt).trim().is_empty() && !decoration {
        let what = format!("template: the `alt` of `<{}>` is empty", tag.name);
        let finding = Diagnostic::new(&codes::template::NO_ALT, what).at(page.source, alt.span.clone());
        let help = "write what the picture says, or add `role=\"presentation\"` to a mere decoration";
        findings.push(finding.severity(Severity::Warning).help(help));
    }
}

fn language(page: &Page<'_>, tag: &Tag<'_>, findings: &mut Vec<Diagnostic>) {
    for (name, variable) in [("lang", "locale"), ("dir", "dir")] {
        let is_right = |found: &Attribute<'_>| page.expression(found) == Some(variable);
        let found = tag.attribute(name);
        if found.is_some_and(is_right) {
            continue;
        }
        let (what, span) = match found {
            None => (format!("template: `<mjml>` has no `{name}`"), tag.name_span()),
            Some(found) => (format!("template: the `{name}` of `<mjml>` is not the message's"), found.span.clone()),
        };
        let finding = Diagnostic::new(&codes::template::NO_LANGUAGE, what).at(page.source, span);
        findings.push(finding.help(format!("write `{name}=\"{{{{ {variable} }}}}\"`")));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{mail, told};

    #[test]
    fn a_picture_has_words_or_is_marked_as_a_decoration() {
        for part in ["<mj-image src=\"{{ app.logo }}\" />", "<mj-text><img src=\"{{ qr.src }}\"></mj-text>"] {
            assert!(told(&mail(part)).contains("template/no-alt"), "{part}");
        }
        let empty = mail("<mj-text><img src=\"{{ qr.src }}\" alt=\"\" /></mj-text>");
        assert!(
            told(&empty).contains("3:34 template/no-alt template: the `alt` of `<img>` is empty"),
            "{}",
            told(&empty)
        );
        assert_eq!(told(&mail("<mj-text><img src=\"{{ qr.src }}\" alt=\"\" role=\"presentation\" /></mj-text>")), "");
        assert_eq!(told(&mail("<mj-image src=\"{{ app.logo }}\" alt=\"{{ app.name }}\" />")), "");
    }

    #[test]
    fn the_language_is_the_messages() {
        let (path, whole) = mail("");
        let bare = (path, whole.replace(" dir=\"{{ dir }}\"", ""));
        assert_eq!(told(&bare), "1:2 template/no-language template: `<mjml>` has no `dir`; write `dir=\"{{ dir }}\"`");
        let fixed = (path, whole.replace("{{ locale }}", "en"));
        assert!(told(&fixed).contains("the `lang` of `<mjml>` is not the message's"), "{}", told(&fixed));
    }

    #[test]
    fn a_table_that_is_only_layout_says_so() {
        assert!(told(&mail("<mj-raw><table><tr><td></td></tr></table></mj-raw>")).contains("template/table-role"));
        assert_eq!(told(&mail("<mj-raw><table role=\"presentation\"><tr><td></td></tr></table></mj-raw>")), "");
    }
}
