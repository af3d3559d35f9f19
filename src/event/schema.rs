//! The JSON Schema of what is accepted, from the same mirrors that read it.
//!
//! Whatever the schema accepts the parser accepts, except where a schema cannot know: whether a time is plausible, whether
//! an app is configured, how long an id is in bytes, and what stands in the text of a CloudEvents envelope. The parser
//! reads some more, for the sake of producers that are older than the schema.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::cloudevents::CloudEvent;
use super::native::Native;
use super::webhook::Webhook;

/// An event in any of its accepted shapes.
#[derive(schemars::JsonSchema)]
#[schemars(rename = "Event", untagged)]
#[expect(dead_code, reason = "read shape by shape; this is their sum for the schema")]
enum Event {
    Native(Box<Native>),
    Webhook(Box<Webhook>),
    Envelope(Box<CloudEvent>),
}

/// JSON Schema (draft 2020-12) of the accepted events.
pub fn schema() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Event>().to_value()
}
