//! From a configuration to a [`Worker`]: everything is proven before the first event is taken.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;

use super::{Worker, patience};
use crate::catalog::{Catalog, Origin};
use crate::clock::{Clock, Dice, SystemClock};
use crate::config::{self, Config, Store};
use crate::content::Current;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::directory::{self, Directory};
use crate::dispatch::{A_LOOK_HOLDS, Pauses};
use crate::ledger::{Ledger, LedgerError, Outcomes, PostgresLedger, Records, SqliteLedger, Timekeeper};
use crate::policy::Channel;
use crate::resilience::{Fatal, Pulse};
use crate::shutdown::Shutdown;
use crate::telemetry::Observers;
use crate::transport::{self, Route};

/// Why a worker cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    Faults(Diagnostics),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("no channel has a transport: name one in `channels.email.transports`, for example [\"smtp\"]")]
    NoTransport,
    #[error(
        "`ledger.lease` is {lease:#}, but a send by `{transport}` may take up to {send:#}, and its claim must hold longer; \
         make `ledger.lease` longer, or the timeouts of `{transport}` shorter"
    )]
    Lease { lease: SignedDuration, send: SignedDuration, transport: String },
    #[error("cannot prepare {what}: {detail}")]
    Part { what: &'static str, detail: String },
}

impl From<Diagnostics> for StartError {
    fn from(faults: Diagnostics) -> Self {
        Self::Faults(faults)
    }
}

impl Worker {
    /// Loads the content, opens the ledger and prepares the transports. Nothing else is contacted yet.
    pub async fn prepare(config: Config, clock: Arc<dyn Clock>, observers: Observers) -> Result<Self, StartError> {
        let proven = Proven::of(config, &clock)?;
        let ledger = ledger(&proven.config).await?;
        Ok(proven.with(ledger, clock, observers))
    }

    /// The same, but a ledger that may heal is waited for. `None`: a shutdown was requested before it did.
    pub async fn prepare_patiently(
        config: Config,
        clock: Arc<dyn Clock>,
        observers: Observers,
        shutdown: &Shutdown,
    ) -> Result<Option<Self>, StartError> {
        let proven = Proven::of(config, &clock)?;
        let open = async || match ledger(&proven.config).await {
            Err(fault @ LedgerError::Unavailable(_)) => Err(fault),
            opened_or_hopeless => Ok(opened_or_hopeless),
        };
        match patience(Arc::new(Dice::new()), Fatal::default(), Pulse::default())
            .until_ok_or(shutdown.requested(), "the ledger", open)
            .await
        {
            Ok(opened) => Ok(Some(proven.with(opened?, clock, observers))),
            Err(()) => Ok(None),
        }
    }
}

/// All that needs no ledger, found to be in order.
struct Proven {
    config: Config,
    catalog: Catalog,
    directory: Arc<dyn Directory>,
    routes: BTreeMap<Channel, Arc<Route>>,
    pulse: Pulse,
}

impl Proven {
    fn of(config: Config, clock: &Arc<dyn Clock>) -> Result<Self, StartError> {
        let catalog = catalog(&config)?;
        let routes = routes(&config, clock)?;
        let pulse = Pulse::default();
        let directory: Arc<dyn Directory> = directory::from_config(&config.directory, &config.network, &pulse)
            .map_err(|fault| StartError::Part { what: "the directory", detail: fault.to_string() })?;
        Ok(Self { config, catalog, directory, routes, pulse })
    }

    fn with(self, (ledger, records): Opened, clock: Arc<dyn Clock>, observers: Observers) -> Worker {
        let Self { config, catalog, directory, routes, pulse } = self;
        let dice = Arc::new(Dice::new());
        let content = Current::new(catalog, clock.now());
        let fatal = Fatal::default();
        let pauses = Pauses::default();
        Worker { config, content, ledger, records, pauses, directory, routes, clock, dice, observers, fatal, pulse }
    }
}

/// The content that the configuration names, under the operator's policy.
pub fn catalog(config: &Config) -> Result<Catalog, Diagnostics> {
    Catalog::load(&origin(&config.content)?, &config.apps)?.with_policy(&config.policy)
}

