//! `dashlight explain`: what would happen to an event, and why.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use jiff::SignedDuration;

use super::settings::Settings;
use super::{SOMETHING_FAILED, Verdict, sample, terminal};
use crate::app;
use crate::catalog::{Catalog, Choice};
use crate::config::{App, Config};
use crate::event::{Device, Platform, State, VehicleError};
use crate::message;
use crate::policy::{Channel, News, Reach, Relief, Rules};

/// Tell what would happen to an event, and why; sends nothing
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// File with one event (`-` for standard input)
    event: PathBuf,
}

impl Explain {
    pub(super) fn execute(self, settings: &Settings) -> Verdict {
        let config = settings.load_to_look()?;
        let catalog = app::catalog(&config)?;
        let parsed = sample::event(&self.event, &config)?;
        let mut told = String::new();
        for reject in &parsed.rejected {
            let _ = writeln!(told, "rejected: {}\n  {}\n", reject.reason, reject.detail);
        }
        for error in &parsed.errors {
            let _ = writeln!(told, "{}", Explanation { error, catalog: &catalog, config: &config }.tell());
        }
        terminal::print(&told)?;
        Ok(if parsed.rejected.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(SOMETHING_FAILED) })
    }
}

struct Explanation<'a> {
    error: &'a VehicleError,
    catalog: &'a Catalog,
    config: &'a Config,
}

