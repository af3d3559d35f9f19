//! How a language is set: its quotation marks, its spaces, its dots, its inverted marks.

use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic, codes};

use super::read::{Sheet, Text};
use super::run::{INSERTED, Run};
use super::told::MOST_OF_A_KIND;

/// The pairs of quotation marks that a language uses, outer ones first. Of others nothing is known.
fn pairs(locale: &str) -> &'static [(char, char)] {
    match (locale, tongue(locale)) {
        ("es-419", _) | (_, "en" | "nl") => &[('“', '”'), ('‘', '’')],
        (_, "da" | "sv") => &[('”', '”'), ('’', '’')],
        (_, "de") => &[('„', '“'), ('‚', '‘')],
        (_, "es" | "it") => &[('«', '»'), ('“', '”'), ('‘', '’')],
        (_, "fr") => &[('«', '»')],
        (_, "nb") => &[('«', '»'), ('‘', '’')],
        _ => &[],
    }
}

/// The marks of the pair that a language writes first of all.
#[cfg(test)]
pub(super) fn outer_marks(locale: &str) -> Vec<char> {
    pairs(locale).first().into_iter().flat_map(|(open, close)| [*open, *close]).collect()
}

fn tongue(locale: &str) -> &str {
    locale.split(['-', '_']).next().unwrap_or_default()
}

pub(super) fn check(sheet: &Sheet<'_>, text: &Text<'_, '_>, run: &Run, found: &mut Vec<Diagnostic>) {
    let mut setting = Setting { run, faults: Vec::new() };
    setting.spaces();
    if tongue(sheet.locale) == "fr" {
        setting.french(sheet.locale == "fr-CA");
    } else {
        setting.punctuation();
    }
    setting.quotes(pairs(sheet.locale));
    setting.dots();
    if tongue(sheet.locale) == "es" {
        setting.inverted();
    }
    for (code, span, what, help) in setting.faults {
        let message = format!("{} {what}", text.name());
        found.push(sheet.finding_at(code, run.span(span), message).help(help));
    }
}

/// Spaces that only the file has: the owner does not see them, but they come along when the line is copied or changed.
pub(super) fn lines(sheet: &Sheet<'_>, found: &mut Vec<Diagnostic>) {
    let mut at = 0;
    for line in sheet.text.split_inclusive('\n') {
        let bare = line.trim_end_matches('\n');
        let trimmed = bare.trim_end_matches([' ', '\t', '\r']);
        if trimmed.len() < bare.len() && !bare.starts_with('#') && !trimmed.is_empty() {
            let span = at + trimmed.len()..at + bare.len();
            found.push(sheet.finding_at(&codes::words::SPACES, span, "a line ends with a space").help("delete it"));
        }
        at += line.len();
    }
    for text in sheet.texts() {
        let head = sheet.span(text.head());
        let rest = &sheet.text[head.end..];
        let Some(sign) = rest.find('=').filter(|sign| rest[..*sign].trim().is_empty()) else { continue };
        let start = head.end + sign + 1;
        let gap = sheet.text[start..].len() - sheet.text[start..].trim_start_matches(' ').len();
        if gap > 1 && !sheet.text[start + gap..].starts_with('\n') {
            let message = format!("{} begins with a space", text.name());
            found.push(
                sheet
                    .finding_at(&codes::words::SPACES, start + 1..start + gap, message)
                    .help("one space follows the `=`"),
            );
        }
    }
}

type Fault = (&'static Code, Range<usize>, String, String);

struct Setting<'r> {
    run: &'r Run,
    faults: Vec<Fault>,
}

