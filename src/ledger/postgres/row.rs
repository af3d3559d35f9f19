//! How times, moments, incidents and JSON stand in columns.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, private::BytesMut, to_sql_checked};
use uuid::Uuid;

use super::fault::Failure;
use crate::event::Moment;
use crate::ledger::{DeadAddress, DispatchId, Fingerprint};
use crate::policy::{Incident, Target};

/// 2000-01-01, from which PostgreSQL counts, in microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;

type Fault = Box<dyn std::error::Error + Sync + Send>;

/// A time as a `timestamptz`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At(pub(super) Timestamp);

impl ToSql for At {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        (self.0.as_microsecond() - EPOCH).to_sql(ty, out)
    }

    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for At {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Fault> {
        let micros = i64::from_sql(ty, raw)?.checked_add(EPOCH).ok_or("a time beyond all calendars")?;
        Ok(Self(Timestamp::from_microsecond(micros)?))
    }

    accepts!(TIMESTAMPTZ);
}

/// A moment's two columns.
pub(super) fn columns(moment: Option<Moment>) -> (Option<At>, Option<i64>) {
    // PostgreSQL's integers are signed: the bits are kept, and only Rust compares them.
    let sequence = moment.and_then(|moment| moment.sequence).map(u64::cast_signed);
    (moment.map(|moment| At(moment.at)), sequence)
}

fn moment(row: &Row, first: usize) -> Result<Option<Moment>, Failure> {
    let at: Option<At> = row.try_get(first)?;
    let sequence: Option<i64> = row.try_get(first + 1)?;
    Ok(at.map(|At(at)| Moment { at, sequence: sequence.map(i64::cast_unsigned) }))
}

/// The columns of an incident, in the order in which [`incident`] reads them; the table is called `i`.
macro_rules! incident_columns {
    () => {
        "i.opening, i.opened_at, i.opened_sequence, i.last_error_at, i.last_error_sequence, i.last_resolved_at, \
         i.last_resolved_sequence"
    };
}
pub(super) use incident_columns;

pub(super) fn incident(row: &Row, first: usize) -> Result<Incident, Failure> {
    Ok(Incident {
        opening: number(row, first)?,
        opened: moment(row, first + 1)?,
        last_error: moment(row, first + 3)?,
        last_resolved: moment(row, first + 5)?,
    })
}

/// A number that has no sign, from a column that has.
pub(super) fn number(row: &Row, column: usize) -> Result<u32, Failure> {
    let number: i64 = row.try_get(column)?;
    u32::try_from(number).map_err(|_| Failure::Stored(format!("{number} in a column of numbers without a sign")))
}

pub(super) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure::Stored(error.to_string()))
}

/// A length of time as microseconds, which the statements multiply with an interval.
pub(super) fn micros(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// A text that came from outside. PostgreSQL takes every character but one.
pub(super) fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The addresses that are tried next; `None`: there are none.
pub(super) fn alternatives(targets: &[Target]) -> Result<Option<String>, Failure> {
    Some(targets).filter(|targets| !targets.is_empty()).map(to_json).transpose()
}

/// An address that was found dead, as it is kept.
pub(super) fn dead(address: &str, At(reported_at): At) -> Option<DeadAddress> {
    Some(DeadAddress { address: Fingerprint::from_stored(address)?, reported_at })
}

/// An id as it is kept. One that is no id of ours is nobody's.
pub(super) fn uuid(id: &DispatchId) -> Uuid {
    Uuid::parse_str(id.as_str()).unwrap_or_default()
}
