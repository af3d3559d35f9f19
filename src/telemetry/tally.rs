//! Counts facts, for the summary of a batch and of the demo.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::{Ending, Fact, Handling, Observer};
use crate::event::{ErrorKey, Reason};

/// Counts.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Totals>);

/// What was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    pub rejected: BTreeMap<Reason, u64>,
    pub opened: u64,
    pub planned: u64,
    pub repeated: u64,
    pub stale: u64,
    pub too_old: u64,
    pub erased: u64,
    pub resolved: u64,
    pub cancelled: u64,
    pub nothing_to_resolve: u64,
    pub no_notice: BTreeMap<ErrorKey, u64>,
    pub test_mode: u64,
    pub sent: BTreeMap<&'static str, u64>,
    /// Wanted locale → served locale.
    pub fallbacks: BTreeMap<(String, String), u64>,
    pub retried: u64,
    /// By the reason.
    pub postponed: BTreeMap<&'static str, u64>,
    pub failed: u64,
    pub expired: u64,
    pub unknown: u64,
}

impl Tally {
    pub fn totals(&self) -> Totals {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Observer for Tally {
    fn observe(&self, fact: &Fact<'_>) {
        let totals = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match fact {
            Fact::Rejected { reject, .. } => *totals.rejected.entry(reject.reason).or_default() += 1,
            Fact::Decided { error, handling } => totals.decided(&error.key, *handling),
            Fact::Ended { dispatch, ending } => totals.ended(dispatch.target.channel().as_str(), ending),
        }
    }
}

impl Totals {
    fn decided(&mut self, key: &ErrorKey, handling: Handling) {
        match handling {
            Handling::Opened { planned, .. } => {
                self.opened += 1;
                self.planned += planned as u64;
            }
            Handling::Repeated => self.repeated += 1,
            Handling::Stale => self.stale += 1,
            Handling::TooOld => self.too_old += 1,
            Handling::Erased => self.erased += 1,
            Handling::Resolved { cancelled } => {
                self.resolved += 1;
                self.cancelled += u64::from(cancelled);
            }
            Handling::NothingToResolve => self.nothing_to_resolve += 1,
            Handling::NoNotice => *self.no_notice.entry(key.clone()).or_default() += 1,
            Handling::TestMode => self.test_mode += 1,
        }
    }

    fn ended(&mut self, channel: &'static str, ending: &Ending) {
        match ending {
            Ending::Sent { locale, instead_of, .. } => {
                *self.sent.entry(channel).or_default() += 1;
                if let Some(wanted) = instead_of {
                    *self.fallbacks.entry((wanted.clone(), locale.clone())).or_default() += 1;
                }
            }
            Ending::Retried { .. } | Ending::Misconfigured { .. } => self.retried += 1,
            Ending::Failed { .. } => self.failed += 1,
            Ending::Cancelled(_) => self.cancelled += 1,
            Ending::Expired => self.expired += 1,
            Ending::Unknown { .. } => self.unknown += 1,
            Ending::Postponed { reason, .. } => *self.postponed.entry(reason.as_str()).or_default() += 1,
            Ending::Addressed(_) | Ending::Released | Ending::Lost => {}
        }
    }

    /// How many events could not be used.
    pub fn bad(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// How many errors told nothing new.
    pub fn suppressed(&self) -> u64 {
        let known = self.repeated + self.stale + self.too_old + self.nothing_to_resolve;
        known + self.erased + self.test_mode + self.unnoticed()
    }

    fn unnoticed(&self) -> u64 {
        self.no_notice.values().sum()
    }

    pub fn delivered(&self) -> u64 {
        self.sent.values().sum()
    }
}

/// The summary: a line for each thing that happened, none for what did not.
impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sent = self.sent.iter().map(|(channel, n)| format!("{n} {channel}")).collect::<Vec<_>>().join(", ");
        let sent = if sent.is_empty() { "nothing".to_owned() } else { sent };
        writeln!(f, "{:>8}  sent ({sent})", self.delivered())?;
        let mut line = |count: u64, what: &str| match count {
            0 => Ok(()),
            count => writeln!(f, "{count:>8}  {what}"),
        };
        line(self.opened, "incidents opened")?;
        line(self.resolved, "incidents resolved")?;
        line(self.cancelled, "planned messages cancelled")?;
        line(self.repeated, "repeated: the incident was open already")?;
        line(self.stale, "stale: older than the last RESOLVED")?;
        line(self.too_old, "too old to be worth a message")?;
        line(self.erased, "of owners who were erased after they had happened")?;
        line(self.nothing_to_resolve, "RESOLVED of nothing open")?;
        line(self.test_mode, "in TEST mode: never sent")?;
        for (key, count) in &self.no_notice {
            line(*count, &format!("without a notice: {key}"))?;
        }
        for ((wanted, served), count) in &self.fallbacks {
            line(*count, &format!("in {served} in place of {wanted}"))?;
        }
        line(self.retried, "tries that will be repeated")?;
        for (reason, count) in &self.postponed {
            line(*count, &format!("postponed: {reason}"))?;
        }
        line(self.failed, "failed for good")?;
        line(self.expired, "expired before they could be sent")?;
        line(self.unknown, "unknown: may or may not have been sent")?;
        for (reason, count) in &self.rejected {
            line(*count, &format!("rejected: {reason}"))?;
        }
        Ok(())
    }
}
