//! The list of transports: one line for each.

use std::sync::Arc;

use super::api::{Api, Carrier};
use super::apns::Apns;
use super::by_device::ByDevice;
use super::fcm::Fcm;
use super::http_client::HttpClient;
use super::postmark::Postmark;
use super::resend::Resend;
use super::sendgrid::Sendgrid;
use super::ses::Ses;
use super::webpush::Webpush;
use super::{Outbox, SendError, Smtp, Transport};
use crate::clock::Clock;
use crate::config::{Carriers, Config};
use crate::diagnostic::{Diagnostic, Diagnostics, codes, nearest};
use crate::policy::Channel;

/// A kind of transport: its name in `channels.*.transports`, what it can carry, how it is made.
struct Kind {
    name: &'static str,
    channels: &'static [Channel],
    build: fn(&Ground<'_>) -> Built,
}

type Built = Result<Arc<dyn Transport>, SendError>;

const EMAIL: &[Channel] = &[Channel::Email];
const PUSH: &[Channel] = &[Channel::Push];

const KINDS: &[Kind] = &[
    Kind { name: Smtp::NAME, channels: EMAIL, build: |on| Ok(Arc::new(Smtp::new(&on.config.smtp)?)) },
    Kind { name: Ses::NAME, channels: EMAIL, build: |on| on.api(Ses::new(&on.carriers.ses)?) },
    Kind { name: Sendgrid::NAME, channels: EMAIL, build: |on| on.api(Sendgrid::new(&on.carriers.sendgrid)?) },
    Kind { name: Postmark::NAME, channels: EMAIL, build: |on| on.api(Postmark::new(&on.carriers.postmark)?) },
    Kind { name: Resend::NAME, channels: EMAIL, build: |on| on.api(Resend::new(&on.carriers.resend)?) },
    Kind {
        name: Fcm::NAME,
        channels: PUSH,
        build: |on| Ok(Arc::new(Fcm::new(&on.carriers.fcm, &on.config.network, on.clock)?)),
    },
    Kind {
        name: Apns::NAME,
        channels: PUSH,
        build: |on| Ok(Arc::new(Apns::new(&on.carriers.apns, &on.config.network, on.clock)?)),
    },
    Kind {
        name: Webpush::NAME,
        channels: PUSH,
        build: |on| Ok(Arc::new(Webpush::new(&on.carriers.webpush, &on.config.network, on.clock)?)),
    },
    Kind { name: Outbox::NAME, channels: &Channel::ALL, build: outbox },
];

/// What a transport is made from.
struct Ground<'a> {
    channel: Channel,
    config: &'a Config,
    /// The sections of the transports over HTTP: everybody's, or an app's own.
    carriers: &'a Carriers,
    clock: &'a Arc<dyn Clock>,
}

impl Ground<'_> {
    fn api(&self, api: impl Api + 'static) -> Built {
        let client = HttpClient::new(&self.config.network, Arc::clone(self.clock))?;
        let client = api.secrets().into_iter().fold(client, HttpClient::hiding);
        Ok(Arc::new(Carrier::new(client, api)))
    }
}

/// The transport that the configuration names for `channel`; `None` when the channel is off.
pub fn build(
    channel: Channel,
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Arc<dyn Transport>>, Diagnostics> {
    let names = config.channels.get(&channel).map_or(&[][..], |settings| &settings.transports[..]);
    let mut faults = Vec::new();
    let mut transports = Vec::new();
    for name in names {
        match named(channel, name, config, clock) {
            Ok(transport) => transports.push(transport),
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        return Err(Diagnostics(faults));
    }
    if channel == Channel::Push && transports.len() > 1 {
        return Ok(Some(Arc::new(ByDevice::new(transports))));
    }
    Ok(transports.into_iter().next())
}

/// The transport of this name, by the sections that hold for every app.
pub fn named(
    channel: Channel,
    name: &str,
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Transport>, Diagnostic> {
    let kind = find(channel, name)?;
    let ground = Ground { channel, config, carriers: &config.carriers, clock };
    (kind.build)(&ground).map_err(|error| match error {
        SendError::Misconfigured { detail } => Diagnostic::new(&codes::config::TRANSPORT, detail),
        error => Diagnostic::new(&codes::config::TRANSPORT, format!("transport `{name}` cannot be set up: {error}")),
    })
}

fn find(channel: Channel, name: &str) -> Result<&'static Kind, Diagnostic> {
    if let Some(kind) = KINDS.iter().find(|kind| kind.name == name && kind.channels.contains(&channel)) {
        return Ok(kind);
    }
    let names = || KINDS.iter().filter(|kind| kind.channels.contains(&channel)).map(|kind| kind.name);
    let help = match nearest(name, names(), str::to_owned) {
        Some(known) => format!("did you mean `{known}`?"),
        None => format!("known: {}", names().collect::<Vec<_>>().join(", ")),
    };
    let message = if KINDS.iter().any(|kind| kind.name == name) {
        format!("transport `{name}` in `channels.{channel}.transports` carries no {channel}")
    } else {
        format!("transport `{name}` in `channels.{channel}.transports` is not known")
    };
    Err(Diagnostic::new(&codes::config::TRANSPORT, message).help(help))
}

fn outbox(on: &Ground<'_>) -> Built {
    match &on.config.outbox.dir {
        Some(dir) => Ok(Arc::new(Outbox::new(on.channel, dir))),
        None => Err(SendError::Misconfigured {
            detail: "`outbox.dir` is not set, but `outbox` is named as a transport; set it to a folder, or use \
                     `--outbox DIR`"
                .to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(channel: Channel, name: &str) -> (String, String) {
        let fault = find(channel, name).err().expect("a fault");
        (fault.message, fault.help.unwrap_or_default())
    }

    #[test]
    fn a_misspelt_transport_gets_a_suggestion() {
        let (message, help) = fault(Channel::Email, "smpt");
        assert_eq!(message, "transport `smpt` in `channels.email.transports` is not known");
        assert_eq!(help, "did you mean `smtp`?");
        assert_eq!(fault(Channel::Email, "pigeon").1, "known: smtp, ses, sendgrid, postmark, resend, outbox");
    }

    #[test]
    fn a_transport_of_another_channel_is_refused() {
        let (message, help) = fault(Channel::Push, "smtp");
        assert_eq!(message, "transport `smtp` in `channels.push.transports` carries no push");
        assert_eq!(help, "known: fcm, apns, webpush, outbox");
    }
}
