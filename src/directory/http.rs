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
use crate::clock::Dice;
use crate::config::{self, Network};
use crate::event::Recipient;
use crate::resilience::{Backoff, Breaker, LeftAlone, Pass, Pulse, Trouble};

/// Questions at once: a batch may hold hundreds of owners, and the endpoint is somebody's shop.
pub(super) const CONCURRENCY: usize = 16;
/// No owner's id: what is asked about to see whether the endpoint works.
const NOBODY: &str = "dashlight-check";
/// How long it is left alone after it has failed, and left alone again.
const REST: Backoff = Backoff { min: Duration::from_secs(2), max: Duration::from_secs(30) };
/// Between two lines in the log about an outage.
const REMIND_EVERY: Duration = Duration::from_secs(30);
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
    breaker: Breaker<DirectoryError>,
    condition: Mutex<Condition>,
}

/// How the endpoint does.
struct Condition {
    /// The owner about whom it had no answer when last asked. One owner alone is no outage, however often asked about.
    stumbled: Option<Key>,
    trouble: Trouble,
}

impl HttpDirectory {
    /// `template` is a URL with `{app}` and `{id}`.
    ///
    /// # Errors
    /// When `[network]` is at fault.
    pub fn new(
        template: &str,
        config: &config::Directory,
        network: &Network,
        pulse: &Pulse,
    ) -> Result<Self, DirectoryError> {
        let terms = Terms {
            ttl: config.cache_ttl,
            negative_ttl: config.negative_ttl,
            stale: config.stale_if_error,
            size: config.cache_size,
        };
        let trouble = Trouble::new("the directory", REMIND_EVERY).kept_in(pulse);
        Ok(Self(Arc::new(Desk {
            questioner: Questioner::new(template, config, network)?,
            cache: Mutex::new(Cache::new(terms)),
            turns: Semaphore::new(CONCURRENCY),
            asked: Mutex::default(),
            breaker: Breaker::new(REST, Arc::new(Dice::new())),
            condition: Mutex::new(Condition { stumbled: None, trouble }),
        })))
    }
}

#[async_trait]
impl Directory for HttpDirectory {
    async fn find(&self, app: &str, recipient: &str) -> Answer {
        self.answer(app, recipient, |_| true).await
    }

    async fn find_again(&self, app: &str, recipient: &str) -> Answer {
        self.answer(app, recipient, Option::is_some).await
    }

    async fn probe(&self, app: &str) -> Answer {
        self.0.questioner.ask(app, NOBODY).await
    }
}

impl HttpDirectory {
    /// `holds`: whether an answer of a short while ago is good enough.
    async fn answer(&self, app: &str, recipient: &str, holds: fn(&Option<Recipient>) -> bool) -> Answer {
        // A URL would swallow these as steps up its path, in any encoding.
        if matches!(recipient, "." | "..") {
            return Ok(None);
        }
        let (desk, key) = (&self.0, (app.to_owned(), recipient.to_owned()));
        let known = lock(&desk.cache).get(&key, Instant::now());
        let old = match known {
            Known::Fresh(answer) if holds(&answer) => return Ok(answer),
            Known::Stale(answer) => Some(answer),
            Known::Fresh(_) | Known::Nothing => None,
        };
        match (Desk::asking(desk, key).await, old) {
            (Err(_), Some(answer)) => Ok(answer),
            (answer, _) => answer,
        }
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
        let answer = match self.breaker.enter(Instant::now()) {
            Ok(pass) => {
                let answer = self.questioner.ask(&owner.0, &owner.1).await;
                self.learn(pass, &owner, &answer);
                answer
            }
            Err(LeftAlone { fault, .. }) => Err(fault),
        };
        drop(turn);
        lock(&self.asked).remove(&owner);
        answer
    }

    fn learn(&self, pass: Pass<'_, DirectoryError>, owner: &Key, answer: &Answer) {
        let now = Instant::now();
        let mut condition = lock(&self.condition);
        match answer {
            Ok(found) => {
                lock(&self.cache).put(owner.clone(), found.clone(), now);
                pass.worked();
                condition.stumbled = None;
                if self.breaker.is_trusted() {
                    condition.trouble.is_over();
                }
            }
            Err(fault) => {
                let again = condition.stumbled.replace(owner.clone()).as_ref() == Some(owner);
                if !again || !matches!(fault, DirectoryError::Unavailable(_)) {
                    pass.failed(fault.clone(), None, matches!(fault, DirectoryError::Denied(_)), now);
                }
                if !self.breaker.is_trusted() {
                    condition.trouble.goes_on(fault);
                }
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
