//! One notice in every language, side by side: what is too long, too short or unlike the others shows at once.

use maud::{Markup, html};
use unicode_segmentation::UnicodeSegmentation;

use crate::workbench::limits;
use crate::workbench::preview::mail;
use crate::workbench::preview::sheet::Sheet;
use crate::workbench::preview::site::{Mode, Spot};

use super::notice::Shown;
use super::{about_locale, locales};

/// How long each text should be at most, in characters as people count them.
const MOST: [usize; 4] = [limits::SUBJECT, limits::PREHEADER, limits::PUSH_TITLE, limits::PUSH_BODY];

pub(super) fn all(shown: Shown<'_>, mode: Mode) -> Markup {
    let spots: Vec<Spot> =
        locales(shown.catalog).into_iter().map(|locale| shown.exported(shown.spot.speaking(locale))).collect();
    let sheets: Vec<(&Spot, Sheet<'_>)> = spots
        .iter()
        .filter_map(|spot| Some((spot, Sheet::compose(shown.desk, shown.catalog, shown.sheet.about, spot)?)))
        .collect();
    let modes = Mode::ALL.map(|mode| (mode.as_str(), mode.title()));
    html! {
        div.tools { nav.segments aria-label="Colours" { (shown.looks("mode", &modes, mode.as_str())) } }
        ul.side-by-side {
            @for (spot, sheet) in &sheets {
                li { (column(Shown { sheet, spot, ..shown }, mode)) }
            }
        }
        h3 { "Words before anything is opened" }
        div.wide tabindex="0" role="region" aria-label="Subject, preheader and push in every language" {
            table.lengths-table {
                thead { tr { th scope="col" { "Language" } th scope="col" { "Subject" } th scope="col" { "Preheader" } th scope="col" { "Push title" } th scope="col" { "Push text" } } }
                tbody { @for (spot, sheet) in &sheets { (row(Shown { sheet, spot, ..shown })) } }
            }
        }
    }
}

fn column(shown: Shown<'_>, mode: Mode) -> Markup {
    let asked = shown.spot.locale.as_deref().unwrap_or_default();
    let served = shown.sheet.served().unwrap_or("none");
    let href = shown.desk.site.notice(&shown.sheet.about.folder, &shown.spot.looking("view", "mail"));
    html! {
        h3 {
            a href=(href) title=[about_locale(asked)] { (asked) }
            @if served != asked { span.tag.warning { "served by " (served) } }
        }
        @match shown.sheet.email() {
            Some(email) => {
                p.subject lang=(served) dir=(shown.dir(served)) { (email.subject) }
                div.small-phone { (shown.frame(mode, &format!("The mail in {asked}"))) }
            }
            None => (shown.failed()),
        }
    }
}

fn row(shown: Shown<'_>) -> Markup {
    let (email, push) = (shown.sheet.email(), shown.sheet.push());
    let preheader = email.map(|email| mail::snippet(&email.html));
    let texts = [
        email.map(|email| email.subject.as_str()),
        preheader.as_deref(),
        push.map(|push| push.title.as_str()),
        push.map(|push| push.body.as_str()),
    ];
    let served = shown.sheet.served().unwrap_or("none");
    html! {
        tr {
            th scope="row" { (shown.spot.locale.as_deref().unwrap_or_default()) }
            @for (text, most) in texts.into_iter().zip(MOST) {
                @let count = text.map_or(0, |text| text.graphemes(true).count());
                td lang=(served) dir=(shown.dir(served)) {
                    (text.unwrap_or("–")) " "
                    small class=[(count > most).then_some("over")] title={ "at most " (most) } { (count) }
                }
            }
        }
    }
}
