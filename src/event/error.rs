//! Smartcar's error object and the vehicle it is about: the parts that native events and webhooks share.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::text::{self, LINE, breaks_line, shown};
use super::wire::{Leaf, Part};
use super::{ErrorKey, Reason, Reject, Resolution, State, Vehicle};

/// Bytes of a type or a code.
const LONGEST_WORD: usize = 100;
/// Bytes of what Smartcar proposes. Nobody can use more, and the ledger would keep it.
const LONGEST_HINT: usize = 4096;

/// Smartcar's error object, verbatim (API v2). What is not named here is ignored.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Error")]
pub(super) struct WireError {
    /// `CONNECTED_SERVICES_ACCOUNT`, …; in any case.
    #[serde(rename = "type")]
    #[schemars(with = "String", length(max = 100), regex(pattern = r"^[A-Za-z0-9_.-]+$"))]
    kind: Leaf,
    /// `AUTHENTICATION_FAILED`, …; in any case. Types without codes have null.
    #[schemars(with = "Option<String>", length(max = 100), regex(pattern = r"^[A-Za-z0-9_.-]*$"))]
    code: Leaf,
    /// A webhook says it here; a native event may say it here instead of at its top.
    #[schemars(with = "Option<WireState>")]
    state: Leaf,
    /// What Smartcar proposes: an object, in older payloads a bare string.
    #[serde(default)]
    #[schemars(schema_with = "resolution_schema")]
    resolution: Leaf,
}

/// Whether the error is there or gone. Missing means ERROR.
#[derive(JsonSchema)]
#[schemars(rename = "State", rename_all = "UPPERCASE")]
#[expect(dead_code, reason = "the form that the schema shows; any case is read")]
pub(super) enum WireState {
    Error,
    Resolved,
}

/// The car.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Vehicle")]
pub(super) struct WireVehicle {
    /// Smartcar's id of the vehicle.
    #[schemars(with = "Option<String>", length(max = 256), regex(pattern = LINE))]
    id: Leaf,
    /// The owner's own name for it.
    #[schemars(with = "Option<String>")]
    name: Leaf,
    /// As Smartcar writes it: `TESLA`.
    #[schemars(with = "Option<String>")]
    make: Leaf,
    #[schemars(with = "Option<String>")]
    model: Leaf,
    #[schemars(with = "Option<i32>")]
    year: Leaf,
}

impl WireError {
    /// The error's name.
    ///
    /// # Errors
    /// [`Reason::BadField`] when the type is no word, or the code neither a word nor null.
    pub(super) fn key(&self, path: &str) -> Result<ErrorKey, Reject> {
        let expected = "expected an error type such as `CONNECTED_SERVICES_ACCOUNT`";
        let Some(kind) = self.kind.text() else {
            return Err(bad(&format!("{path}.type"), self.kind.found(), expected));
        };
        word(kind, &format!("{path}.type"), expected)?;
        let expected = "expected an error code or null";
        let code = match self.code.text() {
            None if self.code.is_empty() => None,
            None => return Err(bad(&format!("{path}.code"), self.code.found(), expected)),
            Some(code) => {
                word(code, &format!("{path}.code"), expected)?;
                Some(code)
            }
        };
        Ok(ErrorKey::new(kind, code))
    }

    pub(super) fn state(&self, path: &str) -> Result<Option<State>, Reject> {
        state(&self.state, &format!("{path}.state"))
    }

    /// Never fails: what Smartcar proposes is only a hint.
    pub(super) fn resolution(&self) -> Resolution {
        let text = |value: Option<&Value>| {
            let text = value.and_then(Value::as_str).map(str::trim);
            text.filter(|text| !text.is_empty() && text.len() <= LONGEST_HINT).map(str::to_owned)
        };
        match &self.resolution.0 {
            Value::Object(object) => Resolution { kind: text(object.get("type")), url: text(object.get("url")) },
            Value::String(bare) if bare.trim().starts_with("https://") => {
                Resolution { kind: None, url: text(Some(&self.resolution.0)) }
            }
            other => Resolution { kind: text(Some(other)), url: None },
        }
    }
}

/// Reads ERROR or RESOLVED in any case. `None`: it says nothing.
pub(super) fn state(leaf: &Leaf, field: &str) -> Result<Option<State>, Reject> {
    let expected = "expected `ERROR` or `RESOLVED`";
    match leaf.text() {
        None if leaf.is_empty() => Ok(None),
        None => Err(bad(field, leaf.found(), expected)),
        Some(text) if text.eq_ignore_ascii_case("ERROR") => Ok(Some(State::Error)),
        Some(text) if text.eq_ignore_ascii_case("RESOLVED") => Ok(Some(State::Resolved)),
        Some(text) => Err(bad(field, &shown(text), expected)),
    }
}

/// Reads the car; `elsewhere` is its id if the part itself has none.
pub(super) fn vehicle(part: &Part<WireVehicle>, elsewhere: &Leaf, path: [&str; 2]) -> Result<Vehicle, Reject> {
    if let Part::Other(found) = part {
        return Err(bad(path[0], found, "expected an object"));
    }
    let vehicle = part.read();
    let line = |leaf: fn(&WireVehicle) -> &Leaf| vehicle.and_then(|vehicle| leaf(vehicle).text()).and_then(text::name);
    let inner = vehicle.map(|vehicle| &vehicle.id).filter(|id| !id.is_empty());
    let id = match inner {
        Some(id) => identify(id, &format!("{}.id", path[0]))?,
        None => identify(elsewhere, path[1])?,
    };
    let year = vehicle.and_then(|vehicle| vehicle.year.natural()).and_then(|year| i32::try_from(year).ok());
    Ok(Vehicle {
        id,
        name: line(|vehicle| &vehicle.name),
        make: line(|vehicle| &vehicle.make),
        model: line(|vehicle| &vehicle.model),
        year: year.filter(|year| (1900..2200).contains(year)),
    })
}

