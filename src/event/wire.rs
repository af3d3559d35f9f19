//! How one JSON value is read without failing: what is wrong with it is said by the code that needs it, with its path.
//!
//! The mirrors of the accepted shapes are built from these, so that one bad ornament does not cost a good event.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A field that is looked at later. Missing and null are the same.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Leaf(pub(super) Value);

impl<'de> Deserialize<'de> for Leaf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<Value>::deserialize(deserializer).map(|value| Self(value.unwrap_or_default()))
    }
}

impl Leaf {
    /// The trimmed text, if it is a string that is not blank.
    pub(super) fn text(&self) -> Option<&str> {
        self.0.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// As [`Leaf::text`], or a whole number in decimal: for ids, which some producers keep as numbers.
    pub(super) fn text_or_number(&self) -> Option<String> {
        match &self.0 {
            Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
            _ => self.text().map(str::to_owned),
        }
    }

    /// Nothing was said: missing, null or blank.
    pub(super) fn is_empty(&self) -> bool {
        match &self.0 {
            Value::Null => true,
            Value::String(text) => text.trim().is_empty(),
            _ => false,
        }
    }

    /// A whole number that is not negative, also as digits in a string.
    pub(super) fn natural(&self) -> Option<u64> {
        match &self.0 {
            Value::Number(number) => number.as_u64(),
            _ => self.text()?.parse().ok(),
        }
    }

    pub(super) fn found(&self) -> &'static str {
        found(&self.0)
    }
}

/// An object of the form `T`, or what stands in its place.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Part<T> {
    #[default]
    Missing,
    Read(T),
    /// Something that is no object, as [`found`] calls it.
    Other(&'static str),
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<Value>::deserialize(deserializer)? {
            None => Ok(Self::Missing),
            Some(value @ Value::Object(_)) => T::deserialize(value).map(Self::Read).map_err(serde::de::Error::custom),
            Some(value) => Ok(Self::Other(found(&value))),
        }
    }
}

impl<T> Part<T> {
    pub(super) fn read(&self) -> Option<&T> {
        match self {
            Self::Read(part) => Some(part),
            _ => None,
        }
    }

    pub(super) fn found(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Read(_) => "an object",
            Self::Other(found) => found,
        }
    }
}

/// An array of objects of the form `T`, or what stands in its place.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Items<T> {
    #[default]
    Missing,
    Read(Vec<Part<T>>),
    Other(&'static str),
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<Value>::deserialize(deserializer)? {
            None => Ok(Self::Missing),
            Some(value @ Value::Array(_)) => Vec::deserialize(value).map(Self::Read).map_err(serde::de::Error::custom),
            Some(value) => Ok(Self::Other(found(&value))),
        }
    }
}

/// What a value is, for people: `is a number`.
pub(super) fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "missing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(text) if text.trim().is_empty() => "empty",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
