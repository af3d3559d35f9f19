//! What an owner sees before anything is opened: the row in the inbox, the push on the lock screen.
//!
//! Measures are those of common programs; where they cut text off is left to the browser, as on the real thing.

use maud::{Markup, html};
use unicode_segmentation::UnicodeSegmentation;

use crate::message::Push;
use crate::policy::Channel;
use crate::transport::{self, APPLE_PAYLOAD_MAX};
use crate::workbench::limits;
use crate::workbench::preview::mail;

use super::notice::Shown;

pub(super) fn inbox(shown: Shown<'_>) -> Markup {
    let Some(email) = shown.sheet.email() else { return shown.failed() };
    let sender = email.from.name.as_deref().unwrap_or(&email.from.address);
    let preheader = mail::snippet(&email.html);
    let (lang, dir) = (email.locale.as_str(), shown.dir(&email.locale));
    html! {
        dl.lengths {
            (length("Sender", sender, limits::SENDER))
            (length("Subject", &email.subject, limits::SUBJECT))
            (length("Preheader", &preheader, limits::PREHEADER))
        }
        h3 { "Gmail in a browser" }
        div.gmail {
            (skeleton_row())
            div.row lang=(lang) dir=(dir) {
                span.sender { (sender) }
                span.line { b { (email.subject) } span { " — " (preheader) } }
                time { "09:30" }
            }
            (skeleton_row()) (skeleton_row())
        }
        div.pair {
            div {
                h3 { "Gmail on a phone" }
                div.handheld.gmail-phone {
                    div.row lang=(lang) dir=(dir) {
                        (tile(shown))
                        div { p.sender { (sender) time { "09:30" } } p.line { b { (email.subject) } } p.line.soft { (preheader) } }
                    }
                    (skeleton()) (skeleton())
                }
            }
            div {
                h3 { "Mail on an iPhone" }
                div.handheld.apple {
                    div.row lang=(lang) dir=(dir) {
                        div { p.sender { (sender) time { "09:30" } } p.line { (email.subject) } p.two.soft { (preheader) } }
                    }
                    (skeleton()) (skeleton())
                }
            }
        }
    }
}

/// Other people's mail.
fn skeleton() -> Markup {
    html! { div.row.skeleton aria-hidden="true" { div { i.short {} i {} i.long {} } } }
}

fn skeleton_row() -> Markup {
    html! { div.row.skeleton aria-hidden="true" { i.short {} i.long {} } }
}

fn length(name: &str, text: &str, most: usize) -> Markup {
    let count = text.graphemes(true).count();
    html! {
        div class=[(count > most).then_some("over")] {
            dt { (name) }
            dd { b { (count) } " of " (most) " characters" @if count > most { " · may be cut off" } }
        }
    }
}

/// The app's icon on the phone: its colour and its initial.
fn tile(shown: Shown<'_>) -> Markup {
    let app = shown.sheet.app;
    let initial = app.name.graphemes(true).next().unwrap_or("?").to_uppercase();
    html! {
        svg.tile viewBox="0 0 40 40" width="40" height="40" aria-hidden="true" {
            rect width="40" height="40" rx="10" fill=(app.color) {}
            text x="20" y="27" text-anchor="middle" font-size="20" font-weight="700" fill="#fff" { (initial) }
        }
    }
}

pub(super) fn push(shown: Shown<'_>) -> Markup {
    let Some(push) = shown.sheet.push() else {
        return html! { @if let Err(fault) = &shown.sheet.push { p.fault { (fault) } } };
    };
    let bytes = transport::apple_payload(push).map_or(0, |payload| payload.len());
    html! {
        @if !shown.sheet.about.channels.contains(&Channel::Push) {
            p.hint { "No step of this notice is sent as push. This is what it would look like." }
        }
        dl.lengths {
            (length("Title", &push.title, limits::PUSH_TITLE))
            (length("Body", &push.body, limits::PUSH_BODY))
            div {
                dt { label for="bytes" { "Payload for Apple" } }
                dd {
                    meter #bytes min="0" max=(APPLE_PAYLOAD_MAX) high=(APPLE_PAYLOAD_MAX * 3 / 4) optimum="0" value=(bytes) {}
                    " " b { (bytes) } " of " (APPLE_PAYLOAD_MAX) " bytes"
                }
            }
        }
        div.pair {
            div { h3 { "iPhone, lock screen" } (iphone(shown, push)) }
            div { h3 { "Android, collapsed and expanded" } (android(shown, push)) }
        }
        p.hint { "A tap opens " @match &push.link { Some(link) => code { (link) }, None => "the app" } "." }
    }
}

fn iphone(shown: Shown<'_>, push: &Push) -> Markup {
    let dir = shown.dir(&push.locale);
    html! {
        div.lock.ios {
            p.clock aria-hidden="true" { small { "Thursday, 15 January" } "9:30" }
            article.banner lang=(push.locale) dir=(dir) {
                (tile(shown))
                div {
                    p.line { b { (push.title) } time { "now" } }
                    p.four { (push.body) }
                }
            }
        }
    }
}

fn android(shown: Shown<'_>, push: &Push) -> Markup {
    let dir = shown.dir(&push.locale);
    let banner = |class: &str, body: &str| {
        html! {
            article class={ "banner " (class) } lang=(push.locale) dir=(dir) {
                (tile(shown))
                div {
                    p.app { (shown.sheet.app.name) " · now" }
                    p.line { b { (push.title) } }
                    p class=(body) { (push.body) }
                }
            }
        }
    };
    html! {
        div.lock.android {
            p.clock aria-hidden="true" { "09:30" small { "Thu, 15 Jan" } }
            (banner("collapsed", "line"))
            (banner("expanded", "whole"))
        }
    }
}
