//! The content that ships: every notice in every language, as an owner reads it. The snapshots are read by a person before
//! they are accepted.

mod support;

use std::fmt::Write as _;

use dashlight::catalog::{Catalog, Composed, Order};
use dashlight::config::{App, Config};
use dashlight::event::{Device, ErrorKey, Moment, Recipient, Resolution, State, Vehicle, VehicleError};
use dashlight::ledger::DispatchId;
use dashlight::message::{Email, Message, Push};
use dashlight::policy::{News, Target};
use jiff::Timestamp;
use support::html;
use unicode_segmentation::UnicodeSegmentation;

const LOCALES: [&str; 10] = ["en", "da", "de", "es", "es-419", "fr", "it", "nb", "nl", "sv"];

const CODES: [&str; 8] = [
    "ACCOUNT_ISSUE",
    "AUTHENTICATION_FAILED",
    "NO_VEHICLES",
    "PERMISSION",
    "SUBSCRIPTION",
    "VEHICLE_MISSING",
    "VIRTUAL_KEY_REQUIRED",
    // A code that Smartcar has not thought of yet: the general notice.
    "SOMETHING_NEW",
];

struct Content {
    config: Config,
    catalog: Catalog,
}

impl Content {
    fn load() -> Self {
        let config = support::shipped_config();
        let catalog = dashlight::app::catalog(&config).unwrap_or_else(|faults| panic!("{}", faults.render(false)));
        Self { config, catalog }
    }

    fn app(&self) -> &App {
        &self.config.apps["chargeup"]
    }

    fn compose(&self, error: &VehicleError, app: &App, target: &Target) -> Composed {
        self.compose_all(error, &[], app, target)
    }

    /// One message about several cars of the owner.
    fn compose_all(&self, error: &VehicleError, others: &[&VehicleError], app: &App, target: &Target) -> Composed {
        let id = DispatchId::of(error, 1, 0, target);
        let date = error.moment.at;
        let order = Order { id: &id, news: News::Problem, error, others, app, target, date, expires_at: date };
        self.catalog.compose(&order).unwrap_or_else(|fault| panic!("{}: {fault}", error.key))
    }

    fn email(&self, error: &VehicleError, app: &App) -> Email {
        match self.compose(error, app, &Target::Email).message {
            Message::Email(email) => email,
            Message::Push(_) => panic!("an e-mail was asked for"),
        }
    }

    fn push(&self, error: &VehicleError, app: &App) -> Push {
        let target = Target::Push(Device::Apns { token: "token".into() });
        match self.compose(error, app, &target).message {
            Message::Push(push) => push,
            Message::Email(_) => panic!("a push was asked for"),
        }
    }
}

fn error(code: &str, locale: &str) -> VehicleError {
    let at: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
    VehicleError {
        event_id: "evt-1".into(),
        app: "chargeup".into(),
        key: ErrorKey::new("CONNECTED_SERVICES_ACCOUNT", Some(code)),
        state: State::Error,
        moment: Moment { at, sequence: None },
        undated: None,
        recipient: Recipient {
            id: "user-1".into(),
            email: Some("anna@example.com".into()),
            name: Some("Anna".into()),
            locale: Some(locale.into()),
            ..Recipient::default()
        },
        vehicle: Vehicle {
            id: Some("36ab27d0-fd9d-4455-823a-ce30af709ffc".into()),
            make: Some("TESLA".into()),
            model: Some("Model 3".into()),
            year: Some(2022),
            name: None,
        },
        resolution: Resolution::default(),
        test: false,
    }
}

/// The same, when hardly anything is known.
fn bare(code: &str, locale: &str) -> VehicleError {
    let mut error = error(code, locale);
    error.recipient.name = None;
    error.vehicle = Vehicle { id: error.vehicle.id, ..Vehicle::default() };
    error
}

/// Every notice in every language, the car known and unknown.
fn each(mut look: impl FnMut(&str, &str, VehicleError)) {
    for locale in LOCALES {
        for code in CODES {
            look(locale, code, error(code, locale));
            look(locale, code, bare(code, locale));
        }
    }
}

#[test]
fn every_notice_reads_well_in_every_language() {
    let content = Content::load();
    for locale in LOCALES {
        for code in CODES {
            let (known, unknown) = (error(code, locale), bare(code, locale));
            let mut page = String::new();
            for (title, error) in [("THE CAR IS KNOWN", &known), ("HARDLY ANYTHING IS KNOWN", &unknown)] {
                let (email, push) = (content.email(error, content.app()), content.push(error, content.app()));
                let _ = writeln!(page, "==== {title}\n---- subject\n{}\n---- text\n{}", email.subject, email.text);
                let _ = writeln!(
                    page,
                    "---- push\n{}\n{}\n-> {}\n",
                    push.title,
                    push.body,
                    push.link.as_deref().unwrap_or("nothing")
                );
            }
            let _ = writeln!(
                page,
                "==== HTML, THE CAR IS KNOWN\n{}",
                html::outline(&content.email(&known, content.app()).html)
            );
            let name = format!("{locale}__{}", code.to_lowercase());
            insta::with_settings!({ snapshot_path => "snapshots/content", prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(name, page);
            });
        }
    }
}

