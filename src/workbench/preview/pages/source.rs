//! What a message is made of: its files, what they became, and the event that it answers.

use std::ops::Range;

use maud::{Markup, html};

use crate::catalog::PSEUDOLOCALES;
use crate::diagnostic::Source;
use crate::workbench::preview::site::{Mode, Spot};

use super::notice::Shown;

/// The files of the notice, the words of its language, and the mail as it goes over the wire.
pub(super) fn files(shown: Shown<'_>) -> Markup {
    let about = shown.sheet.about;
    let (kind, code) = about.folder.split_once('/').unwrap_or((&about.folder, ""));
    let own = format!("templates/{}/", about.folder);
    let sources = &shown.desk.content.sources;
    let served = shown.sheet.served().unwrap_or("en");
    let locale = if PSEUDOLOCALES.contains(&served) { "en" } else { served };
    let words = format!("locales/{locale}/{kind}.ftl");
    html! {
        // What is edited most comes first.
        @if let Some(source) = sources.get(&words) { (file(shown, &words, source, message(&source.text, code), true)) }
        @for (path, source) in sources.iter().filter(|(path, _)| path.starts_with(&own)) {
            (file(shown, path, source, 0..usize::MAX, false))
        }
        @if let Some(email) = shown.sheet.email() {
            @if let Ok(mime) = email.to_mime() {
                @let whole = String::from_utf8_lossy(&mime.bytes);
                (output("Headers", whole.split_once("\r\n\r\n").map_or(&*whole, |(head, _)| head)))
            }
            (output(&format!("HTML, {} bytes", email.html.len()), &email.html))
        }
    }
}

fn file(shown: Shown<'_>, path: &str, source: &Source, lines: Range<usize>, open: bool) -> Markup {
    let marked = shown.desk.content.findings.lines(source);
    html! {
        details.file open[open || !marked.is_empty()] {
            summary { code { (path) } @if !marked.is_empty() { " " span.tag.error { (marked.len()) " found" } } }
            pre tabindex="0" {
                @for (number, line) in (1..).zip(source.text.lines()).filter(|(number, _)| lines.contains(&(number - 1))) {
                    span class=(if marked.contains(&number) { "l marked" } else { "l" }) data-n=(number) { (line) "\n" }
                }
            }
        }
    }
}

fn output(title: &str, text: &str) -> Markup {
    html! {
        details.file { summary { (title) } pre tabindex="0" { (text) } }
    }
}

/// The lines of a Fluent message, from 0, with the comment above it.
fn message(text: &str, code: &str) -> Range<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let begins = |line: &&str| line.strip_prefix(code).is_some_and(|rest| rest.trim_start().starts_with('='));
    let Some(at) = lines.iter().position(begins) else { return 0..lines.len() };
    let start = lines[..at].iter().rposition(|line| !line.starts_with("# ")).map_or(0, |before| before + 1);
    let next = lines[at + 1..].iter().position(|line| !line.is_empty() && !line.starts_with([' ', '\t', '}']));
    let end = next.map_or(lines.len(), |next| at + 1 + next);
    start..end
}

/// The event, which can be edited where there is a server to read it.
pub(super) fn event(shown: Shown<'_>) -> Markup {
    let sheet = shown.sheet;
    if !shown.desk.site.is_live() {
        return html! {
            p.hint { "The event that this message answers. `dashlight preview` lets you edit it." }
            pre.paper tabindex="0" { (sheet.event) }
        };
    }
    html! {
        form #event-form method="get" action={ "/notices/" (sheet.about.folder) } {
            @for (name, value) in [("app", &shown.spot.app), ("locale", &shown.spot.locale), ("view", &Some("event".to_owned()))] {
                @if let Some(value) = value { input type="hidden" name=(name) value=(value); }
            }
            label for="event" { "The event that this message answers. Whatever you change here is read as the worker would read it, and stands in the address of this page." }
            textarea #event name="event" rows="24" spellcheck="false" autocomplete="off"
                aria-describedby="event-faults" aria-invalid=[(!sheet.faults.is_empty()).then_some("true")] { (sheet.event) }
            div #event-faults aria-live="polite" {
                @for fault in &sheet.faults { p.fault { (fault) } }
                @if sheet.faults.is_empty() && shown.spot.event.is_some() { p.fine { "It can be read." } }
            }
            div.tools {
                button type="submit" { "Show the message" }
                a.button href=(shown.desk.site.notice(&sheet.about.folder, &Spot { event: None, ..shown.spot.clone() })) { "Back to the scenario" }
            }
        }
        @if let Some(email) = sheet.email() {
            h3 { "The mail that answers it" }
            div.answer {
                p.subject lang=(email.locale) dir=(shown.dir(&email.locale)) { (email.subject) }
                (shown.frame(Mode::named(shown.spot.mode.as_deref()), "The mail that answers the event"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_cut_out_of_its_file_with_its_comment() {
        let text = "### head\n\n# about a\na =\n    .x = 1\n\n# about b\nb-c =\n    .y = { $n ->\n        *[other] z\n    }\n\n## group\nd = 1\n";
        let cut = |code: &str| {
            let lines = message(text, code);
            text.lines().skip(lines.start).take(lines.len()).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(cut("a"), "# about a\na =\n    .x = 1\n");
        assert_eq!(cut("b-c"), "# about b\nb-c =\n    .y = { $n ->\n        *[other] z\n    }\n");
        assert_eq!(message(text, "none"), 0..14);
    }
}
