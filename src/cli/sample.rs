//! How people name an error, an app and an event on the command line.

use std::path::Path;

use anyhow::{Context, bail};

use crate::catalog::Catalog;
use crate::clock::{Clock, SystemClock};
use crate::config::{App, Config};
use crate::event::{self, ErrorKey, Properties};
use crate::policy::News;

/// `CONNECTED_SERVICES_ACCOUNT:PERMISSION`, `connected-services-account/permission`, or `permission` where that is enough.
pub(super) fn key(text: &str, catalog: &Catalog) -> anyhow::Result<ErrorKey> {
    let wanted = text.trim().to_uppercase().replace('-', "_").replace('/', ":");
    if let Ok(key) = wanted.parse::<ErrorKey>() {
        if catalog.rules(&key).is_some() || catalog.about(&key).is_some() {
            return Ok(key);
        }
    } else {
        let matching: Vec<_> = catalog.keys().filter(|key| key.code().unwrap_or(key.kind()) == wanted).collect();
        match matching.as_slice() {
            [key] => return Ok((*key).clone()),
            [] => {}
            several => {
                let several = several.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" or ");
                bail!("`{text}` may be {several}; write it in full");
            }
        }
    }
    let known = catalog.keys().map(ToString::to_string).collect::<Vec<_>>().join("\n  ");
    bail!("there is no notice for `{text}`; there is one for\n  {known}")
}

/// What a notice is there to say.
pub(super) fn news(key: &ErrorKey, catalog: &Catalog) -> News {
    catalog.about(key).map_or(News::Problem, |about| about.news)
}

/// The app to show: the one named, or the only one.
pub(super) fn app<'a>(config: &'a Config, id: Option<&str>) -> anyhow::Result<&'a App> {
    let known = || config.apps.keys().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    match id {
        Some(id) => {
            config.apps.get(id).with_context(|| format!("`{id}` is no app of the configuration; there is {}", known()))
        }
        None => match config.apps.values().next() {
            Some(app) if config.apps.len() == 1 => Ok(app),
            Some(_) => bail!("say which app: --app with one of {}", known()),
            None => bail!("the configuration has no app; add a section `[apps.ID]`"),
        },
    }
}

/// The errors of the event in a file, or on standard input (`-`).
pub(super) fn event(file: &Path, config: &Config) -> anyhow::Result<event::Parsed> {
    let body = if file == Path::new("-") {
        let mut body = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut body).context("cannot read standard input")?;
        body
    } else {
        std::fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))?
    };
    let context = event::Context {
        properties: &Properties::default(),
        arrived: SystemClock.now(),
        apps: &config.apps.keys().cloned().collect(),
        max_bytes: config.source.max_event_bytes,
    };
    Ok(event::parse(&body, &context))
}
