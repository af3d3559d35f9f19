//! What notices are made of: whether their link and QR code are shown, and which files nothing uses.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::catalog::files::Tree;
use crate::catalog::links::LinkKind;
use crate::catalog::markup::tags;
use crate::catalog::notice::key;
use crate::diagnostic::{Diagnostic, Source, codes};

use super::super::scan;
use super::Asked;

const TEMPLATES: [&str; 3] = ["email.mjml", "email.txt", "push.txt"];

pub(super) fn look(files: &Tree, notices: &[Asked], findings: &mut Vec<Diagnostic>) {
    for notice in notices {
        let parts = |file: &str| reached(files, &format!("{}/{file}", notice.folder));
        let (html, text) = (parts("email.mjml"), parts("email.txt"));
        let toml = files.get(&format!("{}/notice.toml", notice.folder));
        // A template that is not there was told.
        if let Some(toml) = toml.filter(|_| !html.is_empty() && !text.is_empty()) {
            link(files, notice, toml, &html, &text, findings);
            qr(files, notice, toml, &html, findings);
        }
    }
    unused(files, findings);
}

/// A template and all that it includes.
fn reached<'f>(files: &'f Tree, path: &str) -> Vec<&'f str> {
    let mut found: Vec<&str> = Vec::new();
    let mut open = vec![path.to_owned()];
    while let Some((path, source)) = open.pop().and_then(|path| files.get_key_value(&path)) {
        if !found.contains(&path.as_str()) {
            found.push(path);
            let parts = scan::includes(&source.text).into_iter().chain(scan::mjml_includes(&source.text));
            let there = parts.map(|(part, _)| part).filter(|part| files.contains_key(*part));
            open.extend(there.map(str::to_owned));
        }
    }
    found
}

/// The link of a notice is what it is about: HTML and text both show it.
fn link(
    files: &Tree,
    notice: &Asked,
    toml: &Arc<Source>,
    html: &[&str],
    text: &[&str],
    findings: &mut Vec<Diagnostic>,
) {
    // The app's support is shown in other words too.
    let names: &[&str] = match notice.link {
        LinkKind::None => return,
        LinkKind::Support => &["link.url", "support.url", "link.display", "support.display"],
        _ => &["link.url"],
    };
    let in_html = html.iter().filter_map(|path| files.get(*path)).any(|source| {
        let hrefs = hrefs(&source.text);
        names.iter().any(|name| hrefs.contains(name))
    });
    let mut texts = text.iter().filter_map(|path| files.get(*path));
    let in_text = texts.any(|source| names.iter().any(|name| mentions(&source.text, name)));
    let name = notice.link.as_str();
    let (what, template) = match (in_html, in_text) {
        (true, true) => return,
        (false, false) => (format!("the notice asks for the link `{name}`, and neither HTML nor text shows it"), None),
        (true, false) => (
            format!("the link `{name}` is shown in the HTML only"),
            files.get_key_value(&format!("{}/email.txt", notice.folder)),
        ),
        (false, true) => (
            format!("the link `{name}` is shown in the text only"),
            files.get_key_value(&format!("{}/email.mjml", notice.folder)),
        ),
    };
    let finding = Diagnostic::new(&codes::template::LINK_NOT_SHOWN, what);
    findings.push(match template {
        Some((_, source)) => {
            finding.at(source, 0..0).help("show `{{ link.url }}` here too, or include a part that does")
        }
        None => finding
            .at(toml, key(&toml.text, "link"))
            .help("include the part with the button, or write `link = \"none\"`"),
    });
}

fn qr(files: &Tree, notice: &Asked, toml: &Arc<Source>, html: &[&str], findings: &mut Vec<Diagnostic>) {
    let mut parts = html.iter().filter_map(|path| files.get(*path));
    if notice.qr && !parts.any(|source| mentions(&source.text, "qr.src")) {
        let finding = Diagnostic::new(
            &codes::template::QR_NOT_SHOWN,
            "the notice asks for a QR code, and its HTML does not show it",
        );
        findings.push(
            finding.at(toml, key(&toml.text, "qr")).help("include the part with the code, or write `qr = false`"),
        );
    }
}

