//! What it costs to load the content and to compose one mail (subject, HTML, text), over all notices and languages.
//!
//! ```console
//! $ cargo bench --bench render
//! ```

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use dashlight::catalog::{Catalog, Order, Origin};
use dashlight::config::{self, App, Layers};
use dashlight::event::{ErrorKey, Moment, Recipient, Resolution, State, Vehicle, VehicleError};
use dashlight::ledger::DispatchId;
use dashlight::message::Message;
use dashlight::policy::{News, Target};
use jiff::Timestamp;

const ROUNDS: usize = 30;

fn main() {
    let apps = apps();
    let loads = (0..5).map(|_| time(|| drop(black_box(catalog(&apps))))).collect();
    let catalog = catalog(&apps);
    let app = apps.values().next().expect("an app");
    let errors: Vec<VehicleError> =
        catalog.keys().flat_map(|key| catalog.locales().map(|locale| error(key, locale, &app.id))).collect();
    let compose = |error| message(&catalog, app, error);
    let mails: Vec<Message> = errors.iter().map(compose).collect();
    let composing = per_mail(errors.len(), || errors.iter().for_each(|error| drop(black_box(compose(error)))));
    let writing = per_mail(mails.len(), || {
        for mail in &mails {
            let Message::Email(email) = mail else { continue };
            drop(black_box(email.to_mime().expect("MIME")));
        }
    });
    let sizes = mails.iter().map(|mail| match mail {
        Message::Email(email) => email.to_mime().expect("MIME").bytes.len(),
        Message::Push(_) => 0,
    });
    println!("{} notices in {} languages", catalog.keys().count(), catalog.locales().count());
    println!("load all content      {:>8.1} ms   (under 200)", 1e3 * median(loads).as_secs_f64());
    println!("compose a mail        {:>8.1} µs   (under 20)", 1e6 * composing.as_secs_f64());
    println!(
        "write it down as MIME {:>8.1} µs, {} bytes",
        1e6 * writing.as_secs_f64(),
        sizes.sum::<usize>() / mails.len()
    );
}

fn apps() -> BTreeMap<String, App> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("dashlight.toml");
    let layers = Layers { file: Some(file), environment: Vec::new(), overrides: Vec::new(), demo: false };
    config::load(&layers).unwrap_or_else(|faults| panic!("{}", faults.render(false))).apps
}

fn catalog(apps: &BTreeMap<String, App>) -> Catalog {
    Catalog::load(&Origin::Embedded, apps).unwrap_or_else(|faults| panic!("{}", faults.render(false)))
}

fn message(catalog: &Catalog, app: &App, error: &VehicleError) -> Message {
    let id = DispatchId::of(error, 1, 0, &Target::Email);
    let (date, expires_at) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
    let order =
        Order { id: &id, news: News::Problem, error, others: &[], app, target: &Target::Email, date, expires_at };
    catalog.compose(&order).expect("a mail").message
}

fn error(key: &ErrorKey, locale: &str, app: &str) -> VehicleError {
    VehicleError {
        event_id: "evt-1".to_owned(),
        app: app.to_owned(),
        key: key.clone(),
        state: State::Error,
        moment: Moment { at: Timestamp::UNIX_EPOCH, sequence: None },
        undated: None,
        recipient: Recipient {
            id: "user-1".to_owned(),
            email: Some("owner@example.com".to_owned()),
            name: Some("Ada".to_owned()),
            locale: Some(locale.to_owned()),
            ..Recipient::default()
        },
        vehicle: Vehicle {
            id: Some("36ab27d0-fd9d-4455-823a-ce30af709ffc".to_owned()),
            make: Some("TESLA".to_owned()),
            model: Some("Model 3".to_owned()),
            ..Vehicle::default()
        },
        resolution: Resolution::default(),
        test: false,
    }
}

/// The median of many rounds over all mails, for one of them.
fn per_mail(mails: usize, mut round: impl FnMut()) -> Duration {
    let rounds = (0..ROUNDS).map(|_| time(&mut round)).collect();
    median(rounds) / u32::try_from(mails).expect("few mails")
}

fn time(work: impl FnOnce()) -> Duration {
    let before = cpu_time();
    work();
    cpu_time().saturating_sub(before)
}

/// Of this thread, as Linux tells it: a machine with much else to do gives the same numbers.
fn cpu_time() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    Duration::from_nanos(told.split_whitespace().next().and_then(|nanos| nanos.parse().ok()).expect("a number"))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
