//! What a batch shows while it runs, and its summary.

use std::io::{IsTerminal, Write, stderr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::AbortHandle;

use super::terminal;
use crate::ledger::Census;
use crate::telemetry::{Ending, Fact, Observer, Tally, Totals};

/// A line that is drawn anew while the batch runs (on a terminal only), and under which faults scroll by.
pub(super) struct Progress {
    screen: Arc<Screen>,
    redraw: Option<AbortHandle>,
}

/// Standard error, with or without a progress line at its foot.
struct Screen {
    is_terminal: bool,
    tally: Arc<Tally>,
    writing: Mutex<()>,
}

impl Progress {
    /// Must be called inside the runtime.
    pub(super) fn start(tally: Arc<Tally>) -> Self {
        let is_terminal = stderr().is_terminal();
        let screen = Arc::new(Screen { is_terminal, tally, writing: Mutex::new(()) });
        let redraw = is_terminal.then(|| {
            let screen = Arc::clone(&screen);
            let task = tokio::spawn(async move {
                let mut tick = tokio::time::interval(Duration::from_millis(100));
                loop {
                    tick.tick().await;
                    screen.draw();
                }
            });
            task.abort_handle()
        });
        Self { screen, redraw }
    }

    pub(super) fn observer(&self) -> Arc<dyn Observer> {
        Arc::clone(&self.screen) as _
    }

    /// Prints the summary to standard output.
    pub(super) fn finish(self, totals: &Totals, census: &Census, file: &Path) -> anyhow::Result<()> {
        if let Some(redraw) = self.redraw {
            redraw.abort();
            self.screen.clear();
        }
        let later = match census.planned {
            0 => String::new(),
            planned => format!("{planned:>8}  planned for later, in the ledger\n"),
        };
        let nothing_new = if totals.delivered() == 0 && totals.repeated > 0 {
            format!("nothing new: the ledger knows the errors of `{}` already\n", file.display())
        } else {
            String::new()
        };
        terminal::print(&format!("{totals}{later}{nothing_new}"))
    }
}

impl Screen {
    fn draw(&self) {
        let totals = self.tally.totals();
        let (events, sent, bad) =
            (totals.opened + totals.resolved + totals.suppressed(), totals.delivered(), totals.bad());
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        // A terminal that is gone is no reason to stop sending.
        let _ = write!(stderr(), "\r\x1b[K{events} errors · {sent} sent · {bad} bad");
    }

    fn clear(&self) {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = write!(stderr(), "\r\x1b[K");
    }

    fn line(&self, text: &str) {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let clear = if self.is_terminal { "\r\x1b[K" } else { "" };
        let _ = writeln!(stderr(), "{clear}{text}");
    }
}

impl Observer for Screen {
    fn observe(&self, fact: &Fact<'_>) {
        match fact {
            Fact::Rejected { origin, reject } => self.line(&format!("{origin}: {}: {}", reject.reason, reject.detail)),
            Fact::Ended { dispatch, ending } => {
                let what = format!("{} of {} ({})", dispatch.target.channel(), dispatch.error.key, dispatch.id);
                match ending {
                    Ending::Failed { reason, detail } => {
                        self.line(&format!("failed: {what}: {}: {detail}", reason.as_str()));
                    }
                    Ending::Unknown { detail } => self.line(&format!("unknown: {what}: {detail}")),
                    Ending::Misconfigured { detail, .. } => self.line(&format!("not sent yet: {what}: {detail}")),
                    Ending::Retried { detail, .. } if dispatch.attempt == 1 => {
                        self.line(&format!("not sent yet: {what}: {detail}"));
                    }
                    _ => {}
                }
            }
            Fact::Decided { .. } => {}
        }
    }
}
