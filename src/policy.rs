//! What to do with an error: pure, without I/O, given what the ledger remembers of its incident, the notice's rules
//! and the time.
//!
//! An incident is open while its last ERROR is later than its last RESOLVED, whatever the order of their arrival.

mod quiet;
mod relief;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::event::{Device, ErrorKey, Moment, State};

pub use quiet::{Nights, QuietHours, Window};
pub use relief::{ALL_IS_WELL, Calm, News, Relief, relieve};

/// The medium of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    Email,
    Push,
}

impl Channel {
    pub const ALL: [Self; 2] = [Self::Email, Self::Push];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Push => "push",
        }
    }
}

impl std::fmt::Display for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One address of the owner: the mailbox that the newest event names, or one device.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    Email,
    Push(Device),
    /// The devices that the directory names when the message is due, and which of them: see [`Addressed`].
    Devices(Reach),
}

impl Target {
    pub fn channel(&self) -> Channel {
        match self {
            Self::Email => Channel::Email,
            Self::Push(_) | Self::Devices(_) => Channel::Push,
        }
    }
}

/// The policy of a notice, from its `notice.toml` and the operator's `[policy]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Nothing is sent before this much time has passed since the first event.
    pub grace: SignedDuration,
    /// The ladder, in ascending order of `after`.
    pub steps: Vec<Step>,
    /// The same error opens a new incident only after this, or after RESOLVED.
    pub cooldown: SignedDuration,
    /// After this a message is worth nothing any more.
    pub expiry: SignedDuration,
    /// Whether one message may speak of several cars of an owner: of those whose errors came within the grace of the first.
    pub bundles: bool,
    /// While one of these is open for the same car, a message about this one waits.
    pub inhibited_by: Vec<Inhibitor>,
    /// `None`: nobody is told that it is over.
    pub relief: Option<Relief>,
}

/// A more fundamental error: as long as it is open, to speak of a lesser one would only confuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inhibitor {
    pub key: ErrorKey,
    /// It holds others back no longer than its own messages are worth something.
    pub expiry: SignedDuration,
}

/// One rung of the ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Counted from the incident's first event.
    pub after: SignedDuration,
    pub channels: Vec<Channel>,
    pub reach: Reach,
}

/// Which of a step's channels are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// All that the owner can be reached by.
    #[default]
    All,
    /// The first that is accepted.
    First,
}

/// What the ledger remembers of an incident.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Incident {
    /// Counts its openings; after an erasure of its owner from the time of that. 0: only a RESOLVED has been seen.
    pub opening: u32,
    /// The error that opened it last.
    pub opened: Option<Moment>,
    pub last_error: Option<Moment>,
    pub last_resolved: Option<Moment>,
}

impl Incident {
    pub fn is_open(&self) -> bool {
        match (&self.last_error, &self.last_resolved) {
            (Some(error), Some(resolved)) => error.is_after(resolved),
            (Some(_), None) => true,
            (None, _) => false,
        }
    }

    /// The incident as it is remembered after `decision` about an error of `moment`. `None`: nothing changes.
    ///
    /// Only an opening opens, and only a close closes, also among moments that have no order ([`Moment`]): an incident that came
    /// open by the way would be one that nobody is ever told of.
    ///
    /// An error that is too old is forgotten: remembered, it would leave an open incident that nobody was told of, and
    /// the next error that is fresh would be taken for its repetition.
    pub fn after(remembered: Option<&Self>, moment: Moment, decision: &Decision) -> Option<Self> {
        let mut next = remembered.cloned().unwrap_or_default();
        match decision {
            Decision::Open { opening, .. } => {
                next.opening = *opening;
                next.opened = Some(moment);
                // Whatever was seen before lies behind the RESOLVED or the cooldown.
                next.last_error = Some(moment);
            }
            Decision::Repeat if next.is_open() => next.last_error = Some(moment.latest(next.last_error)),
            Decision::Close => next.last_resolved = Some(moment),
            Decision::AlreadyClosed => {
                let was_open = next.is_open();
                let earlier = next.last_resolved.replace(moment.latest(next.last_resolved));
                // Only where the order of the moments is none.
                if next.is_open() != was_open {
                    next.last_resolved = earlier;
                }
            }
            Decision::Repeat | Decision::Stale | Decision::TooOld | Decision::Erased | Decision::Panicked => {
                return None;
            }
        }
        Some(next)
    }
}

