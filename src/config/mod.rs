//! What the operator says: one struct for each section of `dashlight.toml`. All faults are reported at once.

mod app;
mod carriers;
mod directory;
mod headers;
mod http;
mod load;
mod push;
mod schema;
pub(crate) mod secret_file;
mod secrets;
mod section;
mod sections;
mod setting;
mod sign;
mod smtp;
mod tree;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;

pub(crate) use carriers::is_endpoint;
pub use carriers::{Carriers, Network, Own, Postmark, Resend, Sendgrid, Ses};
pub use directory::{Directory, Fields};
pub use http::Http;
pub use load::{Layers, REFERENCE, content, load};
pub use push::{Apns, ApnsEnvironment, Fcm, Webpush};
pub use schema::schema;
pub use sign::Sign;
pub(crate) use sign::plain;
pub use smtp::{ClientCertificate, Dkim, DomainLimits, ReturnPath, Smtp, Tls};

/// The whole configuration, checked.
#[derive(Debug, Clone)]
pub struct Config {
    pub content: Content,
    pub source: Source,
    pub rabbitmq: Rabbitmq,
    pub ledger: Ledger,
    pub dispatch: Dispatch,
    pub channels: BTreeMap<crate::policy::Channel, ChannelConfig>,
    pub smtp: Smtp,
    pub network: Network,
    pub carriers: Carriers,
    pub outbox: Outbox,
    pub directory: Directory,
    pub policy: Policy,
    pub outcomes: Outcomes,
    pub log: Log,
    pub telemetry: Telemetry,
    pub apps: BTreeMap<String, App>,
    /// What apps have of their own in place of everybody's, by the app's id.
    pub own: BTreeMap<String, Own>,
}

/// A length of time as it is written everywhere: "30s", "10m", "2h", "14d". `None`: it is none, or less than nothing.
pub fn duration(text: &str) -> Option<SignedDuration> {
    setting::duration(text.trim()).filter(|duration| !duration.is_negative())
}

impl Config {
    /// When each channel is silent, and where owners live of whom nothing is known.
    pub fn quiet_hours(&self) -> crate::policy::QuietHours {
        let windows = self.channels.iter().filter_map(|(channel, settings)| Some((*channel, settings.quiet_hours?)));
        let zones = self.apps.values().filter_map(|app| Some((app.id.clone(), app.timezone.clone()?)));
        crate::policy::QuietHours { windows: windows.collect(), zones: zones.collect() }
    }
}

/// Bytes of a token or password; a server takes no header much longer than this.
const LONGEST_TOKEN: usize = 8 << 10;

/// A password or token. It has no `Debug` that shows it, and no `Display`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself: only where it goes over the wire.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is wrong with it as a key or token that goes into a header as it is, without it: "has several lines; …".
    pub(crate) fn fault_as_token(&self) -> Option<String> {
        let wrong = self.fault_as_line().or_else(|| {
            let plain = self.0.bytes().all(|byte| byte.is_ascii_graphic());
            (!plain).then(|| "holds a space or a letter that no key has".to_owned())
        });
        wrong.map(|wrong| format!("{wrong}; copy the key alone, as it was given"))
    }

    /// As [`Secret::fault_as_token`], of a password, which may hold spaces and letters of all languages.
    pub(crate) fn fault_as_password(&self) -> Option<String> {
        let wrong = self.fault_as_line().or_else(|| {
            let typed = !self.0.chars().any(char::is_control);
            (!typed).then(|| "holds a character that nobody can type".to_owned())
        });
        wrong.map(|wrong| format!("{wrong}; copy the password alone, as it was given"))
    }

    fn fault_as_line(&self) -> Option<String> {
        match (self.0.len(), self.0.lines().count()) {
            (0, _) => Some("is empty".to_owned()),
            (length, _) if length > LONGEST_TOKEN => Some(format!("has {length} characters")),
            (_, 2..) => Some("has several lines".to_owned()),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// A secret that may change while the program runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rotating {
    /// As it was at the start.
    pub first: Secret,
    /// Where it is read anew; `None`: it was given in itself.
    pub file: Option<PathBuf>,
}

impl Rotating {
    /// One that stays as it is.
    pub fn given(secret: impl Into<String>) -> Self {
        Self { first: Secret::new(secret), file: None }
    }

    /// The key that the operator wrote: `key`, or the one that names a file in its place.
    pub(crate) fn key(&self, key: &str) -> String {
        let file = if self.file.is_some() { "_file" } else { "" };
        format!("{key}{file}")
    }
}

/// `[content]`: where the product team's files are. `None`: what was built into the program.
#[derive(Debug, Clone, Default)]
pub struct Content {
    pub templates: Option<PathBuf>,
    pub locales: Option<PathBuf>,
    pub reload: Reload,
    /// How often the folders are looked at where the system tells of no change.
    pub poll: Duration,
}

/// When edits of the content are taken up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reload {
    /// As soon as they are made, and on SIGHUP.
    #[default]
    Watch,
    /// On SIGHUP only.
    Signal,
}

