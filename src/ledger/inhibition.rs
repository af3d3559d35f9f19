//! A more fundamental error of the same car holds back the lesser ones, and any error the news that all is well. Whatever
//! closes it makes what it held back due.

use jiff::{SignedDuration, Timestamp};

use super::Candidate;

/// How long until it is looked again, in case the close came between the look and its settlement.
const A_WHILE: SignedDuration = SignedDuration::from_mins(15);

/// An incident that is open for the candidate's car, under the type of its error.
pub(super) struct Open {
    pub(super) code: String,
    pub(super) at: Timestamp,
}

/// Whether anything could hold it back.
pub(super) fn matters_to(candidate: &Candidate) -> bool {
    candidate.any_other.is_some() || !candidate.inhibited_by.is_empty()
}

/// When to look again; `None`: nothing holds it back.
pub(super) fn wait(candidate: &Candidate, now: Timestamp, open: &[Open]) -> Option<Timestamp> {
    let own = candidate.error.key.code().unwrap_or_default();
    let others = open.iter().filter(|incident| incident.code != own);
    let until = others.filter_map(|Open { code, at }| {
        let named = candidate.inhibited_by.iter().find(|named| named.key.code().unwrap_or_default() == code);
        let expiry = named.map(|named| named.expiry).or(candidate.any_other)?;
        Some(at.saturating_add(expiry).unwrap_or(Timestamp::MAX))
    });
    let until = until.max().filter(|until| *until > now)?;
    Some(until.min(now.saturating_add(A_WHILE).unwrap_or(Timestamp::MAX)))
}