/// One error on its way to the ledger: when it happened, and who can be told.
#[derive(Debug, Clone, Copy)]
pub struct Sighting<'a> {
    pub state: State,
    pub moment: Moment,
    /// `None`: the content has no notice for this error.
    pub rules: Option<&'a Rules>,
    /// Every address at which the owner can be reached through a configured transport.
    pub targets: &'a [Target],
    /// `None`: no channel has quiet hours.
    pub nights: Option<&'a Nights>,
}

/// The time, and what it means for an event that is not new.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    pub now: Timestamp,
    pub mode: Pace,
}

/// Whether the time that an event has already spent on its way counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Steps, grace and expiry count from the time of the event.
    Live,
    /// A batch is admitted as if each of its errors happened one grace ago: what is due after the grace is due now.
    Batch,
}

/// What becomes of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// A new incident: these messages are planned.
    Open { opening: u32, plan: Vec<Planned> },
    /// The incident is open already.
    Repeat,
    /// It happened before the incident was last resolved.
    Stale,
    /// It is older than its notice's expiry, or will be when it could be told.
    TooOld,
    /// Its owner was erased after it had happened.
    Erased,
    /// The incident is over; what is still planned is cancelled.
    Close,
    /// RESOLVED, but nothing was open, or a later ERROR keeps it open; remembered, so that an older ERROR opens nothing.
    AlreadyClosed,
    /// To decide made dashlight panic: nothing is done about it, and nothing remembered.
    Panicked,
}

/// One message to one address (or the first accepted of several).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Index into the ladder, or [`ALL_IS_WELL`].
    pub step: u16,
    pub target: Target,
    /// `reach = "first"`: what to try when `target` fails for good, in order.
    pub alternatives: Vec<Target>,
    pub due_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What takes the place of [`Target::Devices`] once they are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressed {
    pub target: Target,
    /// See [`Planned::alternatives`].
    pub alternatives: Vec<Target>,
    /// To be planned beside it.
    pub others: Vec<Target>,
}

impl Addressed {
    /// `alternatives`: those of the message that was planned. `None`: there is no device.
    pub fn of(reach: Reach, devices: impl IntoIterator<Item = Device>, alternatives: &[Target]) -> Option<Self> {
        let mut targets: Vec<Target> = Vec::new();
        for target in devices.into_iter().map(Target::Push) {
            if !targets.contains(&target) && !alternatives.contains(&target) {
                targets.push(target);
            }
        }
        let mut targets = targets.into_iter();
        let target = targets.next()?;
        let (mut next, mut others) = (Vec::new(), Vec::new());
        match reach {
            Reach::All => others.extend(targets),
            Reach::First => next.extend(targets),
        }
        next.extend_from_slice(alternatives);
        Some(Self { target, alternatives: next, others })
    }
}

/// So long waits what comes when its grace is over already, for what one message can say too.
const GATHERING: SignedDuration = SignedDuration::from_secs(30);

/// Decides. The ledger calls this inside the transaction that read `incident`.
pub fn decide(incident: Option<&Incident>, sighting: &Sighting<'_>, timing: Timing) -> Decision {
    match sighting.state {
        State::Resolved => match incident {
            Some(incident) if incident.is_open() && !later_error(incident, sighting.moment) => Decision::Close,
            _ => Decision::AlreadyClosed,
        },
        State::Error => decide_error(incident, sighting, timing),
    }
}

