//! A lane: one thread that owns one connection. Jobs come in through a bounded channel; those that wait together are
//! run in one transaction, each in a savepoint of its own, and answered after the commit (group commit).

use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc as ended};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::fault;
use crate::ledger::LedgerError;

/// Jobs that may wait; a caller beyond that waits itself.
const QUEUE: usize = 256;
/// Bounds of one transaction, so that the first caller does not wait for a crowd.
const MAX_JOBS: usize = 64;
const MAX_WEIGHT: usize = 2_048;
/// How long a ledger that is dropped without `close` waits for its threads.
const DROP_TIMEOUT: Duration = Duration::from_secs(1);

/// What a lane is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Write,
    /// Writes beside a worker, to whom the tidying up is left.
    Guest,
    Read,
}

/// Whether a job is still run when its caller has gone before its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whether {
    /// What it records is true, whoever asked.
    Always,
    /// It would claim for somebody who is not there.
    Awaited,
}

/// One caller's wish.
trait Job: Send {
    /// Rows, roughly.
    fn weight(&self) -> usize;
    fn abandoned(&self) -> bool;
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()>;
    /// `Ok` after the commit.
    fn answer(self: Box<Self>, outcome: Result<(), LedgerError>);
}

struct Call<F, T> {
    whether: Whether,
    weight: usize,
    work: Option<F>,
    result: Option<T>,
    reply: oneshot::Sender<Result<T, LedgerError>>,
}

impl<F, T> Job for Call<F, T>
where
    F: FnOnce(&Connection) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn weight(&self) -> usize {
        self.weight
    }

    fn abandoned(&self) -> bool {
        self.whether == Whether::Awaited && self.reply.is_closed()
    }

    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if let Some(work) = self.work.take() {
            self.result = Some(work(connection)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), LedgerError>) {
        let Self { result, reply, .. } = *self;
        let answer = outcome.and_then(|()| result.ok_or_else(stopped));
        // The caller may be gone; a claim it did not hear of is freed when its lease runs out.
        let _ = reply.send(answer);
    }
}

/// A lane's near end. Dropping it ends the thread.
pub(super) struct Lane {
    jobs: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<Result<(), LedgerError>>>>,
    /// Disconnects when the thread has let go of everything.
    ended: Mutex<ended::Receiver<()>>,
    commits: Arc<AtomicU64>,
}

