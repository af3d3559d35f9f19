//! The one link that mends the problem: which it is, how it is built, and where it may lead. Pure.
//!
//! What an event brings is untrusted: its url never decides where an owner is sent. A link is built from the app's
//! configuration, and passes the gate at the end only over https to a host that the configuration or Smartcar names.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use url::Url;

use crate::config::App;
use crate::event::VehicleError;

use super::car;

const CONNECT_HOST: &str = "connect.smartcar.com";
const TESLA_HOSTS: [&str; 2] = ["www.tesla.com", "tesla.com"];
const REAUTHENTICATE: &str = "https://connect.smartcar.com/oauth/reauthenticate";
const AUTHORIZE: &str = "https://connect.smartcar.com/oauth/authorize";
/// Their owners sign in through the maker's own app only, so Smartcar's pages cannot help them.
const APP_ONLY_MAKES: [&str; 2] = ["FORD", "LINCOLN"];
/// All but the unreserved characters of RFC 3986 §2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// Bytes. Mail programs and gateways break longer ones.
const LONGEST: usize = 2_000;

/// What a notice asks for (`link` in notice.toml).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    Reauthenticate,
    Connect,
    /// Re-authenticate when the vehicle is known, else connect.
    ReauthenticateOrConnect,
    VirtualKey,
    Support,
    None,
}

impl LinkKind {
    pub const ALL: [Self; 6] = [
        Self::Reauthenticate,
        Self::Connect,
        Self::ReauthenticateOrConnect,
        Self::VirtualKey,
        Self::Support,
        Self::None,
    ];

    /// Whether the owner reconnects the car there: where there is no such link, the app itself is the place.
    pub fn leads_to_smartcar(self) -> bool {
        matches!(self, Self::Reauthenticate | Self::Connect | Self::ReauthenticateOrConnect)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reauthenticate => "reauthenticate",
            Self::Connect => "connect",
            Self::ReauthenticateOrConnect => "reauthenticate-or-connect",
            Self::VirtualKey => "virtual-key",
            Self::Support => "support",
            Self::None => "none",
        }
    }
}

/// A link that may be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    pub url: String,
    /// The host, or the domain of a mail address: what "leads to …" shows.
    pub host: String,
    /// Without scheme and query, for showing.
    pub display: String,
    /// `reauthenticate`, `connect`, `virtual-key` or `support`.
    pub kind: &'static str,
    /// How it came about, for `dashlight explain`.
    #[serde(skip)]
    pub why: Why,
}

/// How a link came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    OwnLink,
    CompletedUrl,
    Built,
    NoVehicle,
    VirtualKeyPage,
    Support,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OwnLink => "the app's own link, from `[apps.ID.links]`",
            Self::CompletedUrl => "the event's url, completed with the app's redirect URI",
            Self::Built => "built from the app's client id and the vehicle's id",
            Self::NoVehicle => "a Connect link, because the vehicle's id is not known",
            Self::VirtualKeyPage => "the app's virtual-key page",
            Self::Support => "the app's support",
        })
    }
}

/// Why an event's url was not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    Foreign,
    OtherClient,
    OtherVehicle,
    OtherKey,
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Foreign => "it is not Smartcar's re-authentication page",
            Self::OtherClient => "it names another client id than the app's",
            Self::OtherVehicle => "it names another vehicle than the event",
            Self::OtherKey => "it is not the app's virtual-key page",
        })
    }
}

/// What came of building a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// `None`: the notice asks for none, or there is none that may be sent.
    pub link: Option<Link>,
    /// The event brought a url that was not used.
    pub ignored: Option<Ignored>,
    /// The notice asks for a link that its words speak of, and it cannot be had for this car or app.
    pub missed: bool,
}

/// Builds the link of a notice for this error. `locale` is the one that the message is rendered in.
pub fn link_for(kind: LinkKind, app: &App, error: &VehicleError, locale: &str) -> Built {
    let desk = Desk { app, error, locale };
    let (link, ignored) = match kind {
        LinkKind::None => (None, None),
        LinkKind::Support => (desk.support(), None),
        LinkKind::Connect => (desk.connect(Why::Built), None),
        LinkKind::Reauthenticate | LinkKind::ReauthenticateOrConnect => desk.reauthenticate(),
        LinkKind::VirtualKey => desk.virtual_key(),
    };
    let missed = link.is_none() && !matches!(kind, LinkKind::None | LinkKind::Support);
    Built { link, ignored, missed }
}

/// The app's support: its page, else its mail address.
pub fn support_for(app: &App, error: &VehicleError, locale: &str) -> Option<Link> {
    Desk { app, error, locale }.support()
}

