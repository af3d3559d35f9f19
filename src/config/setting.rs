//! The kinds of values that keys hold, and how each is read.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde_json::{Value as Json, json};

use super::section::{Fault, Setting};
use super::tree::{Node, Value};
use super::{Declare, LogFormat, QueueType, Reload};
use crate::message::Platform;
use crate::policy::{Channel, Window};
use crate::resilience::Rate;
use crate::transport::AfterDoubt;

/// Characters of a faulty value that are shown.
const LONGEST_SHOWN: usize = 100;
/// The pattern of what [`text`] takes.
pub(super) const NOT_BLANK: &str = r"\S";

impl Setting for String {
    const EXPECTED: &'static str = "a text";

    fn read(node: &Node) -> Result<Self, Fault> {
        text(node).map(str::to_owned).ok_or_else(Fault::default)
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": NOT_BLANK })
    }

    fn stand_in() -> Self {
        Self::new()
    }
}

impl Setting for PathBuf {
    const EXPECTED: &'static str = "a path";

    fn read(node: &Node) -> Result<Self, Fault> {
        text(node).map(Self::from).ok_or_else(Fault::default)
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": NOT_BLANK })
    }

    fn stand_in() -> Self {
        Self::new()
    }
}

/// Numbers of things.
macro_rules! number {
    ($($type:ty),+) => {
        $(impl Setting for $type {
            const EXPECTED: &'static str = "a whole number";

            fn read(node: &Node) -> Result<Self, Fault> {
                match &node.value {
                    Value::Integer(number) => Self::try_from(*number).map_err(|_| shown(&number.to_string())),
                    Value::Raw(text) => text.trim().parse().map_err(|_| shown(text)),
                    _ => Err(Fault::default()),
                }
            }

            fn schema() -> Json {
                Self::schema_within(&(0..=Self::MAX))
            }

            fn schema_within(bounds: &RangeInclusive<Self>) -> Json {
                json!({ "type": "integer", "minimum": bounds.start(), "maximum": bounds.end() })
            }

            fn stand_in() -> Self {
                0
            }
        })+
    };
}

number!(u16, u32, usize);

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(super) struct Bytes(pub(super) usize);

impl Setting for Bytes {
    const EXPECTED: &'static str = "a size such as \"512 KiB\" or \"1 MiB\"";

    fn read(node: &Node) -> Result<Self, Fault> {
        match &node.value {
            Value::Integer(bytes) => usize::try_from(*bytes).map(Self).map_err(|_| shown(&bytes.to_string())),
            Value::String(text) | Value::Raw(text) => size(text).map(Self).ok_or_else(|| shown(text)),
            _ => Err(Fault::default()),
        }
    }

    fn schema() -> Json {
        json!({ "type": ["string", "integer"], "pattern": r"^\s*[0-9]+\s*(B|KiB|MiB)?\s*$", "minimum": 0 })
    }

    fn schema_within(bounds: &RangeInclusive<Self>) -> Json {
        let mut schema = Self::schema();
        schema["minimum"] = bounds.start().0.into();
        schema["maximum"] = bounds.end().0.into();
        schema
    }

    fn stand_in() -> Self {
        Self(0)
    }
}

impl Setting for Rate {
    const EXPECTED: &'static str = "a number in a time, such as \"10/s\", \"600/m\" or \"5000/h\"";

    fn read(node: &Node) -> Result<Self, Fault> {
        let text = text(node).ok_or_else(Fault::default)?;
        Self::parse(text).ok_or_else(|| shown(text))
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": r"^\s*[0-9]+\s*/\s*[smh]\s*$" })
    }

    fn stand_in() -> Self {
        Self::SLOWEST
    }
}

/// Quiet hours, or none.
pub(super) struct Hours(pub(super) Option<Window>);

impl Setting for Hours {
    const EXPECTED: &'static str = "times such as \"21:30-08:00\" that leave at least two hours of the day, or \"off\"";

