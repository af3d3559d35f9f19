//! The list of transports: one line for each.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::api::{Api, Carrier};
use super::apns::{Apns, Environment};
use super::fcm::Fcm;
use super::http_client::{HttpClient, misconfigured};
use super::postmark::Postmark;
use super::renewed::{Make, Renewed};
use super::resend::Resend;
use super::route::{Ladder, Route, Rung};
use super::sendgrid::Sendgrid;
use super::ses::Ses;
use super::templated::Templated;
use super::webpush::Webpush;
use super::{Outbox, SendError, Smtp, Transport};
use crate::clock::{Clock, Dice};
use crate::config::{Carriers, Config, Http, Own, Rotating, Secret};
use crate::diagnostic::{Diagnostic, Diagnostics, codes, nearest};
use crate::policy::Channel;
use crate::resilience::Rate;
use crate::rotating::Shown;

/// A kind of transport: its name in `channels.*.transports`, what it can carry, how it is made.
struct Kind {
    name: &'static str,
    channels: &'static [Channel],
    build: fn(&Ground<'_>) -> Built,
    /// What may be read from files that others replace, by its key.
    secrets: fn(&mut Carriers) -> Secrets<'_>,
    /// Whether an app's own sections say the same of it.
    same: fn(&Carriers, &Carriers) -> bool,
    rate: fn(&Ground<'_>) -> Option<Rate>,
}

type Built = Result<Arc<dyn Transport>, SendError>;
type Secrets<'a> = Vec<(&'static str, &'a mut Option<Rotating>)>;

/// Before the names of those that the operator describes.
const DESCRIBED: &str = "http.";

const EMAIL: &[Channel] = &[Channel::Email];
const PUSH: &[Channel] = &[Channel::Push];

const KINDS: &[Kind] = &[
    Kind {
        name: Smtp::NAME,
        channels: EMAIL,
        build: |on| Ok(Arc::new(Smtp::new(&on.config.smtp, on.clock)?)),
        secrets: |_| Vec::new(),
        same: |_, _| true,
        rate: |on| on.config.smtp.rate,
    },
    Kind {
        name: Ses::NAME,
        channels: EMAIL,
        build: |on| on.api(Ses::new(&on.carriers.ses)?),
        secrets: |of| {
            vec![
                ("access_key_id", &mut of.ses.access_key_id),
                ("secret_access_key", &mut of.ses.secret_access_key),
                ("session_token", &mut of.ses.session_token),
            ]
        },
        same: |a, b| a.ses == b.ses,
        rate: |on| on.carriers.ses.rate,
    },
    Kind {
        name: Sendgrid::NAME,
        channels: EMAIL,
        build: |on| on.api(Sendgrid::new(&on.carriers.sendgrid)?),
        secrets: |of| vec![("api_key", &mut of.sendgrid.api_key)],
        same: |a, b| a.sendgrid == b.sendgrid,
        rate: |on| on.carriers.sendgrid.rate,
    },
    Kind {
        name: Postmark::NAME,
        channels: EMAIL,
        build: |on| on.api(Postmark::new(&on.carriers.postmark)?),
        secrets: |of| vec![("server_token", &mut of.postmark.server_token)],
        same: |a, b| a.postmark == b.postmark,
        rate: |on| on.carriers.postmark.rate,
    },
    Kind {
        name: Resend::NAME,
        channels: EMAIL,
        build: |on| on.api(Resend::new(&on.carriers.resend)?),
        secrets: |of| vec![("api_key", &mut of.resend.api_key)],
        same: |a, b| a.resend == b.resend,
        rate: |on| on.carriers.resend.rate,
    },
    Kind {
        name: Fcm::NAME,
        channels: PUSH,
        build: |on| Ok(Arc::new(Fcm::new(&on.carriers.fcm, &on.config.network, on.clock)?)),
        secrets: |of| vec![("service_account", &mut of.fcm.service_account)],
        same: |a, b| a.fcm == b.fcm,
        rate: |on| on.carriers.fcm.rate,
    },
    Kind {
        name: Apns::NAME,
        channels: PUSH,
        build: |on| Ok(Arc::new(Apns::new(&on.carriers.apns, &on.config.network, on.clock, &on.apple)?)),
        secrets: |of| vec![("signing_key", &mut of.apns.signing_key), ("key_id", &mut of.apns.key_id)],
        same: |a, b| a.apns == b.apns,
        rate: |on| on.carriers.apns.rate,
    },
    Kind {
        name: Webpush::NAME,
        channels: PUSH,
        build: |on| Ok(Arc::new(Webpush::new(&on.carriers.webpush, &on.config.network, on.clock)?)),
        // Whoever subscribed did so under this key and no other.
        secrets: |_| Vec::new(),
        same: |a, b| a.webpush == b.webpush,
        rate: |on| on.carriers.webpush.rate,
    },
    Kind {
        name: Outbox::NAME,
        channels: &Channel::ALL,
        build: outbox,
        secrets: |_| Vec::new(),
        same: |_, _| true,
        rate: |_| None,
    },
];

/// What a transport is made from.
struct Ground<'a> {
    channel: Channel,
    config: &'a Config,
    /// The sections of the transports over HTTP: everybody's, or an app's own.
    carriers: &'a Carriers,
    clock: &'a Arc<dyn Clock>,
    /// What Apple's answers have taught, whatever key they were given to.
    apple: Arc<Environment>,
}

impl Ground<'_> {
    fn api(&self, api: impl Api + 'static) -> Built {
        let client = HttpClient::new(&self.config.network, Arc::clone(self.clock))?;
        let client = api.secrets().into_iter().fold(client, HttpClient::hiding);
        Ok(Arc::new(Carrier::new(client, api)))
    }
}

