//! `[directory]`: an HTTP endpoint of the product's own that knows the owners.

use std::time::Duration;

use url::Url;

use super::carriers::{LONGEST_URL, is_loopback};
use super::section::Section;
use super::setting::{Bytes, choice, form};
use super::{Rotating, Sign, sections};

/// Where it is, what it is shown, and how long its word holds.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// With `{app}` and `{id}`. `None`: there is no directory.
    pub url: Option<String>,
    pub bearer: Option<Rotating>,
    /// Sent with every question: lines of the form `Name: value`.
    pub headers: Option<Rotating>,
    pub fields: Fields,
    /// What it says of an owner whom it does not know: statuses, values in the answer (`/code=OWNER_UNKNOWN`) or words of it.
    /// Empty: everything that no gateway is known to say.
    pub unknown: Vec<Sign>,
    /// For a whole question and its answer.
    pub timeout: Duration,
    /// How long an answer holds.
    pub cache_ttl: Duration,
    /// How long an owner counts as unknown whom it did not know.
    pub negative_ttl: Duration,
    /// How long after that an answer serves while there is no other.
    pub stale_if_error: Duration,
    /// Bytes of answers that are kept.
    pub cache_size: usize,
}

/// `[directory.fields]`: where an answer has what is needed, as JSON pointers. `None`: where a native event's `recipient` has
/// it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    /// The owner in the answer; the others count from there.
    pub root: Option<String>,
    pub email: Option<String>,
    pub name: Option<String>,
    pub locale: Option<String>,
    pub timezone: Option<String>,
    pub devices: Option<String>,
}

/// Whether the way there must be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tls {
    Required,
    Optional,
}

choice!(Tls, "`required` or `optional`", [("required", Tls::Required), ("optional", Tls::Optional)]);
form!(Pointer, "a JSON pointer (RFC 6901) such as `/contact/mail`", r"^\s*/([^~]|~[01])*$", |text| text
    .starts_with('/')
    && text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1'])));

/// Stands for an owner's id while a URL is looked at.
const ID: &str = "dashlight-owner";

pub(super) fn read(mut section: Section<'_>) -> Directory {
    let url: Option<String> = section.take("url");
    let tls: Tls = section.need("tls");
    if let Some(fault) = url.as_deref().and_then(|url| fault_of_url(url, tls)) {
        section.reject("url", fault);
    }
    let bearer = section.rotating("bearer", "bearer_file");
    if let Some(fault) = bearer.as_ref().and_then(|bearer| bearer.first.fault_as_token()) {
        section.reject(if section.has("bearer_file") { "bearer_file" } else { "bearer" }, &fault);
    }
    let headers = section.headers(bearer.is_some());
    let directory = Directory {
        url,
        bearer,
        headers,
        fields: fields(section.section("fields")),
        unknown: section.take("unknown").unwrap_or_default(),
        timeout: sections::timeout(&mut section, "timeout"),
        cache_ttl: section.need("cache_ttl"),
        negative_ttl: section.need("negative_ttl"),
        stale_if_error: section.need("stale_if_error"),
        cache_size: section.need_within("cache_size", Bytes(0)..=Bytes(1 << 30), "0 to 1024 MiB").0,
    };
    section.finish();
    directory
}

fn fields(mut section: Section<'_>) -> Fields {
    let mut pointer = |key| section.take::<Pointer>(key).map(|pointer| pointer.0);
    let fields = Fields {
        root: pointer("root"),
        email: pointer("email"),
        name: pointer("name"),
        locale: pointer("locale"),
        timezone: pointer("timezone"),
        devices: pointer("devices"),
    };
    section.finish();
    fields
}

/// What is wrong with the URL, without the URL: it may hold what nobody should read.
fn fault_of_url(url: &str, tls: Tls) -> Option<&'static str> {
    const FORM: &str = "is no https URL with `{id}`, and `{app}` if need be, in it";
    let filled = url.replace("{app}", "app").replace("{id}", ID);
    if url.len() > LONGEST_URL {
        return Some("is longer than 2000 characters, as no URL of an endpoint is; write where owners are asked for");
    }
    let Ok(parsed) = Url::parse(&filled) else { return Some(FORM) };
    if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() || filled.contains(['{', '}']) {
        return Some(FORM);
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Some(
            "is a URL with credentials, which would end up in logs; give them as `bearer_file` or `headers_file`",
        );
    }
    if !url.contains("{id}") {
        return Some("has no `{id}` in it: every owner would be the same");
    }
    // An id comes with an event, and must not say where to ask.
    if parsed.host_str().is_some_and(|host| host.contains(ID)) {
        return Some("has `{id}` in its host; it belongs into the path or the query");
    }
    if parsed.fragment().is_some() {
        return Some("has a fragment (`#`), which is never sent");
    }
    (parsed.scheme() == "http" && tls == Tls::Required && !is_loopback(&parsed)).then_some(
        "would send owners' ids and addresses in the clear; use https, or set `directory.tls = \"optional\"` if the \
         network between is trusted",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_may_stand_in_path_and_query_and_nowhere_else() {
        for url in ["https://owners.example/{app}/{id}", "https://owners.example/?of={id}", "http://127.0.0.1:1/{id}"] {
            assert_eq!(fault_of_url(url, Tls::Required), None, "{url}");
        }
        for (url, fault) in [
            ("owners.example/{id}", "is no https URL"),
            ("ftp://owners.example/{id}", "is no https URL"),
            ("https://owners.example/{user}/{id}", "is no https URL"),
            ("https://owners.example/{app}", "has no `{id}`"),
            ("https://{id}.owners.example/{id}", "in its host"),
            ("https://me:hunter2@owners.example/{id}", "with credentials"),
            ("https://hunter2@owners.example/{id}", "with credentials"),
            ("https://owners.example/{id}#top", "a fragment"),
            ("http://owners.example/{id}", "in the clear"),
        ] {
            let found = fault_of_url(url, Tls::Required).unwrap_or_default();
            assert!(found.contains(fault) && !found.contains("hunter2"), "{url}: {found}");
        }
        assert_eq!(fault_of_url("http://owners.internal/{id}", Tls::Optional), None);
    }
}
