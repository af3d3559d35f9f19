//! One message about several cars: an owner whose cars all lost their connection at once is told once, not five times.
//!
//! Planned dispatches join under the name of the oldest while none of them has been tried, and are due together, when the last
//! of them is. What binds them is no more than that name: whatever ends one of them leaves the others as they are.
//!
//! The message bears an id of all that it speaks of ([`DispatchId::of_all`]), the same at each try while they are the same. They
//! are no longer when one of them is resolved, say, between a try whose answer nobody heard and the next: then the message is
//! another one, without that car, and a carrier that knows keys sends it even if it took the first. To keep the list as it was
//! would tell of what is mended, and to keep the key for another text is refused by carriers. This is possible only in the
//! window of the promise, for as long as a lease or a retry lasts, and for one message.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{Dispatch, DispatchId};

/// So many at most share a message; the next begins another.
pub(super) const LARGEST: i64 = 20;

/// What goes out in one message: about one car, or about several of the same owner.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// Its oldest; it decides when there is to decide for all.
    pub first: Dispatch,
    pub others: Vec<Dispatch>,
}

impl Bundle {
    /// Puts together what may go in one message: planned together, and with nothing between them that one of them has
    /// been through and another has not. `alike`: whether one message can say both.
    pub fn of(
        dispatches: impl IntoIterator<Item = Dispatch>,
        alike: impl Fn(&Dispatch, &Dispatch) -> bool,
    ) -> Vec<Self> {
        let mut bundles: Vec<Self> = Vec::new();
        for dispatch in dispatches {
            match bundles.iter_mut().find(|bundle| bundle.takes(&dispatch) && alike(&bundle.first, &dispatch)) {
                Some(bundle) => bundle.others.push(dispatch),
                None => bundles.push(Self::alone(dispatch)),
            }
        }
        bundles
    }

    /// In a message of its own.
    pub fn alone(first: Dispatch) -> Self {
        Self { first, others: Vec::new() }
    }

    /// One after the other.
    pub fn each(&self) -> impl Iterator<Item = &Dispatch> {
        std::iter::once(&self.first).chain(&self.others)
    }

    pub fn into_each(self) -> Vec<Dispatch> {
        let Self { first, mut others } = self;
        others.insert(0, first);
        others
    }

    /// The message is worth something for as long as what it says of one of the cars.
    pub fn expires_at(&self) -> Timestamp {
        self.others.iter().fold(self.first.expires_at, |latest, other| latest.max(other.expires_at))
    }

    /// The id of the message.
    pub fn id(&self) -> DispatchId {
        DispatchId::of_all(self.each().map(|dispatch| &dispatch.id))
    }

    fn takes(&self, other: &Dispatch) -> bool {
        let first = &self.first;
        first.bundle.is_some()
            && first.bundle == other.bundle
            && first.target == other.target
            && first.attempt == other.attempt
            && first.doubtful == other.doubtful
            && first.only == other.only
            // One person may have told each car another mailbox.
            && first.error.recipient.email == other.error.recipient.email
            && first.error.recipient.looked_up.is_some() == other.error.recipient.looked_up.is_some()
    }
}

/// Moves what shares a name to the first of it; all else keeps its order.
pub(super) fn side_by_side(dispatches: Vec<Dispatch>) -> Vec<Dispatch> {
    let mut places: HashMap<DispatchId, usize> = HashMap::new();
    let mut keyed: Vec<(usize, Dispatch)> = dispatches
        .into_iter()
        .enumerate()
        .map(|(index, dispatch)| {
            let place = match &dispatch.bundle {
                Some(bundle) => *places.entry(bundle.clone()).or_insert(index),
                None => index,
            };
            (place, dispatch)
        })
        .collect();
    keyed.sort_by_key(|(place, _)| *place);
    keyed.into_iter().map(|(_, dispatch)| dispatch).collect()
}
