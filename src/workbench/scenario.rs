//! Who an owner may be and what is known of the car: what every notice is tried with. Pure.

use jiff::{Timestamp, ToSpan};

use crate::catalog::{About, Catalog, ComposeError, Composed, Order};
use crate::config::App;
use crate::event::{Device, ErrorKey, Moment, Recipient, Resolution, State, Vehicle, VehicleError};
use crate::ledger::DispatchId;
use crate::policy::{ALL_IS_WELL, Channel, News, Target};

/// An owner and a car.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// For links and command lines: `plain`.
    pub id: &'static str,
    /// For people.
    pub title: &'static str,
    pub recipient: Recipient,
    pub vehicle: Vehicle,
    /// Other cars of the owner, of which the message speaks too.
    pub others: Vec<Vehicle>,
}

/// The scenarios of a notice; the first is the plain one.
pub fn of(about: &About) -> Vec<Scenario> {
    let mut all = vec![
        plain(),
        named("markup", "Markup and quotes in names", "Tom & Jerry <b>", "“Blitz” & <i>'Donner'</i> \"2\""),
        named("long", "Names of 80 characters", LONG_NAME, LONG_CAR),
        named("emoji", "Emoji in names", "Zoë 👩🏽‍🔧", "🚗 Blitz 🇩🇰"),
        named("right-to-left", "Names written from the right", "דנה לוי", "الجمل السريع"),
        Scenario {
            recipient: Recipient { name: None, ..anna() },
            vehicle: Vehicle { make: None, model: None, year: None, ..model_3() },
            ..titled("sparse", "Only the car's id is known")
        },
        Scenario {
            recipient: Recipient { name: None, ..anna() },
            vehicle: Vehicle::default(),
            ..titled("nothing", "Nothing is known of owner and car")
        },
    ];
    if about.link.leads_to_smartcar() {
        all.push(Scenario {
            vehicle: Vehicle { make: Some("FORD".into()), model: Some("Mustang Mach-E".into()), ..model_3() },
            ..titled("in-app", "A make that can only be reconnected inside the app")
        });
    }
    if about.bundles {
        let owned = |id: &str, name: Option<&str>| Vehicle {
            id: Some(id.into()),
            name: name.map(str::to_owned),
            ..if name.is_some() { model_3() } else { Vehicle::default() }
        };
        all.push(Scenario {
            others: vec![owned("d2f1c0de", Some("Blitz & Donner")), owned("5eed1e55", None)],
            ..titled("cars", "Three cars of one owner at once")
        });
    }
    all
}

/// Anna and her Tesla Model 3.
pub fn plain() -> Scenario {
    titled("plain", "Everything known")
}

impl Scenario {
    /// The error as it would come for this owner.
    pub fn error(&self, key: &ErrorKey, app: &App, locale: Option<&str>, at: Timestamp) -> VehicleError {
        VehicleError {
            event_id: "sample".into(),
            app: app.id.clone(),
            key: key.clone(),
            state: State::Error,
            moment: Moment { at, sequence: None },
            undated: None,
            recipient: Recipient { locale: locale.map(str::to_owned), ..self.recipient.clone() },
            vehicle: self.vehicle.clone(),
            resolution: Resolution::default(),
            test: false,
        }
    }

    /// The same of the owner's other cars.
    pub fn others(&self, error: &VehicleError) -> Vec<VehicleError> {
        self.others.iter().map(|vehicle| VehicleError { vehicle: vehicle.clone(), ..error.clone() }).collect()
    }
}

/// Composes what an owner would get of this error over one channel, and of the same error of other cars: that it is there,
/// or over.
pub fn compose(
    catalog: &Catalog,
    news: News,
    error: &VehicleError,
    others: &[VehicleError],
    app: &App,
    channel: Channel,
) -> Result<Composed, ComposeError> {
    let target = target(error, channel);
    let date = error.moment.at;
    let step = if news == News::AllIsWell { ALL_IS_WELL } else { 0 };
    catalog.compose(&Order {
        id: &DispatchId::of(error, 1, step, &target),
        news,
        error,
        others: &others.iter().collect::<Vec<_>>(),
        app,
        target: &target,
        date,
        expires_at: date.saturating_add(336.hours()).unwrap_or(date),
    })
}

/// The owner's address for a channel; a sample device where none is known.
fn target(error: &VehicleError, channel: Channel) -> Target {
    match channel {
        Channel::Email => Target::Email,
        Channel::Push => {
            Target::Push(error.recipient.devices.first().cloned().unwrap_or(Device::Apns { token: "sample".into() }))
        }
    }
}

const LONG_NAME: &str = "Maximilian-Alexandra Wolfeschlegelsteinhausenbergerdorff-Zwischenwasserburgstein";
const LONG_CAR: &str = "The good old silver family car with the roof box that we only take out in summer";

fn titled(id: &'static str, title: &'static str) -> Scenario {
    Scenario { id, title, recipient: anna(), vehicle: model_3(), others: Vec::new() }
}

fn named(id: &'static str, title: &'static str, owner: &str, car: &str) -> Scenario {
    Scenario {
        recipient: Recipient { name: Some(owner.to_owned()), ..anna() },
        vehicle: Vehicle { name: Some(car.to_owned()), ..model_3() },
        ..titled(id, title)
    }
}

fn anna() -> Recipient {
    Recipient {
        id: "sample-owner".into(),
        email: Some("anna@example.com".into()),
        name: Some("Anna".into()),
        ..Recipient::default()
    }
}

fn model_3() -> Vehicle {
    Vehicle {
        id: Some("36ab27d0-fd9d-4455-823a-ce30af709ffc".into()),
        make: Some("TESLA".into()),
        model: Some("Model 3".into()),
        year: Some(2022),
        name: None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalog::links::LinkKind;

    fn about(link: LinkKind) -> About {
        About {
            key: "A:B".parse().unwrap(),
            folder: "a/b".into(),
            link,
            qr: false,
            news: News::Problem,
            channels: BTreeSet::new(),
            bundles: link == LinkKind::Support,
        }
    }

    #[test]
    fn every_scenario_has_a_name_of_its_own_and_the_plain_one_comes_first() {
        let all = of(&about(LinkKind::Reauthenticate));
        let ids: BTreeSet<&str> = all.iter().map(|scenario| scenario.id).collect();
        assert_eq!((all[0].id, ids.len()), ("plain", all.len()));
        assert!(ids.contains("in-app"));
        assert!(!ids.contains("cars"));
        let all = of(&about(LinkKind::Support));
        let ids: BTreeSet<&str> = all.iter().map(|scenario| scenario.id).collect();
        assert!(ids.contains("cars") && !ids.contains("in-app"));
    }

    #[test]
    fn long_names_are_of_eighty_characters() {
        for name in [LONG_NAME, LONG_CAR] {
            assert_eq!(name.chars().count(), 80, "{name}");
        }
    }
}
