//! DKIM (RFC 6376): a signature of the sender's domain over each message, for which its DNS vouches.
//!
//! Our own, with the cryptography that rustls brings: lettre's signs only what its own builder made, by a crate whose RSA leaks
//! the key through time (RUSTSEC-2023-0071), and mail-auth comes with a DNS resolver and a second cryptography.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{Context, SHA256};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::pem::{PemObject as _, SectionKind};

use crate::config;
use crate::message::{Email, Mime};
use crate::transport::SendError;

/// What is signed where it is there. The first two once more than they are: nobody can add another.
const SIGNED: [&str; 14] = [
    "from",
    "from",
    "subject",
    "subject",
    "reply-to",
    "to",
    "date",
    "message-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "feedback-id",
    "content-language",
    "mime-version",
    "content-type",
];

/// The keys of all domains.
pub(super) struct Signer(BTreeMap<String, Signature>);

/// What one domain signs with.
struct Signature {
    domain: String,
    selector: String,
    key: Key,
}

enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    /// Fails with [`SendError::Misconfigured`] when a key cannot be used.
    pub(super) fn new(config: &config::Smtp) -> Result<Self, SendError> {
        let mut domains = BTreeMap::new();
        for (domain, dkim) in &config.dkim {
            let key = read(&dkim.key_file).map_err(|fault| SendError::Misconfigured {
                detail: format!("`smtp.dkim.\"{domain}\".key_file` names `{}`, which {fault}", dkim.key_file.display()),
            })?;
            let signature = Signature { domain: domain.clone(), selector: dkim.selector.clone(), key };
            domains.insert(domain.clone(), signature);
        }
        Ok(Self(domains))
    }

    /// Puts the signature before a message whose sender's domain, or one above it, has a key. `mime` is as it was made: what
    /// is its envelope's sender is the one in From, too.
    pub(super) fn sign(&self, email: &Email, mime: &mut Mime) -> Result<(), SendError> {
        let mut above = std::iter::successors(Some(mime.from.domain()), |domain| Some(domain.split_once('.')?.1));
        let Some(signature) = above.find_map(|domain| self.0.get(domain)) else { return Ok(()) };
        let mut header = signature.header(&mime.bytes, email.date.as_second())?.into_bytes();
        header.extend_from_slice(&mime.bytes);
        mime.bytes = header;
        Ok(())
    }
}

impl Signature {
    /// The whole header, with its line break. `time`: in seconds since 1970.
    fn header(&self, message: &[u8], time: i64) -> Result<String, SendError> {
        let (headers, body) = split(message);
        let algorithm = match self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let signed: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        let signed: Vec<&str> = SIGNED.into_iter().filter(|name| signed.contains(name)).collect();
        let mut value = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={};\r\n s={}; t={time};\r\n h={};\r\n bh={};\r\n b=",
            self.domain,
            self.selector,
            signed.join(":\r\n  "),
            BASE64_STANDARD.encode(sha256(&relaxed_body(body))),
        );
        let signature = self.key.sign(&input(&headers, &signed, &value))?;
        for line in BASE64_STANDARD.encode(signature).as_bytes().chunks(72) {
            // Writing to a string cannot fail, and base64 is ASCII.
            let _ = write!(value, "\r\n  {}", String::from_utf8_lossy(line));
        }
        Ok(format!("DKIM-Signature: {value}\r\n"))
    }
}

impl Key {
    fn sign(&self, input: &[u8]) -> Result<Vec<u8>, SendError> {
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input, &mut signature).map_err(|_| {
                    let detail = "the system gives no random numbers to sign with".to_owned();
                    SendError::Unavailable { detail, retry_after: None }
                })?;
                Ok(signature)
            }
            // RFC 8463 §3: of the digest.
            Self::Ed25519(key) => Ok(key.sign(&sha256(input)).as_ref().to_vec()),
        }
    }
}

/// What is signed: the headers, the last of a name first, and then the signature's own, without a line break (§3.7).
fn input(headers: &[(String, String)], signed: &[&str], value: &str) -> Vec<u8> {
    let mut left: Vec<&(String, String)> = headers.iter().collect();
    let mut input = String::new();
    for name in signed {
        if let Some(place) = left.iter().rposition(|(known, _)| known == name) {
            let (name, value) = left.remove(place);
            let _ = write!(input, "{name}:{value}\r\n");
        }
    }
    let _ = write!(input, "dkim-signature:{}", relaxed(value));
    input.into_bytes()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    context.update(bytes);
    context.finish().as_ref().to_vec()
}

