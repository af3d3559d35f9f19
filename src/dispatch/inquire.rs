//! The question before the send: who left the address to the directory is asked about again, so that a reminder goes to
//! today's address; and where there are quiet hours, of whom nobody said where they live. Beside the loop: a slow directory
//! holds up no other message.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use super::Dispatcher;
use super::deliver::Delivery;
use super::traffic::Traffic;
use crate::directory::{Directory, DirectoryError};
use crate::event::Recipient;
use crate::ledger::{Dispatch, FailReason, PostponeReason};
use crate::policy::{Addressed, Target};
use crate::telemetry::Ending;

/// Without an answer for so long, the directory is slow.
const SLOW: Duration = Duration::from_secs(1);

/// So much later, or half as long again, it is asked once more about an owner whom it does not know any more.
const ASKED_AGAIN_AFTER: Duration = Duration::from_mins(10);

/// The questions that are under way.
pub(super) struct Inquiries {
    tasks: JoinSet<Heard>,
    desk: Arc<Desk>,
    /// So many are enough.
    room: usize,
    /// When an answer came last, or the first question was asked.
    progress: Instant,
    /// Dropped, what is being asked about is given back.
    quit: Option<watch::Sender<()>>,
}

/// What it takes to ask.
struct Desk {
    directory: Arc<dyn Directory>,
    delivery: Arc<Delivery>,
    /// Whether it matters where an owner lives: the channel has quiet hours.
    knows_nights: bool,
}

/// What has been asked about.
#[derive(Default)]
pub(super) struct Heard {
    ready: Vec<Dispatch>,
    ended: Vec<(Dispatch, Ending)>,
}

