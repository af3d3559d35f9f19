//! `[apps.ID]`: the product that the owner knows.

use serde_json::{Value as Json, json};
use url::Url;

use super::section::{Fault, Section, Setting};
use super::setting::{NOT_BLANK, form, shown, text};
use super::tree::Node;
use super::{App, Carriers, Links, Own, carriers};
use crate::message::{Mailbox, is_address};

/// Tesla's page for the key of every app that has none of its own.
const VIRTUAL_KEY_URL: &str = "https://www.tesla.com/_ak/smartcar.com";
/// A calm blue that white text can be read on.
const COLOR: &str = "#1a56db";
/// What [`is_id`] takes, as a pattern.
pub(super) const ID: &str = "^[a-z0-9_-]+$";
/// A URL's scheme counts in any case.
const HTTPS: &str = r"^\s*[Hh][Tt][Tt][Pp][Ss]:";
/// What a link may hold for values.
const PLACEHOLDERS: [&str; 4] = ["{vehicle}", "{user}", "{client_id}", "{locale}"];

pub(super) fn read(id: &str, mut section: Section<'_>, base: &Carriers) -> (App, Own) {
    if !is_id(id) {
        section.reject_name("is no id of an app; use lower-case letters, digits, `-` and `_`");
    }
    let app = App {
        id: id.to_owned(),
        name: section.need::<Line>("name").0,
        client_id: section.need::<Line>("client_id").0,
        redirect_uri: https(&mut section, "redirect_uri"),
        scope: section.take("scope").unwrap_or_default(),
        sender: section.need("sender"),
        reply_to: section.take("reply_to"),
        support_email: section.take::<Address>("support_email").map(|address| address.0),
        support_url: https(&mut section, "support_url"),
        home: https(&mut section, "home"),
        color: section.take::<Color>("color").map_or_else(|| COLOR.to_owned(), |color| color.0),
        logo: https(&mut section, "logo"),
        address: section.take::<String>("address"),
        virtual_key_url: https(&mut section, "virtual_key_url").unwrap_or_else(|| VIRTUAL_KEY_URL.to_owned()),
        default_locale: section.take::<Locale>("default_locale").map_or_else(|| "en".to_owned(), |locale| locale.0),
        timezone: section.take("timezone"),
        links: links(section.section("links")),
        allowed_hosts: section.take::<Hosts>("allowed_hosts").map(|hosts| hosts.0).unwrap_or_default(),
        list_unsubscribe: https(&mut section, "list_unsubscribe"),
    };
    if !section.has("support_email") && !section.has("support_url") {
        section.reject_name("has neither `support_email` nor `support_url`: owners must be able to ask someone");
    }
    let own = carriers::own(&mut section, base);
    section.finish();
    (app, own)
}

fn links(mut section: Section<'_>) -> Links {
    let mut link = |key| section.take::<Template>(key).map(|template| template.0);
    let links = Links {
        reauthenticate: link("reauthenticate"),
        connect: link("connect"),
        virtual_key: link("virtual_key"),
        support: link("support"),
        stop: link("stop"),
    };
    section.finish();
    links
}

fn https(section: &mut Section<'_>, key: &'static str) -> Option<String> {
    section.take::<Https>(key).map(|url| url.0)
}

/// Part of environment variables and metrics: plain.
fn is_id(id: &str) -> bool {
    let plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || matches!(char, '-' | '_');
    !id.is_empty() && id.chars().all(plain)
}

form!(
    /// Text that stands in subjects and headers.
    Line,
    "a text on one line",
    NOT_BLANK,
    |text| !text.chars().any(char::is_control)
);
form!(Https, "an https URL", HTTPS, is_https);
form!(
    /// A link with placeholders, which are checked as if they were filled in.
    Template,
    "an https URL, with no placeholders but `{vehicle}`, `{user}`, `{client_id}` and `{locale}`",
    HTTPS,
    |text| {
        let filled = PLACEHOLDERS.iter().fold(text.to_owned(), |filled, name| filled.replace(name, "x"));
        // The host is what the owner trusts: it is never filled in.
        let host = text.trim_start_matches("https://").split(['/', '?', '#']).next().unwrap_or_default();
        is_https(&filled) && !filled.contains(['{', '}']) && !host.contains('{')
    }
);
form!(Address, "an e-mail address", r"^\s*[^@\s]+@[^@\s]+\s*$", is_address);
form!(Color, "a colour such as \"#0b6e4f\"", r"^\s*#[0-9A-Fa-f]{6}\s*$", |text| {
    text.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.chars().all(|char| char.is_ascii_hexdigit()))
});
form!(Locale, "a BCP 47 locale such as \"en\" or \"es-419\"", r"^\s*[0-9A-Za-z_-]+\s*$", |text| {
    icu_locale::Locale::try_from_str(text).is_ok()
});

