//! Which transport carries a message: the first that works, and another only when the one before has certainly not accepted it.

mod rung;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};

use super::{Accepted, AfterDoubt, SendError, Transport};
use crate::clock::Dice;
use crate::message::{Message, Platform};
use rung::Asked;

pub use rung::Rung;

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
    /// The recipient's domain gets no more over the one whose turn it is: come back after so long.
    Held(Duration),
}

/// Who has to know which transport may have a message when nobody is there any more to say so. That of the first choice goes
/// without saying: it is the same on every attempt.
#[async_trait]
pub trait Witness: Send + Sync {
    /// Another than the first choice is about to be asked. `false`: it must not be.
    async fn knows(&self, transport: &str) -> bool;
}

/// Where nobody comes after.
#[async_trait]
impl Witness for () {
    async fn knows(&self, _transport: &str) -> bool {
        true
    }
}

/// So long a witness may take to answer; after that it has said no.
const A_WORD: Duration = Duration::from_secs(5);

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

    /// Whether some transport of this app leads to devices of this platform.
    pub fn serves(&self, app: &str, platform: Platform) -> bool {
        self.ladder(app).rungs.iter().any(|rung| rung.transport.serves(platform))
    }

    /// For people: `ses, smtp`.
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.transports().iter().map(|transport| transport.name()).collect();
        names.join(", ")
    }

    /// How many may be on their way while no transport is trusted: none, or as many as they are tried with. `None`: one is
    /// trusted.
    pub fn trials(&self) -> Option<usize> {
        self.rungs().iter().map(|rung| rung.allowance()).sum()
    }

    /// How many may be begun within this time. `None`: some transport takes as many as come.
    pub fn room(&self, within: Duration) -> Option<usize> {
        let mut rooms = self.rungs().into_iter().map(|rung| rung.room(within));
        rooms.try_fold(0, |sum: usize, room| Some(sum.saturating_add(room?)))
    }

    /// How long until one more may be begun; zero where nothing is limited.
    pub fn wait(&self) -> Duration {
        self.rungs().into_iter().map(|rung| rung.wait()).min().unwrap_or_default()
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
        let longest = |ladder: &Ladder| {
            let words = A_WORD * u32::try_from(ladder.rungs.len().saturating_sub(1)).unwrap_or(u32::MAX);
            ladder.rungs.iter().map(|rung| rung.longest_send()).sum::<Duration>() + words
        };
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

    pub async fn send(&self, parcel: Parcel<'_>, witness: &dyn Witness) -> Carried {
        let ladder = self.ladder(parcel.app);
        match parcel.only {
            Some(name) => match ladder.named(name) {
                Some(rung) => carried(rung, rung.send(parcel.app, parcel.message, &()).await),
                None => Carried {
                    transport: name.to_owned(),
                    after_doubt: AfterDoubt::Park,
                    result: Err(SendError::Unknown {
                        detail: format!("`{name}`, which may have sent it, is no longer a transport of this channel"),
                        retry_after: None,
                    }),
                    unasked: None,
                },
            },
            None => ladder.send(parcel.app, parcel.message, witness).await,
        }
    }

    pub async fn close(&self) {
        for transport in self.transports() {
            transport.close().await;
        }
    }
}

impl Ladder {
    async fn send(&self, app: &str, message: &Message, witness: &dyn Witness) -> Carried {
        let mut refused: Vec<(&Rung, SendError)> = Vec::new();
        // Until when all are left alone; `None` once somebody was asked.
        let mut left_alone = Some(Duration::MAX);
        for (place, rung) in self.order(message).into_iter().enumerate() {
            let asked = rung.send(app, message, if place == 0 { &() } else { witness }).await;
            // It works, and another is not asked to spare it: the rate may be a matter of money.
            if matches!(asked.unasked, Some(Unasked::Full(_) | Unasked::Held(_))) {
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