#[test]
fn the_whole_html_of_one_mail_changes_only_on_purpose() {
    let content = Content::load();
    let email = content.email(&error("VIRTUAL_KEY_REQUIRED", "en"), content.app());
    insta::with_settings!({ snapshot_path => "snapshots/content", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("whole_html", email.html);
    });
}

#[test]
fn every_notice_is_served_in_the_language_asked_for() {
    let content = Content::load();
    each(|locale, code, error| {
        let composed = content.compose(&error, content.app(), &Target::Email);
        assert_eq!((composed.locale.as_str(), composed.instead_of), (locale, None), "{code}");
    });
}

#[test]
fn nothing_is_left_over_in_any_message() {
    let content = Content::load();
    each(|locale, code, error| {
        let (email, push) = (content.email(&error, content.app()), content.push(&error, content.app()));
        for text in [&email.subject, &email.text, &email.html, &push.title, &push.body] {
            for leftover in
                ["{$", "{ $", "{{", "{%", "<app name>", "\u{2066}", "\u{2067}", "\u{2068}", "\u{2069}", "<mj-"]
            {
                assert!(!text.contains(leftover), "{locale} {code}: `{leftover}` in\n{text}");
            }
        }
    });
}

#[test]
fn the_text_says_the_same_link_as_the_button() {
    let content = Content::load();
    each(|locale, code, error| {
        let email = content.email(&error, content.app());
        if let Some(url) = html::button(&email.html) {
            let shown = url.strip_prefix("mailto:").unwrap_or(&url);
            assert!(email.text.contains(shown), "{locale} {code}: `{shown}` is not in\n{}", email.text);
        }
    });
}

#[test]
fn a_notice_with_a_link_has_one_button_and_one_without_has_none() {
    let content = Content::load();
    for code in CODES {
        let buttons = html::buttons(&content.email(&error(code, "en"), content.app()).html);
        let expected = usize::from(!matches!(code, "ACCOUNT_ISSUE" | "VEHICLE_MISSING"));
        assert_eq!(buttons.len(), expected, "{code}: {buttons:?}");
    }
}

#[test]
fn mails_stay_small_and_tell_their_language() {
    let content = Content::load();
    each(|locale, code, error| {
        let html = content.email(&error, content.app()).html;
        assert!(html.len() < 30 * 1024, "{locale} {code}: {} bytes", html.len());
        assert!(html.contains(&format!("lang=\"{locale}\"")), "{locale} {code}");
        assert!(html.contains("dir=\"ltr\""), "{locale} {code}");
    });
}

#[test]
fn subjects_and_pushes_are_short() {
    let content = Content::load();
    let long = |text: &str| text.graphemes(true).count();
    each(|locale, code, error| {
        let (email, push) = (content.email(&error, content.app()), content.push(&error, content.app()));
        assert!(long(&email.subject) <= 60, "{locale} {code}: {}", email.subject);
        assert!(long(&push.title) <= 40, "{locale} {code}: {}", push.title);
        assert!(long(&push.body) <= 140, "{locale} {code}: {}", push.body);
    });
}

#[test]
fn the_virtual_key_mail_carries_a_qr_code_of_its_link() {
    let content = Content::load();
    let email = content.email(&error("VIRTUAL_KEY_REQUIRED", "da"), content.app());
    let [picture] = email.inline.as_slice() else { panic!("one picture, not {}", email.inline.len()) };
    assert_eq!(picture.content_type, "image/png");
    assert!(picture.bytes.starts_with(b"\x89PNG"));
    assert!(email.html.contains(&format!("cid:{}", picture.content_id)));
}

#[test]
fn hostile_names_stay_names() {
    let mut content = Content::load();
    let app = content.config.apps.get_mut("chargeup").unwrap();
    app.name = "Tom & Jerry <b>\"Quotes\"</b>".into();
    let app = app.clone();
    for code in CODES {
        let mut error = error(code, "en");
        error.vehicle.name = Some("<script>alert(1)</script>\r\nBcc: x@example.com".into());
        error.recipient.name = Some("{{ app.name }} { $app } \u{202e}".into());
        let (email, push) = (content.email(&error, &app), content.push(&error, &app));
        assert!(!email.html.contains("<script>") && !email.html.contains("<b>"), "{code}");
        assert!(!email.subject.contains(['\r', '\n']) && !push.title.contains(['\r', '\n']), "{code}");
        assert!(email.text.contains("Tom & Jerry <b>"), "{code}: plain text is not escaped\n{}", email.text);
    }
}

