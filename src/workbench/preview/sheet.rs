//! One notice for one owner, composed the way the worker composes it, with all that a page wants to say about it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::catalog::{About, Catalog, Choice, ComposeError, Composed};
use crate::config::App;
use crate::event::{self, ErrorKey, Properties, State, VehicleError};
use crate::message::{Email, Message, Push};
use crate::policy::Channel;
use crate::workbench::scenario::{self, Scenario};

use super::site::Spot;
use super::{Desk, sample_time};

/// A longer edited event is not read.
const MAX_EVENT_BYTES: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Sheet<'a> {
    pub(super) about: &'a About,
    pub(super) app: &'a App,
    pub(super) scenarios: Vec<Scenario>,
    /// The scenario that serves; of an edited event, the one it replaces.
    pub(super) scenario: usize,
    pub(super) error: VehicleError,
    /// The event, as JSON for people.
    pub(super) event: String,
    /// What is wrong with an edited event; the scenario is shown in its place.
    pub(super) faults: Vec<String>,
    pub(super) choice: Result<Choice, ComposeError>,
    pub(super) email: Result<Composed, ComposeError>,
    pub(super) push: Result<Composed, ComposeError>,
}

impl<'a> Sheet<'a> {
    /// `None`: the configuration has no app.
    pub(super) fn compose(desk: &Desk<'a>, catalog: &Catalog, about: &'a About, spot: &Spot) -> Option<Self> {
        let scenarios = scenario::of(about);
        let asked = spot.scenario.as_deref();
        let number = scenarios.iter().position(|scenario| Some(scenario.id) == asked).unwrap_or(0);
        let scenario = scenarios.get(number)?;
        let named = spot.app.as_ref().and_then(|id| desk.apps.get(id));
        let first = named.or_else(|| desk.apps.values().next())?;
        let locale = spot.locale.as_deref();
        let sample = scenario.error(&about.key, first, locale, sample_time());
        let mut faults = Vec::new();
        let mut edited =
            spot.event.as_deref().filter(|text| !text.trim().is_empty()).and_then(|text| read(desk, text, &mut faults));
        if let Some(error) = &mut edited {
            // The switches of the page win over what the event says.
            error.app = named.map_or(error.app.clone(), |app| app.id.clone());
            error.recipient.locale = spot.locale.clone().or(error.recipient.locale.take());
        }
        let event = spot.event.clone().filter(|text| !text.trim().is_empty()).unwrap_or_else(|| written(&sample));
        let error = edited.unwrap_or(sample);
        let app = desk.apps.get(&error.app).unwrap_or(first);
        let others = if faults.is_empty() && spot.event.is_none() { scenario.others(&error) } else { Vec::new() };
        let compose = |channel| scenario::compose(catalog, about.news, &error, &others, app, channel);
        let (choice, email, push) =
            (catalog.choose(about.news, &error, app), compose(Channel::Email), compose(Channel::Push));
        Some(Self { about, app, scenarios, scenario: number, error, event, faults, choice, email, push })
    }

    pub(super) fn email(&self) -> Option<&Email> {
        match self.email.as_ref().map(|composed| &composed.message) {
            Ok(Message::Email(email)) => Some(email),
            _ => None,
        }
    }

    pub(super) fn push(&self) -> Option<&Push> {
        match self.push.as_ref().map(|composed| &composed.message) {
            Ok(Message::Push(push)) => Some(push),
            _ => None,
        }
    }

    /// The language that was asked for.
    pub(super) fn asked(&self) -> &str {
        self.error.recipient.locale.as_deref().unwrap_or(&self.app.default_locale)
    }

    /// The language that serves.
    pub(super) fn served(&self) -> Option<&str> {
        self.email.as_ref().or(self.push.as_ref()).ok().map(|composed| composed.locale.as_str())
    }
}

fn read(desk: &Desk<'_>, text: &str, faults: &mut Vec<String>) -> Option<VehicleError> {
    let apps: BTreeSet<String> = desk.apps.keys().cloned().collect();
    let properties = Properties::default();
    let context =
        event::Context { properties: &properties, arrived: desk.now, apps: &apps, max_bytes: MAX_EVENT_BYTES };
    let parsed = event::parse(text.as_bytes(), &context);
    faults.extend(parsed.rejected.iter().map(ToString::to_string));
    let error = parsed.errors.into_iter().next()?;
    if error.state == State::Resolved {
        faults.push("the state is RESOLVED, of which an owner hears nothing; it is shown as if it were ERROR".into());
    }
    Some(error)
}

/// The native event that an error came from.
fn written(error: &VehicleError) -> String {
    let VehicleError { event_id, app, key, moment, recipient, vehicle, .. } = error;
    let event = json!({
        "id": event_id,
        "occurredAt": moment.at.to_string(),
        "app": app,
        "recipient": recipient,
        "vehicle": vehicle,
        "error": of_key(key),
    });
    format!("{event:#}")
}

fn of_key(key: &ErrorKey) -> Value {
    json!({ "type": key.kind(), "code": key.code() })
}
