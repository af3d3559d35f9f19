//! The whole of it, over small content: fallback, hostile values, faults as people are told them.

use std::fmt::Write as _;
use std::path::Path;

use super::files::Tree;
use super::*;
use crate::config::{Links, Timing};
use crate::diagnostic::Source;
use crate::event::{Device, Moment, Recipient, Resolution, State, Vehicle};
use crate::message::{Email, Mailbox, Push};

const TOML: &str = "link = \"LINK\"\ngrace = \"10m\"\ncooldown = \"30d\"\nexpiry = \"14d\"\n\n[[steps]]\nchannels = [\"push\", \"email\"]\n";
const MJML: &str = r#"<mjml lang="{{ locale }}" dir="{{ dir }}"><mj-body><mj-section><mj-column>
<mj-include path="layout/top.mjml" />
<mj-text align="{{ align }}">{{ text.body }}</mj-text>
<mj-raw>{% if link %}<a href="{{ link.url }}">{{ text.action }}</a>{% endif %}{% if qr %}<img src="{{ qr.src }}" />{% endif %}</mj-raw>
</mj-column></mj-section></mj-body></mjml>
"#;
const TOP: &str = "<mj-text>{{ common.greeting }} {{ app.name }}</mj-text>\n";
const TEXT: &str = "{{ common.greeting }}\n\n{{ text.body }}\n{% if link %}{{ link.url }}{% endif %}\n{% if support %}{{ support.display }}{% endif %}\n";
const PUSH: &str = "{{ text.push_title }}\n{{ text.push_body }}\n";
const COMMON: &str = "greeting = { $hasName ->\n    [yes] HELLO { $name }\n   *[no] HELLO\n }\ncar = { $hasCar ->\n    [yes] your { $car }\n   *[no] your car\n }\n";

fn words(language: &str) -> String {
    ["broken", "key", "any"].into_iter().fold(String::new(), |mut text, code| {
        let _ = writeln!(text, "{code} =");
        let _ = writeln!(text, "    .subject = {language} {code} {{ car }}");
        let _ = writeln!(text, "    .body = {{ $app }}: {language} {code}");
        let _ = writeln!(text, "    .action = Go\n    .push-title = {language}\n    .push-body = {{ car }}");
        text
    })
}

/// Three notices, in the languages `en`, `es`, `es-419` and `de`.
fn content() -> Files {
    let mut files = Files::default();
    let put = |tree: &mut Tree, root: &str, path: String, text: String| {
        let source = Source { path: Path::new(root).join(&path), text };
        tree.insert(path, Arc::new(source));
    };
    for (code, link) in [("broken", "reauthenticate"), ("key", "virtual-key"), ("any", "support")] {
        let mut toml = TOML.replace("LINK", link);
        if code == "key" {
            toml.insert_str(0, "qr = true\npriority = \"high\"\n");
        }
        for (file, text) in [("notice.toml", &*toml), ("email.mjml", MJML), ("email.txt", TEXT), ("push.txt", PUSH)] {
            put(&mut files.templates, "templates", format!("account/{code}/{file}"), text.to_owned());
        }
    }
    put(&mut files.templates, "templates", "layout/top.mjml".to_owned(), TOP.to_owned());
    for (locale, hello) in [("en", "Hello"), ("es", "Hola"), ("es-419", "Buenas"), ("de", "Guten Tag")] {
        put(&mut files.locales, "locales", format!("{locale}/common.ftl"), COMMON.replace("HELLO", hello));
        put(&mut files.locales, "locales", format!("{locale}/account.ftl"), words(locale));
    }
    files
}

/// The content with one file changed.
fn edited(path: &str, edit: impl Fn(&str) -> String) -> Files {
    let mut files = content();
    let (root, name) = path.split_once('/').unwrap();
    let tree = if root == "templates" { &mut files.templates } else { &mut files.locales };
    let text = edit(&tree[name].text);
    tree.insert(name.to_owned(), Arc::new(Source { path: path.into(), text }));
    files
}

fn load(files: &Files) -> Result<Catalog, Diagnostics> {
    Catalog::build(files, &BTreeMap::from([("ampwise".to_owned(), app())]), Vec::new())
}

