//! What can go wrong between us and the broker, in words for operators, and the account that is kept of an outage:
//! when to try again, and what to say about it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lapin::ErrorKind;
use lapin::protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError};

use crate::clock::Dice;
use crate::resilience::{Backoff, Pulse, Trouble};

/// A session that lived shorter than this is a failed try: the next one waits longer.
const STEADY: Duration = Duration::from_secs(5);

/// While an outage lasts it is told again once per interval.
const INTERVAL: Duration = Duration::from_secs(30);

/// Why there is no session, or no longer. Every one of them has the same remedy: drop everything, try again.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("`rabbitmq.url` is not a broker's address: {0}; write amqp://USER:PASSWORD@HOST/VHOST or amqps://…")]
    Url(String),
    #[error("`{key}` is no name that the broker could take; give 1 to 255 bytes")]
    Name { key: &'static str },
    #[error("`rabbitmq.ca_file`: `{}` {reason}", path.display())]
    CaFile { path: PathBuf, reason: String },
    #[error("`{peer}` cannot be reached: {source}")]
    Dial { peer: String, source: std::io::Error },
    #[error("`{peer}` offers no TLS that can be trusted: {source}; check its certificate, or set `rabbitmq.ca_file`")]
    Tls { peer: String, source: std::io::Error },
    #[error("the broker did not answer within {limit:?} ({step})")]
    Silent { step: &'static str, limit: Duration },
    #[error("the broker took no message within {limit:?}; is there an alarm of its memory or disk?")]
    Blocked { limit: Duration },
    #[error(
        "queue `{queue}` exists with other arguments ({difference}); set `rabbitmq.queue_type` to what it is, or \
         `rabbitmq.declare = \"passive\"` to take it as it is"
    )]
    OtherArguments { queue: String, difference: String },
    #[error("queue `{queue}` does not exist; create it, or set `rabbitmq.declare = \"declare\"`")]
    NoQueue { queue: String },
    #[error("the broker refuses ({step}): {text}; check the permissions of `rabbitmq.url`'s user")]
    Refused { step: &'static str, text: String },
    #[error("the broker refuses the login: {text}; check the user and the password of `rabbitmq.url`")]
    Login { text: String },
    #[error("the broker refuses the connection: {text}; check the virtual host and the user of `rabbitmq.url`")]
    NotAllowed { text: String },
    #[error("`{peer}` does not speak AMQP; check the host and the port of `rabbitmq.url`")]
    NotAmqp { peer: String },
    #[error("{step}: {source}")]
    Broker { step: &'static str, source: lapin::Error },
    #[error("the broker cancelled the consumer: the queue was deleted, or has moved")]
    Cancelled,
    #[error("the connection was lost")]
    Gone,
    #[error("the connection was gone before the acknowledgement")]
    NotAcknowledged,
    #[error("queue `{queue}` did not take {count} dead letters: {text}")]
    NotConfirmed { queue: String, count: usize, text: String },
    #[error(
        "exchange `{exchange}` does not exist; create it as a durable topic exchange, or set `rabbitmq.declare = \"declare\"`"
    )]
    NoExchange { exchange: String },
    #[error(
        "exchange `{exchange}` exists, but is another ({difference}); name a durable topic exchange in `outcomes.exchange`, \
         or set `rabbitmq.declare = \"passive\"` to take it as it is"
    )]
    OtherExchange { exchange: String, difference: String },
    #[error("exchange `{exchange}` did not take {count} outcomes: {text}")]
    NotTold { exchange: String, count: usize, text: String },
}

impl Failure {
    /// Reads what the broker said about `queue` while `step`.
    pub(crate) fn about_queue(step: &'static str, queue: &str, source: lapin::Error) -> Self {
        match soft_error(&source) {
            Some((AMQPSoftError::PRECONDITIONFAILED, text)) => {
                Self::OtherArguments { queue: queue.to_owned(), difference: difference(&text) }
            }
            Some((AMQPSoftError::NOTFOUND, _)) => Self::NoQueue { queue: queue.to_owned() },
            _ => Self::broker(step, source),
        }
    }

    /// Reads what the broker said about `exchange`.
    pub(crate) fn about_exchange(self, exchange: &str) -> Self {
        let Self::Broker { step, source } = self else { return self };
        match soft_error(&source) {
            Some((AMQPSoftError::PRECONDITIONFAILED, text)) => {
                Self::OtherExchange { exchange: exchange.to_owned(), difference: difference(&text) }
            }
            Some((AMQPSoftError::NOTFOUND, _)) => Self::NoExchange { exchange: exchange.to_owned() },
            _ => Self::Broker { step, source },
        }
    }

