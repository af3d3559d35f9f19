//! Section by section, in the order of `dashlight.toml`.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use url::Url;

use super::section::Section;
use super::setting::{Bytes, Hours, form};
use super::{
    App, Carriers, ChannelConfig, Config, Content, Dispatch, Ledger, Log, Outbox, Outcomes, Own, Policy, Postgres,
    Rabbitmq, Secret, Source, Store, Telemetry, Timing, app, carriers, directory, smtp,
};
use crate::event::ErrorKey;
use crate::ledger::check_postgres_url;
use crate::policy::Channel;

/// What [`ErrorKey`] is parsed from, as a pattern.
const ERROR_KEY: &str = r"^[^:]*[^:\s][^:]*:.*\S";
const YEAR: SignedDuration = SignedDuration::from_hours(366 * 24);

pub(super) fn config(mut root: Section<'_>) -> Config {
    let carriers = carriers::carriers(&mut root, &Carriers::default());
    let (apps, own) = apps(root.section("apps"), &carriers);
    let config = Config {
        content: content(root.section("content")),
        source: source(root.section("source")),
        rabbitmq: rabbitmq(root.section("rabbitmq")),
        ledger: ledger(root.section("ledger")),
        dispatch: dispatch(root.section("dispatch")),
        channels: channels(root.section("channels")),
        smtp: smtp::read(root.section("smtp")),
        network: carriers::network(root.section("network")),
        carriers,
        outbox: outbox(root.section("outbox")),
        directory: directory::read(root.section("directory")),
        policy: policy(root.section("policy")),
        outcomes: outcomes(root.section("outcomes")),
        log: log(root.section("log")),
        telemetry: telemetry(root.section("telemetry")),
        apps,
        own,
    };
    if root.is_clean() && usize::from(config.rabbitmq.prefetch) < config.source.batch_size {
        root.section("rabbitmq").reject("prefetch", "is less than `source.batch_size`: no batch would ever be full");
    }
    root.finish();
    config
}

fn content(mut section: Section<'_>) -> Content {
    let content = Content {
        templates: section.path("templates"),
        locales: section.path("locales"),
        reload: section.need("reload"),
        poll: section.need_within("poll", Duration::from_millis(10)..=seconds(3_600), "10ms to 1h"),
    };
    section.finish();
    content
}

fn source(mut section: Section<'_>) -> Source {
    let Bytes(max_event_bytes) =
        section.need_within("max_event_bytes", Bytes(1 << 10)..=Bytes(64 << 20), "1 KiB to 64 MiB");
    let batch_size = section.need_within("batch_size", 1..=10_000, "1 to 10000");
    let backlog_limit = section.need_within("backlog_limit", 1..=10_000_000, "1 to 10000000");
    section.finish();
    Source { max_event_bytes, batch_size, backlog_limit }
}

fn rabbitmq(mut section: Section<'_>) -> Rabbitmq {
    let url = section.secret("url", "url_file");
    if let Some(url) = &url {
        check_amqp(url, &section);
    }
    let rabbitmq = Rabbitmq {
        url: url.unwrap_or_else(|| Secret::new("")),
        queue: section.need("queue"),
        dead_letter_queue: section.need("dead_letter_queue"),
        declare: section.need("declare"),
        queue_type: section.need("queue_type"),
        prefetch: section.need_within("prefetch", 1..=u16::MAX, "1 to 65535"),
        heartbeat: section.need_within("heartbeat", seconds(1)..=seconds(600), "1s to 10m"),
        connect_timeout: timeout(&mut section, "connect_timeout"),
        request_timeout: timeout(&mut section, "request_timeout"),
        ca_file: section.path("ca_file"),
        reconnect_min: timeout(&mut section, "reconnect_min"),
        reconnect_max: timeout(&mut section, "reconnect_max"),
    };
    let clean = section.is_clean();
    if clean && rabbitmq.queue == rabbitmq.dead_letter_queue {
        section.reject("dead_letter_queue", "is the work queue itself: what is bad would come back for ever");
    }
    if clean && rabbitmq.reconnect_max < rabbitmq.reconnect_min {
        section.reject("reconnect_max", "is less than `reconnect_min`");
    }
    section.finish();
    rabbitmq
}

/// The url holds a password: nothing of it is ever repeated.
fn check_amqp(url: &Secret, section: &Section<'_>) {
    let good = Url::parse(url.expose()).is_ok_and(|url| {
        matches!(url.scheme(), "amqp" | "amqps") && url.host_str().is_some_and(|host| !host.is_empty())
    });
    if !good {
        section.reject("url", "is no URL of the form `amqp://USER:PASSWORD@HOST:PORT/VHOST`, or `amqps://…`");
    }
}

fn ledger(mut section: Section<'_>) -> Ledger {
    let url = section.secret("url", "url_file").unwrap_or_else(|| Secret::new(""));
    let lease =
        section.need_within("lease", SignedDuration::from_secs(10)..=SignedDuration::from_hours(24), "10s to 24h");
    let keep = section.need_within(
        "keep",
        SignedDuration::from_hours(1)..=SignedDuration::from_hours(24 * 3650),
        "1h to 3650d",
    );
    let postgres = Postgres {
        schema: section.need::<SchemaName>("schema").0,
        pool_size: section.need_within("pool_size", 1..=100, "1 to 100"),
        connect_timeout: timeout(&mut section, "connect_timeout"),
        request_timeout: timeout(&mut section, "request_timeout"),
        ca_file: section.path("ca_file"),
        url: url.clone(),
    };
    let store = match url.expose().split_once(':') {
        Some(("sqlite", path)) if !path.is_empty() => Store::Sqlite(section.resolve("url", Path::new(path))),
        Some(("postgres" | "postgresql", _)) => {
            if let Err(fault) = check_postgres_url(url.expose()) {
                section.reject("url", &fault);
            }
            Store::Postgres(postgres)
        }
        _ => {
            if !url.expose().is_empty() {
                section.reject("url", "is neither `sqlite:PATH` nor `postgres://USER:PASSWORD@HOST:PORT/DATABASE`");
            }
            Store::Sqlite(std::path::PathBuf::new())
        }
    };
    section.finish();
    Ledger { store, lease, keep }
}

