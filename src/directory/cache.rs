//! What the directory answered lately. Pure: the time is passed in.

use std::time::Duration;

use lru::LruCache;
use tokio::time::Instant;

use crate::event::{Device, Recipient};

/// App and id.
pub(super) type Key = (String, String);

/// How long answers hold, and how many are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// Of an owner who was found.
    pub(super) ttl: Duration,
    /// Of one who was not: such an owner may be entered at any time.
    pub(super) negative_ttl: Duration,
    /// How long after its ttl an owner's answer may stand in for one that cannot be had.
    pub(super) stale: Duration,
    /// Bytes of all answers together.
    pub(super) size: usize,
}

/// Answers, those of longest ago without a question the next to go.
#[derive(Debug)]
pub(super) struct Cache {
    terms: Terms,
    answers: LruCache<Key, Kept>,
    size: usize,
}

#[derive(Debug)]
struct Kept {
    since: Instant,
    answer: Option<Recipient>,
    size: usize,
}

/// What is known of an owner.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known<A> {
    Fresh(A),
    /// To be used only when there is no other answer.
    Stale(A),
    Nothing,
}

impl Cache {
    pub(super) fn new(terms: Terms) -> Self {
        Self { terms, answers: LruCache::unbounded(), size: 0 }
    }

    pub(super) fn get(&mut self, key: &Key, now: Instant) -> Known<Option<Recipient>> {
        let Terms { ttl, negative_ttl, stale, .. } = self.terms;
        let Some(kept) = self.answers.get(key) else { return Known::Nothing };
        let age = now.duration_since(kept.since);
        match &kept.answer {
            None if age < negative_ttl => Known::Fresh(None),
            Some(owner) if age < ttl => Known::Fresh(Some(owner.clone())),
            // That an owner is unknown costs a message, so it is never taken from an old answer.
            Some(owner) if age < ttl.saturating_add(stale) => Known::Stale(Some(owner.clone())),
            _ => Known::Nothing,
        }
    }

    pub(super) fn put(&mut self, key: Key, answer: Option<Recipient>, now: Instant) {
        let size = size(&key, answer.as_ref());
        if let Some(before) = self.answers.pop(&key) {
            self.size -= before.size;
        }
        let holds = if answer.is_some() { self.terms.ttl.max(self.terms.stale) } else { self.terms.negative_ttl };
        if size > self.terms.size || holds.is_zero() {
            return;
        }
        self.size += size;
        self.answers.push(key, Kept { since: now, answer, size });
        while self.size > self.terms.size
            && let Some((_, oldest)) = self.answers.pop_lru()
        {
            self.size -= oldest.size;
        }
    }
}

/// Bytes that an answer takes, roughly: its texts, and what holds them.
fn size(key: &Key, answer: Option<&Recipient>) -> usize {
    const ENTRY: usize = 300;
    const DEVICE: usize = 100;
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let owner = |owner: &Recipient| {
        let Recipient { id, email, name, locale, timezone, devices, looked_up: _ } = owner;
        let devices: usize = devices.iter().map(|device| DEVICE + self::device(device)).sum();
        id.len() + text(email) + text(name) + text(locale) + text(timezone) + devices
    };
    // The key stands in the map and in its order.
    ENTRY + 2 * (key.0.len() + key.1.len()) + answer.map_or(0, owner)
}

fn device(device: &Device) -> usize {
    match device {
        Device::Fcm { token, fid } => token.as_ref().map_or(0, String::len) + fid.as_ref().map_or(0, String::len),
        Device::Apns { token } | Device::Other { token } => token.len(),
        Device::Webpush { endpoint, p256dh, auth } => endpoint.len() + p256dh.len() + auth.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn cache(size: usize) -> (Cache, Instant) {
        let terms = Terms { ttl: MINUTE, negative_ttl: Duration::from_secs(10), stale: 10 * MINUTE, size };
        (Cache::new(terms), Instant::now())
    }

    fn key(id: usize) -> Key {
        ("chargeup".to_owned(), id.to_string())
    }

    fn owner(id: &str) -> Recipient {
        Recipient { id: id.to_owned(), ..Recipient::default() }
    }

    #[test]
    fn an_answer_holds_for_its_time_and_stands_in_for_a_while_longer() {
        let (mut cache, start) = cache(1 << 20);
        cache.put(key(1), Some(owner("1")), start);
        assert_eq!(cache.get(&key(1), start + MINUTE - Duration::from_secs(1)), Known::Fresh(Some(owner("1"))));
        assert_eq!(cache.get(&key(1), start + MINUTE), Known::Stale(Some(owner("1"))));
        assert_eq!(cache.get(&key(1), start + 11 * MINUTE), Known::Nothing);
        assert_eq!(cache.get(&key(2), start), Known::Nothing);
    }

    #[test]
    fn that_an_owner_is_unknown_holds_for_a_shorter_time_and_stands_in_for_nothing() {
        let (mut cache, start) = cache(1 << 20);
        cache.put(key(1), None, start);
        assert_eq!(cache.get(&key(1), start + Duration::from_secs(9)), Known::Fresh(None));
        assert_eq!(cache.get(&key(1), start + Duration::from_secs(10)), Known::Nothing);
    }

    #[test]
    fn a_younger_answer_replaces_the_older_one() {
        let (mut cache, start) = cache(1 << 20);
        cache.put(key(1), None, start);
        cache.put(key(1), Some(owner("1")), start + Duration::from_secs(5));
        assert_eq!(cache.get(&key(1), start + Duration::from_secs(30)), Known::Fresh(Some(owner("1"))));
        assert_eq!(cache.answers.len(), 1);
    }

    #[test]
    fn who_was_not_asked_about_for_longest_goes_when_there_is_no_room() {
        let room = 3 * size(&key(1), None);
        let (mut cache, start) = cache(room);
        for id in 1..=3 {
            cache.put(key(id), None, start);
        }
        cache.get(&key(1), start);
        cache.put(key(4), None, start);
        let known = [1, 2, 3, 4].map(|id| cache.get(&key(id), start) != Known::Nothing);
        assert_eq!(known, [true, false, true, true]);
        assert!(cache.size <= room);
    }

    #[test]
    fn many_devices_take_the_room_of_many_owners_and_the_account_stays_right() {
        let (mut cache, start) = cache(100_000);
        let crowded = |id: usize| {
            let token = "t".repeat(1_000);
            let devices = vec![Device::Apns { token }; 40];
            Some(Recipient { id: id.to_string(), devices, ..Recipient::default() })
        };
        for id in 0..100 {
            cache.put(key(id), if id % 2 == 0 { crowded(id) } else { None }, start);
            let sum: usize = cache.answers.iter().map(|(_, kept)| kept.size).sum();
            assert!(cache.size == sum && sum <= 100_000, "{sum}");
        }
        assert!(cache.answers.len() < 10);
    }

    #[test]
    fn no_time_and_no_room_mean_no_memory() {
        let nothing = Terms { ttl: Duration::ZERO, negative_ttl: Duration::ZERO, stale: Duration::ZERO, size: 1 << 20 };
        for terms in [nothing, Terms { ttl: MINUTE, negative_ttl: MINUTE, stale: MINUTE, size: 0 }] {
            let mut cache = Cache::new(terms);
            cache.put(key(1), Some(owner("1")), Instant::now());
            cache.put(key(2), None, Instant::now());
            assert!(cache.answers.is_empty() && cache.size == 0);
        }
    }
}
