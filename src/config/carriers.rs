//! `[network]` and the sections of the transports over HTTP, which an app may have its own of.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value as Json, json};
use url::Url;

use super::push::{Apns, Fcm, Webpush};
use super::section::{Fault, Section, Setting};
use super::setting::{form, shown, text};
use super::tree::Node;
use super::{Http, Rotating, Secret, http, push, sections};
use crate::policy::Channel;
use crate::resilience::Rate;
use crate::transport::AfterDoubt;

/// `[network]`: how transports over HTTP reach their carriers.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// Requests at once to one carrier. Connections may be twice as many for a while: one that was dialled for a request which got
    /// another meanwhile is kept for the next.
    pub max_connections: usize,
    /// For resolving, dialling and TLS together.
    pub connect_timeout: Duration,
    /// For the whole of a request, its connection and its answer.
    pub timeout: Duration,
    /// PEM file of a certificate authority to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// May hold credentials. `None`: there is none, whatever the environment says.
    pub proxy: Option<Secret>,
}

/// The sections of the transports over HTTP. Only those that are named as transports have to be complete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Carriers {
    pub ses: Ses,
    pub sendgrid: Sendgrid,
    pub postmark: Postmark,
    pub resend: Resend,
    pub fcm: Fcm,
    pub apns: Apns,
    pub webpush: Webpush,
    /// By the name after `http.`.
    pub http: BTreeMap<String, Http>,
}

/// `[apps.ID.transports]` and the sections of transports inside `[apps.ID]`.
#[derive(Debug, Clone, Default)]
pub struct Own {
    /// In place of `[channels.…] transports`.
    pub transports: BTreeMap<Channel, Vec<String>>,
    /// Everybody's, but for what the app's sections say.
    pub carriers: Carriers,
}

/// `[ses]`: Amazon SES, API v2.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ses {
    pub region: Option<String>,
    pub access_key_id: Option<Rotating>,
    pub secret_access_key: Option<Rotating>,
    /// Of temporary credentials.
    pub session_token: Option<Rotating>,
    pub configuration_set: Option<String>,
    /// `None`: that of the region.
    pub endpoint: Option<String>,
    pub after_doubt: AfterDoubt,
    /// `None`: as fast as it goes.
    pub rate: Option<Rate>,
}

/// `[sendgrid]`: Twilio `SendGrid`, API v3.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sendgrid {
    pub api_key: Option<Rotating>,
    pub endpoint: Option<String>,
    pub after_doubt: AfterDoubt,
    /// `None`: as fast as it goes.
    pub rate: Option<Rate>,
}

/// `[postmark]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Postmark {
    pub server_token: Option<Rotating>,
    pub message_stream: Option<String>,
    pub endpoint: Option<String>,
    pub after_doubt: AfterDoubt,
    /// `None`: as fast as it goes.
    pub rate: Option<Rate>,
}

/// `[resend]`. It keeps an idempotency key for a day, so doubt needs no setting: it is sent again meanwhile, and then parked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resend {
    pub api_key: Option<Rotating>,
    pub endpoint: Option<String>,
    /// `None`: as fast as it goes.
    pub rate: Option<Rate>,
}

pub(super) fn network(mut section: Section<'_>) -> Network {
    let network = Network {
        max_connections: section.need_within("max_connections", 1..=1_000, "1 to 1000"),
        connect_timeout: sections::timeout(&mut section, "connect_timeout"),
        timeout: sections::timeout(&mut section, "timeout"),
        ca_file: section.path("ca_file"),
        proxy: section.secret("proxy", "proxy_file"),
    };
    if section.is_clean() && network.timeout < network.connect_timeout {
        section.reject("timeout", "is less than `connect_timeout`, which is a part of it");
    }
    if let Some(proxy) = &network.proxy
        && !Url::parse(proxy.expose()).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    {
        section.reject("proxy", "is no URL of the form `http://HOST:PORT`");
    }
    section.finish();
    network
}

/// Reads the sections of the transports inside `outer`. What one of them does not say is as `base` has it.
pub(super) fn carriers(outer: &mut Section<'_>, base: &Carriers) -> Carriers {
    Carriers {
        ses: ses(outer.section("ses"), &base.ses),
        sendgrid: sendgrid(outer.section("sendgrid"), &base.sendgrid),
        postmark: postmark(outer.section("postmark"), &base.postmark),
        resend: resend(outer.section("resend"), &base.resend),
        fcm: push::fcm(outer.section("fcm"), &base.fcm),
        apns: push::apns(outer.section("apns"), &base.apns),
        webpush: push::webpush(outer.section("webpush"), &base.webpush),
        http: http::sections(outer.section("http"), &base.http),
    }
}

