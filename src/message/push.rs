//! A push, and how it is made to fit: a push service takes a few kilobytes of JSON and not one more.
//!
//! What is shortened is the text, before it is written as JSON and between two characters as people see them.

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use unicode_segmentation::UnicodeSegmentation;

use super::Device;
use crate::ledger::DispatchId;

/// A push message.
#[derive(Debug, Clone, PartialEq)]
pub struct Push {
    pub id: DispatchId,
    pub device: Device,
    pub title: String,
    pub body: String,
    /// What a tap opens.
    pub link: Option<String>,
    /// A later message about the same incident replaces this one on the screen.
    pub collapse_key: String,
    pub expires_at: Timestamp,
    pub high_priority: bool,
    pub locale: String,
    pub about: About,
}

/// What a push is about, for the app that receives it: ids that it can look up, and nothing about the owner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The error's type: `CONNECTED_SERVICES_ACCOUNT`.
    pub kind: String,
    pub code: Option<String>,
    /// Smartcar's id of the vehicle.
    pub vehicle: Option<String>,
    /// It is over: the news is good.
    pub resolved: bool,
}

/// The words of a push as they go into one payload.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    pub title: &'a str,
    pub body: &'a str,
    pub link: Option<&'a str>,
}

/// Bytes of a title as JSON. A screen shows a tenth of it.
const TITLE_MAX: usize = 512;
/// Bytes of a link as JSON. Half a link leads nowhere, so a longer one is left out, and a tap opens the app.
const LINK_MAX: usize = 2048;
/// Bytes as JSON of an id that the app may look up. Longer, it is none that anybody gave out.
const ID_MAX: usize = 128;
/// The longest id that every push service takes: the `Topic` of Web Push (RFC 8030 §5.4).
const COLLAPSE_MAX: usize = 32;

const ELLIPSIS: &str = "…";

impl Push {
    /// What `payload` writes of this push, in at most `limit` bytes: with its whole body, or with as much of it as there is
    /// room for. The body must stand in it once. `None`: not even without the body does it fit.
    pub fn fit(&self, limit: usize, payload: impl Fn(Words<'_>) -> Value) -> Option<Vec<u8>> {
        let title = shortened(&self.title, TITLE_MAX);
        let link = self.link.as_deref().filter(|link| json_len(link) <= LINK_MAX);
        let write = |body: &str| payload(Words { title: &title, body, link }).to_string().into_bytes();
        let whole = write(&self.body);
        if whole.len() <= limit {
            return Some(whole);
        }
        let room = (json_len(&self.body) + limit).checked_sub(whole.len())?;
        Some(write(&shortened(&self.body, room))).filter(|fitted| fitted.len() <= limit)
    }

    /// The ids of [`About`] and of the push itself, by the names under which every app finds them.
    pub fn data(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let About { kind, code, vehicle, resolved } = &self.about;
        let ids = [
            ("dispatch", Some(self.id.as_str())),
            ("incident", Some(self.collapse_key.as_str())),
            ("type", Some(kind.as_str())),
            ("code", code.as_deref()),
            ("vehicle", vehicle.as_deref()),
            ("state", resolved.then_some("RESOLVED")),
        ];
        ids.into_iter().filter_map(|(name, id)| Some((name, id.filter(|id| !id.is_empty() && json_len(id) <= ID_MAX)?)))
    }

    /// The collapse key as every push service takes it: itself, or a digest when it is too long or has other letters.
    pub fn collapse_id(&self) -> Cow<'_, str> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let key = &self.collapse_key;
        if (1..=COLLAPSE_MAX).contains(&key.len()) && key.bytes().all(is_plain) {
            return Cow::Borrowed(key);
        }
        Cow::Owned(BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(key)[..24]))
    }

    /// Seconds that it is still worth something, from `now`.
    pub fn seconds_left(&self, now: Timestamp) -> u64 {
        u64::try_from(self.expires_at.duration_since(now).as_secs()).unwrap_or(0)
    }
}

/// The text, or its beginning with an ellipsis, in at most `room` bytes of JSON.
fn shortened(text: &str, room: usize) -> Cow<'_, str> {
    if json_len(text) <= room {
        return Cow::Borrowed(text);
    }
    let Some(room) = room.checked_sub(ELLIPSIS.len()) else { return Cow::Borrowed("") };
    let (mut end, mut taken) = (0, 0);
    for (at, grapheme) in text.grapheme_indices(true) {
        taken += json_len(grapheme);
        if taken > room {
            break;
        }
        if !grapheme.trim().is_empty() {
            end = at + grapheme.len();
        }
    }
    Cow::Owned(format!("{}{ELLIPSIS}", &text[..end]))
}

