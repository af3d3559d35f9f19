//! When an event happened: RFC 3339 or epoch milliseconds, and whether that can be true.

use jiff::fmt::temporal::Pieces;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::text::shown;
use super::wire::Leaf;
use super::{Reason, Reject};

/// 2015-01-01T00:00:00Z, the year in which Smartcar was founded: no event is older.
const EARLIEST: Timestamp = Timestamp::constant(1_420_070_400, 0);
/// A clock may be ahead by this much.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// Reads the time in `field`. `None`: it says nothing.
///
/// # Errors
/// [`Reason::BadField`] when it is no time, [`Reason::ImplausibleTime`] when it cannot be true.
pub(super) fn read(leaf: &Leaf, field: &str, arrived: Timestamp) -> Result<Option<Timestamp>, Reject> {
    if leaf.is_empty() {
        return Ok(None);
    }
    let bad = |found: String| {
        let detail = format!("`{field}` is {found}; expected an RFC 3339 time or epoch milliseconds");
        Reject::new(Reason::BadField, detail)
    };
    match &leaf.0 {
        Value::Number(number) => match number.as_i64().or_else(|| number.as_f64().map(to_milliseconds)) {
            Some(epoch) => from_epoch(epoch, field, arrived),
            None => Err(bad("a number that is no time".to_owned())),
        },
        Value::String(text) => {
            let text = text.trim();
            match text.parse::<i64>() {
                Ok(epoch) => from_epoch(epoch, field, arrived),
                Err(_) => from_text(text, field, arrived),
            }
        }
        other => Err(bad(super::wire::found(other).to_owned())),
    }
    .map(Some)
}

/// The broker's timestamp if it can be true: publishers that send milliseconds where AMQP wants seconds are common.
pub(super) fn from_broker(timestamp: Option<Timestamp>, arrived: Timestamp) -> Option<Timestamp> {
    timestamp.and_then(|at| plausible(at, arrived))
}

fn from_text(text: &str, field: &str, arrived: Timestamp) -> Result<Timestamp, Reject> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return plausible(at, arrived).ok_or_else(|| implausible(field, &shown(text), ""));
    }
    let detail = match Pieces::parse(text) {
        // A good form that no timestamp can hold, such as the last day of the year 9999.
        Ok(pieces) if pieces.offset().is_some() => return Err(implausible(field, &shown(text), "")),
        Ok(_) => format!("`{field}` is {}, without an offset from UTC; add `Z` or `+01:00`", shown(text)),
        Err(_) => format!("`{field}` is {}; expected an RFC 3339 time or epoch milliseconds", shown(text)),
    };
    Err(Reject::new(Reason::BadField, detail))
}

fn from_epoch(epoch: i64, field: &str, arrived: Timestamp) -> Result<Timestamp, Reject> {
    let at = Timestamp::from_millisecond(epoch).ok();
    if let Some(at) = at.and_then(|at| plausible(at, arrived)) {
        return Ok(at);
    }
    let would_be = |milliseconds: Option<i64>| {
        milliseconds
            .and_then(|ms| Timestamp::from_millisecond(ms).ok())
            .is_some_and(|at| plausible(at, arrived).is_some())
    };
    let hint = if would_be(epoch.checked_mul(1_000)) {
        "; it looks like epoch seconds: send milliseconds"
    } else if would_be(Some(epoch / 1_000)) {
        "; it looks like epoch microseconds: send milliseconds"
    } else if would_be(Some(epoch / 1_000_000)) {
        "; it looks like epoch nanoseconds: send milliseconds"
    } else {
        ""
    };
    let value = at.map_or_else(|| format!("`{epoch}`"), |at| format!("`{epoch}`, in milliseconds {at}"));
    Err(implausible(field, &value, hint))
}

fn implausible(field: &str, value: &str, hint: &str) -> Reject {
    let detail = format!("`{field}` is {value}: before 2015, or more than a day ahead{hint}");
    Reject::new(Reason::ImplausibleTime, detail)
}

fn plausible(at: Timestamp, arrived: Timestamp) -> Option<Timestamp> {
    let latest = arrived.saturating_add(AHEAD).unwrap_or(Timestamp::MAX);
    (EARLIEST <= at && at <= latest).then_some(at)
}

/// Saturates: what does not fit is out of range anyway.
#[expect(clippy::cast_possible_truncation, reason = "a float to integer cast saturates")]
fn to_milliseconds(number: f64) -> i64 {
    number as i64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn arrived() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    fn read_json(value: Value) -> Result<Option<Timestamp>, Reject> {
        read(&Leaf(value), "occurredAt", arrived())
    }

    #[test]
    fn the_forms_in_use_are_the_same_instant() {
        let instant = Some("2026-11-20T08:00:00Z".parse().unwrap());
        for value in [
            json!("2026-11-20T08:00:00Z"),
            json!("2026-11-20T09:00:00+01:00"),
            json!(" 2026-11-20t08:00:00.000z "),
            json!(1_795_161_600_000_i64),
            json!("1795161600000"),
            json!(1_795_161_600_000.0),
        ] {
            assert_eq!(read_json(value.clone()), Ok(instant), "{value}");
        }
    }

    #[test]
    fn nothing_said_is_no_time() {
        for value in [json!(null), json!(""), json!("  ")] {
            assert_eq!(read_json(value), Ok(None));
        }
    }

    #[test]
    fn what_is_no_time_is_a_bad_field() {
        for value in [json!(true), json!([]), json!({}), json!("yesterday"), json!("2026-13-01T00:00:00Z")] {
            assert_eq!(read_json(value.clone()).unwrap_err().reason, Reason::BadField, "{value}");
        }
    }

    #[test]
    fn a_time_without_an_offset_is_not_guessed() {
        let reject = read_json(json!("2026-11-20T08:00:00")).unwrap_err();
        assert_eq!(reject.reason, Reason::BadField);
        assert!(reject.detail.contains("add `Z`"), "{reject}");
    }

    #[test]
    fn what_cannot_be_true_is_implausible() {
        for value in [
            json!("1970-01-01T00:00:00Z"),
            json!("2014-12-31T23:59:59Z"),
            json!("9999-12-31T23:59:59Z"),
            json!("9999-01-01T00:00:00Z"),
            json!(0),
            json!(-1),
            json!(1e300),
            json!(u64::MAX),
            json!(253_402_300_799_000_i64),
            json!("2026-11-21T12:00:01Z"),
        ] {
            assert_eq!(read_json(value.clone()).unwrap_err().reason, Reason::ImplausibleTime, "{value}");
        }
    }

    #[test]
    fn a_wrong_unit_is_named() {
        for (value, unit) in [
            (1_795_161_600_i64, "epoch seconds"),
            (1_795_161_600_000_000, "epoch microseconds"),
            (1_795_161_600_000_000_000, "epoch nanoseconds"),
        ] {
            let reject = read_json(json!(value)).unwrap_err();
            assert!(reject.detail.contains(unit), "{reject}");
        }
    }

    #[test]
    fn a_clock_that_is_ahead_is_believed() {
        assert_eq!(read_json(json!("2026-11-21T11:00:00Z")), Ok(Some("2026-11-21T11:00:00Z".parse().unwrap())));
    }

    #[test]
    fn a_broker_timestamp_that_cannot_be_true_says_nothing() {
        assert_eq!(from_broker(Some(Timestamp::UNIX_EPOCH), arrived()), None);
        assert_eq!(from_broker(Some(Timestamp::MAX), arrived()), None);
        let earlier = "2026-11-20T11:00:00Z".parse().ok();
        assert_eq!(from_broker(earlier, arrived()), earlier);
    }
}
