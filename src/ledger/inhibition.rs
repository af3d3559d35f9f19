//! A more fundamental error of the same car holds back the lesser ones. Whatever closes it makes what it held back due.

use jiff::{SignedDuration, Timestamp};

use super::Candidate;
use super::id::{IncidentKey, incident_parts};
use crate::policy::Inhibitor;

/// How long until it is looked again, in case the close came between the look and its settlement.
const A_WHILE: SignedDuration = SignedDuration::from_mins(15);

/// The parts of the incident that would hold a candidate back.
pub(super) fn parts<'a>(candidate: &'a Candidate, inhibitor: &'a Inhibitor) -> [&'a str; 5] {
    let [app, recipient, vehicle, ..] = incident_parts(&candidate.error);
    [app, recipient, vehicle, inhibitor.key.kind(), inhibitor.key.code().unwrap_or_default()]
}

/// When to look again; `None`: nothing holds it back. `opened`: when the incident of these parts was opened, if it is open.
pub(super) fn wait<E>(
    candidate: &Candidate,
    now: Timestamp,
    mut opened: impl FnMut([&str; 5]) -> Result<Option<Timestamp>, E>,
) -> Result<Option<Timestamp>, E> {
    for inhibitor in &candidate.inhibited_by {
        let until = opened(parts(candidate, inhibitor))?
            .map(|at| at.saturating_add(inhibitor.expiry).unwrap_or(Timestamp::MAX));
        if let Some(until) = until.filter(|until| *until > now) {
            return Ok(Some(until.min(now.saturating_add(A_WHILE).unwrap_or(Timestamp::MAX))));
        }
    }
    Ok(None)
}

/// The keys of all incidents that could hold any of these back.
pub(super) fn keys(candidates: &[Candidate]) -> Vec<Vec<u8>> {
    let keys = candidates.iter().flat_map(|candidate| {
        let key = |inhibitor| IncidentKey::of(parts(candidate, inhibitor)).as_bytes().to_vec();
        candidate.inhibited_by.iter().map(key)
    });
    keys.collect()
}
