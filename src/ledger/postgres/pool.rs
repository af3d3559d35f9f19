//! Connections: so many and no more, made when they are needed. One on which anything went wrong is closed and never used
//! again, because nobody knows what it would answer next.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};

use super::fault::{self, Failure};
use super::tls::Tls;
use super::url::Server;
use crate::config;
use crate::ledger::{LedgerError, Outcomes};

/// How long a connection that says goodbye is waited for.
const GOODBYE: Duration = Duration::from_secs(1);

pub(super) struct Pool {
    server: Server,
    tls: Tls,
    peer: String,
    /// What a new session is told first.
    setup: String,
    connect_timeout: Duration,
    request_timeout: Duration,
    size: usize,
    places: Arc<Semaphore>,
    idle: Mutex<Vec<Session>>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl Pool {
    pub(super) fn new(config: &config::Postgres, outcomes: Outcomes) -> Result<Self, LedgerError> {
        let mut server = Server::parse(config.url.expose())
            .map_err(|fault| LedgerError::Unusable(format!("`ledger.url` {fault}")))?;
        server.notice_within(config.connect_timeout, config.request_timeout);
        let tls = Tls::new(server.security, config.ca_file.as_deref()).map_err(LedgerError::Unusable)?;
        Ok(Self {
            peer: server.peer(),
            setup: setup(&config.schema, config.request_timeout, outcomes),
            server,
            tls,
            connect_timeout: config.connect_timeout,
            request_timeout: config.request_timeout,
            size: config.pool_size,
            places: Arc::new(Semaphore::new(config.pool_size)),
            idle: Mutex::default(),
        })
    }

    /// The server and database, for people.
    pub(super) fn peer(&self) -> &str {
        &self.peer
    }

    /// A session of one's own, which [`Pool::settle`] takes back. Dropped before that, it is closed.
    pub(super) async fn take(&self) -> Result<Held, LedgerError> {
        let waiting = timeout(self.request_timeout, Arc::clone(&self.places).acquire_owned());
        let place = waiting
            .await
            .map_err(|_| {
                let busy = format!("all {} connections are busy", self.size);
                fault::unavailable(&self.peer, &busy, "raise `ledger.pool_size`, or look after the server")
            })?
            .map_err(|_| LedgerError::Unusable("the ledger is closed".into()))?;
        let known = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.retain(|session| !session.client.is_closed());
            idle.pop()
        };
        let session = match known {
            Some(session) => session,
            None => self.dial().await.map_err(|failure| fault::decide(&self.peer, failure))?,
        };
        Ok(Held { session, _place: place })
    }

    /// No answer is waited for longer than the server was told to work on one.
    pub(super) async fn timed<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        timeout(self.longest_request(), work).await.unwrap_or(Err(Failure::Silence(self.longest_request())))
    }

    /// After this time a statement that nobody waits for any more has ended.
    pub(super) fn longest_request(&self) -> Duration {
        self.request_timeout + Duration::from_secs(2)
    }

    /// Takes a session back, and decides what became of its work.
    pub(super) fn settle<T>(&self, held: Held, outcome: Result<T, Failure>) -> Result<T, LedgerError> {
        match outcome {
            Ok(value) => {
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(held.session);
                Ok(value)
            }
            Err(failure) => {
                let decided = self.give_up(held, Err(failure));
                // The others lead to the same server, which may have gone, or take no writes any more.
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
                decided
            }
        }
    }

    /// Closes a session, and decides what became of its work.
    pub(super) fn give_up<T>(&self, held: Held, outcome: Result<T, Failure>) -> Result<T, LedgerError> {
        outcome.map_err(|failure| fault::decide(&self.peer, held.session.better_reason(failure)))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.places.is_closed()
    }

    pub(super) async fn close(&self) {
        self.places.close();
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for session in idle {
            session.say_goodbye().await;
        }
    }

    async fn dial(&self) -> Result<Session, Failure> {
        let silence = |_| Failure::Silence(self.connect_timeout);
        let dialled = timeout(self.connect_timeout, self.server.config.connect(self.tls.clone())).await;
        let (client, connection) = dialled.map_err(silence)??;
        let ending = Arc::new(OnceLock::new());
        let told = Arc::clone(&ending);
        let task = Task(tokio::spawn(async move {
            tokio::pin!(connection);
            // Kept before the client learns that its connection is over.
            if let Err(error) = (&mut connection).await {
                let _ = told.set(error);
            }
        }));
        let session = Session { client, statements: Mutex::default(), ending, task };
        timeout(self.connect_timeout, session.client.batch_execute(&self.setup)).await.map_err(silence)??;
        Ok(session)
    }
}