/// "Stop using this car", if the app offers it.
pub fn stop_for(app: &App, error: &VehicleError, locale: &str) -> Option<Link> {
    Desk { app, error, locale }.own(app.links.stop.as_deref(), "stop")
}

/// Whether a message may lead there: over https, to a host that Smartcar or the configuration names.
pub fn may_lead_to(app: &App, url: &str) -> bool {
    let url = Url::parse(url).ok().filter(is_plain_https);
    url.is_some_and(|url| url.host_str().is_some_and(|host| is_allowed(app, host)))
}

/// What a link is built from.
struct Desk<'a> {
    app: &'a App,
    error: &'a VehicleError,
    locale: &'a str,
}

impl Desk<'_> {
    fn reauthenticate(&self) -> (Option<Link>, Option<Ignored>) {
        let (offer, ignored) = match self.error.resolution.url.as_deref().map(|url| self.offer(url)) {
            Some(Ok(offer)) => (Some(offer), None),
            Some(Err(ignored)) => (None, Some(ignored)),
            None => (None, None),
        };
        let vehicle = self.vehicle().map(str::to_owned).or_else(|| offer.as_ref()?.vehicle.clone());
        let own = self.expand(self.app.links.reauthenticate.as_deref(), vehicle.as_deref());
        if let Some(link) = own.and_then(|url| self.gate(&url, "reauthenticate", Why::OwnLink)) {
            return (Some(link), ignored);
        }
        if self.is_app_only() {
            return (None, ignored);
        }
        let Some(vehicle) = vehicle else { return (self.connect(Why::NoVehicle), ignored) };
        let built = self.smartcar_reauthenticate(&vehicle, offer.as_ref());
        (self.gate(&built, "reauthenticate", if offer.is_some() { Why::CompletedUrl } else { Why::Built }), ignored)
    }

    fn smartcar_reauthenticate(&self, vehicle: &str, offer: Option<&Offer>) -> String {
        let redirect = self.app.redirect_uri.as_deref();
        let response = if redirect.is_some() { "vehicle_id" } else { "none" };
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("response_type", response).append_pair("client_id", &self.app.client_id);
        query.append_pair("vehicle_id", vehicle);
        // `state` stays out: it would have to be minted on the click to be worth anything.
        query.extend_pairs(redirect.map(|uri| ("redirect_uri", uri)));
        let own = query.finish();
        let rest = offer.map_or(&[][..], |offer| &offer.rest);
        let mut query =
            url::form_urlencoded::Serializer::for_suffix(format!("{REAUTHENTICATE}?{own}"), REAUTHENTICATE.len() + 1);
        let whole = query.extend_pairs(rest).finish();
        if whole.len() <= LONGEST { whole } else { format!("{REAUTHENTICATE}?{own}") }
    }

    /// Reads the partial url that Smartcar sends along. Nothing of it is trusted before it names this app and vehicle.
    fn offer(&self, text: &str) -> Result<Offer, Ignored> {
        let url = Url::parse(text).map_err(|_| Ignored::Foreign)?;
        let at_home = is_plain_https(&url) && url.host_str() == Some(CONNECT_HOST);
        if !at_home || url.path().trim_end_matches('/') != "/oauth/reauthenticate" {
            return Err(Ignored::Foreign);
        }
        let mut offer = Offer::default();
        for (name, value) in url.query_pairs() {
            match &*name {
                "client_id" | "application_id" if !value.is_empty() && value != self.app.client_id => {
                    return Err(Ignored::OtherClient);
                }
                "vehicle_id" if !value.is_empty() => {
                    let known = self.vehicle().or(offer.vehicle.as_deref());
                    if known.is_some_and(|known| known != value) {
                        return Err(Ignored::OtherVehicle);
                    }
                    offer.vehicle = Some(value.into_owned());
                }
                "client_id" | "application_id" | "vehicle_id" | "response_type" | "redirect_uri" | "state" => {}
                _ => offer.rest.push((name.into_owned(), value.into_owned())),
            }
        }
        Ok(offer)
    }

    fn connect(&self, why: Why) -> Option<Link> {
        if let Some(own) = self.own(self.app.links.connect.as_deref(), "connect") {
            return Some(own);
        }
        let redirect = self.app.redirect_uri.as_deref().filter(|_| !self.is_app_only())?;
        if self.app.scope.is_empty() {
            return None;
        }
        let mut url = Url::parse(AUTHORIZE).ok()?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.app.client_id)
            .append_pair("redirect_uri", redirect)
            .append_pair("scope", &self.app.scope.join(" "));
        self.gate(url.as_str(), "connect", why)
    }

    /// Always the configured page: a forged event could otherwise hand the keys of a car to somebody else's app.
    fn virtual_key(&self) -> (Option<Link>, Option<Ignored>) {
        let page = &self.app.virtual_key_url;
        let same = |url: &str| matches!((Url::parse(url), Url::parse(page)), (Ok(a), Ok(b)) if a == b);
        let other = self.error.resolution.url.as_deref().is_some_and(|url| !same(url));
        let ignored = other.then_some(Ignored::OtherKey);
        if car::is_made_by(&self.error.vehicle, &["TESLA"]) == Some(false) {
            return (None, ignored);
        }
        let own = self.own(self.app.links.virtual_key.as_deref(), "virtual-key");
        (own.or_else(|| self.gate(page, "virtual-key", Why::VirtualKeyPage)), ignored)
    }

    fn support(&self) -> Option<Link> {
        let page = || self.gate(self.app.support_url.as_deref()?, "support", Why::Support);
        self.own(self.app.links.support.as_deref(), "support").or_else(page).or_else(|| self.support_mail())
    }

    fn support_mail(&self) -> Option<Link> {
        let address = self.app.support_email.as_deref().filter(|address| !address.contains(char::is_control))?;
        let (local, domain) = address.rsplit_once('@')?;
        let url = format!("mailto:{}@{}", encode(local), encode(domain));
        let link =
            Link { url, host: domain.to_owned(), display: address.to_owned(), kind: "support", why: Why::Support };
        Some(link)
    }

    fn own(&self, template: Option<&str>, kind: &'static str) -> Option<Link> {
        self.gate(&self.expand(template, self.vehicle())?, kind, Why::OwnLink)
    }

    /// Fills a template of `[apps.ID.links]`. `None` when a value is missing, or is a path segment that means another
    /// place (`..`), or the template has a placeholder that nobody knows.
    fn expand(&self, template: Option<&str>, vehicle: Option<&str>) -> Option<String> {
        fill(template?, |name| match name {
            "vehicle" => vehicle,
            "user" => Some(self.error.recipient.id.as_str()),
            "client_id" => Some(self.app.client_id.as_str()),
            "locale" => Some(self.locale),
            _ => None,
        })
    }

    /// The last look at every link: https, an allowed host, no credentials, no odd port.
    fn gate(&self, text: &str, kind: &'static str, why: Why) -> Option<Link> {
        let url = Url::parse(text).ok().filter(is_plain_https)?;
        let host = url.host_str()?.to_owned();
        if url.as_str().len() > LONGEST || !is_allowed(self.app, &host) {
            return None;
        }
        let query = url.query().filter(|_| kind == "support").map(|query| format!("?{query}")).unwrap_or_default();
        let display = format!("{host}{}{query}", url.path().trim_end_matches('/'));
        Some(Link { url: url.into(), host, display, kind, why })
    }

    fn vehicle(&self) -> Option<&str> {
        self.error.vehicle.id.as_deref().filter(|id| !id.is_empty())
    }

    fn is_app_only(&self) -> bool {
        car::is_made_by(&self.error.vehicle, &APP_ONLY_MAKES) == Some(true)
    }
}

