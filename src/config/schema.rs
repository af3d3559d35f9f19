//! The JSON Schema of `dashlight.toml`: drawn by the reader itself, from the keys it asks for, and explained by the
//! reference.
//!
//! It is of one file, not of all layers: nothing is required, since the environment may give it. What only shows beside
//! other values or outside the file is left to `load`; of spellings that differ in case it knows the usual one.

use std::cell::RefCell;

use serde_json::{Map, Value, json};

use super::section::{Reading, Section};
use super::tree::Table;
use super::{REFERENCE, sections};

/// JSON Schema (draft 2020-12) of the configuration file.
pub fn schema() -> Value {
    let reading = Reading { faults: RefCell::default(), folder: None, outline: Some(Outline::new()) };
    // All keys are missing, and every fault says so; what counts is that they were asked for.
    sections::config(Section::root(&reading, &Table::new()));
    let mut schema = reading.outline.map(|outline| outline.0.into_inner()).unwrap_or_default();
    for note in notes(REFERENCE) {
        if let Some(place) = find(&mut schema, &note.path) {
            note.explain(place);
        }
    }
    schema
}

/// The schema as it grows while a configuration is read. Places in it are JSON pointers.
#[derive(Debug)]
pub(super) struct Outline(RefCell<Value>);

impl Outline {
    fn new() -> Self {
        Self(RefCell::new(json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "dashlight.toml",
            "type": "object",
            "additionalProperties": false,
        })))
    }

    /// Adds a table to the one at `place`, and says where.
    pub(super) fn section(&self, place: &str, name: &str) -> String {
        self.add(place, "properties", name, table())
    }

    /// Adds what all tables of chosen names in the one at `place` are like, and says where.
    pub(super) fn named_sections(&self, place: &str, pattern: &str) -> String {
        self.add(place, "patternProperties", pattern, table())
    }

    /// Adds a key; `expected` is for people.
    pub(super) fn key(&self, place: &str, name: &str, expected: &str, mut schema: Value) {
        schema["description"] = expected.into();
        self.add(place, "properties", name, schema);
    }

    fn add(&self, place: &str, keyword: &str, name: &str, schema: Value) -> String {
        if let Some(section) = self.0.borrow_mut().pointer_mut(place) {
            let place = &mut section[keyword][name];
            // A section that is read once more, for another key's sake, keeps what it has.
            if place.is_null() {
                *place = schema;
            }
        }
        format!("{place}/{keyword}/{}", name.replace('~', "~0").replace('/', "~1"))
    }
}

fn table() -> Value {
    json!({ "type": "object", "additionalProperties": false })
}

/// The schema of the value at `path`.
fn find<'s>(schema: &'s mut Value, path: &[String]) -> Option<&'s mut Value> {
    path.iter().try_fold(schema, |section, name| {
        if section["properties"].get(name).is_some() {
            return section["properties"].get_mut(name);
        }
        section.get_mut("patternProperties")?.as_object_mut()?.values_mut().next()
    })
}

/// What the reference says of one section or key.
#[derive(Debug, Default)]
struct Note {
    path: Vec<String>,
    /// `None`: it is a section.
    value: Option<Value>,
    /// The value is no default: it is commented out, or stands in the example app.
    example: bool,
    comment: String,
}

impl Note {
    fn explain(self, schema: &mut Value) {
        if !self.comment.is_empty() {
            schema["description"] = match schema["description"].as_str() {
                Some(expected) => format!("{expected}; {}", self.comment).into(),
                None => self.comment.into(),
            };
        }
        match self.value {
            Some(value) if self.example => schema["examples"] = json!([value]),
            Some(value) => schema["default"] = value,
            None => {}
        }
    }
}

/// Reads the reference line by line, because comments are what a TOML parser drops. A section's comment stands above
/// it, a key's behind it; a key that is commented out is a line that is TOML without its mark. So is a blank line: an
/// empty table, which parts a comment from what follows.
fn notes(reference: &str) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut section = Vec::new();
    let mut above = Vec::new();
    for line in reference.lines() {
        let bare = line.strip_prefix("# ").unwrap_or(line);
        match toml::from_str::<Map<String, Value>>(bare) {
            Ok(parsed) if bare.starts_with('[') => {
                section = header(parsed);
                notes.push(Note { path: section.clone(), comment: above.join(" "), ..Note::default() });
            }
            Ok(parsed) => notes.extend(parsed.into_iter().map(|(key, value)| Note {
                path: section.iter().cloned().chain([key]).collect(),
                value: Some(value),
                example: bare != line || section.first().is_some_and(|first| first == "apps"),
                comment: bare.split_once(" # ").map_or("", |(_, comment)| comment.trim()).to_owned(),
            })),
            Err(_) => {
                above.push(bare);
                continue;
            }
        }
        above.clear();
    }
    notes
}

