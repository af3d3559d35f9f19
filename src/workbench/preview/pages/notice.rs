//! One notice: its switches, its panes, and the facts beside them.

use maud::{Markup, html};

use crate::catalog::{About, Catalog};
use crate::message::Email;
use crate::workbench::preview::findings::{self, Count};
use crate::workbench::preview::mail;
use crate::workbench::preview::sheet::Sheet;
use crate::workbench::preview::site::{Mode, Spot};

use super::{Desk, Frame, app_switch, language_switch, languages, name, nothing, phone, source};

/// The panes, by their names in the URL.
const VIEWS: [(&str, &str); 7] = [
    ("mail", "Mail"),
    ("inbox", "Inbox"),
    ("push", "Push"),
    ("text", "Text"),
    ("languages", "All languages"),
    ("source", "Source"),
    ("event", "Sample event"),
];
const WIDTHS: [(&str, &str); 3] = [("both", "Both"), ("phone", "Phone"), ("desktop", "Desktop")];

/// A notice on a page of its own.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) desk: &'a Desk<'a>,
    pub(super) catalog: &'a Catalog,
    pub(super) sheet: &'a Sheet<'a>,
    pub(super) spot: &'a Spot,
}

pub(in crate::workbench::preview) fn notice(desk: &Desk<'_>, about: &About, spot: &Spot) -> String {
    let composed = desk.catalog().and_then(|catalog| Some((catalog, Sheet::compose(desk, catalog, about, spot)?)));
    let Some((catalog, sheet)) = composed else {
        return nothing(desk, spot, "No app", "The configuration has no app.");
    };
    let shown = Shown { desk, catalog, sheet: &sheet, spot };
    let view = chosen(&VIEWS, spot.view.as_deref());
    let (width, mode) = (chosen(&WIDTHS, spot.width.as_deref()), Mode::named(spot.mode.as_deref()));
    let main = html! {
        div #shown.shown data-view=(view) data-width=(width) data-mode=(mode.as_str()) {
            (shown.heading())
            (shown.switches())
            nav.views aria-label="Views" { (shown.looks("view", &VIEWS, view)) }
            div.columns {
                div.panes {
                    section.pane.mail aria-label="Mail" { (shown.mail(width, mode)) }
                    section.pane.inbox aria-label="Inbox" { (phone::inbox(shown)) }
                    section.pane.push aria-label="Push" { (phone::push(shown)) }
                    section.pane.text aria-label="Text" { (shown.text()) }
                    section.pane.languages aria-label="All languages" { (languages::all(shown, mode)) }
                    section.pane.source aria-label="Source" { (source::files(shown)) }
                    section.pane.event aria-label="Sample event" { (source::event(shown)) }
                }
                (shown.facts())
            }
        }
    };
    Frame { desk, title: &name(about), spot, current: Some(&about.folder) }.page(&main)
}

fn chosen(all: &[(&'static str, &'static str)], name: Option<&str>) -> &'static str {
    all.iter().find(|(id, _)| Some(*id) == name).unwrap_or(&all[0]).0
}

