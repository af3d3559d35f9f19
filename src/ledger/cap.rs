//! How many messages an owner may have in a day, whatever goes wrong with their cars.
//!
//! What counts is a rung of an incident, however many addresses it goes to, and a message about several cars is one. What
//! another worker is just sending counts when its turn came before; turns are given one after the other, so that two workers
//! never share the last place.

use jiff::{SignedDuration, Timestamp};

/// Any day: the last 24 hours.
pub(super) const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What is being sent may not be sent after all; then there is a place again.
const SOON: SignedDuration = SignedDuration::from_mins(1);

/// A rung that an owner was told of in the last day, or is just being told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) at: Timestamp,
    /// To no address has it been sent yet.
    pub(super) is_under_way: bool,
    /// The one that is asked about: over another channel, or to another device.
    pub(super) is_same: bool,
}

/// When there is a place for one more message. `None`: now.
pub(super) fn wait(mut told: Vec<Told>, cap: u32, now: Timestamp) -> Option<Timestamp> {
    let cap = cap as usize;
    // Over another channel it may have to wait itself.
    told.retain(|told| !(told.is_same && told.is_under_way));
    if told.len() < cap || told.iter().any(|told| told.is_same) {
        return None;
    }
    told.sort_by_key(|told| (std::cmp::Reverse(told.is_under_way), std::cmp::Reverse(told.at)));
    // With this one gone from the day, fewer are left than may be.
    let last = told.get(cap.checked_sub(1)?)?;
    let free = if last.is_under_way { now.saturating_add(SOON) } else { last.at.saturating_add(DAY) };
    Some(free.unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(minutes * 60).unwrap()
    }

    fn sent(minutes: i64) -> Told {
        Told { at: at(minutes), is_under_way: false, is_same: false }
    }

    fn under_way() -> Told {
        Told { is_under_way: true, ..sent(0) }
    }

    const NOW: i64 = 24 * 60;

    #[test]
    fn there_is_a_place_when_the_oldest_that_fills_the_day_is_a_day_old() {
        let wait = |told: &[Told], cap| wait(told.to_vec(), cap, at(NOW));
        assert_eq!(wait(&[sent(9), sent(5)], 3), None);
        assert_eq!(wait(&[sent(9), sent(5)], 2), Some(at(NOW + 5)));
        assert_eq!(wait(&[sent(5), sent(9), sent(7)], 2), Some(at(NOW + 7)));
        assert_eq!(wait(&[sent(5), under_way(), under_way()], 2), Some(at(NOW + 1)));
        assert_eq!(wait(&[sent(5), under_way()], 2), Some(at(NOW + 5)));
    }

    #[test]
    fn what_the_owner_is_told_of_already_takes_no_further_place() {
        let same = Told { is_same: true, ..sent(5) };
        assert_eq!(wait(vec![sent(3), same], 1, at(NOW)), None);
        let under_way = Told { is_same: true, ..under_way() };
        assert_eq!(wait(vec![under_way], 1, at(NOW)), None);
        assert_eq!(wait(vec![sent(3), under_way], 1, at(NOW)), Some(at(NOW + 3)));
    }

    proptest! {
        #[test]
        fn whoever_waits_so_long_finds_a_place(
            minutes in prop::collection::vec(1..NOW, 0..12),
            cap in 1..8u32,
        ) {
            let told: Vec<Told> = minutes.iter().map(|minute| sent(*minute)).collect();
            let left = |now: Timestamp| minutes.iter().filter(|minute| at(**minute).saturating_add(DAY).unwrap() > now).count();
            match wait(told, cap, at(NOW)) {
                None => prop_assert!(left(at(NOW)) < cap as usize),
                Some(free) => {
                    prop_assert!(left(free) < cap as usize);
                    prop_assert!(left(free.saturating_sub(SignedDuration::from_secs(1)).unwrap()) >= cap as usize);
                }
            }
        }
    }
}
