//! Links, by table and by property.

use jiff::Timestamp;
use proptest::prelude::*;
use url::Url;

use super::*;
use crate::event::{ErrorKey, Moment, Recipient, Resolution, State, Vehicle};
use crate::message::Mailbox;

fn app() -> App {
    App {
        id: "ampwise".into(),
        name: "Ampwise".into(),
        client_id: "client-1".into(),
        redirect_uri: Some("https://ampwise.example/back?a=1&b=2".into()),
        scope: vec!["read_vehicle_info".into(), "read_battery".into()],
        sender: Mailbox { name: None, address: "cars@ampwise.example".into() },
        reply_to: None,
        support_email: Some("help+cars@ampwise.example".into()),
        support_url: None,
        home: None,
        color: "#1f6feb".into(),
        logo: None,
        address: None,
        virtual_key_url: "https://www.tesla.com/_ak/smartcar.com".into(),
        default_locale: "en".into(),
        timezone: None,
        links: crate::config::Links::default(),
        allowed_hosts: Vec::new(),
        list_unsubscribe: None,
    }
}

fn error(url: Option<&str>) -> VehicleError {
    VehicleError {
        event_id: "event-1".into(),
        app: "ampwise".into(),
        key: ErrorKey::new("CONNECTED_SERVICES_ACCOUNT", Some("AUTHENTICATION_FAILED")),
        state: State::Error,
        moment: Moment { at: Timestamp::UNIX_EPOCH, sequence: None },
        undated: None,
        recipient: Recipient { id: "owner 1/ü".into(), ..Recipient::default() },
        vehicle: Vehicle { id: Some("car-1".into()), make: Some("TESLA".into()), ..Vehicle::default() },
        resolution: Resolution { kind: None, url: url.map(str::to_owned) },
        test: false,
    }
}

fn made(kind: LinkKind, app: &App, error: &VehicleError) -> Built {
    link_for(kind, app, error, "de")
}

fn url(built: &Built) -> &str {
    &built.link.as_ref().unwrap().url
}

const FULL: &str = "https://connect.smartcar.com/oauth/reauthenticate?response_type=vehicle_id&client_id=client-1\
                    &vehicle_id=car-1&redirect_uri=https%3A%2F%2Fampwise.example%2Fback%3Fa%3D1%26b%3D2";

#[test]
fn a_partial_url_is_completed_and_never_concatenated() {
    for partial in [
        "https://connect.smartcar.com/oauth/reauthenticate?response_type=vehicle_id&client_id=client-1&vehicle_id=car-1",
        "https://connect.smartcar.com/oauth/reauthenticate?client_id=client-1&vehicle_id=car-1&redirect_uri=",
        "https://connect.smartcar.com/oauth/reauthenticate/?vehicle_id=car-1&state=x&redirect_uri=https://evil.example",
    ] {
        let built = made(LinkKind::Reauthenticate, &app(), &error(Some(partial)));
        assert_eq!((url(&built), built.ignored), (FULL, None), "{partial}");
        assert_eq!(built.link.unwrap().why, Why::CompletedUrl);
    }
}

#[test]
fn parameters_that_only_smartcar_knows_are_carried_over() {
    let partial = "https://connect.smartcar.com/oauth/reauthenticate?vehicle_id=car-1&user=a%26b&flags=x%20y";
    let built = made(LinkKind::Reauthenticate, &app(), &error(Some(partial)));
    assert_eq!(url(&built), format!("{FULL}&user=a%26b&flags=x+y"));
}

#[test]
fn without_a_url_or_a_redirect_uri_the_link_is_built_all_the_same() {
    let built = made(LinkKind::Reauthenticate, &app(), &error(None));
    assert_eq!(url(&built), FULL);
    let app = App { redirect_uri: None, ..app() };
    let built = made(LinkKind::Reauthenticate, &app, &error(None));
    assert!(url(&built).ends_with("?response_type=none&client_id=client-1&vehicle_id=car-1"));
}