impl Shown<'_> {
    fn heading(&self) -> Markup {
        let about = self.sheet.about;
        let count = Count::of(self.desk.content.findings.of(about));
        html! {
            div.heading {
                h1 { (name(about)) }
                p { code { (about.key) } }
                a.verdict.(count.sign()) href="#findings" { (count.tell()) }
            }
        }
    }

    fn switches(&self) -> Markup {
        let Self { desk, catalog, sheet, spot } = self;
        let folder = &sheet.about.folder;
        let in_language = |locale: &str| desk.site.notice(folder, &self.exported(spot.speaking(locale)));
        let in_app = |id: &str| desk.site.notice(folder, &Spot { app: Some(id.to_owned()), ..(*spot).clone() });
        html! {
            div.switches {
                (language_switch(catalog, sheet.asked(), in_language))
                label.choice {
                    span { "Scenario" }
                    select name="scenario" #scenario {
                        @for (number, scenario) in sheet.scenarios.iter().enumerate() {
                            option value=(scenario.id) data-href=(desk.site.notice(folder, &self.exported_scenario(scenario.id)))
                                selected[number == sheet.scenario && spot.event.is_none()] { (scenario.title) }
                        }
                        @if spot.event.is_some() { option value="" selected { "Edited event" } }
                    }
                }
                (app_switch(desk, &sheet.app.id, in_app))
            }
        }
    }

    /// A static gallery has every language of the plain scenario, and every scenario in one language.
    pub(super) fn exported(&self, spot: Spot) -> Spot {
        if self.desk.site.is_live() { spot } else { Spot { scenario: None, ..spot } }
    }

    fn exported_scenario(&self, id: &str) -> Spot {
        let spot = Spot { scenario: Some(id.to_owned()), event: None, ..self.spot.clone() };
        if self.desk.site.is_live() || id == "plain" { spot } else { Spot { locale: None, ..spot } }
    }

    /// A row of links of which one is chosen: the same page, looked at otherwise.
    pub(super) fn looks(&self, key: &str, all: &[(&str, &str)], current: &str) -> Markup {
        html! {
            @for (id, title) in all {
                a href=(self.desk.site.look(&self.sheet.about.folder, &self.spot.looking(key, id)))
                    data-set={ (key) ":" (id) } aria-current=[(*id == current).then_some("true")] { (title) }
            }
        }
    }

    fn mail(&self, width: &str, mode: Mode) -> Markup {
        let Some(email) = self.sheet.email() else { return self.failed() };
        let modes = Mode::ALL.map(|mode| (mode.as_str(), mode.title()));
        html! {
            div.tools {
                nav.segments aria-label="Width" { (self.looks("width", &WIDTHS, width)) }
                nav.segments aria-label="Colours" { (self.looks("mode", &modes, mode.as_str())) }
                a.button href=(self.desk.site.eml(&self.sheet.about.folder, self.spot)) download=(self.file_name()) { "Download .eml" }
            }
            div.stage {
                figure.device.phone {
                    figcaption.aloud { "On a phone, 375 pixels wide" }
                    (self.envelope(email))
                    (self.frame(mode, "The mail on a phone"))
                }
                figure.device.desktop {
                    figcaption.aloud { "On a computer, 680 pixels wide" }
                    (self.envelope(email))
                    (self.frame(mode, "The mail on a computer"))
                }
            }
        }
    }

    fn envelope(&self, email: &Email) -> Markup {
        let sender = email.from.name.as_deref().unwrap_or(&email.from.address);
        html! {
            div.envelope lang=(email.locale) dir=(self.dir(&email.locale)) {
                b { (email.subject) }
                span { (sender) " " small { (email.from.address) } }
            }
        }
    }

    /// The mail in a frame, in one light and ready for the others.
    pub(super) fn frame(&self, mode: Mode, title: &str) -> Markup {
        let url = |mode| self.desk.site.mail(&self.sheet.about.folder, self.spot, mode, self.desk.content.generation);
        html! {
            iframe src=(url(mode)) data-light=(url(Mode::Light)) data-dark=(url(Mode::Dark)) data-forced=(url(Mode::Forced))
                sandbox="allow-popups" loading="lazy" title=(title) {}
        }
    }

    /// In place of a mail.
    pub(super) fn failed(&self) -> Markup {
        html! {
            @if let Err(fault) = &self.sheet.email { p.fault { (fault) } }
        }
    }

    fn text(&self) -> Markup {
        let Some(email) = self.sheet.email() else { return self.failed() };
        html! {
            p.hint { "For readers who see no HTML. " (email.text.len()) " bytes." }
            pre.paper tabindex="0" lang=(email.locale) dir=(self.dir(&email.locale)) { (email.text) }
        }
    }

    pub(super) fn dir(&self, locale: &str) -> &'static str {
        if self.catalog.is_right_to_left(locale) { "rtl" } else { "ltr" }
    }

    pub(super) fn file_name(&self) -> String {
        let folder = self.sheet.about.folder.replace('/', "-");
        format!("{folder}-{}.eml", self.sheet.served().unwrap_or("none"))
    }

    fn facts(&self) -> Markup {
        let Self { desk, sheet, .. } = self;
        let found = desk.content.findings.of(sheet.about);
        html! {
            aside.facts aria-label="About this message" {
                section.panel #findings tabindex="-1" {
                    h2 { "Findings" }
                    @if found.is_empty() { p.fine { "Nothing was found wrong with it." } } @else { (findings::list(found)) }
                }
                section.panel { h2 { "Language" } (self.language()) }
                section.panel { h2 { "Link" } (self.link()) }
                @if let Some(image) = sheet.email().and_then(|email| email.inline.first()) {
                    section.panel { h2 { "QR code" } img.qr src=(mail::data_uri(image)) alt="The link as a QR code" width="148" height="148"; }
                }
            }
        }
    }

    /// Which language really served, and why.
    fn language(&self) -> Markup {
        let sheet = self.sheet;
        let Ok(choice) = &sheet.choice else { return html! { p.fault { "None can serve." } } };
        let served = sheet.served().unwrap_or("none");
        let asked = sheet.error.recipient.locale.as_deref();
        let why = match asked {
            None => format!("The owner’s language is not known, so the default of {} serves.", sheet.app.name),
            Some(asked) if asked == served => "The owner’s own.".to_owned(),
            Some(asked) if choice.locales.owners == 0 => format!(
                "No language of the content speaks {asked} or can say the whole message, so the next in line serves."
            ),
            Some(asked) => format!("The nearest to {asked} that can say the whole message."),
        };
        let (asked, general) = (asked.unwrap_or("not known"), choice.general && choice.notice != sheet.about.key);
        html! {
            dl {
                dt { "asked" } dd { code { (asked) } }
                dt { "served" } dd { code { (served) } }
                dt { "order" } dd { @for (n, name) in choice.locales.chain.iter().enumerate() { @if n > 0 { " → " } code { (name) } } }
            }
            p { (why) }
            @if choice.notice != sheet.about.key {
                p.warning { "Another notice serves this event: " code { (choice.notice) } @if general { ", the general one" } "." }
            }
        }
    }

    /// The link, and why it is that.
    fn link(&self) -> Markup {
        let Ok(choice) = &self.sheet.choice else { return html! { p { "None." } } };
        let built = &choice.link;
        html! {
            @match &built.link {
                Some(link) => {
                    p.url { code { (link.url) } }
                    p { (sentence(&link.why.to_string())) }
                }
                None if built.missed => p { "There is none for this car or app: the owner is told to act inside the app." },
                None => p { "None: the notice asks for none." },
            }
            @if let Some(ignored) = built.ignored { p.warning { "The event’s own url is not used: " (ignored) "." } }
            @if let Some(url) = self.sheet.error.resolution.url.as_ref() { p { "The event’s url: " code { (url) } } }
        }
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).chain(['.']).collect()).unwrap_or_default()
}
