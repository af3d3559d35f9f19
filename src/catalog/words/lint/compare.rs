//! Whether each language has the words that English has: no fewer, no others, each once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalog::locale::LAST_RESORT;
use crate::diagnostic::{Diagnostic, Severity, Source, codes};

use super::read::{Language, Sheet, Text, Unit, meant};
use super::run::Run;
use super::walk::{Use, uses};

const STEP: &str = "step-";

pub(super) fn compare(languages: &BTreeMap<&str, Language<'_, '_>>, found: &mut Vec<Diagnostic>) {
    for sheet in languages.values().flat_map(|language| language.sheets.values()) {
        twice(sheet, found);
    }
    let Some(english) = languages.get(LAST_RESORT) else { return };
    for language in languages.values() {
        unused_terms(language, found);
        if language.locale != LAST_RESORT {
            files(english, language, found);
        }
    }
}

/// Terms and attributes that stand twice. Messages that do were told when they were loaded.
fn twice(sheet: &Sheet<'_>, found: &mut Vec<Diagnostic>) {
    let mut terms = BTreeSet::new();
    for unit in &sheet.units {
        if unit.is_term && !terms.insert(unit.id) {
            let message = format!("the term `-{}` stands twice", unit.id);
            found.push(sheet.finding(&codes::words::DUPLICATE, unit.id, message).help("rename or delete one of them"));
        }
        let mut attributes = BTreeSet::new();
        for attribute in unit.attributes.iter().map(|attribute| attribute.id.name) {
            if !attributes.insert(attribute) {
                let message = format!("`.{attribute}` of `{}` stands twice", unit.name());
                let finding = sheet.finding(&codes::words::DUPLICATE, attribute, message);
                found.push(finding.help("only one of the two would be used; rename or delete one of them"));
            }
        }
    }
}

/// A term that no text of its language inserts is a leftover, or misspelt where it is used.
fn unused_terms(language: &Language<'_, '_>, found: &mut Vec<Diagnostic>) {
    let mut used = BTreeSet::new();
    for text in language.sheets.values().flat_map(|sheet| sheet.texts()) {
        used.extend(uses(text.pattern).into_iter().filter_map(|part| match part {
            Use::Term { id, .. } => Some(id),
            _ => None,
        }));
    }
    for sheet in language.sheets.values() {
        for unit in sheet.units.iter().filter(|unit| unit.is_term && !used.contains(unit.id)) {
            let message = format!("nothing uses the term `-{}`", unit.id);
            let finding = sheet.finding(&codes::words::UNKNOWN, unit.id, message);
            found.push(finding.help(format!("insert it as `{{ -{} }}`, or delete it", unit.id)));
        }
    }
}

fn files(english: &Language<'_, '_>, language: &Language<'_, '_>, found: &mut Vec<Diagnostic>) {
    let locale = language.locale;
    let mut missing: Vec<&str> = Vec::new();
    for (name, reference) in &english.sheets {
        match language.sheets.get(name) {
            Some(sheet) => units(reference, sheet, found),
            None => missing.push(name),
        }
    }
    for (name, sheet) in language.sheets.iter().filter(|(name, _)| !english.sheets.contains_key(*name)) {
        let finding = sheet.finding_at(
            &codes::words::UNKNOWN,
            0..0,
            format!("`{LAST_RESORT}` has no file `{name}`, so nothing of this one is used"),
        );
        let near = meant(name, missing.iter().copied());
        missing.retain(|missing| Some(*missing) != near);
        found.push(match near {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help(format!("delete it, or write it in `{LAST_RESORT}` first")),
        });
    }
    // Without `common.ftl` the language is refused, and that was told.
    for name in missing.into_iter().filter(|name| *name != super::super::SHARED) {
        let finding = Diagnostic::new(&codes::words::MISSING, format!("the language `{locale}` has no `{name}`"));
        let sibling = language.sheets.values().next();
        found.push(
            match sibling.and_then(|sibling| sibling.source.path.parent()) {
                Some(folder) => {
                    let absent = Source { path: folder.join(name), text: String::new() };
                    finding.at(&Arc::new(absent), 0..0)
                }
                None => finding,
            }
            .help(format!(
                "copy `{LAST_RESORT}/{name}` there and translate it; until then its owners get another language"
            )),
        );
    }
}