    /// Reads what went wrong between dialling `peer` and an open connection.
    pub(crate) fn at_handshake(self, peer: impl FnOnce() -> String) -> Self {
        match self {
            Self::Refused { text, .. } => Self::Login { text },
            Self::Broker { step, source } => match source.kind() {
                ErrorKind::ParsingError(_) => Self::NotAmqp { peer: peer() },
                ErrorKind::ProtocolError(error) if *error.kind() == AMQPErrorKind::Hard(AMQPHardError::NOTALLOWED) => {
                    Self::NotAllowed { text: error.get_message().to_string() }
                }
                _ => Self::Broker { step, source },
            },
            other => other,
        }
    }

    pub(crate) fn broker(step: &'static str, source: lapin::Error) -> Self {
        match soft_error(&source) {
            Some((AMQPSoftError::ACCESSREFUSED, text)) => Self::Refused { step, text },
            _ => Self::Broker { step, source },
        }
    }
}

fn soft_error(error: &lapin::Error) -> Option<(AMQPSoftError, String)> {
    let ErrorKind::ProtocolError(error) = error.kind() else { return None };
    let AMQPErrorKind::Soft(kind) = error.kind() else { return None };
    Some((kind.clone(), error.get_message().to_string()))
}

/// `PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue 'q' in vhost '/': received 'quorum' but current is
/// 'classic'` → ``its `x-queue-type` is 'classic', ours 'quorum'``.
fn difference(text: &str) -> String {
    let told = || {
        let (_, rest) = text.split_once("arg '")?;
        let (argument, rest) = rest.split_once('\'')?;
        let (_, rest) = rest.split_once("received ")?;
        let (ours, theirs) = rest.split_once(" but current is ")?;
        let plain = |value: &str| {
            let value = value.trim().trim_start_matches("the value ");
            value.split(" of type").next().unwrap_or(value).trim_matches('\'').to_owned()
        };
        Some(format!("its {argument} is `{}`, ours `{}`", plain(theirs), plain(ours)))
    };
    told().unwrap_or_else(|| text.to_owned())
}

/// Gives `future` so long, and its error a place.
pub(crate) async fn within<T>(
    limit: Duration,
    step: &'static str,
    future: impl Future<Output = lapin::Result<T>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(limit, future).await {
        Ok(result) => result.map_err(|source| Failure::broker(step, source)),
        Err(_) => Err(Failure::Silent { step, limit }),
    }
}

/// Failures in a row: paces the tries, and has the log told.
#[derive(Debug)]
pub(crate) struct Outage {
    backoff: Backoff,
    dice: Arc<Dice>,
    tries: u32,
    trouble: Trouble,
}

impl Outage {
    pub(crate) fn new(what: &'static str, backoff: Backoff, dice: Arc<Dice>) -> Self {
        Self { backoff, dice, tries: 0, trouble: Trouble::new(what, INTERVAL) }
    }

    /// Kept there too while it lasts.
    pub(crate) fn kept_in(mut self, pulse: &Pulse) -> Self {
        self.trouble = self.trouble.kept_in(pulse);
        self
    }

    /// One more failed try.
    pub(crate) fn failed(&mut self, failure: &Failure) {
        self.tries = self.tries.saturating_add(1);
        self.trouble.goes_on(failure);
    }

    /// A session that lived this long has ended. A steady one clears the account.
    pub(crate) fn ended_after(&mut self, lived: Duration) {
        if lived >= STEADY {
            self.clear();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.tries = 0;
    }

    /// It works again. The count of tries stays until the session has proved steady.
    pub(crate) fn over(&mut self) {
        self.trouble.is_over();
    }

    /// Full jitter, growing with the failures in a row; nothing before the very first try.
    pub(crate) async fn pause(&self) {
        if self.tries > 0 {
            tokio::time::sleep(self.backoff.pause(self.tries, &self.dice)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_precondition_failure_says_what_differs() {
        let text = "PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue 'work' in vhost '/': received the \
                    value 'quorum' of type 'longstr' but current is none";
        assert_eq!(difference(text), "its x-queue-type is `none`, ours `quorum`");
        let text = "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'work' in vhost '/': received 'true' but \
                    current is 'false'";
        assert_eq!(difference(text), "its durable is `false`, ours `true`");
    }

    #[test]
    fn an_unknown_text_is_passed_on() {
        assert_eq!(difference("PRECONDITION_FAILED - no"), "PRECONDITION_FAILED - no");
    }

    #[test]
    fn only_a_steady_session_clears_the_account_of_an_outage() {
        let backoff = Backoff { min: Duration::from_millis(1), max: Duration::from_millis(2) };
        let mut outage = Outage::new("test", backoff, Arc::new(Dice::seeded(1)));
        outage.failed(&Failure::Cancelled);
        outage.ended_after(Duration::from_secs(1));
        assert_eq!(outage.tries, 1);
        outage.ended_after(STEADY);
        assert_eq!(outage.tries, 0);
    }
}