#[test]
fn a_foreign_url_is_ignored_and_our_own_link_is_built() {
    let table = [
        ("https://evil.example/oauth/reauthenticate?vehicle_id=car-1", Ignored::Foreign),
        ("https://connect.smartcar.com.evil.example/oauth/reauthenticate", Ignored::Foreign),
        ("https://connect.smartcar.com@evil.example/oauth/reauthenticate", Ignored::Foreign),
        ("https://u:p@connect.smartcar.com/oauth/reauthenticate", Ignored::Foreign),
        ("https://connect.smartcar.com:8443/oauth/reauthenticate", Ignored::Foreign),
        ("http://connect.smartcar.com/oauth/reauthenticate", Ignored::Foreign),
        ("https://connect.smartcar.com./oauth/reauthenticate", Ignored::Foreign),
        ("https://connect.smartcar.com/oauth/../logout", Ignored::Foreign),
        ("javascript:alert(1)", Ignored::Foreign),
        ("not a url", Ignored::Foreign),
        ("", Ignored::Foreign),
        ("https://connect.smartcar.com/oauth/reauthenticate?client_id=other", Ignored::OtherClient),
        ("https://connect.smartcar.com/oauth/reauthenticate?application_id=other", Ignored::OtherClient),
        ("https://connect.smartcar.com/oauth/reauthenticate?vehicle_id=car-2", Ignored::OtherVehicle),
    ];
    for (foreign, why) in table {
        let built = made(LinkKind::Reauthenticate, &app(), &error(Some(foreign)));
        assert_eq!((url(&built), built.ignored), (FULL, Some(why)), "{foreign}");
    }
}

#[test]
fn a_vehicle_id_may_come_from_the_url_when_the_event_has_none() {
    let mut error = error(Some("https://connect.smartcar.com/oauth/reauthenticate?vehicle_id=car-1"));
    error.vehicle.id = None;
    assert_eq!(url(&made(LinkKind::Reauthenticate, &app(), &error)), FULL);
}

#[test]
fn without_a_vehicle_id_the_owner_connects_anew() {
    let mut error = error(None);
    error.vehicle.id = None;
    let built = made(LinkKind::ReauthenticateOrConnect, &app(), &error);
    let link = built.link.unwrap();
    assert_eq!((link.kind, link.why), ("connect", Why::NoVehicle));
    assert_eq!(
        link.url,
        "https://connect.smartcar.com/oauth/authorize?response_type=code&client_id=client-1\
         &redirect_uri=https%3A%2F%2Fampwise.example%2Fback%3Fa%3D1%26b%3D2&scope=read_vehicle_info+read_battery"
    );
    let app = App { redirect_uri: None, ..app() };
    let built = made(LinkKind::Reauthenticate, &app, &error);
    assert!(built.link.is_none() && built.missed);
}

#[test]
fn the_apps_own_link_wins_and_its_values_are_encoded() {
    let mut app = app();
    app.links.reauthenticate =
        Some("https://Go.Ampwise.example/fix/{vehicle}?u={user}&c={client_id}&l={locale}".into());
    let mut error = error(None);
    error.vehicle.id = Some("a/b?c#d&e%f".into());
    let built = made(LinkKind::Reauthenticate, &app, &error);
    assert_eq!(
        url(&built),
        "https://go.ampwise.example/fix/a%2Fb%3Fc%23d%26e%25f?u=owner%201%2F%C3%BC&c=client-1&l=de"
    );
}

#[test]
fn an_own_link_that_would_lead_elsewhere_is_not_sent() {
    for template in [
        "http://ampwise.example/fix",
        "https://{user}/fix",
        "https://{user}.ampwise.example/fix",
        "https://ampwise.example/{nobody}",
        "https://ampwise.example/{vehicle",
        "https://u:p@ampwise.example/",
    ] {
        let mut app = app();
        app.links.reauthenticate = Some(template.into());
        assert_eq!(url(&made(LinkKind::Reauthenticate, &app, &error(None))), FULL, "{template}");
    }
    let mut app = app();
    app.links.stop = Some("https://ampwise.example/cars/{vehicle}/stop".into());
    let mut error = error(None);
    error.vehicle.id = Some("..".into());
    assert_eq!(stop_for(&app, &error, "en"), None);
}

#[test]
fn ford_and_lincoln_owners_get_the_apps_own_link_or_none() {
    let mut error = error(None);
    error.vehicle.make = Some("Lincoln".into());
    let built = made(LinkKind::Reauthenticate, &app(), &error);
    assert!(built.link.is_none() && built.missed);
    error.vehicle.id = None;
    assert!(made(LinkKind::ReauthenticateOrConnect, &app(), &error).missed);
    let mut app = app();
    app.links.reauthenticate = Some("https://ampwise.example/fix".into());
    assert_eq!(url(&made(LinkKind::Reauthenticate, &app, &error)), "https://ampwise.example/fix");
}

