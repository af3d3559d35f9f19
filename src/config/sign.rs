//! What tells one answer of an HTTP API from another.

use serde_json::{Value as Json, json};

use super::section::{Fault, Setting};
use super::setting::{NOT_BLANK, items, shown, text};
use super::tree::{Node, Value};

/// A status (`410`), a value in a JSON answer (`/code=21211`, after RFC 6901), or words of an answer that blames the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    Status(u16),
    Value { pointer: String, value: String },
    Words(String),
}

impl Sign {
    fn parse(text: &str) -> Self {
        if let Ok(status @ 100..600) = text.trim().parse() {
            return Self::Status(status);
        }
        match text.split_once('=') {
            Some((pointer, value)) if pointer.starts_with('/') => {
                Self::Value { pointer: pointer.to_owned(), value: value.to_owned() }
            }
            _ => Self::Words(text.to_owned()),
        }
    }

    /// `said`: the answer's body as text, and as `json` where it is some.
    pub(crate) fn is_in(&self, status: u16, said: &str, json: Option<&Json>) -> bool {
        match self {
            Self::Status(sign) => *sign == status,
            Self::Value { pointer, value } => {
                let found = json.and_then(|json| json.pointer(pointer));
                found.is_some_and(|found| plain(found) == *value)
            }
            Self::Words(words) => (400..500).contains(&status) && said.contains(words.as_str()),
        }
    }
}

/// A value of JSON as people write it: a text without its quotes.
pub(crate) fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl From<&str> for Sign {
    fn from(text: &str) -> Self {
        Self::parse(text)
    }
}

fn read(node: &Node) -> Result<Sign, Fault> {
    match &node.value {
        Value::Integer(number) => match u16::try_from(*number) {
            Ok(status @ 100..600) => Ok(Sign::Status(status)),
            _ => Err(shown(&number.to_string())),
        },
        _ => text(node).map(Sign::parse).ok_or_else(Fault::default),
    }
}

impl Setting for Vec<Sign> {
    const EXPECTED: &'static str = "a list of statuses (410), values in the answer (\"/code=21211\") or words of it";

    fn read(node: &Node) -> Result<Self, Fault> {
        match &node.value {
            Value::Array(items) => items.iter().map(read).collect(),
            Value::Raw(text) => Ok(items(text).map(Sign::parse).collect()),
            _ => Err(Fault::default()),
        }
    }

    fn schema() -> Json {
        let sign = json!({ "type": ["integer", "string"], "minimum": 100, "maximum": 599, "pattern": NOT_BLANK });
        json!({ "type": "array", "items": sign })
    }

    fn stand_in() -> Self {
        Self::new()
    }
}
