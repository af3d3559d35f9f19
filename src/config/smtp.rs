//! `[smtp]`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::Rotating;
use super::section::{Fault, Section, Setting};
use super::sections::timeout;
use super::setting::{choice, form, shown, text};
use super::tree::Node;
use crate::message::{Address, parse_address};
use crate::transport::AfterDoubt;

/// `[smtp]`: mail to a relay or a provider's submission port.
#[derive(Debug, Clone)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    /// PEM file of a certificate authority to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// What we show of ourselves in TLS.
    pub client_certificate: Option<ClientCertificate>,
    pub username: Option<String>,
    pub password: Option<Rotating>,
    /// A bearer token in place of the password.
    pub token: Option<Rotating>,
    /// To whom bounces go; `None`: to the app's sender.
    pub return_path: Option<ReturnPath>,
    /// What the mail of a sender's domain is signed with, by the domain, in ASCII.
    pub dkim: BTreeMap<String, Dkim>,
    /// Our name in EHLO; `None`: the machine's address literal.
    pub hello: Option<String>,
    /// Hard cap of connections, idle ones among them.
    pub max_connections: usize,
    pub max_messages_per_connection: u32,
    /// What a recipient's domain gets that has no limits of its own.
    pub per_domain: DomainLimits,
    /// By the domain, in ASCII.
    pub domains: BTreeMap<String, DomainLimits>,
    pub max_age: Duration,
    pub max_idle: Duration,
    /// For dialling, TLS, greeting and EHLO, each.
    pub connect_timeout: Duration,
    /// For the reply to each command.
    pub command_timeout: Duration,
    /// For the reply to the final dot (RFC 5321 §4.5.3.2: 10 minutes).
    pub data_timeout: Duration,
    /// A message that may have been accepted: send it again under the same Message-ID, or leave it to the operator.
    pub after_doubt: AfterDoubt,
    /// `None`: as fast as it goes.
    pub rate: Option<crate::resilience::Rate>,
}

/// How much the recipients of one domain get. `None`: as much as all together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DomainLimits {
    /// Connections at once, each with one message.
    pub max_connections: Option<usize>,
    /// After so many messages to the domain a connection is closed.
    pub max_messages_per_connection: Option<u32>,
}

/// A key, and the name under which DNS has its public half: `SELECTOR._domainkey.DOMAIN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dkim {
    pub selector: String,
    pub key_file: PathBuf,
}

/// PEM files, which may be replaced while the worker runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate, and those between it and its authority.
    pub certificate: PathBuf,
    pub key: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// STARTTLS, required.
    Starttls,
    /// STARTTLS if the server offers it.
    Opportunistic,
    /// TLS from the first byte (port 465).
    Implicit,
    /// For a relay on the same machine or network only.
    None,
}

pub(super) fn read(mut section: Section<'_>) -> Smtp {
    let tls = section.need("tls");
    let smtp = Smtp {
        host: section.need::<Host>("host").0,
        port: section.need_within("port", 1..=u16::MAX, "a port from 1 to 65535"),
        tls,
        ca_file: section.path("ca_file"),
        client_certificate: client_certificate(&mut section, tls),
        username: section.take("username"),
        password: section.rotating("password", "password_file"),
        token: section.rotating("token", "token_file"),
        return_path: section.take("return_path"),
        dkim: by_domain(section.section("dkim"), dkim),
        hello: section.take("hello"),
        max_connections: section.need_within("max_connections", 1..=1_000, "1 to 1000"),
        max_messages_per_connection: section.need_within("max_messages_per_connection", 1..=u32::MAX, "1 or more"),
        per_domain: domain_limits(section.section("per_domain")),
        domains: by_domain(section.section("domains"), domain_limits),
        max_age: timeout(&mut section, "max_age"),
        max_idle: timeout(&mut section, "max_idle"),
        connect_timeout: timeout(&mut section, "connect_timeout"),
        command_timeout: timeout(&mut section, "command_timeout"),
        data_timeout: timeout(&mut section, "data_timeout"),
        after_doubt: section.need("after_doubt"),
        rate: section.take("rate"),
    };
    let given = |keys: [&'static str; 2]| keys.into_iter().find(|key| section.has(key));
    let secrets = (given(["password", "password_file"]), given(["token", "token_file"]));
    match (section.has("username"), secrets) {
        (true, (None, None)) => section.reject("username", "stands without a `password` or a `token`"),
        (true, (Some(password), Some(token))) => {
            section.reject(token, &format!("stands beside `{password}`; keep only one of the two"));
        }
        (false, (Some(secret), _) | (None, Some(secret))) => section.reject(secret, "stands without a `username`"),
        _ => {}
    }
    section.finish();
    smtp
}

fn domain_limits(mut section: Section<'_>) -> DomainLimits {
    let limits = DomainLimits {
        max_connections: section.take("max_connections"),
        max_messages_per_connection: section.take("max_messages_per_connection"),
    };
    let zeros = [
        ("max_connections", limits.max_connections == Some(0)),
        ("max_messages_per_connection", limits.max_messages_per_connection == Some(0)),
    ];
    for (key, _) in zeros.into_iter().filter(|(_, is_zero)| *is_zero) {
        section.reject(key, "is 0: nothing could be sent; expected 1 or more");
    }
    section.finish();
    limits
}

fn dkim(mut section: Section<'_>) -> Dkim {
    let selector = section.need::<Selector>("selector").0;
    let key_file: PathBuf = section.need("key_file");
    let dkim = Dkim { selector, key_file: section.resolve("key_file", &key_file) };
    section.finish();
    dkim
}

/// Sections that are named after domains.
fn by_domain<T>(mut section: Section<'_>, read: impl Fn(Section<'_>) -> T) -> BTreeMap<String, T> {
    let mut domains = BTreeMap::new();
    let mut names = Vec::new();
    for (name, inner) in section.named_sections(DOMAIN) {
        names.push(name);
        let domain = parse_address(&format!("x@{name}")).map(|address| address.domain().to_owned());
        if domain.is_err() && name != DOMAIN {
            inner.reject_name(NO_DOMAIN);
        }
        let value = read(inner);
        domains.extend(domain.ok().map(|domain| (domain, value)));
    }
    section.finish_except(&names);
    domains
}

