//! Counts facts for Prometheus, and adds what is so at the moment when it is asked.
//!
//! Every label has few values: words of ours, apps and transports of the configuration, locales of the content. None names an
//! owner, an event or an address.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::encoding::prometheus_text::{self, encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

use super::health::{Health, Vitals};
use super::{Ending, Fact, Handling, Observer};
use crate::clock::Clock;
use crate::event::Reason;
use crate::ledger::Dispatch;

type Labels<const N: usize> = [(&'static str, Cow<'static, str>); N];
type Counters<const N: usize> = Family<Labels<N>, Counter>;
type Seconds = Gauge<f64, AtomicU64>;

/// From a moment to an outage that lasted the night.
const DELAYS: [f64; 11] = [0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0, 43_200.0];
/// How long the ledger may take to say what is overdue.
const PATIENCE: Duration = Duration::from_secs(1);

/// All metrics of one worker.
pub struct Metrics {
    registry: Registry,
    clock: Arc<dyn Clock>,
    rejected: Counters<1>,
    decided: Counters<2>,
    planned: Counter,
    ended: Counters<3>,
    sent: Counters<3>,
    fallbacks: Counters<2>,
    delay: Family<Labels<1>, Histogram>,
    moment: Moment,
}

/// What is looked up when somebody asks.
#[derive(Debug, Default)]
struct Moment {
    ready: Gauge,
    works: Family<Labels<1>, Gauge>,
    overdue: Family<Labels<1>, Seconds>,
    paused: Family<Labels<1>, Gauge>,
    untold: Family<Labels<0>, Gauge>,
    untold_for: Family<Labels<0>, Seconds>,
    revision: Family<Labels<1>, Gauge>,
    since: Seconds,
    looked: Seconds,
    faults: Gauge,
    edits: Counters<1>,
}

impl Metrics {
    /// Of the format in which [`Metrics::told`] answers.
    pub(super) const CONTENT_TYPE: &'static str = prometheus_text::CONTENT_TYPE;

    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let mut registry = Registry::with_prefix("dashlight");
        let r = &mut registry;
        let version: Family<Labels<1>, Gauge> = register(r, "build_info", "Which program this is");
        version.get_or_create(&[("version", env!("CARGO_PKG_VERSION").into())]).set(1);
        let started: Seconds = register(r, "start_timestamp_seconds", "When it was started");
        started.set(seconds(clock.now()));
        let rejected: Counters<1> =
            register(r, "events_rejected", "Events, or parts of events, that could not be used");
        // From the start, or the first rejection would be no increase.
        for reason in Reason::ALL {
            drop(rejected.get_or_create(&[("reason", reason.as_str().into())]));
        }
        let decided = register(r, "errors_decided", "Errors of events, by what was decided about them");
        let planned = register(r, "messages_planned", "Messages that new incidents planned");
        let ended = register(r, "dispatches_ended", "Tries to send a message, by how they ended");
        let sent = register(r, "messages_sent", "Messages that a carrier accepted");
        let fallbacks =
            register(r, "locale_fallbacks", "Messages in another language than the owner's, by the one that served");
        let delay = Family::new_with_constructor((|| Histogram::new(DELAYS)) as fn() -> Histogram);
        let help = "From when a message was due, or to be tried again, until its sending was settled";
        r.register("delivery_delay_seconds", help, delay.clone());
        let moment = Moment::register(r);
        Self { registry, clock, rejected, decided, planned, ended, sent, fallbacks, delay, moment }
    }

    /// Everything, in the text format of Prometheus.
    pub(super) async fn told(&self, health: &Health) -> String {
        self.moment.ready.set(i64::from(health.account().0));
        if let Some(vitals) = health.vitals() {
            self.moment.look(vitals, self.clock.now()).await;
        }
        let mut text = String::new();
        // Into memory.
        let _ = encode(&mut text, &self.registry);
        text
    }

    fn ended(&self, dispatch: &Dispatch, ending: &Ending) {
        let channel = ("channel", Cow::from(dispatch.target.channel().as_str()));
        let (outcome, reason) = ending.as_str();
        self.ended.get_or_create(&[channel.clone(), ("outcome", outcome.into()), ("reason", reason.into())]).inc();
        if let Ending::Sent { transport, locale, instead_of, .. } = ending {
            let (by, locale) = (("transport", Cow::from(transport.clone())), ("locale", Cow::from(locale.clone())));
            if instead_of.is_some() {
                self.fallbacks.get_or_create(&[channel.clone(), locale.clone()]).inc();
            }
            let delay = seconds(self.clock.now()) - seconds(dispatch.due_at);
            self.sent.get_or_create(&[channel.clone(), by, locale]).inc();
            self.delay.get_or_create(&[channel]).observe(delay.max(0.0));
        }
    }
}

