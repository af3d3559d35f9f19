//! `dashlight send`: one real message to one address, marked as a test, past the ledger.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use clap::Args;

use super::render::Medium;
use super::settings::Settings;
use super::{SOMETHING_FAILED, Verdict, sample, terminal};
use crate::app;
use crate::catalog::Composed;
use crate::clock::{Clock, Dice, SystemClock};
use crate::config::{App, Config};
use crate::event::{Device, ErrorKey, Recipient, VehicleError};
use crate::message::{self, Message};
use crate::policy::Channel;
use crate::transport::{AfterDoubt, Carried, Parcel, Route, SendError};
use crate::workbench::scenario;

/// Send one real message through the configured transports, marked as a test
#[derive(Debug, Args)]
pub(super) struct Send {
    /// The error: `authentication-failed`, or in full `CONNECTED_SERVICES_ACCOUNT:AUTHENTICATION_FAILED`
    key: String,
    /// An e-mail address; for a push `apns:TOKEN`, `fcm:TOKEN`, or a device as an event's JSON
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// The owner's locale (BCP 47) [default: the app's]
    #[arg(long)]
    locale: Option<String>,
    /// [default: as the address says]
    #[arg(long, value_enum)]
    channel: Option<Medium>,
    /// The app, if the configuration has several
    #[arg(long, value_name = "ID")]
    app: Option<String>,
}

/// Where the message goes. Never repeated whole: a device's token or endpoint is as good as a key.
#[derive(Debug, Clone)]
enum To {
    Email(String),
    Device(Device),
}

fn address(text: &str) -> Result<To, String> {
    let token = |token: &str| Some(token.trim().to_owned()).filter(|token| !token.is_empty());
    let device = match text.split_once(':') {
        _ if text.trim_start().starts_with('{') => {
            let device = serde_json::from_str(text).ok().and_then(Device::from_event);
            let lacking = "it is no device as events write it: `platform` with `token`, or with `endpoint` and `keys`";
            Some(device.ok_or_else(|| lacking.to_owned())?)
        }
        Some(("apns", rest)) => token(rest).map(|token| Device::Apns { token }),
        Some(("fcm", rest)) => token(rest).map(|token| Device::Fcm { token: Some(token), fid: None }),
        _ => None,
    };
    match device {
        Some(device) => Ok(To::Device(device)),
        None if message::is_address(text) => Ok(To::Email(text.to_owned())),
        None => Err("write an e-mail address, `apns:TOKEN`, `fcm:TOKEN` or a device as JSON".to_owned()),
    }
}

impl To {
    fn channel(&self) -> Channel {
        match self {
            Self::Email(_) => Channel::Email,
            Self::Device(_) => Channel::Push,
        }
    }

    /// For people.
    fn shown(&self) -> &str {
        match self {
            Self::Email(address) => address,
            Self::Device(_) => "the device",
        }
    }

    fn recipient(&self, of: Recipient) -> Recipient {
        match self.clone() {
            Self::Email(address) => Recipient { email: Some(address), ..of },
            Self::Device(device) => Recipient { devices: vec![device], ..of },
        }
    }
}

impl Send {
    pub(super) fn execute(self, settings: &Settings) -> Verdict {
        let to = address(&self.to).map_err(|why| anyhow!("`--to` leads nowhere: {why}"))?;
        let config = settings.load_to_send()?;
        let channel = to.channel();
        if self.channel.is_some_and(|medium| Channel::from(medium) != channel) {
            bail!("`--channel` and `--to` contradict each other: {} is an address for {channel}", to.shown());
        }
        let catalog = app::catalog(&config)?;
        let app = sample::app(&config, self.app.as_deref())?;
        let error = self.error(&to, &sample::key(&self.key, &catalog)?, app);
        let news = sample::news(&error.key, &catalog);
        let composed = scenario::compose(&catalog, news, &error, &[], app, channel)
            .with_context(|| format!("cannot compose `{}`", error.key))?;
        let composed = Composed { message: composed.message.marked_as_test(), ..composed };
        let Some(route) = app::route(&config, channel)? else {
            bail!("{channel} is off: name a transport in `channels.{channel}.transports`");
        };
        let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
        let sent = runtime.block_on(async {
            let sent = send(&route, &error.app, &composed.message).await;
            route.close().await;
            sent
        });
        tell(&to, &composed, &error, &config, sent)
    }