impl Inquiries {
    pub(super) fn new(dispatcher: &Dispatcher) -> Self {
        let (quit, _) = watch::channel(());
        let (directory, delivery) = (Arc::clone(&dispatcher.directory), Arc::clone(&dispatcher.delivery));
        let knows_nights = dispatcher.quiet_hours.windows.contains_key(&dispatcher.channel);
        Self {
            tasks: JoinSet::new(),
            desk: Arc::new(Desk { directory, delivery, knows_nights }),
            room: 2 * dispatcher.concurrency(),
            progress: Instant::now(),
            quit: Some(quit),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether it is better to wait for answers before more is claimed.
    pub(super) fn is_crowded(&self) -> bool {
        self.tasks.len() >= self.room && !self.is_slow()
    }

    fn is_slow(&self) -> bool {
        self.progress.elapsed() >= SLOW
    }

    /// The next that has been asked about. May be dropped while it waits.
    pub(super) async fn next(&mut self) -> Option<Result<Heard, JoinError>> {
        let next = self.tasks.join_next().await;
        self.progress = Instant::now();
        next
    }

    /// Nothing more is asked; what was being asked about comes back at once, to be given back.
    pub(super) fn quit(&mut self) {
        self.quit = None;
    }

    fn begin(&mut self, group: Vec<Dispatch>) {
        if self.tasks.is_empty() {
            self.progress = Instant::now();
        }
        let quit = self.quit.as_ref().map(watch::Sender::subscribe);
        self.tasks.spawn(Arc::clone(&self.desk).ask(group, quit));
    }
}

impl Dispatcher {
    /// Takes in what was claimed: ready to be sent, or to be asked about first.
    pub(super) async fn receive(&self, dispatches: Vec<Dispatch>, traffic: &mut Traffic) {
        for group in groups(dispatches) {
            let inquiries = &mut traffic.inquiries;
            if !group.iter().any(|dispatch| inquiries.desk.is_asked_about(dispatch)) {
                traffic.waiting.extend(group);
            } else if inquiries.tasks.len() >= inquiries.room && inquiries.is_slow() {
                // Others, who need no directory, have their turn.
                let put_off = inquiries.desk.put_off(group);
                self.hear(Ok(put_off), traffic).await;
            } else {
                inquiries.begin(group);
            }
        }
        self.keep_pace(traffic).await;
    }

    pub(super) async fn hear(&self, heard: Result<Heard, JoinError>, traffic: &mut Traffic) {
        match heard {
            Ok(Heard { ready, ended }) => {
                traffic.waiting.extend(ready);
                for (dispatch, ending) in ended {
                    traffic.spreads |= matches!(ending, Ending::Addressed(_));
                    traffic.end(dispatch, ending).await;
                }
            }
            // The lease takes care of it.
            Err(fault) => tracing::error!(channel = %self.channel, "a question to the directory was lost: {fault}"),
        }
    }
}

/// Whether the directory has to say where it goes.
fn is_left(dispatch: &Dispatch) -> bool {
    dispatch.error.recipient.looked_up.is_some()
}

/// Whether the directory did not know its owner when it was asked last.
fn was_unknown(dispatch: &Dispatch) -> bool {
    dispatch.put_off == Some(PostponeReason::OwnerUnknown)
}

/// What may share a message stays together.
fn groups(dispatches: Vec<Dispatch>) -> Vec<Vec<Dispatch>> {
    let mut groups: Vec<Vec<Dispatch>> = Vec::new();
    for dispatch in dispatches {
        match groups.last_mut() {
            Some(group) if dispatch.bundle.is_some() && group.iter().all(|of| of.bundle == dispatch.bundle) => {
                group.push(dispatch);
            }
            _ => groups.push(vec![dispatch]),
        }
    }
    groups
}

impl Desk {
    /// `group` is of one owner.
    async fn ask(self: Arc<Self>, group: Vec<Dispatch>, quit: Option<watch::Receiver<()>>) -> Heard {
        let quits = async {
            // Resolves when the sender is gone.
            if let Some(mut quit) = quit {
                while quit.changed().await.is_ok() {}
            }
        };
        tokio::select! {
            biased;
            answer = self.find(&group) => self.heed(group, &answer),
            () = quits => {
                Heard { ready: Vec::new(), ended: group.into_iter().map(|dispatch| (dispatch, Ending::Released)).collect() }
            }
        }
    }

    fn is_asked_about(&self, dispatch: &Dispatch) -> bool {
        is_left(dispatch) || matches!(dispatch.target, Target::Devices(_)) || self.lacks_zone(dispatch)
    }

    /// Whether it may be night where the owner lives, and nobody has said where that is.
    fn lacks_zone(&self, dispatch: &Dispatch) -> bool {
        self.knows_nights && self.directory.is_there() && dispatch.error.recipient.timezone.is_none()
    }

    async fn find(&self, group: &[Dispatch]) -> Result<Word, DirectoryError> {
        let left = group.iter().find(|dispatch| is_left(dispatch) || self.lacks_zone(dispatch));
        // Where there is no directory any more, what it said last is used.
        let Some(dispatch) = left.filter(|_| self.directory.is_there()) else { return Ok(Word::Kept) };
        let (app, owner) = (&dispatch.error.app, &dispatch.error.recipient.id);
        let found = if group.iter().any(was_unknown) {
            self.directory.find_again(app, owner).await?
        } else {
            self.directory.find(app, owner).await?
        };
        Ok(found.map_or(Word::Unknown, |owner| Word::New(Box::new(owner))))
    }

    fn heed(&self, group: Vec<Dispatch>, answer: &Result<Word, DirectoryError>) -> Heard {
        let now = self.delivery.clock.now();
        let mut heard = Heard::default();
        for dispatch in group {
            let addressed = match answer {
                Ok(Word::New(owner)) if !is_left(&dispatch) => self.address(in_zone(dispatch, owner), None, now),
                // Its address is known. It does not wait, and goes by the app's zone.
                _ if !is_left(&dispatch) => self.address(dispatch, None, now),
                Ok(Word::Kept) => self.address(dispatch, None, now),
                Ok(Word::New(owner)) => self.address(dispatch, Some(owner), now),
                Ok(Word::Unknown) => {
                    let ending = self.unknown(&dispatch, now);
                    Err(Box::new((dispatch, ending)))
                }
                Err(_) => {
                    let ending = self.later(&dispatch, now);
                    Err(Box::new((dispatch, ending)))
                }
            };
            match addressed {
                Ok(ready) => heard.ready.push(ready),
                Err(ended) => heard.ended.push(*ended),
            }
        }
        heard
    }

    fn put_off(&self, group: Vec<Dispatch>) -> Heard {
        self.heed(group, &Err(DirectoryError::Unavailable("it is slow".to_owned())))
    }

    /// The same dispatch to today's address, or what becomes of it in place of being sent.
    fn address(
        &self,
        mut dispatch: Dispatch,
        owner: Option<&Recipient>,
        now: Timestamp,
    ) -> Result<Dispatch, Box<(Dispatch, Ending)>> {
        if let Some(owner) = owner {
            let mut error = (*dispatch.error).clone();
            error.recipient = error.recipient.as_known(owner.clone(), now);
            dispatch.error = Arc::new(error);
        }
        let devices = &dispatch.error.recipient.devices;
        let ending = match &dispatch.target {
            Target::Email => return Ok(dispatch),
            Target::Push(device) if devices.contains(device) => return Ok(dispatch),
            // A phone that was sold: whoever has it now is not the owner.
            Target::Push(_) => nowhere("the directory no longer names this device"),
            Target::Devices(reach) => {
                let app = &dispatch.error.app;
                let served = devices.iter().filter(|device| self.delivery.route.serves(app, device.platform()));
                Addressed::of(*reach, served.cloned(), &dispatch.alternatives)
                    .map_or_else(|| nowhere("the owner has no device that a transport leads to"), Ending::Addressed)
            }
        };
        Err(Box::new((dispatch, ending)))
    }

    /// An owner who was known and is not any more may be one whom the directory has lost for a moment: a second word, some minutes
    /// after the first, is believed.
    fn unknown(&self, dispatch: &Dispatch, now: Timestamp) -> Ending {
        let was_known = dispatch.error.recipient.looked_up.is_some_and(|looked_up| looked_up.at.is_some());
        if !was_known {
            return nowhere("the directory does not know this owner");
        }
        if was_unknown(dispatch) {
            return nowhere("the directory does not know this owner any more, and has said so twice");
        }
        let pause = ASKED_AGAIN_AFTER + ASKED_AGAIN_AFTER.mul_f64(self.delivery.dice.fraction() / 2.0);
        let due_at = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
        Ending::Postponed { due_at, reason: PostponeReason::OwnerUnknown }
    }

    /// The older it is, the less it hurries: a pause that grows as long as the outage lasts, with no count to be kept.
    fn later(&self, dispatch: &Dispatch, now: Timestamp) -> Ending {
        let Delivery { backoff, dice, .. } = &*self.delivery;
        let age = Duration::try_from(now.duration_since(dispatch.error.moment.at)).unwrap_or_default();
        let half = (age / 8).max(backoff.min).min(backoff.max) / 2;
        let due_at = now.saturating_add(half + half.mul_f64(dice.fraction())).unwrap_or(Timestamp::MAX);
        Ending::Postponed { due_at, reason: PostponeReason::DirectoryDown }
    }
}

/// The same dispatch, of an owner who lives there.
fn in_zone(mut dispatch: Dispatch, owner: &Recipient) -> Dispatch {
    if dispatch.error.recipient.timezone.is_none() && owner.timezone.is_some() {
        let mut error = (*dispatch.error).clone();
        error.recipient.timezone.clone_from(&owner.timezone);
        dispatch.error = Arc::new(error);
    }
    dispatch
}

/// What the directory says of an owner.
enum Word {
    New(Box<Recipient>),
    Unknown,
    /// It was not asked: what is known already counts.
    Kept,
}

fn nowhere(why: &str) -> Ending {
    Ending::Failed { reason: FailReason::NoAddress, detail: why.to_owned() }
}