impl Observer for Metrics {
    fn observe(&self, fact: &Fact<'_>) {
        match fact {
            Fact::Rejected { reject, .. } => {
                self.rejected.get_or_create(&[("reason", reject.reason.as_str().into())]).inc();
            }
            Fact::Decided { error, handling } => {
                let app = ("app", Cow::from(error.app.clone()));
                self.decided.get_or_create(&[app, ("handling", handling.as_str().into())]).inc();
                if let Handling::Opened { planned, .. } = handling {
                    self.planned.inc_by(*planned as u64);
                }
            }
            Fact::Ended { dispatch, ending } => self.ended(dispatch, ending),
        }
    }
}

impl Moment {
    fn register(r: &mut Registry) -> Self {
        Self {
            ready: register(r, "ready", "Whether events are taken and messages sent"),
            works: register(r, "works", "Whether a part works that the worker needs"),
            paused: register(r, "paused", "Whether an operator has paused the channel"),
            overdue: register(r, "overdue_seconds", "For how long the message has been due that waits longest"),
            untold: register(r, "outcomes_untold", "Ends of messages that your systems are still to be told of"),
            untold_for: register(r, "outcomes_untold_seconds", "How long ago the oldest of them was"),
            revision: register(r, "content_info", "Which content is in force"),
            since: register(r, "content_in_force_timestamp_seconds", "Since when it is in force"),
            looked: register(
                r,
                "content_last_edit_timestamp_seconds",
                "When an edit of the content was last looked at, good or broken",
            ),
            faults: register(r, "content_faults", "Faults of the last edit, which is not in force because of them"),
            edits: register(
                r,
                "content_edits",
                "Edits of the content since the start, by whether they came into force",
            ),
        }
    }

    async fn look(&self, vitals: &Vitals, now: Timestamp) {
        for part in vitals.parts() {
            self.works.get_or_create(&[("part", part.name.into())]).set(i64::from(part.ailment.is_none()));
        }
        let standing = vitals.content.standing();
        self.revision.clear();
        self.revision.get_or_create(&[("revision", standing.revision.to_string().into())]).set(1);
        self.since.set(seconds(standing.since));
        self.looked.set(standing.last.map_or(0.0, seconds));
        self.faults.set(standing.broken.map_or(0, |broken| i64::try_from(broken.faults).unwrap_or(i64::MAX)));
        for (result, count) in [("in-force", standing.taken), ("broken", standing.refused)] {
            self.edits.get_or_create(&[("result", result.into())]).inner().store(count, Ordering::Relaxed);
        }
        self.look_for_untold(vitals, now).await;
        for channel in &vitals.channels {
            let label = [("channel", Cow::from(channel.as_str()))];
            self.paused.get_or_create(&label).set(i64::from(vitals.pauses.holds(*channel)));
            match tokio::time::timeout(PATIENCE, vitals.ledger.next_due(*channel, now)).await {
                Ok(Ok(due)) => {
                    let overdue = due.map_or(0.0, |due| (seconds(now) - seconds(due)).max(0.0));
                    self.overdue.get_or_create(&label).set(overdue);
                }
                // Nobody knows.
                _ => {
                    self.overdue.remove(&label);
                }
            }
        }
    }
}

impl Moment {
    /// Nothing is shown where nobody wants to hear, and while nobody knows.
    async fn look_for_untold(&self, vitals: &Vitals, now: Timestamp) {
        let Some(untold) = &vitals.untold else { return };
        if let Ok(Ok(backlog)) = tokio::time::timeout(PATIENCE, untold.backlog()).await {
            self.untold.get_or_create(&[]).set(i64::try_from(backlog.waiting).unwrap_or(i64::MAX));
            let age = backlog.since.map_or(0.0, |since| (seconds(now) - seconds(since)).max(0.0));
            self.untold_for.get_or_create(&[]).set(age);
        } else {
            self.untold.clear();
            self.untold_for.clear();
        }
    }
}

fn register<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

fn seconds(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}