/// What an app has of its own.
pub(super) fn own(app: &mut Section<'_>, base: &Carriers) -> Own {
    let mut section = app.section("transports");
    let mut transports = BTreeMap::new();
    for channel in Channel::ALL {
        let named: Option<Vec<String>> = section.take(channel.as_str());
        if let Some(names) = named.filter(|names| !names.is_empty()) {
            transports.insert(channel, names);
        }
    }
    section.finish();
    Own { transports, carriers: carriers(app, base) }
}

fn ses(mut section: Section<'_>, base: &Ses) -> Ses {
    let ses = Ses {
        region: section.take::<Region>("region").map(|region| region.0).or_else(|| base.region.clone()),
        access_key_id: secret(&mut section, "access_key_id", "access_key_id_file", base.access_key_id.as_ref()),
        secret_access_key: secret(
            &mut section,
            "secret_access_key",
            "secret_access_key_file",
            base.secret_access_key.as_ref(),
        ),
        session_token: secret(&mut section, "session_token", "session_token_file", base.session_token.as_ref()),
        configuration_set: section.take("configuration_set").or_else(|| base.configuration_set.clone()),
        endpoint: endpoint(&mut section, "endpoint", base.endpoint.as_ref()),
        after_doubt: section.take("after_doubt").unwrap_or(base.after_doubt),
        rate: section.take("rate").or(base.rate),
    };
    section.finish();
    ses
}

fn sendgrid(mut section: Section<'_>, base: &Sendgrid) -> Sendgrid {
    let sendgrid = Sendgrid {
        api_key: secret(&mut section, "api_key", "api_key_file", base.api_key.as_ref()),
        endpoint: endpoint(&mut section, "endpoint", base.endpoint.as_ref()),
        after_doubt: section.take("after_doubt").unwrap_or(base.after_doubt),
        rate: section.take("rate").or(base.rate),
    };
    section.finish();
    sendgrid
}

fn postmark(mut section: Section<'_>, base: &Postmark) -> Postmark {
    let postmark = Postmark {
        server_token: secret(&mut section, "server_token", "server_token_file", base.server_token.as_ref()),
        message_stream: section.take("message_stream").or_else(|| base.message_stream.clone()),
        endpoint: endpoint(&mut section, "endpoint", base.endpoint.as_ref()),
        after_doubt: section.take("after_doubt").unwrap_or(base.after_doubt),
        rate: section.take("rate").or(base.rate),
    };
    section.finish();
    postmark
}

fn resend(mut section: Section<'_>, base: &Resend) -> Resend {
    let resend = Resend {
        api_key: secret(&mut section, "api_key", "api_key_file", base.api_key.as_ref()),
        endpoint: endpoint(&mut section, "endpoint", base.endpoint.as_ref()),
        rate: section.take("rate").or(base.rate),
    };
    section.finish();
    resend
}

pub(super) fn secret(
    section: &mut Section<'_>,
    key: &'static str,
    file: &'static str,
    base: Option<&Rotating>,
) -> Option<Rotating> {
    section.rotating(key, file).or_else(|| base.cloned())
}

pub(super) fn endpoint(section: &mut Section<'_>, key: &'static str, base: Option<&String>) -> Option<String> {
    section.take::<Endpoint>(key).map(|endpoint| endpoint.0).or_else(|| base.cloned())
}

form!(
    /// It becomes a part of a host's name.
    Region,
    "a region such as \"eu-central-1\"",
    r"^\s*[a-z0-9]+(-[a-z0-9]+)+-[0-9]+\s*$",
    |region| {
        let parts: Vec<&str> = region.split('-').collect();
        let plain = |part: &&str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        parts.len() >= 3
            && parts.iter().all(plain)
            && region.len() < 64
            && parts.last().is_some_and(|last| last.parse::<u32>().is_ok())
    }
);

/// Where an API is: no credentials, no query, and never in the clear but on this machine.
pub(super) struct Endpoint(pub(super) String);

impl Setting for Endpoint {
    const EXPECTED: &'static str = "an https URL without credentials, query or fragment";

    fn read(node: &Node) -> Result<Self, Fault> {
        let text = text(node).ok_or_else(Fault::default)?;
        if is_endpoint(text) && !text.contains(['?', '#']) {
            return Ok(Self(text.to_owned()));
        }
        Err(shown(text))
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": r"^\s*[Hh][Tt][Tt][Pp][Ss]?:" })
    }

    fn stand_in() -> Self {
        Self(String::new())
    }
}

/// Bytes; what is longer is no address, and servers take none much longer.
pub(super) const LONGEST_URL: usize = 2_000;

/// https, or http on this machine, and no credentials in it.
pub(crate) fn is_endpoint(text: &str) -> bool {
    text.len() <= LONGEST_URL
        && Url::parse(text).is_ok_and(|url| {
            (url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)))
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
        })
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
