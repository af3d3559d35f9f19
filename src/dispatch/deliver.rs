//! One dispatch: compose, send, and what the answer means.

use std::collections::{BTreeMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};

use super::look::Looked;
use super::settle::Settled;
use crate::catalog::{Catalog, ComposeError, Composed, Order};
use crate::clock::{Clock, Dice};
use crate::config::App;
use crate::content::Current;
use crate::event::VehicleError;
use crate::failpoint::{self, Point};
use crate::ledger::{Bundle, Dispatch, FailReason, Fingerprint, Ledger, PostponeReason, Trail};
use crate::resilience::Backoff;
use crate::telemetry::{Ending, Fact, Observer};
use crate::transport::{AfterDoubt, Carried, Parcel, Route, SendError, Unasked, Witness};

/// Over so much time at most comes back what was put off until the same moment.
const A_SPREAD: Duration = Duration::from_secs(10);

/// What became of one message.
pub(super) struct Landed {
    pub(super) settled: Settled,
    /// What it was to speak of and could not: each is to have a message of its own.
    pub(super) apart: Vec<Dispatch>,
}

/// What it takes to deliver one dispatch.
pub struct Delivery {
    pub ledger: Arc<dyn Ledger>,
    pub content: Current,
    pub apps: Arc<BTreeMap<String, App>>,
    pub route: Arc<Route>,
    pub backoff: Backoff,
    pub clock: Arc<dyn Clock>,
    pub dice: Arc<Dice>,
    pub observer: Arc<dyn Observer>,
}

impl Delivery {
    /// `looked`: when the ledger was asked whether it may be sent. What no message can be made of goes apart: what spoils it
    /// may be the matter of one of them.
    pub(super) async fn deliver(self: Arc<Self>, catalog: Arc<Catalog>, bundle: Bundle, looked: Looked) -> Landed {
        let (mut bundle, mut apart) = (bundle, Vec::new());
        let shared = self.compose_shared(&catalog, &bundle);
        if shared.is_none() {
            apart = std::mem::take(&mut bundle.others);
            for dispatch in &mut apart {
                dispatch.bundle = None;
            }
        }
        Landed { settled: self.deliver_one(&catalog, bundle, shared, looked).await, apart }
    }

    /// The message that speaks of several cars, where there are several.
    fn compose_shared(&self, catalog: &Catalog, bundle: &Bundle) -> Option<Composed> {
        let app = self.apps.get(&bundle.first.error.app).filter(|_| !bundle.others.is_empty())?;
        catch_unwind(AssertUnwindSafe(|| compose(catalog, bundle, app).ok())).unwrap_or(None)
    }

    /// A panic costs this message and nothing else.
    async fn deliver_one(
        &self,
        catalog: &Catalog,
        bundle: Bundle,
        composed: Option<Composed>,
        looked: Looked,
    ) -> Settled {
        let attempt = AssertUnwindSafe(self.attempt(catalog, &bundle, composed, looked)).catch_unwind().await;
        let (ending, trail) = attempt.unwrap_or_else(|_| {
            let detail = "composing or sending it made dashlight panic; please report it".to_owned();
            (Ending::Failed { reason: FailReason::Panicked, detail }, Trail::default())
        });
        Settled { bundle, ending, trail }
    }

    pub(super) fn tell(&self, dispatch: &Dispatch, ending: &Ending) {
        self.observer.observe(&Fact::Ended { dispatch, ending });
    }

