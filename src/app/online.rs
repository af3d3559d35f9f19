//! Everything outside that a worker would need, asked whether it is there and lets us in. Nothing is taken from the broker, and
//! nothing is sent to an owner.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, join_all};

use super::start::routes;
use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config, Store};
use crate::diagnostic::{Code, Diagnostic, codes};
use crate::directory::{self, Directory, DirectoryError};
use crate::ledger::{LedgerError, PostgresLedger, SqliteLedger};
use crate::outcomes;
use crate::policy::Channel;
use crate::resilience::Pulse;
use crate::source::{AmqpFailure, probe_amqp};
use crate::transport::{Route, SendError, Transport};
use crate::workbench::check::Proof;

/// Longer than an answer of anything that works; what does not answer by then has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was asked, and what is wrong with it.
type Asked = (Proof, Vec<Diagnostic>);

/// Asks all at once, each for a bounded time.
pub async fn reach(config: &Config) -> (Vec<Proof>, Vec<Diagnostic>) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    // What cannot be set up was told by whoever looked at the configuration.
    let routes = routes(config, &clock).unwrap_or_default();
    let mut questions = vec![broker(&config.rabbitmq)];
    questions.extend(config.outcomes.exchange.as_deref().map(|exchange| outcomes(&config.rabbitmq, exchange)));
    questions.push(ledger(&config.ledger.store));
    questions.extend(directory(config));
    questions.extend(transports(&routes));
    let (mut proofs, mut findings) = (Vec::new(), Vec::new());
    for (proof, found) in join_all(questions).await {
        proofs.push(proof);
        findings.extend(found);
    }
    for route in routes.values() {
        // A carrier that says nothing more is not waited for.
        let _ = tokio::time::timeout(Duration::from_secs(1), route.close()).await;
    }
    (proofs, findings)
}

/// Asks for as long as it may take.
fn ask<'a, E: 'a>(
    subject: String,
    question: impl Future<Output = Result<String, E>> + Send + 'a,
    finding: impl FnOnce(&str, E) -> Diagnostic + Send + 'a,
) -> BoxFuture<'a, Asked> {
    async move {
        let fault = match tokio::time::timeout(PATIENCE, question).await {
            Ok(Ok(said)) => return (Proof { subject, outcome: Ok(said) }, Vec::new()),
            Ok(Err(fault)) => finding(&subject, fault),
            Err(_) => {
                let seconds = PATIENCE.as_secs();
                let message = format!("{subject}: no answer within {seconds} s");
                Diagnostic::new(&codes::online::UNREACHABLE, message)
                    .help("is it running, and does the network let us through?")
            }
        };
        (Proof { subject, outcome: Err(fault.code.id) }, vec![fault])
    }
    .boxed()
}

fn broker(config: &config::Rabbitmq) -> BoxFuture<'_, Asked> {
    ask("the broker".to_owned(), probe_amqp(config), |subject, failure| {
        of_broker(subject, &failure).help("`[rabbitmq]` says where it is and as whom we log in")
    })
}

fn outcomes<'a>(config: &'a config::Rabbitmq, exchange: &'a str) -> BoxFuture<'a, Asked> {
    ask("outcomes".to_owned(), outcomes::probe(config, exchange), |subject, failure| {
        of_broker(subject, &failure).help("`[outcomes]` names the exchange, and `[rabbitmq]` says as whom we log in")
    })
}

fn of_broker(subject: &str, failure: &AmqpFailure) -> Diagnostic {
    let code = match failure {
        AmqpFailure::Login { .. }
        | AmqpFailure::NotAllowed { .. }
        | AmqpFailure::Refused { .. }
        | AmqpFailure::Tls { .. }
        | AmqpFailure::CaFile { .. } => &codes::online::DENIED,
        AmqpFailure::NoQueue { .. } | AmqpFailure::OtherArguments { .. } | AmqpFailure::Name { .. } => {
            &codes::online::QUEUE
        }
        AmqpFailure::NoExchange { .. } | AmqpFailure::OtherExchange { .. } => &codes::online::EXCHANGE,
        _ => &codes::online::UNREACHABLE,
    };
    Diagnostic::new(code, format!("{subject}: {failure}"))
}

