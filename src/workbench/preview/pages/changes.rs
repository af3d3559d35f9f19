//! What differs from a git revision: a list of messages, and each of them before and after.

use maud::{Markup, html};
use similar::{ChangeTag, TextDiff};

use crate::workbench::preview::Desk;
use crate::workbench::preview::compare::{Change, Comparison, Kind, Version};
use crate::workbench::preview::findings;
use crate::workbench::preview::site::{Mode, Spot};

use super::{Frame, name};

/// The list of all changes.
pub(in crate::workbench::preview) fn changes(desk: &Desk<'_>, comparison: &Comparison) -> String {
    let Comparison { changes, same, refused, title, revision } = comparison;
    let main = html! {
        div.heading {
            h1 { "Changes since " code { (revision) } }
            p { (title) }
        }
        @if !refused.is_empty() {
            section.broken {
                h2 { "The content of " code { (revision) } " makes no messages, so there is nothing to compare with" }
                p { "Dashlight as it is today cannot load it:" }
                (findings::list(refused))
            }
        } @else {
            p.hint { (summary(comparison)) " " (same) " are the same." }
            @if changes.is_empty() { p { "Every owner gets what they would have got before." } }
            @for kind in [Kind::Changed, Kind::Added, Kind::Removed] {
                @let some: Vec<&Change> = changes.iter().filter(|change| change.kind() == kind).collect();
                @if !some.is_empty() {
                    section.panel {
                        h2 { (kind.as_str()) " (" (some.len()) ")" }
                        ul.changes { @for change in some { (entry(desk, change)) } }
                    }
                }
            }
        }
    };
    Frame { desk, title: "Changes", spot: &Spot::default(), current: None }.page(&main)
}

/// What stands above a gallery.
pub(in crate::workbench::preview) fn banner(desk: &Desk<'_>, comparison: &Comparison) -> Markup {
    html! {
        p.banner-changes {
            a href=(desk.site.changes()) { "Changes since " (comparison.revision) } " · "
            @if comparison.refused.is_empty() { (summary(comparison)) } @else { "that revision makes no messages" }
        }
    }
}

fn summary(comparison: &Comparison) -> String {
    let count = |kind: Kind| format!("{} {}", comparison.count(kind), kind.as_str());
    format!("{}, {}, {}.", count(Kind::Changed), count(Kind::Added), count(Kind::Removed))
}

fn entry(desk: &Desk<'_>, change: &Change) -> Markup {
    let version = change.after.as_ref().or(change.before.as_ref());
    let subject = version.map(|version| version.lines()[0].1.clone()).unwrap_or_default();
    html! {
        li {
            a href=(desk.site.change(&change.about.folder, &change.locale)) { (name(&change.about)) }
            " " span.tag { (change.locale) } " " span lang=(change.locale) { (subject) }
        }
    }
}

/// One message, before and after.
pub(in crate::workbench::preview) fn change(desk: &Desk<'_>, change: &Change, revision: &str) -> String {
    let title = format!("{} in {}", name(&change.about), change.locale);
    let (differs, tried) = change.differs;
    let empty =
        Version { locale: change.locale.clone(), email: Err(String::new()), title: String::new(), body: String::new() };
    let (before, after) = (change.before.as_ref().unwrap_or(&empty), change.after.as_ref().unwrap_or(&empty));
    let modes = Mode::ALL.map(|mode| (mode.as_str(), mode.title()));
    let main = html! {
        div #shown.shown data-view="mail" data-width="both" data-mode="light" {
            div.heading {
                h1 { (title) }
                p { code { (change.about.key) } }
                span.tag { (change.kind().as_str()) }
            }
            p.hint {
                a href=(desk.site.changes()) { "All changes" } " · shown with the scenario “" (change.scenario) "” of " (change.app)
                "; it differs in " (differs) " of " (tried) "."
                @if before.locale != after.locale { " Served by " code { (before.locale) } " before and by " code { (after.locale) } " now." }
            }
            (words(before, after))
            nav.segments aria-label="Colours" {
                @for (id, title) in modes { a href={ "?mode=" (id) } data-set={ "mode:" (id) } aria-current=[(id == "light").then_some("true")] { (title) } }
            }
            div.before-after {
                (side(desk, change, "before", &format!("Before, at {revision}"), change.before.as_ref()))
                (side(desk, change, "after", "Now", change.after.as_ref()))
            }
        }
    };
    Frame { desk, title: &title, spot: &Spot::default(), current: None }.page(&main)
}

fn side(desk: &Desk<'_>, change: &Change, when: &str, title: &str, version: Option<&Version>) -> Markup {
    let url = |mode| desk.site.version(&change.about.folder, &change.locale, when, mode);
    html! {
        section {
            h2 { (title) }
            @match version.map(|version| &version.email) {
                Some(Ok(_)) => iframe src=(url(Mode::Light)) data-light=(url(Mode::Light)) data-dark=(url(Mode::Dark)) data-forced=(url(Mode::Forced))
                    sandbox="allow-popups" loading="lazy" title=(title) {},
                Some(Err(fault)) => p.fault { (fault) },
                None => p { "There is no such message." },
            }
        }
    }
}

/// What changed in the words.
fn words(before: &Version, after: &Version) -> Markup {
    let lines: Vec<_> =
        before.lines().into_iter().zip(after.lines()).filter(|((_, before), (_, after))| before != after).collect();
    html! {
        section.panel.words-changed {
            h2 { "Words" }
            @if lines.is_empty() && before.text() == after.text() {
                p { "The words are the same; how they are set is not." }
            }
            dl {
                @for ((name, before), (_, after)) in &lines {
                    dt { (name) } dd { (by_words(before, after)) }
                }
            }
            @if before.text() != after.text() {
                pre.diff tabindex="0" { (by_lines(before.text(), after.text())) }
            }
        }
    }
}

fn by_words(before: &str, after: &str) -> Markup {
    let diff = TextDiff::from_words(before, after);
    html! { @for change in diff.iter_all_changes() { (marked(change.tag(), change.value())) } }
}

fn by_lines(before: &str, after: &str) -> Markup {
    let diff = TextDiff::from_lines(before, after);
    html! {
        @for op in diff.ops() {
            @for change in diff.iter_inline_changes(op) {
                span class=(class(change.tag())) {
                    @for (emphasized, value) in change.iter_strings_lossy() {
                        @if emphasized { (marked(change.tag(), &value)) } @else { (value) }
                    }
                }
            }
        }
    }
}

fn marked(tag: ChangeTag, text: &str) -> Markup {
    html! {
        @match tag {
            ChangeTag::Delete => del { (text) },
            ChangeTag::Insert => ins { (text) },
            ChangeTag::Equal => (text),
        }
    }
}

fn class(tag: ChangeTag) -> &'static str {
    match tag {
        ChangeTag::Delete => "line-of gone",
        ChangeTag::Insert => "line-of new",
        ChangeTag::Equal => "line-of same",
    }
}