fn app() -> App {
    App {
        id: "ampwise".into(),
        name: "Ampwise".into(),
        client_id: "client-1".into(),
        redirect_uri: Some("https://ampwise.example/back".into()),
        scope: vec!["read_vehicle_info".into()],
        sender: Mailbox { name: None, address: "cars@ampwise.example".into() },
        reply_to: None,
        support_email: Some("help@ampwise.example".into()),
        support_url: None,
        home: None,
        color: "#1f6feb".into(),
        logo: None,
        address: None,
        virtual_key_url: "https://www.tesla.com/_ak/smartcar.com".into(),
        default_locale: "de".into(),
        timezone: None,
        links: Links::default(),
        allowed_hosts: Vec::new(),
        list_unsubscribe: None,
    }
}

fn error(code: &str, locale: Option<&str>) -> VehicleError {
    VehicleError {
        event_id: "event-1".into(),
        app: "ampwise".into(),
        key: ErrorKey::new("ACCOUNT", Some(code)),
        state: State::Error,
        moment: Moment { at: Timestamp::UNIX_EPOCH, sequence: None },
        undated: None,
        recipient: Recipient {
            id: "owner-1".into(),
            email: Some("anna@example.com".into()),
            name: Some("Anna".into()),
            locale: locale.map(str::to_owned),
            ..Recipient::default()
        },
        vehicle: Vehicle {
            id: Some("car-1".into()),
            make: Some("TESLA".into()),
            model: Some("Model 3".into()),
            ..Vehicle::default()
        },
        resolution: Resolution::default(),
        test: false,
    }
}

fn compose(catalog: &Catalog, error: &VehicleError, app: &App, target: &Target) -> Result<Composed, ComposeError> {
    let (id, date) = (DispatchId::of(error, 1, 0, target), Timestamp::UNIX_EPOCH);
    catalog.compose(&Order { id: &id, news: News::Problem, error, others: &[], app, target, date, expires_at: date })
}

fn email(catalog: &Catalog, error: &VehicleError) -> Email {
    match compose(catalog, error, &app(), &Target::Email).unwrap().message {
        Message::Email(email) => email,
        Message::Push(_) => panic!("an e-mail was ordered"),
    }
}

fn push(catalog: &Catalog, error: &VehicleError) -> Push {
    let target = Target::Push(Device::Apns { token: "t".into() });
    match compose(catalog, error, &app(), &target).unwrap().message {
        Message::Push(push) => push,
        Message::Email(_) => panic!("a push was ordered"),
    }
}

fn served(catalog: &Catalog, code: &str, locale: Option<&str>) -> (String, Option<String>) {
    let composed = compose(catalog, &error(code, locale), &app(), &Target::Email).unwrap();
    (composed.locale, composed.instead_of)
}

#[test]
fn a_mail_is_composed_whole() {
    let email = email(&load(&content()).unwrap(), &error("BROKEN", Some("es-MX")));
    assert_eq!(email.subject, "es-419 broken your Tesla Model 3");
    assert_eq!(email.from, Mailbox { name: Some("Ampwise".into()), address: "cars@ampwise.example".into() });
    assert_eq!(email.to, Mailbox { name: Some("Anna".into()), address: "anna@example.com".into() });
    assert_eq!((email.locale.as_str(), email.feedback_id.as_str()), ("es-419", "account.broken:ampwise:dashlight"));
    let link = "https://connect.smartcar.com/oauth/reauthenticate?response_type=vehicle_id&client_id=client-1\
                &vehicle_id=car-1&redirect_uri=https%3A%2F%2Fampwise.example%2Fback";
    assert_eq!(email.text, format!("Buenas Anna\n\nAmpwise: es-419 broken\n{link}\nhelp@ampwise.example\n"));
    assert!(email.html.contains(&link.replace('&', "&amp;")), "{}", email.html);
    assert!(email.html.contains("lang=\"es-419\"") && email.inline.is_empty());
}

#[test]
fn a_push_is_composed_from_two_lines() {
    let catalog = load(&content()).unwrap();
    let push = push(&catalog, &error("KEY", Some("en")));
    assert_eq!((push.title.as_str(), push.body.as_str()), ("en", "your Tesla Model 3"));
    assert_eq!(push.link.as_deref(), Some("https://www.tesla.com/_ak/smartcar.com"));
    assert!(push.high_priority && push.collapse_key.len() == 32);
    let general = self::push(&catalog, &error("NEW", Some("en")));
    assert_eq!(general.link, None, "a mail address is nothing to open from a push");
}

#[test]
fn the_code_of_the_link_is_an_inline_image() {
    let email = email(&load(&content()).unwrap(), &error("KEY", None));
    let [image] = &email.inline[..] else { panic!("one image") };
    assert!(email.html.contains(&format!("src=\"cid:{}\"", image.content_id)));
    assert!(image.bytes.starts_with(b"\x89PNG") && image.content_type == "image/png");
}

