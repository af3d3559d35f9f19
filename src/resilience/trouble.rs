//! Trouble that lasts, as the log tells it: once when it begins, once for each other reason that it comes to have, then once
//! in a while, and when it is over.

use std::fmt::Display;
use std::time::Duration;

use tokio::time::Instant;
use tracing::{error, info, warn};

use super::Pulse;

/// So many reasons of one trouble are told at once; what comes after them is heard of when it is told again. Some vary from
/// try to try.
const MOST_REASONS: usize = 8;

/// The account of one thing that must work.
#[derive(Debug)]
pub struct Trouble {
    /// For the log: what does not work.
    what: String,
    /// Between two lines about the same.
    remind_every: Duration,
    lasting: Option<Lasting>,
    /// For those who ask rather than read the log.
    pulse: Option<Pulse>,
}

#[derive(Debug)]
struct Lasting {
    since: Instant,
    tries: u32,
    /// Those that were told. What fails now at one step and then at another has two, again and again.
    reasons: Vec<String>,
    told: Instant,
}

impl Lasting {
    fn is_news(&self, reason: &String) -> bool {
        self.reasons.len() < MOST_REASONS && !self.reasons.contains(reason)
    }
}

impl Trouble {
    pub fn new(what: impl Into<String>, remind_every: Duration) -> Self {
        Self { what: what.into(), remind_every, lasting: None, pulse: None }
    }

    /// Kept there too while it lasts.
    #[must_use]
    pub fn kept_in(mut self, pulse: &Pulse) -> Self {
        self.pulse = Some(pulse.clone());
        self
    }

    /// One more try failed. What lasts until it is told again is an error, what has only begun a warning.
    pub fn goes_on(&mut self, reason: &impl Display) {
        let (now, reason, what) = (Instant::now(), reason.to_string(), self.what.as_str());
        if let Some(pulse) = &self.pulse {
            pulse.fails(what, &reason);
        }
        match &mut self.lasting {
            Some(lasting) if !lasting.is_news(&reason) => {
                lasting.tries = lasting.tries.saturating_add(1);
                if now.duration_since(lasting.told) >= self.remind_every {
                    lasting.told = now;
                    let seconds = now.duration_since(lasting.since).as_secs();
                    error!(what, tries = lasting.tries, seconds, "still out of service: {reason}");
                }
            }
            lasting => {
                warn!(what, "out of service; trying again until it works: {reason}");
                let lasting = lasting.get_or_insert(Lasting { since: now, tries: 0, reasons: Vec::new(), told: now });
                lasting.tries = lasting.tries.saturating_add(1);
                lasting.reasons.push(reason);
                lasting.told = now;
            }
        }
    }

    /// It works. Says so if it did not before.
    pub fn is_over(&mut self) {
        if let Some(pulse) = &self.pulse {
            pulse.works(&self.what);
        }
        if let Some(Lasting { since, tries, .. }) = self.lasting.take() {
            info!(what = self.what, tries, seconds = since.elapsed().as_secs(), "in service again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::log_for_tests::Log;
    use super::*;

    /// The log of everything that `happens`.
    fn told(happens: impl FnOnce(&mut Trouble)) -> String {
        let (log, _listening) = Log::listen();
        happens(&mut Trouble::new("the post", Duration::from_secs(30)));
        log.text()
    }

    #[test]
    fn two_reasons_that_take_turns_are_told_once_each() {
        let told = told(|trouble| {
            for _ in 0..20 {
                trouble.goes_on(&"nobody opens");
                trouble.goes_on(&"nobody answers");
            }
            trouble.is_over();
            trouble.goes_on(&"nobody opens");
        });
        insta::assert_snapshot!(told, @r#"
        WARN out of service; trying again until it works: nobody opens what="the post"
        WARN out of service; trying again until it works: nobody answers what="the post"
        INFO in service again what="the post" tries=40 seconds=0
        WARN out of service; trying again until it works: nobody opens what="the post"
        "#);
    }

    #[test]
    fn reasons_that_never_are_the_same_come_to_an_end() {
        let told = told(|trouble| (0..100).for_each(|number| trouble.goes_on(&number)));
        assert_eq!(told.lines().count(), MOST_REASONS);
    }
}