#[test]
fn the_virtual_key_page_is_always_the_configured_one() {
    let page = "https://www.tesla.com/_ak/smartcar.com";
    let built = made(LinkKind::VirtualKey, &app(), &error(Some(page)));
    assert_eq!((url(&built), built.ignored), (page, None));
    for other in ["https://www.tesla.com/_ak/evil.example", "https://evil.example/_ak/smartcar.com", "nonsense"] {
        let built = made(LinkKind::VirtualKey, &app(), &error(Some(other)));
        assert_eq!((url(&built), built.ignored), (page, Some(Ignored::OtherKey)), "{other}");
    }
    let app = App { virtual_key_url: "https://www.tesla.com/_ak/ampwise.app.car".into(), ..app() };
    assert_eq!(url(&made(LinkKind::VirtualKey, &app, &error(None))), "https://www.tesla.com/_ak/ampwise.app.car");
}

#[test]
fn a_car_that_is_no_tesla_gets_no_tesla_page() {
    let mut error = error(None);
    error.vehicle.make = Some("BMW".into());
    let built = made(LinkKind::VirtualKey, &app(), &error);
    assert!(built.link.is_none() && built.missed);
    error.vehicle.make = None;
    assert!(!made(LinkKind::VirtualKey, &app(), &error).missed);
}

#[test]
fn support_is_the_apps_link_then_its_page_then_its_address() {
    let mut app = app();
    let link = support_for(&app, &error(None), "en").unwrap();
    assert_eq!((&*link.url, &*link.display), ("mailto:help%2Bcars@ampwise.example", "help+cars@ampwise.example"));
    app.support_url = Some("https://ampwise.example/help/?topic=car".into());
    let link = support_for(&app, &error(None), "en").unwrap();
    assert_eq!(
        (&*link.url, &*link.display),
        ("https://ampwise.example/help/?topic=car", "ampwise.example/help?topic=car")
    );
    app.links.support = Some("https://help.ampwise.example/{locale}".into());
    assert_eq!(support_for(&app, &error(None), "en").unwrap().url, "https://help.ampwise.example/en");
    let silent = App { support_email: None, ..self::app() };
    assert_eq!(support_for(&silent, &error(None), "en"), None);
    assert!(!made(LinkKind::Support, &silent, &error(None)).missed);
}

proptest! {
    #[test]
    fn whatever_an_event_brings_the_link_is_https_to_an_allowed_host(
        brought in prop_oneof![
            ".{0,200}",
            "(https?|ftp|javascript|data)://[a-z@:.]{0,20}connect.smartcar.com[a-z@:./\\\\]{0,20}/oauth/reauthenticate.{0,80}",
            "https://connect.smartcar.com/oauth/reauthenticate\\?.{0,120}",
            "https://www.tesla.com/_ak/.{0,40}",
        ],
        vehicle in proptest::option::of(".{0,40}"),
        which in 0..LinkKind::ALL.len(),
    ) {
        let mut error = error(Some(&brought));
        error.vehicle.id = vehicle;
        if let Some(link) = made(LinkKind::ALL[which], &app(), &error).link.filter(|link| link.kind != "support") {
            let url = Url::parse(&link.url).unwrap();
            prop_assert_eq!(url.scheme(), "https");
            let host = url.host_str().unwrap();
            prop_assert!([CONNECT_HOST, "www.tesla.com"].contains(&host));
            prop_assert!(url.username().is_empty() && url.password().is_none() && url.port().is_none());
            if host == CONNECT_HOST {
                let client: Vec<_> = url.query_pairs().filter(|(name, _)| name == "client_id").collect();
                prop_assert_eq!(client.len(), 1);
                prop_assert_eq!(&*client[0].1, "client-1");
                prop_assert!(url.query_pairs().all(|(name, value)| name != "redirect_uri" || value == app().redirect_uri.unwrap()));
            }
        }
    }

    #[test]
    fn every_value_in_an_own_link_reads_back_as_it_was(value in ".{1,60}") {
        let mut app = app();
        app.links.stop = Some("https://ampwise.example/{user}/x?v={vehicle}#{user}".into());
        let mut error = error(None);
        error.recipient.id = value.clone();
        error.vehicle.id = Some(value.clone());
        if let Some(link) = stop_for(&app, &error, "en") {
            let url = Url::parse(&link.url).unwrap();
            prop_assert_eq!(url.host_str(), Some("ampwise.example"));
            prop_assert_eq!(url.path_segments().unwrap().count(), 2);
            let pairs: Vec<_> = url.query_pairs().collect();
            prop_assert_eq!(pairs.len(), 1);
            prop_assert_eq!(&*pairs[0].1, value.as_str());
        } else {
            prop_assert!([".", ".."].contains(&&*value));
        }
    }
}
