//! Trouble that lasts, as the log tells it: once when it begins or changes, then once in a while, and when it is over.

use std::fmt::Display;
use std::time::Duration;

use tokio::time::Instant;
use tracing::{error, info, warn};

use super::Pulse;

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
    reason: String,
    told: Instant,
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
            Some(lasting) if lasting.reason == reason => {
                lasting.tries = lasting.tries.saturating_add(1);
                if now.duration_since(lasting.told) >= self.remind_every {
                    lasting.told = now;
                    let seconds = now.duration_since(lasting.since).as_secs();
                    error!(what, tries = lasting.tries, seconds, "still out of service: {reason}");
                }
            }
            lasting => {
                warn!(what, "out of service; trying again until it works: {reason}");
                let (since, tries) = lasting.as_ref().map_or((now, 0), |before| (before.since, before.tries));
                *lasting = Some(Lasting { since, tries: tries.saturating_add(1), reason, told: now });
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