#[test]
fn the_nearest_language_serves_and_another_one_is_told() {
    let catalog = load(&content()).unwrap();
    let table = [
        (Some("es-MX"), "es-419", None),
        (Some("es-ES"), "es", None),
        (Some("de-AT"), "de", None),
        (None, "de", None),
        (Some(""), "de", None),
        (Some("fi-FI"), "de", Some("fi-FI")),
        (Some("<b>\r\n"), "de", Some("<b>")),
    ];
    for (asked, locale, instead_of) in table {
        let expected = (locale.to_owned(), instead_of.map(str::to_owned));
        assert_eq!(served(&catalog, "BROKEN", asked), expected, "{asked:?}");
    }
}

#[test]
fn a_language_that_lacks_one_attribute_gives_way_whole() {
    let files = edited("locales/es-419/account.ftl", |text| text.replacen("    .push-body = { car }\n", "", 1));
    let catalog = load(&files).unwrap();
    assert_eq!(served(&catalog, "BROKEN", Some("es-MX")), ("es".into(), Some("es-MX".into())));
    assert_eq!(served(&catalog, "KEY", Some("es-MX")), ("es-419".into(), None));
    let gaps: Vec<_> = catalog.gaps().iter().map(|gap| (&*gap.locale, gap.notice.to_string())).collect();
    assert_eq!(gaps, [("es-419", "ACCOUNT:BROKEN".to_owned())]);
}

#[test]
fn a_language_that_cannot_resolve_a_word_gives_way_whole() {
    for broken in ["{ $nobody }", "{ nothing }", "{ -term }"] {
        let files = edited("locales/es/account.ftl", |text| text.replace("{ $app }: es broken", broken));
        assert_eq!(served(&load(&files).unwrap(), "BROKEN", Some("es")), ("de".into(), Some("es".into())), "{broken}");
    }
}

#[test]
fn hostile_values_stay_text() {
    let catalog = load(&content()).unwrap();
    let names = [
        "Tom & Jerry <b>\"'",
        "Anna\r\nBcc: all@evil",
        "</a><script>x</script>",
        "{{ text.body }}{% if %}",
        "{ $app }",
        "דנה",
        "👩‍🔧",
    ];
    for name in names {
        let mut error = error("BROKEN", Some("en"));
        error.recipient.name = Some(name.to_owned());
        error.vehicle.name = Some(name.to_owned());
        let email = email(&catalog, &error);
        let headers = [email.subject.as_str(), email.to.name.as_deref().unwrap_or_default()];
        assert!(headers.iter().all(|header| !header.contains(['\r', '\n'])), "{headers:?}");
        assert!(!email.html.contains("<script>") && !email.html.contains("<b>"), "{name}");
        let shown = plain::name(Some(name));
        assert_eq!(email.subject, format!("en broken your {}", shown.as_deref().unwrap_or("Tesla Model 3")));
        let push = push(&catalog, &error);
        assert!(!push.body.contains('\n'));
    }
    let long = App { name: "Long ".repeat(16).trim_end().to_owned(), ..app() };
    let composed = compose(&catalog, &error("BROKEN", None), &long, &Target::Email).unwrap();
    let Message::Email(email) = composed.message else { panic!("an e-mail was ordered") };
    assert_eq!(email.from.name.as_deref(), Some(long.name.as_str()));
}

#[test]
fn an_unknown_code_of_a_known_type_is_served_by_the_general_notice() {
    let catalog = load(&content()).unwrap();
    let key = ErrorKey::new("ACCOUNT", Some("NEW"));
    assert!(catalog.is_general(&key) && catalog.rules(&key).is_some());
    assert_eq!(email(&catalog, &error("NEW", Some("en"))).subject, "en any your Tesla Model 3");
    assert!(!catalog.is_general(&ErrorKey::new("ACCOUNT", Some("BROKEN"))));
    let foreign = VehicleError { key: ErrorKey::new("BILLING", None), ..error("X", None) };
    assert!(catalog.rules(&foreign.key).is_none());
    let result = compose(&catalog, &foreign, &app(), &Target::Email);
    assert_eq!(result, Err(ComposeError::NoNotice(foreign.key)));
}