/// The transports that the configuration names for `channel`; `None` when the channel is off.
pub fn build(
    channel: Channel,
    config: &Config,
    clock: &Arc<dyn Clock>,
    dice: &Arc<Dice>,
) -> Result<Option<Route>, Diagnostics> {
    let settings = config.channels.get(&channel).cloned().unwrap_or_default();
    let mut shop = Shop { channel, config, clock, dice, shared: BTreeMap::new(), faults: Vec::new() };
    let shared = shop.ladder(&settings.transports, &settings.weights, None);
    let mut own = BTreeMap::new();
    for (app, theirs) in &config.own {
        let names = theirs.transports.get(&channel);
        let differs = |name: &String| !is_same(name, &theirs.carriers, &config.carriers);
        if names.is_some() && settings.transports.is_empty() {
            let message = format!("`apps.{app}.transports.{channel}` names transports, but the channel is off");
            let help = format!("name one for all other apps in `channels.{channel}.transports`");
            shop.faults.push(Diagnostic::new(&codes::config::TRANSPORT, message).help(help));
        } else if names.is_some() || settings.transports.iter().any(differs) {
            let weights = if names.is_some() { &[][..] } else { &settings.weights };
            let ladder = shop.ladder(names.unwrap_or(&settings.transports), weights, Some((app, theirs)));
            own.insert(app.clone(), ladder);
        }
    }
    if !shop.faults.is_empty() {
        return Err(Diagnostics(shop.faults));
    }
    Ok((!settings.transports.is_empty()).then(|| Route::new(shared, own)))
}

/// Makes each transport once, and an app's own where its sections differ.
struct Shop<'a> {
    channel: Channel,
    config: &'a Config,
    clock: &'a Arc<dyn Clock>,
    dice: &'a Arc<Dice>,
    shared: BTreeMap<String, Arc<Rung>>,
    faults: Vec<Diagnostic>,
}

impl Shop<'_> {
    fn ladder(&mut self, names: &[String], weights: &[u32], app: Option<(&str, &Own)>) -> Ladder {
        let rungs = names.iter().filter_map(|name| match self.rung(name, app) {
            Ok(rung) => Some(rung),
            Err(fault) => {
                self.faults.push(fault);
                None
            }
        });
        Ladder::new(rungs.collect(), weights.to_vec())
    }

    fn rung(&mut self, name: &str, app: Option<(&str, &Own)>) -> Result<Arc<Rung>, Diagnostic> {
        let theirs = app.filter(|(_, theirs)| !is_same(name, &theirs.carriers, &self.config.carriers));
        if let (None, Some(known)) = (theirs, self.shared.get(name)) {
            return Ok(Arc::clone(known));
        }
        let carriers = theirs.map_or(&self.config.carriers, |(_, theirs)| &theirs.carriers);
        let ground =
            Ground { channel: self.channel, config: self.config, carriers, clock: self.clock, apple: Arc::default() };
        let made = make(name, &ground).map_err(|fault| match theirs {
            Some((app, _)) => fault.help(format!("`[apps.{app}.{name}]` replaces parts of `[{name}]` for this app")),
            None => fault,
        })?;
        let rung = Rung::new(made, Arc::clone(self.dice));
        let rung = Arc::new(match rate(name, &ground) {
            Some(rate) => rung.at_most(rate),
            None => rung,
        });
        if theirs.is_none() {
            self.shared.insert(name.to_owned(), Arc::clone(&rung));
        }
        Ok(rung)
    }
}

