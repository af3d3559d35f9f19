//! The form of what is told: CloudEvents 1.0, structured, as JSON (<https://github.com/cloudevents/spec>). Fields may be
//! added; none changes its meaning.
//!
//! No address is told, only a fingerprint that whoever knows the address can compute as well.

use jiff::Timestamp;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::ledger::{Fingerprint, Outcome};
use crate::policy::News;

/// What is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Of the outcome that it tells of.
    pub(super) place: i64,
    /// The same whenever it is told of the same end.
    pub id: String,
    /// Of the event, after CloudEvents.
    pub kind: String,
    pub routing_key: String,
    pub at: Timestamp,
    /// JSON.
    pub body: Vec<u8>,
}

impl Event {
    pub const CONTENT_TYPE: &'static str = "application/cloudevents+json";

    /// The events that an outcome makes: the end of its dispatch, and that an address is dead, if that was why.
    pub fn of(outcome: &Outcome) -> impl Iterator<Item = Self> {
        [delivery(outcome), dead(outcome)].into_iter().flatten()
    }
}

/// JSON Schema (draft 2020-12) of all that is told.
pub fn schema() -> serde_json::Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Told<'_>>().to_value()
}

/// An outcome as it is told: a CloudEvents envelope around what happened.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Outcome")]
enum Told<'a> {
    Delivery(Envelope<'a, DeliveryType, Delivery<'a>>),
    DeadAddress(Envelope<'a, DeadAddressType, DeadAddress<'a>>),
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{D}Event")]
struct Envelope<'a, T, D> {
    #[schemars(extend("const" = "1.0"))]
    specversion: &'static str,
    /// The same whenever this is told again: a receiver that knows it has heard it.
    id: String,
    /// `/dashlight/APP`.
    #[schemars(extend("format" = "uri-reference"))]
    source: String,
    r#type: T,
    /// Of a delivery the dispatch, of an address its owner.
    subject: &'a str,
    /// When it happened.
    #[schemars(extend("format" = "date-time"))]
    time: String,
    #[schemars(extend("const" = "application/json"))]
    datacontenttype: &'static str,
    data: D,
}

/// How a dispatch ended.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
enum DeliveryType {
    /// A carrier has accepted it.
    #[serde(rename = "dashlight.delivery.accepted")]
    Accepted,
    /// It was not sent, for the `reason`; another address may have been tried in its place, as a dispatch of its own.
    #[serde(rename = "dashlight.delivery.failed")]
    Failed,
    /// It was no longer wanted.
    #[serde(rename = "dashlight.delivery.cancelled")]
    Cancelled,
    /// It could not be sent in its time.
    #[serde(rename = "dashlight.delivery.expired")]
    Expired,
    /// It may or may not have been sent, and is not sent again unless an operator says so.
    #[serde(rename = "dashlight.delivery.unknown")]
    Unknown,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
enum DeadAddressType {
    #[serde(rename = "dashlight.address.invalid")]
    Invalid,
}

/// The end of one message to one address.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Delivery<'a> {
    dispatch: &'a str,
    /// The error of this vehicle, owner and app, however often it opened.
    incident: String,
    /// The newest event about it; null: nothing more is known of the incident.
    event: Option<&'a str>,
    app: &'a str,
    recipient: &'a str,
    vehicle: Option<&'a str>,
    r#type: &'a str,
    code: Option<&'a str>,
    /// How often the incident had opened, from 1.
    opening: u32,
    /// The rung of the notice's ladder, from 1; null: it says that all is well again.
    step: Option<u32>,
    #[schemars(extend("enum" = ["email", "push"]))]
    channel: &'a str,
    /// Tries begun.
    attempts: u32,
    /// The last that was asked; null: none was.
    transport: Option<&'a str>,
    /// The carrier's own id of the message.
    provider_id: Option<&'a str>,
    reason: Option<Reason>,
    /// What the carrier said, or Dashlight, for people. Without addresses.
    detail: Option<&'a str>,
    /// The language of the message.
    locale: Option<&'a str>,
    /// The content that it was composed from.
    revision: Option<&'a str>,
    #[schemars(extend("format" = "date-time"))]
    planned_at: String,
    /// When it was to be sent or tried last.
    #[schemars(extend("format" = "date-time"))]
    due_at: String,
    #[schemars(extend("format" = "date-time"))]
    ended_at: String,
}

