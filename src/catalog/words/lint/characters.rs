//! What has no place in words: markup, addresses, placeholders of other systems, and characters that nobody sees.

use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic, codes};

use super::read::{Sheet, Text};
use super::run::{INSERTED, Run};
use super::told::MOST_OF_A_KIND;
use super::variables;
use super::walk::{Use, uses};

/// Of one kind in one text; more than are told.
const MOST: usize = 2 * MOST_OF_A_KIND;

/// Ends of addresses that mail programs make links of.
const DOMAINS: [&str; 22] = [
    "app", "biz", "car", "ch", "co", "com", "de", "dev", "dk", "es", "eu", "example", "fr", "info", "io", "it", "net",
    "nl", "no", "org", "se", "uk",
];

pub(super) fn check(sheet: &Sheet<'_>, text: &Text<'_, '_>, run: &Run, found: &mut Vec<Diagnostic>) {
    let mut tell = |code: &'static Code, part: Range<usize>, what: &str, help: &str| {
        let message = format!("{} holds {what}", text.name());
        found.push(sheet.finding_at(code, run.span(part), message).help(help));
    };
    for part in markup(&run.text).into_iter().take(MOST) {
        tell(&codes::words::MARKUP, part, "markup", "words are plain; what they look like is the templates' business");
    }
    for part in addresses(&run.text).into_iter().take(MOST) {
        let help = "templates show links, checked and in full; write what the owner does instead";
        tell(&codes::words::ADDRESS, part, "an address", help);
    }
    for (part, help) in placeholders(&run.text).into_iter().take(MOST) {
        tell(&codes::words::PLACEHOLDER, part, "a placeholder that nobody fills in", &help);
    }
    for (part, code, what) in unseen(&run.text).into_iter().take(MOST) {
        let help = if code == &codes::words::ENCODING {
            "the file was saved or pasted in a wrong encoding; write the letters anew"
        } else {
            "delete it; it often comes along when text is pasted"
        };
        tell(code, part, &what, help);
    }
}

/// Texts in quotes within braces: they only hide what stands in them.
pub(super) fn literals(sheet: &Sheet<'_>, text: &Text<'_, '_>, found: &mut Vec<Diagnostic>) {
    // A line may not begin with these, nor hold a brace, in any other way.
    let needed = |value: &str| ["{", "}", "[", "*", "."].contains(&value);
    for part in uses(text.pattern) {
        let Use::Literal { value } = part else { continue };
        if !needed(value) {
            let message = format!("{} holds a text in quotes within braces", text.name());
            let finding = sheet.finding(&codes::words::LITERAL, value, message);
            found.push(finding.help(match value.trim() {
                "" => "delete it; spaces at the ends of a text are not for owners".to_owned(),
                plain => format!("write it plainly: {plain}"),
            }));
        }
    }
}

fn markup(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, c) in text.char_indices() {
        let rest = &text[at..];
        match c {
            '<' => found.push(at..at + rest.find('>').map_or(1, |end| end + 1)),
            '&' => {
                let name = rest[1..].trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '#');
                let length = rest.len() - name.len();
                if length > 2 && name.starts_with(';') {
                    found.push(at..at + length + 1);
                }
            }
            '*' if rest.starts_with("**") && !text[..at].ends_with('*') => found.push(at..at + 2),
            ']' if rest.starts_with("](") => found.push(at..at + 2),
            '`' => found.push(at..at + 1),
            _ => {}
        }
    }
    found
}

fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let start = at + word.find(bare).unwrap_or(0);
        if is_address(bare) {
            found.push(start..start + bare.len());
        }
        at += word.len();
    }
    found
}

fn is_address(word: &str) -> bool {
    let lower = word.to_lowercase();
    if lower.contains("://") || lower.starts_with("www.") || lower.starts_with("mailto:") {
        return true;
    }
    let host = lower.split('/').next().unwrap_or_default();
    if host.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.')) {
        return true;
    }
    // `Daten.Es` is a forgotten space: only what is written small is a host.
    let host = word.split('/').next().unwrap_or_default();
    host.rsplit_once('.').is_some_and(|(name, end)| {
        !name.is_empty()
            && DOMAINS.contains(&end)
            && name.chars().all(|c| c.is_alphanumeric() && !c.is_uppercase() || c == '-' || c == '.')
    })
}

