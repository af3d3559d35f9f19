//! Smartcar's webhook `VEHICLE_ERROR` (payload 4.0), verbatim. It names the owner by id; the directory knows the rest.

use schemars::JsonSchema;
use serde::Deserialize;

use super::error::{self, WireError, WireVehicle, bad};
use super::native::time_schema;
use super::parse::{Frame, Parsed};
use super::recipient::identify;
use super::text::{ID, LINE, shown};
use super::wire::{Items, Leaf, Part};
use super::{Moment, Reason, Recipient, Reject, State, Undated, VehicleError};

/// Errors of one webhook: one car has a dozen kinds of them. More is a mistake, and each may be a question to the directory.
const MOST_ERRORS: usize = 100;

/// Smartcar's webhook `VEHICLE_ERROR`. What is not named here is ignored.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SmartcarWebhook")]
pub(super) struct Webhook {
    /// The same on every delivery of one event.
    #[schemars(with = "Option<String>")]
    event_id: Leaf,
    #[schemars(with = "String", extend("const" = "VEHICLE_ERROR"))]
    event_type: Leaf,
    /// Used when `data.vehicle.id` is missing.
    #[schemars(with = "Option<String>", length(max = 256), regex(pattern = LINE))]
    vehicle_id: Leaf,
    #[schemars(with = "Data")]
    data: Part<Data>,
    #[schemars(with = "Option<Meta>")]
    meta: Part<Meta>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "WebhookData")]
struct Data {
    #[schemars(with = "User")]
    user: Part<User>,
    #[schemars(with = "Option<WireVehicle>")]
    vehicle: Part<WireVehicle>,
    /// Each is read on its own: a bad one does not cost its neighbours.
    #[schemars(with = "Vec<WireError>", length(min = 1, max = 100))]
    errors: Items<WireError>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "WebhookUser")]
#[schemars(extend("anyOf" = [
    { "required": ["id"], "properties": { "id": { "type": "string" } } },
    { "required": ["externalId"], "properties": { "id": { "type": "null" }, "externalId": { "type": "string" } } },
]))]
struct User {
    /// The owner's id in the product.
    #[schemars(with = "Option<String>", length(max = 256), regex(pattern = ID))]
    id: Leaf,
    /// Serves when there is no `id`.
    #[schemars(with = "Option<String>", length(max = 256), regex(pattern = ID))]
    external_id: Leaf,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "WebhookMeta")]
struct Meta {
    /// RFC 3339 with an offset, or epoch milliseconds.
    #[serde(default)]
    #[schemars(schema_with = "time_schema")]
    delivered_at: Leaf,
    #[schemars(with = "Option<u64>")]
    sequence: Leaf,
    /// `LIVE`, or missing. Anything else, such as `TEST`, never reaches an owner.
    #[schemars(with = "Option<String>")]
    mode: Leaf,
}

impl Webhook {
    /// One result for each error.
    ///
    /// # Errors
    /// When what all errors share cannot be read.
    pub(super) fn read(&self, frame: &Frame<'_>) -> Result<Parsed, Reject> {
        self.check_type(frame)?;
        let Some(data) = self.data.read() else {
            return Err(bad(&frame.path("data"), self.data.found(), "expected the webhook's data"));
        };
        let errors = data.errors(frame)?;
        let common = self.common(data, frame)?;
        let mut parsed = Parsed::default();
        for (index, part) in errors.iter().enumerate() {
            match read_error(part, &frame.path(&format!("data.errors[{index}]")), &common) {
                Ok(error) => parsed.errors.push(error),
                Err(reject) => parsed.rejected.push(reject),
            }
        }
        Ok(parsed)
    }

    fn check_type(&self, frame: &Frame<'_>) -> Result<(), Reject> {
        let found = match self.event_type.text() {
            Some(name) if name.eq_ignore_ascii_case("VEHICLE_ERROR") => return Ok(()),
            Some(name) => shown(name),
            None => self.event_type.found().to_owned(),
        };
        let path = frame.path("eventType");
        let detail = format!("`{path}` is {found}; of Smartcar's webhooks only `VEHICLE_ERROR` is for owners");
        Err(Reject::new(Reason::UnknownShape, detail))
    }

    /// What all errors of this webhook share; their key, state and resolution are to be filled in.
    fn common(&self, data: &Data, frame: &Frame<'_>) -> Result<Common, Reject> {
        let nothing = Meta::default();
        let meta = self.meta.read().unwrap_or(&nothing);
        let paths = [&*frame.path("data.vehicle"), &*frame.path("vehicleId")];
        let app = frame.app(&Leaf::default())?;
        let mark = frame.mark(&self.event_id, &meta.delivered_at, "meta.deliveredAt")?;
        Ok(Common {
            event_id: mark.event_id,
            app,
            moment: Moment { at: mark.at, sequence: meta.sequence.natural() },
            undated: mark.undated,
            recipient: Recipient { id: data.user_id(frame)?, ..Recipient::default() },
            vehicle: error::vehicle(&data.vehicle, &self.vehicle_id, paths)?,
            test: !meta.mode.is_empty() && !meta.mode.text().is_some_and(|mode| mode.eq_ignore_ascii_case("LIVE")),
        })
    }
}

struct Common {
    event_id: String,
    app: String,
    moment: Moment,
    undated: Option<Undated>,
    recipient: Recipient,
    vehicle: super::Vehicle,
    test: bool,
}

impl Data {
    fn errors(&self, frame: &Frame<'_>) -> Result<&[Part<WireError>], Reject> {
        let found = match &self.errors {
            Items::Read(errors) if errors.is_empty() => "empty",
            Items::Read(errors) if errors.len() > MOST_ERRORS => "longer than 100 errors",
            Items::Read(errors) => return Ok(errors),
            Items::Missing => "missing",
            Items::Other(found) => found,
        };
        Err(bad(&frame.path("data.errors"), found, "expected an array of 1 to 100 errors"))
    }

    fn user_id(&self, frame: &Frame<'_>) -> Result<String, Reject> {
        let nothing = Leaf::default();
        let (id, external) = self.user.read().map_or((&nothing, &nothing), |user| (&user.id, &user.external_id));
        if id.is_empty() && !external.is_empty() {
            return identify(external, &frame.path("data.user.externalId"));
        }
        identify(id, &frame.path("data.user.id"))
    }
}

fn read_error(part: &Part<WireError>, path: &str, common: &Common) -> Result<VehicleError, Reject> {
    let Some(wire) = part.read() else {
        return Err(bad(path, part.found(), "expected an error object"));
    };
    Ok(VehicleError {
        event_id: common.event_id.clone(),
        app: common.app.clone(),
        key: wire.key(path)?,
        state: wire.state(path)?.unwrap_or(State::Error),
        moment: common.moment,
        undated: common.undated,
        recipient: common.recipient.clone(),
        vehicle: common.vehicle.clone(),
        resolution: wire.resolution(),
        test: common.test,
    })
}
