//! What a comment may say to this linter: that a text is as it is on purpose.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Severity, codes, nearest};

use super::read::{Sheet, Text};

/// The text is the same as in English.
pub(super) const SAME_AS_ENGLISH: &str = "same-as-english";
/// The text does without a variable that English shows.
pub(super) const LEAVES_OUT: &str = "leaves-out";
/// A word is written in capitals by whoever owns it.
pub(super) const IN_CAPITALS: &str = "in-capitals";

pub(super) const ALL: [&str; 3] = [SAME_AS_ENGLISH, LEAVES_OUT, IN_CAPITALS];

/// The directives of a file, and which of them were needed.
pub(super) struct Directives<'a> {
    all: Vec<Directive<'a>>,
}

struct Directive<'a> {
    name: &'static str,
    /// The message that it stands above; `None` for the whole file.
    unit: Option<&'a str>,
    /// `.title`, `$car`, `CUPRA`.
    words: Vec<&'a str>,
    span: Range<usize>,
    needed: bool,
}

impl<'a> Directives<'a> {
    pub(super) fn read(sheet: &Sheet<'a>, found: &mut Vec<Diagnostic>) -> Self {
        unread(sheet, found);
        let mut all = Vec::new();
        let of_units = sheet.units.iter().flat_map(|unit| unit.comment.iter().map(move |line| (Some(unit.id), *line)));
        for (unit, line) in sheet.heads.iter().map(|line| (None, *line)).chain(of_units) {
            let (name, rest) = line.split_once(':').unwrap_or((line, ""));
            let name = name.trim();
            let span = sheet.span(line);
            match ALL.into_iter().find(|known| *known == name) {
                Some(name) => {
                    let words = rest.split([' ', ',']).filter(|word| !word.is_empty()).collect();
                    all.push(Directive { name, unit, words, span, needed: false });
                }
                None if is_alike(name) => {
                    let meant = nearest(name, ALL, str::to_owned).unwrap_or_default();
                    let message = format!("a comment almost says `{meant}`, and nobody reads `{name}`");
                    let finding = sheet.finding_at(&codes::words::DIRECTIVE, span, message);
                    found.push(finding.help(format!("did you mean `{meant}`?")));
                }
                None => {}
            }
        }
        Self { all }
    }

    /// Whether a text may be as it is. `word`: the variable or the word that it is about.
    pub(super) fn allow(&mut self, name: &str, text: &Text<'_, 'a>, word: Option<&str>) -> bool {
        let mut allowed = false;
        for directive in self.all.iter_mut().filter(|directive| directive.name == name) {
            if directive.covers(text, word) {
                directive.needed = true;
                allowed = true;
            }
        }
        allowed
    }

    /// Directives that nothing needs any more.
    pub(super) fn idle(&self, sheet: &Sheet<'a>, found: &mut Vec<Diagnostic>) {
        for directive in self.all.iter().filter(|directive| !directive.needed) {
            let message = format!("`{}` allows nothing that is there", directive.name);
            let finding = sheet.finding_at(&codes::words::DIRECTIVE, directive.span.clone(), message);
            found.push(finding.help("delete it, or correct the names behind it"));
        }
    }
}

impl Directive<'_> {
    /// Attributes narrow a directive to themselves; variables and words are what it is about.
    fn covers(&self, text: &Text<'_, '_>, word: Option<&str>) -> bool {
        let mut attributes = self.words.iter().filter_map(|word| word.strip_prefix('.')).peekable();
        let here = attributes.peek().is_none() || attributes.any(|name| text.attribute == Some(name));
        let about = word.is_none_or(|word| self.words.iter().any(|own| own.strip_prefix('$').unwrap_or(own) == word));
        here && about && self.unit.is_none_or(|unit| unit == text.unit.id)
    }
}

/// Comments that only look like one: whoever translates would not see them, nor would this linter.
fn unread(sheet: &Sheet<'_>, found: &mut Vec<Diagnostic>) {
    let mut at = 0;
    for line in sheet.text.split_inclusive('\n') {
        let marks = line.len() - line.trim_start_matches('#').len();
        let rest = &line[marks..];
        if marks > 3 || marks > 0 && !rest.is_empty() && !rest.starts_with([' ', '\n', '\r']) {
            let what =
                if marks > 3 { "a comment begins with more than `###`" } else { "a comment has no space after `#`" };
            let finding = sheet.finding_at(&codes::words::SYNTAX, at..at + marks, format!("not Fluent: {what}"));
            let help = "write `# comment`, or `## …` for a group and `### …` for the file";
            found.push(finding.severity(Severity::Warning).help(help));
        }
        at += line.len();
    }
}

/// A directive with a slip of the pen; not any line of a comment.
fn is_alike(name: &str) -> bool {
    !name.contains(' ') && name.contains('-') && nearest(name, ALL, str::to_owned).is_some()
}
