//! Owners who are to be forgotten: all that is known of them goes, and a salted digest stays, so that what is still on its way
//! from before does not bring them back.

use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};

use super::LedgerError;

/// An owner in one app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub app: String,
    pub recipient: String,
}

/// What was known of an owner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    pub incidents: u64,
    pub dispatches: u64,
    /// Those of them that were being sent: some may be with a carrier already.
    pub sending: u64,
    /// Ends that were still to be told.
    pub outcomes: u64,
    pub dead_addresses: u64,
    /// What happened until then is not taken up any more.
    pub until: Timestamp,
    /// Copies are left in the ledger's files until it tidies them up.
    pub leaves_traces: bool,
}

pub(super) const SALT: usize = 32;

/// A salt for a ledger that has none.
pub(super) fn fresh_salt() -> Result<[u8; SALT], LedgerError> {
    let mut salt = [0; SALT];
    SystemRandom::new()
        .fill(&mut salt)
        .map_err(|_| LedgerError::Unavailable("the system gives no random numbers for a salt".to_owned()))?;
    Ok(salt)
}

/// What stays of an owner. Each part goes in behind its length, or two owners could share a digest.
pub(super) fn person(salt: &[u8], app: &str, recipient: &str) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(salt);
    for part in [app, recipient] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_differ_by_app_id_and_salt() {
        let persons = [
            person(b"salt", "app", "owner"),
            person(b"salt", "appo", "wner"),
            person(b"salt", "other", "owner"),
            person(b"pepper", "app", "owner"),
        ];
        for (index, one) in persons.iter().enumerate() {
            assert!(persons[index + 1..].iter().all(|other| other != one));
        }
    }
}
