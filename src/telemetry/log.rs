//! The operator's log: one structured line for each fact worth a line.

use tracing::{debug, error, info, warn};
use tracing_subscriber::EnvFilter;

use super::{Ending, Fact, Handling, Observer};
use crate::config;
use crate::ledger::Dispatch;

/// Writes facts to `tracing`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Log;

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
            Fact::Ended { dispatch, ending } => ended(dispatch, ending),
        }
    }
}

fn ended(dispatch: &Dispatch, ending: &Ending) {
    let (id, key, channel, attempt) = (&dispatch.id, &dispatch.error.key, dispatch.target.channel(), dispatch.attempt);
    match ending {
        Ending::Sent { transport, locale, instead_of: None, .. } => {
            info!(%id, %key, %channel, attempt, transport, locale, "sent");
        }
        Ending::Sent { transport, locale, instead_of: Some(wanted), .. } => {
            info!(%id, %key, %channel, attempt, transport, locale, wanted, "sent in another locale");
        }
        Ending::Retried { due_at, detail } => {
            warn!(%id, %key, %channel, attempt, again_at = %due_at, "not sent yet: {detail}");
        }
        Ending::Misconfigured { due_at, detail } => {
            error!(%id, %key, %channel, attempt, again_at = %due_at, "mend the configuration: {detail}");
        }
        Ending::Failed { reason, detail } => {
            error!(%id, %key, %channel, attempt, reason = reason.as_str(), "failed: {detail}");
        }
        Ending::Unknown { detail } => {
            error!(%id, %key, %channel, attempt, "may or may not have been sent: {detail}");
        }
        Ending::Expired => warn!(%id, %key, %channel, attempt, "expired before it could be sent"),
        Ending::Cancelled(reason) => debug!(%id, %key, %channel, reason = reason.as_str(), "cancelled"),
        Ending::Released => debug!(%id, %key, %channel, "released for the next start"),
        Ending::Lost => warn!(%id, %key, %channel, attempt, "the claim ran out; another worker has it"),
    }
}

/// Sends `tracing` to standard error. Called once, by `main`.
///
/// # Errors
/// When `filter` is no list of `tracing` directives.
pub fn start_logging(log: &config::Log, color: bool) -> Result<(), String> {
    let filter = EnvFilter::try_new(&log.filter).map_err(|error| format!("`log.filter` is no filter: {error}"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(color);
    let started = match log.format {
        config::LogFormat::Text => builder.with_target(false).try_init(),
        config::LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| format!("logging has been started before: {error}"))
}