/// An address that a carrier says does not exist, or not any more. It is not used again.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeadAddress<'a> {
    app: &'a str,
    recipient: &'a str,
    #[schemars(extend("enum" = ["email", "push"]))]
    channel: &'a str,
    address: Address<'a>,
    /// The message that could not be delivered.
    dispatch: &'a str,
    transport: Option<&'a str>,
    /// What the carrier said, for people. Without addresses.
    detail: Option<&'a str>,
    #[schemars(extend("format" = "date-time"))]
    reported_at: String,
}

/// Which address, without the address.
#[derive(Serialize, JsonSchema)]
struct Address<'a> {
    #[schemars(extend("enum" = ["email", "fcm", "apns", "webpush", "other"]))]
    kind: &'static str,
    /// SHA-256, hexadecimal, of app, recipient, kind and address, joined by line feeds; of an e-mail address in small letters.
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    sha256: &'a str,
}

/// Why it did not go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Reason {
    /// Failed: the address does not exist, or not any more.
    AddressInvalid,
    /// Failed: the address was found dead before, and nobody has brought another.
    Suppressed,
    /// Failed: there is no address for the channel.
    NoAddress,
    /// Failed: the carrier refused the message.
    Refused,
    /// Failed: the content could not be composed.
    Content,
    /// Failed: Dashlight's own fault.
    Panicked,
    /// Cancelled: the error has gone.
    Resolved,
    /// Cancelled: the error came anew, with messages of its own.
    Superseded,
    /// Cancelled: it waited until its own reminder was due.
    Overtaken,
    /// Cancelled: it was to say that all is well, and the owner had not been told of the trouble.
    Untold,
    /// Expired while it waited for the owner's day.
    QuietHours,
    /// Expired while it waited for a day on which the owner had got less.
    DailyCap,
    /// Expired behind a more fundamental error of the same car.
    Inhibited,
    /// Expired while no transport could be used.
    CarrierDown,
    /// Expired while the transport carried others, as many as its rate allows.
    RateLimit,
    /// Expired while the recipient's domain got no more.
    DomainLimit,
    /// Expired while the directory, which knows the address, could not be asked.
    DirectoryDown,
    /// Expired while it was asked once more about an owner whom it did not know any more.
    OwnerUnknown,
    /// By a worker of another release.
    Other,
}

impl Reason {
    fn from_stored(stored: &str) -> Self {
        Self::deserialize(serde::de::value::StrDeserializer::<serde::de::value::Error>::new(stored))
            .unwrap_or(Self::Other)
    }
}

