//! Where a mail may lead and what it may load: only to addresses that the configuration gives, and nothing that acts.

use crate::catalog::markup::{Attribute, Kind, Tag};
use crate::diagnostic::{Diagnostic, codes};

use super::super::scan;
use super::Page;

/// What a link may be, whole.
const WAYS: [&str; 6] = ["link.url", "other.link.url", "support.url", "stop.url", "app.home", "app.support_url"];
/// What a picture may be, whole.
const PICTURES: [&str; 2] = ["app.logo", "qr.src"];
/// Attributes whose value is loaded when the mail is opened.
const LOADED: [&str; 9] = [
    "src",
    "srcset",
    "background",
    "background-url",
    "poster",
    "left-icon",
    "right-icon",
    "thumbnails-src",
    "icon-wrapped-url",
];
/// Elements that mail programs drop, or that make a mail look like an attack.
const ACTIVE: [&str; 16] = [
    "script", "form", "input", "button", "select", "textarea", "iframe", "frame", "object", "embed", "applet", "video",
    "audio", "svg", "canvas", "base",
];
const SCHEMES: [&str; 3] = ["http://", "https://", "www."];

pub(super) fn look(page: &Page<'_>, findings: &mut Vec<Diagnostic>) {
    for tag in page.tags().filter(|tag| tag.kind != Kind::Close) {
        if ACTIVE.iter().any(|active| tag.is(active)) {
            let what = format!("template: `<{}>` has no place in a mail", tag.name);
            findings.push(Diagnostic::new(&codes::template::ACTIVE, what).at(page.source, tag.name_span()));
        }
        for attribute in &tag.attributes {
            self::attribute(page, &tag, attribute, findings);
        }
        if (tag.is("a") || tag.is("mj-button")) && tag.attribute("href").is_none() && tag.attribute("name").is_none() {
            let what = format!("template: this `<{}>` leads nowhere", tag.name);
            let finding = Diagnostic::new(&codes::template::LINK, what).at(page.source, tag.name_span());
            findings.push(finding.help("write `href=\"{{ link.url }}\"`"));
        }
    }
    styles(page, findings);
    literal(page, findings);
}

fn attribute(page: &Page<'_>, tag: &Tag<'_>, attribute: &Attribute<'_>, findings: &mut Vec<Diagnostic>) {
    let name = attribute.name.to_lowercase();
    let value = page.value(attribute).trim();
    let span = attribute.value.clone().unwrap_or_else(|| attribute.span.clone());
    let scheme = value.split(':').next().unwrap_or_default().to_lowercase();
    if name.starts_with("on") && name.len() > 3 && !tag.name.starts_with("mj") {
        let what = format!("template: `{}` would run a script", attribute.name);
        findings.push(Diagnostic::new(&codes::template::ACTIVE, what).at(page.source, attribute.span.clone()));
    } else if ["javascript", "vbscript"].contains(&scheme.as_str()) {
        findings.push(
            Diagnostic::new(&codes::template::ACTIVE, "template: a link that runs a script").at(page.source, span),
        );
    } else if LOADED.contains(&name.as_str()) || (name == "href" && (tag.is("mj-font") || tag.is("link"))) {
        let configured = page.expression(attribute).is_some_and(|expression| PICTURES.contains(&expression));
        if !configured && !value.starts_with("cid:") && !value.is_empty() {
            let what = format!("template: `{}` loads what the configuration does not give", attribute.name);
            let finding = Diagnostic::new(&codes::template::REMOTE, what).at(page.source, span);
            findings.push(finding.help("pictures are `{{ app.logo }}` and `{{ qr.src }}`"));
        }
    } else if name == "href" && !is_way(page, attribute) {
        let what = match page.expression(attribute) {
            Some(expression) => format!("template: `{expression}` is no link of the notice or the configuration"),
            None => format!("template: `{value}` is no link of the notice or the configuration"),
        };
        let ways = WAYS.map(|way| format!("`{{{{ {way} }}}}`")).join(", ");
        findings.push(
            Diagnostic::new(&codes::template::LINK, what).at(page.source, span).help(format!("links are {ways}")),
        );
    }
}

fn is_way(page: &Page<'_>, attribute: &Attribute<'_>) -> bool {
    let value = page.value(attribute).trim();
    page.expression(attribute).is_some_and(|expression| WAYS.contains(&expression))
        || value == "mailto:{{ app.support_email }}"
        || (value.starts_with('#') && !value.contains("{{"))
}

