//! `dashlight render`: one message, as an owner would get it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::settings::Settings;
use super::{Verdict, sample, terminal};
use crate::app;
use crate::catalog::Composed;
use crate::clock::{Clock, SystemClock};
use crate::message::Message;
use crate::policy::Channel;
use crate::workbench::scenario;

/// Print one message, as an owner would get it
#[derive(Debug, Args)]
pub(super) struct Render {
    /// The error: `authentication-failed`, or in full `CONNECTED_SERVICES_ACCOUNT:AUTHENTICATION_FAILED`
    key: String,
    /// The owner's locale (BCP 47) [default: the app's]
    #[arg(long)]
    locale: Option<String>,
    #[arg(long, value_enum, default_value_t = Medium::Email)]
    channel: Medium,
    /// [default: text]
    #[arg(long, value_enum, default_value_t = Format::Text, hide_default_value = true)]
    format: Format,
    /// Take owner, car and link from the first error of this event (`-` for standard input)
    #[arg(long, value_name = "FILE")]
    event: Option<PathBuf>,
    /// The app, if the configuration has several
    #[arg(long, value_name = "ID")]
    app: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Medium {
    Email,
    Push,
}

impl From<Medium> for Channel {
    fn from(medium: Medium) -> Self {
        match medium {
            Medium::Email => Self::Email,
            Medium::Push => Self::Push,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// The text part; of a push, title and body
    Text,
    /// The HTML part
    Html,
    /// The whole mail, as it goes over the wire
    Eml,
    /// All parts, for programs
    Json,
}

impl Render {
    pub(super) fn execute(self, settings: &Settings) -> Verdict {
        let config = settings.load_to_look()?;
        let catalog = app::catalog(&config)?;
        let key = sample::key(&self.key, &catalog)?;
        let error = if let Some(file) = &self.event {
            let mut parsed = sample::event(file, &config)?;
            let reject = parsed.rejected.first().map(ToString::to_string).unwrap_or_default();
            anyhow::ensure!(!parsed.errors.is_empty(), "`{}` cannot be used: {reject}", file.display());
            let mut error = parsed.errors.swap_remove(0);
            error.key = key;
            error.recipient.locale = self.locale.clone().or(error.recipient.locale);
            error.recipient.email.get_or_insert_with(|| "anna@example.com".into());
            error
        } else {
            let app = sample::app(&config, self.app.as_deref())?;
            scenario::plain().error(&key, app, self.locale.as_deref(), SystemClock.now())
        };
        let news = sample::news(&error.key, &catalog);
        let app = sample::app(&config, Some(self.app.as_deref().unwrap_or(&error.app)))?;
        let composed = scenario::compose(&catalog, news, &error, &[], app, self.channel.into())
            .with_context(|| format!("cannot compose `{}`", error.key))?;
        terminal::print(&self.show(&composed)?)?;
        Ok(ExitCode::SUCCESS)
    }

    fn show(&self, composed: &Composed) -> anyhow::Result<String> {
        let shown = match (&composed.message, self.format) {
            (Message::Email(email), Format::Text) => format!("Subject: {}\n\n{}", email.subject, email.text),
            (Message::Email(email), Format::Html) => email.html.clone(),
            (Message::Email(email), Format::Eml) => String::from_utf8_lossy(&email.to_mime()?.bytes).into_owned(),
            (Message::Push(push), Format::Text) => format!("{}\n{}", push.title, push.body),
            (Message::Push(_), Format::Html | Format::Eml) => {
                anyhow::bail!("a push has no such part: take --format text or json")
            }
            (_, Format::Json) => format!("{:#}", json(composed)),
        };
        Ok(if shown.ends_with('\n') { shown } else { shown + "\n" })
    }
}

/// All parts of a message, for programs.
fn json(composed: &Composed) -> serde_json::Value {
    let about = json!({
        "channel": Channel::as_str(composed.message.channel()),
        "locale": composed.locale,
        "insteadOf": composed.instead_of,
        "revision": &*composed.revision,
    });
    let parts = match &composed.message {
        Message::Email(email) => json!({
            "from": email.from.to_string(),
            "to": email.to.to_string(),
            "subject": email.subject,
            "text": email.text,
            "html": email.html,
        }),
        Message::Push(push) => json!({ "title": push.title, "body": push.body, "link": push.link }),
    };
    let mut all = about;
    if let (Some(all), serde_json::Value::Object(parts)) = (all.as_object_mut(), parts) {
        all.extend(parts);
    }
    all
}
