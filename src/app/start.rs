//! From a configuration to a [`Worker`]: everything is proven before the first event is taken.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::Worker;
use crate::catalog::{Catalog, Origin};
use crate::clock::{Clock, Dice};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::directory::{self, Directory};
use crate::ledger::{Ledger, LedgerError, SqliteLedger};
use crate::policy::Channel;
use crate::telemetry::Observers;
use crate::transport::{self, Transport};

/// Why a worker cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    Faults(Diagnostics),
    #[error("cannot open the ledger `{url}`: {source}")]
    Ledger { url: String, source: LedgerError },
    #[error("`ledger.url` is `{0}`, but only `sqlite:PATH` is known; write for example `sqlite:dashlight.db`")]
    LedgerUrl(String),
    #[error("no channel has a transport: name one in `channels.email.transports`, for example [\"smtp\"]")]
    NoTransport,
    #[error("cannot prepare {what}: {detail}")]
    Part { what: &'static str, detail: String },
}

impl From<Diagnostics> for StartError {
    fn from(faults: Diagnostics) -> Self {
        Self::Faults(faults)
    }
}

impl Worker {
    /// Loads the content, opens the ledger and prepares the transports. Nothing is contacted yet.
    pub fn prepare(config: Config, clock: Arc<dyn Clock>, observers: Observers) -> Result<Self, StartError> {
        let catalog = Arc::new(catalog(&config)?);
        let transports = transports(&config)?;
        let directory: Arc<dyn Directory> = directory::from_config(&config.directory)
            .map_err(|fault| StartError::Part { what: "the directory", detail: fault.to_string() })?;
        let ledger = ledger(&config.ledger.url)?;
        let dice = Arc::new(Dice::new());
        Ok(Self { config, catalog, ledger, directory, transports, clock, dice, observers })
    }
}

/// The content that the configuration names, under the operator's policy.
pub fn catalog(config: &Config) -> Result<Catalog, Diagnostics> {
    let origin = match (&config.content.templates, &config.content.locales) {
        (Some(templates), Some(locales)) => Origin::Folders { templates: templates.clone(), locales: locales.clone() },
        (None, None) => Origin::Embedded,
        _ => {
            let fault = Diagnostic::new("`content.templates` and `content.locales` go together, but only one is given");
            return Err(Diagnostics(vec![fault.help("give both, or neither to use what is built in")]));
        }
    };
    Catalog::load(&origin, &config.apps)?.with_policy(&config.policy)
}

fn transports(config: &Config) -> Result<BTreeMap<Channel, Arc<dyn Transport>>, StartError> {
    let mut transports = BTreeMap::new();
    for channel in Channel::ALL {
        if let Some(transport) = transport::build(channel, config)? {
            transports.insert(channel, transport);
        }
    }
    if transports.is_empty() { Err(StartError::NoTransport) } else { Ok(transports) }
}

fn ledger(url: &str) -> Result<Arc<dyn Ledger>, StartError> {
    let path = url.strip_prefix("sqlite:").ok_or_else(|| StartError::LedgerUrl(url.to_owned()))?;
    let ledger =
        SqliteLedger::open(Path::new(path)).map_err(|source| StartError::Ledger { url: url.to_owned(), source })?;
    Ok(Arc::new(ledger))
}