/// An id that is there but unusable is a fault: it says whose link is built and which incident this is.
fn identify(leaf: &Leaf, path: &str) -> Result<Option<String>, Reject> {
    let expected = "expected the vehicle's id";
    match leaf.text_or_number() {
        None if leaf.is_empty() => Ok(None),
        None => Err(bad(path, leaf.found(), expected)),
        Some(id) => match text::fault_of_id(&id) {
            None => Ok(Some(id)),
            Some(fault) => Err(bad(path, fault, expected)),
        },
    }
}

/// A type or code keys the content and the ledger, where `:` stands between the two.
fn word(text: &str, field: &str, expected: &str) -> Result<(), Reject> {
    let fault = if text.len() > LONGEST_WORD {
        "longer than 100 bytes"
    } else if text.contains(':') || text.chars().any(breaks_line) {
        "a text with `:` or control characters"
    } else {
        return Ok(());
    };
    Err(bad(field, fault, expected))
}

pub(super) fn bad(field: &str, found: &str, expected: &str) -> Reject {
    Reject::new(Reason::BadField, format!("`{field}` is {found}; {expected}"))
}

fn resolution_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": ["object", "string", "null"],
        "properties": { "type": { "type": ["string", "null"] }, "url": { "type": ["string", "null"] } }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wire(value: Value) -> WireError {
        WireError::deserialize(value).unwrap()
    }

    #[test]
    fn a_type_must_be_a_word() {
        for kind in [json!(null), json!(7), json!(""), json!("  "), json!({}), json!("A:B"), json!("A\nB")] {
            let reject = wire(json!({ "type": kind })).key("error").unwrap_err();
            assert_eq!(reject.reason, Reason::BadField, "{kind}");
            assert!(reject.detail.starts_with("`error.type` is "), "{reject}");
        }
        assert!(wire(json!({ "type": "X".repeat(101) })).key("error").is_err());
    }

    #[test]
    fn a_code_is_a_word_or_nothing() {
        for (code, expected) in [
            (json!("Authentication_Failed"), "T:AUTHENTICATION_FAILED"),
            (json!(null), "T:null"),
            (json!(""), "T:null"),
            (json!("null"), "T:null"),
        ] {
            assert_eq!(wire(json!({ "type": "t", "code": code })).key("error").unwrap().to_string(), expected);
        }
        for code in [json!(400), json!([]), json!("a:b")] {
            assert_eq!(wire(json!({ "type": "t", "code": code })).key("error").unwrap_err().reason, Reason::BadField);
        }
    }

    #[test]
    fn a_resolution_is_read_in_every_form() {
        let url = "https://connect.smartcar.com/oauth/reauthenticate";
        let read = |resolution: Value| wire(json!({ "type": "T", "resolution": resolution })).resolution();
        let both = |kind: Option<&str>, url: Option<&str>| Resolution {
            kind: kind.map(str::to_owned),
            url: url.map(str::to_owned),
        };
        assert_eq!(read(json!({ "type": "REAUTHENTICATE", "url": url })), both(Some("REAUTHENTICATE"), Some(url)));
        assert_eq!(read(json!({ "type": null })), both(None, None));
        assert_eq!(read(json!("RETRY_LATER")), both(Some("RETRY_LATER"), None));
        assert_eq!(read(json!(url)), both(None, Some(url)));
        let endless =
            json!({ "type": "x".repeat(LONGEST_HINT + 1), "url": format!("{url}?{}", "x".repeat(LONGEST_HINT)) });
        for nothing in [json!(null), json!(7), json!([]), json!(""), json!({ "type": 1, "url": [] }), endless] {
            assert_eq!(read(nothing), both(None, None));
        }
        assert_eq!(wire(json!({ "type": "T" })).resolution(), both(None, None));
    }

    #[test]
    fn a_state_is_read_in_any_case_and_never_guessed() {
        assert_eq!(state(&Leaf(json!("resolved")), "state"), Ok(Some(State::Resolved)));
        assert_eq!(state(&Leaf(json!(null)), "state"), Ok(None));
        for unknown in [json!("CLEARED"), json!(true), json!({})] {
            assert_eq!(state(&Leaf(unknown), "state").unwrap_err().reason, Reason::BadField);
        }
    }

    #[test]
    fn a_car_without_an_id_takes_the_one_beside_it() {
        let part = Part::Read(WireVehicle::default());
        let read = vehicle(&part, &Leaf(json!("v-1")), ["data.vehicle", "vehicleId"]).unwrap();
        assert_eq!(read.id.as_deref(), Some("v-1"));
        assert_eq!(vehicle(&Part::Missing, &Leaf::default(), ["vehicle", ""]), Ok(Vehicle::default()));
    }

    #[test]
    fn an_unusable_car_is_a_fault_and_an_unusable_ornament_is_not() {
        for id in [json!({}), json!(true), json!("a\r\nb")] {
            let part = Part::<WireVehicle>::deserialize(json!({ "id": id })).unwrap();
            assert_eq!(vehicle(&part, &Leaf::default(), ["vehicle", ""]).unwrap_err().reason, Reason::BadField);
        }
        let part = Part::deserialize(json!({ "id": 5, "name": "<b>\r\nIda", "make": 3, "year": "MMXX" })).unwrap();
        let expected = Vehicle { id: Some("5".into()), name: Some("<b>  Ida".into()), ..Vehicle::default() };
        assert_eq!(vehicle(&part, &Leaf::default(), ["vehicle", ""]), Ok(expected));
    }
}
