//! How much a recipient's domain gets: as many connections at once as its limit says, and none for a while after it asked for
//! less. What one domain may not have holds up no other, and is no fault of the server's.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::config::{self, DomainLimits};
use crate::resilience::Backoff;

/// How long a domain is left alone that asked for less.
const REST: Backoff = Backoff { min: Duration::from_secs(30), max: Duration::from_mins(15) };
/// How long a message takes, before it is known of the domain.
const A_MESSAGE: Duration = Duration::from_millis(200);
/// Those who have to come back come at least so long after each other.
const APART: Duration = Duration::from_millis(10);
/// Nobody whose domain has all that it may is told to come back later than this.
const FURTHEST: Duration = Duration::from_mins(1);
/// So many domains in a row that ask for less, and none that takes anything: then it is the server that speaks.
const IN_A_ROW: usize = 5;
/// So many domains are remembered before those are looked for that rest no longer.
const MANY: usize = 10_000;

pub(super) struct Domains {
    limits: BTreeMap<String, DomainLimits>,
    others: DomainLimits,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    lanes: HashMap<String, Lane>,
    /// Domains that asked for less since one took something.
    in_a_row: Vec<String>,
}

/// A domain to which something is under way, or that rests.
struct Lane {
    under_way: usize,
    rest: Option<Rest>,
    /// How long a message takes, on the whole.
    pace: Duration,
    /// The last place of those who were told to come back.
    line: Instant,
}

struct Rest {
    until: Instant,
    times: u32,
}

/// Why a message has to wait, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// Its domain has all the connections that it may.
    Full(Duration),
    /// Its domain asked for less.
    Resting(Duration),
}

/// Leave to send one message to a domain. Dropped without a word, nothing was learnt.
pub(super) struct Pass<'a> {
    domains: &'a Domains,
    domain: String,
    since: Instant,
}

impl Domains {
    pub(super) fn new(config: &config::Smtp) -> Self {
        Self { limits: config.domains.clone(), others: config.per_domain, state: Mutex::default() }
    }

    pub(super) fn limits(&self, domain: &str) -> DomainLimits {
        let own = self.limits.get(domain).copied().unwrap_or_default();
        let DomainLimits { max_connections, max_messages_per_connection } = self.others;
        DomainLimits {
            max_connections: own.max_connections.or(max_connections),
            max_messages_per_connection: own.max_messages_per_connection.or(max_messages_per_connection),
        }
    }

    pub(super) fn enter(&self, domain: &str, now: Instant) -> Result<Pass<'_>, Wait> {
        let limit = self.limits(domain).max_connections.unwrap_or(usize::MAX);
        let mut state = self.state();
        if state.lanes.len() >= MANY {
            state.lanes.retain(|_, lane| !lane.is_over(now));
        }
        let lane = state.lanes.entry(domain.to_owned()).or_insert_with(|| Lane::new(now));
        let limit = match &lane.rest {
            Some(rest) if now < rest.until => return Err(Wait::Resting(rest.until - now)),
            // It is tried with one.
            Some(_) => 1,
            None => limit,
        };
        if lane.under_way >= limit {
            return Err(Wait::Full(lane.place(limit, now)));
        }
        lane.under_way += 1;
        Ok(Pass { domains: self, domain: domain.to_owned(), since: now })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    fn new(now: Instant) -> Self {
        Self { under_way: 0, rest: None, pace: A_MESSAGE, line: now }
    }

    /// Whether nothing is lost if it is forgotten.
    fn is_over(&self, now: Instant) -> bool {
        self.under_way == 0 && self.line <= now && self.rest.as_ref().is_none_or(|rest| rest.until <= now)
    }

    /// When there is likely to be room for one more, behind those who were told before: who comes has no right to it, but few
    /// come at once.
    fn place(&mut self, limit: usize, now: Instant) -> Duration {
        let each = self.pace.checked_div(u32::try_from(limit).unwrap_or(u32::MAX)).unwrap_or_default();
        let each = each.clamp(APART, FURTHEST);
        let place = self.line.max(now) + each;
        // Some of those who were told do not come: a line that only grew would end nowhere.
        let place = if place > now + FURTHEST { now + each } else { place };
        self.line = place;
        place - now
    }
}