/// `[source]`: limits on what is taken.
#[derive(Debug, Clone)]
pub struct Source {
    /// Bytes. A longer event is dead-lettered unread.
    pub max_event_bytes: usize,
    /// Events taken, decided and committed at once.
    pub batch_size: usize,
    /// Messages due and unsent with which no more events are taken.
    pub backlog_limit: usize,
}

/// `[rabbitmq]`.
#[derive(Debug, Clone)]
pub struct Rabbitmq {
    /// `amqp://` or `amqps://`, with credentials.
    pub url: Secret,
    pub queue: String,
    pub dead_letter_queue: String,
    pub declare: Declare,
    pub queue_type: QueueType,
    pub prefetch: u16,
    pub heartbeat: Duration,
    /// For dialling, TLS and the AMQP handshake together.
    pub connect_timeout: Duration,
    /// For each answer of the broker after that, publisher confirms among them.
    pub request_timeout: Duration,
    /// PEM file of a certificate authority to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// First and longest pause between two tries to connect.
    pub reconnect_min: Duration,
    pub reconnect_max: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declare {
    /// Create what is missing; refuse to start on queues of another kind.
    Declare,
    /// Only look whether they exist.
    Passive,
    /// Not even that: for least privilege.
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueType {
    Quorum,
    Classic,
}

/// `[ledger]`.
#[derive(Debug, Clone)]
pub struct Ledger {
    pub store: Store,
    /// How long a claim holds when its worker is never heard of again. Longer than the longest send.
    pub lease: SignedDuration,
    /// How long what was said, and where it went, is kept after an incident has come to rest.
    pub keep: SignedDuration,
}

/// Where incidents and messages are remembered.
#[derive(Debug, Clone)]
pub enum Store {
    /// `sqlite:PATH`: a file, for one worker.
    Sqlite(PathBuf),
    /// `postgres://…`: for a fleet.
    Postgres(Postgres),
}

/// Without the password.
impl std::fmt::Display for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(postgres) => {
                let url = postgres.url.expose();
                let address = url.split_once('?').map_or(url, |(address, _)| address);
                let address = address.split_once("://").map_or(address, |(_, rest)| rest);
                write!(f, "postgres://{}", address.rsplit_once('@').map_or(address, |(_, place)| place))
            }
        }
    }
}

