//! The operator's log: one structured line for each fact worth a line.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::time::Instant;
use tracing::{debug, error, info, warn};
use tracing_subscriber::EnvFilter;

use super::repeats::Repeats;
use super::{Ending, Fact, Handling, Observer};
use crate::config;
use crate::ledger::Dispatch;

/// Writes facts to `tracing`.
#[derive(Debug, Default)]
pub struct Log(Mutex<Repeats>);

impl Observer for Log {
    fn observe(&self, fact: &Fact<'_>) {
        match fact {
            Fact::Rejected { origin, reject } => {
                warn!(%origin, reason = %reject.reason, detail = %reject.detail, "event rejected");
            }
            Fact::Decided { error, handling } => {
                let (event, app, key) = (&error.event_id, &error.app, &error.key);
                let why = handling.explain();
                match handling {
                    Handling::Opened { general: true, .. } => {
                        warn!(%event, %app, %key, "{why}; give this code a notice of its own");
                    }
                    Handling::NoNotice | Handling::TooOld => info!(%event, %app, %key, "not sent: {why}"),
                    _ => debug!(%event, %app, %key, "{why}"),
                }
            }
            Fact::Ended { dispatch, ending } => self.ended(dispatch, ending),
        }
    }
}

impl Log {
    fn repeats(&self) -> MutexGuard<'_, Repeats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ended(&self, dispatch: &Dispatch, ending: &Ending) {
        let (id, key, channel, attempt) =
            (&dispatch.id, &dispatch.error.key, dispatch.target.channel(), dispatch.attempt);
        match ending {
            Ending::Sent { transport, locale, instead_of, .. } => {
                if let Some((failures, lasted)) = self.repeats().carried(channel, Instant::now()) {
                    info!(%channel, transport, failures, seconds = lasted.as_secs(), "messages are carried again");
                }
                match instead_of {
                    None => info!(%id, %key, %channel, attempt, transport, locale, "sent"),
                    Some(wanted) => {
                        info!(%id, %key, %channel, attempt, transport, locale, wanted, "sent in another locale");
                    }
                }
            }
            Ending::Retried { due_at, detail, .. } => {
                let again_at = second(*due_at);
                let told = self.repeats().failed(channel, detail, Instant::now());
                if let Some(others) = told {
                    warn!(%id, %key, %channel, attempt, again_at, others = some(others), "not sent yet: {detail}");
                } else {
                    debug!(%id, %key, %channel, attempt, again_at, "not sent yet: {detail}");
                }
            }
            Ending::Misconfigured { due_at, detail } => {
                let again_at = second(*due_at);
                let told = self.repeats().failed(channel, detail, Instant::now());
                if let Some(others) = told {
                    error!(%id, %key, %channel, attempt, again_at, others = some(others), "mend the configuration: {detail}");
                } else {
                    debug!(%id, %key, %channel, attempt, again_at, "mend the configuration: {detail}");
                }
            }
            Ending::Failed { reason, detail } => {
                error!(%id, %key, %channel, attempt, reason = reason.as_str(), "failed: {detail}");
            }
            Ending::Unknown { detail } => {
                error!(%id, %key, %channel, attempt, "may or may not have been sent: {detail}");
            }
            Ending::Expired => warn!(%id, %key, %channel, attempt, "expired before it could be sent"),
            Ending::Cancelled(reason) => debug!(%id, %key, %channel, reason = reason.as_str(), "cancelled"),
            Ending::Postponed { due_at, reason } => {
                debug!(%id, %key, %channel, reason = reason.as_str(), again_at = second(*due_at), "postponed");
            }
            Ending::Addressed(_) => debug!(%id, %key, %channel, "the directory named the owner's devices"),
            Ending::Released => debug!(%id, %key, %channel, "released for the next start"),
            Ending::Lost => warn!(%id, %key, %channel, attempt, "the claim ran out; another worker has it"),
        }
    }
}

/// A field of the log that is left out when it is nothing.
fn some(count: u64) -> Option<u64> {
    (count > 0).then_some(count)
}

/// Nobody wakes up for a fraction of a second.
fn second(at: Timestamp) -> String {
    format!("{at:.0}")
}

/// Sends `tracing` to standard error. Called once, by `main`.
///
/// # Errors
/// When `filter` is no list of `tracing` directives.
pub fn start_logging(log: &config::Log, color: bool) -> Result<(), String> {
    let filter = EnvFilter::try_new(&log.filter).map_err(|error| format!("`log.filter` is no filter: {error}"))?;
    // A log that cannot be written (its reader is gone, its disk is full) is no reason to stop: by default, the complaint
    // about it panics.
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(color)
        .log_internal_errors(false);
    let started = match log.format {
        config::LogFormat::Text => builder.with_target(false).try_init(),
        config::LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| format!("logging has been started before: {error}"))
}