#[test]
fn a_notice_that_does_not_fit_the_car_gives_way_to_the_general_one() {
    let catalog = load(&content()).unwrap();
    let mut error = error("KEY", Some("en"));
    error.vehicle.make = Some("BMW".into());
    let choice = catalog.choose(News::Problem, &error, &app()).unwrap();
    assert_eq!((choice.notice.to_string().as_str(), choice.general), ("ACCOUNT:ANY", true));
    assert_eq!(choice.link.link.unwrap().kind, "support");
    assert!(email(&catalog, &error).subject.starts_with("en any"));
    let mut files = content();
    files.templates.retain(|path, _| !path.contains("/any/"));
    let result = compose(&load(&files).unwrap(), &error, &app(), &Target::Email);
    assert_eq!(result, Err(ComposeError::DoesNotFit(error.key)));
}

#[test]
fn a_car_that_is_reconnected_inside_the_app_keeps_its_notice_without_a_link() {
    let catalog = load(&edited("templates/account/broken/email.txt", |text| {
        format!("{text}{{% if in_app %}}IN THE APP{{% endif %}}")
    }));
    let catalog = catalog.unwrap();
    let mut error = error("BROKEN", Some("en"));
    assert!(!email(&catalog, &error).text.contains("IN THE APP"));
    error.vehicle.make = Some("FORD".into());
    let email = email(&catalog, &error);
    assert!(email.subject.starts_with("en broken") && email.text.ends_with("IN THE APP\n"), "{}", email.text);
}

#[test]
fn an_owner_without_a_usable_address_is_told_apart() {
    let catalog = load(&content()).unwrap();
    let try_with = |address: Option<&str>| {
        let mut error = error("BROKEN", None);
        error.recipient.email = address.map(str::to_owned);
        compose(&catalog, &error, &app(), &Target::Email).unwrap_err()
    };
    assert_eq!(try_with(None), ComposeError::NoAddress(Channel::Email));
    assert_eq!(try_with(Some(" ")), ComposeError::NoAddress(Channel::Email));
    assert_eq!(try_with(Some("a@b\r\nBcc: c@d")), ComposeError::BadAddress(Channel::Email));
    assert_eq!(try_with(Some("nobody")), ComposeError::BadAddress(Channel::Email));
}

