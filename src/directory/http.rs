//! A directory behind an HTTP endpoint: who asks about an owner who is being asked about waits for that answer, answers are
//! remembered for a while, and an old one stands in while there is no other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::cache::{Cache, Key, Known, Terms};
use super::question::Questioner;
use super::{Directory, DirectoryError};
use crate::config::{self, Network};
use crate::event::Recipient;
use crate::resilience::Trouble;

/// Questions at once: a batch may hold hundreds of owners, and the endpoint is somebody's shop.
pub(super) const CONCURRENCY: usize = 16;
/// No owner's id: what is asked about to see whether the endpoint works.
const NOBODY: &str = "dashlight-check";
/// So long after a failure old answers stand in without a question, or each would wait for the next failure.
const A_REST: Duration = Duration::from_secs(2);
/// So long after an old answer was used the directory is well again, if nothing failed meanwhile.
const WELL: Duration = Duration::from_secs(30);
/// Between two lines in the log about old answers.
const REMIND_EVERY: Duration = Duration::from_mins(5);
/// Questions that nobody waits for any more are forgotten when there are so many.
const MANY: usize = 1_000;

/// Asks an HTTP endpoint and remembers its answers for a while.
pub struct HttpDirectory(Arc<Desk>);

type Answer = Result<Option<Recipient>, DirectoryError>;
type Asking = BoxFuture<'static, Answer>;

struct Desk {
    questioner: Questioner,
    cache: Mutex<Cache>,
    turns: Semaphore,
    /// Questions on their way. Held by those who wait for them: a question that nobody waits for ends.
    asked: Mutex<HashMap<Key, WeakShared<Asking>>>,
    condition: Mutex<Condition>,
}

/// How the endpoint does.
struct Condition {
    failed: Option<Instant>,
    /// When an old answer was used last, and why the first was.
    stood_in: Option<(Instant, String)>,
    trouble: Trouble,
}

impl HttpDirectory {
    /// `template` is a URL with `{app}` and `{id}`.
    ///
    /// # Errors
    /// When `[network]` is at fault.
    pub fn new(template: &str, config: &config::Directory, network: &Network) -> Result<Self, DirectoryError> {
        let terms = Terms {
            ttl: config.cache_ttl,
            negative_ttl: config.negative_ttl,
            stale: config.stale_if_error,
            size: config.cache_size,
        };
        let trouble = Trouble::new("the directory, in whose place earlier answers are used", REMIND_EVERY);
        Ok(Self(Arc::new(Desk {
            questioner: Questioner::new(template, config, network)?,
            cache: Mutex::new(Cache::new(terms)),
            turns: Semaphore::new(CONCURRENCY),
            asked: Mutex::default(),
            condition: Mutex::new(Condition { failed: None, stood_in: None, trouble }),
        })))
    }
}

#[async_trait]
impl Directory for HttpDirectory {
    async fn find(&self, app: &str, recipient: &str) -> Answer {
        // A URL would swallow these as steps up its path, in any encoding.
        if matches!(recipient, "." | "..") {
            return Ok(None);
        }
        let (desk, key) = (&self.0, (app.to_owned(), recipient.to_owned()));
        let known = lock(&desk.cache).get(&key, Instant::now());
        let old = match known {
            Known::Fresh(answer) => return Ok(answer),
            Known::Stale(answer) if lock(&desk.condition).rests(Instant::now()) => return Ok(answer),
            Known::Stale(answer) => Some(answer),
            Known::Nothing => None,
        };
        match (Desk::asking(desk, key).await, old) {
            (Err(fault), Some(answer)) => {
                lock(&desk.condition).stands_in(&fault, Instant::now());
                Ok(answer)
            }
            (answer, _) => answer,
        }
    }

    async fn probe(&self, app: &str) -> Answer {
        self.0.questioner.ask(app, NOBODY).await
    }
}

impl Desk {
    /// The question about this owner: the one that is on its way, or a new one.
    fn asking(desk: &Arc<Self>, key: Key) -> Shared<Asking> {
        let mut asked = lock(&desk.asked);
        if let Some(asking) = asked.get(&key).and_then(WeakShared::upgrade) {
            return asking;
        }
        if asked.len() >= MANY {
            asked.retain(|_, asking| asking.upgrade().is_some());
        }
        let (this, owner) = (Arc::clone(desk), key.clone());
        let asking = async move { this.ask(owner).await }.boxed().shared();
        asked.extend(asking.downgrade().map(|asking| (key, asking)));
        asking
    }

    async fn ask(&self, owner: Key) -> Answer {
        // The semaphore is never closed.
        let turn = self.turns.acquire().await;
        let answer = self.questioner.ask(&owner.0, &owner.1).await;
        drop(turn);
        let now = Instant::now();
        lock(&self.condition).after(&answer, now);
        if let Ok(found) = &answer {
            lock(&self.cache).put(owner.clone(), found.clone(), now);
        }
        lock(&self.asked).remove(&owner);
        answer
    }
}

impl Condition {
    fn after(&mut self, answer: &Answer, now: Instant) {
        match answer {
            Ok(_) => {
                self.failed = None;
                if self.stood_in.as_ref().is_some_and(|(last, _)| now.duration_since(*last) >= WELL) {
                    self.stood_in = None;
                    self.trouble.is_over();
                }
            }
            Err(_) => self.failed = Some(now),
        }
    }

    fn rests(&mut self, now: Instant) -> bool {
        let rests = self.failed.is_some_and(|failed| now.duration_since(failed) < A_REST);
        if let Some((last, _)) = self.stood_in.as_mut().filter(|_| rests) {
            *last = now;
        }
        rests
    }

    /// Told once, under the reason of the first failure, however the next ones differ.
    fn stands_in(&mut self, fault: &DirectoryError, now: Instant) {
        let (last, reason) = self.stood_in.get_or_insert_with(|| (now, fault.to_string()));
        *last = now;
        self.trouble.goes_on(reason);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
