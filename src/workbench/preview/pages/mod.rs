//! The pages, as HTML. `maud` escapes whatever is put into them.

mod changes;
mod gallery;
mod languages;
mod notice;
mod phone;
mod source;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::catalog::{About, Catalog, PSEUDOLOCALES};
use crate::diagnostic::Severity;

use super::findings::{self, Count};
use super::site::{Site, Spot};
use super::{Desk, SCRIPTS, STYLES};

pub(super) use changes::{banner, change, changes};
pub(super) use gallery::gallery;
pub(super) use notice::notice;

/// What stands around every page.
struct Frame<'a> {
    desk: &'a Desk<'a>,
    title: &'a str,
    spot: &'a Spot,
    /// The folder of the notice that is shown.
    current: Option<&'a str>,
}

impl Frame<'_> {
    fn page(&self, main: &Markup) -> String {
        let Self { desk, title, current, .. } = self;
        let live = desk.site.is_live();
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) " · Dashlight" }
                    link rel="icon" href=(ICON);
                    @for (name, _) in STYLES { link rel="stylesheet" href=(desk.site.asset(name)); }
                    @for (name, _) in SCRIPTS { script src=(desk.site.asset(name)) defer {} }
                }
                body data-live=[live.then_some("")] data-generation=(desk.content.generation) {
                    a.skip href="#main" { "Skip to the message" }
                    (self.header())
                    nav #notices aria-label="Messages" { (self.notices(*current)) }
                    main #main tabindex="-1" {
                        (self.broken())
                        (main)
                    }
                    // What happens by itself is said aloud.
                    p #told .aloud role="status" aria-live="polite" {}
                }
            }
        }
        .into_string()
    }

    fn header(&self) -> Markup {
        let Self { desk, spot, .. } = self;
        html! {
            header.top {
                a.brand href=(desk.site.gallery(&Spot { app: spot.app.clone(), ..Spot::default() })) {
                    (LAMP) span { "Dashlight" } small { "workbench" }
                }
                div.state {
                    @if let Some(catalog) = desk.catalog() {
                        span.revision title="Hash of all content; it is recorded with every message that is sent" {
                            "revision " code { (catalog.revision()) }
                        }
                    }
                    @if desk.site.is_live() {
                        span #live.live data-state="waiting" { "connecting" }
                    }
                }
            }
        }
    }

    /// All notices, with the state of each.
    fn notices(&self, current: Option<&str>) -> Markup {
        let Self { desk, spot, .. } = self;
        let Some(catalog) = desk.catalog() else { return html! {} };
        let abouts = abouts(catalog);
        let kept = Spot { scenario: None, event: None, ..(*spot).clone() };
        html! {
            div.find {
                label.aloud for="filter" { "Filter the messages" }
                input #filter type="search" placeholder="Filter" autocomplete="off" spellcheck="false";
            }
            a.all href=(desk.site.gallery(spot)) aria-current=[current.is_none().then_some("page")] { "All messages" }
            @for kind in kinds(&abouts) {
                h2 { (in_words(kind)) }
                ul {
                    @for about in abouts.iter().filter(|about| kind_of(about) == kind) {
                        @let count = desk.content.findings.own(&about.folder);
                        li data-find=(search_text(about)) data-sign=(count.sign()) {
                            a href=(desk.site.notice(&about.folder, &kept))
                                aria-current=[(current == Some(about.folder.as_str())).then_some("page")] {
                                span { (name(about)) }
                                (sign(count))
                            }
                        }
                    }
                }
            }
            p.none hidden { "No message is like that." }
        }
    }

    /// What keeps the files of today from being used.
    fn broken(&self) -> Markup {
        let Self { desk, .. } = self;
        if !desk.content.refused {
            return html! {};
        }
        let errors: Vec<_> = desk.content.findings.all().filter(|f| f.severity == Severity::Error).collect();
        let count = Count::of(errors.iter().copied());
        html! {
            section #broken.broken aria-labelledby="broken-title" {
                h2 #broken-title { "This edit cannot be used: " (count.tell()) }
                p {
                    @if desk.catalog().is_some() { "What you see below is the last version that could. It is replaced as soon as the files are mended." }
                    @else { "There is nothing to show until the files are mended. This page follows them." }
                }
                (findings::list(errors))
            }
        }
    }
}