#[test]
fn the_operators_timing_wins_and_is_checked() {
    let minutes = jiff::SignedDuration::from_mins;
    let key = ErrorKey::new("ACCOUNT", Some("KEY"));
    let one = Timing { grace: Some(minutes(2)), ..Timing::default() };
    let all = Timing { grace: Some(minutes(1)), cooldown: Some(minutes(3)), expiry: None };
    let policy = config::Policy { all: all.clone(), per_key: BTreeMap::from([(key.clone(), one)]) };
    let catalog = load(&content()).unwrap().with_policy(&policy).unwrap();
    let rules = catalog.rules(&key).unwrap();
    assert_eq!((rules.grace, rules.cooldown), (minutes(2), minutes(3)));
    assert_eq!(catalog.rules(&ErrorKey::new("ACCOUNT", Some("BROKEN"))).unwrap().grace, minutes(1));

    let all = Timing { expiry: Some(minutes(5)), ..Timing::default() };
    let unknown = BTreeMap::from([(ErrorKey::new("ACCOUNT", Some("KEYS")), Timing::default())]);
    let faults = load(&content()).unwrap().with_policy(&config::Policy { all, per_key: unknown }).unwrap_err();
    insta::assert_snapshot!(told(&faults), @r"
    `[policy]` names `ACCOUNT:KEYS`, which has no notice
      did you mean `ACCOUNT:KEY`?
    `[policy]` and the notice `ACCOUNT:ANY` contradict each other: `expiry` must be later than `grace` and the last step
    `[policy]` and the notice `ACCOUNT:BROKEN` contradict each other: `expiry` must be later than `grace` and the last step
    `[policy]` and the notice `ACCOUNT:KEY` contradict each other: `expiry` must be later than `grace` and the last step
    ");
}

/// Faults with place and help, on lines of their own.
fn told(faults: &Diagnostics) -> String {
    faults.0.iter().fold(String::new(), |mut told, fault| {
        let _ = writeln!(told, "{}", fault.message);
        if let Some(place) = &fault.place {
            let before = &place.source.text[..place.span.start];
            let (line, column) =
                (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap().chars().count() + 1);
            let marked = &place.source.text[place.span.clone()];
            let _ = writeln!(told, "  {}:{line}:{column}: {marked}", place.source.path.display());
        }
        if let Some(help) = &fault.help {
            let _ = writeln!(told, "  {help}");
        }
        told
    })
}

fn faults(files: &Files) -> String {
    told(&load(files).unwrap_err())
}

#[test]
fn faults_of_content_are_told_with_file_line_and_column() {
    let undefined = edited("templates/layout/top.mjml", |text| text.replace("common.greeting", "common.hello"));
    insta::assert_snapshot!(faults(&undefined), @r#"
    template: `en` has no words for `common.hello`
      templates/layout/top.mjml:1:13: common.hello
      known are `car`, `greeting`
    "#);
    let unknown = edited("templates/account/key/email.txt", |text| text.replace("{% if link", "{% if lnik"));
    insta::assert_snapshot!(faults(&unknown), @r#"
    template: nobody knows `lnik`
      templates/account/key/email.txt:4:7: lnik
      did you mean `link`?
    "#);
    let lacking = edited("locales/en/account.ftl", |text| text.replacen("    .action = Go\n", "", 1));
    insta::assert_snapshot!(faults(&lacking), @r#"
    template: `en` has no words for `text.action`
      templates/account/broken/email.mjml:4:50: text.action
      known are `body`, `push_body`, `push_title`, `subject`
    "#);
    let default = edited("locales/de/account.ftl", |text| text.replacen("{ car }", "{ auto }", 1));
    insta::assert_snapshot!(faults(&default), @r#"
    `de` cannot say `.subject`: Unknown message: auto
      locales/de/account.ftl:2:6: subject
    "#);
    let policy =
        edited("templates/account/key/notice.toml", |text| text.replace("grace", "grase").replace("14d", "14 x"));
    insta::assert_snapshot!(faults(&policy), @r#"
    `grase` is unknown here
      templates/account/key/notice.toml:4:1: grase
      did you mean `grace`?
    `14 x` is no time for `expiry`
      templates/account/key/notice.toml:6:10: "14 x"
      write it as "10m", "12h" or "3d"; at most 400 days
    "#);
    let one_line = edited("templates/account/key/push.txt", |_| "{{ text.push_title }}".to_owned());
    insta::assert_snapshot!(faults(&one_line), @r#"
    the notice `account/key`: `push.txt` renders to nothing, or to less than it must
      templates/account/key/push.txt:1:1: 
      `push.txt` needs two lines: title, then body
    "#);
}

#[test]
fn a_default_locale_that_no_language_serves_is_a_fault() {
    let apps = BTreeMap::from([("ampwise".to_owned(), App { default_locale: "fi".into(), ..app() })]);
    let faults = Catalog::build(&content(), &apps, Vec::new()).unwrap_err();
    insta::assert_snapshot!(told(&faults), @r#"
    `apps.ampwise.default_locale`: no language serves `fi`
      the content has de, en, es, es-419
    "#);
}

#[test]
fn an_attribute_that_a_template_can_do_without_is_not_demanded() {
    let files = edited("templates/layout/top.mjml", |text| {
        format!("{text}<mj-text>{{% if text.more is defined %}}{{{{ text.more }}}}{{% endif %}}</mj-text>")
    });
    assert!(load(&files).unwrap().gaps().is_empty());
}

#[test]
fn what_english_has_every_language_must_have() {
    let mut files = edited("templates/layout/top.mjml", |text| {
        format!("{text}<mj-text>{{% if text.more is defined %}}{{{{ text.more }}}}{{% endif %}}</mj-text>")
    });
    for locale in ["en", "de"] {
        let source = &files.locales[&format!("{locale}/account.ftl")];
        let text = source.text.replace(" .action", " .more = More\n    .action");
        let path = source.path.clone();
        files.locales.insert(format!("{locale}/account.ftl"), Arc::new(Source { path, text }));
    }
    let catalog = load(&files).unwrap();
    assert_eq!(catalog.gaps().len(), 6, "{:?}", catalog.gaps());
    assert!(email(&catalog, &error("BROKEN", Some("es-MX"))).html.contains("More"));
}

#[test]
fn empty_content_is_a_fault_and_no_panic() {
    insta::assert_snapshot!(faults(&Files::default()), @r#"
    the templates have no notice
      add a folder such as `type/code/`
    the language `en` is missing: it serves where no other can
    "#);
}

#[test]
fn right_to_left_languages_are_laid_out_from_the_right() {
    let mut files = content();
    for file in ["common.ftl", "account.ftl"] {
        let source = Arc::clone(&files.locales[&format!("en/{file}")]);
        files.locales.insert(format!("he/{file}"), source);
    }
    let html = email(&load(&files).unwrap(), &error("BROKEN", Some("iw-IL"))).html;
    assert!(html.contains("dir=\"rtl\"") && html.contains("text-align:right"), "{html}");
}

#[test]
fn a_catalog_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Catalog>();
}
