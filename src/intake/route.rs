//! From a delivery to what the ledger is asked: parse, find the owner, see how the owner can be reached.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::time::timeout;

use crate::catalog::Catalog;
use crate::directory::Directory;
use crate::event::{self, Device, Parsed, Platform, Reason, Recipient, Reject, State, VehicleError};
use crate::failpoint::{self, Point};
use crate::ledger::Admission;
use crate::message;
use crate::policy::{Channel, Nights, QuietHours, Reach, Target};
use crate::source::{Delivery, Rejected};
use crate::telemetry::Handling;

/// So long a batch waits for what the directory says.
const LONGEST_LOOK_UP: Duration = Duration::from_secs(2);

/// A batch, sorted.
#[derive(Debug, Default)]
pub(super) struct Routed {
    pub(super) admissions: Vec<Admission>,
    /// Of each admission the index of its delivery.
    pub(super) origins: Vec<usize>,
    /// What needs no ledger.
    pub(super) ignored: Vec<(VehicleError, Handling)>,
    /// Index of the delivery, and what is wrong with it or with a part of it.
    pub(super) rejected: Vec<(usize, Reject)>,
}

impl Routed {
    /// One for each delivery: the first reason, all details.
    pub(super) fn into_rejected(self) -> Vec<Rejected> {
        let mut by_delivery: BTreeMap<usize, Reject> = BTreeMap::new();
        for (index, reject) in self.rejected {
            by_delivery
                .entry(index)
                .and_modify(|first| first.detail = format!("{}; {}", first.detail, reject.detail))
                .or_insert(reject);
        }
        by_delivery.into_iter().map(|(index, reject)| Rejected { index, reject }).collect()
    }
}

/// What is decided about one error before the ledger is asked.
enum Route {
    Admit(Box<Admission>),
    Ignore(Box<VehicleError>, Handling),
    Reject(Reject),
}

pub(super) struct Router<'a> {
    pub(super) apps: &'a BTreeSet<String>,
    pub(super) catalog: &'a Catalog,
    pub(super) directory: &'a dyn Directory,
    pub(super) channels: &'a [Channel],
    pub(super) platforms: &'a BTreeMap<String, Vec<Platform>>,
    pub(super) quiet_hours: &'a Arc<QuietHours>,
    pub(super) max_event_bytes: usize,
    pub(super) now: Timestamp,
}