fn client_certificate(section: &mut Section<'_>, tls: Tls) -> Option<ClientCertificate> {
    match (section.path("client_certificate"), section.path("client_key")) {
        (Some(_), Some(_)) if tls == Tls::None => {
            section.reject("client_certificate", "would never be shown, because `smtp.tls` is `none`");
            None
        }
        (Some(certificate), Some(key)) => Some(ClientCertificate { certificate, key }),
        (Some(_), None) => {
            section.reject("client_certificate", "stands without a `client_key`");
            None
        }
        (None, Some(_)) => {
            section.reject("client_key", "stands without a `client_certificate`");
            None
        }
        (None, None) => None,
    }
}

/// An address for bounces, which may name the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnPath(String);

const NO_DOMAIN: &str = "is not named after a domain; write one as in an address, in quotes: \"example.com\"";
/// What the schema says of the names of domains.
const DOMAIN: &str = r"^[^@\s]+\.[^@\s]+$";
/// Stands for the message's id.
const ID: &str = "{id}";

impl ReturnPath {
    /// `None`: it is no address, or with an id it would be none.
    pub fn new(text: &str) -> Option<Self> {
        let path = Self(text.to_owned());
        let (local, domain) = text.rsplit_once('@')?;
        let fits = local.matches(ID).count() <= 1 && !domain.contains('{') && text.is_ascii();
        // As long as ids are.
        (fits && path.of("00000000-0000-8000-8000-000000000000").is_some()).then_some(path)
    }

    /// The address for bounces of the message with this id.
    pub fn of(&self, id: &str) -> Option<Address> {
        parse_address(&self.0.replace(ID, id)).ok().filter(|address| !address.needs_smtputf8())
    }
}

impl Setting for ReturnPath {
    const EXPECTED: &'static str = "an address such as \"bounces+{id}@example.com\", in which `{id}` may stand once, before the `@`, with room for 36 characters of the 64 there";

    fn read(node: &Node) -> Result<Self, Fault> {
        let text = text(node).ok_or_else(Fault::default)?;
        Self::new(text).ok_or_else(|| shown(text))
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": "^[^@]+@[^@]+$" })
    }

    fn stand_in() -> Self {
        Self(String::new())
    }
}

choice!(
    Tls,
    "`starttls`, `opportunistic`, `implicit` or `none`",
    [
        ("starttls", Tls::Starttls),
        ("opportunistic", Tls::Opportunistic),
        ("implicit", Tls::Implicit),
        ("none", Tls::None)
    ]
);
form!(Selector, "the name of a DKIM key, such as \"cars\"", r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", |selector| {
    let label =
        |label: &str| label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && !label.is_empty();
    selector.split('.').all(label)
});
form!(Host, "a host name or address, without `://`, port or path", r"^\s*[^/\s]+\s*$", |host| {
    let bracketed = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    host.len() <= 253 && url::Host::parse(&bracketed).is_ok()
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_return_path_is_an_address_with_and_without_an_id() {
        for good in ["bounces+{id}@example.com", "bounces@example.com", "{id}@b.example.com"] {
            assert!(ReturnPath::new(good).is_some(), "{good}");
        }
        let long = format!("{}{ID}@example.com", "b".repeat(29));
        for bad in
            ["bounces", "{id}{id}@b.example", "b@{id}.example", "b {id}@b.example", "søren+{id}@b.example", &long]
        {
            assert!(ReturnPath::new(bad).is_none(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_id_a_return_path_fits_every_server(before in "[a-z+.-]{0,40}", id in "[0-9a-f-]{1,36}|\\PC{0,40}") {
            let path = ReturnPath::new(&format!("{before}{ID}@example.com"));
            if let Some(address) = path.and_then(|path| path.of(&id)) {
                prop_assert!(address.local().len() <= 64 && address.to_string().is_ascii());
                prop_assert!(address.local().ends_with(&id));
            }
        }
    }
}
