//! The native event: Smartcar's error object with the owner beside it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::error::{self, WireError, WireState, WireVehicle, bad};
use super::parse::Frame;
use super::recipient::WireRecipient;
use super::wire::{Leaf, Part};
use super::{Moment, Reject, State, VehicleError};

/// A native event. What is not named here is ignored.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "NativeEvent")]
pub(super) struct Native {
    /// Unique for each event. Without it: the broker's message id, else a hash of the body.
    #[schemars(with = "Option<String>")]
    id: Leaf,
    /// RFC 3339 with an offset, or epoch milliseconds. Without it: the broker's timestamp, else the arrival.
    #[serde(default)]
    #[schemars(schema_with = "time_schema")]
    occurred_at: Leaf,
    /// Orders the events of one vehicle better than their times do.
    #[schemars(with = "Option<u64>")]
    sequence: Leaf,
    /// An id of `[apps]`. Without it: the header `app`, else the only app configured.
    #[schemars(with = "Option<String>")]
    app: Leaf,
    /// Missing means ERROR.
    #[schemars(with = "Option<WireState>")]
    state: Leaf,
    #[schemars(with = "WireRecipient")]
    recipient: Part<WireRecipient>,
    #[schemars(with = "Option<WireVehicle>")]
    vehicle: Part<WireVehicle>,
    #[schemars(with = "WireError")]
    error: Part<WireError>,
}

impl Native {
    pub(super) fn read(&self, frame: &Frame<'_>) -> Result<VehicleError, Reject> {
        let path = frame.path("error");
        let Some(wire) = self.error.read() else {
            return Err(bad(&path, self.error.found(), "expected Smartcar's error object"));
        };
        let recipient = self.recipient.read().unwrap_or(&WireRecipient::default()).read(&frame.path("recipient"))?;
        let state = match error::state(&self.state, &frame.path("state"))? {
            Some(state) => state,
            None => wire.state(&path)?.unwrap_or(State::Error),
        };
        let (app, key) = (frame.app(&self.app)?, wire.key(&path)?);
        let mark = frame.mark(&self.id, &self.occurred_at, "occurredAt")?;
        Ok(VehicleError {
            event_id: mark.event_id,
            app,
            key,
            state,
            moment: Moment { at: mark.at, sequence: self.sequence(frame)? },
            undated: mark.undated,
            recipient,
            vehicle: error::vehicle(&self.vehicle, &Leaf::default(), [&frame.path("vehicle"), ""])?,
            resolution: wire.resolution(),
            test: false,
        })
    }

    fn sequence(&self, frame: &Frame<'_>) -> Result<Option<u64>, Reject> {
        match self.sequence.natural() {
            None if !self.sequence.is_empty() => {
                let expected = "expected a whole number that is not negative";
                Err(bad(&frame.path("sequence"), self.sequence.found(), expected))
            }
            sequence => Ok(sequence),
        }
    }
}

/// A time of the years that can be true; the exact bounds depend on when the event arrives.
pub(super) fn time_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": ["string", "integer", "null"],
        "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
    })
}
