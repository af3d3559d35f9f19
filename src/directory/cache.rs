//! What the directory answered lately. Pure: the time is passed in.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::event::Recipient;

/// Owners that are kept: some 10 MB at most.
const CAPACITY: usize = 10_000;

/// App and id.
type Key = (String, String);

/// Answers, also that an owner is unknown, each for the same time; so the oldest is always the next to go.
#[derive(Debug)]
pub(super) struct Cache {
    ttl: Duration,
    answers: HashMap<Key, (Instant, Option<Recipient>)>,
    order: VecDeque<(Instant, Key)>,
}

impl Cache {
    pub(super) fn new(ttl: Duration) -> Self {
        Self { ttl, answers: HashMap::new(), order: VecDeque::new() }
    }

    pub(super) fn get(&self, key: &Key, now: Instant) -> Option<&Option<Recipient>> {
        self.answers.get(key).filter(|(since, _)| now.duration_since(*since) < self.ttl).map(|(_, answer)| answer)
    }

    pub(super) fn put(&mut self, key: Key, answer: Option<Recipient>, now: Instant) {
        while let Some((since, oldest)) = self.order.front() {
            if self.order.len() < CAPACITY && now.duration_since(*since) < self.ttl {
                break;
            }
            // An owner asked again since then has a younger entry.
            if self.answers.get(oldest).is_some_and(|(kept, _)| kept == since) {
                self.answers.remove(oldest);
            }
            self.order.pop_front();
        }
        if !self.ttl.is_zero() {
            self.order.push_back((now, key.clone()));
            self.answers.insert(key, (now, answer));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: usize) -> Key {
        ("chargeup".to_owned(), id.to_string())
    }

    fn owner(id: &str) -> Recipient {
        Recipient { id: id.to_owned(), ..Recipient::default() }
    }

    #[test]
    fn an_answer_holds_for_its_time_also_when_it_is_no() {
        let (mut cache, start) = (Cache::new(Duration::from_mins(1)), Instant::now());
        cache.put(key(1), Some(owner("1")), start);
        cache.put(key(2), None, start);
        let later = start + Duration::from_secs(59);
        assert_eq!(cache.get(&key(1), later), Some(&Some(owner("1"))));
        assert_eq!(cache.get(&key(2), later), Some(&None));
        assert_eq!(cache.get(&key(1), start + Duration::from_mins(1)), None);
        assert_eq!(cache.get(&key(3), start), None);
    }

    #[test]
    fn a_younger_answer_outlives_the_older_one() {
        let (mut cache, start) = (Cache::new(Duration::from_mins(1)), Instant::now());
        cache.put(key(1), None, start);
        cache.put(key(1), Some(owner("1")), start + Duration::from_secs(30));
        cache.put(key(2), None, start + Duration::from_secs(70));
        assert_eq!(cache.get(&key(1), start + Duration::from_secs(70)), Some(&Some(owner("1"))));
    }

    #[test]
    fn the_oldest_goes_when_there_is_no_room() {
        let (mut cache, start) = (Cache::new(Duration::from_mins(1)), Instant::now());
        for id in 0..=CAPACITY {
            cache.put(key(id), None, start);
        }
        assert_eq!(cache.answers.len(), CAPACITY);
        assert_eq!(cache.get(&key(0), start), None);
        assert!(cache.get(&key(CAPACITY), start).is_some());
    }

    #[test]
    fn no_time_means_no_memory() {
        let (mut cache, start) = (Cache::new(Duration::ZERO), Instant::now());
        cache.put(key(1), None, start);
        assert!(cache.answers.is_empty() && cache.order.is_empty());
    }
}
