//! The owner as an event or a directory describes them.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::text::{self, ID, LINE, breaks_line};
use super::wire::{Items, Leaf, Part};
use super::{Device, Reason, Recipient, Reject};

/// Devices that are kept of one owner: more is a mistake, and each would be a message.
const MOST_DEVICES: usize = 50;
/// Bytes of a device's token, endpoint or key. Real ones have a few hundred; each planned message keeps its own.
const LONGEST_TOKEN: usize = 4096;
/// Bytes of what may be an address. An address in ASCII has 254; other letters take more.
const LONGEST_EMAIL: usize = 1024;
/// Bytes of a language tag. RFC 5646 §4.4.1 expects 35.
const LONGEST_TAG: usize = 100;

/// The owner. All but `id` may be left to the directory.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Recipient")]
pub(super) struct WireRecipient {
    /// The owner's id in the product. A number is read as its decimal text. At most 256 bytes.
    #[schemars(with = "String", length(max = 256), regex(pattern = ID))]
    id: Leaf,
    #[schemars(with = "Option<String>", length(max = 1024), regex(pattern = LINE))]
    email: Leaf,
    /// The owner's name, for the greeting.
    #[schemars(with = "Option<String>")]
    name: Leaf,
    /// BCP 47, such as `de-AT`. What is none is ignored.
    #[schemars(with = "Option<String>")]
    locale: Leaf,
    /// An IANA name, such as `Europe/Vienna`. What is none is ignored.
    #[schemars(with = "Option<String>")]
    timezone: Leaf,
    /// A device that cannot be used is ignored; the first 50 are kept.
    #[schemars(with = "Option<Vec<WireDevice>>")]
    devices: Items<WireDevice>,
}

/// One installation of the app that can be pushed to.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Device")]
struct WireDevice {
    /// `fcm` (with `token` or `fid`), `apns` (with `token`), `webpush` (with `endpoint` and `keys`), or `other` (with `token`).
    #[schemars(with = "String")]
    platform: Leaf,
    #[schemars(with = "Option<String>")]
    token: Leaf,
    #[schemars(with = "Option<String>")]
    fid: Leaf,
    #[schemars(with = "Option<String>")]
    endpoint: Leaf,
    #[schemars(with = "Option<WireKeys>")]
    keys: Part<WireKeys>,
}

/// The keys of a Web Push subscription, as the browser gives them.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Keys")]
struct WireKeys {
    #[schemars(with = "Option<String>")]
    p256dh: Leaf,
    #[schemars(with = "Option<String>")]
    auth: Leaf,
}

impl WireRecipient {
    /// The owner, named by `id`.
    ///
    /// # Errors
    /// [`Reason::NoRecipient`] without a usable id, [`Reason::BadAddress`] for an e-mail address that is no line of text.
    pub(super) fn read(&self, path: &str) -> Result<Recipient, Reject> {
        let id = identify(&self.id, &format!("{path}.id"))?;
        self.describe(id, path)
    }

    /// The owner whose id is known already.
    ///
    /// # Errors
    /// [`Reason::BadAddress`] for an e-mail address that is no line of text.
    pub(super) fn describe(&self, id: String, path: &str) -> Result<Recipient, Reject> {
        let name = self.name.text().and_then(text::name);
        let locale = self.locale.text().and_then(locale);
        let timezone = self.timezone.text().filter(|zone| looks_like_timezone(zone)).map(str::to_owned);
        let (email, devices) = (self.email(path)?, self.devices());
        Ok(Recipient { id, email, name, locale, timezone, devices, looked_up: None })
    }

    fn email(&self, path: &str) -> Result<Option<String>, Reject> {
        let found = match self.email.text() {
            Some(email) if email.chars().any(breaks_line) => "a text with control characters",
            Some(email) if email.len() > LONGEST_EMAIL => "longer than 1024 bytes",
            Some(email) => return Ok(Some(email.to_owned())),
            None if self.email.is_empty() => return Ok(None),
            None => self.email.found(),
        };
        Err(Reject::new(Reason::BadAddress, format!("`{path}.email` is {found}; expected an e-mail address")))
    }

    fn devices(&self) -> Vec<Device> {
        let Items::Read(items) = &self.devices else { return Vec::new() };
        let devices: Vec<Device> = items.iter().filter_map(|item| item.read()?.read()).take(MOST_DEVICES).collect();
        if devices.len() < items.len() {
            tracing::debug!(given = items.len(), usable = devices.len(), "some devices of the recipient are ignored");
        }
        devices
    }
}

impl WireDevice {
    fn read(&self) -> Option<Device> {
        let owned = |leaf: &Leaf| leaf.text().filter(|text| text.len() <= LONGEST_TOKEN).map(str::to_owned);
        match self.platform.text()?.to_ascii_lowercase().as_str() {
            "fcm" => {
                let (token, fid) = (owned(&self.token), owned(&self.fid));
                (token.is_some() || fid.is_some()).then_some(Device::Fcm { token, fid })
            }
            "apns" => Some(Device::Apns { token: owned(&self.token)? }),
            "other" => Some(Device::Other { token: owned(&self.token)? }),
            "webpush" => {
                let keys = self.keys.read()?;
                Some(Device::Webpush {
                    endpoint: owned(&self.endpoint)?,
                    p256dh: owned(&keys.p256dh)?,
                    auth: owned(&keys.auth)?,
                })
            }
            _ => None,
        }
    }
}