fn ledger(store: &Store) -> BoxFuture<'_, Asked> {
    let question = async move {
        match store {
            Store::Sqlite(path) => {
                let path = path.clone();
                let probed = tokio::task::spawn_blocking(move || SqliteLedger::probe(&path));
                probed.await.unwrap_or_else(|fault| Err(LedgerError::Unavailable(fault.to_string())))
            }
            Store::Postgres(postgres) => PostgresLedger::probe(postgres).await,
        }
    };
    ask("the ledger".to_owned(), question, |subject, fault| {
        let code = match fault {
            LedgerError::Unavailable(_) => &codes::online::UNREACHABLE,
            LedgerError::Unusable(_) => &codes::online::LEDGER,
        };
        Diagnostic::new(code, format!("{subject}: {fault}")).help("`[ledger]` says where it is")
    })
}

/// Once for each app that it would be asked about.
fn directory(config: &Config) -> Vec<BoxFuture<'_, Asked>> {
    let Some(url) = &config.directory.url else { return Vec::new() };
    let directory = directory::from_config(&config.directory, &config.network, &Pulse::default());
    let apps: Vec<&String> = config.apps.keys().take(if url.contains("{app}") { usize::MAX } else { 1 }).collect();
    let alone = apps.len() == 1;
    let question = |app: &String| {
        let subject = if alone { "the directory".to_owned() } else { format!("the directory, for {app}") };
        ask(subject, about_nobody(app.clone(), directory.clone()), |subject, trouble| match trouble {
            Trouble::NotAsked(fault) => {
                let (code, why) = match fault {
                    DirectoryError::Unavailable(why) => (&codes::online::UNREACHABLE, why),
                    DirectoryError::Denied(why) => (&codes::online::DENIED, why),
                };
                Diagnostic::new(code, format!("{subject}: {why}"))
                    .help("`[directory]` says where it is and what it is shown")
            }
            Trouble::Stranger => {
                let message = format!("{subject}: it knows `dashlight-check`, an owner who cannot exist");
                Diagnostic::new(&codes::online::STRANGER, message)
                    .help("has `directory.url` the `{id}` where the endpoint looks for it?")
            }
        })
    };
    apps.into_iter().map(question).collect()
}

/// What is wrong with a directory.
enum Trouble {
    NotAsked(DirectoryError),
    Stranger,
}

async fn about_nobody(app: String, directory: Result<Arc<dyn Directory>, DirectoryError>) -> Result<String, Trouble> {
    let found = directory.map_err(Trouble::NotAsked)?.probe(&app).await.map_err(Trouble::NotAsked)?;
    if found.is_some_and(|owner| owner.email.is_some() || !owner.devices.is_empty()) {
        return Err(Trouble::Stranger);
    }
    Ok("it answers, and knows nobody who cannot exist".to_owned())
}

fn transports(routes: &BTreeMap<Channel, Arc<Route>>) -> Vec<BoxFuture<'_, Asked>> {
    let mut questions = Vec::new();
    for (channel, route) in routes {
        for (app, transport) in route.by_owner() {
            let name = transport.name();
            let subject = match app {
                Some(app) => format!("{channel} by {name} of {app}"),
                None => format!("{channel} by {name}"),
            };
            let sections = match app {
                Some(app) => format!("`[apps.{app}.{name}]` and `[{name}]`"),
                None => format!("`[{name}]`"),
            };
            questions
                .push(ask(subject, probe(transport), move |subject, fault| cannot_carry(subject, &fault, &sections)));
        }
    }
    questions
}

async fn probe(transport: &Arc<dyn Transport>) -> Result<String, SendError> {
    transport.probe().await
}

fn cannot_carry(subject: &str, fault: &SendError, sections: &str) -> Diagnostic {
    let code: &'static Code = match fault {
        SendError::Unavailable { .. }
        | SendError::Transient { .. }
        | SendError::Held { .. }
        | SendError::Unknown { .. } => &codes::online::UNREACHABLE,
        SendError::Misconfigured { .. }
        | SendError::SenderRefused { .. }
        | SendError::Permanent { .. }
        | SendError::AddressInvalid { .. } => &codes::online::DENIED,
    };
    Diagnostic::new(code, format!("{subject}: {fault}"))
        .help(format!("{sections} says where it is and as whom we come"))
}
