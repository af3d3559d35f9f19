//! Sessions that are kept for the next message: never more than the cap, none in doubt.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

use super::dial::Dialer;
use super::session::Session;
use crate::config;
use crate::transport::SendError;

/// How long a goodbye may take.
const QUIT_TIMEOUT: Duration = Duration::from_secs(2);

/// A permit is needed to hold a session, and an idle session is always taken before a new one is opened: so sessions
/// in use and idle ones together are never more than permits.
pub(super) struct Pool {
    dialer: Dialer,
    permits: Semaphore,
    idle: Mutex<Vec<Connection>>,
    limits: Limits,
}

struct Limits {
    messages: u32,
    age: Duration,
    idle: Duration,
}

struct Connection {
    session: Session,
    opened: Instant,
    used: Instant,
    messages: u32,
    /// How many to which domain, of those that have a limit.
    per_domain: HashMap<String, u32>,
    /// A domain has had all that it may over this one.
    worn: bool,
}

/// A session in use. Dropped, it is closed: only [`Lease::give_back`] keeps it, so a send that is cancelled, fails or
/// panics half-way can never leave its replies to the next message.
pub(super) struct Lease<'a> {
    pool: &'a Pool,
    connection: Connection,
    /// Whether it has carried a message before.
    pub(super) reused: bool,
    _permit: SemaphorePermit<'a>,
}

impl Pool {
    pub(super) fn new(dialer: Dialer, config: &config::Smtp) -> Self {
        Self {
            dialer,
            permits: Semaphore::new(config.max_connections),
            idle: Mutex::new(Vec::with_capacity(config.max_connections)),
            limits: Limits {
                messages: config.max_messages_per_connection.max(1),
                age: config.max_age,
                idle: config.max_idle,
            },
        }
    }

    /// Host and port, for people.
    pub(super) fn server(&self) -> String {
        self.dialer.server()
    }

    /// A session that is ready for MAIL; waits while as many as may be are in use.
    pub(super) async fn lease(&self) -> Result<Lease<'_>, SendError> {
        let closed = |_| SendError::Unavailable { detail: "the transport is closed".to_owned(), retry_after: None };
        let permit = self.permits.acquire().await.map_err(closed)?;
        if let Some(connection) = self.take_usable() {
            return Ok(Lease { pool: self, connection, reused: true, _permit: permit });
        }
        let session = self.dialer.dial().await?;
        let now = Instant::now();
        let connection =
            Connection { session, opened: now, used: now, messages: 0, per_domain: HashMap::new(), worn: false };
        Ok(Lease { pool: self, connection, reused: false, _permit: permit })
    }

    /// The idle session that was used last and can be used again; the ones found unusable are closed.
    fn take_usable(&self) -> Option<Connection> {
        let now = Instant::now();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        for worn in idle.extract_if(.., |connection| !self.limits.allow(connection, now)) {
            worn.session.leave();
        }
        while let Some(mut connection) = idle.pop() {
            if connection.session.is_quiet() {
                return Some(connection);
            }
        }
        None
    }

    /// Closes every idle session: after one of them was found dead, the others are likely to be.
    pub(super) fn forget_idle(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(super) async fn close(&self) {
        self.permits.close();
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        let goodbyes = join_all(idle.into_iter().map(|connection| connection.session.quit()));
        // A server that does not answer is left without one.
        let _ = timeout(QUIT_TIMEOUT, goodbyes).await;
    }
}

impl Limits {
    fn allow(&self, connection: &Connection, now: Instant) -> bool {
        !connection.worn
            && connection.messages < self.messages
            && now.duration_since(connection.opened) < self.age
            && now.duration_since(connection.used) < self.idle
    }
}

impl Lease<'_> {
    pub(super) fn session(&mut self) -> &mut Session {
        &mut self.connection.session
    }

    /// It has carried a message to this domain, which may get `limit` over one connection.
    pub(super) fn count(&mut self, domain: &str, limit: Option<u32>) {
        if let Some(limit) = limit {
            let carried = self.connection.per_domain.entry(domain.to_owned()).or_default();
            *carried += 1;
            self.connection.worn |= *carried >= limit;
        }
    }

    /// Keeps the session for the next message. Only for one that is in no transaction.
    pub(super) fn give_back(mut self) {
        self.connection.messages += 1;
        self.connection.used = Instant::now();
        if !self.pool.limits.allow(&self.connection, self.connection.used) || self.pool.permits.is_closed() {
            return self.connection.session.leave();
        }
        // The permit goes after this: whoever it wakes finds the session.
        self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(self.connection);
    }
}
