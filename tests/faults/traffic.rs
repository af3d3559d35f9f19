//! The events: a product's queue on a bad day, and what must become of each of them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use dashlight::event::Reason;
use jiff::{SignedDuration, Timestamp};
use lapin::types::{AMQPValue, ShortString};
use serde_json::{Value, json};

use super::worker::{APP, MAX_EVENT_BYTES};

/// A queue message.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// The AMQP `message_id`: the test's own name for it.
    pub id: String,
    pub body: Vec<u8>,
    pub headers: BTreeMap<ShortString, AMQPValue>,
}

/// Events in order, and what must become of them.
#[derive(Default)]
pub struct Traffic {
    pub messages: Vec<Message>,
    /// Addresses of owners who must get one mail.
    pub must: BTreeSet<String>,
    /// Owners whose trouble ends while their mail may be on its way: one mail or none.
    pub may: BTreeSet<String>,
    /// Owners whose RESOLVED comes before its ERROR: no mail, as long as one worker takes both.
    pub over: BTreeSet<String>,
    /// Message id → why it must be dead-lettered. Nobody gets a mail for it.
    pub poison: BTreeMap<String, Reason>,
}

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
    /// Of these owners, 17 in 20 are in trouble, every second of them told of twice; one sends what cannot be used, the
    /// trouble of one is over before it is heard of, and that of one ends.
    pub fn mixed(owners: Range<usize>, now: Timestamp, seed: u64) -> Self {
        let after = |minutes| now - SignedDuration::from_hours(1) + SignedDuration::from_mins(minutes);
        let error = |owner, minutes| Event { owner, state: "ERROR", at: after(minutes) };
        let resolved = |owner| Event { owner, state: "RESOLVED", at: after(2) };
        let mut traffic = Self::default();
        let (mut early, mut mixed, mut late) = (Vec::new(), Vec::new(), Vec::new());
        for owner in owners {
            let trouble = error(owner, 0);
            match owner % 20 {
                0 => {
                    let (id, (body, reason)) = (format!("poison-{owner}"), poison(owner / 20, &trouble));
                    traffic.poison.insert(id.clone(), reason);
                    mixed.push(Message { id, body, ..Message::default() });
                    continue;
                }
                1 => {
                    traffic.over.insert(address(owner));
                    early.push(resolved(owner).message());
                }
                2 => {
                    traffic.may.insert(address(owner));
                    late.push(resolved(owner).message());
                }
                _ => {
                    traffic.must.insert(address(owner));
                    // A new event about the same trouble, or the same event once more.
                    mixed.extend((owner % 4 == 0).then(|| error(owner, 1).message()));
                    mixed.extend((owner % 4 == 1).then(|| error(owner, 0).message()));
                }
            }
            mixed.push(trouble.message());
        }
        fastrand::Rng::with_seed(seed).shuffle(&mut mixed);
        traffic.messages = [early, mixed, late].concat();
        traffic
    }

    /// An ERROR for each of these owners, who must all get a mail.
    pub fn errors(owners: Range<usize>, now: Timestamp) -> Self {
        Self::to(owners.map(|owner| (owner, address(owner))), now)
    }

    /// That the trouble of these owners is over, and that it began just before.
    pub fn ended(owners: Range<usize>, now: Timestamp) -> (Self, Self) {
        let message = |owner, state, at| Event { owner, state, at }.message();
        let begun = now - SignedDuration::from_millis(1);
        let over = owners.clone().map(address).collect();
        let resolved = owners.clone().map(|owner| message(owner, "RESOLVED", now)).collect();
        let errors = owners.map(|owner| message(owner, "ERROR", begun)).collect();
        (Self { messages: resolved, ..Self::default() }, Self { messages: errors, over, ..Self::default() })
    }

    /// The same, to addresses of one's own.
    pub fn to(owners: impl Iterator<Item = (usize, String)>, now: Timestamp) -> Self {
        let mut traffic = Self::default();
        for (owner, address) in owners {
            let event = Event { owner, state: "ERROR", at: now };
            let mut native = event.native();
            native["recipient"]["email"] = json!(address);
            let body = native.to_string().into_bytes();
            traffic.messages.push(Message { id: format!("error-{owner}"), body, ..Message::default() });
            traffic.must.insert(address);
        }
        traffic
    }

    /// So many events that cannot be used, in all the ways there are.
    pub fn poison(count: Range<usize>, now: Timestamp) -> Self {
        let mut traffic = Self::default();
        for index in count {
            let (body, reason) = poison(index, &Event { owner: 1_000_000 + index, state: "ERROR", at: now });
            let id = format!("poison-{index}");
            traffic.poison.insert(id.clone(), reason);
            traffic.messages.push(Message { id, body, ..Message::default() });
        }
        traffic
    }

    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.messages.extend(other.messages);
        self.must.extend(other.must);
        self.may.extend(other.may);
        self.over.extend(other.over);
        self.poison.extend(other.poison);
        self
    }
}

struct Event {
    owner: usize,
    state: &'static str,
    at: Timestamp,
}

impl Event {
    /// A native event; every fifth owner's comes in an envelope.
    fn message(&self) -> Message {
        let event = self.native();
        let body = match self.owner % 5 {
            0 => json!({ "specversion": "1.0", "id": "envelope", "source": "/cars", "type": "error", "data": event }),
            _ => event,
        };
        let id = format!("{}-{}-{}", self.state, self.owner, self.at.as_second());
        Message { id, body: body.to_string().into_bytes(), ..Message::default() }
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
fn poison(index: usize, event: &Event) -> (Vec<u8>, Reason) {
    let native = event.native();
    let with = |pointer: &str, value: Value| {
        let mut event = native.clone();
        *event.pointer_mut(pointer).expect("a field of the event") = value;
        event.to_string().into_bytes()
    };
    match index % 11 {
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
    }
}