/// What must be so, whatever the server's or the user's own settings are.
fn setup(schema: &str, request_timeout: Duration, outcomes: Outcomes) -> String {
    let limit = request_timeout.as_millis();
    let outcomes = if outcomes == Outcomes::Kept { "kept" } else { "unwanted" };
    format!(
        "SET search_path = \"{schema}\";
         SET statement_timeout = {limit};
         SET lock_timeout = {limit};
         SET idle_in_transaction_session_timeout = {limit};
         SET default_transaction_isolation = 'read committed';
         SET jit = off;
         SET dashlight.outcomes = '{outcomes}';
         SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';"
    )
}

/// A session while it is somebody's.
pub(super) struct Held {
    session: Session,
    _place: OwnedSemaphorePermit,
}

impl std::ops::Deref for Held {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

pub(super) struct Session {
    client: Client,
    statements: Mutex<HashMap<&'static str, Statement>>,
    /// Why the connection is over.
    ending: Arc<OnceLock<Error>>,
    task: Task,
}

/// The driver's side of a connection. Dropped, it closes the socket, whatever is waited for.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Session {
    /// The statements, prepared; each once for a session.
    pub(super) async fn prepare<const N: usize>(&self, sql: [&'static str; N]) -> Result<[Statement; N], Failure> {
        let prepared = try_join_all(sql.map(|sql| self.prepare_one(sql))).await?;
        prepared.try_into().map_err(|_| Failure::Stored("statements were lost".into()))
    }

    async fn prepare_one(&self, sql: &'static str) -> Result<Statement, Failure> {
        if let Some(known) = self.statements.lock().unwrap_or_else(PoisonError::into_inner).get(sql) {
            return Ok(known.clone());
        }
        let statement = self.client.prepare(sql).await?;
        self.statements.lock().unwrap_or_else(PoisonError::into_inner).insert(sql, statement.clone());
        Ok(statement)
    }

    /// Sent as soon as it is polled: those that are polled together share a round trip and run in that order.
    pub(super) async fn ask(&self, statement: &Statement, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Failure> {
        Ok(self.client.query(statement, params).await?)
    }

    /// One statement in a transaction of its own.
    pub(super) async fn query(&self, sql: &'static str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Failure> {
        let [statement] = self.prepare([sql]).await?;
        self.ask(&statement, params).await
    }

    /// Statements without parameters and answers.
    pub(super) async fn run(&self, sql: &str) -> Result<(), Failure> {
        Ok(self.client.batch_execute(sql).await?)
    }

    /// What the server said last explains more than that the connection is over.
    fn better_reason(self, failure: Failure) -> Failure {
        let Self { client, ending, task, .. } = self;
        let is_over = matches!(&failure, Failure::Postgres(error) if error.is_closed());
        drop((client, task));
        match Arc::into_inner(ending).and_then(OnceLock::into_inner) {
            Some(reason) if is_over => Failure::Postgres(reason),
            _ => failure,
        }
    }

    async fn say_goodbye(self) {
        let Self { client, mut task, .. } = self;
        drop(client);
        let _ = timeout(GOODBYE, &mut task.0).await;
    }
}