impl Router<'_> {
    /// Sorts a batch, in its order.
    pub(super) async fn route(&self, deliveries: &[Delivery]) -> Routed {
        let mut routed = Routed::default();
        let mut errors = Vec::new();
        for (index, delivery) in deliveries.iter().enumerate() {
            let parsed = self.parse(delivery);
            routed.rejected.extend(parsed.rejected.into_iter().map(|reject| (index, reject)));
            errors.extend(parsed.errors.into_iter().map(|error| (index, error)));
        }
        let (indices, errors): (Vec<_>, Vec<_>) = errors.into_iter().unzip();
        let routes = join_all(errors.into_iter().map(|error| self.route_safely(error))).await;
        for (index, route) in indices.into_iter().zip(routes) {
            match route {
                Route::Admit(admission) => {
                    routed.admissions.push(*admission);
                    routed.origins.push(index);
                }
                Route::Ignore(error, handling) => routed.ignored.push((*error, handling)),
                Route::Reject(reject) => routed.rejected.push((index, reject)),
            }
        }
        routed
    }

    /// A panic in the parser is a fault of ours, but costs one event and not the worker.
    fn parse(&self, delivery: &Delivery) -> Parsed {
        let context = event::Context {
            properties: &delivery.properties,
            arrived: self.now,
            apps: self.apps,
            max_bytes: self.max_event_bytes,
        };
        catch_unwind(AssertUnwindSafe(|| event::parse(&delivery.body, &context)))
            .unwrap_or_else(|_| Parsed { errors: Vec::new(), rejected: vec![panicked("reading it")] })
    }

    /// As with the parser: a panic costs one event.
    async fn route_safely(&self, error: VehicleError) -> Route {
        let route = AssertUnwindSafe(self.route_one(error)).catch_unwind().await;
        route.unwrap_or_else(|_| Route::Reject(panicked("finding out how its owner can be reached")))
    }

    async fn route_one(&self, mut error: VehicleError) -> Route {
        failpoint::reach(Point::Routing);
        if error.test {
            return Route::Ignore(Box::new(error), Handling::TestMode);
        }
        let rules = self.catalog.rules(&error.key).map(Arc::clone);
        // Another worker, or the release before, may have had a notice for it, and planned messages that are to be cancelled.
        if error.state == State::Resolved {
            return Route::Admit(Box::new(Admission { error, rules, targets: Vec::new(), nights: None }));
        }
        let Some(rules) = rules else { return Route::Ignore(Box::new(error), Handling::NoNotice) };
        if error.recipient.email.is_none() && error.recipient.devices.is_empty() {
            error.recipient = self.look_up(&error.app, error.recipient).await;
        }
        let targets = self.targets(&error);
        if targets.is_empty() {
            return Route::Reject(unreachable(&error, self.channels));
        }
        self.tell_left_out(&error);
        if error.recipient.timezone.is_none() && error.recipient.looked_up.is_none() && self.may_be_night(&targets) {
            error.recipient.timezone = self.look_up_zone(&error.app, &error.recipient.id).await;
        }
        let nights = Nights::of(self.quiet_hours, &error.app, error.recipient.timezone.as_deref());
        Route::Admit(Box::new(Admission { error, rules: Some(rules), targets, nights }))
    }

    /// What the event says itself goes before what the directory says. One that does not answer soon holds up nobody: it is
    /// asked again before the send.
    async fn look_up(&self, app: &str, owner: Recipient) -> Recipient {
        match timeout(LONGEST_LOOK_UP, self.directory.find(app, &owner.id)).await {
            Ok(Ok(Some(known))) => owner.as_known(known, self.now),
            Ok(Ok(None)) => owner,
            Ok(Err(_)) | Err(_) => owner.left_to_directory(),
        }
    }

    /// Whether it matters where the owner lives.
    fn may_be_night(&self, targets: &[Target]) -> bool {
        targets.iter().any(|target| self.quiet_hours.windows.contains_key(&target.channel()))
    }

    /// Of an owner whose addresses the event brings. Without an answer the app's zone serves: it is asked again before the send.
    async fn look_up_zone(&self, app: &str, owner: &str) -> Option<String> {
        timeout(LONGEST_LOOK_UP, self.directory.find(app, owner)).await.ok()?.ok()??.timezone
    }

    /// Every address of the owner that a transport is there for. Of an owner about whom nothing could be learnt yet: every
    /// address that there may be.
    fn targets(&self, VehicleError { app, recipient, .. }: &VehicleError) -> Vec<Target> {
        let unanswered = recipient.looked_up.is_some_and(|looked_up| looked_up.at.is_none());
        let mut targets = Vec::new();
        let reachable = unanswered || recipient.email.as_deref().is_some_and(message::is_address);
        if reachable && self.channels.contains(&Channel::Email) {
            targets.push(Target::Email);
        }
        if self.channels.contains(&Channel::Push) {
            let mut served = recipient.devices.iter().filter(|device| self.serves(app, device));
            if recipient.looked_up.is_none() {
                targets.extend(served.cloned().map(Target::Push));
            } else if unanswered || served.next().is_some() {
                targets.push(Target::Devices(Reach::default()));
            }
        }
        targets
    }

    fn serves(&self, app: &str, device: &Device) -> bool {
        self.platforms.get(app).is_some_and(|platforms| platforms.contains(&device.platform()))
    }

    /// An owner who is reached otherwise is not refused for a device that no transport leads to, but somebody may miss the push.
    fn tell_left_out(&self, error: &VehicleError) {
        if !self.channels.contains(&Channel::Push) {
            return;
        }
        let (event, app) = (&error.event_id, &error.app);
        let left_out = error.recipient.devices.iter().filter(|device| !self.serves(app, device));
        if let Some(platforms) = platforms(left_out) {
            tracing::info!(
                %event, %app, platforms,
                "left out: devices that no transport of the app's pushes leads to"
            );
        }
    }
}

fn platforms<'a>(devices: impl Iterator<Item = &'a Device>) -> Option<String> {
    let platforms: BTreeSet<Platform> = devices.map(Device::platform).collect();
    let platforms: Vec<String> = platforms.iter().map(|platform| format!("`{platform}`")).collect();
    (!platforms.is_empty()).then(|| platforms.join(" and "))
}

/// A fault of ours, in what was being done about an event.
pub(super) fn panicked(doing: &str) -> Reject {
    Reject::new(Reason::Panicked, format!("{doing} made dashlight panic; please report it"))
}

fn unreachable(VehicleError { app, recipient, .. }: &VehicleError, channels: &[Channel]) -> Reject {
    match &recipient.email {
        Some(email) if !message::is_address(email) => Reject::new(
            Reason::BadAddress,
            "`recipient.email` is no e-mail address; correct it where the event is made and replay it",
        ),
        _ if channels.contains(&Channel::Push) && !recipient.devices.is_empty() => {
            let platforms = platforms(recipient.devices.iter()).unwrap_or_default();
            Reject::new(
                Reason::NoAddress,
                format!(
                    "the owner's devices are of {platforms}, to which no transport of `{app}` leads; name one in \
                     `channels.push.transports`, or in `apps.{app}.transports.push`"
                ),
            )
        }
        _ => Reject::new(
            Reason::NoAddress,
            "there is no address to send to through a configured channel; give `recipient.email` or \
             `recipient.devices` in the event, or configure `[directory]`",
        ),
    }
}
