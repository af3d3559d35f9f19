//! The other end of a transport, as the suite sees it: something that can be told what to do.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dashlight::clock::SystemClock;
use dashlight::config::Config;
use dashlight::event::Device;
use dashlight::ledger::DispatchId;
use dashlight::message::{About, Email, Mailbox, Message, Push};
use dashlight::policy::Channel;
use dashlight::transport::{self, Transport};

/// What the other end does from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Accept,
    /// The recipient's address is dead.
    RefuseAddress,
    RefuseMessage,
    /// Too much at once; with these words in `Retry-After`, if it has such a thing.
    Throttle(&'static str),
    /// A fault of its own: it takes nothing.
    Broken,
    /// The credentials are wrong, whatever they are.
    Deny,
    /// It names another place of its own, by this status, where it would accept.
    Elsewhere(u16),
    /// It says nothing from this moment of a send on.
    Silent(&'static str),
    /// The message is taken over, and the connection reset before that is said.
    LoseAnswer,
    /// The same, with an orderly end of the connection.
    HangUp,
    /// The connection is reset before anything is said.
    ResetEarly,
    /// The message is taken over, and the answer comes a byte now and then, for ever.
    Drip,
    /// It is taken over, and the answer is a megabyte.
    Verbose,
    /// It is refused, and the answer is megabytes.
    RefuseAtLength,
    /// The credentials are wrong, and the answer is megabytes.
    DenyAtLength,
}

/// What a send in doubt or before it may come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Unavailable,
    Unknown,
    Accepted,
}

pub(crate) trait Peer: Send + Sync {
    /// In the table.
    fn name(&self) -> String;

    /// A new transport to this end, of at most `connections` connections. In a hurry it waits two seconds for an answer.
    fn transport(&self, connections: usize, hurry: bool) -> Arc<dyn Transport>;

    /// A transport whose key is read from this file, where an old one stands by now, and the good key. `None`: none of its keys
    /// is ever replaced.
    fn with_key_in(&self, _file: &Path) -> Option<(Arc<dyn Transport>, String)> {
        None
    }

    /// A transport to where nobody is; `None` where there is always somebody.
    fn away(&self) -> Option<Arc<dyn Transport>>;

    /// `false`: this kind of carrier cannot do that.
    fn set(&self, mode: Mode) -> bool;

    /// Different messages taken over so far.
    fn taken(&self) -> usize;

    /// How often it was given a message, the same ones too.
    fn given(&self) -> usize {
        self.taken()
    }

    /// The most connections there have been at once; `None` where there are none.
    fn most_connections(&self) -> Option<usize>;

    /// How many of them may be open beside those that are busy, where so many may be busy at once.
    fn spare_connections(&self, _busy: usize) -> usize {
        0
    }

    /// The moments of a send at which it can fall silent, and what becomes of the message.
    fn moments(&self) -> &'static [(&'static str, Fate)];

    /// Whether a probe shows it our credentials.
    fn sees_probes(&self) -> bool {
        true
    }

    /// Whether it takes letters of all languages before the `@` of an address; `None`: it takes no addresses of mail.
    fn takes_all_letters(&self) -> Option<bool> {
        None
    }

    /// Whether it can say when to come back.
    fn knows_retry_after(&self) -> bool;

    /// Whether the transport leads to many carriers, of which one tells nothing about the others.
    fn is_one_of_many(&self) -> bool {
        false
    }
}

/// What the sender must never repeat.
pub(crate) const SECRET: &str = "s3cr3t-0123456789";
pub(crate) const ADDRESS: &str = "anna.berg@example.com";
pub(crate) const TOKEN: &str = "0123abcd0123abcd";

/// The configuration that ships, with the patience of a test.
pub(crate) fn config(connections: usize, hurry: bool) -> Config {
    let mut config = super::support::shipped_config();
    let patience = if hurry { Duration::from_secs(2) } else { Duration::from_mins(1) };
    config.network.max_connections = connections;
    // A carrier that is silent while it is dialled has been given nothing, and what has gone out is waited for longer.
    (config.network.connect_timeout, config.network.timeout) = (patience / 2, patience);
    config.smtp.max_connections = connections;
    (config.smtp.connect_timeout, config.smtp.command_timeout, config.smtp.data_timeout) =
        (patience, patience, patience);
    config
}

pub(crate) fn named(channel: Channel, name: &str, config: &Config) -> Arc<dyn Transport> {
    transport::named(channel, name, config, &(Arc::new(SystemClock) as _)).unwrap_or_else(|fault| panic!("{fault:?}"))
}

pub(crate) fn message(channel: Channel, number: usize) -> Message {
    let id = DispatchId::from_stored(format!("00000000-0000-8000-8000-{number:012}"));
    match channel {
        Channel::Email => Message::Email(Email {
            id,
            date: "2026-11-23T14:24:00Z".parse().unwrap(),
            from: Mailbox { name: Some("Volta, the \"car\" app".to_owned()), address: "cars@volta.example".to_owned() },
            reply_to: Some(Mailbox { name: None, address: "help@volta.example".to_owned() }),
            to: Mailbox { name: Some("Anna Ærø".to_owned()), address: ADDRESS.to_owned() },
            subject: "Sign in again to reconnect your Kia".to_owned(),
            html: "<p>Hello</p>".to_owned(),
            text: "Hello".to_owned(),
            inline: Vec::new(),
            locale: "en".to_owned(),
            feedback_id: "authentication-failed:volta:dashlight".to_owned(),
            list_unsubscribe: None,
            test: false,
        }),
        Channel::Push => Message::Push(Push {
            id,
            device: Device::Other { token: TOKEN.to_owned() },
            title: "Reconnect your Kia".to_owned(),
            body: "Volta can no longer reach your Kia EV6.".to_owned(),
            link: Some("https://volta.example/fix?car=1".to_owned()),
            collapse_key: format!("kia-{number}"),
            expires_at: "2026-12-01T00:00:00Z".parse().unwrap(),
            high_priority: true,
            locale: "en".to_owned(),
            about: About { kind: "CONNECTED_SERVICES_ACCOUNT".to_owned(), code: None, vehicle: None, resolved: false },
        }),
    }
}

/// A port where nobody listens, and nobody will.
pub(crate) const NOBODY: u16 = 1;
