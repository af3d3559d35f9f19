//! Addresses by their hashes: what is known of a dead one without keeping it, and what others are told of it.

use std::fmt::{self, Write as _};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::Dispatch;
use crate::event::VehicleError;
use crate::policy::Target;

/// An address of an owner: its kind, and a hash that whoever knows the address can compute as well: SHA-256 of app, owner's
/// id, kind and address, joined by line feeds. With the owner's id in it, a mailbox that two owners share has two.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint {
    kind: &'static str,
    sha256: String,
}

/// An address that a carrier found dead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadAddress {
    pub address: Fingerprint,
    pub reported_at: Timestamp,
}

/// For so long an address that was found dead is not asked again. A mailbox may be opened anew, and carriers err.
pub(super) const STAYS_DEAD: SignedDuration = SignedDuration::from_hours(90 * 24);

impl Dispatch {
    /// When a carrier found the address dead that this goes to, if that still counts.
    pub fn dead_since(&self, now: Timestamp) -> Option<Timestamp> {
        let address = Fingerprint::of(&self.error, &self.target).filter(|_| !self.dead.is_empty())?;
        let known = self.dead.iter().find(|known| known.address == address)?;
        Some(known.reported_at).filter(|reported_at| now.duration_since(*reported_at) < STAYS_DEAD)
    }
}

/// The kinds of addresses: the mailbox, and the platforms of devices.
const KINDS: [&str; 5] = ["email", "fcm", "apns", "webpush", "other"];

impl Fingerprint {
    /// Of the address that a message about `error` to `target` goes to; `None`: there is none.
    pub fn of(error: &VehicleError, target: &Target) -> Option<Self> {
        let (kind, address) = match target {
            // A mailbox is the same however its letters are written.
            Target::Email => ("email", error.recipient.email.as_deref()?.to_lowercase()),
            Target::Devices(_) => return None,
            Target::Push(device) => {
                (device.platform().as_str(), Some(device.address()).filter(|address| !address.is_empty())?.to_owned())
            }
        };
        let digest = Sha256::digest([&error.app, &error.recipient.id, kind, &address].join("\n"));
        let mut sha256 = String::with_capacity(64);
        for byte in digest {
            // Into memory.
            let _ = write!(sha256, "{byte:02x}");
        }
        Some(Self { kind, sha256 })
    }

    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// 64 hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// As it was written down by `Display`.
    pub(super) fn from_stored(text: &str) -> Option<Self> {
        let (kind, sha256) = text.split_once(':')?;
        let kind = KINDS.into_iter().find(|known| *known == kind)?;
        Some(Self { kind, sha256: sha256.to_owned() })
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.sha256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Device, ErrorKey, Moment, Recipient, Resolution, State, Vehicle};

    fn error(owner: &str, email: Option<&str>) -> VehicleError {
        VehicleError {
            event_id: "e".into(),
            app: "ampwise".into(),
            key: ErrorKey::new("T", None),
            state: State::Error,
            moment: Moment { at: Timestamp::UNIX_EPOCH, sequence: None },
            undated: None,
            recipient: Recipient { id: owner.into(), email: email.map(str::to_owned), ..Recipient::default() },
            vehicle: Vehicle::default(),
            resolution: Resolution::default(),
            test: false,
        }
    }

    /// As the README tells product teams to compute it:
    /// `printf 'ampwise\nowner-1\nemail\njo@example.com' | sha256sum`.
    #[test]
    fn a_fingerprint_is_what_sha256sum_says_of_app_owner_kind_and_address() {
        let print = Fingerprint::of(&error("owner-1", Some("Jo@Example.com")), &Target::Email).expect("an address");
        let expected = "b1291b3da7abdbf6fad89735f18c915e98e513731b184f865517651c53eecf85";
        assert_eq!(print.to_string(), format!("email:{expected}"));
        assert_eq!(Fingerprint::from_stored(&print.to_string()), Some(print));
    }

    #[test]
    fn owners_who_share_a_mailbox_and_devices_of_two_platforms_have_fingerprints_of_their_own() {
        let email = |owner| Fingerprint::of(&error(owner, Some("jo@example.com")), &Target::Email);
        assert_ne!(email("owner-1"), email("owner-2"));
        let push = |device| Fingerprint::of(&error("owner-1", None), &Target::Push(device));
        assert_ne!(push(Device::Apns { token: "t".into() }), push(Device::Other { token: "t".into() }));
        assert_eq!(Fingerprint::of(&error("owner-1", None), &Target::Email), None);
    }

    /// `printf 'ampwise\nowner-1\nfcm\nfid-1' | sha256sum`.
    #[test]
    fn a_device_of_firebase_is_known_by_the_installation_that_is_sent_to() {
        let print = |token: Option<&str>, fid: Option<&str>| {
            let device = Device::Fcm { token: token.map(str::to_owned), fid: fid.map(str::to_owned) };
            Fingerprint::of(&error("owner-1", None), &Target::Push(device))
        };
        let installation = print(None, Some("fid-1"));
        let expected = "9f997f662dee48d3a4c375014dc7297cded2029bab09355e8e3f5fef2cfcc171";
        assert_eq!(installation.as_ref().map(Fingerprint::sha256), Some(expected));
        assert_eq!(print(Some("token-1"), Some("fid-1")), installation);
        assert_ne!(print(Some("token-1"), Some("fid-2")), installation, "it was installed anew");
        assert_ne!(print(Some("token-1"), None), installation);
    }
}