impl Lane {
    /// `lock` is held for as long as the connection is open.
    pub(super) fn start(
        kind: Kind,
        path: String,
        connection: Connection,
        lock: Option<File>,
    ) -> Result<Self, LedgerError> {
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let (alive, ended) = ended::channel();
        let commits = Arc::new(AtomicU64::new(0));
        let far_end = FarEnd { kind, path, connection, commits: Arc::clone(&commits) };
        let name = match kind {
            Kind::Write | Kind::Guest => "ledger-writer",
            Kind::Read => "ledger-reader",
        };
        let thread = std::thread::Builder::new()
            .name(name.into())
            .spawn(move || {
                let result = far_end.work(waiting);
                drop(lock);
                drop(alive);
                result
            })
            .map_err(|error| LedgerError::Unavailable(format!("no thread for the ledger: {error}")))?;
        Ok(Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)), ended: Mutex::new(ended), commits })
    }

    /// Runs `work` in a transaction and answers after its commit. `weight`: about how many rows it is about.
    pub(super) async fn run<F, T>(&self, whether: Whether, weight: usize, work: F) -> Result<T, LedgerError>
    where
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let jobs = locked(&self.jobs).clone().ok_or_else(closed)?;
        let (reply, answer) = oneshot::channel();
        let call = Call { whether, weight, work: Some(work), result: None, reply };
        jobs.send(Box::new(call)).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// Transactions committed so far.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Lets what waits be done, then ends the thread.
    pub(super) async fn close(&self) -> Result<(), LedgerError> {
        drop(locked(&self.jobs).take());
        let Some(thread) = locked(&self.thread).take() else { return Ok(()) };
        match tokio::task::spawn_blocking(move || thread.join()).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(stopped()),
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        drop(locked(&self.jobs).take());
        // Bounded: a disk that hangs must not hang the program's end.
        let _ = locked(&self.ended).recv_timeout(DROP_TIMEOUT);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn closed() -> LedgerError {
    LedgerError::Unusable("the ledger is closed".into())
}

fn stopped() -> LedgerError {
    LedgerError::Unusable("the ledger's thread has stopped; start the worker again".into())
}

/// The thread's side.
struct FarEnd {
    kind: Kind,
    path: String,
    connection: Connection,
    commits: Arc<AtomicU64>,
}

impl FarEnd {
    fn work(self, mut waiting: mpsc::Receiver<Box<dyn Job>>) -> Result<(), LedgerError> {
        while let Some(first) = waiting.blocking_recv() {
            let group = take_group(first, &mut waiting);
            self.serve(group);
        }
        let checkpoint = match self.kind {
            Kind::Write => self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())),
            Kind::Guest | Kind::Read => Ok(()),
        };
        let fault = |error| fault::decide(&self.path, &error);
        checkpoint.map_err(fault)?;
        self.connection.close().map_err(|(_, error)| fault::decide(&self.path, &error))
    }

    /// One transaction. A job that fails loses its own savepoint only; a transaction that fails fails them all.
    fn serve(&self, group: Vec<Box<dyn Job>>) {
        let mut group: Vec<_> = group.into_iter().filter(|job| !job.abandoned()).collect();
        if group.is_empty() {
            return;
        }
        let mut outcomes = Vec::with_capacity(group.len());
        let whole = self.run_group(&mut group, &mut outcomes);
        if whole.is_err() && !self.connection.is_autocommit() {
            // Whatever this says, the next BEGIN tells whether the connection is in order.
            let _ = self.execute("ROLLBACK");
        }
        let whole = whole.map_err(|error| fault::decide(&self.path, &error));
        if whole.is_ok() {
            self.commits.fetch_add(1, Ordering::Relaxed);
        }
        let mut outcomes = outcomes.into_iter();
        for job in group {
            let own = outcomes.next().unwrap_or(Ok(()));
            job.answer(whole.clone().and(own.map_err(|error| fault::decide(&self.path, &error))));
        }
    }

    fn run_group(&self, group: &mut [Box<dyn Job>], outcomes: &mut Vec<rusqlite::Result<()>>) -> rusqlite::Result<()> {
        if self.kind == Kind::Read {
            self.execute("BEGIN")?;
            // Nothing is written, so nothing needs to be undone.
            outcomes.extend(group.iter_mut().map(|job| job.run(&self.connection)));
            return self.execute("COMMIT");
        }
        // The lock is taken at once: waiting for it half-way could not be answered.
        self.execute("BEGIN IMMEDIATE")?;
        for job in group {
            // Its caller may have gone while its neighbours were being run.
            if job.abandoned() {
                outcomes.push(Ok(()));
                continue;
            }
            self.execute("SAVEPOINT job")?;
            let outcome = job.run(&self.connection);
            if let Err(error) = outcome {
                // A full disk may have rolled everything back, the neighbours with it.
                if self.connection.is_autocommit() {
                    return Err(error);
                }
                self.execute("ROLLBACK TO job")?;
                outcomes.push(Err(error));
            } else {
                outcomes.push(Ok(()));
            }
            self.execute("RELEASE job")?;
        }
        self.execute("COMMIT")
    }

    fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(drop)
    }
}

/// What waits behind the first job, up to the bounds of a transaction.
fn take_group(first: Box<dyn Job>, waiting: &mut mpsc::Receiver<Box<dyn Job>>) -> Vec<Box<dyn Job>> {
    let mut weight = first.weight();
    let mut group = vec![first];
    while group.len() < MAX_JOBS && weight < MAX_WEIGHT {
        let Ok(next) = waiting.try_recv() else { break };
        weight = weight.saturating_add(next.weight());
        group.push(next);
    }
    group
}