    /// `composed`: the message, where it is there already.
    async fn attempt(
        &self,
        catalog: &Catalog,
        bundle: &Bundle,
        composed: Option<Composed>,
        looked: Looked,
    ) -> (Ending, Trail) {
        let dispatch = &bundle.first;
        if self.clock.now() >= dispatch.expires_at {
            return (too_late(dispatch.is_in_doubt(), "it was being sent when it was last heard of"), Trail::default());
        }
        let Some(app) = self.apps.get(&dispatch.error.app) else {
            let detail = format!("`apps.{}` is no longer configured", dispatch.error.app);
            return (self.misconfigured(detail), Trail::default());
        };
        if let Some(since) = dispatch.dead_since(self.clock.now()) {
            let detail = format!("a carrier found this address dead at {since:.0}; another is wanted from the app");
            return (Ending::Failed { reason: FailReason::Suppressed, detail }, Trail::default());
        }
        match composed.map_or_else(|| compose(catalog, bundle, app), Ok) {
            // The process stood still meanwhile, and another may have the claim by now.
            Ok(_) if !looked.holds(&*self.clock) => (Ending::Released, Trail::default()),
            Ok(composed) => {
                let (revision, locale) = (composed.revision.to_string(), composed.locale.clone());
                let mut trail = Trail { revision: Some(revision), locale: Some(locale), ..Trail::default() };
                let ending = self.send(bundle, composed, &mut trail).await;
                if matches!(ending, Ending::Failed { reason: FailReason::AddressInvalid, .. }) {
                    trail.address = Fingerprint::of(&dispatch.error, &dispatch.target);
                }
                (ending, trail)
            }
            Err(fault) => (Ending::Failed { reason: fail_reason(&fault), detail: fault.to_string() }, Trail::default()),
        }
    }

    async fn send(&self, bundle: &Bundle, composed: Composed, trail: &mut Trail) -> Ending {
        let dispatch = &bundle.first;
        let Composed { message, locale, instead_of, .. } = composed;
        let app = dispatch.error.app.as_str();
        // A worker that is gone gave it to the first choice: of any other the ledger would know.
        let only = dispatch.only.as_deref().or_else(|| self.route.first(app, &message).filter(|_| dispatch.doubtful));
        if let Some(only) = only
            && let Some(detail) = self.why_park(bundle, only)
        {
            trail.transport = Some(only.to_owned());
            return Ending::Unknown { detail };
        }
        failpoint::reach(Point::Composed);
        let parcel = Parcel { app, message: &message, only };
        let witness = Memory { ledger: &*self.ledger, bundle };
        let Carried { transport, after_doubt, result, unasked } = self.route.send(parcel, &witness).await;
        if let (Some(unasked), Err(_)) = (unasked, &result) {
            return self.not_now(unasked);
        }
        let only = only.map(str::to_owned);
        trail.transport = Some(transport.clone()).filter(|name| !name.is_empty());
        match result {
            Ok(accepted) => {
                failpoint::reach(Point::Accepted);
                let (message, provider_id) = (Arc::new(message), accepted.provider_id);
                Ending::Sent { message, transport, provider_id, locale, instead_of }
            }
            Err(SendError::Unavailable { detail, retry_after } | SendError::Transient { detail, retry_after }) => {
                self.retry(bundle, detail, retry_after, only)
            }
            // Its detail names a key of the transport; where it is a certificate, say, it names none.
            Err(SendError::Misconfigured { detail }) if detail.contains(&format!("`{transport}")) => {
                self.misconfigured(detail)
            }
            Err(SendError::Misconfigured { detail }) => self.misconfigured(format!("`{transport}`: {detail}")),
            Err(SendError::SenderRefused { detail }) => self.misconfigured(format!(
                "`{transport}`: {detail}; look at `apps.{app}.sender` and at what the carrier's account may send as"
            )),
            Err(SendError::Held { wait, .. }) => self.not_now(Unasked::Held(wait)),
            Err(SendError::Permanent { detail }) => Ending::Failed { reason: FailReason::Refused, detail },
            Err(SendError::AddressInvalid { detail }) => Ending::Failed { reason: FailReason::AddressInvalid, detail },
            Err(SendError::Unknown { detail, retry_after }) => match after_doubt {
                AfterDoubt::Resend | AfterDoubt::ResendWithin(_) => {
                    self.retry(bundle, detail, retry_after, Some(transport))
                }
                AfterDoubt::Park => Ending::Unknown { detail },
            },
        }
    }