impl Setting<'_> {
    fn tell(&mut self, code: &'static Code, span: Range<usize>, what: impl Into<String>, help: impl Into<String>) {
        // More than are told, so that it is told that there are more.
        if self.faults.len() <= 2 * MOST_OF_A_KIND {
            self.faults.push((code, span, what.into(), help.into()));
        }
    }

    /// Each character with the ones beside it.
    fn characters(&self) -> Vec<(usize, Option<char>, char, Option<char>)> {
        let all: Vec<(usize, char)> = self.run.text.char_indices().collect();
        let near = |index: Option<usize>| index.and_then(|index| all.get(index)).map(|(_, c)| *c);
        all.iter()
            .enumerate()
            .map(|(index, (at, c))| (*at, near(index.checked_sub(1)), *c, near(Some(index + 1))))
            .collect()
    }

    fn spaces(&mut self) {
        let text = self.run.text.as_str();
        let is_space = |c: char| c.is_whitespace() && c != '\n' && c != '\t';
        let mut faults = Vec::new();
        if text.starts_with(is_space) {
            faults.push((0..text.len() - text.trim_start().len(), "begins with a space"));
        }
        if text.ends_with(is_space) && !text.trim().is_empty() {
            faults.push((text.trim_end().len()..text.len(), "ends with a space"));
        }
        let mut run: Option<Range<usize>> = None;
        for (at, c) in text.char_indices().chain([(text.len(), 'x')]) {
            match (&mut run, is_space(c)) {
                (Some(run), true) => run.end = at + c.len_utf8(),
                (None, true) => run = Some(at..at + c.len_utf8()),
                (_, false) => {
                    let inner = |run: &Range<usize>| {
                        run.start > 0 && run.end < text.len() && !text[..run.start].ends_with('\n') && c != '\n'
                    };
                    let many = |run: &Range<usize>| text[run.clone()].chars().count() > 1;
                    faults.extend(
                        run.take().filter(|run| inner(run) && many(run)).map(|run| (run, "has two spaces in a row")),
                    );
                }
            }
        }
        for (span, what) in faults {
            self.tell(&codes::words::SPACES, span, what, "one space, and only between words");
        }
    }

    fn punctuation(&mut self) {
        for (at, before, c, after) in self.characters() {
            let closes = matches!(c, ',' | ';' | ':' | '!' | '?' | '.' | ')' | '%');
            let apart = before.is_some_and(|before| before.is_whitespace() && before != '\n');
            // `.5` and `:-)` are not the end of anything.
            let ends = after.is_none_or(|after| !after.is_alphanumeric() && after != '-');
            if closes && apart && ends && c != '%' {
                let start = self.run.text[..at].trim_end().len();
                self.tell(
                    &codes::words::SPACES,
                    start..at + c.len_utf8(),
                    format!("has a space before `{c}`"),
                    "delete the space",
                );
            }
            let opens = c == '(' && after.is_some_and(char::is_whitespace);
            let missing =
                matches!(c, ',' | ';') && after.is_some_and(|after| after.is_alphabetic() || after == INSERTED);
            if opens {
                self.tell(&codes::words::SPACES, at..at + 2, "has a space after `(`", "delete the space");
            }
            if missing {
                self.tell(&codes::words::SPACES, at..at + 1, format!("has no space after `{c}`"), "write a space");
            }
        }
    }

    /// French keeps its tall signs apart by a narrow space at which no line may break.
    fn french(&mut self, canadian: bool) {
        let help = "write a narrow no-break space (U+202F) there";
        for (at, before, c, after) in self.characters() {
            let tall = match c {
                ':' | '»' => true,
                ';' | '?' | '!' => !canadian,
                _ => false,
            };
            let within = |c: char| c.is_ascii_digit();
            let clock = c == ':' && before.is_some_and(within) && after.is_some_and(within);
            let row = before.is_some_and(|before| matches!(before, '?' | '!' | '…'));
            let address = c == ':' && after == Some('/');
            if tall && !clock && !row && !address && !before.is_some_and(is_no_break) {
                let gap = before.filter(|before| before.is_whitespace()).map_or(0, char::len_utf8);
                let what = format!("has no no-break space before `{c}`");
                self.tell(&codes::words::NO_BREAK, at - gap..at + c.len_utf8(), what, help);
            }
            if c == '«' && !after.is_some_and(is_no_break) {
                let gap = after.filter(|after| after.is_whitespace()).map_or(0, char::len_utf8);
                self.tell(
                    &codes::words::NO_BREAK,
                    at..at + c.len_utf8() + gap,
                    "has no no-break space after `«`",
                    help,
                );
            }
            if matches!(c, ',' | '.' | ')') && before == Some(' ') && after.is_none_or(|after| !after.is_alphanumeric())
            {
                self.tell(
                    &codes::words::SPACES,
                    at - 1..at + 1,
                    format!("has a space before `{c}`"),
                    "delete the space",
                );
            }
        }
    }

    fn quotes(&mut self, pairs: &[(char, char)]) {
        let suggestion = match pairs.first() {
            Some((open, close)) => format!("this language writes {open}…{close}"),
            None => "write the quotation marks of the language".to_owned(),
        };
        let mut open: Vec<(usize, char, char)> = Vec::new();
        for (at, before, c, after) in self.characters() {
            let span = at..at + c.len_utf8();
            let inside = before.is_some_and(|before| before.is_alphanumeric() || before == INSERTED);
            let goes_on = after.is_some_and(char::is_alphabetic);
            match c {
                '"' => self.tell(&codes::words::QUOTES, span, "has a straight quotation mark", &suggestion),
                '\'' => self.tell(
                    &codes::words::QUOTES,
                    span,
                    "has a straight apostrophe",
                    "an apostrophe is ’, a quotation mark depends on the language",
                ),
                '´' | '′' | '″' => self.tell(
                    &codes::words::QUOTES,
                    span,
                    format!("has `{c}` for an apostrophe or a quotation mark"),
                    "an apostrophe is ’",
                ),
                _ if pairs.is_empty() || !is_quote(c) => {}
                '’' if goes_on || open.last().is_none_or(|(.., close)| *close != '’') && inside => {}
                _ if open.last().is_some_and(|(.., close)| *close == c) => {
                    open.pop();
                }
                _ => match pairs.iter().find(|(opener, _)| *opener == c) {
                    Some((opener, close)) if *opener != '’' => open.push((at, *opener, *close)),
                    _ if c == '’' => {}
                    _ => self.tell(
                        &codes::words::QUOTES,
                        span,
                        format!("has `{c}`, which this language does not use there"),
                        &suggestion,
                    ),
                },
            }
        }
        for (at, opener, close) in open {
            let what = format!("has `{opener}` and no `{close}` after it");
            self.tell(&codes::words::QUOTES, at..at + opener.len_utf8(), what, &suggestion);
        }
    }

    fn dots(&mut self) {
        for (at, _) in self.run.text.match_indices("...").collect::<Vec<_>>() {
            self.tell(&codes::words::DOTS, at..at + 3, "has three dots", "write the one character …");
        }
    }

    /// Spanish opens what it asks and what it exclaims.
    fn inverted(&mut self) {
        for (open, close) in [('¿', '?'), ('¡', '!')] {
            let mut opened: Option<usize> = None;
            for (at, c) in self.run.text.clone().char_indices() {
                if c == open {
                    if let Some(before) = opened.replace(at) {
                        self.unpaired(before, open, close);
                    }
                } else if c == close && opened.take().is_none() && !self.run.text[..at].ends_with(close) {
                    let help = format!("write `{open}` where the question or exclamation begins");
                    self.tell(
                        &codes::words::INVERTED,
                        at..at + 1,
                        format!("has `{close}` without `{open}` before it"),
                        help,
                    );
                }
            }
            if let Some(at) = opened {
                self.unpaired(at, open, close);
            }
        }
    }

    fn unpaired(&mut self, at: usize, open: char, close: char) {
        let what = format!("has `{open}` without `{close}` after it");
        self.tell(&codes::words::INVERTED, at..at + open.len_utf8(), what, format!("write `{close}` at its end"));
    }
}

fn is_no_break(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{202f}')
}

fn is_quote(c: char) -> bool {
    matches!(c, '“' | '”' | '„' | '‟' | '‘' | '’' | '‚' | '‛' | '«' | '»' | '‹' | '›')
}