/// The transport of this name, by the sections that hold for every app.
pub fn named(
    channel: Channel,
    name: &str,
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Transport>, Diagnostic> {
    make(name, &Ground { channel, config, carriers: &config.carriers, clock, apple: Arc::default() })
}

fn rate(name: &str, ground: &Ground<'_>) -> Option<Rate> {
    match name.strip_prefix(DESCRIBED) {
        Some(section) => ground.carriers.http.get(section)?.rate,
        None => KINDS.iter().find(|kind| kind.name == name).and_then(|kind| (kind.rate)(ground)),
    }
}

/// Whether two readings of the sections say the same of this transport.
fn is_same(name: &str, a: &Carriers, b: &Carriers) -> bool {
    match name.strip_prefix(DESCRIBED) {
        Some(section) => a.http.get(section) == b.http.get(section),
        None => KINDS.iter().find(|kind| kind.name == name).is_none_or(|kind| (kind.same)(a, b)),
    }
}

fn make(name: &str, ground: &Ground<'_>) -> Result<Arc<dyn Transport>, Diagnostic> {
    made(name, ground)?.map(|transport| renewed(name, ground, transport)).map_err(|error| match error {
        SendError::Misconfigured { detail } => {
            Diagnostic::new(&codes::config::TRANSPORT, as_written(name, ground.carriers, detail))
        }
        error => Diagnostic::new(&codes::config::TRANSPORT, format!("transport `{name}` cannot be set up: {error}")),
    })
}

/// The same with the keys that the operator wrote: `sendgrid.api_key_file` where that is what gave the key.
fn as_written(name: &str, carriers: &Carriers, detail: String) -> String {
    let mut carriers = carriers.clone();
    in_files(name, &mut carriers).iter().fold(detail, |detail, (key, given)| {
        let key = format!("{name}.{key}");
        detail.replace(&format!("`{key}`"), &format!("`{}`", given.key(&key)))
    })
}

fn made(name: &str, ground: &Ground<'_>) -> Result<Built, Diagnostic> {
    match name.strip_prefix(DESCRIBED) {
        Some(section) => described(section, ground),
        None => Ok((find(ground.channel, name)?.build)(ground)),
    }
}

/// The same, as long as its keys stay what they are; if they are read from files, it follows them.
fn renewed(name: &str, ground: &Ground<'_>, transport: Arc<dyn Transport>) -> Arc<dyn Transport> {
    let mut carriers = ground.carriers.clone();
    let given = in_files(name, &mut carriers);
    if given.is_empty() {
        return transport;
    }
    let secrets = given.iter().map(|(_, secret)| secret.first.clone()).collect();
    let files = given.into_iter().map(|(key, secret)| Shown::new(format!("{name}.{key}"), secret.clone())).collect();
    let (name, channel) = (name.to_owned(), ground.channel);
    let (config, clock, apple) = (ground.config.clone(), Arc::clone(ground.clock), Arc::clone(&ground.apple));
    let make: Make = Box::new(move |secrets: &[Secret]| {
        let mut carriers = carriers.clone();
        for ((_, old), new) in in_files(&name, &mut carriers).into_iter().zip(secrets) {
            old.first = new.clone();
        }
        let ground = Ground { channel, config: &config, carriers: &carriers, clock: &clock, apple: Arc::clone(&apple) };
        made(&name, &ground).unwrap_or_else(|fault| Err(SendError::Misconfigured { detail: fault.message }))
    });
    Arc::new(Renewed::new(transport, secrets, files, make))
}

/// The secrets of this transport that are read from files.
fn in_files<'a>(name: &str, carriers: &'a mut Carriers) -> Vec<(&'static str, &'a mut Rotating)> {
    let all: Secrets<'a> = match name.strip_prefix(DESCRIBED) {
        Some(section) => carriers.http.get_mut(section).map(Http::secrets).unwrap_or_default(),
        None => KINDS.iter().find(|kind| kind.name == name).map(|kind| (kind.secrets)(carriers)).unwrap_or_default(),
    };
    let given = all.into_iter().filter_map(|(key, secret)| Some((key, secret.as_mut()?)));
    given.filter(|(_, secret)| secret.file.is_some()).collect()
}

