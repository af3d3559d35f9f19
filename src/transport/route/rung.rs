//! One transport, and how it does: whether it is to be left alone, as a whole or with one app, and how much it may be given.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::super::{Accepted, SendError, Transport};
use super::{A_WORD, Unasked, Witness};
use crate::clock::Dice;
use crate::message::Message;
use crate::resilience::{Backoff, Breaker, Meter, Rate, Trouble};

/// How long a transport that fails is left alone.
const LEFT_ALONE: Backoff = Backoff { min: Duration::from_secs(2), max: Duration::from_mins(1) };
/// So long a message waits in the worker for a transport whose rate it would exceed; a longer wait is one in the ledger.
const A_TURN: Duration = Duration::from_secs(1);
/// Between two lines in the log about a transport that is bypassed.
const REMIND_EVERY: Duration = Duration::from_mins(5);

/// One transport and how it does.
pub struct Rung {
    pub(super) transport: Arc<dyn Transport>,
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
pub(super) type Now = Arc<dyn Fn() -> Instant + Send + Sync>;

/// What a transport said, or would have said.
pub(super) struct Asked {
    pub(super) unasked: Option<Unasked>,
    pub(super) result: Result<Accepted, SendError>,
}

impl Rung {
    pub fn new(transport: Arc<dyn Transport>, dice: Arc<Dice>) -> Self {
        Self::with(transport, dice, Arc::new(Instant::now))
    }

    pub(super) fn with(transport: Arc<dyn Transport>, dice: Arc<Dice>, now: Now) -> Self {
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

    pub(super) fn carries(&self, message: &Message) -> bool {
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
    pub(super) async fn send(&self, app: &str, message: &Message, witness: &dyn Witness) -> Asked {
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
        let name = self.transport.name();
        if !timeout(A_WORD, witness.knows(name)).await.unwrap_or(false) {
            self.meter.iter().for_each(Meter::give_back);
            let detail = format!("the ledger could not note that `{name}` is to stand in, so it was not asked");
            return Asked { unasked: None, result: Err(SendError::Unavailable { detail, retry_after: None }) };
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
            // One of many says nothing of the others.
            Err(SendError::Unknown { .. }) if !self.transport.is_one_carrier() => {}
            Err(SendError::Unknown { detail, retry_after }) => {
                let fault = SendError::Unavailable { detail: detail.clone(), retry_after: *retry_after };
                pass.failed(fault, *retry_after, false, now);
            }
            Err(fault @ SendError::Misconfigured { .. }) => pass.failed(fault.clone(), None, true, now),
            // It was not asked: nothing was learnt of it, and its rate is as it was.
            Err(SendError::Held { wait, .. }) => {
                self.meter.iter().for_each(Meter::give_back);
                return Asked { unasked: Some(Unasked::Held(*wait)), result };
            }
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

    /// How many may be under way at once; `None`: as many as it carries.
    pub(super) fn allowance(&self) -> Option<usize> {
        self.breaker.allowance((self.now)())
    }

    /// How many may be begun within this time; `None`: as many as come.
    pub(super) fn room(&self, within: Duration) -> Option<usize> {
        self.meter.as_ref().map(|meter| meter.room((self.now)(), within))
    }

    /// How long until one more may be begun.
    pub(super) fn wait(&self) -> Duration {
        self.meter.as_ref().map_or(Duration::ZERO, |meter| meter.wait((self.now)()))
    }

    pub(super) fn longest_send(&self) -> Duration {
        self.transport.longest_send() + if self.meter.is_some() { A_TURN } else { Duration::ZERO }
    }

    pub(super) fn bypassed(&self, fault: Option<&SendError>) {
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
