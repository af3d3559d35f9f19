//! The configured ledger, for commands that work on it beside the workers, and the words that choose from it.

use std::sync::Arc;

use anyhow::Context;
use clap::ValueEnum;
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Runtime;

use super::settings::Settings;
use crate::app;
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config};
use crate::ledger::Records;
use crate::policy;

/// A visit: what a command needs to ask the ledger.
pub(super) struct Visit {
    pub(super) config: Config,
    pub(super) records: Arc<dyn Records>,
    runtime: Runtime,
}

impl Visit {
    pub(super) fn begin(settings: &Settings) -> anyhow::Result<Self> {
        let config = settings.load(&[])?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("cannot start the runtime")?;
        let records = runtime.block_on(app::visit(&config.ledger.store))?;
        Ok(Self { config, records, runtime })
    }

    /// Waits for an answer of the ledger.
    pub(super) fn ask<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    pub(super) fn now() -> Timestamp {
        SystemClock.now()
    }

    /// An id as somebody typed it must be one of the configuration's, or be known to the ledger all the same.
    pub(super) fn apps(&self) -> String {
        self.config.apps.keys().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        // What was asked for is committed; what can fail is the tidying up.
        let _ = self.runtime.block_on(self.records.leave());
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Channel {
    Email,
    Push,
}

impl From<Channel> for policy::Channel {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Email => Self::Email,
            Channel::Push => Self::Push,
        }
    }
}

/// `30s`, `10m`, `2h`, `14d`.
pub(super) fn duration(text: &str) -> Result<SignedDuration, String> {
    config::duration(text).ok_or_else(|| "write it like 30s, 10m, 2h or 14d".to_owned())
}
