//! What is kept for how long. What was said of an incident goes some time after it has come to rest; the incident itself goes
//! when no event could ask for it any more.

use jiff::{SignedDuration, Timestamp};

/// How long after the last that was heard of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// The event as it came, the addresses, and what carriers said.
    pub content: SignedDuration,
    /// The rest: longer than an event could be repeated, replayed or overtaken.
    pub rows: SignedDuration,
}

/// How far a round has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub(super) stage: Stage,
    /// The last that was looked at.
    pub(super) at: Timestamp,
    pub(super) id: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Content,
    Rows,
    /// What no incident holds: pauses, dead addresses, outcomes. What stays of an erased owner is for good: nobody knows which
    /// old file of events may still be taken up.
    Rest,
}

impl Place {
    pub(super) const START: Self = Self { stage: Stage::Content, at: Timestamp::MIN, id: 0 };

    /// Where to go on after looking at so many, the last of them there. `None`: the round is over.
    pub(super) fn next(self, last: Option<(Timestamp, i64)>, looked: usize, limit: usize) -> Option<Self> {
        match (last, self.stage) {
            (Some((at, id)), _) if looked >= limit => Some(Self { at, id, ..self }),
            (_, Stage::Content) => Some(Self { stage: Stage::Rows, ..Self::START }),
            (_, Stage::Rows) => Some(Self { stage: Stage::Rest, ..Self::START }),
            (_, Stage::Rest) => None,
        }
    }
}

/// What one call did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tidied {
    /// Incidents whose content was deleted.
    pub bared: u64,
    /// Incidents that were deleted whole.
    pub deleted: u64,
    /// Where to go on. `None`: the round is over.
    pub next: Option<Place>,
}

/// So long before `now`.
pub(super) fn before(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_sub(by).unwrap_or(Timestamp::MIN)
}