/// Messages and terms, then the texts of those that both have.
fn units(reference: &Sheet<'_>, sheet: &Sheet<'_>, found: &mut Vec<Diagnostic>) {
    let has = |sheet: &Sheet<'_>, unit: &Unit<'_>| {
        sheet.unit(unit.id, unit.is_term).is_some() || sheet.lost.contains(unit.name().as_str())
    };
    let mut missing: Vec<&Unit<'_>> = reference.units.iter().filter(|unit| !has(sheet, unit)).collect();
    // A language may have terms of its own.
    for unit in sheet.units.iter().filter(|unit| !unit.is_term && !has(reference, unit)) {
        let message = format!("`{LAST_RESORT}` has no message `{}`, so this one is not used", unit.id);
        let finding = sheet.finding(&codes::words::UNKNOWN, unit.id, message);
        let near = meant(unit.id, missing.iter().filter(|unit| !unit.is_term).map(|unit| unit.id));
        missing.retain(|missing| Some(missing.id) != near);
        found.push(match near {
            Some(near) => finding.help(format!("did you mean `{near}`, which is missing here?")),
            None => finding.help("delete it"),
        });
    }
    // Each where it belongs: below the one that it follows in English.
    let mut before = None;
    for unit in &reference.units {
        if let Some(there) = sheet.unit(unit.id, unit.is_term) {
            before = Some(there);
        }
        if !missing.iter().any(|missing| std::ptr::eq(*missing, unit)) {
            continue;
        }
        let (what, name) = (unit.what(), unit.name());
        let place = before.map_or(0..0, |unit| sheet.span(unit.id));
        let finding =
            sheet.finding_at(&codes::words::MISSING, place, format!("`{}` lacks the {what} `{name}`", sheet.locale));
        let finding = if before.is_some() { finding.label("it belongs below this one") } else { finding };
        found.push(finding.help(said(reference, unit.texts().next().as_ref())));
    }
    for unit in &sheet.units {
        if let Some(original) = reference.unit(unit.id, unit.is_term).filter(|original| !original.torn && !unit.torn) {
            texts((reference, original), (sheet, unit), found);
        }
    }
}

/// The texts of one message.
fn texts(
    (reference, original): (&Sheet<'_>, &Unit<'_>),
    (sheet, unit): (&Sheet<'_>, &Unit<'_>),
    found: &mut Vec<Diagnostic>,
) {
    // Terms may have attributes that only their own language looks at.
    if unit.is_term {
        return;
    }
    let counted = |text: &Text<'_, '_>| !text.attribute.is_some_and(|name| name.starts_with(STEP));
    let lacking = |text: &Text<'_, '_>| counted(text) && unit.text(text.attribute).is_none();
    let mut missing: Vec<Text<'_, '_>> = original.texts().filter(lacking).collect();
    for text in unit.texts().filter(|text| counted(text) && original.text(text.attribute).is_none()) {
        let Some(attribute) = text.attribute else {
            let message = format!("`{}` has no text of its own in `{LAST_RESORT}`, only attributes", unit.id);
            found
                .push(sheet.finding(&codes::words::UNKNOWN, unit.id, message).help("this text is not used; delete it"));
            continue;
        };
        let message = format!("`{}` of `{LAST_RESORT}` has no `.{attribute}`, so this text is not used", unit.id);
        let finding = sheet.finding(&codes::words::UNKNOWN, attribute, message);
        let near = meant(attribute, missing.iter().filter_map(|text| text.attribute));
        missing.retain(|missing| missing.attribute.is_none() || missing.attribute != near);
        found.push(match near {
            Some(near) => finding.help(format!("did you mean `.{near}`, which is missing here?")),
            None => finding.help("delete it"),
        });
    }
    for text in missing {
        let message = format!("`{}` lacks {}", sheet.locale, text.name());
        let finding = sheet.finding(&codes::words::MISSING, unit.id, message);
        let label =
            text.attribute.map_or("its text is missing".to_owned(), |name| format!("`.{name}` is missing here"));
        found.push(finding.label(label).help(said(reference, Some(&text))));
    }
    steps((reference, original), (sheet, unit), found);
}

/// As many steps as English, so that none of them gets lost. How they are numbered was looked at when they were loaded.
fn steps(
    (reference, original): (&Sheet<'_>, &Unit<'_>),
    (sheet, unit): (&Sheet<'_>, &Unit<'_>),
    found: &mut Vec<Diagnostic>,
) {
    let steps =
        |unit: &Unit<'_>| unit.attributes.iter().filter(|attribute| attribute.id.name.starts_with(STEP)).count();
    let (wanted, there) = (steps(original), steps(unit));
    let numbered = (1..=there).all(|number| unit.text(Some(&format!("{STEP}{number}"))).is_some());
    if wanted == there || !numbered {
        return;
    }
    let last = unit.attributes.iter().rfind(|attribute| attribute.id.name.starts_with(STEP));
    let message = format!("`{}` has {} and `{LAST_RESORT}` has {}", unit.id, number(there), number(wanted));
    let finding = sheet.finding(&codes::words::STEPS, last.map_or(unit.id, |step| step.id.name), message);
    let first_lost = original.text(Some(&format!("{STEP}{}", there + 1)));
    found.push(finding.severity(Severity::Warning).help(match first_lost {
        Some(text) => said(reference, Some(&text)),
        None => {
            format!("the owner must be asked for the same steps in every language; add them to `{LAST_RESORT}` first")
        }
    }));
}

fn number(steps: usize) -> String {
    if steps == 1 { "1 step".to_owned() } else { format!("{steps} steps") }
}

/// What English says there, for whoever has to say it in another language.
fn said(reference: &Sheet<'_>, text: Option<&Text<'_, '_>>) -> String {
    match text.and_then(|text| Run::of(reference, text.pattern).quoted()) {
        Some(quoted) => format!("`{LAST_RESORT}` says: {quoted}"),
        None => format!("see `{LAST_RESORT}` for what is to be said"),
    }
}
