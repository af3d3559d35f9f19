//! Whatever owners, cars and urls are called: a mail is composed, its structure is the content's own, and it can be sent.

mod support;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use dashlight::catalog::{Catalog, Order};
use dashlight::config::Config;
use dashlight::event::Properties;
use dashlight::event::{Context, VehicleError, parse};
use dashlight::ledger::DispatchId;
use dashlight::message::{Email, Message};
use dashlight::policy::{News, Target};
use proptest::prelude::*;
use serde_json::json;

static CONTENT: LazyLock<(Config, Catalog)> = LazyLock::new(|| {
    let config = support::shipped_config();
    let catalog = dashlight::app::catalog(&config).unwrap_or_else(|faults| panic!("{}", faults.render(false)));
    (config, catalog)
});

fn error(code: &str, owner: &str, car: &str, model: &str, url: &str) -> VehicleError {
    let event = json!({
        "recipient": { "id": "user-1", "email": "anna@example.com", "name": owner, "locale": "en" },
        "vehicle": { "id": "car-1", "make": "TESLA", "model": model, "name": car },
        "error": { "type": "CONNECTED_SERVICES_ACCOUNT", "code": code, "resolution": { "url": url } },
    });
    let context = Context {
        properties: &Properties::default(),
        arrived: "2026-11-20T08:00:00Z".parse().unwrap(),
        apps: &BTreeSet::from(["chargeup".to_owned()]),
        max_bytes: 1 << 20,
    };
    let mut parsed = parse(event.to_string().as_bytes(), &context);
    assert_eq!(parsed.rejected, []);
    parsed.errors.remove(0)
}

fn email(error: &VehicleError) -> Email {
    let (config, catalog) = &*CONTENT;
    let id = DispatchId::of(error, 1, 0, &Target::Email);
    let app = &config.apps["chargeup"];
    let date = error.moment.at;
    let order =
        Order { id: &id, news: News::Problem, error, others: &[], app, target: &Target::Email, date, expires_at: date };
    match catalog.compose(&order).unwrap().message {
        Message::Email(email) => email,
        Message::Push(_) => panic!("an e-mail was asked for"),
    }
}

/// Tags, attributes and comments of a mail's HTML, as a number that a stray `<` or `"` would change.
fn structure(html: &str) -> [usize; 4] {
    ['<', '>', '"', '\''].map(|c| html.matches(c).count())
}

fn ends_or_turns_a_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{202e}')
}

/// Letters of all kinds, and those that mean something to a parser on the way.
fn hostile() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "<",
        ">",
        "\"",
        "'",
        "&",
        "{{",
        "}}",
        "{%",
        "{$car}",
        "{",
        "}",
        "\r\n",
        "\n.\r\n",
        "\u{2028}",
        "\u{202e}",
        "\0",
        "=?utf-8?q?x?=",
        "--=_alternative_",
        "Bcc: x",
        "\u{1b}[2J",
        "<!--",
        "-->",
        "]]>",
        "%0d%0a",
        ",",
        ";",
        ":",
        "\\",
    ]);
    prop::collection::vec(prop_oneof![special.prop_map(str::to_owned), "\\PC{0,6}", ".{0,3}"], 0..6)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_name_changes_the_structure_of_a_mail(
        code in prop::sample::select(vec!["AUTHENTICATION_FAILED", "VIRTUAL_KEY_REQUIRED", "SUBSCRIPTION", "SOMETHING_NEW"]),
        owner in hostile(), car in hostile(), model in hostile(), url in hostile(),
    ) {
        let email = email(&error(code, &owner, &car, &model, &url));
        let plain = self::email(&error(code, "Ada", "Blitz", "Model 3", ""));
        prop_assert_eq!(structure(&email.html), structure(&plain.html));
        prop_assert_eq!(email.text.matches("https://").count(), plain.text.matches("https://").count());
        prop_assert!(!email.subject.contains(ends_or_turns_a_line), "{:?}", email.subject);

        let mime = String::from_utf8(email.to_mime().unwrap().bytes).unwrap();
        prop_assert!(mime.is_ascii() && mime.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
        let headers = mime.split("\r\n\r\n").next().unwrap_or_default();
        let names = |headers: &str| -> Vec<String> {
            let names = headers.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
            names.filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect()
        };
        let expected = String::from_utf8(plain.to_mime().unwrap().bytes).unwrap();
        prop_assert_eq!(names(headers), names(expected.split("\r\n\r\n").next().unwrap_or_default()));
    }
}