/// What `[ledger]` says of a PostgreSQL server.
#[derive(Debug, Clone)]
pub struct Postgres {
    /// With credentials, and `sslmode`.
    pub url: Secret,
    /// The schema of the database that is the ledger's own.
    pub schema: String,
    /// Hard cap of connections, for each worker.
    pub pool_size: usize,
    /// For dialling, TLS and login together.
    pub connect_timeout: Duration,
    /// For each statement.
    pub request_timeout: Duration,
    /// PEM file of a certificate authority to trust beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// `[dispatch]`.
#[derive(Debug, Clone)]
pub struct Dispatch {
    /// First and longest pause before a dispatch is tried again (full jitter).
    pub retry_min: Duration,
    pub retry_max: Duration,
    /// How long a shutdown waits for what is in flight.
    pub drain_timeout: Duration,
    /// How often the ledger is asked for what has become due.
    pub poll: Duration,
    /// How long `run --from` waits for retries.
    pub patience: Duration,
    /// To one owner of an app, in any 24 hours. 0: any number.
    pub messages_per_day: u32,
}

/// `[channels.email]`, `[channels.push]`.
#[derive(Debug, Clone, Default)]
pub struct ChannelConfig {
    /// Names of transports, the first choice first. Empty: the channel is off.
    pub transports: Vec<String>,
    /// The share of messages that begin with each; empty: all begin with the first.
    pub weights: Vec<u32>,
    /// When the channel is silent, by the owner's clock. `None`: never.
    pub quiet_hours: Option<crate::policy::Window>,
}

/// `[outbox]`: messages as files.
#[derive(Debug, Clone, Default)]
pub struct Outbox {
    pub dir: Option<PathBuf>,
}

/// `[policy]`: the operator's word over the notices' timing. `None`: the notice's own.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    pub all: Timing,
    pub per_key: BTreeMap<crate::event::ErrorKey, Timing>,
}

#[derive(Debug, Clone, Default)]
pub struct Timing {
    pub grace: Option<SignedDuration>,
    pub cooldown: Option<SignedDuration>,
    pub expiry: Option<SignedDuration>,
}

/// `[outcomes]`: what the product's own systems are told.
#[derive(Debug, Clone, Default)]
pub struct Outcomes {
    /// The topic exchange. `None`: nobody is told.
    pub exchange: Option<String>,
    /// What could not be told for so long is given up.
    pub keep: SignedDuration,
}

/// `[log]`.
#[derive(Debug, Clone)]
pub struct Log {
    /// `tracing` directives: `info`, `dashlight=debug,lapin=warn`.
    pub filter: String,
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// `[telemetry]`.
#[derive(Debug, Clone, Default)]
pub struct Telemetry {
    /// Where health and metrics are served. `None`: nowhere.
    pub listen: Option<SocketAddr>,
}

/// `[apps.ID]`: the product that the owner knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    pub id: String,
    pub name: String,
    /// Smartcar's client id, for links.
    pub client_id: String,
    /// Where Smartcar Connect returns to. `None`: links are built with `response_type=none`.
    pub redirect_uri: Option<String>,
    /// Smartcar scopes for a Connect link.
    pub scope: Vec<String>,
    pub sender: crate::message::Mailbox,
    pub reply_to: Option<crate::message::Mailbox>,
    pub support_email: Option<String>,
    pub support_url: Option<String>,
    /// The product's own site.
    pub home: Option<String>,
    /// `#rrggbb`.
    pub color: String,
    /// https URL of a PNG.
    pub logo: Option<String>,
    /// The sender's postal address, where the law wants one.
    pub address: Option<String>,
    /// Tesla's page for this app's key; enterprise plans have their own.
    pub virtual_key_url: String,
    pub default_locale: String,
    /// Where owners live whose events name no zone. `None`: UTC.
    pub timezone: Option<jiff::tz::TimeZone>,
    /// A link of the app's own in place of a built one.
    pub links: Links,
    /// Hosts that a link may lead to, beside Smartcar's and Tesla's and those of `links`.
    pub allowed_hosts: Vec<String>,
    /// A real endpoint for List-Unsubscribe with one click (RFC 8058).
    pub list_unsubscribe: Option<String>,
}

/// `[apps.ID.links]`: URL templates with `{vehicle}`, `{user}`, `{client_id}`, `{locale}`; values are percent-encoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    pub reauthenticate: Option<String>,
    pub connect: Option<String>,
    pub virtual_key: Option<String>,
    pub support: Option<String>,
    /// "Stop using this car with the app".
    pub stop: Option<String>,
}
