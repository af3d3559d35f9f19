//! Which transport carries a message: the first that works, and another only when the one before has certainly not accepted it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::{Accepted, AfterDoubt, SendError, Transport};
use crate::clock::Dice;
use crate::message::{Message, Platform};
use crate::resilience::{Backoff, Breaker, Meter, Rate, Trouble};

/// How long a transport that fails is left alone.
const LEFT_ALONE: Backoff = Backoff { min: Duration::from_secs(2), max: Duration::from_mins(1) };
/// So long a message waits in the worker for a transport whose rate it would exceed; a longer wait is one in the ledger.
const A_TURN: Duration = Duration::from_secs(1);
/// Between two lines in the log about a transport that is bypassed.
const REMIND_EVERY: Duration = Duration::from_mins(5);

/// The transports of one channel: everybody's, and those of apps that have their own.
pub struct Route {
    shared: Ladder,
    own: BTreeMap<String, Ladder>,
}

/// Transports in the order in which they are tried.
#[derive(Clone)]
pub struct Ladder {
    rungs: Vec<Arc<Rung>>,
    /// Shares of the messages that begin with each; empty: all begin with the first.
    weights: Vec<u32>,
}

/// One transport and how it does.
pub struct Rung {
    transport: Arc<dyn Transport>,
    breaker: Breaker<SendError>,
    /// By app, whose sender it may refuse.
    senders: Mutex<BTreeMap<String, Arc<Breaker<SendError>>>>,
    dice: Arc<Dice>,
    bypassed: Mutex<Trouble>,
    /// `None`: it takes as many as come.
    meter: Option<Meter>,
    now: Now,
}

/// The time that passes, not the time of day.
type Now = Arc<dyn Fn() -> Instant + Send + Sync>;

/// A message to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Parcel<'a> {
    pub app: &'a str,
    pub message: &'a Message,
    /// The transport that may have accepted it already: no other may be asked.
    pub only: Option<&'a str>,
}

/// What became of it, and with whom.
#[derive(Debug)]
pub struct Carried {
    /// The transport that was asked last.
    pub transport: String,
    pub after_doubt: AfterDoubt,
    pub result: Result<Accepted, SendError>,
    /// Why nobody was asked.
    pub unasked: Option<Unasked>,
}

/// Why a message was given to no transport, and when to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unasked {
    /// All are left alone for so long.
    LeftAlone(Duration),
    /// The one whose turn it is has taken as many as its rate allows: its place is after so long.
    Full(Duration),
}

/// What a transport said, or would have said.
struct Asked {
    unasked: Option<Unasked>,
    result: Result<Accepted, SendError>,
}

impl Rung {
    pub fn new(transport: Arc<dyn Transport>, dice: Arc<Dice>) -> Self {
        Self::with(transport, dice, Arc::new(Instant::now))
    }

    fn with(transport: Arc<dyn Transport>, dice: Arc<Dice>, now: Now) -> Self {
        let what = format!("transport `{}`, which others stand in for", transport.name());
        Self {
            transport,
            breaker: Breaker::new(LEFT_ALONE, Arc::clone(&dice)),
            senders: Mutex::default(),
            dice,
            bypassed: Mutex::new(Trouble::new(what, REMIND_EVERY)),
            meter: None,
            now,
        }
    }

    /// The same, given no more than this.
    #[must_use]
    pub fn at_most(mut self, rate: Rate) -> Self {
        self.meter = Some(Meter::new(rate, (self.now)()));
        self
    }

    fn carries(&self, message: &Message) -> bool {
        let leads_there = match message {
            Message::Email(_) => true,
            Message::Push(push) => self.transport.serves(push.device.platform()),
        };
        leads_there && self.transport.channel() == message.channel()
    }

    fn sender(&self, app: &str) -> Arc<Breaker<SendError>> {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = senders.get(app) {
            return Arc::clone(known);
        }
        let breaker = Arc::new(Breaker::new(LEFT_ALONE, Arc::clone(&self.dice)));
        senders.insert(app.to_owned(), Arc::clone(&breaker));
        breaker
    }