/// `url(…)` and `@import` in style sheets and `style` attributes.
fn styles(page: &Page<'_>, findings: &mut Vec<Diagnostic>) {
    for mark in ["url(", "@import", "@font-face"] {
        for (at, _) in page.masked.match_indices(mark) {
            let what = format!("template: `{mark}` loads what the configuration does not give");
            let finding = Diagnostic::new(&codes::template::REMOTE, what).at(page.source, at..at + mark.len());
            findings.push(
                finding.help("mails load nothing but the app's logo: many programs block it, and it tells who reads"),
            );
        }
    }
}

/// Addresses written out in texts, and in the strings of blocks.
fn literal(page: &Page<'_>, findings: &mut Vec<Diagnostic>) {
    let text = page.source.text.as_str();
    let shown = page.texts().into_iter().map(|span| (page.masked.as_str(), span));
    for (text, span) in shown.chain(scan::blocks(text).map(|block| (text, block))) {
        for scheme in SCHEMES {
            let Some(at) = text[span.clone()].find(scheme).map(|at| span.start + at) else { continue };
            // The end of a longer word, or told already as `https://www.`
            if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '/') {
                continue;
            }
            let end = at + text[at..span.end].find([' ', '\n', '"', '\'', '<']).unwrap_or(span.end - at);
            let what = format!("template: the address `{scheme}…` is written out");
            let finding = Diagnostic::new(&codes::template::LINK, what).at(page.source, at..end);
            findings
                .push(finding.help("write `{{ link.url }}`, `{{ support.url }}` or what else the configuration gives"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{mail, text, told};

    #[test]
    fn links_come_from_the_notice_or_the_configuration() {
        for way in ["{{ link.url }}", "{{ support.url }}", "{{ app.home }}", "mailto:{{ app.support_email }}"] {
            assert_eq!(told(&mail(&format!("<mj-text><a href=\"{way}\">{{{{ text.a }}}}</a></mj-text>"))), "", "{way}");
        }
        for other in [
            "https://evil.example",
            "{{ text.url }}",
            "{{ link.url }}?x=1",
            "{{ link.url | upper }}",
            "mailto:a@b.example",
            "",
        ] {
            let found = told(&mail(&format!("<mj-text><a href=\"{other}\">{{{{ text.a }}}}</a></mj-text>")));
            assert!(found.starts_with("3:19 template/link") && !found.contains('\n'), "{other}: {found}");
        }
        assert!(told(&mail("<mj-button>{{ text.action }}</mj-button>")).contains("this `<mj-button>` leads nowhere"));
    }

    #[test]
    fn an_address_that_is_written_out_is_told_in_text_and_html() {
        assert_eq!(
            told(&text("{{ text.a }}\nhttps://evil.example/x")).split(';').next(),
            Some("2:1 template/link template: the address `https://…` is written out")
        );
        assert!(told(&text("{{ \"https://evil.example\" }}")).contains("1:5 template/link"));
        assert!(told(&mail("<mj-text>www.evil.example</mj-text>")).contains("3:10 template/link"));
        assert_eq!(told(&text("{# see https://example.com #}{{ text.a }}")), "");
    }

    #[test]
    fn nothing_is_loaded_but_the_logo_and_the_code() {
        for part in [
            "<mj-image src=\"https://evil.example/x.png\" alt=\"{{ app.name }}\" />",
            "<mj-section background-url=\"https://evil.example/x.png\"></mj-section>",
            "<mj-text><p style=\"background:url(https://evil.example)\"></p></mj-text>",
            "<mj-style>@import 'x';</mj-style>",
            "<mj-font name=\"x\" href=\"https://fonts.example\" />",
        ] {
            assert!(told(&mail(part)).contains("template/remote"), "{part}: {}", told(&mail(part)));
        }
    }

    #[test]
    fn nothing_acts() {
        for part in [
            "<mj-raw><script>alert(1)</script></mj-raw>",
            "<mj-raw><form><input></form></mj-raw>",
            "<mj-text><p onclick=\"x()\"></p></mj-text>",
            "<mj-text><a href=\"JavaScript:x()\">{{ text.a }}</a></mj-text>",
        ] {
            assert!(told(&mail(part)).contains("template/active"), "{part}");
        }
    }
}
