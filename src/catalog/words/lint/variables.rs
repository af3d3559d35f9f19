//! Whether the variables of the words are those that there are, and explained to whoever translates them.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::locale::LAST_RESORT;
use crate::catalog::words::{Given, Values};
use crate::diagnostic::{Diagnostic, Severity, codes, nearest};

use super::read::{Language, Sheet};
use super::walk::{Use, uses};

/// What a variable can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any text.
    Text,
    /// `yes` or `no`.
    Flag,
}

/// The kind of a variable; `None` when there is none of this name.
pub(super) fn kind(name: &str) -> Option<Kind> {
    Values::default().each().iter().find(|(known, _)| *known == name).map(|(_, given)| match given {
        Given::Text(_) => Kind::Text,
        Given::Flag(_) => Kind::Flag,
    })
}

pub(super) fn is_provided(name: &str) -> bool {
    kind(name).is_some()
}

/// The flag that tells whether a variable holds anything: `hasCar` for `car`. `None` for one that always does.
pub(super) fn flag_of(name: &str) -> Option<&'static str> {
    let flags = Values::default().each().map(|(flag, _)| flag);
    flags.into_iter().find(|flag| flag.strip_prefix("has").is_some_and(|rest| rest.eq_ignore_ascii_case(name)))
}

pub(super) fn check(
    languages: &BTreeMap<&str, Language<'_, '_>>,
    language: &Language<'_, '_>,
    found: &mut Vec<Diagnostic>,
) {
    for sheet in language.sheets.values() {
        let english = languages.get(LAST_RESORT).and_then(|english| english.sheets.get(sheet.name).copied());
        let explained: BTreeSet<&str> = [Some(*sheet), english].into_iter().flatten().flat_map(explained).collect();
        let mut told = BTreeSet::new();
        for text in sheet.texts().filter(|text| !text.unit.is_term) {
            for part in uses(text.pattern) {
                let Use::Variable { name, .. } = part else { continue };
                if !is_provided(name) {
                    found.push(unknown(sheet, name));
                } else if !explained.contains(name) && told.insert(name) {
                    let message = format!("no comment tells translators what `${name}` is");
                    let finding = sheet.finding(&codes::words::UNEXPLAINED, name, message);
                    found.push(finding.help(format!(
                        "add a line above the messages that use it, in `{LAST_RESORT}/{}`: `## ${name} (String) - what it is, e.g. “…”`",
                        sheet.name
                    )));
                }
            }
        }
        for line in comments(sheet) {
            let Some(name) = definition(line).filter(|name| !is_provided(name)) else { continue };
            found.push(unknown(sheet, name).severity(Severity::Warning));
        }
    }
}

fn unknown(sheet: &Sheet<'_>, name: &str) -> Diagnostic {
    let known = Values::default().each().map(|(known, _)| known);
    let message = format!("there is no variable `${name}`");
    let finding = sheet.finding(&codes::words::UNKNOWN_VARIABLE, name, message);
    finding.help(match nearest(name, known, str::to_owned) {
        Some(near) => format!("did you mean `${near}`?"),
        None => format!("there are {}", known.map(|name| format!("`${name}`")).join(", ")),
    })
}

fn comments<'s, 'a>(sheet: &'s Sheet<'a>) -> impl Iterator<Item = &'a str> + use<'s, 'a> {
    let own = sheet.units.iter().flat_map(|unit| &unit.comment);
    sheet.heads.iter().chain(&sheet.notes).chain(own).copied()
}

/// The variables that the comments of a file name.
fn explained<'a>(sheet: &Sheet<'a>) -> Vec<&'a str> {
    comments(sheet).flat_map(|line| line.match_indices('$').map(|(at, _)| name_at(&line[at + 1..]))).collect()
}

/// The variable that a line of a comment defines: `$car (String) - the car's name`.
fn definition(line: &str) -> Option<&str> {
    let name = name_at(line.trim_start().strip_prefix('$')?);
    let rest = line.trim_start()[1 + name.len()..].trim_start();
    (!name.is_empty() && rest.starts_with('(')).then_some(name)
}

fn name_at(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
    &text[..end.unwrap_or(text.len())]
}
