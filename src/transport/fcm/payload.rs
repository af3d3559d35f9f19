//! A push as FCM's `message` (HTTP v1): one for Android, for browsers and for Apple's devices behind Firebase.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::message::{Push, Words};

/// Bytes of a message without its address.
pub(super) const PAYLOAD_MAX: usize = 4_096;
/// Seconds that FCM keeps a message at most: four weeks.
const TTL_MAX: u64 = 28 * 24 * 3_600;

/// The link of a notification in a browser stands in the message twice; a longer one stands in it once.
const WEB_LINK_MAX: usize = 512;

/// The request's body: the message to the device that `name` (`token` or `fid`) and `address` say. `None`: it cannot be made
/// to fit.
pub(super) fn request(push: &Push, name: &str, address: &str, now: Timestamp) -> Option<Vec<u8>> {
    // What stands around the message: one brace pair is shared, one comma comes in.
    let envelope = json!({ "message": { name: address } }).to_string().len() - 1;
    push.fit(PAYLOAD_MAX + envelope, |words| {
        let mut message = content(push, words, now);
        message[name] = address.into();
        json!({ "message": message })
    })
}

fn content(push: &Push, words: Words<'_>, now: Timestamp) -> Value {
    let ttl = push.seconds_left(now).min(TTL_MAX);
    let collapse = push.collapse_id();
    let mut data: Map<String, Value> = push.data().map(|(name, id)| (name.to_owned(), id.into())).collect();
    // What the app opens on a tap; a browser's service worker finds it here too.
    if let Some(link) = words.link {
        data.insert("link".to_owned(), link.into());
    }
    let (android, apple, urgency) = if push.high_priority { ("HIGH", "10", "high") } else { ("NORMAL", "5", "normal") };
    let mut content = json!({
        "notification": { "title": words.title, "body": words.body },
        "data": data,
        "android": {
            "priority": android,
            "ttl": format!("{ttl}s"),
            "collapseKey": collapse,
            // What is on the screen is replaced too.
            "notification": { "tag": collapse },
        },
        "apns": {
            "headers": {
                "apns-priority": apple,
                "apns-collapse-id": collapse,
                "apns-expiration": push.expires_at.as_second().max(0).to_string(),
            },
            "payload": { "aps": { "sound": "default" } },
        },
        "webpush": {
            "headers": { "TTL": ttl.to_string(), "Urgency": urgency, "Topic": collapse },
            "notification": { "tag": collapse, "lang": push.locale },
        },
    });
    if let Some(link) = words.link.filter(|link| link.len() <= WEB_LINK_MAX) {
        content["webpush"]["fcmOptions"] = json!({ "link": link });
    }
    content
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::Device;
    use crate::transport::pushes_for_tests::{any_push, push_to};

    fn device() -> Device {
        Device::Fcm { token: Some("token-1".into()), fid: None }
    }

    #[test]
    fn a_push_has_its_words_once_and_a_section_for_each_platform() {
        let push = push_to(device());
        let bytes = request(&push, "token", "token-1", "2026-11-30T00:00:00Z".parse().unwrap()).unwrap();
        let json: Value = serde_json::from_slice(&bytes).unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&json).unwrap());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn any_words_fit_beside_any_address(push in any_push(device()), address in "\\PC{0,200}") {
            let bytes = request(&push, "fid", &address, Timestamp::UNIX_EPOCH).expect("there is always room");
            let mut json: Value = serde_json::from_slice(&bytes).expect("JSON");
            let message = json["message"].as_object_mut().expect("a message");
            prop_assert_eq!(message.remove("fid"), Some(Value::from(address)));
            prop_assert!(Value::from(message.clone()).to_string().len() <= PAYLOAD_MAX);
        }
    }
}
