//! The scene: errors of owners, a worker's calls in short, and the server from an administrator's side.

use std::net::SocketAddr;
use std::sync::Arc;

use dashlight::config::{self, Secret};
use dashlight::event::{ErrorKey, Moment, Recipient, Resolution, State, Vehicle, VehicleError};
use dashlight::ledger::{Admission, Claimant, End, Ledger, LedgerError, PostgresLedger, Timekeeper};
use dashlight::policy::{Channel, Reach, Rules, Step, Target};
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::NoTls;

use crate::postgres;

#[expect(clippy::disallowed_methods, reason = "the server's clock is the real one")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

pub fn secs(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

pub fn worker(owner: &str, lease: SignedDuration) -> Claimant {
    Claimant { owner: owner.into(), lease, leaves: Vec::new() }
}

/// One e-mail, after `grace`.
pub fn admission(owner: &str, at: Timestamp, grace: SignedDuration) -> Admission {
    let step = Step { after: SignedDuration::ZERO, channels: vec![Channel::Email], reach: Reach::All };
    let (cooldown, expiry) = (SignedDuration::from_hours(24), SignedDuration::from_hours(48));
    let error = VehicleError {
        event_id: format!("event of {owner}"),
        app: "app".into(),
        key: ErrorKey::new("CONNECTED_SERVICES_ACCOUNT", Some("PERMISSION")),
        state: State::Error,
        moment: Moment { at, sequence: None },
        undated: None,
        recipient: Recipient { id: owner.into(), email: Some("o@example.com".into()), ..Recipient::default() },
        vehicle: Vehicle { id: Some("car".into()), ..Vehicle::default() },
        resolution: Resolution::default(),
        test: false,
    };
    Admission {
        error,
        rules: Some(Arc::new(Rules {
            grace,
            steps: vec![step],
            cooldown,
            expiry,
            bundles: false,
            inhibited_by: Vec::new(),
            relief: None,
        })),
        targets: vec![Target::Email],
        nights: None,
    }
}

pub fn sent(provider_id: &str) -> End {
    let (transport, locale, revision) = ("smtp".into(), "en".into(), "r".into());
    End::Sent { transport, provider_id: Some(provider_id.into()), locale, revision }
}

pub async fn open(config: &config::Postgres) -> PostgresLedger {
    PostgresLedger::open(config, Timekeeper::Server).await.unwrap()
}

pub async fn refusal(config: &config::Postgres) -> String {
    match PostgresLedger::open(config, Timekeeper::Server).await {
        Err(LedgerError::Unusable(reason)) => masked(config, &reason),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

pub fn outage<T: std::fmt::Debug>(config: &config::Postgres, outcome: Result<T, LedgerError>) -> String {
    match outcome {
        Err(LedgerError::Unavailable(reason)) => masked(config, &reason),
        other => panic!("expected an outage, got {other:?}"),
    }
}

/// Without what differs from run to run.
fn masked(config: &config::Postgres, reason: &str) -> String {
    assert!(!reason.contains("hunter2"), "{reason}");
    let port = address(config).port().to_string();
    reason.replace(&port, "PORT").replace(&config.schema, "SCHEMA")
}

pub fn address(config: &config::Postgres) -> SocketAddr {
    let url = url::Url::parse(config.url.expose()).unwrap();
    SocketAddr::from(([127, 0, 0, 1], url.port().unwrap()))
}

/// The same, by another way.
pub fn by(config: &config::Postgres, change: impl FnOnce(&mut url::Url)) -> config::Postgres {
    let mut url = url::Url::parse(config.url.expose()).unwrap();
    change(&mut url);
    config::Postgres { url: Secret::new(url.as_str()), ..config.clone() }
}

/// Runs statements as the administrator.
pub async fn administrate(sql: &str) {
    let url = postgres::peer::named("DASHLIGHT_TEST_POSTGRES_ADMIN").unwrap();
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    let running = tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
    drop(client);
    running.await.unwrap().unwrap();
}

/// All that are due, claimed.
pub async fn claim(ledger: &PostgresLedger, now: Timestamp, claimant: &Claimant) -> Vec<dashlight::ledger::Dispatch> {
    ledger.claim(Channel::Email, now, 1_000, claimant).await.unwrap()
}
