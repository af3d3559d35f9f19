//! Signed claims (JWT, RFC 7519) and the keys that sign them: how FCM, APNs and Web Push know who is talking to them.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::pem::{PemObject as _, SectionKind};
use serde_json::{Value, json};

/// A private key and the algorithm that it signs with. It has no `Debug`.
pub(super) enum SigningKey {
    Rs256(RsaKeyPair),
    Es256(EcdsaKeyPair),
}

/// Why a key cannot be used, as what follows the key's name: "holds a certificate, …". It repeats nothing of the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct KeyFault(String);

/// The machine gave no random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random numbers to sign with")]
pub(super) struct NoRandomness;

impl SigningKey {
    /// An RSA key in PEM, as in a Google service account.
    pub(super) fn rs256(pem: &str) -> Result<Self, KeyFault> {
        let der = pkcs8(pem)?;
        let key = RsaKeyPair::from_pkcs8(&der).map_err(|_| match es256_from(&der) {
            Some(_) => KeyFault("holds an elliptic-curve key; expected an RSA key".to_owned()),
            None => KeyFault("holds no RSA key that can be read".to_owned()),
        })?;
        Ok(Self::Rs256(key))
    }

    /// A key on the curve P-256 in PEM, as Apple gives it.
    pub(super) fn es256(pem: &str) -> Result<Self, KeyFault> {
        let der = pkcs8(pem)?;
        es256_from(&der).map(Self::Es256).ok_or_else(|| match RsaKeyPair::from_pkcs8(&der) {
            Ok(_) => KeyFault("holds an RSA key; expected a key on the curve P-256".to_owned()),
            Err(_) => KeyFault("holds no key on the curve P-256 that can be read".to_owned()),
        })
    }

    /// The 32 bytes of a private key on the curve P-256 and the 65 of its public one. `None`: they are no pair.
    pub(super) fn es256_pair(private: &[u8], public: &[u8]) -> Option<Self> {
        let rng = SystemRandom::new();
        EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, private, public, &rng)
            .ok()
            .map(Self::Es256)
    }

    pub(super) fn public(&self) -> &[u8] {
        match self {
            Self::Rs256(key) => key.public_key().as_ref(),
            Self::Es256(key) => key.public_key().as_ref(),
        }
    }

    /// `key_id` goes into the header as `kid`.
    pub(super) fn sign(&self, key_id: Option<&str>, claims: &Value) -> Result<String, NoRandomness> {
        let algorithm = match self {
            Self::Rs256(_) => "RS256",
            Self::Es256(_) => "ES256",
        };
        let mut header = json!({ "alg": algorithm, "typ": "JWT" });
        if let Some(id) = key_id {
            header["kid"] = id.into();
        }
        let mut token = [&header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let signature = self.signature(token.as_bytes())?;
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, NoRandomness> {
        let rng = SystemRandom::new();
        match self {
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &rng, message, &mut signature).map_err(|_| NoRandomness)?;
                Ok(signature)
            }
            Self::Es256(key) => {
                key.sign(&rng, message).map(|signature| signature.as_ref().to_vec()).map_err(|_| NoRandomness)
            }
        }
    }
}

fn es256_from(der: &[u8]) -> Option<EcdsaKeyPair> {
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &SystemRandom::new()).ok()
}

/// The bytes of the one private key in a PEM file, in the form that all these services give out (RFC 5208).
fn pkcs8(pem: &str) -> Result<Vec<u8>, KeyFault> {
    const CONVERT: &str = "convert it with `openssl pkcs8 -topk8 -nocrypt`";
    let fault = |text: &str| Err(KeyFault(text.to_owned()));
    if pem.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
        return Err(KeyFault(format!("holds an encrypted key; {CONVERT}")));
    }
    match <(SectionKind, Vec<u8>)>::from_pem_slice(pem.as_bytes()) {
        Ok((SectionKind::PrivateKey, der)) => Ok(der),
        Ok((SectionKind::EcPrivateKey, _)) => Err(KeyFault(format!("holds an `EC PRIVATE KEY`; {CONVERT}"))),
        Ok((SectionKind::RsaPrivateKey, _)) => Err(KeyFault(format!("holds an `RSA PRIVATE KEY`; {CONVERT}"))),
        Ok((SectionKind::Certificate, _)) => fault("holds a certificate; expected a private key"),
        Ok((SectionKind::PublicKey, _)) => fault("holds a public key; expected the private one"),
        Ok(_) | Err(_) => fault("holds no private key in PEM (`-----BEGIN PRIVATE KEY-----`)"),
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;
    use crate::transport::keys_for_tests::{EC_PEM, EC_SEC1_PEM, RSA_PEM};

    fn fault(read: Result<SigningKey, KeyFault>) -> String {
        read.err().expect("a fault").to_string()
    }

    #[test]
    fn a_token_is_signed_over_its_header_and_claims() {
        for (key, name) in [(SigningKey::rs256(RSA_PEM), "RS256"), (SigningKey::es256(EC_PEM), "ES256")] {
            let key = key.expect("a key");
            let token = key.sign(Some("K1"), &json!({ "iss": "me" })).expect("signed");
            let (message, signature) = token.rsplit_once('.').expect("three parts");
            let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).expect("base64");
            let verified = match &key {
                SigningKey::Rs256(_) => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public()),
                SigningKey::Es256(_) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.public()),
            }
            .verify(message.as_bytes(), &signature);
            assert!(verified.is_ok(), "{name}");
            let (header, claims) = message.split_once('.').expect("two parts");
            let json = |part| serde_json::from_slice::<Value>(&BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64"));
            assert_eq!(json(header).expect("JSON"), json!({ "alg": name, "typ": "JWT", "kid": "K1" }));
            assert_eq!(json(claims).expect("JSON"), json!({ "iss": "me" }));
        }
    }

    #[test]
    fn a_key_of_the_wrong_kind_is_told_from_no_key() {
        for (pem, expected) in [
            ("", "holds no private key in PEM (`-----BEGIN PRIVATE KEY-----`)"),
            (
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
                "holds no key on the curve P-256 that can be read",
            ),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
                "holds a certificate; expected a private key",
            ),
            (
                "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
                "holds a public key; expected the private one",
            ),
            (EC_SEC1_PEM, "holds an `EC PRIVATE KEY`; convert it with `openssl pkcs8 -topk8 -nocrypt`"),
            (RSA_PEM, "holds an RSA key; expected a key on the curve P-256"),
        ] {
            assert_eq!(fault(SigningKey::es256(pem)), expected);
        }
        assert_eq!(fault(SigningKey::rs256(EC_PEM)), "holds an elliptic-curve key; expected an RSA key");
    }
}