    /// Why it is not given again to the transport that may have accepted it.
    fn why_park(&self, bundle: &Bundle, only: &str) -> Option<String> {
        match self.route.after_doubt(&bundle.first.error.app, only) {
            AfterDoubt::Park if bundle.first.doubtful => Some("the worker that was sending it is gone".to_owned()),
            AfterDoubt::ResendWithin(window) => {
                let since = bundle.each().filter_map(|dispatch| dispatch.in_doubt_since).min()?;
                let known = self.clock.now().duration_since(since) < SignedDuration::try_from(window).ok()?;
                (!known).then(|| {
                    format!("`{only}` may have accepted it at {since:.0}, and would by now take it for another message")
                })
            }
            AfterDoubt::Park | AfterDoubt::Resend => None,
        }
    }

    fn not_now(&self, unasked: Unasked) -> Ending {
        let (pause, reason) = match unasked {
            Unasked::LeftAlone(wait) => (self.spread(wait), PostponeReason::CarrierDown),
            Unasked::Full(wait) => (wait, PostponeReason::RateLimit),
            Unasked::Held(wait) => (wait, PostponeReason::DomainLimit),
        };
        Ending::Postponed { due_at: self.after(pause), reason }
    }

    fn retry(&self, bundle: &Bundle, detail: String, retry_after: Option<Duration>, only: Option<String>) -> Ending {
        let own = self.backoff.pause(bundle.first.attempt, &self.dice);
        // Never before the carrier wishes, and not all that it turned away in the same moment.
        let pause = retry_after.map_or(own, |wait| own.max(self.spread(wait)));
        let due_at = self.after(pause);
        if due_at < bundle.expires_at() {
            Ending::Retried { due_at, detail, only }
        } else {
            too_late(only.is_some(), &detail)
        }
    }

    /// A little more than `wait`, or all would be back in the same moment.
    fn spread(&self, wait: Duration) -> Duration {
        wait + wait.min(A_SPREAD).mul_f64(self.dice.fraction())
    }

    /// A person has to act, so there is no hurry.
    fn misconfigured(&self, detail: String) -> Ending {
        let half = self.backoff.max / 2;
        Ending::Misconfigured { due_at: self.after(half + half.mul_f64(self.dice.fraction())), detail }
    }

    fn after(&self, pause: Duration) -> Timestamp {
        self.clock.now().saturating_add(pause).unwrap_or(Timestamp::MAX)
    }
}

/// The ledger remembers who may have accepted what.
struct Memory<'a> {
    ledger: &'a dyn Ledger,
    bundle: &'a Bundle,
}

#[async_trait]
impl Witness for Memory<'_> {
    async fn knows(&self, transport: &str) -> bool {
        let claims: Vec<_> = self.bundle.each().map(|dispatch| (dispatch.id.clone(), dispatch.token)).collect();
        self.ledger.asking(&claims, transport).await.unwrap_or(false)
    }
}

/// No try is left. What a carrier may have accepted was perhaps sent.
fn too_late(is_in_doubt: bool, detail: &str) -> Ending {
    if is_in_doubt {
        Ending::Unknown { detail: format!("{detail}; it is too late to send it again") }
    } else {
        Ending::Expired
    }
}

fn compose(catalog: &Catalog, bundle: &Bundle, app: &App) -> Result<Composed, ComposeError> {
    failpoint::reach(Point::Composing);
    let Dispatch { error, target, due_at, .. } = &bundle.first;
    // A car that several things were wrong with is well once.
    let mut cars = HashSet::from([&error.vehicle.id]);
    let others = bundle.others.iter().map(|other| &*other.error).filter(|other| cars.insert(&other.vehicle.id));
    let others: Vec<&VehicleError> = others.collect();
    catalog.compose(&Order {
        id: &bundle.id(),
        news: bundle.first.news(),
        error,
        others: &others,
        app,
        target,
        date: *due_at,
        expires_at: bundle.expires_at(),
    })
}

fn fail_reason(fault: &ComposeError) -> FailReason {
    match fault {
        ComposeError::NoAddress { .. } => FailReason::NoAddress,
        _ => FailReason::Content,
    }
}
