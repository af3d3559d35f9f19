//! The CloudEvents 1.0 envelope in JSON (structured mode), around one of the other shapes.
//!
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::Value;

use super::error::bad;
use super::native::{Native, time_schema};
use super::parse::from_json;
use super::text::shown;
use super::webhook::Webhook;
use super::wire::Leaf;
use super::{Reason, Reject};

/// A CloudEvents 1.0 envelope around a native event or a Smartcar webhook. Its other attributes are ignored.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "CloudEvent")]
#[schemars(extend("anyOf" = [
    { "required": ["data"], "properties": { "data": { "type": ["object", "string"] } } },
    { "required": ["data_base64"], "properties": { "data": { "type": "null" } } },
]))]
pub(super) struct CloudEvent {
    #[schemars(with = "String", regex(pattern = r"^1\."))]
    specversion: Leaf,
    /// Serves when the event inside has no id.
    #[schemars(with = "Option<String>")]
    pub(super) id: Leaf,
    /// Serves when the event inside has no time.
    #[serde(default)]
    #[schemars(schema_with = "time_schema")]
    pub(super) time: Leaf,
    /// The event, or its JSON text.
    #[serde(default)]
    #[schemars(schema_with = "data_schema")]
    data: Leaf,
    /// The event's JSON text in base64, used when there is no `data`.
    #[serde(default)]
    #[schemars(schema_with = "base64_schema")]
    data_base64: Leaf,
}

impl CloudEvent {
    /// Takes the event out of its envelope.
    pub(super) fn open(&mut self) -> Result<Value, Reject> {
        match self.specversion.text() {
            Some(version) if version.starts_with("1.") => {}
            other => {
                let found = other.map_or_else(|| self.specversion.found().to_owned(), shown);
                let detail = format!("`specversion` is {found}; expected `1.0`");
                return Err(Reject::new(Reason::UnknownShape, detail));
            }
        }
        match std::mem::take(&mut self.data.0) {
            Value::Null => self.decode(),
            Value::String(text) => from_json(text.as_bytes(), " in `data`"),
            data => Ok(data),
        }
    }

    fn decode(&self) -> Result<Value, Reject> {
        let expected = "expected the event's JSON in base64";
        let Some(text) = self.data_base64.text() else {
            return Err(match self.data_base64.found() {
                "missing" => bad("data", "missing", "expected an event in the envelope"),
                found => bad("data_base64", found, expected),
            });
        };
        let bytes =
            STANDARD.decode(text).map_err(|error| bad("data_base64", &format!("no base64 ({error})"), expected))?;
        from_json(&bytes, " in `data_base64`")
    }
}

fn data_schema(generator: &mut SchemaGenerator) -> Schema {
    let inside = [generator.subschema_for::<Native>(), generator.subschema_for::<Webhook>()];
    schemars::json_schema!({ "anyOf": [
        inside[0],
        inside[1],
        { "type": "string", "contentMediaType": "application/json", "contentSchema": { "anyOf": inside } },
        { "type": "null" },
    ] })
}

fn base64_schema(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": ["string", "null"], "contentEncoding": "base64", "contentMediaType": "application/json" })
}
