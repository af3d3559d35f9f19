//! Whether the worker does its work, for those who ask: what works, since when, and why not.
//!
//! It asks nobody: each part of the worker has noted how it fares.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::clock::Clock;
use crate::content::{Current, Standing};
use crate::dispatch::Pauses;
use crate::ledger::{Ledger, Pause, Untold};
use crate::policy::Channel;
use crate::resilience::{Ailment, Pulse};
use crate::shutdown::Shutdown;

/// Where a running worker can be felt.
pub struct Vitals {
    /// "events" and "dead letters".
    pub broker: Pulse,
    /// What begins with "the ledger", "the directory" or "outcomes".
    pub worker: Pulse,
    pub content: Current,
    pub ledger: Arc<dyn Ledger>,
    /// Where outcomes wait; `None`: nobody wants to hear of them.
    pub untold: Option<Arc<dyn Untold>>,
    /// Those that have a transport.
    pub channels: Vec<Channel>,
    /// What an operator has paused.
    pub pauses: Pauses,
}

/// A worker's health. Until there are vitals it is starting.
pub struct Health {
    vitals: OnceLock<Vitals>,
    clock: Arc<dyn Clock>,
    shutdown: Shutdown,
    started: Timestamp,
}

/// Something that must work, or had better.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: &'static str,
    /// Nothing goes on without it.
    vital: bool,
    pub(super) ailment: Option<Ailment>,
}

impl Health {
    pub fn new(clock: Arc<dyn Clock>, shutdown: Shutdown) -> Self {
        let started = clock.now();
        Self { vitals: OnceLock::new(), clock, shutdown, started }
    }

    /// The worker is there.
    pub fn begin(&self, vitals: Vitals) {
        // There is one worker, and it begins once.
        let _ = self.vitals.set(vitals);
    }

    pub(super) fn vitals(&self) -> Option<&Vitals> {
        self.vitals.get()
    }

    /// Whether events are taken and messages sent, and an account of it. Content that is broken keeps nobody from either.
    pub(super) fn account(&self) -> (bool, Json) {
        let Some(vitals) = self.vitals() else {
            return (false, json!({ "status": "starting", "since": second(self.started) }));
        };
        let parts = vitals.parts();
        let sick = parts.iter().any(|part| part.vital && part.ailment.is_some());
        let standing = vitals.content.standing();
        let paused = vitals.pauses.all();
        let poor = standing.broken.is_some() || !paused.is_empty() || parts.iter().any(|part| part.ailment.is_some());
        let (ready, status) = match (self.shutdown.is_requested(), sick, poor) {
            (true, _, _) => (false, "stopping"),
            (_, true, _) => (false, "not-ready"),
            (_, _, true) => (true, "degraded"),
            _ => (true, "ready"),
        };
        let mut account = json!({ "status": status });
        for part in parts {
            account[part.name] = part.ailment.map_or_else(
                || json!({ "works": true }),
                |Ailment { since, reason }| {
                    let since = self.clock.now().saturating_sub(since.elapsed()).unwrap_or(self.started);
                    json!({ "works": false, "since": second(since), "reason": reason })
                },
            );
        }
        if !paused.is_empty() {
            account["paused"] = paused.iter().map(pause).collect();
        }
        account["content"] = content(&standing);
        (ready, account)
    }
}

impl Vitals {
    pub(super) fn parts(&self) -> Vec<Part> {
        let part = |name, vital, ailment| Part { name, vital, ailment };
        let mut parts = vec![
            part("broker", true, self.broker.ailment("events")),
            part("dead-letters", false, self.broker.ailment("dead letters")),
            part("ledger", true, self.worker.ailment("the ledger")),
            part("directory", false, self.worker.ailment("the directory")),
            // Neither keeps what is there from being taken or sent in its time.
            part("carriers", false, self.worker.ailment("every transport of ")),
            part("backlog", false, self.worker.ailment("the backlog")),
        ];
        // They wait in the ledger until they can be told.
        parts.extend(self.untold.as_ref().map(|_| part("outcomes", false, self.worker.ailment("outcomes"))));
        parts
    }
}

fn pause(pause: &Pause) -> Json {
    let Pause { channel, since, until, note } = pause;
    json!({ "channel": channel.as_str(), "since": second(*since), "until": until.map(second), "note": note })
}

fn content(standing: &Standing) -> Json {
    let broken = standing
        .broken
        .as_ref()
        .map(|broken| json!({ "since": second(broken.since), "faults": broken.faults, "codes": broken.codes }));
    json!({ "revision": &*standing.revision, "since": second(standing.since), "broken": broken })
}

fn second(at: Timestamp) -> String {
    format!("{at:.0}")
}
