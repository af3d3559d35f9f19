//! The way along the dead-letter queue: with progress, and to be stopped at any letter.

use std::io::{IsTerminal, Write, stderr};

use super::shown::Summary;
use crate::shutdown::Shutdown;
use crate::source::{DeadLetter, DeadLetterQueue};

/// What is done to a chosen letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Look,
    Replay,
    Purge,
}

/// Letters between two looks of the progress line.
const STEP: usize = 20;

pub(super) struct Walk {
    shutdown: Shutdown,
    of: usize,
    is_terminal: bool,
    stopped: bool,
}

impl Walk {
    /// From now on Ctrl-C ends the walk in good order, and the second one at once. Needs a tokio runtime.
    pub(super) fn begin(queue: &DeadLetterQueue) -> std::io::Result<Self> {
        let shutdown = Shutdown::on_signals()?;
        let watched = shutdown.clone();
        tokio::spawn(async move {
            let signal = watched.second().await;
            // The broker gives out again what was held.
            std::process::exit(i32::from(signal.exit_code()));
        });
        Ok(Self { shutdown, of: queue.count(), is_terminal: stderr().is_terminal(), stopped: false })
    }

    /// `None`: all were looked at, or somebody asked to stop.
    pub(super) async fn next(&mut self, queue: &mut DeadLetterQueue) -> anyhow::Result<Option<DeadLetter>> {
        if self.shutdown.is_requested() {
            self.stopped = true;
            return Ok(None);
        }
        let next = queue.next().await?;
        if self.is_terminal && queue.seen().is_multiple_of(STEP) {
            // A terminal that is gone is no reason to stop.
            let _ = write!(stderr(), "\r\x1b[K{} of {} looked at", queue.seen(), self.of);
        }
        Ok(next)
    }

    /// Takes the progress line away.
    pub(super) fn end(&self) {
        if self.is_terminal {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }

    pub(super) fn was_stopped(&self) -> bool {
        self.stopped
    }
}

/// Letters that share a wait for the broker.
pub(super) struct Batch {
    deed: Deed,
    letters: Vec<DeadLetter>,
    bytes: usize,
}

impl Batch {
    /// A quorum queue's channel puts off acknowledgements when more than 32 are on their way, and forgets those when it closes.
    const LETTERS: usize = 16;
    const BYTES: usize = 4 << 20;

    pub(super) fn new(deed: Deed) -> Self {
        Self { deed, letters: Vec::new(), bytes: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.letters.len()
    }

    /// `true`: it is full.
    pub(super) fn add(&mut self, letter: DeadLetter) -> bool {
        self.bytes += letter.body.len();
        self.letters.push(letter);
        self.letters.len() >= Self::LETTERS || self.bytes >= Self::BYTES
    }

    pub(super) async fn finish(&mut self, queue: &mut DeadLetterQueue, summary: &mut Summary) -> anyhow::Result<()> {
        let letters = std::mem::take(&mut self.letters);
        self.bytes = 0;
        match self.deed {
            Deed::Replay => queue.replay(&letters).await?,
            Deed::Purge => queue.discard(&letters).await?,
            Deed::Look => {}
        }
        for letter in &letters {
            summary.add(letter);
        }
        if self.deed == Deed::Look {
            for letter in letters {
                queue.leave(letter).await?;
            }
        }
        Ok(())
    }
}
