//! Keys for the unit tests. They were made for this and open nothing.

pub(super) const EC_PEM: &str = include_str!("../../tests/fixtures/keys/es256.p8");

/// The same key in the form that `openssl ecparam -genkey` writes.
pub(super) const EC_SEC1_PEM: &str = include_str!("../../tests/fixtures/keys/es256-sec1.pem");

pub(super) const RSA_PEM: &str = include_str!("../../tests/fixtures/keys/rs256.pem");