    fn read(node: &Node) -> Result<Self, Fault> {
        let text = text(node).ok_or_else(Fault::default)?;
        if text.eq_ignore_ascii_case("off") {
            return Ok(Self(None));
        }
        Window::parse(text).map(|window| Self(Some(window))).ok_or_else(|| shown(text))
    }

    fn schema() -> Json {
        let time = "([01][0-9]|2[0-3]):[0-5][0-9]";
        json!({ "type": "string", "pattern": format!(r"^\s*([Oo][Ff][Ff]|{time}\s*-\s*{time})\s*$") })
    }

    fn stand_in() -> Self {
        Self(None)
    }
}

impl Setting for TimeZone {
    const EXPECTED: &'static str = "a time zone such as \"Europe/Copenhagen\"";

    fn read(node: &Node) -> Result<Self, Fault> {
        let text = text(node).ok_or_else(Fault::default)?;
        Self::get(text).map_err(|_| shown(text))
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": r"^\s*[0-9A-Za-z_+/-]+\s*$" })
    }

    fn stand_in() -> Self {
        Self::UTC
    }
}

impl Setting for SignedDuration {
    const EXPECTED: &'static str = "a duration such as \"30s\", \"10m\", \"2h\" or \"14d\"";

    fn read(node: &Node) -> Result<Self, Fault> {
        let text = text(node).ok_or_else(Fault::default)?;
        duration(text).filter(|duration| !duration.is_negative()).ok_or_else(|| shown(text))
    }

    /// Durations have more spellings than a pattern should know: a number and its unit is what they share.
    fn schema() -> Json {
        json!({ "type": "string", "pattern": r"[0-9]\s*[^0-9\s]" })
    }

    fn stand_in() -> Self {
        Self::ZERO
    }
}

impl Setting for Duration {
    const EXPECTED: &'static str = SignedDuration::EXPECTED;

    fn read(node: &Node) -> Result<Self, Fault> {
        SignedDuration::read(node).map(SignedDuration::unsigned_abs)
    }

    fn schema() -> Json {
        SignedDuration::schema()
    }

    fn stand_in() -> Self {
        Self::ZERO
    }
}

/// A list in the environment and on the command line: separated by commas.
pub(super) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

impl Setting for Vec<String> {
    const EXPECTED: &'static str = "a list of texts";

    fn read(node: &Node) -> Result<Self, Fault> {
        match &node.value {
            Value::Array(items) => {
                items.iter().map(|item| text(item).map(str::to_owned).ok_or_else(Fault::default)).collect()
            }
            Value::Raw(text) => Ok(items(text).map(str::to_owned).collect()),
            _ => Err(Fault::default()),
        }
    }

    fn schema() -> Json {
        json!({ "type": "array", "items": String::schema() })
    }

    fn stand_in() -> Self {
        Self::new()
    }
}

impl Setting for Vec<u32> {
    const EXPECTED: &'static str = "a list of whole numbers";

    fn read(node: &Node) -> Result<Self, Fault> {
        match &node.value {
            Value::Array(items) => items.iter().map(u32::read).collect(),
            Value::Raw(text) => items(text).map(|item| item.parse().map_err(|_| shown(item))).collect(),
            _ => Err(Fault::default()),
        }
    }

    fn schema() -> Json {
        json!({ "type": "array", "items": u32::schema() })
    }

    fn stand_in() -> Self {
        Self::new()
    }
}

/// The text of a string that is not blank.
pub(super) fn text(node: &Node) -> Option<&str> {
    match &node.value {
        Value::String(text) | Value::Raw(text) => Some(text.trim()).filter(|text| !text.is_empty()),
        _ => None,
    }
}

/// A fault that shows the value. Not for secrets.
pub(super) fn shown(text: &str) -> Fault {
    Fault { found: Some(repeated(text)), ..Fault::default() }
}

/// A value as a diagnostic repeats it: not all of it, and no password that somebody wrote into a URL.
pub(super) fn repeated(text: &str) -> String {
    if text.rsplit_once('@').is_some_and(|(before, _)| before.contains(':')) {
        return "a URL with credentials".to_owned();
    }
    match text.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}

/// Days are 24 hours, weeks 7 days.
pub(super) fn duration(text: &str) -> Option<SignedDuration> {
    text.parse::<Span>().ok()?.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}