#[test]
fn a_car_that_is_reconnected_inside_the_app_has_no_link_and_every_language_says_so() {
    let content = Content::load();
    for locale in LOCALES {
        let words = std::fs::read_to_string(support::project(&format!("locales/{locale}/common.ftl"))).unwrap();
        let line = words.lines().find_map(|line| line.strip_prefix("reconnect-in-app = ")).unwrap();
        let says = line.replace("{ $app }", "ChargeUp");
        for code in ["AUTHENTICATION_FAILED", "NO_VEHICLES", "PERMISSION"] {
            let mut error = error(code, locale);
            error.vehicle.make = Some("FORD".into());
            let (with, without) =
                (content.email(&self::error(code, locale), content.app()), content.email(&error, content.app()));
            assert!(html::button(&with.html).is_some() && html::button(&without.html).is_none(), "{locale} {code}");
            assert!(!without.text.contains("connect.smartcar.com"), "{locale} {code}:\n{}", without.text);
            assert!(without.text.contains(&says), "{locale} {code}: not `{says}`:\n{}", without.text);
            assert_eq!(content.push(&error, content.app()).link, None, "a tap opens the app");
        }
    }
}

#[test]
fn an_app_with_nothing_but_a_name_gets_whole_mails() {
    let mut content = Content::load();
    let app = content.config.apps.get_mut("chargeup").unwrap();
    *app = App {
        reply_to: None,
        support_email: None,
        support_url: None,
        home: None,
        logo: None,
        address: None,
        redirect_uri: None,
        ..app.clone()
    };
    let app = app.clone();
    each(|locale, code, error| {
        let email = content.email(&error, &app);
        assert!(!email.text.contains("\n\n\n") && !email.text.contains("None"), "{locale} {code}:\n{}", email.text);
    });
}

#[test]
fn a_message_about_several_cars_lists_them_each_with_its_own_link() {
    let content = Content::load();
    let owned = |id: &str, name: Option<&str>| {
        let vehicle = Vehicle { id: Some(id.into()), name: name.map(str::to_owned), ..Vehicle::default() };
        VehicleError { vehicle, ..error("AUTHENTICATION_FAILED", "de") }
    };
    let others = [owned("car-2", Some("<b>Blitz</b> & Donner")), owned("car-3", None)];
    let others: Vec<&VehicleError> = others.iter().collect();
    let first = error("AUTHENTICATION_FAILED", "de");
    assert!(others.iter().all(|other| content.catalog.can_share(News::Problem, &first, other, content.app())));
    let of = |target| content.compose_all(&first, &others, content.app(), &target).message;
    let (Message::Email(email), Message::Push(push)) =
        (of(Target::Email), of(Target::Push(Device::Apns { token: "token".into() })))
    else {
        panic!("one of each was asked for")
    };
    let page = format!("{}\n{}\n\n{}\n{}", email.subject, email.text, push.title, push.body);
    insta::with_settings!({ snapshot_path => "snapshots/content", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("several_cars", page);
    });
    assert!(email.html.contains("&lt;b&gt;Blitz&lt;/b&gt; &amp; Donner"), "{}", email.html);
    assert!(email.html.contains("vehicle_id=car-2") && email.html.contains("vehicle_id=car-3"), "{}", email.html);
}

#[test]
fn cars_that_are_mended_in_different_ways_have_messages_of_their_own() {
    let content = Content::load();
    let of_make = |make: &str, code| {
        let first = error(code, "en");
        VehicleError { vehicle: Vehicle { make: Some(make.into()), ..first.vehicle.clone() }, ..first }
    };
    let can_share =
        |one: &VehicleError, other: &VehicleError| content.catalog.can_share(News::Problem, one, other, content.app());
    // A Ford is reconnected inside the app.
    let failed = "AUTHENTICATION_FAILED";
    assert!(can_share(&of_make("TESLA", failed), &of_make("BMW", failed)));
    assert!(!can_share(&of_make("TESLA", failed), &of_make("FORD", failed)));
    // A BMW has no virtual key: the general notice serves.
    let key = "VIRTUAL_KEY_REQUIRED";
    assert!(!can_share(&of_make("TESLA", key), &of_make("BMW", key)));
    // This one speaks of a whole account.
    assert!(!can_share(&error("NO_VEHICLES", "en"), &bare("NO_VEHICLES", "en")));
}