/// Where the content is read from.
pub fn origin(content: &config::Content) -> Result<Origin, Diagnostics> {
    match (&content.templates, &content.locales) {
        (Some(templates), Some(locales)) => {
            Ok(Origin::Folders { templates: templates.clone(), locales: locales.clone() })
        }
        (None, None) => Ok(Origin::Embedded),
        _ => {
            let fault = Diagnostic::new(
                &codes::config::CONTRADICTION,
                "`content.templates` and `content.locales` go together, but only one is given",
            );
            Err(Diagnostics(vec![fault.help("give both, or neither to use what is built in")]))
        }
    }
}

/// What carries a channel; `None`: the channel is off. Nothing is contacted.
pub fn route(config: &Config, channel: Channel) -> Result<Option<Route>, Diagnostics> {
    transport::build(channel, config, &(Arc::new(SystemClock) as Arc<dyn Clock>), &Arc::new(Dice::new()))
}

/// Why the configured transports, or the directory, cannot be set up. Nothing is contacted.
pub fn transport_faults(config: &Config) -> Vec<Diagnostic> {
    // Nothing is signed and nothing waits: any clock would do.
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut faults = match routes(config, &clock) {
        Ok(_) => Vec::new(),
        Err(StartError::Faults(Diagnostics(faults))) => faults,
        Err(other) => vec![Diagnostic::new(&codes::config::TRANSPORT, other.to_string())],
    };
    if let Err(fault) = directory::from_config(&config.directory, &config.network, &Pulse::default()) {
        faults.push(Diagnostic::new(&codes::config::TRANSPORT, fault.to_string()));
    }
    faults
}

pub(super) fn routes(config: &Config, clock: &Arc<dyn Clock>) -> Result<BTreeMap<Channel, Arc<Route>>, StartError> {
    let dice = Arc::new(Dice::new());
    let mut routes = BTreeMap::new();
    let mut faults = Vec::new();
    for channel in Channel::ALL {
        match transport::build(channel, config, clock, &dice) {
            Ok(route) => routes.extend(route.map(|route| (channel, Arc::new(route)))),
            Err(found) => faults.extend(found.0),
        }
    }
    if !faults.is_empty() {
        return Err(Diagnostics(faults).into());
    }
    for route in routes.values() {
        let (lease, send) = (config.ledger.lease, SignedDuration::try_from(route.longest_send()));
        // It may begin a little after the look.
        let send = send.unwrap_or(SignedDuration::MAX).saturating_add(A_LOOK_HOLDS);
        if lease <= send {
            return Err(StartError::Lease { lease, send, transport: route.names() });
        }
    }
    if routes.is_empty() { Err(StartError::NoTransport) } else { Ok(routes) }
}

/// The ledger for a command, which works on it beside the workers.
pub async fn visit(store: &Store) -> Result<Arc<dyn Records>, LedgerError> {
    Ok(match store {
        Store::Sqlite(path) => Arc::new(SqliteLedger::visit(path)?),
        Store::Postgres(postgres) => Arc::new(Box::pin(PostgresLedger::visit(postgres, Timekeeper::Server)).await?),
    })
}

/// Both sides of one store.
type Opened = (Arc<dyn Ledger>, Arc<dyn Records>);

async fn ledger(config: &Config) -> Result<Opened, LedgerError> {
    // Without anybody to tell, they would only pile up.
    let outcomes = if config.outcomes.exchange.is_some() { Outcomes::Kept } else { Outcomes::Unwanted };
    Ok(match &config.ledger.store {
        Store::Sqlite(path) => both(SqliteLedger::open_with(path, outcomes)?),
        // In a box: a connection in the making is large, and all that waits for it would be as large.
        Store::Postgres(postgres) => {
            both(Box::pin(PostgresLedger::open_with(postgres, Timekeeper::Server, outcomes)).await?)
        }
    })
}

fn both(store: impl Ledger + Records + 'static) -> Opened {
    let store = Arc::new(store);
    (Arc::clone(&store) as _, store)
}
