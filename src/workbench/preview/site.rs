//! Where a page is found: under a URL of the server, or as a file beside others. The one place that writes links.

use serde::Deserialize;
use url::form_urlencoded::Serializer;

/// How the pages hang together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Site {
    Live,
    /// Files in folders. `up`: from the page that is being written to the folder of all.
    Files {
        up: &'static str,
        /// The app and the language of the pages that bear neither in their links.
        app: String,
        locale: String,
    },
}

/// What a page shows, beside the notice itself. All of it stands in the URL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Spot {
    pub(super) app: Option<String>,
    pub(super) locale: Option<String>,
    pub(super) scenario: Option<String>,
    /// An edited sample event, as JSON.
    pub(super) event: Option<String>,
    /// How it is looked at: which pane, how wide, in which light.
    pub(super) view: Option<String>,
    pub(super) width: Option<String>,
    pub(super) mode: Option<String>,
}

/// In which light a mail is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Light,
    /// By the mail's own rules for dark mode.
    Dark,
    /// As by programs that turn all colours round.
    Forced,
}

impl Mode {
    pub(super) const ALL: [Self; 3] = [Self::Light, Self::Dark, Self::Forced];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Forced => "forced",
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Light => "Light",
            Self::Dark => "Dark",
            Self::Forced => "Forced dark",
        }
    }

    /// Light, unless another is named.
    pub(super) fn named(name: Option<&str>) -> Self {
        Self::ALL.into_iter().find(|mode| Some(mode.as_str()) == name).unwrap_or(Self::Light)
    }
}

impl Spot {
    /// The same with another language.
    pub(super) fn speaking(&self, locale: &str) -> Self {
        Self { locale: Some(locale.to_owned()), ..self.clone() }
    }

    /// The same in another light, width or pane.
    pub(super) fn looking(&self, key: &str, value: &str) -> Self {
        let mut spot = self.clone();
        match key {
            "view" => spot.view = Some(value.to_owned()),
            "width" => spot.width = Some(value.to_owned()),
            _ => spot.mode = Some(value.to_owned()),
        }
        spot
    }

    /// `?app=…&locale=…`, or nothing.
    fn query(&self, further: &[(&str, &str)]) -> String {
        let mut query = Serializer::new(String::new());
        let Self { app, locale, scenario, event, view, width, mode } = self;
        let known = [("app", app), ("locale", locale), ("scenario", scenario), ("event", event)];
        let looks = [("view", view), ("width", width), ("mode", mode)];
        for (name, value) in known.into_iter().chain(looks) {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                query.append_pair(name, value);
            }
        }
        query.extend_pairs(further);
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }

    /// What decides about a message, without how it is looked at.
    fn subject(&self) -> Self {
        Self { view: None, width: None, mode: None, ..self.clone() }
    }
}

impl Site {
    pub(super) fn is_live(&self) -> bool {
        matches!(self, Self::Live)
    }

    pub(super) fn gallery(&self, spot: &Spot) -> String {
        match self {
            Self::Live => {
                format!(
                    "/{}",
                    Spot { app: spot.app.clone(), locale: spot.locale.clone(), ..Spot::default() }.query(&[])
                )
            }
            Self::Files { up, app, locale } => {
                let (of, in_) = (spot.app.as_ref().unwrap_or(app), spot.locale.as_ref().unwrap_or(locale));
                if (of, in_) == (app, locale) {
                    format!("{up}index.html")
                } else {
                    format!("{up}gallery/{of}.{in_}.html")
                }
            }
        }
    }

    pub(super) fn notice(&self, folder: &str, spot: &Spot) -> String {
        match self {
            Self::Live => format!("/notices/{folder}{}", spot.query(&[])),
            Self::Files { up, .. } => format!("{up}notices/{folder}/{}.html", self.stem(spot)),
        }
    }

    /// The same page, looked at otherwise.
    pub(super) fn look(&self, folder: &str, spot: &Spot) -> String {
        match self {
            Self::Live => self.notice(folder, spot),
            Self::Files { .. } => {
                let looks = Spot { app: None, locale: None, scenario: None, event: None, ..spot.clone() };
                looks.query(&[])
            }
        }
    }

    /// `generation`: so that a browser loads it again when it has changed.
    pub(super) fn mail(&self, folder: &str, spot: &Spot, mode: Mode, generation: u64) -> String {
        match self {
            Self::Live => {
                let generation = generation.to_string();
                let further = [("mode", mode.as_str()), ("generation", &generation)];
                format!("/mails/{folder}{}", spot.subject().query(&further))
            }
            Self::Files { up, .. } => format!("{up}mails/{folder}/{}.{}.html", self.stem(spot), mode.as_str()),
        }
    }

    pub(super) fn eml(&self, folder: &str, spot: &Spot) -> String {
        match self {
            Self::Live => format!("/eml/{folder}{}", spot.subject().query(&[])),
            Self::Files { up, .. } => format!("{up}mails/{folder}/{}.eml", self.stem(spot)),
        }
    }

    /// The list of what differs from a revision. Only files have such pages.
    pub(super) fn changes(&self) -> String {
        format!("{}changes/index.html", self.up())
    }

    pub(super) fn change(&self, folder: &str, locale: &str) -> String {
        format!("{}changes/{folder}/{locale}.html", self.up())
    }

    /// The mail of a change, `before` or `after`.
    pub(super) fn version(&self, folder: &str, locale: &str, when: &str, mode: Mode) -> String {
        format!("{}changes/{folder}/{locale}.{when}.{}.html", self.up(), mode.as_str())
    }

    fn up(&self) -> &'static str {
        match self {
            Self::Live => "/",
            Self::Files { up, .. } => up,
        }
    }

    pub(super) fn asset(&self, name: &str) -> String {
        match self {
            Self::Live => format!("/assets/{name}"),
            Self::Files { .. } => format!("{}assets/{name}", self.up()),
        }
    }

    fn stem(&self, spot: &Spot) -> String {
        let (app, locale) = match self {
            Self::Live => ("", ""),
            Self::Files { app, locale, .. } => (app.as_str(), locale.as_str()),
        };
        let (of, in_) = (spot.app.as_deref().unwrap_or(app), spot.locale.as_deref().unwrap_or(locale));
        format!("{of}.{in_}.{}", spot.scenario.as_deref().unwrap_or("plain"))
    }
}
