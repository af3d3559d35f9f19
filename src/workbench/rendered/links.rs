//! Where a message leads: only where the configuration allows, and the same way in HTML and text.

use std::collections::BTreeSet;

use crate::catalog::links::{self, Link};
use crate::catalog::markup::tags;
use crate::diagnostic::{Diagnostic, codes};
use crate::message::{Email, Message};

use super::{Once, Sample};

pub(super) fn look(sample: &Sample<'_>, message: &Message, once: &mut Once) {
    match message {
        Message::Email(email) => mail(sample, email, once),
        Message::Push(push) => {
            if let Some(url) = push.link.as_deref().filter(|url| !is_allowed(sample, url)) {
                foreign(sample, "push.txt", url, once);
            }
        }
    }
}

fn mail(sample: &Sample<'_>, email: &Email, once: &mut Once) {
    let mut hrefs = BTreeSet::new();
    for tag in tags(&email.html) {
        for attribute in &tag.attributes {
            let Some(value) = attribute.value.clone().map(|span| unescaped(&email.html[span])) else { continue };
            match attribute.name {
                "href" => {
                    hrefs.insert(value);
                }
                "src" if !is_shown(sample, email, &value) => foreign(sample, "email.mjml", &value, once),
                _ => {}
            }
        }
    }
    for url in hrefs.iter().filter(|url| !is_allowed(sample, url)) {
        foreign(sample, "email.mjml", url, once);
    }
    for url in written(&email.text).filter(|url| !is_allowed(sample, url)) {
        foreign(sample, "email.txt", url, once);
    }
    if let Some(link) = sample.wording.and_then(|wording| wording.link.as_ref()) {
        same(sample, email, &hrefs, link, once);
    }
}

/// The notice's own link is in both parts, as an address that can be opened.
fn same(sample: &Sample<'_>, email: &Email, hrefs: &BTreeSet<String>, link: &Link, once: &mut Once) {
    let in_html = hrefs.contains(&link.url);
    let in_text =
        email.text.contains(&link.url) || (link.url.starts_with("mailto:") && email.text.contains(&link.display));
    let (file, part) = match (in_html, in_text) {
        (true, true) => return,
        (false, _) => ("email.mjml", "the HTML"),
        (true, false) => ("email.txt", "the text part"),
    };
    let what = format!("the notice's link `{}` is missing from {part}", link.display);
    once.add(sample, sample.placed(Diagnostic::new(&codes::message::LINK_MISSING, what), file, ""));
}

fn foreign(sample: &Sample<'_>, file: &str, url: &str, once: &mut Once) {
    let what = format!("`{url}` is no address that the configuration allows");
    once.add(sample, sample.placed(Diagnostic::new(&codes::message::LINK, what), file, url));
}

/// What was built for this message, or is the app's own.
fn is_allowed(sample: &Sample<'_>, url: &str) -> bool {
    let app = sample.app;
    let built = sample.wording.is_some_and(|wording| wording.links.iter().any(|link| link.url == url));
    let own = [&app.home, &app.support_url].into_iter().flatten().any(|own| own == url);
    let mail = url.strip_prefix("mailto:").is_some_and(|address| app.support_email.as_deref() == Some(address));
    url.starts_with('#') || mail || ((built || own) && !url.starts_with("http://")) || links::may_lead_to(app, url)
}

fn is_shown(sample: &Sample<'_>, email: &Email, src: &str) -> bool {
    let is_part = |id: &str| email.inline.iter().any(|inline| inline.content_id == id);
    src.strip_prefix("cid:").map_or_else(|| sample.app.logo.as_deref() == Some(src), is_part)
}

/// Addresses in plain text.
fn written(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"'));
    words.filter(|word| word.contains("://")).map(|word| {
        let start = word.find("http").unwrap_or_default();
        word[start..].trim_end_matches(['.', ',', ')'])
    })
}

/// The value of an attribute as a mail program reads it.
fn unescaped(value: &str) -> String {
    let pairs = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&#x2F;", "/"),
        ("&amp;", "&"),
    ];
    pairs.iter().fold(value.to_owned(), |value, (entity, c)| value.replace(entity, c))
}