impl Pass<'_> {
    /// The domain took the message.
    pub(super) fn worked(self) {
        let mut state = self.domains.state();
        state.in_a_row.clear();
        if let Some(lane) = state.lanes.get_mut(&self.domain) {
            lane.rest = None;
        }
    }

    /// The domain asked for less: how long it is left alone. `None`: so many have, and none has taken anything since, that it
    /// is the server.
    pub(super) fn throttled(self, now: Instant) -> Option<Duration> {
        let mut state = self.domains.state();
        if state.in_a_row.len() < IN_A_ROW && !state.in_a_row.contains(&self.domain) {
            state.in_a_row.push(self.domain.clone());
        }
        if state.in_a_row.len() == IN_A_ROW {
            return None;
        }
        let lane = state.lanes.get_mut(&self.domain)?;
        let times = match &lane.rest {
            // What was under way when it was said already tells nothing new.
            Some(rest) if now < rest.until => return Some(rest.until - now),
            Some(rest) => rest.times + 1,
            None => 1,
        };
        let pause = REST.bound(times);
        lane.rest = Some(Rest { until: now + pause, times });
        Some(pause)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let now = Instant::now();
        let mut state = self.domains.state();
        if let Some(lane) = state.lanes.get_mut(&self.domain) {
            lane.under_way = lane.under_way.saturating_sub(1);
            lane.pace = (lane.pace * 3 + now.saturating_duration_since(self.since)) / 4;
            // One that rested is remembered until it has taken something.
            if lane.rest.is_none() && lane.is_over(now) {
                state.lanes.remove(&self.domain);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn domains(max_connections: Option<usize>) -> Domains {
        let others = DomainLimits { max_connections, max_messages_per_connection: None };
        Domains { limits: BTreeMap::new(), others, state: Mutex::default() }
    }

    fn refused(domains: &Domains, domain: &str, now: Instant) -> Wait {
        domains.enter(domain, now).err().unwrap()
    }

    #[test]
    fn a_domain_that_asks_for_less_rests_for_longer_each_time_and_no_other_does() {
        let (domains, mut now) = (domains(None), Instant::now());
        for expected in [30, 60, 120, 240, 480, 900, 900] {
            // The server is well all the while.
            domains.enter("other.example", now).ok().unwrap().worked();
            let (pass, late) =
                (domains.enter("busy.example", now).ok().unwrap(), domains.enter("busy.example", now).ok());
            let pause = pass.throttled(now).unwrap();
            assert_eq!(pause, Duration::from_secs(expected));
            // Only the first time two were under way; the second does not make it longer.
            assert!(late.is_none_or(|late| late.throttled(now) == Some(pause)));
            assert_eq!(refused(&domains, "busy.example", now), Wait::Resting(pause));
            now += pause;
        }
        let trial = domains.enter("busy.example", now).ok().unwrap();
        assert!(matches!(refused(&domains, "busy.example", now), Wait::Full(_)), "it is tried with one");
        trial.worked();
        assert!(domains.enter("busy.example", now).is_ok());
    }

    #[test]
    fn when_every_domain_asks_for_less_it_is_the_server_until_one_takes_something() {
        let (domains, now) = (domains(None), Instant::now());
        let asks = |number: usize| domains.enter(&format!("{number}.example"), now).ok().unwrap().throttled(now);
        assert!((1..IN_A_ROW).all(|number| asks(number).is_some()));
        assert_eq!((asks(5), asks(6), asks(6)), (None, None, None));
        domains.enter("7.example", now).ok().unwrap().worked();
        assert!(asks(8).is_some());
    }

    #[test]
    fn those_who_have_to_come_back_are_told_a_place_in_a_line_that_is_never_long() {
        let (domains, now) = (domains(Some(2)), Instant::now());
        let _under_way = [domains.enter("narrow.example", now).ok(), domains.enter("narrow.example", now).ok()];
        let waits: Vec<Wait> = (0..3).map(|_| refused(&domains, "narrow.example", now)).collect();
        assert_eq!(waits, [100, 200, 300].map(Duration::from_millis).map(Wait::Full));
        let is_near = |wait| matches!(wait, Wait::Full(wait) if wait <= FURTHEST);
        assert!((0..10_000).all(|_| is_near(refused(&domains, "narrow.example", now))));
        assert!(domains.enter("other.example", now).is_ok());
    }

    proptest! {
        #[test]
        fn a_limit_holds_whatever_comes_and_nothing_is_remembered_of_what_is_over(
            limit in 1usize..4, steps in proptest::collection::vec((0usize..3, any::<bool>()), 0..60),
        ) {
            let (domains, now) = (domains(Some(limit)), Instant::now());
            let mut under_way: [Vec<Pass<'_>>; 3] = Default::default();
            for (domain, comes) in steps {
                let lane = &mut under_way[domain];
                if comes {
                    let entered = domains.enter(&domain.to_string(), now);
                    prop_assert_eq!(entered.is_ok(), lane.len() < limit);
                    lane.extend(entered);
                } else {
                    lane.pop();
                }
            }
            drop(under_way);
            let later = now + FURTHEST;
            prop_assert!(domains.state().lanes.values().all(|lane| lane.is_over(later)));
        }
    }
}
