//! The scene: one app, its owners' errors at seconds from a fixed time, and short names for the ledger's calls.

use std::sync::Arc;

use async_trait::async_trait;
use dashlight::event::{Device, ErrorKey, Moment, Recipient, Resolution, State, Vehicle, VehicleError};
use dashlight::ledger::{
    Admission, Admitted, Candidate, Claimant, Dispatch, End, FailReason, Ledger, Outcomes, PostgresLedger,
    PostponeReason, Records, Settlement, SqliteLedger, Standing, Terms, Timekeeper, Trail,
};
use dashlight::policy::{Channel, Decision, Pace, Reach, Rules, Step, Target};
use jiff::{SignedDuration, Timestamp};

/// Where a ledger lives; it can be opened again after it was closed.
#[async_trait]
pub(crate) trait Home: Sync {
    async fn open(&self) -> Arc<dyn Ledger> {
        self.open_with(Outcomes::Unwanted).await
    }

    async fn open_with(&self, outcomes: Outcomes) -> Arc<dyn Ledger>;

    /// The operator's side of a ledger that is open already, or was.
    async fn visit(&self) -> Arc<dyn Records>;
}

pub(crate) struct Sqlite(tempfile::TempDir);

impl Sqlite {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

#[async_trait]
impl Home for Sqlite {
    async fn open_with(&self, outcomes: Outcomes) -> Arc<dyn Ledger> {
        Arc::new(SqliteLedger::open_with(&self.0.path().join("ledger.db"), outcomes).unwrap())
    }

    async fn visit(&self) -> Arc<dyn Records> {
        Arc::new(SqliteLedger::visit(&self.0.path().join("ledger.db")).unwrap())
    }
}

/// A schema of its own, on the server that `tests/run` starts.
pub(crate) struct Postgres(dashlight::config::Postgres);

impl Postgres {
    /// `None`: there is no server, and the test has nothing to say.
    pub(crate) fn new() -> Option<Self> {
        crate::postgres::config().map(Self)
    }
}

#[async_trait]
impl Home for Postgres {
    async fn open_with(&self, outcomes: Outcomes) -> Arc<dyn Ledger> {
        Arc::new(PostgresLedger::open_with(&self.0, Timekeeper::Caller, outcomes).await.unwrap())
    }

    async fn visit(&self) -> Arc<dyn Records> {
        Arc::new(PostgresLedger::visit(&self.0, Timekeeper::Caller).await.unwrap())
    }
}

pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * 60 * MINUTE;

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

pub(crate) fn secs(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

/// E-mail after ten minutes, again after three days.
pub(crate) fn rules() -> Rules {
    let step = |after| Step { after: secs(after), channels: vec![Channel::Email], reach: Reach::All };
    Rules {
        grace: secs(10 * MINUTE),
        steps: vec![step(0), step(3 * DAY)],
        cooldown: secs(14 * DAY),
        expiry: secs(30 * DAY),
        bundles: false,
        inhibited_by: Vec::new(),
        relief: None,
    }
}

/// One e-mail, at once.
pub(crate) fn at_once() -> Rules {
    Rules { grace: secs(0), steps: rules().steps[..1].to_vec(), ..rules() }
}

/// Push to the first device that takes it, else e-mail; at once.
pub(crate) fn first_of_all() -> Rules {
    let step = Step { after: secs(0), channels: vec![Channel::Push, Channel::Email], reach: Reach::First };
    Rules { steps: vec![step], ..at_once() }
}

pub(crate) fn error(owner: &str, happened: i64) -> VehicleError {
    VehicleError {
        event_id: format!("event of {owner} at {happened}"),
        app: "app".into(),
        key: ErrorKey::new("CONNECTED_SERVICES_ACCOUNT", Some("PERMISSION")),
        state: State::Error,
        moment: Moment { at: at(happened), sequence: None },
        undated: None,
        recipient: Recipient { id: owner.into(), email: Some("owner@example.com".into()), ..Recipient::default() },
        vehicle: Vehicle { id: Some("car".into()), ..Vehicle::default() },
        resolution: Resolution::default(),
        test: false,
    }
}

pub(crate) fn resolved(owner: &str, happened: i64) -> VehicleError {
    VehicleError { state: State::Resolved, ..error(owner, happened) }
}

pub(crate) fn device(token: &str) -> Target {
    Target::Push(Device::Apns { token: token.into() })
}

pub(crate) fn admission(error: VehicleError, rules: &Rules) -> Admission {
    Admission { error, rules: Some(Arc::new(rules.clone())), targets: vec![Target::Email], nights: None }
}

pub(crate) fn worker(owner: &str) -> Claimant {
    Claimant { owner: owner.into(), lease: secs(5 * MINUTE), leaves: Vec::new() }
}

pub(crate) async fn admit(ledger: &Arc<dyn Ledger>, errors: Vec<VehicleError>, rules: &Rules, now: i64) -> Admitted {
    let batch = errors.into_iter().map(|error| admission(error, rules)).collect();
    ledger.admit(batch, at(now), Pace::Live, None).await.unwrap()
}

pub(crate) async fn claim(ledger: &Arc<dyn Ledger>, now: i64) -> Vec<Dispatch> {
    ledger.claim(Channel::Email, at(now), 1_000, &worker("w")).await.unwrap()
}

pub(crate) async fn claim_one(ledger: &Arc<dyn Ledger>, now: i64) -> Dispatch {
    let mut claimed = claim(ledger, now).await;
    assert_eq!(claimed.len(), 1);
    claimed.remove(0)
}

pub(crate) async fn settle(ledger: &Arc<dyn Ledger>, dispatch: &Dispatch, end: End, now: i64) -> bool {
    let settlement = Settlement { id: dispatch.id.clone(), token: dispatch.token, end };
    ledger.settle(vec![settlement], at(now)).await.unwrap()[0]
}

pub(crate) async fn standing(ledger: &Arc<dyn Ledger>, dispatch: &Dispatch, now: i64) -> Standing {
    ledger.standing(&[Candidate::of(dispatch)], at(now), Terms::holding(SignedDuration::ZERO)).await.unwrap()[0]
}

pub(crate) fn sent() -> End {
    End::Sent {
        transport: "smtp".into(),
        provider_id: Some("queued as 1".into()),
        locale: "en".into(),
        revision: "r1".into(),
    }
}

pub(crate) fn failed(now: i64) -> End {
    End::Failed {
        reason: FailReason::AddressInvalid,
        detail: "550 5.1.1".into(),
        now: at(now),
        trail: Trail::default(),
    }
}

pub(crate) fn unknown() -> End {
    End::Unknown { detail: "silence".into(), trail: Trail::default() }
}

pub(crate) fn retry(due: i64) -> End {
    End::Retry { due_at: at(due), detail: "451 busy".into(), only: None }
}

pub(crate) fn postponed(due: i64) -> End {
    End::Postponed { due_at: at(due), reason: PostponeReason::QuietHours }
}

pub(crate) fn decisions(admitted: &Admitted) -> Vec<&'static str> {
    let name = |decision: &Decision| match decision {
        Decision::Open { .. } => "open",
        Decision::Repeat => "repeat",
        Decision::Stale => "stale",
        Decision::TooOld => "too old",
        Decision::Erased => "erased",
        Decision::Close => "close",
        Decision::AlreadyClosed => "already closed",
        Decision::Panicked => "panicked",
    };
    admitted.verdicts.iter().map(|verdict| name(&verdict.decision)).collect()
}
