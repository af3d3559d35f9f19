//! Which mail addresses are addresses: the part of RFC 5321 and RFC 6531 that owners use, read strictly.
//!
//! No quoted local parts, no address literals, no routes: nobody reads mail there, and parsers disagree about them.

use std::fmt;

/// A mail address that can be written into a header and an SMTP command as it stands. Its domain is in ASCII.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    local: String,
    domain: String,
}

impl Address {
    /// The part before the `@`, in the case it was written.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The part after the `@`: lower case, punycode where it was not ASCII.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Whether only servers with SMTPUTF8 (RFC 6531) can take it.
    pub fn needs_smtputf8(&self) -> bool {
        !self.local.is_ascii()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

/// Why something is no address. It does not repeat the address, so that it can be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("it has no `@`")]
    NoAt,
    #[error("the part before the `@` is empty or has characters that no mailbox has")]
    Local,
    #[error("the part after the `@` is no domain name")]
    Domain,
    #[error("it is longer than 254 bytes, or its part before the `@` longer than 64")]
    TooLong,
}

/// RFC 5321 §4.5.3.1.1.
const LOCAL_MAX: usize = 64;
/// RFC 5321 §4.5.3.1.3, less the angle brackets.
const ADDRESS_MAX: usize = 254;

/// Reads `anna@example.com`, and nothing around it.
pub fn parse_address(text: &str) -> Result<Address, AddressError> {
    // Punycode shortens a domain to a quarter of its bytes at most.
    if text.len() > 4 * ADDRESS_MAX {
        return Err(AddressError::TooLong);
    }
    let (local, domain) = text.rsplit_once('@').ok_or(AddressError::NoAt)?;
    if !is_dot_atom(local) {
        return Err(AddressError::Local);
    }
    let domain = parse_domain(domain).ok_or(AddressError::Domain)?;
    if local.len() > LOCAL_MAX || local.len() + 1 + domain.len() > ADDRESS_MAX {
        return Err(AddressError::TooLong);
    }
    Ok(Address { local: local.to_owned(), domain })
}

/// Whether [`parse_address`] can read it.
pub fn is_address(text: &str) -> bool {
    parse_address(text).is_ok()
}

/// RFC 5322 §3.2.3, with the letters of all languages (RFC 6532 §3.2).
fn is_dot_atom(text: &str) -> bool {
    text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_character))
}

fn is_atom_character(character: char) -> bool {
    match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' => true,
        _ if character.is_ascii() => "!#$%&'*+-/=?^_`{|}~".contains(character),
        _ => !character.is_whitespace() && !character.is_control() && !is_invisible(character),
    }
}

/// Marks that change no letter, only how a line runs: two addresses could look alike.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// `None` for an IP address: `url` reads `127.1` and `0x7f.1` as one too.
fn parse_domain(text: &str) -> Option<String> {
    // `url` decodes percent signs, which no domain name has.
    if text.contains('%') || text.ends_with('.') {
        return None;
    }
    let url::Host::Domain(domain) = url::Host::parse(text).ok()? else { return None };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.split('.').all(is_label).then_some(domain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_usual_address_is_kept_as_it_was_written() {
        for text in ["anna@example.com", "Anna.Berg+cars@mail.example.co.uk", "o'neil@example.ie", "root@localhost"] {
            assert_eq!(parse_address(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_domain_in_another_script_becomes_punycode() {
        let address = parse_address("anna@Bücher.example").unwrap();
        assert_eq!(address.to_string(), "anna@xn--bcher-kva.example");
        assert!(!address.needs_smtputf8());
    }

    #[test]
    fn a_local_part_in_another_script_needs_smtputf8() {
        let address = parse_address("søren@example.dk").unwrap();
        assert_eq!(address.to_string(), "søren@example.dk");
        assert!(address.needs_smtputf8());
        // Devanagari writes some letters with marks.
        assert!(is_address("हिन्दी@example.in"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "anna",
            "@example.com",
            "anna@",
            "anna@example..com",
            "anna@.example.com",
            "anna@example.com.",
            ".anna@example.com",
            "anna.@example.com",
            "an..na@example.com",
            "an na@example.com",
            " anna@example.com",
            "anna@example.com ",
            "Anna <anna@example.com>",
            "anna@example.com,bob@example.com",
            "anna@bob@example.com",
            "\"anna b\"@example.com",
            "anna@[127.0.0.1]",
            "anna@127.0.0.1",
            "anna@0x7f.1",
            "anna@exa%6dple.com",
            "anna@exa_mple.com",
            "anna@-example.com",
            "anna@example.com\r\nRCPT TO:<bob@example.com>",
            "anna\u{200b}@example.com",
            "anna\u{a0}b@example.com",
            "anna\u{202e}b@example.com",
        ] {
            assert!(!is_address(text), "{text:?}");
        }
    }

    #[test]
    fn an_address_has_a_length() {
        assert!(is_address(&format!("{}@example.com", "a".repeat(64))));
        assert!(!is_address(&format!("{}@example.com", "a".repeat(65))));
        let domain = ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(53)].join(".");
        assert!(is_address(&format!("anna.ber@{domain}")));
        assert!(!is_address(&format!("anna.bergs@{domain}")));
        assert_eq!(parse_address(&format!("anna@{}.example", "ü".repeat(500_000))), Err(AddressError::TooLong));
    }

    proptest! {
        #[test]
        fn an_address_never_ends_a_line_or_a_path(text in "\\PC{0,12}[@<>\r\n ,;:\"\0]{0,3}@?\\PC{0,12}") {
            if let Ok(address) = parse_address(&text) {
                let written = address.to_string();
                prop_assert!(!written.contains(|c: char| c.is_control() || c.is_whitespace() || "<>,;:\"()[]\\".contains(c)));
                prop_assert_eq!(written.matches('@').count(), 1);
                prop_assert_eq!(parse_address(&written), Ok(address));
            }
        }
    }
}