fn unused(files: &Tree, findings: &mut Vec<Diagnostic>) {
    let is_one = |path: &str, names: &[&str]| {
        let mut parts = path.rsplitn(2, '/');
        let is_named = parts.next().is_some_and(|file| names.contains(&file));
        is_named && parts.next().is_some_and(|folder| folder.contains('/') && !folder.starts_with("layout/"))
    };
    let roots = files.keys().filter(|path| is_one(path, &TEMPLATES));
    let used: BTreeSet<&str> = roots.flat_map(|path| reached(files, path)).collect();
    for (path, source) in files.iter().filter(|(path, _)| !used.contains(path.as_str())) {
        // Whoever calls a component names it, not its file.
        if !is_one(path, &["notice.toml"]) && !source.text.contains("endcomponent") {
            let finding = Diagnostic::new(&codes::template::UNUSED, format!("`{path}` is used by nothing"));
            findings.push(finding.at(source, 0..0).help("include it, or delete it; is its name misspelt?"));
        }
    }
}

/// The names in the links of a part, `href="{{ link.url }}"`.
fn hrefs(text: &str) -> Vec<&str> {
    let masked = scan::masked(text);
    let spans: Vec<Range<usize>> =
        tags(&masked).filter_map(|tag| tag.attribute("href").and_then(|href| href.value.clone())).collect();
    spans
        .into_iter()
        .filter_map(|span| text.get(span)?.trim().strip_prefix("{{")?.strip_suffix("}}"))
        .map(str::trim)
        .collect()
}

fn mentions(text: &str, name: &str) -> bool {
    let comments_aside = scan::mentions(text);
    comments_aside.iter().any(|mention| {
        text.get(mention.span.clone()) == Some(name)
            && text[..mention.span.start].trim_end().trim_end_matches('-').ends_with("{{")
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{asked, mail, told_of};
    use super::*;

    const TOML: &str = "cooldown = \"1d\"\nlink = \"support\"  # here\nqr = true\n";

    fn told(html: &str, text: &str, asked: Asked) -> String {
        let html = mail(html).1;
        let button = "<mj-text><a href=\"{{ link.url }}\">{{ text.action }}</a></mj-text>";
        let files = [
            ("a/b/email.mjml", html.as_str()),
            ("a/b/email.txt", text),
            ("a/b/push.txt", ""),
            ("a/b/notice.toml", TOML),
            ("layout/button.mjml", button),
            ("layout/link.txt", "{{ link.url }}"),
        ];
        told_of(&files, &[asked])
    }

    const BUTTON: &str = "<mj-include path=\"layout/button.mjml\" />";
    const LINK: &str = "{% include \"layout/link.txt\" %}";

    #[test]
    fn a_link_is_shown_in_html_and_text_and_parts_count() {
        let reauthenticate = || asked(LinkKind::Reauthenticate, false);
        assert_eq!(told(BUTTON, LINK, reauthenticate()), "");
        let found = told(BUTTON, "", reauthenticate());
        assert!(
            found.starts_with(
                "a/b/email.txt:1:1 template/link-not-shown the link `reauthenticate` is shown in the HTML only"
            ),
            "{found}"
        );
        let found = told("", LINK, reauthenticate());
        assert!(
            found.starts_with(
                "a/b/email.mjml:1:1 template/link-not-shown the link `reauthenticate` is shown in the text only"
            ),
            "{found}"
        );
        let found = told("<mj-text>{{ link.url }}</mj-text>", "{# {{ link.url }} #}", reauthenticate());
        assert!(found.starts_with("a/b/notice.toml:2:1 template/link-not-shown"), "{found}");
    }

    #[test]
    fn the_apps_support_may_be_shown_as_what_it_is() {
        let html = "<mj-text><a href=\"{{ support.url }}\">{{ support.display }}</a></mj-text><mj-include path=\"layout/button.mjml\" />";
        assert_eq!(
            told(html, "{{ support.display }}{% include \"layout/link.txt\" %}", asked(LinkKind::Support, false)),
            ""
        );
    }

    #[test]
    fn a_code_that_is_asked_for_is_shown() {
        let found = told(BUTTON, LINK, asked(LinkKind::VirtualKey, true));
        assert!(found.starts_with("a/b/notice.toml:3:1 template/qr-not-shown"), "{found}");
        let code = format!("{BUTTON}<mj-raw><img src=\"{{{{ qr.src }}}}\" alt=\"{{{{ text.qr_alt }}}}\" /></mj-raw>");
        assert_eq!(told(&code, LINK, asked(LinkKind::VirtualKey, true)), "");
    }

    #[test]
    fn what_nothing_uses_is_told() {
        let found = told("", "", asked(LinkKind::None, false));
        let lines: Vec<&str> = found.lines().collect();
        assert_eq!(lines.len(), 2, "{found}");
        assert!(
            lines[0].starts_with("layout/button.mjml:1:1 template/unused `layout/button.mjml` is used by nothing"),
            "{found}"
        );
    }
}
