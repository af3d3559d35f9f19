//! The way in: bytes of one message → what it says, or why it cannot be read. Never panics.

use std::collections::BTreeSet;
use std::fmt::Write;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::cloudevents::CloudEvent;
use super::error::bad;
use super::native::Native;
use super::text::{LONGEST_ID, fault_of_id, shown};
use super::webhook::Webhook;
use super::wire::{Leaf, found};
use super::{Reason, Reject, Undated, VehicleError, time};
use crate::diagnostic;
use crate::event::Properties;

/// What is known of an event besides its body.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub properties: &'a Properties,
    pub arrived: Timestamp,
    /// The ids of the apps that are configured.
    pub apps: &'a BTreeSet<String>,
    /// A longer body is not read.
    pub max_bytes: usize,
}

/// What an event says. A webhook holds several errors; a bad one is rejected and its neighbours stand.
#[derive(Debug, Default, PartialEq)]
pub struct Parsed {
    pub errors: Vec<VehicleError>,
    pub rejected: Vec<Reject>,
}

/// Reads an event in any of the accepted shapes.
pub fn parse(body: &[u8], context: &Context<'_>) -> Parsed {
    read(body, context).unwrap_or_else(|reject| Parsed { errors: Vec::new(), rejected: vec![reject] })
}

fn read(body: &[u8], context: &Context<'_>) -> Result<Parsed, Reject> {
    if body.len() > context.max_bytes {
        let detail = format!("the event has {} bytes; at most {} are read", body.len(), context.max_bytes);
        return Err(Reject::new(Reason::TooLarge, detail));
    }
    let value = from_json(body, "")?;
    let mut frame = Frame { context, body, prefix: "", id: Leaf::default(), time: None };
    match Shape::of(&value)? {
        Shape::CloudEvent => {
            let mut envelope: CloudEvent = mirror(value)?;
            let inside = envelope.open()?;
            frame.time = time::read(&envelope.time, "time", context.arrived)?;
            frame.id = envelope.id;
            frame.prefix = "data.";
            match Shape::of(&inside)? {
                Shape::CloudEvent => Err(unknown_shape("`data` is an envelope too")),
                Shape::Native => read_native(inside, &frame),
                Shape::Webhook => mirror::<Webhook>(inside)?.read(&frame),
            }
        }
        Shape::Native => read_native(value, &frame),
        Shape::Webhook => mirror::<Webhook>(value)?.read(&frame),
    }
}

fn read_native(value: Value, frame: &Frame<'_>) -> Result<Parsed, Reject> {
    let error = mirror::<Native>(value)?.read(frame)?;
    Ok(Parsed { errors: vec![error], rejected: Vec::new() })
}

/// Reads JSON; `place` says where it stands, for people.
pub(super) fn from_json(bytes: &[u8], place: &str) -> Result<Value, Reject> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Reject::new(Reason::NotUtf8, format!("byte {}{place} is not UTF-8", error.valid_up_to() + 1))
    })?;
    // Some producers on Windows begin with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).map_err(|error| {
        let detail = format!("{error}{place}");
        // serde_json has no other sign of its depth limit, which stands at 128.
        let too_deep = detail.starts_with("recursion limit exceeded");
        Reject::new(if too_deep { Reason::TooDeep } else { Reason::NotJson }, detail)
    })
}

/// The mirrors read every object; should one ever fail, the event is kept for a person to look at.
fn mirror<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T, Reject> {
    T::deserialize(value).map_err(|error| Reject::new(Reason::BadField, error.to_string()))
}

enum Shape {
    Native,
    Webhook,
    CloudEvent,
}

impl Shape {
    /// By the fields that only one shape has. An event that fits none is rejected rather than guessed.
    fn of(value: &Value) -> Result<Self, Reject> {
        let Value::Object(object) = value else {
            return Err(unknown_shape(&format!("the event is {}", found(value))));
        };
        let has = |key: &str| object.contains_key(key);
        if has("error") && has("recipient") {
            Ok(Self::Native)
        } else if has("eventType") {
            Ok(Self::Webhook)
        } else if has("specversion") {
            Ok(Self::CloudEvent)
        } else if has("error") || has("recipient") {
            Ok(Self::Native)
        } else {
            let keys: Vec<_> = object.keys().take(6).map(|key| shown(key)).collect();
            let keys = if keys.is_empty() { "nothing".to_owned() } else { keys.join(", ") };
            Err(unknown_shape(&format!("the event has {keys} at its top")))
        }
    }
}

