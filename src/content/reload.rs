//! Edits of the content are taken up while the worker runs: loaded whole, checked whole, put in force at once. One that cannot
//! be used is told once, and the last good content stays in force.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;

use super::{Current, Hangup, Watch};
use crate::catalog::{Catalog, Origin, Snapshot};
use crate::clock::Clock;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};

/// From files to a catalog, with everything checked that is checked at the start.
pub type Load = Arc<dyn Fn(&Snapshot) -> Result<Catalog, Diagnostics> + Send + Sync>;

/// Keeps the content current.
pub struct Reloader {
    pub current: Current,
    pub origin: Origin,
    pub load: Load,
    /// How often to look at the folders where the system tells of no change. `None`: only when the operator says so.
    pub poll: Option<Duration>,
    pub clock: Arc<dyn Clock>,
}

/// Why it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Edit,
    Hangup,
}

/// A catalog or faults are more than the log shows at once.
const MOST_FAULTS: usize = 20;

impl Reloader {
    /// Runs until it is dropped. Needs a tokio runtime.
    pub async fn run(self, hangup: Hangup) -> Infallible {
        let mut told = Told(None);
        let Some(poll) = self.poll else {
            loop {
                hangup.heard().await;
                self.look(&mut told, None, Cause::Hangup).await;
            }
        };
        let mut watch = Watch::start(self.origin.clone(), poll).await;
        // What was edited between the start and now.
        if watch.snapshot().fingerprint() != self.current.catalog().fingerprint() {
            self.look(&mut told, Some(watch.snapshot()), Cause::Edit).await;
        }
        loop {
            tokio::select! {
                _ = watch.changed() => self.look(&mut told, Some(watch.snapshot()), Cause::Edit).await,
                () = hangup.heard() => self.look(&mut told, None, Cause::Hangup).await,
            }
        }
    }

    /// At what was read, or at what is there now.
    async fn look(&self, told: &mut Told, seen: Option<Arc<Snapshot>>, cause: Cause) {
        let (load, origin) = (Arc::clone(&self.load), self.origin.clone());
        // Some milliseconds of work, or a disk that does not answer: nothing for the threads that messages wait for.
        let loaded = spawn_blocking(move || match seen {
            Some(snapshot) => load(&snapshot),
            None => load(&origin.snapshot()),
        });
        let loaded = loaded.await.unwrap_or_else(|_| {
            let fault = Diagnostic::new(&codes::files::PANICKED, "loading the content made dashlight panic");
            Err(Diagnostics(vec![fault.help("report it, with the content")]))
        });
        let now = self.clock.now();
        let was = self.current.standing();
        match loaded {
            Ok(catalog) if *catalog.revision() == was.revision => {
                self.current.confirm(now);
                told.same(&self.origin, &was.revision, cause);
            }
            Ok(catalog) => {
                let revision = Arc::clone(catalog.revision());
                self.current.replace(catalog, now);
                told.taken(&revision, &was.revision);
            }
            Err(faults) => {
                let found: BTreeSet<_> = faults.0.iter().map(|fault| fault.code.id).collect();
                self.current.refuse(found, faults.0.len(), now);
                told.broken(faults, &was.revision, cause);
            }
        }
    }
}

/// The faults that the log knows of.
struct Told(Option<String>);

impl Told {
    fn same(&mut self, origin: &Origin, revision: &str, cause: Cause) {
        match (self.0.take(), cause) {
            (Some(_), _) => tracing::info!(revision, "the content is mended: it is what stayed in force"),
            (None, Cause::Hangup) if *origin == Origin::Embedded => {
                tracing::info!(revision, "SIGHUP: the content is built in, so there is nothing to reload");
            }
            (None, Cause::Hangup) => tracing::info!(revision, "SIGHUP: the content has not changed"),
            (None, Cause::Edit) => {}
        }
    }

    fn taken(&mut self, revision: &str, was: &str) {
        let how =
            if self.0.take().is_some() { "the content is mended and in force" } else { "new content is in force" };
        tracing::info!(revision, was, "{how}");
    }

    fn broken(&mut self, faults: Diagnostics, in_force: &str, cause: Cause) {
        let count = faults.0.len();
        let mut text = Diagnostics(faults.0.into_iter().take(MOST_FAULTS).collect()).render(false);
        if let Some(more) = count.checked_sub(MOST_FAULTS).filter(|more| *more > 0) {
            let _ = write!(text, "\n\nand {more} more, which `dashlight check` tells");
        }
        if self.0.as_ref() != Some(&text) {
            tracing::error!(
                faults = count,
                in_force,
                "the content is broken; until it is mended, the last good one stays:\n{text}"
            );
            self.0 = Some(text);
        } else if cause == Cause::Hangup {
            tracing::error!(faults = count, in_force, "SIGHUP: the content is still broken, as was told before");
        }
    }
}