/// The names in `[a."b".c]`, which TOML reads as tables in one another.
fn header(parsed: Map<String, Value>) -> Vec<String> {
    let mut path = Vec::new();
    let mut inner = parsed;
    while let Some((name, Value::Object(table))) = inner.into_iter().next() {
        path.push(name);
        inner = table;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::super::tests::{APP, TEN_FAULTS, setup, uncommented_reference};
    use super::*;

    fn document(toml: &str) -> Value {
        toml::from_str(toml).unwrap()
    }

    /// Where the schema finds fault, in the order of the keys.
    fn faults(toml: &str) -> Vec<String> {
        let validator = jsonschema::draft202012::new(&schema()).unwrap();
        let document = document(toml);
        let mut places: Vec<String> =
            validator.iter_errors(&document).map(|fault| fault.instance_path().to_string()).collect();
        places.sort();
        places
    }

    /// Each key that holds no table, and its value.
    fn leaves(table: &Value, path: &[String]) -> Vec<(Vec<String>, Value)> {
        let entries = table.as_object().into_iter().flatten();
        let leaf = |(key, value): (&String, &Value)| {
            let path: Vec<String> = path.iter().chain([key]).cloned().collect();
            if value.is_object() { leaves(value, &path) } else { vec![(path, value.clone())] }
        };
        entries.flat_map(leaf).collect()
    }

    #[test]
    fn it_is_a_json_schema() {
        jsonschema::draft202012::meta::validate(&schema()).unwrap();
    }

    #[test]
    fn every_key_of_the_reference_is_in_it_with_its_value_and_a_word_for_people() {
        let (mut schema, defaults) = (schema(), document(REFERENCE));
        let keys = leaves(&document(&uncommented_reference()), &[]);
        assert!(keys.len() > 70, "{}", keys.len());
        for (path, value) in keys {
            let key = find(&mut schema, &path).unwrap_or_else(|| panic!("{path:?}"));
            let default = path[0] != "apps" && defaults.pointer(&format!("/{}", path.join("/"))).is_some();
            assert_eq!(key[if default { "default" } else { "examples" }], if default { value } else { json!([value]) });
            assert!(key["description"].is_string(), "{path:?}");
        }
    }

    #[test]
    fn a_comment_of_the_reference_explains_its_key_or_section() {
        let schema = schema();
        let description = |pointer| schema.pointer(pointer).unwrap()["description"].as_str().unwrap();
        assert_eq!(description("/properties/ledger"), "Where incidents and messages are remembered.");
        let drain = "1ms to 1h; how long a shutdown waits for what is in flight";
        assert_eq!(description("/properties/dispatch/properties/drain_timeout"), drain);
        assert_eq!(description("/properties/smtp/properties/password"), "a text; or password_file");
    }

    #[test]
    fn the_reference_is_valid_with_and_without_what_it_shows_in_comments() {
        assert_eq!(faults(REFERENCE), [""; 0]);
        assert_eq!(faults(&uncommented_reference()), [""; 0]);
    }

    #[test]
    fn an_unknown_key_and_a_wrong_type_are_not() {
        for (toml, place) in [
            ("prot = 25", ""),
            ("[smpt]", ""),
            ("[smtp]\nprot = 25", "/smtp"),
            ("[smtp]\nport = \"25\"", "/smtp/port"),
            ("smtp = \"mail\"", "/smtp"),
            ("[channels.fax]", "/channels"),
            ("[channels.email]\ntransports = \"smtp\"", "/channels/email/transports"),
            ("[policy.PERMISSION]", "/policy"),
            ("[apps.ChargeUp]", "/apps"),
            ("[apps.chargeup.links]\nhelp = \"https://a.example\"", "/apps/chargeup/links"),
            ("[apps.chargeup]\nscope = [1]", "/apps/chargeup/scope/0"),
        ] {
            assert_eq!(faults(toml), [place], "{toml}");
        }
    }

    #[test]
    fn of_the_ten_faults_it_finds_those_that_show_in_one_value() {
        let expected = [
            "",
            "/apps/chargeup/color",
            "/apps/chargeup/redirect_uri",
            "/apps/chargeup/sender",
            "/policy",
            "/rabbitmq/declare",
            "/rabbitmq/heartbeat",
            "/rabbitmq/prefetch",
            "/smtp",
            "/smtp/host",
        ];
        assert_eq!(faults(TEN_FAULTS), expected);
    }

    #[test]
    fn what_loads_is_valid() {
        for section in [
            "[smtp]\nmax_age = \"1m 30s\"\nmax_idle = \"PT10S\"\nconnect_timeout = \"00:00:05\"\n\
             data_timeout = \" 10 minutes \"",
            "[source]\nmax_event_bytes = 1024",
            "[source]\nmax_event_bytes = \" 512KiB \"",
            "[smtp]\nhost = \"::1\"",
            "[smtp]\nhost = \" bücher.example \"",
            "[policy.\" connected_services_account : null \"]\ngrace = \"0s\"",
            "[ledger]\nurl = \"sqlite::memory:\"",
            "[apps.my_app-2]\nname = \"A\"\nclient_id = \"c\"\nsender = \"a@b.example\"\n\
             support_url = \"HTTPS://a.example\"\ndefault_locale = \"zh-Hant-TW\"\nallowed_hosts = [\"Go.A.example\"]",
        ] {
            let toml = format!("{section}\n{APP}");
            setup(&toml).load();
            assert_eq!(faults(&toml), [""; 0], "{section}");
        }
    }
}