/// `None`: it ended in a way that this release has no word for, and that another has written.
fn delivery(outcome: &Outcome) -> Option<Event> {
    let (r#type, word) = match outcome.state.as_str() {
        "sent" => (DeliveryType::Accepted, "accepted"),
        "failed" => (DeliveryType::Failed, "failed"),
        "cancelled" => (DeliveryType::Cancelled, "cancelled"),
        "expired" => (DeliveryType::Expired, "expired"),
        "unknown" => (DeliveryType::Unknown, "unknown"),
        state => {
            tracing::error!(id = %outcome.dispatch, state, "an outcome of another release cannot be told");
            return None;
        }
    };
    let [app, recipient, vehicle, kind, code] = outcome.parts.each_ref().map(String::as_str);
    let data = Delivery {
        dispatch: outcome.dispatch.as_str(),
        incident: outcome.incident(),
        event: outcome.error.as_ref().map(|error| error.event_id.as_str()),
        app,
        recipient,
        vehicle: Some(vehicle).filter(|vehicle| !vehicle.is_empty()),
        r#type: kind,
        code: Some(code).filter(|code| !code.is_empty()),
        opening: outcome.opening,
        step: (News::of_step(outcome.step) == News::Problem).then(|| u32::from(outcome.step) + 1),
        channel: &outcome.channel,
        attempts: outcome.attempt,
        transport: outcome.transport.as_deref(),
        provider_id: outcome.provider_id.as_deref(),
        reason: outcome.reason.as_deref().map(Reason::from_stored),
        detail: outcome.detail.as_deref(),
        locale: outcome.locale.as_deref(),
        revision: outcome.revision.as_deref(),
        planned_at: outcome.created_at.to_string(),
        due_at: outcome.due_at.to_string(),
        ended_at: outcome.ended_at.to_string(),
    };
    let subject = outcome.dispatch.as_str();
    event(outcome, &format!("delivery.{word}"), |id| Told::Delivery(envelope(outcome, id, r#type, subject, data)))
}

fn dead(outcome: &Outcome) -> Option<Event> {
    let address: &Fingerprint = outcome.address.as_ref()?;
    let [app, recipient, ..] = outcome.parts.each_ref().map(String::as_str);
    let data = DeadAddress {
        app,
        recipient,
        channel: &outcome.channel,
        address: Address { kind: address.kind(), sha256: address.sha256() },
        dispatch: outcome.dispatch.as_str(),
        transport: outcome.transport.as_deref(),
        detail: outcome.detail.as_deref(),
        reported_at: outcome.ended_at.to_string(),
    };
    event(outcome, "address.invalid", |id| {
        Told::DeadAddress(envelope(outcome, id, DeadAddressType::Invalid, recipient, data))
    })
}

fn envelope<'a, T, D>(outcome: &Outcome, id: String, r#type: T, subject: &'a str, data: D) -> Envelope<'a, T, D> {
    let [app, ..] = &outcome.parts;
    let (source, time) = (format!("/dashlight/{app}"), outcome.ended_at.to_string());
    Envelope { specversion: "1.0", id, source, r#type, subject, time, datacontenttype: "application/json", data }
}

/// `what` is the type, and the beginning of the routing key.
fn event<'a>(outcome: &Outcome, what: &str, told: impl FnOnce(String) -> Told<'a>) -> Option<Event> {
    let id = id(outcome, what);
    // There is nothing in it that JSON could not say.
    let body = serde_json::to_vec(&told(id.clone())).ok()?;
    let (kind, routing_key) = (format!("dashlight.{what}"), format!("{what}.{}", outcome.channel));
    Some(Event { place: outcome.place, id, kind, routing_key, at: outcome.ended_at, body })
}

/// A UUID (RFC 9562, version 8) of what tells this end apart from every other: the dispatch, which may end once for each of its
/// claims, and the time it was planned, because an incident that was forgotten and comes again has dispatches of the same ids.
fn id(outcome: &Outcome, what: &str) -> String {
    let (dispatch, token, planned) = (&outcome.dispatch, outcome.token, outcome.created_at.as_microsecond());
    let digest = Sha256::digest(format!("{dispatch} {token} {planned} {what}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{CancelReason, FailReason, PostponeReason};

    #[test]
    fn every_reason_of_the_ledger_has_its_word() {
        let failed = {
            use FailReason::{AddressInvalid, Content, NoAddress, Panicked, Refused, Suppressed};
            [AddressInvalid, Suppressed, NoAddress, Refused, Content, Panicked].map(FailReason::as_str)
        };
        let cancelled =
            [CancelReason::Resolved, CancelReason::Superseded, CancelReason::Overtaken].map(CancelReason::as_str);
        let postponed = {
            use PostponeReason::{
                CarrierDown, DailyCap, DirectoryDown, DomainLimit, Inhibited, OwnerUnknown, QuietHours, RateLimit,
            };
            [QuietHours, DailyCap, Inhibited, CarrierDown, RateLimit, DomainLimit, DirectoryDown, OwnerUnknown]
                .map(PostponeReason::as_str)
        };
        for word in [&failed[..], &cancelled, &postponed].concat() {
            let told = serde_json::to_value(Reason::from_stored(word)).expect("a word");
            assert_eq!(told, word);
        }
        assert_eq!(Reason::from_stored("weather"), Reason::Other);
    }

    #[test]
    fn it_is_a_json_schema_that_names_every_type() {
        let schema = schema();
        jsonschema::draft202012::meta::validate(&schema).expect("a schema");
        let text = schema.to_string();
        for word in ["accepted", "failed", "cancelled", "expired", "unknown"] {
            assert!(text.contains(&format!("\"dashlight.delivery.{word}\"")), "{word}");
        }
        assert!(text.contains("\"dashlight.address.invalid\""));
    }
}