/// See [`Device::from_event`].
pub(super) fn device(value: Value) -> Option<Device> {
    WireDevice::deserialize(value).ok()?.read()
}

/// See [`Recipient::from_directory`].
pub(super) fn from_directory(value: Value, id: &str) -> Result<Recipient, Reject> {
    match Part::<WireRecipient>::deserialize(value) {
        Ok(Part::Read(wire)) => wire.describe(id.to_owned(), "recipient"),
        Ok(part) => Err(Reject::new(Reason::BadField, format!("it is {}; expected an object", part.found()))),
        Err(error) => Err(Reject::new(Reason::BadField, error.to_string())),
    }
}

/// Reads an id that names the owner.
pub(super) fn identify(leaf: &Leaf, path: &str) -> Result<String, Reject> {
    let found = match leaf.text_or_number() {
        None => leaf.found(),
        Some(id) => match text::fault_of_id(&id) {
            None => return Ok(id),
            Some(fault) => fault,
        },
    };
    Err(Reject::new(Reason::NoRecipient, format!("`{path}` is {found}; expected the owner's id")))
}

/// In canonical form. `de_AT`, as some platforms write it, is read as `de-AT`.
fn locale(text: &str) -> Option<String> {
    let tag = Some(text).filter(|text| text.len() <= LONGEST_TAG)?.replace('_', "-");
    icu_locale::Locale::try_from_str(&tag).ok().map(|locale| locale.to_string())
}

/// By its form only: the zones that are known depend on the machine.
fn looks_like_timezone(text: &str) -> bool {
    text.len() <= 64 && text.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '+' | '/'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<Recipient, Reject> {
        WireRecipient::deserialize(value).unwrap().read("recipient")
    }

    #[test]
    fn an_id_must_name_the_owner() {
        for id in [json!(null), json!(""), json!(" \t"), json!({}), json!(["a"]), json!(1.5), json!("a\nb")] {
            let reject = read(json!({ "id": id })).unwrap_err();
            assert_eq!(reject.reason, Reason::NoRecipient, "{id}");
        }
        assert_eq!(read(json!({ "id": "x".repeat(257) })).unwrap_err().reason, Reason::NoRecipient);
        assert_eq!(read(json!({})).unwrap_err().reason, Reason::NoRecipient);
    }

    #[test]
    fn an_id_may_be_a_number() {
        assert_eq!(read(json!({ "id": 1001 })).unwrap().id, "1001");
    }

    #[test]
    fn an_address_with_a_line_break_is_no_address() {
        for email in [json!("a@example.com\r\nBcc: b@example.com"), json!(7), json!(["a@example.com"])] {
            let reject = read(json!({ "id": "1", "email": email })).unwrap_err();
            assert_eq!(reject.reason, Reason::BadAddress, "{email}");
            assert!(!reject.detail.contains("example.com"), "{reject}");
        }
    }

    #[test]
    fn what_only_decorates_is_ignored_when_it_is_wrong() {
        let recipient = read(
            json!({ "id": "1", "email": "", "name": 4, "locale": "no such", "timezone": "on Mars", "devices": 3 }),
        );
        assert_eq!(recipient, Ok(Recipient { id: "1".into(), ..Recipient::default() }));
    }

    #[test]
    fn a_locale_is_read_in_its_canonical_form() {
        assert_eq!(read(json!({ "id": "1", "locale": "DE_at" })).unwrap().locale.as_deref(), Some("de-AT"));
    }

    #[test]
    fn only_usable_devices_are_kept() {
        let recipient = read(json!({ "id": "1", "devices": [
            { "platform": "fcm", "token": "f" },
            { "platform": "FCM", "fid": "i" },
            { "platform": "fcm" },
            { "platform": "apns", "token": "a" },
            { "platform": "apns", "token": " " },
            { "platform": "webpush", "endpoint": "https://push.example/1", "keys": { "p256dh": "p", "auth": "s" } },
            { "platform": "webpush", "endpoint": "https://push.example/1" },
            { "platform": "pager", "token": "a" },
            "apns", null, 7,
        ] }))
        .unwrap();
        let expected = [
            Device::Fcm { token: Some("f".into()), fid: None },
            Device::Fcm { token: None, fid: Some("i".into()) },
            Device::Apns { token: "a".into() },
            Device::Webpush { endpoint: "https://push.example/1".into(), p256dh: "p".into(), auth: "s".into() },
        ];
        assert_eq!(recipient.devices, expected);
    }

    #[test]
    fn an_owner_has_a_bounded_number_of_devices() {
        let devices = vec![json!({ "platform": "apns", "token": "a" }); 1_000];
        assert_eq!(read(json!({ "id": "1", "devices": devices })).unwrap().devices.len(), MOST_DEVICES);
    }

    #[test]
    fn what_is_far_too_long_is_ignored() {
        let devices = json!([{ "platform": "apns", "token": "a".repeat(LONGEST_TOKEN + 1) }]);
        let locale = format!("en{}", "-abcde".repeat(100));
        let recipient = read(json!({ "id": "1", "locale": locale, "devices": devices })).unwrap();
        assert_eq!(recipient, Recipient { id: "1".into(), ..Recipient::default() });
    }
}
