//! What a template may say: the whole of its context. A name that is not here is a fault of the template.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;

use crate::config::App;

use super::color;
use super::links::{Link, Why};
use super::locale::Direction;
use super::words::Texts;

/// Names whose parts are the words of the languages.
pub(super) const OPEN: [&str; 2] = ["text", "common"];

/// Every name at the top with the names below it, as templates write them: read from a view that has everything.
pub(super) static KNOWN: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
    let link = Link { url: String::new(), host: String::new(), display: String::new(), kind: "", why: Why::Built };
    let reference = || Some(Reference { url: "", display: "" });
    let text = Some("");
    let view = View {
        locale: "",
        dir: "",
        align: "",
        app: AppView {
            name: "",
            color: "",
            on_color: "",
            logo: text,
            support_email: text,
            support_url: text,
            home: text,
            address: text,
        },
        text: TextView { text: &BTreeMap::new(), steps: &[] },
        common: &BTreeMap::new(),
        link: Some(&link),
        in_app: false,
        support: reference(),
        others: Vec::new(),
        qr: Some(Image { src: "" }),
        stop: reference(),
    };
    let names = |value: &serde_json::Value| {
        value.as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>()).unwrap_or_default()
    };
    let all = serde_json::to_value(&view).unwrap_or_default();
    let fields = all.as_object().into_iter().flatten();
    fields.map(|(name, value)| (name.clone(), names(value))).collect()
});

#[derive(Debug, Serialize)]
pub(super) struct View<'a> {
    locale: &'a str,
    dir: &'static str,
    align: &'static str,
    app: AppView<'a>,
    text: TextView<'a>,
    common: &'a BTreeMap<String, String>,
    link: Option<&'a Link>,
    in_app: bool,
    support: Option<Reference<'a>>,
    others: Vec<OtherView<'a>>,
    qr: Option<Image<'a>>,
    stop: Option<Reference<'a>>,
}

/// What a message may lead to, beside its words.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Ways<'a> {
    pub(super) link: Option<&'a Link>,
    /// The notice has a link, but for this car or app there is none: the owner has to act inside the app.
    pub(super) in_app: bool,
    pub(super) support: Option<&'a Link>,
    pub(super) stop: Option<&'a Link>,
    /// What the message speaks of beside the one car.
    pub(super) others: &'a [Other],
    /// `cid:…`.
    pub(super) qr: Option<&'a str>,
}

/// Another car of the owner, in the same trouble.
#[derive(Debug, Default)]
pub(super) struct Other {
    pub(super) car: Option<String>,
    pub(super) link: Option<Link>,
}

#[derive(Debug, Serialize)]
struct OtherView<'a> {
    car: Option<&'a str>,
    link: Option<&'a Link>,
}

#[derive(Debug, Serialize)]
struct AppView<'a> {
    name: &'a str,
    color: &'a str,
    on_color: &'static str,
    logo: Option<&'a str>,
    support_email: Option<&'a str>,
    support_url: Option<&'a str>,
    home: Option<&'a str>,
    address: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct TextView<'a> {
    #[serde(flatten)]
    text: &'a BTreeMap<String, String>,
    steps: &'a [String],
}

#[derive(Debug, Serialize)]
struct Reference<'a> {
    url: &'a str,
    display: &'a str,
}

#[derive(Debug, Serialize)]
struct Image<'a> {
    src: &'a str,
}

impl<'a> View<'a> {
    /// `name` is the app's name as one line.
    pub(super) fn new(
        locale: &'a str,
        direction: Direction,
        app: &'a App,
        name: &'a str,
        texts: &'a Texts,
        ways: Ways<'a>,
    ) -> Self {
        let (dir, align) = match direction {
            Direction::LeftToRight => ("ltr", "left"),
            Direction::RightToLeft => ("rtl", "right"),
        };
        let (color, on_color) = color::pair(&app.color);
        let reference = |link: &'a Link| Reference { url: &link.url, display: &link.display };
        let https = |url: &'a Option<String>| url.as_deref().filter(|url| url.starts_with("https://"));
        Self {
            locale,
            dir,
            align,
            app: AppView {
                name,
                color,
                on_color,
                logo: https(&app.logo),
                support_email: app.support_email.as_deref(),
                support_url: https(&app.support_url),
                home: https(&app.home),
                address: app.address.as_deref(),
            },
            text: TextView { text: &texts.text, steps: &texts.steps },
            common: &texts.common,
            link: ways.link,
            in_app: ways.in_app,
            support: ways.support.map(reference),
            others: ways
                .others
                .iter()
                .map(|other| OtherView { car: other.car.as_deref(), link: other.link.as_ref() })
                .collect(),
            qr: ways.qr.map(|src| Image { src }),
            stop: ways.stop.map(reference),
        }
    }
}
