//! Learns that content has changed: told by the system at once, and by looking now and then where the system tells nothing
//! (network and bind mounts). It knows where content lies and nothing of what it says.
//!
//! Folders may be renamed, deleted, made anew or swapped by a link: after each change everything is watched afresh.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use notify::event::EventKind;
use notify::{ErrorKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{Notify, watch};
use tokio::task::{AbortHandle, spawn_blocking};
use tokio::time::{Instant, timeout};

use crate::catalog::{Fingerprint, Glance, Origin, Snapshot};

/// An edit is over when nothing was written for this long ...
const QUIET: Duration = Duration::from_millis(100);
/// ... or when it has gone on for this long: what then turns out to be half an edit is looked at again.
const LONGEST: Duration = Duration::from_secs(1);

/// Watches the folders of an origin in the background. Dropped, it ends.
#[derive(Debug)]
pub struct Watch {
    seen: watch::Receiver<Arc<Snapshot>>,
    task: AbortHandle,
}

impl Watch {
    /// Begins with what is there now, and looks at it again at least every `poll`. Needs a tokio runtime. When it returns, every
    /// later change will be told.
    pub async fn start(origin: Origin, poll: Duration) -> Self {
        let sentry = Sentry::post(origin).await;
        let (sender, seen) = watch::channel(Arc::clone(&sentry.known));
        let task = tokio::spawn(sentry.guard(poll, sender)).abort_handle();
        Self { seen, task }
    }

    /// What was found last.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.seen.borrow())
    }

    /// Resolves when the content is no longer what was last told here, or at the start, and has come to rest. May be dropped
    /// while it waits, without loss. What is built in never changes.
    pub async fn changed(&mut self) -> Fingerprint {
        match self.seen.changed().await {
            Ok(()) => self.seen.borrow_and_update().fingerprint(),
            // The task is gone with its runtime: whoever waits here is about to be dropped as well.
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Stands guard over an origin.
struct Sentry {
    origin: Origin,
    /// The system says that something has happened.
    alarm: Arc<Notify>,
    /// Dropped, it ends. `None`: the system cannot tell, and looking has to do.
    watcher: Option<RecommendedWatcher>,
    glance: Glance,
    known: Arc<Snapshot>,
    /// Why the system does not tell of everything, as it was last said.
    trouble: Option<String>,
}

impl Sentry {
    async fn post(origin: Origin) -> Self {
        let alarm = Arc::new(Notify::new());
        let (looked_at, ringing) = (origin.clone(), Arc::clone(&alarm));
        let Look { watcher, fault, glance, known } = off_the_path(move || Look::at(&looked_at, &ringing)).await;
        let mut sentry = Self { origin, alarm, watcher, glance, known, trouble: None };
        sentry.tell(fault);
        sentry
    }

    async fn guard(mut self, poll: Duration, sender: watch::Sender<Arc<Snapshot>>) {
        if self.origin == Origin::Embedded {
            return std::future::pending().await;
        }
        loop {
            let alarmed = timeout(poll, self.alarm.notified()).await.is_ok();
            if alarmed {
                self.settle().await;
            } else if self.known.is_whole() && self.looks_the_same().await {
                continue;
            }
            if self.look_closely().await {
                sender.send_replace(Arc::clone(&self.known));
            }
        }
    }

    /// Waits on the trailing edge: until nothing more happens.
    async fn settle(&self) {
        let end = Instant::now() + LONGEST;
        while Instant::now() < end && timeout(QUIET, self.alarm.notified()).await.is_ok() {}
    }

    async fn looks_the_same(&self) -> bool {
        let origin = self.origin.clone();
        off_the_path(move || origin.glance()).await == self.glance
    }

    /// Whether the content is another than it was.
    async fn look_closely(&mut self) -> bool {
        let (origin, alarm) = (self.origin.clone(), Arc::clone(&self.alarm));
        let Look { watcher, fault, glance, known } = off_the_path(move || Look::at(&origin, &alarm)).await;
        self.watcher = watcher;
        self.glance = glance;
        self.tell(fault);
        let before = std::mem::replace(&mut self.known, known);
        before.fingerprint() != self.known.fingerprint()
    }

    /// Once, until it is something else.
    fn tell(&mut self, fault: Option<notify::Error>) {
        let fault = fault.map(|fault| fault.to_string());
        if let Some(fault) = fault.as_ref().filter(|_| fault != self.trouble) {
            tracing::warn!(
                "the system does not tell of every change of the content; the rest is found by looking: {fault}"
            );
        }
        self.trouble = fault;
    }
}

/// A close look: all that is there, under a watch that began before, so that nothing slips through between the two.
struct Look {
    watcher: Option<RecommendedWatcher>,
    /// Why there is no watch, or not over everything.
    fault: Option<notify::Error>,
    glance: Glance,
    known: Arc<Snapshot>,
}

impl Look {
    fn at(origin: &Origin, alarm: &Arc<Notify>) -> Self {
        let mut glance = origin.glance();
        loop {
            let (watcher, fault) = watch_over(&glance.folders, alarm);
            let again = origin.glance();
            // Folders that came meanwhile are not under watch yet. Their coming was heard, if there is a watch at all.
            if again.folders == glance.folders || watcher.is_none() {
                return Self { watcher, fault, glance: again, known: Arc::new(origin.snapshot()) };
            }
            glance = again;
        }
    }
}

fn watch_over(folders: &BTreeSet<PathBuf>, alarm: &Arc<Notify>) -> (Option<RecommendedWatcher>, Option<notify::Error>) {
    let alarm = Arc::clone(alarm);
    let hear = move |event: notify::Result<notify::Event>| {
        // Our own reading is no change.
        if event.is_ok_and(|event| !matches!(event.kind, EventKind::Access(_))) {
            alarm.notify_one();
        }
    };
    let mut watcher = match notify::recommended_watcher(hear) {
        Ok(watcher) => watcher,
        Err(fault) => return (None, Some(fault)),
    };
    let faults = folders.iter().filter_map(|folder| watcher.watch(folder, RecursiveMode::NonRecursive).err());
    // A folder that is gone by now shows in the next look.
    let fault = faults.filter(|fault| !matches!(fault.kind, ErrorKind::PathNotFound)).reduce(|first, _| first);
    (Some(watcher), fault)
}

/// A disk may take its time, and the threads of the runtime have other things to do.
async fn off_the_path<T: Send + 'static>(look: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(look).await {
        Ok(seen) => seen,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Its runtime is going down, and whoever waits here with it.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests;