fn dispatch(mut section: Section<'_>) -> Dispatch {
    let dispatch = Dispatch {
        retry_min: timeout(&mut section, "retry_min"),
        retry_max: section.need_within("retry_max", Duration::from_millis(1)..=seconds(86_400), "1ms to 24h"),
        drain_timeout: timeout(&mut section, "drain_timeout"),
        poll: section.need_within("poll", Duration::from_millis(10)..=seconds(60), "10ms to 1m"),
        patience: section.need("patience"),
        messages_per_day: section.need_within("messages_per_day", 0..=1_000, "0 to 1000"),
    };
    if section.is_clean() && dispatch.retry_max < dispatch.retry_min {
        section.reject("retry_max", "is less than `retry_min`");
    }
    section.finish();
    dispatch
}

fn channels(mut section: Section<'_>) -> BTreeMap<Channel, ChannelConfig> {
    let mut channels = BTreeMap::new();
    for channel in Channel::ALL {
        let mut inner = section.section(channel.as_str());
        let transports: Vec<String> = inner.take("transports").unwrap_or_default();
        let weights: Vec<u32> = inner.take("weights").unwrap_or_default();
        if !weights.is_empty() && (weights.len() != transports.len() || weights.iter().all(|weight| *weight == 0)) {
            inner.reject("weights", "has to have one number for each of `transports`, and not all of them 0");
        }
        let Hours(quiet_hours) = inner.need("quiet_hours");
        inner.finish();
        channels.insert(channel, ChannelConfig { transports, weights, quiet_hours });
    }
    section.finish();
    channels
}

fn outbox(mut section: Section<'_>) -> Outbox {
    let outbox = Outbox { dir: section.path("dir") };
    section.finish();
    outbox
}

fn policy(mut section: Section<'_>) -> Policy {
    let all = timing(&mut section);
    let mut per_key = BTreeMap::new();
    let mut names = Vec::new();
    for (name, mut inner) in section.named_sections(ERROR_KEY) {
        names.push(name);
        let timing = timing(&mut inner);
        match name.parse::<ErrorKey>() {
            Ok(key) => {
                per_key.insert(key, timing);
            }
            Err(error) => inner.reject_name(&format!("is not known: {error}")),
        }
        inner.finish();
    }
    section.finish_except(&names);
    Policy { all, per_key }
}

fn timing(section: &mut Section<'_>) -> Timing {
    let mut within_a_year = |key| {
        let duration: Option<SignedDuration> = section.take(key);
        if duration.is_some_and(|duration| duration > YEAR) {
            section.reject(key, "is more than a year");
        }
        duration
    };
    Timing { grace: within_a_year("grace"), cooldown: within_a_year("cooldown"), expiry: within_a_year("expiry") }
}

fn outcomes(mut section: Section<'_>) -> Outcomes {
    let exchange: Option<String> = section.take("exchange");
    if exchange.as_ref().is_some_and(|exchange| exchange.len() > 255) {
        section.reject("exchange", "is longer than the 255 bytes that a broker takes; shorten the name");
    } else if exchange.as_ref().is_some_and(|exchange| exchange.chars().any(char::is_control)) {
        section.reject("exchange", "holds a line break or another control character; write the exchange's name alone");
    }
    let keep = section.need_within("keep", SignedDuration::from_hours(1)..=YEAR, "1h to 366d");
    section.finish();
    Outcomes { exchange, keep }
}

fn log(mut section: Section<'_>) -> Log {
    let log = Log { filter: section.need("filter"), format: section.need("format") };
    section.finish();
    log
}

fn telemetry(mut section: Section<'_>) -> Telemetry {
    let listen: Option<Listen> = section.take("listen");
    section.finish();
    Telemetry { listen: listen.and_then(|Listen(address)| address.trim().parse().ok()) }
}

fn apps(mut section: Section<'_>, base: &Carriers) -> (BTreeMap<String, App>, BTreeMap<String, Own>) {
    let (mut apps, mut own) = (BTreeMap::new(), BTreeMap::new());
    let mut names = Vec::new();
    for (id, inner) in section.named_sections(app::ID) {
        names.push(id);
        let (app, theirs) = app::read(id, inner, base);
        apps.insert(id.to_owned(), app);
        own.insert(id.to_owned(), theirs);
    }
    if apps.is_empty() {
        section.reject_name("holds no app; add a section `[apps.ID]` for your product, as in the reference");
    }
    section.finish_except(&names);
    (apps, own)
}

/// A time to wait: more than nothing, and not for ever.
pub(super) fn timeout(section: &mut Section<'_>, key: &'static str) -> Duration {
    section.need_within(key, Duration::from_millis(1)..=seconds(3_600), "1ms to 1h")
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

form!(
    Listen,
    "an IP address and a port, as `127.0.0.1:9464` for this machine only or `0.0.0.0:9464` for all that can reach it",
    r"^\s*[0-9a-fA-F.:\[\]]+:[0-9]+\s*$",
    |address| address.trim().parse::<std::net::SocketAddr>().is_ok()
);
form!(SchemaName, "a name of small letters, digits and `_`", r"^\s*[a-z_][a-z0-9_]{0,62}\s*$", |name| {
    name.len() <= 63
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|char| matches!(char, 'a'..='z' | '0'..='9' | '_'))
});
