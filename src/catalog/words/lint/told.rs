//! One cause, one finding. That a language cannot say a notice is found when messages are tried out; where a file shows
//! why, that is told in its place.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, Place, codes};

use super::read::{Language, Sheet, Unit};
use super::walk::{Use, uses};

/// Why a message cannot be said.
static CAUSES: [&Code; 9] = [
    &codes::words::MISSING,
    &codes::words::UNKNOWN,
    &codes::words::REFERENCE,
    &codes::words::CYCLE,
    &codes::words::UNKNOWN_VARIABLE,
    &codes::words::TERM_VARIABLE,
    &codes::words::FUNCTION,
    &codes::words::MARKUP,
    &codes::words::LITERAL,
];

/// Findings of one kind that are told about one file.
pub(super) const MOST_OF_A_KIND: usize = 50;

/// A part of a file.
type Area<'a> = (&'a Path, Range<usize>);

pub(super) fn merge(
    languages: &BTreeMap<&str, Language<'_, '_>>,
    mut found: Vec<Diagnostic>,
    findings: &mut Vec<Diagnostic>,
) {
    findings.retain(|finding| {
        let Some(place) = finding.place.as_ref().filter(|_| finding.code == &codes::words::MISSING) else {
            return true;
        };
        let areas = concerned(languages, place);
        let whole_file = place.span.is_empty();
        let mut told = false;
        for cause in &mut found {
            let Some(at) = cause.place.as_ref().filter(|_| CAUSES.contains(&cause.code)) else { continue };
            let here = at.source.path == place.source.path
                && whole_file
                && [codes::words::MISSING.id, codes::words::UNKNOWN.id].contains(&cause.code.id);
            let within = |(path, span): &Area<'_>| {
                *path == at.source.path && span.start <= at.span.start && at.span.start < span.end
            };
            if here || areas.iter().any(within) {
                // What would be refused for the effect is refused for the cause.
                cause.severity = cause.severity.max(finding.severity);
                told = true;
            }
        }
        !told
    });
    let order =
        |finding: &Diagnostic| finding.place.as_ref().map(|place| (place.source.path.clone(), place.span.start));
    found.sort_by_cached_key(order);
    findings.extend(enough(found));
}

/// The first findings of each kind in each file. A file of nothing but quotation marks needs no report on each of them.
fn enough(found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut counts: BTreeMap<(PathBuf, &str), usize> = BTreeMap::new();
    let mut kept = Vec::new();
    let mut more: BTreeMap<(PathBuf, &str), (usize, Diagnostic)> = BTreeMap::new();
    for finding in found {
        let Some(place) = &finding.place else {
            kept.push(finding);
            continue;
        };
        let kind = (place.source.path.clone(), finding.code.id);
        let count = counts.entry(kind.clone()).or_default();
        *count += 1;
        if *count <= MOST_OF_A_KIND {
            kept.push(finding);
            continue;
        }
        let severity = finding.severity;
        let (count, first) = more.entry(kind).or_insert((0, finding));
        *count += 1;
        first.severity = first.severity.max(severity);
    }
    kept.extend(more.into_values().map(|(count, first)| {
        // Where the first of them is, so that it stands below those that are told.
        let place = first.place.map(|place| Place { label: None, ..place });
        let message = format!("from here on there are {count} more like those above");
        Diagnostic { place, message, help: Some("mend those above first".to_owned()), ..first }
    }));
    kept
}

/// The message at a place and all that it inserts, however far.
fn concerned<'s>(languages: &'s BTreeMap<&str, Language<'_, '_>>, place: &Place) -> Vec<Area<'s>> {
    let is_there = |sheet: &&&Sheet<'_>| sheet.source.path == place.source.path;
    let here = languages.values().find_map(|language| Some((language, *language.sheets.values().find(is_there)?)));
    let Some((language, sheet)) = here else { return Vec::new() };
    let Some(unit) = sheet.units.iter().rfind(|unit| sheet.span(unit.id).start <= place.span.start) else {
        return Vec::new();
    };
    // One attribute, if the place is its name; else all of the message.
    let only = unit.attributes.iter().map(|attribute| attribute.id.name).find(|name| sheet.span(name) == place.span);
    let mut areas = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![(sheet, unit, only)];
    while let Some((sheet, unit, only)) = open.pop() {
        areas.push(extent(sheet, unit, only));
        for part in
            unit.texts().filter(|text| only.is_none() || text.attribute == only).flat_map(|text| uses(text.pattern))
        {
            let (id, is_term) = match part {
                Use::Message { id, .. } => (id, false),
                Use::Term { id, .. } => (id, true),
                _ => continue,
            };
            if seen.insert((id, is_term)) {
                open.extend(language.find(sheet, id, is_term).map(|(sheet, unit)| (sheet, unit, None)));
            }
        }
    }
    areas
}

/// From the name of a message or attribute to the next one.
fn extent<'s>(sheet: &'s Sheet<'_>, unit: &Unit<'_>, attribute: Option<&str>) -> Area<'s> {
    let start = sheet.span(attribute.unwrap_or(unit.id)).start;
    let names = sheet.units.iter().map(|unit| unit.id);
    let names = names.chain(unit.attributes.iter().map(|attribute| attribute.id.name).filter(|_| attribute.is_some()));
    let end = names.map(|name| sheet.span(name).start).filter(|next| *next > start).min();
    (&sheet.source.path, start..end.unwrap_or(sheet.text.len() + 1))
}
