//! Deterministic ids: the same incident, opening, step and address give the same dispatch, whoever plans it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::event::VehicleError;
use crate::policy::Target;

/// The id of a dispatch: a UUID (RFC 9562, version 8), so that it can serve as `apns-id` and in a Message-ID.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DispatchId(String);

impl DispatchId {
    /// The id of the message about `error`'s incident in its `opening`, on rung `step`, to `target`.
    pub fn of(error: &VehicleError, opening: u32, step: u16, target: &Target) -> Self {
        let mut hash = Sha256::new();
        let mut field = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        for part in incident_parts(error) {
            field(part.as_bytes());
        }
        field(&opening.to_be_bytes());
        field(&step.to_be_bytes());
        // The mailbox may change between two tries; it is still the same message.
        field(format!("{target:?}").as_bytes());
        let digest = hash.finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string())
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

/// What makes an incident: "this error is open for this vehicle, owner and app".
pub(super) fn incident_parts(error: &VehicleError) -> [String; 4] {
    [error.app.clone(), error.recipient.id.clone(), error.vehicle.id.clone().unwrap_or_default(), error.key.to_string()]
}