fn unknown_shape(found: &str) -> Reject {
    let expected = "expected `error` and `recipient` (native), `eventType` (Smartcar webhook) \
                    or `specversion` (CloudEvents) around one of them";
    Reject::new(Reason::UnknownShape, format!("{found}; {expected}"))
}

/// What the parts of one event have in common: where they stand, and what serves when they say nothing.
pub(super) struct Frame<'a> {
    context: &'a Context<'a>,
    body: &'a [u8],
    /// `data.` inside an envelope.
    prefix: &'static str,
    /// The envelope's.
    id: Leaf,
    time: Option<Timestamp>,
}

/// What an event is known by.
pub(super) struct Mark {
    /// Its id, else a hash: the same on every delivery.
    pub(super) event_id: String,
    /// When it happened, else when it came.
    pub(super) at: Timestamp,
    pub(super) undated: Option<Undated>,
}

impl Frame<'_> {
    pub(super) fn path(&self, field: &str) -> String {
        format!("{}{field}", self.prefix)
    }

    /// What the event is known by; `field` is where its time stands.
    pub(super) fn mark(&self, id: &Leaf, time: &Leaf, field: &str) -> Result<Mark, Reject> {
        let name = self.name(id);
        let said = self.time(time, field)?;
        let undated = match (said, &name) {
            (Some(_), _) => None,
            (None, Some(_)) => Some(Undated::Named),
            (None, None) => Some(Undated::Nameless),
        };
        let event_id = name.unwrap_or_else(|| hash(self.body));
        Ok(Mark { event_id, at: said.unwrap_or(self.context.arrived), undated })
    }

    /// The event's own id, else the envelope's, else the broker's. An id that is unusable (empty, too long, not on one line)
    /// is as good as none.
    fn name(&self, own: &Leaf) -> Option<String> {
        [own.text_or_number(), self.id.text_or_number(), self.context.properties.message_id.clone()]
            .into_iter()
            .flatten()
            .find(|id| !id.trim().is_empty() && fault_of_id(id).is_none())
    }

    /// The event's own time, else the envelope's, else the broker's.
    fn time(&self, own: &Leaf, field: &str) -> Result<Option<Timestamp>, Reject> {
        let arrived = self.context.arrived;
        let said = time::read(own, &self.path(field), arrived)?;
        Ok(said.or(self.time).or_else(|| time::from_broker(self.context.properties.timestamp, arrived)))
    }

    /// The event's own app, else the header's, else the only one configured.
    pub(super) fn app(&self, own: &Leaf) -> Result<String, Reject> {
        let apps = self.context.apps;
        let header = self.context.properties.app.as_deref().map(str::trim).filter(|app| !app.is_empty());
        let (place, app) = match (own.text(), header) {
            (Some(app), _) => (format!("`{}`", self.path("app")), app),
            (None, _) if !own.is_empty() => return Err(bad(&self.path("app"), own.found(), "expected an app's id")),
            (None, Some(app)) => ("the header `app`".to_owned(), app),
            (None, None) => {
                return match (apps.first(), apps.len()) {
                    (Some(only), 1) => Ok(only.clone()),
                    (_, count) => Err(Reject::new(
                        Reason::UnknownApp,
                        format!("the event names no app, and {count} are configured; add `app`"),
                    )),
                };
            }
        };
        if apps.contains(app) {
            return Ok(app.to_owned());
        }
        let hint = match nearest(app, apps) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add `[apps.{}]` to the configuration", shown(app).trim_matches('`')),
        };
        Err(Reject::new(Reason::UnknownApp, format!("{place} is {}, which is not configured; {hint}", shown(app))))
    }
}

fn nearest<'a>(app: &str, apps: &'a BTreeSet<String>) -> Option<&'a str> {
    // The comparison takes time and memory by the product of the lengths.
    let apps = apps.iter().filter(|_| app.len() <= LONGEST_ID).map(String::as_str);
    diagnostic::nearest(&app.to_lowercase(), apps, str::to_lowercase)
}

fn hash(body: &[u8]) -> String {
    Sha256::digest(body).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
