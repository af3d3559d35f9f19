//! Quoted-printable (RFC 2045 §6.7) for text of any language: legible where it is ASCII, safe on every relay.
//!
//! Of our own because it is most of the work of writing an e-mail down, and lettre's takes many times as long.

/// Columns of a line, without the `=` of a soft break.
const WIDTH: usize = 75;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Whether a byte may stand for itself inside a line.
#[expect(clippy::needless_bitwise_bool, reason = "without branches many bytes are looked at in one instruction")]
const fn is_plain(byte: u8) -> bool {
    ((byte.wrapping_sub(b' ') <= b'~' - b' ') & (byte != b'=')) | (byte == b'\t')
}

/// How many bytes from the first on stand for themselves.
fn plain_run(bytes: &[u8]) -> usize {
    let (blocks, _) = bytes.as_chunks::<16>();
    let whole = blocks.iter().take_while(|block| block.iter().fold(true, |all, &byte| all & is_plain(byte))).count();
    let run = whole * 16;
    run + bytes[run..].iter().position(|&byte| !is_plain(byte)).unwrap_or(bytes.len() - run)
}

/// The text encoded, its line ends of every kind as CRLF.
pub(super) fn encode(text: &str) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(text.len() + text.len() / 8);
    let mut rest = text.as_bytes();
    while let Some(end) = memchr::memchr2(b'\r', b'\n', rest) {
        encode_line(&rest[..end], &mut encoded);
        encoded.extend_from_slice(b"\r\n");
        let pair = rest[end..].starts_with(b"\r\n");
        rest = &rest[end + 1 + usize::from(pair)..];
    }
    encode_line(rest, &mut encoded);
    encoded
}

fn encode_line(line: &[u8], encoded: &mut Vec<u8>) {
    // A space at the end of a line gets lost on the way.
    let (line, last) = match line.split_last() {
        Some((last, line)) if matches!(last, b' ' | b'\t') => (line, Some(*last)),
        _ => (line, None),
    };
    let mut column = 0;
    let mut rest = line;
    while let Some(&first) = rest.first() {
        // A dot at the beginning of a line is lost too, or ends the message, where a relay is careless.
        if !is_plain(first) || (column == 0 && first == b'.') {
            push_escaped(first, &mut column, encoded);
            rest = &rest[1..];
            continue;
        }
        if column == WIDTH {
            break_softly(&mut column, encoded);
            continue;
        }
        let room = rest.len().min(WIDTH - column);
        let run = plain_run(&rest[..room]);
        encoded.extend_from_slice(&rest[..run]);
        column += run;
        rest = &rest[run..];
    }
    if let Some(last) = last {
        push_escaped(last, &mut column, encoded);
    }
}

fn push_escaped(byte: u8, column: &mut usize, encoded: &mut Vec<u8>) {
    if *column + 3 > WIDTH {
        break_softly(column, encoded);
    }
    encoded.extend_from_slice(&[b'=', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    *column += 3;
}

fn break_softly(column: &mut usize, encoded: &mut Vec<u8>) {
    encoded.extend_from_slice(b"=\r\n");
    *column = 0;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(text: &str) -> String {
        String::from_utf8(encode(text)).unwrap()
    }

    /// RFC 2045's rules, read from the other side.
    fn decoded(encoded: &str) -> String {
        let joined = encoded.replace("=\r\n", "");
        let mut bytes = joined.bytes();
        let mut text = Vec::new();
        while let Some(byte) = bytes.next() {
            if byte == b'=' {
                let hex: String = bytes.by_ref().take(2).map(char::from).collect();
                text.push(u8::from_str_radix(&hex, 16).unwrap());
            } else {
                text.push(byte);
            }
        }
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn ascii_stays_legible_and_the_rest_is_escaped() {
        assert_eq!(encoded("Hej Søren, a=b\n"), "Hej S=C3=B8ren, a=3Db\r\n");
        assert_eq!(encoded("a\rb\r\nc\n\nd"), "a\r\nb\r\nc\r\n\r\nd");
        assert_eq!(encoded("end \n\t\n.\n..x"), "end=20\r\n=09\r\n=2E\r\n=2E.x");
    }

    #[test]
    fn a_long_line_is_broken_softly() {
        let line = "x".repeat(150);
        assert_eq!(encoded(&line), format!("{0}=\r\n{0}", "x".repeat(75)));
        assert_eq!(encoded(&format!("{}.", "x".repeat(75))), format!("{}=\r\n=2E", "x".repeat(75)));
    }

    proptest! {
        #[test]
        fn every_text_comes_back_and_no_relay_can_harm_it(text in "([ -~]{0,90}|\\PC|=|\\.|\t| |\r\n|\r|\n){0,40}") {
            let encoded = encoded(&text);
            for line in encoded.split("\r\n") {
                prop_assert!(line.len() <= 76 && line.is_ascii());
                prop_assert!(!line.starts_with('.') && !line.ends_with([' ', '\t']));
                prop_assert!(!line.contains(['\r', '\n']));
            }
            prop_assert_eq!(decoded(&encoded), text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n"));
        }
    }
}
