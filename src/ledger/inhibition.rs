//! A more fundamental error of the same car holds back the lesser ones, and any error the news that all is well. Whatever
//! closes it makes what it held back due.

use jiff::{SignedDuration, Timestamp};

use super::{Candidate, PostponeReason, Standing};

/// How long until it is looked again, in case the close came between the look and its settlement.
const A_WHILE: SignedDuration = SignedDuration::from_mins(15);

/// How long it takes at most to settle what was sent.
const A_MOMENT: SignedDuration = SignedDuration::from_mins(1);

/// An incident of the candidate's car, under the type of its error.
pub(super) struct Other {
    pub(super) code: String,
    pub(super) opened: Timestamp,
    /// When it was over. `None`: it is open.
    pub(super) resolved: Option<Timestamp>,
}

/// Whether anything could hold it back.
pub(super) fn matters_to(candidate: &Candidate) -> bool {
    candidate.calm.is_some() || !candidate.inhibited_by.is_empty()
}

/// When to look again; `None`: nothing holds it back.
pub(super) fn wait(candidate: &Candidate, now: Timestamp, of_car: &[Other]) -> Option<Timestamp> {
    let own = candidate.error.key.code().unwrap_or_default();
    let others = of_car.iter().filter(|other| other.code != own);
    let until = others.filter_map(|other| match (candidate.calm, other.resolved) {
        // Whatever is open, and for however long: all is not well.
        (Some(_), None) => Some(Timestamp::MAX),
        (Some(calm), Some(resolved)) => Some(resolved.saturating_add(calm).unwrap_or(Timestamp::MAX)),
        (None, Some(_)) => None,
        (None, None) => {
            let named = |key: Option<&str>| key.unwrap_or_default() == other.code;
            let inhibitor = candidate.inhibited_by.iter().find(|inhibitor| named(inhibitor.key.code()))?;
            Some(other.opened.saturating_add(inhibitor.expiry).unwrap_or(Timestamp::MAX))
        }
    });
    let until = until.max().filter(|until| *until > now)?;
    Some(until.min(now.saturating_add(A_WHILE).unwrap_or(Timestamp::MAX)))
}

/// Of good news while it is not known whether the bad news went out: its worker is silent, or about to say.
pub(super) fn unsure(now: Timestamp) -> Standing {
    let due_at = now.saturating_add(A_MOMENT).unwrap_or(Timestamp::MAX);
    Standing::NotNow { due_at, reason: PostponeReason::Inhibited }
}
