//! All notices at a glance.

use maud::{Markup, html};

use crate::catalog::{About, Catalog};
use crate::workbench::preview::findings::{self, Count};
use crate::workbench::preview::mail;
use crate::workbench::preview::sheet::Sheet;
use crate::workbench::preview::site::{Mode, Spot};

use super::{Desk, Frame, abouts, app_switch, language_switch, name, nothing, search_text, sign};

/// `further`: what stands above the messages.
pub(in crate::workbench::preview) fn gallery(desk: &Desk<'_>, spot: &Spot, further: &Markup) -> String {
    let Some(catalog) = desk.catalog() else {
        return nothing(desk, spot, "No messages", "The content could not be read.");
    };
    let abouts = abouts(catalog);
    let all = Count::of(desk.content.findings.all());
    let app = spot.app.as_ref().and_then(|id| desk.apps.get(id)).or_else(|| desk.apps.values().next());
    let app_id = app.map(|app| app.id.as_str()).unwrap_or_default();
    let asked = spot.locale.as_deref().or(app.map(|app| app.default_locale.as_str())).unwrap_or_default();
    let in_app = |id: &str| desk.site.gallery(&Spot { app: Some(id.to_owned()), ..spot.clone() });
    let common = desk.content.findings.common();
    let main = html! {
        div.heading {
            h1 { "All messages" }
            p { (abouts.len()) " messages in " (catalog.locales().count().saturating_sub(2)) " languages · " (all.tell()) }
        }
        (further)
        div.switches {
            (language_switch(catalog, asked, |locale| desk.site.gallery(&spot.speaking(locale))))
            (app_switch(desk, app_id, in_app))
            label.choice.check { input #only type="checkbox"; span { "Only with findings" } }
        }
        ul.cards {
            @for about in &abouts { (card(desk, catalog, about, spot)) }
        }
        p.none hidden { "No message is like that." }
        @if !common.is_empty() && !desk.content.refused {
            section.panel aria-labelledby="common-title" {
                h2 #common-title { "Findings that are no single message’s" }
                (findings::list(common))
            }
        }
    };
    Frame { desk, title: "All messages", spot, current: None }.page(&main)
}

fn card(desk: &Desk<'_>, catalog: &Catalog, about: &About, spot: &Spot) -> Markup {
    let Some(sheet) = Sheet::compose(desk, catalog, about, spot) else { return html! {} };
    let count = desk.content.findings.own(&about.folder);
    let lang = sheet.served().unwrap_or("en");
    let dir = if catalog.is_right_to_left(lang) { "rtl" } else { "ltr" };
    let found = format!(
        "{} {}",
        search_text(about),
        sheet.email().map(|email| email.subject.to_lowercase()).unwrap_or_default()
    );
    html! {
        li.card data-find=(found) data-sign=(count.sign()) {
            div.thumbnail inert {
                @if sheet.email().is_some() {
                    iframe src=(desk.site.mail(&about.folder, spot, Mode::Light, desk.content.generation)) sandbox="" loading="lazy"
                        tabindex="-1" aria-hidden="true" title={ "Thumbnail of " (name(about)) } {}
                }
            }
            div.words {
                h2 { a href=(desk.site.notice(&about.folder, spot)) { (name(about)) } (sign(count)) }
                @if let Some(email) = sheet.email() {
                    p.subject lang=(lang) dir=(dir) { (email.subject) }
                    p.preheader lang=(lang) dir=(dir) { (mail::snippet(&email.html)) }
                }
                @if let Some(push) = sheet.push() {
                    p.note lang=(lang) dir=(dir) { b { (push.title) } " " (push.body) }
                }
                @if let Some(fault) = sheet.email.as_ref().err().or(sheet.push.as_ref().err()) {
                    p.fault { (fault) }
                }
                p.tags {
                    @for channel in &about.channels { span.tag { (channel) } }
                    span.tag { "link: " (about.link.as_str()) }
                    @if about.qr { span.tag { "QR code" } }
                    @if sheet.asked() != lang { span.tag.warning { "falls back to " (lang) } }
                }
            }
        }
    }
}