/// `$app` without braces, `%s`, and what other systems fill in.
fn placeholders(text: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())];
        match c {
            '$' if name.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                let help = if variables::is_provided(name) {
                    format!("write `{{ ${name} }}`")
                } else {
                    "delete it, or insert a variable: `{ $app }`".to_owned()
                };
                found.push((at..at + 1 + name.len(), help));
            }
            '%' if name.starts_with(['s', 'd']) && name.len() == 1
                || rest.starts_with("1$")
                || rest.starts_with('@') =>
            {
                found.push((at..at + 2, "variables are written `{ $app }`".to_owned()));
            }
            _ => {}
        }
    }
    found
}

/// Characters that cannot be seen, or that stand for a broken one.
fn unseen(text: &str) -> Vec<(Range<usize>, &'static Code, String)> {
    let mut found = Vec::new();
    let mut previous = None;
    for (at, c) in text.char_indices() {
        let named = |what: &str| format!("{what} (U+{:04X})", u32::from(c));
        let told = match c {
            '\u{fffd}' => Some((&codes::words::ENCODING, "a broken character".to_owned())),
            '\u{80}'..='\u{bf}' if matches!(previous, Some('Ã' | 'Â')) && !matches!(c, '\u{a0}' | '«' | '»') => {
                Some((&codes::words::ENCODING, "letters in a wrong encoding".to_owned()))
            }
            '\n' | INSERTED => None,
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                Some((&codes::words::CONTROL, named("a mark that turns the direction of writing")))
            }
            // Right-to-left scripts may need these around Latin names.
            '\u{200e}' | '\u{200f}' | '\u{61c}' if !is_right_to_left(text) => {
                Some((&codes::words::CONTROL, named("a mark for the direction of writing")))
            }
            '\u{200c}' | '\u{200d}'
                if previous.is_none_or(|before| u32::from(before) < 0x300 || before == INSERTED) =>
            {
                Some((&codes::words::CONTROL, named("an invisible joiner")))
            }
            '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{2028}' | '\u{2029}' => {
                Some((&codes::words::CONTROL, named("an invisible character")))
            }
            '\t' => Some((&codes::words::CONTROL, "a tab".to_owned())),
            c if c.is_control() => Some((&codes::words::CONTROL, named("a control character"))),
            '\u{e000}'..='\u{f8ff}' => {
                Some((&codes::words::ENCODING, named("a character without a meaning of its own")))
            }
            _ => None,
        };
        if let Some((code, what)) = told {
            // A pair of letters in a wrong encoding is shown whole.
            let back =
                if c != '\u{fffd}' && code == &codes::words::ENCODING { previous.map_or(0, char::len_utf8) } else { 0 };
            found.push((at - back..at + c.len_utf8(), code, what));
        }
        previous = Some(c);
    }
    found
}

fn is_right_to_left(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_known_from_sentences() {
        for address in
            ["http://x.example", "www.x.se", "see mailto:a", "anna@example.com.", "(connect.smartcar.com)", "x.io/y"]
        {
            assert_eq!(addresses(address).len(), 1, "{address}");
        }
        for none in [
            "Daten.Es fehlt",
            "e.g. this",
            "z.B. so",
            "10.30",
            "ID.4",
            "and/or",
            "Det er no. 3",
            "@",
            "a @ b",
            "S.p.A.",
        ] {
            assert!(addresses(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn markup_and_entities_are_known_from_plain_signs() {
        for markup_ in ["a <b>c", "&nbsp;", "&#8217;", "**now**", "[a](b)", "`x`", "<app name>"] {
            assert!(!markup(markup_).is_empty(), "{markup_}");
        }
        for none in ["Tom & Jerry; both", "a > b", "5 * 3", "R&D", "[1]"] {
            assert!(markup(none).is_empty(), "{none}");
        }
    }
}
