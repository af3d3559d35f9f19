//! What only the browser can read: RFC 8291 over RFC 8188 (`aes128gcm`), in one record.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::error::Unspecified;
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::rand::{SecureRandom as _, SystemRandom};

/// The most that every push service takes is 4,096 bytes (RFC 8030 §7.2). So much of it is left for the message: header,
/// authentication tag and the mark of the last record take the rest.
pub(super) const PLAINTEXT_MAX: usize = 4_096 - HEADER - 16 - 1;
/// Salt, record size, length of the key, key (RFC 8188 §2.1).
const HEADER: usize = 16 + 4 + 1 + PUBLIC_KEY;
/// A point of P-256, uncompressed.
const PUBLIC_KEY: usize = 65;
const AUTH: usize = 16;
const RECORD_SIZE: u32 = 4_096;
/// After the last byte of the last record.
const LAST: u8 = 2;

/// As browsers and libraries write bytes: base64url, with padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The bytes of a key as a subscription or a configuration writes it.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let url_safe: String = text
        .trim()
        .chars()
        .map(|c| {
            if c == '+' {
                '-'
            } else if c == '/' {
                '_'
            } else {
                c
            }
        })
        .collect();
    BASE64.decode(url_safe).ok()
}

/// The keys of a subscription, by which its browser is addressed.
pub(super) struct Subscriber {
    public: [u8; PUBLIC_KEY],
    auth: [u8; AUTH],
}

impl Subscriber {
    /// `None`: it was not a browser that gave out these.
    pub(super) fn read(p256dh: &str, auth: &str) -> Option<Self> {
        let public: [u8; PUBLIC_KEY] = decode(p256dh)?.try_into().ok()?;
        Some(Self { public, auth: decode(auth)?.try_into().ok()? }).filter(|keys| keys.public[0] == 4)
    }

    /// The body of the request. Fails when the key is no point of the curve.
    pub(super) fn encrypt(&self, plaintext: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let rng = SystemRandom::new();
        let mut salt = [0; 16];
        rng.fill(&mut salt)?;
        let ours = EphemeralPrivateKey::generate(&ECDH_P256, &rng)?;
        let public = ours.compute_public_key()?;
        let theirs = UnparsedPublicKey::new(&ECDH_P256, &self.public);
        agree_ephemeral(ours, &theirs, |secret| self.seal(plaintext, salt, public.as_ref(), secret))?
    }

    /// RFC 8291 §3.4, then RFC 8188 §2.
    fn seal(&self, plaintext: &[u8], salt: [u8; 16], ours: &[u8], secret: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut ikm = [0; 32];
        derive(&self.auth, secret, &[b"WebPush: info\0", &self.public, ours], &mut ikm)?;
        let (mut key, mut nonce) = ([0; 16], [0; 12]);
        derive(&salt, &ikm, &[b"Content-Encoding: aes128gcm\0"], &mut key)?;
        derive(&salt, &ikm, &[b"Content-Encoding: nonce\0"], &mut nonce)?;

        let mut record = Vec::with_capacity(plaintext.len() + 1 + AES_128_GCM.tag_len());
        record.extend_from_slice(plaintext);
        record.push(LAST);
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key)?);
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut record)?;

        let mut body = Vec::with_capacity(HEADER + record.len());
        body.extend_from_slice(&salt);
        body.extend_from_slice(&RECORD_SIZE.to_be_bytes());
        body.push(u8::try_from(ours.len()).map_err(|_| Unspecified)?);
        body.extend_from_slice(ours);
        body.append(&mut record);
        Ok(body)
    }
}

/// HKDF (RFC 5869) in one step.
fn derive(salt: &[u8], secret: &[u8], info: &[&[u8]], out: &mut [u8]) -> Result<(), Unspecified> {
    struct Length(usize);
    impl KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    Salt::new(HKDF_SHA256, salt).extract(secret).expand(info, Length(out.len()))?.fill(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const P256DH: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    /// RFC 8291, section 5 and appendix A.
    #[test]
    fn the_example_of_the_standard_comes_out_byte_for_byte() {
        let salt = decode("DGv6ra1nlYgDCS1FRnbzlw").unwrap().try_into().unwrap();
        let ours = decode("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8");
        let secret = decode("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs").unwrap();
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8w\
                        EqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        let subscriber = Subscriber::read(P256DH, AUTH).unwrap();
        let body =
            subscriber.seal(b"When I grow up, I want to be a watermelon", salt, &ours.unwrap(), &secret).unwrap();
        assert_eq!(body, decode(expected).unwrap());
    }

    #[test]
    fn the_longest_message_fills_what_push_services_take() {
        let body = Subscriber::read(P256DH, AUTH).unwrap().encrypt(&[b'x'; PLAINTEXT_MAX]).unwrap();
        assert_eq!((PLAINTEXT_MAX, body.len()), (3_993, 4_096));
    }

    #[test]
    fn the_same_message_is_never_encrypted_the_same_way_twice() {
        let subscriber = Subscriber::read(P256DH, AUTH).unwrap();
        let (one, other) = (subscriber.encrypt(b"x").unwrap(), subscriber.encrypt(b"x").unwrap());
        assert_ne!(one[..16], other[..16], "the salt");
        assert_ne!(one[21..HEADER], other[21..HEADER], "the key");
    }

    #[test]
    fn keys_are_read_as_libraries_write_them_and_nothing_else_is_a_key() {
        let padded = format!("{P256DH}=").replace('-', "+").replace('_', "/");
        assert!(Subscriber::read(&padded, "BTBZMqHH6r4Tts7J_aSIgg==").is_some());
        for (p256dh, auth) in
            [("", AUTH), (P256DH, ""), (AUTH, AUTH), (P256DH, P256DH), ("no base64!", AUTH), (&P256DH[1..], AUTH)]
        {
            assert!(Subscriber::read(p256dh, auth).is_none(), "{p256dh} {auth}");
        }
        let mut nowhere = decode(P256DH).unwrap();
        nowhere[40] ^= 1;
        let subscriber = Subscriber { public: nowhere.try_into().unwrap(), auth: [0; 16] };
        assert!(subscriber.encrypt(b"x").is_err(), "no point of the curve");
    }
}
