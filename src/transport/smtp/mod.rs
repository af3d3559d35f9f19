//! SMTP: mail to a relay or a provider's submission port, over a pool of sessions of our own.

mod dial;
mod dkim;
mod domains;
mod identity;
mod login;
mod pool;
mod reply;
mod session;
mod stream;
mod tls;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use self::dial::Dialer;
use self::dkim::Signer;
use self::domains::{Domains, Wait};
use self::pool::Pool;
use self::session::{Aftermath, Fault};
use super::{Accepted, AfterDoubt, SendError, Transport};
use crate::clock::Clock;
use crate::config::{self, ReturnPath};
use crate::message::{Message, Mime};
use crate::policy::Channel;

/// A carrier of e-mail over SMTP.
pub struct Smtp {
    pool: Pool,
    domains: Domains,
    signer: Signer,
    return_path: Option<ReturnPath>,
    max_connections: usize,
    after_doubt: AfterDoubt,
    longest_send: Duration,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").field("max_connections", &self.max_connections).finish_non_exhaustive()
    }
}

impl Smtp {
    pub const NAME: &'static str = "smtp";

    /// Connects to nothing yet; fails with [`SendError::Misconfigured`].
    pub fn new(config: &config::Smtp, clock: &Arc<dyn Clock>) -> Result<Self, SendError> {
        if config.max_connections == 0 {
            return Err(SendError::Misconfigured {
                detail: "`smtp.max_connections` is 0: nothing could be sent".into(),
            });
        }
        Ok(Self {
            pool: Pool::new(Dialer::new(config, clock)?, config),
            domains: Domains::new(config),
            signer: Signer::new(config)?,
            return_path: config.return_path.clone(),
            max_connections: config.max_connections,
            after_doubt: config.after_doubt,
            longest_send: longest_send(config),
        })
    }

    /// Sends it if its domain may have it now.
    async fn deliver(&self, mime: &Mime) -> Result<Accepted, SendError> {
        let pass = self.domains.enter(mime.to.domain(), Instant::now()).map_err(held)?;
        match self.hand_over(mime).await {
            Ok(accepted) => {
                pass.worked();
                Ok(accepted)
            }
            Err(fault) if fault.throttles => Err(match (pass.throttled(Instant::now()), fault.error) {
                (retry_after @ Some(_), SendError::Transient { detail, .. }) => {
                    SendError::Transient { detail, retry_after }
                }
                (None, SendError::Transient { detail, .. }) => SendError::Unavailable { detail, retry_after: None },
                (_, other) => other,
            }),
            Err(fault) => Err(fault.error),
        }
    }

    async fn hand_over(&self, mime: &Mime) -> Result<Accepted, Fault> {
        let mut second_try = false;
        loop {
            let mut lease = self.pool.lease().await.map_err(Fault::before)?;
            match lease.session().deliver(mime).await {
                Ok(reply) => {
                    let accepted = Accepted { provider_id: reply.queue_id() };
                    let domain = mime.to.domain();
                    lease.count(domain, self.domains.limits(domain).max_messages_per_connection);
                    lease.give_back();
                    return Ok(accepted);
                }
                // The server hung up on an idle session between our look at it and our first word.
                Err(fault) if fault.session == Aftermath::Stale && lease.reused && !second_try => {
                    second_try = true;
                    self.pool.forget_idle();
                }
                Err(fault) => {
                    if fault.session == Aftermath::Clean && lease.session().reset().await.is_ok() {
                        lease.give_back();
                    }
                    return Err(fault);
                }
            }
        }
    }
}

fn held(wait: Wait) -> SendError {
    let (detail, wait) = match wait {
        Wait::Full(wait) => ("the recipient's domain gets as many at once as it may", wait),
        Wait::Resting(wait) => ("the recipient's domain asked for less, and is left alone for a while", wait),
    };
    SendError::Held { detail: detail.to_owned(), wait }
}

/// Resolving, dialling (up to four addresses), TLS, greeting, EHLO before and after STARTTLS; AUTH in up to four steps; MAIL,
/// RCPT, DATA and the message, twice when an idle session turns out to be dead; the reply to the final dot; RSET after a refusal.
fn longest_send(config: &config::Smtp) -> Duration {
    let connect = config.connect_timeout.saturating_mul(9);
    let commands = config.command_timeout.saturating_mul(4 + 2 * 4 + 1);
    connect.saturating_add(commands).saturating_add(config.data_timeout)
}

#[async_trait]
impl Transport for Smtp {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn channel(&self) -> Channel {
        Channel::Email
    }

    fn concurrency(&self) -> usize {
        self.max_connections
    }

    fn after_doubt(&self) -> AfterDoubt {
        self.after_doubt
    }

    fn longest_send(&self) -> Duration {
        self.longest_send
    }

    async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        let Message::Email(email) = message else {
            return Err(SendError::Permanent { detail: "`smtp` carries e-mail only".to_owned() });
        };
        let mut mime = email.to_mime()?;
        self.signer.sign(email, &mut mime)?;
        if let Some(bounces) = self.return_path.as_ref().and_then(|path| path.of(email.id.as_str())) {
            mime.from = bounces;
        }
        self.deliver(&mime).await
    }

    async fn probe(&self) -> Result<String, SendError> {
        let mut lease = self.pool.lease().await?;
        lease.session().reset().await?;
        let encrypted = lease.session().is_encrypted();
        lease.give_back();
        Ok(format!("{} {}", self.pool.server(), if encrypted { "over TLS" } else { "without TLS" }))
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

#[cfg(test)]
mod tests;
