//! Deterministic ids: the same incident, opening, step and address give the same dispatch, whoever plans it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::event::{Device, VehicleError};
use crate::policy::Target;

/// The id of a dispatch: a UUID (RFC 9562, version 8), so that it can serve as `apns-id` and in a Message-ID.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DispatchId(String);

impl DispatchId {
    /// The id of the message about `error`'s incident in its `opening`, on rung `step`, to `target`.
    pub fn of(error: &VehicleError, opening: u32, step: u16, target: &Target) -> Self {
        Self::of_incident(incident_parts(error), opening, step, target)
    }

    pub(super) fn of_incident(incident: [&str; 5], opening: u32, step: u16, target: &Target) -> Self {
        let mut fields = Fields(Sha256::new());
        for part in incident {
            fields.add(part.as_bytes());
        }
        fields.add(&opening.to_be_bytes());
        fields.add(&step.to_be_bytes());
        fields.add_target(target);
        fields.id()
    }

    /// The id of one message that stands for several: the same whoever puts the same together.
    pub fn of_all<'a>(ids: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut ids: Vec<&Self> = ids.into_iter().collect();
        ids.sort();
        if let [only] = ids[..] {
            return only.clone();
        }
        let mut fields = Fields(Sha256::new());
        for id in ids {
            fields.add(id.as_str().as_bytes());
        }
        fields.id()
    }

    /// An id that was written down before.
    pub fn from_stored(id: String) -> Self {
        Self(id)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DispatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What tells incidents apart, as 32 bytes: a digest of their [`incident_parts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct IncidentKey([u8; 32]);

impl IncidentKey {
    pub(super) fn of(parts: [&str; 5]) -> Self {
        let mut fields = Fields(Sha256::new());
        for part in parts {
            fields.add(part.as_bytes());
        }
        Self(fields.0.finalize().into())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A name for the incident of these [`incident_parts`] outside the ledger: a UUID.
pub(super) fn incident_id(parts: [&str; 5]) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&IncidentKey::of(parts).0[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

pub(super) fn parts_of(parts: &[String; 5]) -> [&str; 5] {
    parts.each_ref().map(String::as_str)
}

/// Each field goes in behind its length, so that no two lists of fields give the same bytes.
struct Fields(Sha256);

impl Fields {
    fn id(self) -> DispatchId {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.0.finalize()[..16]);
        DispatchId(uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string())
    }

    fn add(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    fn add_target(&mut self, target: &Target) {
        let parts: [&str; 4] = match target {
            // The mailbox may change between two tries; it is still the same message.
            Target::Email => ["email", "", "", ""],
            // And so may the devices.
            Target::Devices(_) => ["devices", "", "", ""],
            Target::Push(Device::Fcm { token, fid }) => {
                ["fcm", token.as_deref().unwrap_or_default(), fid.as_deref().unwrap_or_default(), ""]
            }
            Target::Push(Device::Apns { token }) => ["apns", token, "", ""],
            Target::Push(Device::Other { token }) => ["other", token, "", ""],
            Target::Push(Device::Webpush { endpoint, p256dh, auth }) => ["webpush", endpoint, p256dh, auth],
        };
        for part in parts {
            self.add(part.as_bytes());
        }
    }
}

/// What makes an incident: "this error is open for this vehicle, owner and app". App, recipient, vehicle, type, code;
/// empty for none. Type and code stay apart: either may hold the colon that joins them in print.
pub(super) fn incident_parts(error: &VehicleError) -> [&str; 5] {
    [
        &error.app,
        &error.recipient.id,
        error.vehicle.id.as_deref().unwrap_or_default(),
        error.key.kind(),
        error.key.code().unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::event::{ErrorKey, Moment, Recipient, Resolution, State, Vehicle};

    fn error(parts: &[String; 5]) -> VehicleError {
        let [app, recipient, vehicle, kind, code] = parts.clone();
        VehicleError {
            event_id: "e".into(),
            app,
            key: ErrorKey::new(&kind, Some(&code)),
            state: State::Error,
            moment: Moment { at: Timestamp::UNIX_EPOCH, sequence: None },
            undated: None,
            recipient: Recipient { id: recipient, ..Recipient::default() },
            vehicle: Vehicle { id: Some(vehicle), ..Vehicle::default() },
            resolution: Resolution::default(),
            test: false,
        }
    }

    fn target() -> impl Strategy<Value = Target> {
        let text = || "[ab]{0,2}";
        prop_oneof![
            Just(Target::Email),
            text().prop_map(|token| Target::Push(Device::Apns { token })),
            text().prop_map(|token| Target::Push(Device::Fcm { token: Some(token), fid: None })),
            text().prop_map(|fid| Target::Push(Device::Fcm { token: None, fid: Some(format!("f{fid}")) })),
            (text(), text(), text()).prop_map(|(endpoint, p256dh, auth)| Target::Push(Device::Webpush {
                endpoint,
                p256dh,
                auth
            })),
        ]
    }

    /// From an alphabet so small that neighbours share their letters, and with the colon of a printed key.
    fn parts() -> impl Strategy<Value = [String; 5]> {
        ["[AB:]{0,2}", "[AB:]{0,2}", "[AB:]{0,2}", "[AB:]{1,2}", "[AB:]{0,2}"]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn two_ids_are_the_same_only_when_every_field_is(
            one in (parts(), 1..3u32, 0..3u16, target()),
            other in (parts(), 1..3u32, 0..3u16, target()),
        ) {
            let id = |(parts, opening, step, target): &([String; 5], u32, u16, Target)| {
                DispatchId::of(&error(parts), *opening, *step, target)
            };
            prop_assert_eq!(id(&one) == id(&other), one == other);
        }
    }

    #[test]
    fn letters_that_move_from_one_field_to_the_next_make_another_id() {
        let id = |parts: [&str; 5]| DispatchId::of_incident(parts, 1, 0, &Target::Email);
        assert_ne!(id(["ab", "c", "", "T", ""]), id(["a", "bc", "", "T", ""]));
        assert_ne!(id(["a", "b", "", "T:C", ""]), id(["a", "b", "", "T", "C"]));
        assert_ne!(id(["a", "b", "", "T", "C"]), id(["a", "", "b", "T", "C"]));
    }

    #[test]
    fn an_id_is_a_uuid_of_version_8_and_does_not_change_from_release_to_release() {
        let id = DispatchId::of_incident(["app", "owner", "car", "TYPE", "CODE"], 1, 0, &Target::Email);
        assert_eq!(id.as_str(), "52755746-1bbb-85ed-b4ee-b9b8064d2085");
        assert_eq!(uuid::Uuid::parse_str(id.as_str()).expect("a UUID").get_version_num(), 8);
    }

    #[test]
    fn the_same_message_has_the_same_id_whoever_plans_it() {
        let parts = ["app", "owner", "car", "TYPE", "CODE"].map(String::from);
        let mut again = error(&parts);
        again.event_id = "another event".into();
        again.recipient.email = Some("new@example.com".into());
        again.moment.sequence = Some(7);
        let id = |error| DispatchId::of(error, 1, 0, &Target::Email);
        assert_eq!(id(&error(&parts)), id(&again));
    }
}