    /// Sends unless it is to be left alone, as a whole or with this app, and remembers how that went.
    async fn send(&self, app: &str, message: &Message) -> Asked {
        let sender = self.sender(app);
        let now = (self.now)();
        let (sender, pass) = match sender.enter(now).and_then(|sender| Ok((sender, self.breaker.enter(now)?))) {
            Ok(passes) => passes,
            Err(alone) => {
                let unasked = Some(Unasked::LeftAlone(alone.wait));
                return Asked { unasked, result: Err(waiting(alone.fault, alone.wait)) };
            }
        };
        if let Err(wait) = self.turn().await {
            let detail = format!("`{}` has taken as many as its `rate` allows", self.transport.name());
            let result = Err(SendError::Unavailable { detail, retry_after: Some(wait) });
            return Asked { unasked: Some(Unasked::Full(wait)), result };
        }
        let result = self.transport.send(message).await;
        let now = (self.now)();
        match &result {
            Ok(_)
            | Err(SendError::Transient { .. } | SendError::Permanent { .. } | SendError::AddressInvalid { .. }) => {
                pass.worked();
                sender.worked();
            }
            Err(fault @ SendError::SenderRefused { .. }) => {
                pass.worked();
                sender.failed(fault.clone(), None, true, now);
            }
            Err(fault @ SendError::Unavailable { retry_after, .. }) => {
                pass.failed(fault.clone(), *retry_after, false, now);
            }
            Err(SendError::Unknown { detail }) => {
                let fault = SendError::Unavailable { detail: detail.clone(), retry_after: None };
                pass.failed(fault, None, false, now);
            }
            Err(fault @ SendError::Misconfigured { .. }) => pass.failed(fault.clone(), None, true, now),
        }
        Asked { unasked: None, result }
    }