impl Explanation<'_> {
    fn tell(&self) -> String {
        let Self { error, .. } = self;
        let mut lines = Lines::default();
        lines.add("error", &format!("{}, {} at {}", error.key, error.state, error.moment.at));
        lines.add("event", &error.event_id);
        let Some(app) = self.config.apps.get(&error.app) else { return lines.0 };
        lines.add("app", &format!("{} ({})", app.id, app.name));
        lines.add("owner", &error.recipient.id);
        if error.test {
            lines.add("result", "nothing is sent: the webhook is in Smartcar's TEST mode");
            return lines.0;
        }
        let Some(rules) = self.catalog.rules(&error.key) else {
            lines.add("result", "nothing is sent: there is no notice for this error, so it is not an owner's business");
            return lines.0;
        };
        if error.state == State::Resolved {
            lines.add("result", "an open incident is closed, and what is planned for it cancelled");
            match rules.relief {
                Some(relief) => lines.add("sent", &heard(relief)),
                None => lines.add("sent", "nothing: the notice does not ask for `all-is-well`"),
            }
            return lines.0;
        }
        match self.catalog.choose(News::Problem, error, app) {
            Ok(choice) => self.answer(&choice, app, &mut lines),
            Err(fault) => lines.add("result", &format!("nothing can be sent: {fault}")),
        }
        self.ladder(rules, &mut lines);
        lines.0
    }

    /// Which notice, in which language, with which link.
    fn answer(&self, choice: &Choice, app: &App, lines: &mut Lines) {
        let general = if choice.general { " (the general one: this code has none of its own)" } else { "" };
        lines.add("notice", &format!("{}{general}", choice.notice));
        let asked = self.error.recipient.locale.as_deref().unwrap_or("none given");
        let chain = choice.locales.chain.iter().map(|locale| &**locale).collect::<Vec<_>>().join(", then ");
        lines.add("language", &format!("{asked} → {chain} (default of {}: {})", app.id, app.default_locale));
        match &choice.link.link {
            Some(link) => lines.add("link", &format!("{}\n{}", link.url, link.why)),
            None => lines.add("link", "none"),
        }
        if let Some(ignored) = &choice.link.ignored {
            lines.add("", &format!("the event's own url is not used: {ignored}"));
        }
    }

    /// When, and by which channels.
    fn ladder(&self, rules: &Rules, lines: &mut Lines) {
        for (index, step) in rules.steps.iter().enumerate() {
            let after = if index == 0 { step.after.max(rules.grace) } else { step.after };
            let join = if step.reach == Reach::First { " else " } else { " and " };
            let channels = step.channels.iter().map(|channel| self.channel(*channel)).collect::<Vec<_>>().join(join);
            lines.add(if index == 0 { "sent" } else { "" }, &format!("after {}: {channels}", duration(after)));
        }
        if rules.bundles && rules.grace.is_positive() {
            lines.add("with", "the owner's other cars that have the same error within that time: one message for all");
        }
        self.quiet(rules, lines);
        let most = self.config.dispatch.messages_per_day;
        if most > 0 {
            let messages = terminal::plural(most as usize, "message");
            lines.add("waits", &format!("when the owner has had {most} {messages} in 24 hours"));
        }
        if !rules.inhibited_by.is_empty() {
            let keys: Vec<String> = rules.inhibited_by.iter().map(|inhibitor| inhibitor.key.to_string()).collect();
            lines.add("waits", &format!("while one of these is open for the same car: {}", keys.join(", ")));
        }
        let cooldown = duration(rules.cooldown);
        lines.add("until", &format!("RESOLVED, or {} after the error", duration(rules.expiry)));
        if let Some(relief) = rules.relief {
            lines.add("then", &heard(relief));
        }
        lines.add("again", &format!("after RESOLVED, or when the error is still there after {cooldown}"));
    }

    /// When a channel of the ladder is silent, and by whose clock.
    fn quiet(&self, rules: &Rules, lines: &mut Lines) {
        let hours = self.config.quiet_hours();
        let (app, named) = (&self.error.app, self.error.recipient.timezone.as_deref());
        let zone = hours.zone(app, named);
        let zone = zone.iana_name().unwrap_or("UTC");
        let whose = match named {
            Some(named) if named.eq_ignore_ascii_case(zone) => "the owner's".to_owned(),
            Some(named) => format!("in place of `{named}`, which is no known time zone"),
            None if self.config.directory.url.is_some() => "unless the directory names the owner's".to_owned(),
            None if hours.zones.contains_key(app) => format!("that of {app}, because the event names none"),
            None => format!("because neither the event nor `apps.{app}.timezone` names one"),
        };
        for (channel, window) in &hours.windows {
            if rules.steps.iter().any(|step| step.channels.contains(channel)) {
                lines.add("quiet", &format!("no {channel} in {window}, {zone} ({whose}); it waits for their end"));
            }
        }
    }

    fn channel(&self, channel: Channel) -> String {
        let recipient = &self.error.recipient;
        let off = self.config.channels.get(&channel).is_none_or(|settings| settings.transports.is_empty());
        let state = match channel {
            _ if off => "off: no transport is configured",
            Channel::Email => match recipient.email.as_deref() {
                Some(email) if message::is_address(email) => "to the event's address",
                Some(_) => "not possible: the address is none",
                None if recipient.devices.is_empty() && self.config.directory.url.is_some() => {
                    "if the directory has an address"
                }
                None => "not possible: no address",
            },
            Channel::Push => return format!("{channel} ({})", self.devices()),
        };
        format!("{channel} ({state})")
    }

    /// Which of the owner's devices a transport leads to.
    fn devices(&self) -> String {
        let devices = &self.error.recipient.devices;
        if devices.is_empty() {
            let asked = self.error.recipient.email.is_none() && self.config.directory.url.is_some();
            return if asked { "if the directory names devices" } else { "not possible: no devices" }.to_owned();
        }
        // A transport that cannot be set up is what `check` and `run` tell of.
        let Ok(Some(push)) = app::route(self.config, Channel::Push) else {
            return "to the event's devices".to_owned();
        };
        let lost: Vec<Platform> =
            devices.iter().map(Device::platform).filter(|platform| !push.serves(&self.error.app, *platform)).collect();
        let platforms: BTreeSet<String> = lost.iter().map(|platform| format!("`{platform}`")).collect();
        let platforms = platforms.into_iter().collect::<Vec<_>>().join(" and ");
        match devices.len() - lost.len() {
            _ if lost.is_empty() => "to the event's devices".to_owned(),
            0 => format!("not possible: no transport leads to devices of {platforms}"),
            served => format!(
                "to {served} of the event's {} devices: no transport leads to those of {platforms}",
                devices.len()
            ),
        }
    }
}

/// Who hears that it is over, and when.
fn heard(Relief { grace, expiry, .. }: Relief) -> String {
    format!(
        "\"all is well\" to whoever was told of it, if it stays well for {}; no later than {} after RESOLVED",
        duration(grace),
        duration(expiry)
    )
}

/// Names on the left, facts on the right.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, name: &str, fact: &str) {
        for (index, line) in fact.lines().enumerate() {
            let name = if index == 0 { name } else { "" };
            let _ = writeln!(self.0, "{name:<9} {line}");
        }
    }
}

/// `10 min`, `3 days`: as a person says it.
fn duration(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    let (count, unit) = match seconds {
        0 => return "no wait".into(),
        s if s % 86_400 == 0 => (s / 86_400, "day"),
        s if s % 3_600 == 0 => (s / 3_600, "hour"),
        s if s % 60 == 0 => (s / 60, "minute"),
        s => (s, "second"),
    };
    format!("{count} {}", terminal::plural(usize::try_from(count).unwrap_or(usize::MAX), unit))
}