/// Bytes that a text takes between the quotes of a JSON string.
fn json_len(text: &str) -> usize {
    let escaped = text.bytes().map(|byte| match byte {
        b'"' | b'\\' | 0x08 | b'\t' | b'\n' | 0x0c | b'\r' => 2,
        0x00..0x20 => 6,
        _ => 1,
    });
    escaped.sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn push(title: &str, body: &str, link: Option<&str>) -> Push {
        Push {
            id: DispatchId::from_stored("00000000-0000-8000-8000-000000000001".into()),
            device: Device::Apns { token: "0a".into() },
            title: title.into(),
            body: body.into(),
            link: link.map(str::to_owned),
            collapse_key: "kia".into(),
            expires_at: Timestamp::UNIX_EPOCH,
            high_priority: true,
            locale: "en".into(),
            about: About { kind: "T".into(), code: Some("C".into()), vehicle: Some("car".into()), resolved: false },
        }
    }

    fn payload(push: &Push) -> impl Fn(Words<'_>) -> Value {
        let data: serde_json::Map<_, _> = push.data().map(|(name, id)| (name.to_owned(), id.into())).collect();
        move |words| json!({ "title": words.title, "body": words.body, "link": words.link, "data": data })
    }

    /// Letters of one to four bytes, marks that join others, and all that JSON escapes.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof![r#"[a \\"\n\t\x00\x1f\x7féß👍\u{200d}\u{301}🇩🇰क्षि]{0,1500}"#, "\\PC{0,300}", ".{0,3000}"]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn whatever_the_words_the_payload_fits_and_its_body_is_a_beginning_of_the_body(
            title in text(), body in text(), link in proptest::option::of(text()), limit in 3_900..4_096usize,
        ) {
            let push = push(&title, &body, link.as_deref());
            let bytes = push.fit(limit, payload(&push)).expect("there is always room");
            prop_assert!(bytes.len() <= limit);
            let json: Value = serde_json::from_slice(&bytes).expect("JSON");
            let sent = json["body"].as_str().expect("a body");
            if sent != body {
                let kept = sent.strip_suffix(ELLIPSIS).expect("an ellipsis");
                prop_assert!(body.starts_with(kept));
                // What is cut off begins a new character, or is the space before one.
                let boundary = body.grapheme_indices(true).any(|(at, _)| at == kept.len());
                prop_assert!(boundary, "{kept:?} ends within a character");
            }
            prop_assert!(json["link"].is_null() || json["link"].as_str() == link.as_deref());
        }

        #[test]
        fn the_length_of_a_json_text_is_known_without_writing_it(text in text()) {
            prop_assert_eq!(json_len(&text), Value::from(text).to_string().len() - 2);
        }

        #[test]
        fn every_push_service_takes_the_collapse_id(key in ".{0,80}") {
            let mut push = push("t", "b", None);
            push.collapse_key.clone_from(&key);
            let id = push.collapse_id();
            prop_assert!((1..=32).contains(&id.len()), "{}", id);
            prop_assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{}", id);
        }
    }

    #[test]
    fn a_body_is_kept_whole_to_the_last_byte_there_is_room_for() {
        let whole = push("t", "0123456789", None);
        let length = payload(&whole)(Words { title: "t", body: "0123456789", link: None }).to_string().len();
        let body = |limit| {
            let bytes = whole.fit(limit, payload(&whole))?;
            serde_json::from_slice::<Value>(&bytes).expect("JSON")["body"].as_str().map(str::to_owned)
        };
        assert_eq!(body(length).as_deref(), Some("0123456789"));
        assert_eq!(body(length - 1).as_deref(), Some("012345…"));
        assert_eq!(body(length - 7).as_deref(), Some("…"));
        assert_eq!(body(length - 8).as_deref(), Some(""));
        assert_eq!(body(length - 11), None);
    }

    #[test]
    fn a_text_is_cut_between_characters_as_people_see_them() {
        assert_eq!(shortened("Kia 👩‍👩‍👧‍👦 EV6", 10), "Kia…");
        assert_eq!(shortened("cafe\u{301} noir", 8), "caf…");
        assert_eq!(shortened("cafe\u{301} noir", 9), "cafe\u{301}…");
    }

    #[test]
    fn a_link_or_an_id_of_absurd_length_is_left_out_whole() {
        let mut push = push("t", "b", Some(&format!("https://a.example/{}", "x".repeat(LINK_MAX))));
        push.about.vehicle = Some("v".repeat(ID_MAX + 1));
        let bytes = push.fit(4_096, payload(&push)).expect("it fits");
        let json: Value = serde_json::from_slice(&bytes).expect("JSON");
        assert!(json["link"].is_null() && json["data"].get("vehicle").is_none() && json["data"]["type"] == "T");
    }

    #[test]
    fn a_message_that_is_over_has_no_time_left() {
        let mut push = push("t", "b", None);
        push.expires_at = "2026-12-01T00:00:10Z".parse().expect("a time");
        let left = |now: &str| push.seconds_left(now.parse().expect("a time"));
        assert_eq!((left("2026-12-01T00:00:00Z"), left("2026-12-02T00:00:00Z")), (10, 0));
    }
}
