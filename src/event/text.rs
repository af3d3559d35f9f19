//! Text from outside, made safe to show and to key on.

use unicode_segmentation::UnicodeSegmentation;

/// Graphemes of a name that are kept.
const LONGEST_NAME: usize = 200;
/// Bytes of them: one grapheme may carry any number of marks.
const LARGEST_NAME: usize = 4096;
/// Bytes of an id. Longer ones are no ids but mistakes.
pub(super) const LONGEST_ID: usize = 256;

/// For the schema: a text without what [`breaks_line`].
pub(super) const LINE: &str = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$";
/// For the schema: such a text that is not blank.
pub(super) const ID: &str =
    r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*[^\s\x00-\x1f\x7f-\x9f\u2028\u2029][^\x00-\x1f\x7f-\x9f\u2028\u2029]*$";

/// A name as it may stand in a subject or a headline: one line, trimmed, at most [`LONGEST_NAME`] graphemes.
pub(super) fn name(text: &str) -> Option<String> {
    let line: String = text.chars().map(|char| if breaks_line(char) { ' ' } else { char }).collect();
    let mut name = String::new();
    for grapheme in line.trim().graphemes(true).take(LONGEST_NAME) {
        if name.len() + grapheme.len() > LARGEST_NAME {
            break;
        }
        name.push_str(grapheme);
    }
    name.truncate(name.trim_end().len());
    Some(name).filter(|name| !name.is_empty())
}

/// What is wrong with an id, if anything is.
pub(super) fn fault_of_id(id: &str) -> Option<&'static str> {
    if id.len() > LONGEST_ID {
        Some("longer than 256 bytes")
    } else if id.chars().any(breaks_line) {
        Some("a text with control characters")
    } else {
        None
    }
}

/// Control characters, and the two separators of Unicode that break a line without being control characters.
pub(super) fn breaks_line(char: char) -> bool {
    char.is_control() || matches!(char, '\u{2028}' | '\u{2029}')
}

/// Marks that change the direction of what follows them.
fn reorders(char: char) -> bool {
    matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A value for a person to recognise: shortened, on one line, in the order of its letters. It may reach the log, so a mail
/// address in the wrong field is not repeated.
pub(super) fn shown(text: &str) -> String {
    if text.contains('@') {
        return "`<address>`".to_owned();
    }
    let calm = |char| if breaks_line(char) || reorders(char) { ' ' } else { char };
    let short: String = text.chars().take(60).map(calm).collect();
    if text.chars().nth(60).is_some() { format!("`{short}…`") } else { format!("`{short}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_on_one_line() {
        assert_eq!(name("Tom's\r\nBcc: x@example.com").as_deref(), Some("Tom's  Bcc: x@example.com"));
        assert_eq!(name("a\u{2028}b\u{0}").as_deref(), Some("a b"));
        assert_eq!(name(" \n\t "), None);
    }

    #[test]
    fn a_name_is_cut_between_graphemes() {
        let family = "👩‍👩‍👧";
        let cut = name(&family.repeat(300)).unwrap();
        assert_eq!(cut, family.repeat(LONGEST_NAME));
    }

    #[test]
    fn an_id_is_short_and_on_one_line() {
        assert_eq!(fault_of_id("user-1"), None);
        assert!(fault_of_id(&"x".repeat(257)).is_some());
        assert!(fault_of_id("a\nb").is_some());
    }

    #[test]
    fn a_shown_value_is_short() {
        assert_eq!(shown("chargeup"), "`chargeup`");
        assert_eq!(shown(&"ü".repeat(100)), format!("`{}…`", "ü".repeat(60)));
    }

    #[test]
    fn a_shown_value_neither_moves_the_terminal_nor_repeats_an_address() {
        assert_eq!(shown("a\u{1b}[2Jb\u{9b}c\u{202e}d\r\ne"), "`a [2Jb c d  e`");
        assert_eq!(shown("anna@example.com"), "`<address>`");
    }

    #[test]
    fn a_name_has_a_bounded_number_of_bytes_however_few_its_letters_are() {
        let marks = format!("Zoe{}", "\u{301}".repeat(1_000_000));
        assert_eq!(name(&marks).as_deref(), Some("Zo"));
    }
}
