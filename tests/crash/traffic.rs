//! The events: a product's queue on a bad day, and what must become of each of them.

use std::collections::{BTreeMap, BTreeSet};

use dashlight::event::Reason;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::worker::{APP, MAX_EVENT_BYTES};

/// A queue message.
pub struct Message {
    /// The AMQP `message_id`: the test's own name for it.
    pub id: String,
    pub body: Vec<u8>,
}

/// Everything that is published, in order, and what must become of it.
pub struct Traffic {
    pub messages: Vec<Message>,
    /// Addresses of owners who must get one mail.
    pub must: BTreeSet<String>,
    /// Owners whose trouble ends while their mail may be on its way: one mail or none.
    pub may: BTreeSet<String>,
    /// Message id → why it must be dead-lettered. Nobody gets a mail for it.
    pub poison: BTreeMap<String, Reason>,
}

pub const EVENTS: usize = 2_000;
pub const POISON: usize = EVENTS * 5 / 100;
pub const DUPLICATES: usize = EVENTS * 30 / 100;
/// Owners whose RESOLVED arrives before its ERROR: nobody hears of it.
pub const OVER: usize = 40;
/// Owners whose RESOLVED arrives long after its ERROR.
pub const ENDING: usize = 40;
/// All the others.
pub const OPEN: usize = EVENTS - POISON - DUPLICATES - 2 * OVER - 2 * ENDING;

const LOCALES: [&str; 10] = ["en", "da", "de", "es", "es-419", "fr", "it", "nl", "nb", "sv"];
const CODES: [&str; 7] = [
    "ACCOUNT_ISSUE",
    "AUTHENTICATION_FAILED",
    "NO_VEHICLES",
    "PERMISSION",
    "SUBSCRIPTION",
    "VEHICLE_MISSING",
    "VIRTUAL_KEY_REQUIRED",
];

impl Traffic {
    /// `now` and `seed` settle it all.
    pub fn new(now: Timestamp, seed: u64) -> Self {
        let after = |minutes| now - SignedDuration::from_hours(1) + SignedDuration::from_mins(minutes);
        let error = |owner| Event { owner, state: "ERROR", at: after(0) };
        let resolved = |owner| Event { owner, state: "RESOLVED", at: after(2) };
        let good = |event: Event| (event.body(), None);

        let ending = OVER..OVER + ENDING;
        let open = ending.end..ending.end + OPEN;
        // The newest is published last: once its mail is there, nothing is left behind in the queue.
        let newest = open.end - 1;
        let mut mixed: Vec<_> = (0..newest).map(|owner| good(error(owner))).collect();
        // Every second one is a new event about the same trouble, the others are the same event once more.
        mixed.extend(open.clone().take(DUPLICATES).map(|owner| match owner % 2 {
            0 => good(Event { at: after(1), ..error(owner) }),
            _ => good(error(owner)),
        }));
        mixed.extend((0..POISON).map(|index| poison(index, &error(EVENTS + index))));
        fastrand::Rng::with_seed(seed).shuffle(&mut mixed);

        let mut bodies: Vec<_> = (0..OVER).map(|owner| good(resolved(owner))).collect();
        bodies.extend(mixed);
        bodies.extend(ending.clone().map(|owner| good(resolved(owner))));
        bodies.push(good(error(newest)));

        let mut traffic = Self {
            messages: Vec::new(),
            must: open.map(address).collect(),
            may: ending.map(address).collect(),
            poison: BTreeMap::new(),
        };
        for (index, (body, reason)) in bodies.into_iter().enumerate() {
            let id = format!("message-{index:04}");
            traffic.poison.extend(reason.map(|reason| (id.clone(), reason)));
            traffic.messages.push(Message { id, body });
        }
        traffic
    }
}

/// An owner's trouble, which began at that time.
pub fn error(owner: usize, at: Timestamp) -> Message {
    let event = Event { owner, state: "ERROR", at };
    Message { id: format!("message-{owner:04}"), body: event.body() }
}

struct Event {
    owner: usize,
    state: &'static str,
    at: Timestamp,
}

impl Event {
    /// A native event; every fifth owner's comes in an envelope.
    fn body(&self) -> Vec<u8> {
        let event = self.native();
        let body = match self.owner % 5 {
            0 => json!({ "specversion": "1.0", "id": "envelope", "source": "/cars", "type": "error", "data": event }),
            _ => event,
        };
        body.to_string().into_bytes()
    }

    fn native(&self) -> Value {
        let Self { owner, state, at } = self;
        json!({
            "id": format!("{state}-{owner}-{at}"),
            "occurredAt": at.to_string(),
            "app": APP,
            "state": state,
            "recipient": {
                "id": format!("owner-{owner}"),
                "email": address(*owner),
                "locale": LOCALES[owner % LOCALES.len()],
            },
            "vehicle": { "id": format!("car-{owner}"), "make": "TESLA", "model": "Model 3", "year": 2022 },
            "error": { "type": "CONNECTED_SERVICES_ACCOUNT", "code": CODES[owner % CODES.len()], "resolution": null },
        })
    }
}

pub fn address(owner: usize) -> String {
    format!("owner-{owner:04}@example.com")
}

/// An event that cannot be used, in one of eleven ways.
fn poison(index: usize, event: &Event) -> (Vec<u8>, Option<Reason>) {
    let native = event.native();
    let with = |pointer: &str, value: Value| {
        let mut event = native.clone();
        *event.pointer_mut(pointer).expect("a field of the event") = value;
        event.to_string().into_bytes()
    };
    let (body, reason) = match index % 11 {
        0 => (vec![b' '; MAX_EVENT_BYTES + 1], Reason::TooLarge),
        1 => (b"{\"id\": \"\xff\xfe\"}".to_vec(), Reason::NotUtf8),
        2 => (native.to_string().into_bytes()[..40].to_vec(), Reason::NotJson),
        3 => (b"[".repeat(10_000), Reason::TooDeep),
        4 => (json!({ "hello": "world" }).to_string().into_bytes(), Reason::UnknownShape),
        5 => (with("/recipient/id", json!("")), Reason::NoRecipient),
        6 => (with("/error/type", json!(7)), Reason::BadField),
        7 => (with("/occurredAt", json!("1970-01-01T00:00:00Z")), Reason::ImplausibleTime),
        8 => (with("/app", json!("another")), Reason::UnknownApp),
        9 => (with("/recipient/email", json!(null)), Reason::NoAddress),
        _ => (with("/recipient/email", json!("owner at example.com")), Reason::BadAddress),
    };
    (body, Some(reason))
}
