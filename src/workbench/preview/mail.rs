//! A mail's HTML made fit for a frame, in the light that is asked for, and what an inbox would show of it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::message::{Email, Inline};

use super::site::Mode;

/// Mails run nothing and load nothing but pictures, wherever they are shown.
const POLICY: &str = r#"<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data: https:; style-src 'unsafe-inline'">"#;

/// Programs that force dark mode turn colours round and leave pictures alone.
const FORCED: &str = "<style>html{background:#fff;filter:invert(1) hue-rotate(180deg)}\
                      img{filter:invert(1) hue-rotate(180deg)}</style>";

/// The HTML part, standing alone: pictures inside, and the question for the owner's light already answered.
pub(super) fn framed(email: &Email, mode: Mode) -> String {
    let mut html = email.html.clone();
    for part in &email.inline {
        html = html.replace(&format!("cid:{}", part.content_id), &data_uri(part));
    }
    let html = answered(&html, mode == Mode::Dark);
    let scheme = if mode == Mode::Dark { "dark" } else { "light" };
    let forced = if mode == Mode::Forced { FORCED } else { "" };
    // Last in the head: it must win over the mail's own word for both.
    let scheme = format!("<style>:root{{color-scheme:{scheme} !important}}</style>{forced}");
    let html = insert(&html, "<head>", POLICY, true);
    insert(&html, "</head>", &scheme, false)
}

/// A part as a picture that needs no request.
pub(super) fn data_uri(part: &Inline) -> String {
    format!("data:{};base64,{}", part.content_type, BASE64_STANDARD.encode(&part.bytes))
}

/// A frame has the light of the machine; the one that is asked for is made true by rewriting the media queries.
fn answered(html: &str, dark: bool) -> String {
    const QUESTION: &str = "prefers-color-scheme";
    const YES: &str = "min-width:0px";
    const NO: &str = "max-width:0px";
    let mut answered = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(QUESTION) {
        let (before, from) = rest.split_at(at);
        let after = from[QUESTION.len()..].trim_start();
        let value = after.strip_prefix(':').map(str::trim_start);
        let asked = value.and_then(|value| {
            ["dark", "light"].into_iter().find_map(|light| Some((light, value.strip_prefix(light)?)))
        });
        answered.push_str(before);
        if let Some((light, tail)) = asked {
            answered.push_str(if (light == "dark") == dark { YES } else { NO });
            rest = tail;
        } else {
            answered.push_str(QUESTION);
            rest = &from[QUESTION.len()..];
        }
    }
    answered + rest
}

fn insert(html: &str, mark: &str, text: &str, after: bool) -> String {
    match html.find(mark) {
        Some(at) => {
            let at = if after { at + mark.len() } else { at };
            format!("{}{text}{}", &html[..at], &html[at..])
        }
        None => format!("{text}{html}"),
    }
}

/// What an inbox shows after the subject: the mail's first words, the preheader first of all.
pub(super) fn snippet(html: &str) -> String {
    let body = html.find("<body").map_or(html, |at| &html[at..]);
    let mut text = String::new();
    let mut rest = body;
    while let Some(at) = rest.find('<') {
        text.push_str(&decoded(&rest[..at]));
        text.push(' ');
        rest = &rest[at..];
        // What stands between these is not text; all other tags are only stepped over.
        let ends = [("<!--", "-->"), ("<style", "</style>"), ("<title", "</title>"), ("<", ">")];
        let end = ends.into_iter().find(|(start, _)| rest.starts_with(start)).map_or(">", |(_, end)| end);
        rest = rest.find(end).map_or("", |at| &rest[at + end.len()..]);
        // An inbox shows less by far.
        if text.len() > 4_000 {
            rest = "";
        }
    }
    text.push_str(&decoded(rest));
    let blank = |c: char| c.is_whitespace() || matches!(c, '\u{34f}' | '\u{200b}'..='\u{200d}' | '\u{feff}' | '\u{ad}');
    // Blanks in a row keep the body out of the inbox: the row ends where they begin.
    let words = text.trim_start_matches(blank);
    let filler = words.find("\u{34f}").unwrap_or(words.len());
    words[..filler].split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The references that our templates and their compiler write.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split('&');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let known = part.split_once(';').and_then(|(name, tail)| Some((reference(name)?, tail)));
        if let Some((c, tail)) = known {
            decoded.push(c);
            decoded.push_str(tail);
        } else {
            decoded.push('&');
            decoded.push_str(part);
        }
    }
    Cow::Owned(decoded)
}

fn reference(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "zwnj" => '\u{200c}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_for_the_owners_light_is_answered_whatever_the_machines_is() {
        let css = "@media (prefers-color-scheme: dark) {a} @media (prefers-color-scheme:light) and (color) {b} prefers-color-scheme";
        assert_eq!(
            answered(css, true),
            "@media (min-width:0px) {a} @media (max-width:0px) and (color) {b} prefers-color-scheme"
        );
        assert_eq!(
            answered(css, false),
            "@media (max-width:0px) {a} @media (min-width:0px) and (color) {b} prefers-color-scheme"
        );
    }

    #[test]
    fn an_inbox_shows_the_preheader_and_not_the_blanks_behind_it() {
        let html = "<html><head><title>T</title></head><body><!-- c --><div style=\"display:none\">Tom &amp; Jerry&#39;s \
                    \u{34f}\u{200c}\u{a0}&#847;&zwnj;</div><p>Body</p></body></html>";
        assert_eq!(snippet(html), "Tom & Jerry's");
        assert_eq!(snippet("<body><style>x{}</style><p>One</p><p>two &lt;b&gt;</p>"), "One two <b>");
    }
}
