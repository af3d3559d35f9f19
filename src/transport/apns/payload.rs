//! A push as Apple's devices read it.

use serde_json::{Map, Value, json};

use crate::message::{Push, Words};

/// Bytes of a payload.
pub const PAYLOAD_MAX: usize = 4_096;

/// The payload as JSON. `None`: it cannot be made to fit.
pub fn payload(push: &Push) -> Option<Vec<u8>> {
    push.fit(PAYLOAD_MAX, |words| content(push, words))
}

fn content(push: &Push, words: Words<'_>) -> Value {
    let mut data: Map<String, Value> = push.data().map(|(name, id)| (name.to_owned(), id.into())).collect();
    // What the app opens on a tap.
    if let Some(link) = words.link {
        data.insert("link".to_owned(), link.into());
    }
    json!({
        "aps": { "alert": { "title": words.title, "body": words.body }, "sound": "default" },
        "dashlight": data,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::Device;
    use crate::transport::pushes_for_tests::{any_push, push_to};

    fn device() -> Device {
        Device::Apns { token: "0a".into() }
    }

    #[test]
    fn a_push_is_an_alert_and_what_the_app_can_look_up() {
        let json: Value = serde_json::from_slice(&payload(&push_to(device())).unwrap()).unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&json).unwrap());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn any_words_fit(push in any_push(device())) {
            let bytes = payload(&push).expect("there is always room");
            prop_assert!(bytes.len() <= PAYLOAD_MAX && serde_json::from_slice::<Value>(&bytes).is_ok());
        }
    }
}
