//! The list of transports: one line for each.

use std::sync::Arc;

use super::{Outbox, SendError, Smtp, Transport};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::policy::Channel;

/// A kind of transport: its name in `channels.*.transports`, what it can carry, how it is made.
struct Kind {
    name: &'static str,
    channels: &'static [Channel],
    build: fn(Channel, &Config) -> Built,
}

type Built = Result<Arc<dyn Transport>, Diagnostic>;

const KINDS: &[Kind] = &[
    Kind { name: Smtp::NAME, channels: &[Channel::Email], build: smtp },
    Kind { name: Outbox::NAME, channels: &Channel::ALL, build: outbox },
];

/// The transport that the configuration names for `channel`; `None` when the channel is off.
pub fn build(channel: Channel, config: &Config) -> Result<Option<Arc<dyn Transport>>, Diagnostics> {
    let names = config.channels.get(&channel).map_or(&[][..], |settings| &settings.transports[..]);
    let mut kinds = Vec::new();
    let mut faults = Vec::new();
    for name in names {
        match find(channel, name) {
            Ok(kind) => kinds.push(kind),
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        return Err(Diagnostics(faults));
    }
    let Some(kind) = kinds.first() else { return Ok(None) };
    (kind.build)(channel, config).map(Some).map_err(|fault| Diagnostics(vec![fault]))
}

fn find(channel: Channel, name: &str) -> Result<&'static Kind, Diagnostic> {
    if let Some(kind) = KINDS.iter().find(|kind| kind.name == name && kind.channels.contains(&channel)) {
        return Ok(kind);
    }
    let names = || KINDS.iter().filter(|kind| kind.channels.contains(&channel)).map(|kind| kind.name);
    let nearest = names().map(|known| (strsim::damerau_levenshtein(known, name), known)).min();
    let help = match nearest {
        Some((distance, known)) if distance <= 2 => format!("did you mean `{known}`?"),
        _ => format!("known: {}", names().collect::<Vec<_>>().join(", ")),
    };
    let message = if KINDS.iter().any(|kind| kind.name == name) {
        format!("transport `{name}` in `channels.{channel}.transports` carries no {channel}")
    } else {
        format!("transport `{name}` in `channels.{channel}.transports` is not known")
    };
    Err(Diagnostic::new(&codes::config::TRANSPORT, message).help(help))
}

fn smtp(_: Channel, config: &Config) -> Built {
    match Smtp::new(&config.smtp) {
        Ok(smtp) => Ok(Arc::new(smtp)),
        Err(SendError::Misconfigured { detail }) => Err(Diagnostic::new(&codes::config::TRANSPORT, detail)),
        Err(error) => {
            Err(Diagnostic::new(&codes::config::TRANSPORT, format!("transport `smtp` cannot be set up: {error}")))
        }
    }
}

fn outbox(channel: Channel, config: &Config) -> Built {
    let Some(dir) = &config.outbox.dir else {
        let message = format!("`outbox.dir` is not set, but `channels.{channel}.transports` names `outbox`");
        return Err(Diagnostic::new(&codes::config::TRANSPORT, message)
            .help("set `outbox.dir` to a directory, or use `--outbox DIR`"));
    };
    Ok(Arc::new(Outbox::new(channel, dir)))
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
        assert_eq!(fault(Channel::Email, "pigeon").1, "known: smtp, outbox");
    }

    #[test]
    fn a_transport_of_another_channel_is_refused() {
        let (message, help) = fault(Channel::Push, "smtp");
        assert_eq!(message, "transport `smtp` in `channels.push.transports` carries no push");
        assert_eq!(help, "known: outbox");
    }
}