/// A lamp on a dashboard.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='6' fill='%23f5a524'/%3E%3C/svg%3E";
const LAMP: PreEscaped<&str> = PreEscaped(
    r##"<svg class="lamp" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"><circle cx="12" cy="12" r="11" fill="#f5a524"/><path d="M12 6.2v7.1" stroke="#2a1c00" stroke-width="2.6" stroke-linecap="round"/><circle cx="12" cy="17.4" r="1.6" fill="#2a1c00"/></svg>"##,
);

/// A dot and a number; for those who do not see it, words.
fn sign(count: Count) -> Markup {
    let total = count.errors + count.warnings;
    html! {
        span class={ "sign " (count.sign()) } title=(count.tell()) {
            @if total > 0 { (total) }
            span.aloud { " " (count.tell()) }
        }
    }
}

/// All notices by their folders, those that stand for all other codes last.
pub(super) fn abouts(catalog: &Catalog) -> Vec<About> {
    let mut abouts: Vec<About> = catalog.keys().filter_map(|key| catalog.about(key)).collect();
    abouts
        .sort_by_cached_key(|about| (kind_of(about).to_owned(), about.folder.ends_with("/any"), about.folder.clone()));
    abouts
}

fn kinds(abouts: &[About]) -> Vec<&str> {
    let mut kinds: Vec<&str> = abouts.iter().map(kind_of).collect();
    kinds.dedup();
    kinds
}

fn kind_of(about: &About) -> &str {
    about.folder.split_once('/').map_or(&about.folder, |(kind, _)| kind)
}

/// A notice as people call it: `Authentication failed`.
fn name(about: &About) -> String {
    match about.folder.split_once('/').map(|(_, code)| code) {
        Some("any") => "Any other code".into(),
        Some("none") | None => in_words(kind_of(about)),
        Some(code) => in_words(code),
    }
}

fn in_words(kebab: &str) -> String {
    let mut letters = kebab.chars().map(|c| if c == '-' { ' ' } else { c });
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What the filter looks through.
fn search_text(about: &About) -> String {
    format!("{} {} {}", about.folder, about.key, name(about)).to_lowercase()
}

/// The languages that can be looked at, the pseudolocales last.
pub(super) fn locales(catalog: &Catalog) -> Vec<&str> {
    let all = || catalog.locales().map(|name| &**name);
    real_locales(catalog).chain(PSEUDOLOCALES.into_iter().filter(|name| all().any(|known| known == *name))).collect()
}

/// The languages of the content.
pub(super) fn real_locales(catalog: &Catalog) -> impl Iterator<Item = &str> {
    catalog.locales().map(|name| &**name).filter(|name| !PSEUDOLOCALES.contains(name))
}

/// What a pseudolocale is, for a tooltip.
fn about_locale(locale: &str) -> Option<&'static str> {
    match locale {
        "en-XA" => Some("Pseudolocale: English, accented and about a third longer"),
        "ar-XB" => Some("Pseudolocale: English in Arabic letters, written from the right"),
        _ => None,
    }
}

/// The switch of languages. `current`: the tag that was asked for.
fn language_switch(catalog: &Catalog, current: &str, href: impl Fn(&str) -> String) -> Markup {
    html! {
        nav.pills aria-label="Language" {
            @for locale in locales(catalog) {
                a href=(href(locale)) title=[about_locale(locale)] id={ "locale-" (locale) }
                    class=[about_locale(locale).map(|_| "pseudo")]
                    aria-current=[(locale == current).then_some("true")] { (locale) }
            }
        }
    }
}

/// The switch of apps, where there are several.
fn app_switch(desk: &Desk<'_>, current: &str, href: impl Fn(&str) -> String) -> Markup {
    if desk.apps.len() < 2 {
        return html! {};
    }
    html! {
        label.choice {
            span { "App" }
            select name="app" #app {
                @for app in desk.apps.values() {
                    option value=(app.id) data-href=(href(&app.id)) selected[app.id == current] { (app.name) }
                }
            }
        }
    }
}

/// A page that says why there is nothing to see.
pub(super) fn nothing(desk: &Desk<'_>, spot: &Spot, title: &str, why: &str) -> String {
    let main = html! {
        @if !desk.content.refused {
            section.empty { h1 { (title) } p { (why) } p { a href=(Site::Live.gallery(spot)) { "All messages" } } }
        }
    };
    Frame { desk, title, spot, current: None }.page(&main)
}