/// What the operator describes in `[http.SECTION]`.
fn described(section: &str, ground: &Ground<'_>) -> Result<Built, Diagnostic> {
    let (channel, all) = (ground.channel, &ground.carriers.http);
    let wrong = |message: String| Diagnostic::new(&codes::config::TRANSPORT, message);
    let Some(config) = all.get(section) else {
        let message =
            format!("`channels.{channel}.transports` names `http.{section}`, but there is no `[http.{section}]`");
        let help = match nearest(section, all.keys().map(String::as_str), str::to_owned) {
            Some(known) => format!("did you mean `http.{known}`?"),
            None => "src/transport/README.md has examples".to_owned(),
        };
        return Err(wrong(message).help(help));
    };
    if config.channel != channel {
        let theirs = config.channel;
        let message = format!("`channels.{channel}.transports` names `http.{section}`, whose `channel` is `{theirs}`");
        return Err(wrong(message));
    }
    Ok(Templated::new(section, config).and_then(|api| ground.api(api)))
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
        Some(dir) if dir.exists() && !dir.is_dir() => {
            let dir = dir.display();
            Err(misconfigured(format!(
                "`outbox.dir` names `{dir}`, which is no folder; name one, or where one may be made"
            )))
        }
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
    use crate::clock::ManualClock;
    use crate::config::{self, Layers};

    fn fault(channel: Channel, name: &str) -> (String, String) {
        let fault = find(channel, name).err().expect("a fault");
        (fault.message, fault.help.unwrap_or_default())
    }

    fn built(settings: &[(&str, &str)]) -> Result<Option<Route>, String> {
        let set = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let layers = Layers { demo: true, overrides: settings.iter().map(set).collect(), ..Layers::default() };
        let config = config::load(&layers).map_err(|faults| faults.to_string())?;
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(jiff::Timestamp::UNIX_EPOCH));
        build(Channel::Email, &config, &clock, &Arc::new(Dice::seeded(1))).map_err(|faults| faults.to_string())
    }

    const BOTH: [(&str, &str); 2] = [("channels.email.transports", "sendgrid, smtp"), ("sendgrid.api_key", "k1")];

    #[test]
    fn an_app_shares_what_its_own_sections_do_not_change() {
        let route = built(&BOTH).unwrap().unwrap();
        assert_eq!(route.names(), "sendgrid, smtp");
        let own_key = built(&[&BOTH[..], &[("apps.chargeup.sendgrid.api_key", "k2")]].concat()).unwrap().unwrap();
        assert_eq!(own_key.names(), "sendgrid, smtp, sendgrid");
        let own_order = built(&[&BOTH[..], &[("apps.chargeup.transports.email", "smtp")]].concat()).unwrap().unwrap();
        assert_eq!(own_order.names(), "sendgrid, smtp");
        assert!(built(&[("channels.email.transports", "")]).unwrap().is_none());
    }

    #[test]
    fn only_the_sections_of_transports_that_are_named_have_to_be_complete() {
        let fault = |settings: &[(&str, &str)]| built(settings).err().unwrap();
        assert_eq!(
            fault(&[("channels.email.transports", "smtp, ses, postmark")]),
            "error[config/transport]: `ses.region` is not set, but `ses` is named as a transport; set it in `[ses]`\n\n\
             error[config/transport]: `postmark.server_token` is not set, but `postmark` is named as a transport; set it in \
             `[postmark]`"
        );
        let weights = fault(&[&BOTH[..], &[("channels.email.weights", "1")]].concat());
        assert!(weights.contains("`channels.email.weights` has to have one number for each"), "{weights}");
        let off = fault(&[("channels.email.transports", ""), ("apps.chargeup.transports.email", "smtp")]);
        assert!(off.contains("the channel is off"), "{off}");
        let insecure = fault(&[&BOTH[..], &[("sendgrid.endpoint", "http://me:pw@sendgrid.example")]].concat());
        assert!(insecure.contains("`sendgrid.endpoint` is a URL with credentials; expected an https"), "{insecure}");
        assert!(!insecure.contains("pw"), "{insecure}");
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