    /// Waits for leave to begin, if it is a matter of a moment; else after how long to come back.
    async fn turn(&self) -> Result<(), Duration> {
        let Some(meter) = &self.meter else { return Ok(()) };
        let mut patience = A_TURN;
        loop {
            match meter.take((self.now)()) {
                Ok(()) => return Ok(()),
                Err(wait) if wait > patience => return Err(wait),
                Err(wait) => {
                    patience -= wait;
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    fn longest_send(&self) -> Duration {
        self.transport.longest_send() + if self.meter.is_some() { A_TURN } else { Duration::ZERO }
    }

    fn bypassed(&self, fault: Option<&SendError>) {
        let mut trouble = self.bypassed.lock().unwrap_or_else(PoisonError::into_inner);
        match fault {
            Some(fault) => trouble.goes_on(fault),
            None if self.breaker.is_trusted() => trouble.is_over(),
            None => {}
        }
    }
}

/// What a transport that is left alone would say.
fn waiting(fault: SendError, wait: Duration) -> SendError {
    match fault {
        SendError::Unavailable { detail, .. } => SendError::Unavailable { detail, retry_after: Some(wait) },
        other => other,
    }
}

impl Ladder {
    /// `weights` has one number for each rung, or none.
    pub fn new(rungs: Vec<Arc<Rung>>, weights: Vec<u32>) -> Self {
        Self { rungs, weights }
    }

    /// The rungs that can carry this message, in an order that is the same on every attempt.
    fn order(&self, message: &Message) -> Vec<&Arc<Rung>> {
        let places = (0..self.rungs.len()).filter(|place| self.rungs[*place].carries(message));
        let mut places: Vec<usize> = places.collect();
        let weights: Vec<u64> =
            places.iter().map(|place| self.weights.get(*place).copied().unwrap_or_default().into()).collect();
        if !places.is_empty() {
            let first = places.remove(turn(message.id().as_str(), &weights));
            places.insert(0, first);
        }
        places.into_iter().map(|place| &self.rungs[place]).collect()
    }

    fn named(&self, name: &str) -> Option<&Arc<Rung>> {
        self.rungs.iter().find(|rung| rung.transport.name() == name)
    }
}

/// Whose turn it is, by the message's id: chance that can be repeated.
fn turn(id: &str, weights: &[u64]) -> usize {
    let sum: u64 = weights.iter().sum();
    let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(id.as_bytes()).into();
    let mut throw = (u64::from(u32::from_be_bytes([a, b, c, d])) * sum) >> 32;
    for (place, weight) in weights.iter().enumerate() {
        match throw.checked_sub(*weight) {
            Some(rest) => throw = rest,
            None => return place,
        }
    }
    0
}

impl Route {
    pub fn new(shared: Ladder, own: BTreeMap<String, Ladder>) -> Self {
        Self { shared, own }
    }

    /// One transport for everybody.
    pub fn only(transport: Arc<dyn Transport>, dice: Arc<Dice>) -> Self {
        Self::new(Ladder::new(vec![Arc::new(Rung::new(transport, dice))], Vec::new()), BTreeMap::new())
    }

    fn ladder(&self, app: &str) -> &Ladder {
        self.own.get(app).unwrap_or(&self.shared)
    }

    /// Every transport once.
    pub fn transports(&self) -> Vec<&Arc<dyn Transport>> {
        self.by_owner().into_iter().map(|(_, transport)| transport).collect()
    }

    /// The same, each with the app whose own it is; `None`: it is everybody's.
    pub fn by_owner(&self) -> Vec<(Option<&str>, &Arc<dyn Transport>)> {
        let mut transports: Vec<(Option<&str>, &Arc<dyn Transport>)> = Vec::new();
        let own = self.own.iter().map(|(app, ladder)| (Some(app.as_str()), ladder));
        for (app, ladder) in std::iter::once((None, &self.shared)).chain(own) {
            for rung in &ladder.rungs {
                if !transports.iter().any(|(_, known)| Arc::ptr_eq(known, &rung.transport)) {
                    transports.push((app, &rung.transport));
                }
            }
        }
        transports
    }

    /// Whether some transport leads to devices of this platform.
    pub fn serves(&self, platform: Platform) -> bool {
        self.transports().iter().any(|transport| transport.serves(platform))
    }

    /// For people: `ses, smtp`.
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.transports().iter().map(|transport| transport.name()).collect();
        names.join(", ")
    }

    /// How many may be on their way while no transport is trusted: none, or as many as they are tried with. `None`: one is
    /// trusted.
    pub fn trials(&self) -> Option<usize> {
        self.rungs().iter().map(|rung| rung.breaker.allowance((rung.now)())).sum()
    }

    /// How many may be begun within this time. `None`: some transport takes as many as come.
    pub fn room(&self, within: Duration) -> Option<usize> {
        let room = |rung: &Arc<Rung>| rung.meter.as_ref().map(|meter| meter.room((rung.now)(), within));
        self.rungs().into_iter().map(room).try_fold(0, |sum: usize, room| Some(sum.saturating_add(room?)))
    }

    /// How long until one more may be begun; zero where nothing is limited.
    pub fn wait(&self) -> Duration {
        let wait = |rung: &Arc<Rung>| rung.meter.as_ref().map_or(Duration::ZERO, |meter| meter.wait((rung.now)()));
        self.rungs().into_iter().map(wait).min().unwrap_or_default()
    }

    /// Every rung once.
    fn rungs(&self) -> Vec<&Arc<Rung>> {
        let mut rungs: Vec<&Arc<Rung>> = Vec::new();
        for rung in std::iter::once(&self.shared).chain(self.own.values()).flat_map(|ladder| &ladder.rungs) {
            if !rungs.iter().any(|known| Arc::ptr_eq(known, rung)) {
                rungs.push(rung);
            }
        }
        rungs
    }

    /// As many at once as the narrowest transport carries: none may wait for its turn while a claim runs out.
    pub fn concurrency(&self) -> usize {
        self.transports().iter().map(|transport| transport.concurrency()).min().unwrap_or(1).max(1)
    }

    /// After this a send has ended, though every transport was tried.
    pub fn longest_send(&self) -> Duration {
        let longest = |ladder: &Ladder| ladder.rungs.iter().map(|rung| rung.longest_send()).sum();
        std::iter::once(&self.shared).chain(self.own.values()).map(longest).max().unwrap_or_default()
    }

    /// The transport that a message of this app would be given to first.
    pub fn first(&self, app: &str, message: &Message) -> Option<&str> {
        self.ladder(app).order(message).first().map(|rung| rung.transport.name())
    }

    /// What to do with a message of this app that this transport may have accepted.
    pub fn after_doubt(&self, app: &str, transport: &str) -> AfterDoubt {
        self.ladder(app).named(transport).map_or(AfterDoubt::Park, |rung| rung.transport.after_doubt())
    }

    pub async fn send(&self, parcel: Parcel<'_>) -> Carried {
        let ladder = self.ladder(parcel.app);
        match parcel.only {
            Some(name) => match ladder.named(name) {
                Some(rung) => carried(rung, rung.send(parcel.app, parcel.message).await),
                None => Carried {
                    transport: name.to_owned(),
                    after_doubt: AfterDoubt::Park,
                    result: Err(SendError::Unknown {
                        detail: format!("`{name}`, which may have sent it, is no longer a transport of this channel"),
                    }),
                    unasked: None,
                },
            },
            None => ladder.send(parcel.app, parcel.message).await,
        }
    }

    pub async fn close(&self) {
        for transport in self.transports() {
            transport.close().await;
        }
    }
}

impl Ladder {
    async fn send(&self, app: &str, message: &Message) -> Carried {
        let mut refused: Vec<(&Rung, SendError)> = Vec::new();
        // Until when all are left alone; `None` once somebody was asked.
        let mut left_alone = Some(Duration::MAX);
        for rung in self.order(message) {
            let asked = rung.send(app, message).await;
            // It works, and another is not asked to spare it: the rate may be a matter of money.
            if matches!(asked.unasked, Some(Unasked::Full(_))) {
                return carried(rung, asked);
            }
            if let Err(
                fault @ (SendError::Unavailable { .. }
                | SendError::Misconfigured { .. }
                | SendError::SenderRefused { .. }),
            ) = asked.result
            {
                left_alone = match (left_alone, asked.unasked) {
                    (Some(before), Some(Unasked::LeftAlone(wait))) => Some(before.min(wait)),
                    _ => None,
                };
                refused.push((rung, fault));
                continue;
            }
            let result = asked.result;
            for (bypassed, fault) in &refused {
                bypassed.bypassed(Some(fault));
            }
            if result.is_ok() {
                rung.bypassed(None);
            }
            return carried(rung, Asked { unasked: None, result });
        }
        let unasked = left_alone.map(Unasked::LeftAlone);
        match (refused.len(), refused.pop()) {
            (1, Some((rung, fault))) => carried(rung, Asked { unasked, result: Err(fault) }),
            (_, Some((rung, fault))) => {
                refused.push((rung, fault));
                carried(rung, Asked { unasked, result: Err(together(&refused)) })
            }
            (_, None) => Carried {
                transport: String::new(),
                after_doubt: AfterDoubt::Park,
                result: Err(SendError::Permanent { detail: nobody(message) }),
                unasked: None,
            },
        }
    }
}

fn nobody(message: &Message) -> String {
    let channel = message.channel();
    match message {
        Message::Email(_) => format!("`channels.{channel}.transports` names none that carries it"),
        Message::Push(push) => {
            format!("`channels.{channel}.transports` names none that leads to devices of `{}`", push.device.platform())
        }
    }
}

fn carried(rung: &Rung, asked: Asked) -> Carried {
    let (transport, Asked { unasked, result }) = (&rung.transport, asked);
    Carried { transport: transport.name().to_owned(), after_doubt: transport.after_doubt(), result, unasked }
}

/// Nobody took it: every cause is told, and it is tried again when the first of them may.
fn together(refused: &[(&Rung, SendError)]) -> SendError {
    let told: Vec<String> =
        refused.iter().map(|(rung, fault)| format!("`{}`: {fault}", rung.transport.name())).collect();
    let detail = told.join("; ");
    let mut waits = Vec::new();
    for (_, fault) in refused {
        if let SendError::Unavailable { retry_after, .. } = fault {
            waits.push(*retry_after);
        }
    }
    match waits.into_iter().min() {
        // One that is unavailable without a word may be back at any time.
        Some(retry_after) => SendError::Unavailable { detail, retry_after },
        None => SendError::Misconfigured { detail },
    }
}

#[cfg(test)]
mod tests;
