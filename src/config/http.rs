//! `[http.NAME]`: an HTTP API that the operator describes.

use std::collections::BTreeMap;

use super::carriers::secret;
use super::section::Section;
use super::{Rotating, Sign};
use crate::message::Platform;
use crate::policy::Channel;
use crate::resilience::Rate;
use crate::transport::AfterDoubt;

/// What names may be: they are part of `http.NAME` in lists of transports.
const NAME: &str = "^[a-z0-9_-]+$";

/// One API. URL, headers and body are templates over the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    pub channel: Channel,
    /// Of the channel `push`: the devices that it leads to.
    pub platform: Platform,
    pub method: String,
    pub url: Option<String>,
    /// Lines `Name: value`; keys of APIs are among them.
    pub headers: Option<Rotating>,
    pub content_type: Option<String>,
    pub body: Option<String>,
    pub bearer: Option<Rotating>,
    pub username: Option<String>,
    pub password: Option<Rotating>,
    /// Signs the request as Standard Webhooks says.
    pub signing_secret: Option<Rotating>,
    /// No status among them: every 2xx. With values among them, one must be in the answer too.
    pub accepted: Vec<Sign>,
    /// Beside the usual statuses: nothing is taken at the moment.
    pub retried: Vec<Sign>,
    /// This recipient gets nothing at the moment.
    pub busy: Vec<Sign>,
    /// This message will not be taken; it says nothing of others.
    pub refused: Vec<Sign>,
    /// The address is dead.
    pub address_invalid: Vec<Sign>,
    /// Where the id of the message stands in the answer: a JSON pointer.
    pub provider_id: Option<String>,
    pub after_doubt: AfterDoubt,
    /// `None`: as fast as it goes.
    pub rate: Option<Rate>,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            channel: Channel::Push,
            platform: Platform::Other,
            method: "POST".to_owned(),
            url: None,
            headers: None,
            content_type: None,
            body: None,
            bearer: None,
            username: None,
            password: None,
            signing_secret: None,
            accepted: Vec::new(),
            retried: Vec::new(),
            busy: Vec::new(),
            refused: Vec::new(),
            address_invalid: Vec::new(),
            provider_id: None,
            after_doubt: AfterDoubt::Resend,
            rate: None,
        }
    }
}

impl Http {
    /// What may be read from files that others replace, by its key.
    pub(crate) fn secrets(&mut self) -> Vec<(&'static str, &mut Option<Rotating>)> {
        vec![
            ("headers", &mut self.headers),
            ("bearer", &mut self.bearer),
            ("password", &mut self.password),
            ("signing_secret", &mut self.signing_secret),
        ]
    }
}

/// Every `[http.NAME]`; what one does not say is as `base` has it under the same name.
pub(super) fn sections(mut section: Section<'_>, base: &BTreeMap<String, Http>) -> BTreeMap<String, Http> {
    let mut all = base.clone();
    let mut names = Vec::new();
    for (name, inner) in section.named_sections(NAME) {
        names.push(name);
        all.insert(name.to_owned(), http(name, inner, &base.get(name).cloned().unwrap_or_default()));
    }
    section.finish_except(&names);
    all
}

fn http(name: &str, mut section: Section<'_>, base: &Http) -> Http {
    let plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || matches!(char, '-' | '_');
    if !name.starts_with('^') && !name.chars().all(plain) {
        section.reject_name("is no name of a transport; use lower-case letters, digits, `-` and `_`");
    }
    let bearer = secret(&mut section, "bearer", "bearer_file", base.bearer.as_ref());
    let headers = section.headers(bearer.is_some());
    let http = Http {
        channel: section.take("channel").unwrap_or(base.channel),
        platform: section.take("platform").unwrap_or(base.platform),
        method: section.take("method").unwrap_or_else(|| base.method.clone()),
        url: section.take("url").or_else(|| base.url.clone()),
        headers: headers.or_else(|| base.headers.clone()),
        content_type: section.take("content_type").or_else(|| base.content_type.clone()),
        body: section.take("body").or_else(|| base.body.clone()),
        bearer,
        username: section.take("username").or_else(|| base.username.clone()),
        password: secret(&mut section, "password", "password_file", base.password.as_ref()),
        signing_secret: secret(&mut section, "signing_secret", "signing_secret_file", base.signing_secret.as_ref()),
        accepted: section.take("accepted").unwrap_or_else(|| base.accepted.clone()),
        retried: section.take("retried").unwrap_or_else(|| base.retried.clone()),
        busy: section.take("busy").unwrap_or_else(|| base.busy.clone()),
        refused: section.take("refused").unwrap_or_else(|| base.refused.clone()),
        address_invalid: section.take("address_invalid").unwrap_or_else(|| base.address_invalid.clone()),
        provider_id: section.take("provider_id").or_else(|| base.provider_id.clone()),
        after_doubt: section.take("after_doubt").unwrap_or(base.after_doubt),
        rate: section.take("rate").or(base.rate),
    };
    section.finish();
    http
}