fn size(text: &str) -> Option<usize> {
    let text = text.trim();
    let end = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    let unit = match text[end..].trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        _ => return None,
    };
    text[..end].parse::<usize>().ok()?.checked_mul(unit)
}

/// A setting that is one of a few words; the first stands in.
macro_rules! choice {
    ($type:ty, $expected:literal, [$(($word:literal, $value:expr)),+]) => {
        impl $crate::config::section::Setting for $type {
            const EXPECTED: &'static str = $expected;

            fn read(node: &$crate::config::tree::Node) -> Result<Self, $crate::config::section::Fault> {
                let word = $crate::config::setting::text(node).ok_or_else(Default::default)?;
                match word.to_lowercase().as_str() {
                    $($word => Ok($value),)+
                    _ => {
                        let help = $crate::config::section::nearest(word, &[$($word),+]).map(|near| format!("did you mean `{near}`?"));
                        Err($crate::config::section::Fault { help, ..$crate::config::setting::shown(word) })
                    }
                }
            }

            fn schema() -> serde_json::Value {
                serde_json::json!({ "enum": [$($word),+] })
            }

            fn stand_in() -> Self {
                [$($value),+][0]
            }
        }
    };
}

choice!(
    Declare,
    "`declare`, `passive` or `none`",
    [("declare", Declare::Declare), ("passive", Declare::Passive), ("none", Declare::None)]
);
choice!(Reload, "`watch` or `signal`", [("watch", Reload::Watch), ("signal", Reload::Signal)]);
choice!(QueueType, "`quorum` or `classic`", [("quorum", QueueType::Quorum), ("classic", QueueType::Classic)]);
choice!(AfterDoubt, "`resend` or `park`", [("resend", AfterDoubt::Resend), ("park", AfterDoubt::Park)]);
choice!(Channel, "`push` or `email`", [("push", Channel::Push), ("email", Channel::Email)]);
choice!(
    Platform,
    "`other`, `fcm`, `apns` or `webpush`",
    [("other", Platform::Other), ("fcm", Platform::Fcm), ("apns", Platform::Apns), ("webpush", Platform::Webpush)]
);
choice!(LogFormat, "`text` or `json`", [("text", LogFormat::Text), ("json", LogFormat::Json)]);

/// A setting that is a text of a certain form: in words, as far as a pattern can tell, and exactly.
macro_rules! form {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $pattern:expr, $check:expr) => {
        $(#[$doc])*
        struct $name(String);

        impl $crate::config::section::Setting for $name {
            const EXPECTED: &'static str = $expected;

            fn read(node: &$crate::config::tree::Node) -> Result<Self, $crate::config::section::Fault> {
                let text = $crate::config::setting::text(node).ok_or_else(Default::default)?;
                let check: fn(&str) -> bool = $check;
                if check(text) { Ok(Self(text.to_owned())) } else { Err($crate::config::setting::shown(text)) }
            }

            fn schema() -> serde_json::Value {
                serde_json::json!({ "type": "string", "pattern": $pattern })
            }

            fn stand_in() -> Self {
                Self(String::new())
            }
        }
    };
}

pub(super) use {choice, form};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit() {
        assert_eq!(duration("30s"), Some(SignedDuration::from_secs(30)));
        assert_eq!(duration("1h 30m"), Some(SignedDuration::from_mins(90)));
        assert_eq!(duration("14d"), Some(SignedDuration::from_hours(14 * 24)));
        assert_eq!(duration("2w"), Some(SignedDuration::from_hours(14 * 24)));
        for text in ["", "30", "soon", "1mo", "1y"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn a_size_has_a_binary_unit_or_none() {
        assert_eq!(size("1MiB"), Some(1 << 20));
        assert_eq!(size("512 KiB"), Some(512 << 10));
        assert_eq!(size("1048576"), Some(1 << 20));
        for text in ["", "1MB", "MiB", "-1", "99999999999999999999 MiB"] {
            assert_eq!(size(text), None, "{text}");
        }
    }
}