/// The headers, names in small letters and values relaxed, and the body.
fn split(message: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    let end = message.windows(4).position(|window| window == b"\r\n\r\n").map_or(message.len(), |end| end + 2);
    let body = message.get(end + 2..).unwrap_or_default();
    let text = String::from_utf8_lossy(&message[..end]);
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in text.split_terminator("\r\n") {
        match headers.last_mut() {
            Some((_, value)) if line.starts_with([' ', '\t']) => value.push_str(line),
            _ => {
                let (name, value) = line.split_once(':').unwrap_or((line, ""));
                headers.push((name.trim_end().to_ascii_lowercase(), value.to_owned()));
            }
        }
    }
    for (_, value) in &mut headers {
        *value = relaxed(value);
    }
    (headers, body)
}

/// A header's value on one line, white space as one space each and none around (§3.4.2).
fn relaxed(value: &str) -> String {
    let words = value.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A body with its white space within lines as one space each, none at their ends, and no empty lines at its end (§3.4.4).
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut relaxed: Vec<u8> = Vec::with_capacity(body.len());
    let mut end = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r\n").unwrap_or(line);
        let length = line.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).map_or(0, |last| last + 1);
        let trimmed = &line[..length];
        for (place, byte) in trimmed.iter().enumerate() {
            match (byte, place.checked_sub(1).map(|before| trimmed[before])) {
                (b' ' | b'\t', Some(b' ' | b'\t')) => {}
                (b' ' | b'\t', _) => relaxed.push(b' '),
                _ => relaxed.push(*byte),
            }
        }
        relaxed.extend_from_slice(b"\r\n");
        if !trimmed.is_empty() {
            end = relaxed.len();
        }
    }
    relaxed.truncate(end);
    relaxed
}

/// What is wrong follows the file's name.
fn read(file: &Path) -> Result<Key, String> {
    const MAKE: &str = "make one with `openssl genrsa 2048` or `openssl genpkey -algorithm ed25519`";
    let pem = config::secret_file::bytes(file)?;
    let (kind, der) = <(SectionKind, Vec<u8>)>::from_pem_slice(&pem)
        .map_err(|_| format!("holds no private key in PEM (`-----BEGIN PRIVATE KEY-----`); {MAKE}"))?;
    let wrong = |what: &str| Err(format!("holds {what}; {MAKE}"));
    let rsa = match kind {
        SectionKind::PrivateKey => match Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der) {
            Ok(key) => return Ok(Key::Ed25519(key)),
            Err(_) => RsaKeyPair::from_pkcs8(&der),
        },
        SectionKind::RsaPrivateKey => RsaKeyPair::from_der(&der),
        SectionKind::PublicKey => return wrong("the public key, which belongs in DNS; expected the private one"),
        SectionKind::Certificate => return wrong("a certificate; expected a private key"),
        _ => return wrong("no RSA or Ed25519 key"),
    };
    rsa.map(Key::Rsa).or_else(|_| wrong("no Ed25519 key and no RSA key of 2048 to 4096 bits"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headers_and_bodies_are_relaxed_as_the_examples_of_rfc_6376_are() {
        let (headers, body) = split(b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n");
        let named = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(headers, [named("a", "X"), named("b", "Y Z")]);
        assert_eq!(relaxed_body(body), b" C\r\nD E\r\n");
        assert_eq!(relaxed_body(b"\r\n \r\n"), b"");
        assert_eq!(relaxed_body(b"no break"), b"no break\r\n");
    }

    #[test]
    fn what_is_no_key_is_told_with_what_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key.pem");
        for (pem, expected) in [
            ("", "holds no private key in PEM (`-----BEGIN PRIVATE KEY-----`)"),
            (
                "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
                "holds the public key, which belongs in DNS",
            ),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds a certificate"),
            (
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                "holds no Ed25519 key and no RSA key of 2048",
            ),
            (crate::transport::keys_for_tests::EC_PEM, "holds no Ed25519 key and no RSA key of 2048"),
        ] {
            std::fs::write(&file, pem).unwrap();
            let fault = read(&file).err().unwrap();
            assert!(fault.starts_with(expected) && fault.contains("openssl"), "{fault}");
        }
        assert!(read(&dir.path().join("none")).err().unwrap().starts_with("is not there; mend the path"));
    }

    proptest! {
        #[test]
        fn what_relays_do_to_white_space_changes_nothing(lines in proptest::collection::vec("[a-z]{1,3}( [a-z]{1,3}){0,3}|", 0..6)) {
            let plain = lines.join("\r\n");
            let changed = lines.join(" \t\r\n").replace(' ', " \t ") + "\r\n\r\n";
            prop_assert_eq!(relaxed_body(plain.as_bytes()), relaxed_body(changed.as_bytes()));
        }
    }
}