    /// Anna's Tesla has this error, and Anna lives at the address. Every test is an event of its own.
    fn error(&self, to: &To, key: &ErrorKey, app: &App) -> VehicleError {
        let error = scenario::plain().error(key, app, self.locale.as_deref(), SystemClock.now());
        let id = format!("test-{:016x}", Dice::new().number());
        VehicleError { event_id: id.clone(), recipient: to.recipient(Recipient { id, ..error.recipient }), ..error }
    }
}

/// Who took it, and what it is about; or what went wrong.
fn tell(to: &To, composed: &Composed, error: &VehicleError, config: &Config, sent: Carried) -> Verdict {
    let (name, to) = (sent.transport, to.shown());
    let accepted = match sent.result {
        Ok(accepted) => accepted,
        Err(fault) => {
            terminal::warn(&format!("error: `{name}` did not take the message for {to}\n{}\n", remedy(&fault)));
            return Ok(ExitCode::from(SOMETHING_FAILED));
        }
    };
    let what = match &composed.message {
        Message::Email(email) => &email.subject,
        Message::Push(push) => &push.title,
    };
    let mut told = format!("`{name}` took the message for {to}\n");
    let _ = writeln!(told, "  message   {what}");
    let instead = composed.instead_of.as_deref().map(|asked| format!(", because `{asked}` cannot say it"));
    let _ = writeln!(
        told,
        "  about     {} of {}, in {}{}",
        error.key,
        config.apps[&error.app].name,
        composed.locale,
        instead.unwrap_or_default()
    );
    if let Some(id) = accepted.provider_id {
        let _ = writeln!(told, "  id        {}", id.trim());
    }
    terminal::print(&told)?;
    Ok(ExitCode::SUCCESS)
}

/// As long as the transports may take, and not for ever.
async fn send(route: &Route, app: &str, message: &Message) -> Carried {
    let longest = route.longest_send().saturating_add(Duration::from_secs(5));
    let parcel = Parcel { app, message, only: None };
    tokio::time::timeout(longest, route.send(parcel, &())).await.unwrap_or_else(|_| Carried {
        transport: route.names(),
        after_doubt: AfterDoubt::Park,
        unasked: None,
        result: Err(SendError::Unknown {
            detail: format!("no answer within {} s", longest.as_secs()),
            retry_after: None,
        }),
    })
}

/// What went wrong, and what a person does about it.
fn remedy(fault: &SendError) -> String {
    let advice = match fault {
        SendError::Unavailable { retry_after: Some(after), .. }
        | SendError::Transient { retry_after: Some(after), .. }
        | SendError::Held { wait: after, .. } => {
            return format!("{fault}\nthe worker would try again; try yourself in {} s", after.as_secs());
        }
        SendError::Unavailable { .. } => "the worker would try again later: is the carrier there, and within reach?",
        SendError::Transient { .. } => "the worker would try again later; the carrier's words say why",
        SendError::Permanent { .. } => "the carrier refuses this message and would refuse it again: its words say why",
        SendError::AddressInvalid { .. } => "the worker would not write to this address again: is it spelt right?",
        SendError::Unknown { .. } => "it may have arrived all the same: look there before you send it again",
        SendError::Misconfigured { .. } => "nothing can be sent before the configuration is mended",
        SendError::SenderRefused { .. } => "nothing of this app can be sent before that is mended",
    };
    format!("{fault}\n{advice}")
}
