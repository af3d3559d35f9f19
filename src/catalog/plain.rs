//! Values from outside, made fit to stand in a sentence: one line, nothing invisible that reorders it, no address
//! to click on, not endless. It knows text and nothing else.

use unicode_segmentation::UnicodeSegmentation;

/// Longest name of a car or person that is shown in full, in graphemes.
const LONGEST_NAME: usize = 60;
/// Bytes of one grapheme: a family of emoji has 40. More are marks piled up to run over the lines around them.
const LARGEST_GRAPHEME: usize = 64;
/// Domains that mail programs make links of even when they are not in lower case.
const COMMON_DOMAINS: [&str; 10] = ["app", "biz", "co", "com", "dev", "info", "io", "net", "org", "xyz"];

/// One line: runs of breaking white space become one space, control characters and bidi controls go.
///
/// No-break spaces stay: French and others need them.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars() {
        if breaks(c) {
            gap = true;
        } else if !invisible(c) {
            if gap && !line.is_empty() {
                line.push(' ');
            }
            gap = false;
            line.push(c);
        }
    }
    line
}

/// A name that a person chose, or `None` when there is none to show.
///
/// A name that holds a web or mail address is no name: mail programs would make it a link that nobody checked.
pub(super) fn name(text: Option<&str>) -> Option<String> {
    let line = one_line(text?);
    if line.is_empty() || holds_address(&line) || line.graphemes(true).any(|letter| letter.len() > LARGEST_GRAPHEME) {
        return None;
    }
    if line.graphemes(true).count() <= LONGEST_NAME {
        return Some(line);
    }
    let mut short: String = line.graphemes(true).take(LONGEST_NAME - 1).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    Some(short)
}

fn breaks(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}')
}

/// Controls, marks that change the direction of what follows, and what only takes a word apart. Joiners stay: emoji and
/// scripts need them.
fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{feff}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether mail programs would make a link of a part of it: `https://…`, `www.…`, `a@b.c`, `example.com`.
fn holds_address(line: &str) -> bool {
    let ends_host = |c: char| !c.is_alphanumeric() && !matches!(c, '.' | '-');
    line.contains("://") || line.contains('@') || line.split(ends_host).any(is_host)
}

fn is_host(word: &str) -> bool {
    let word = word.trim_matches(['.', '-']);
    let Some((head, tail)) = word.rsplit_once('.') else { return false };
    let lower = tail.to_lowercase();
    let is_domain = tail.chars().count() >= 2 && tail.chars().all(char::is_lowercase);
    word.to_lowercase().starts_with("www.")
        || ((is_domain || lower.starts_with("xn--") || COMMON_DOMAINS.contains(&lower.as_str()))
            && head.ends_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_and_controls_become_single_spaces() {
        assert_eq!(one_line("  Anna\r\nBcc: x\t y\u{2028}z\u{0} "), "Anna Bcc: x y z");
    }

    #[test]
    fn marks_that_reorder_text_are_dropped_and_joiners_stay() {
        assert_eq!(one_line("a\u{202e}b\u{2066}c"), "abc");
        assert_eq!(one_line("👩\u{200d}🔧"), "👩\u{200d}🔧");
        assert_eq!(one_line("Prêt\u{202f}!"), "Prêt\u{202f}!");
    }

    #[test]
    fn a_name_with_an_address_in_it_is_no_name() {
        for text in [
            "https://evil.example",
            "Call www.evil.example",
            "WWW.evil",
            "me@evil.example",
            "evil.com",
            "x evil.com/pay",
            "EVIL.COM",
            "Evil.Com",
            "evil.com,now",
            "(evil.com)x",
            "evil.com!x",
            "evil.com.",
            "x\u{a0}evil.com\u{a0}x",
            "e\u{200b}vil.co\u{ad}m",
            "злой.рф",
            "evil.xn--p1ai",
        ] {
            assert_eq!(name(Some(text)), None, "{text}");
        }
        for text in ["J.R. Tolkien", "St.John", "ID.4", "Tom & Jerry <b>", "O’Brien", "No. 5", "דנה", "🚗 Blitz"]
        {
            assert_eq!(name(Some(text)).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_name_of_piled_up_marks_is_no_name() {
        assert_eq!(name(Some(&format!("Z{}oe", "\u{301}".repeat(40)))), None);
        assert_eq!(name(Some("Zoe\u{301}")).as_deref(), Some("Zoe\u{301}"));
        let family = "👩🏽\u{200d}👩🏽\u{200d}👧🏽\u{200d}👦🏽";
        assert_eq!(name(Some(family)).as_deref(), Some(family));
    }

    #[test]
    fn blank_names_are_none_and_long_ones_are_cut_between_graphemes() {
        assert_eq!(name(None), None);
        assert_eq!(name(Some(" \r\n")), None);
        let long = name(Some(&"👩‍🔧".repeat(100))).unwrap();
        assert_eq!(long.graphemes(true).count(), LONGEST_NAME);
        assert!(long.ends_with('…'));
    }
}