fn decide_error(incident: Option<&Incident>, sighting: &Sighting<'_>, timing: Timing) -> Decision {
    if let Some(resolved) = incident.and_then(|incident| incident.last_resolved)
        && !sighting.moment.is_after(&resolved)
    {
        return Decision::Stale;
    }
    // An error without a notice opens nothing; intake counts it before it comes here.
    let Some(rules) = sighting.rules else { return Decision::Repeat };
    if let Some(incident) = incident.filter(|incident| incident.is_open())
        && !cooled_down(incident, sighting.moment, rules.cooldown)
    {
        return Decision::Repeat;
    }
    let start = match timing.mode {
        Pace::Live => sighting.moment.at.min(timing.now),
        Pace::Batch => before(timing.now, rules.grace),
    };
    let expires_at = after(start, rules.expiry);
    if expires_at <= timing.now {
        return Decision::TooOld;
    }
    let opening = incident.map_or(0, |incident| incident.opening) + 1;
    let soonest = match timing.mode {
        // Its grace ran out on its way, and the owner's other cars may be right behind it.
        Pace::Live if rules.bundles => after(timing.now, rules.grace.min(GATHERING)),
        Pace::Live | Pace::Batch => timing.now,
    };
    let mut plan = plan(rules, sighting.targets, start, expires_at, soonest);
    if let Some(nights) = sighting.nights {
        keep_quiet(&mut plan, nights, timing);
    }
    // Open and silent, it would keep the next error silent too, for the whole of its cooldown.
    let reaches = || rules.steps.iter().any(|step| !reachable(step, sighting.targets).is_empty());
    if plan.is_empty() && reaches() {
        return Decision::TooOld;
    }
    Decision::Open { opening, plan }
}

fn later_error(incident: &Incident, moment: Moment) -> bool {
    incident.last_error.is_some_and(|error| error.is_after(&moment))
}

/// Whether an open incident is so old that the same error is news again.
fn cooled_down(incident: &Incident, moment: Moment, cooldown: SignedDuration) -> bool {
    let newer = incident.last_error.is_none_or(|last| moment.is_after(&last));
    newer && incident.opened.is_some_and(|opened| moment.at >= after(opened.at, cooldown))
}

/// The ladder as rows. A ladder that starts late, for grace or for the event's time on its way, keeps the distance
/// between its rungs, so that an owner does not get a first message and its reminder at once. What would be due only
/// when it has expired is not planned.
fn plan(
    rules: &Rules,
    targets: &[Target],
    start: Timestamp,
    expires_at: Timestamp,
    soonest: Timestamp,
) -> Vec<Planned> {
    let mut planned: Vec<Planned> = Vec::new();
    let mut previous: Option<(Timestamp, SignedDuration)> = None;
    for (index, step) in rules.steps.iter().enumerate() {
        let earliest = match previous {
            Some((due, offset)) => after(due, step.after.saturating_sub(offset)),
            None => after(start, rules.grace).max(soonest),
        };
        let due_at = after(start, step.after).max(earliest);
        if due_at >= expires_at {
            break;
        }
        previous = Some((due_at, step.after));
        let mut reachable = reachable(step, targets).into_iter();
        let step_index = u16::try_from(index).unwrap_or(u16::MAX);
        let row = |target, alternatives| Planned { step: step_index, target, alternatives, due_at, expires_at };
        match step.reach {
            Reach::All => planned.extend(reachable.map(|target| row(target, Vec::new()))),
            Reach::First => planned.extend(reachable.next().map(|first| row(first, reachable.collect()))),
        }
    }
    planned
}

/// Moves what would go out in quiet hours to their end. What is due at once of a batch has them behind it.
fn keep_quiet(plan: &mut Vec<Planned>, nights: &Nights, timing: Timing) {
    for planned in plan.iter_mut() {
        if timing.mode == Pace::Live || planned.due_at > timing.now {
            planned.due_at = nights.free_from(planned.target.channel(), planned.due_at);
        }
    }
    plan.retain(|planned| planned.due_at < planned.expires_at);
}

/// The addresses of a step, in the order of its channels, each once: an event may list a device twice.
fn reachable(step: &Step, targets: &[Target]) -> Vec<Target> {
    let mut found: Vec<Target> = Vec::new();
    for channel in &step.channels {
        for target in targets {
            let target = match target {
                Target::Devices(_) => Target::Devices(step.reach),
                Target::Email | Target::Push(_) => target.clone(),
            };
            if target.channel() == *channel && !found.contains(&target) {
                found.push(target);
            }
        }
    }
    found
}

fn after(start: Timestamp, by: SignedDuration) -> Timestamp {
    start.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn before(end: Timestamp, by: SignedDuration) -> Timestamp {
    end.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests;