/// Lower case, without scheme, port or path.
struct Hosts(Vec<String>);

impl Setting for Hosts {
    const EXPECTED: &'static str = "a list of host names, without `https://` or paths";

    fn read(node: &Node) -> Result<Self, Fault> {
        let hosts = Vec::<String>::read(node)?;
        let is_host = |host: &String| {
            Url::parse(&format!("https://{host}/")).is_ok_and(|url| url.host_str() == Some(&host.to_lowercase()))
        };
        match hosts.iter().find(|host| !is_host(host)) {
            Some(bad) => Err(shown(bad)),
            None => Ok(Self(hosts.iter().map(|host| host.to_lowercase()).collect())),
        }
    }

    fn schema() -> Json {
        json!({ "type": "array", "items": { "type": "string", "pattern": r"^\s*[^/\s]+\s*$" } })
    }

    fn stand_in() -> Self {
        Self(Vec::new())
    }
}

impl Setting for Mailbox {
    const EXPECTED: &'static str = "a mailbox such as \"ChargeUp <hello@chargeup.example>\"";

    fn read(node: &Node) -> Result<Self, Fault> {
        let text = text(node).ok_or_else(Fault::default)?;
        mailbox(text).ok_or_else(|| shown(text))
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": r"[^@\s<>]@[^@\s<>]" })
    }

    fn stand_in() -> Self {
        Self { name: None, address: String::new() }
    }
}

fn mailbox(text: &str) -> Option<Mailbox> {
    let (name, address) = match text.strip_suffix('>') {
        Some(rest) => {
            let (name, address) = rest.rsplit_once('<')?;
            (Some(name.trim().trim_matches('"').to_owned()).filter(|name| !name.is_empty()), address.trim())
        }
        None => (None, text),
    };
    let one_line = name.as_ref().is_none_or(|name| !name.chars().any(char::is_control));
    (one_line && is_address(address)).then(|| Mailbox { name, address: address.to_owned() })
}

fn is_https(text: &str) -> bool {
    !text.chars().any(|char| char.is_control() || char.is_whitespace())
        && Url::parse(text).is_ok_and(|url| {
            url.scheme() == "https" && url.has_host() && url.username().is_empty() && url.password().is_none()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_a_name_and_an_address_or_an_address() {
        let read = |text| mailbox(text).map(|mailbox| (mailbox.name, mailbox.address));
        let named = Some((Some("ChargeUp".to_owned()), "hello@chargeup.example".to_owned()));
        assert_eq!(read("ChargeUp <hello@chargeup.example>"), named);
        assert_eq!(read("\"ChargeUp\" <hello@chargeup.example>"), named);
        assert_eq!(read("hello@chargeup.example"), Some((None, "hello@chargeup.example".to_owned())));
        assert_eq!(read("<hello@bücher.example>"), Some((None, "hello@bücher.example".to_owned())));
        for bad in ["", "ChargeUp", "a@b@c", "@b.example", "a@", "a b@c.example", "A\r\nBcc: x <a@b.example>", "a@b/c"]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_link_may_have_values_filled_in_but_not_its_host() {
        let read = |text: &str| Template::read(&crate::config::tree::raw(text)).is_ok();
        assert!(read("https://go.chargeup.example/r?vehicle={vehicle}&user={user}"));
        assert!(read("https://go.chargeup.example/{locale}/help"));
        for bad in [
            "http://go.chargeup.example/",
            "chargeup://reconnect",
            "https://{user}.example/",
            "https://go.chargeup.example/{vin}",
            "https://user:pass@go.chargeup.example/",
            "javascript:alert(1)",
        ] {
            assert!(!read(bad), "{bad}");
        }
    }
}
