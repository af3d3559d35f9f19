//! The name of an error: its type and code, compared without regard to case.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// (type, code or null). Written `CONNECTED_SERVICES_ACCOUNT:PERMISSION`, or `PERMISSION:null`.
///
/// `PERMISSION` is a type and also a code of another type, so neither half names an error alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ErrorKey {
    kind: String,
    code: Option<String>,
}

impl ErrorKey {
    /// Upper-cases both halves and trims them; an empty code is no code.
    pub fn new(kind: &str, code: Option<&str>) -> Self {
        let code = code.map(str::trim).filter(|code| !code.is_empty()).map(str::to_uppercase);
        Self { kind: kind.trim().to_uppercase(), code }
    }

    /// The type, upper case.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The code, upper case.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }
}

impl fmt::Display for ErrorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.code.as_deref().unwrap_or("null"))
    }
}

/// The text is not of the form `TYPE:CODE`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no error key; write `TYPE:CODE`, or `TYPE:null` for an error without a code")]
pub struct BadKey(String);

impl FromStr for ErrorKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let (kind, code) = text.split_once(':').ok_or_else(|| BadKey(text.to_owned()))?;
        if kind.trim().is_empty() || code.trim().is_empty() {
            return Err(BadKey(text.to_owned()));
        }
        let code = Some(code).filter(|code| !code.trim().eq_ignore_ascii_case("null"));
        Ok(Self::new(kind, code))
    }
}

impl Serialize for ErrorKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ErrorKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