/// What is of use in the url of an event.
#[derive(Debug, Default)]
struct Offer {
    vehicle: Option<String>,
    /// Parameters that we do not set ourselves.
    rest: Vec<(String, String)>,
}

fn is_plain_https(url: &Url) -> bool {
    url.scheme() == "https" && url.username().is_empty() && url.password().is_none() && url.port().is_none()
}

/// Smartcar's, Tesla's, or one that the app's configuration names.
fn is_allowed(app: &App, host: &str) -> bool {
    if host == CONNECT_HOST || TESLA_HOSTS.contains(&host) {
        return true;
    }
    let links = &app.links;
    let own =
        [&links.reauthenticate, &links.connect, &links.virtual_key, &links.support, &links.stop, &app.support_url];
    own.into_iter().flatten().chain([&app.virtual_key_url]).any(|template| host_of(template).as_deref() == Some(host))
        || app.allowed_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
}

/// The host that a configured link names. A placeholder in its place names none that a real value could match.
fn host_of(template: &str) -> Option<String> {
    let url = Url::parse(&fill(template, |_| Some("placeholder"))?).ok()?;
    url.host_str().filter(|host| !host.contains("placeholder")).map(str::to_owned)
}

/// Replaces `{name}` by percent-encoded values.
fn fill<'v>(template: &str, value: impl Fn(&str) -> Option<&'v str>) -> Option<String> {
    let mut filled = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        let value = value(name).filter(|value| !matches!(*value, "" | "." | ".."))?;
        filled.push_str(before);
        filled.push_str(&encode(value));
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}

/// Percent-encodes all but RFC 3986's unreserved characters, so that a value stays one value wherever it stands.
fn encode(value: &str) -> String {
    utf8_percent_encode(value, RESERVED).to_string()
}

#[cfg(test)]
#[path = "links_tests.rs"]
mod tests;
