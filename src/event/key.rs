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
    /// Upper-cases both halves and trims them; an empty code, or the word `null`, is no code.
    pub fn new(kind: &str, code: Option<&str>) -> Self {
        let code = code.map(str::trim).filter(|code| !code.is_empty() && !code.eq_ignore_ascii_case("null"));
        Self { kind: kind.trim().to_uppercase(), code: code.map(str::to_uppercase) }
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
        Ok(Self::new(kind, Some(code)))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_in_lower_case_is_the_same_key() {
        let key = ErrorKey::new("Connected_Services_Account", Some(" permission "));
        assert_eq!(key, "CONNECTED_SERVICES_ACCOUNT:PERMISSION".parse().unwrap());
    }

    #[test]
    fn a_type_is_not_the_code_of_the_same_name() {
        let kind = ErrorKey::new("PERMISSION", None);
        let code = ErrorKey::new("CONNECTED_SERVICES_ACCOUNT", Some("PERMISSION"));
        assert_ne!(kind, code);
        assert_eq!(kind.to_string(), "PERMISSION:null");
    }

    #[test]
    fn no_code_is_written_in_several_ways() {
        for code in [None, Some(""), Some("  "), Some("null"), Some("NULL")] {
            assert_eq!(ErrorKey::new("BILLING", code).code(), None);
        }
    }

    #[test]
    fn half_a_key_is_no_key() {
        for text in ["", "PERMISSION", ":", "PERMISSION:", ":PERMISSION", " : "] {
            let error = text.parse::<ErrorKey>().unwrap_err();
            assert!(error.to_string().contains("TYPE:CODE"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_key_survives_being_written_and_read(kind in "[^:\\s]{1,20}", code in proptest::option::of("[^:\\s]{1,20}")) {
            let key = ErrorKey::new(&kind, code.as_deref());
            prop_assert_eq!(key.to_string().parse::<ErrorKey>(), Ok(key.clone()));
            let json = serde_json::to_string(&key).unwrap();
            prop_assert_eq!(serde_json::from_str::<ErrorKey>(&json).unwrap(), key);
        }
    }
}
