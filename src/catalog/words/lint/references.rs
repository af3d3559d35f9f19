//! Whether what a text refers to is there, and leads to an end: messages, terms with their arguments, functions, circles.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, codes};

use super::read::{Language, Sheet, Text, meant};
use super::variables;
use super::walk::{Use, uses};

pub(super) fn check(language: &Language<'_, '_>, found: &mut Vec<Diagnostic>) {
    for sheet in language.sheets.values() {
        for text in sheet.texts() {
            for part in uses(text.pattern) {
                match part {
                    Use::Message { id, attribute } => reference(language, sheet, id, false, attribute, found),
                    Use::Term { id, attribute, .. } => reference(language, sheet, id, true, attribute, found),
                    Use::Function { id } => {
                        let message = format!("there is no function `{id}`");
                        let finding = sheet.finding(&codes::words::FUNCTION, id, message);
                        found.push(finding.help("words have no functions; insert variables and messages as they are"));
                    }
                    Use::Variable { .. } | Use::Literal { .. } | Use::Select { .. } => {}
                }
            }
        }
    }
    terms(language, found);
    circles(language, found);
}

fn reference<'a>(
    language: &Language<'_, 'a>,
    sheet: &Sheet<'a>,
    id: &'a str,
    is_term: bool,
    attribute: Option<&'a str>,
    found: &mut Vec<Diagnostic>,
) {
    let Some(sheet) = language.sheets.get(sheet.name) else { return };
    let written = |id: &str| if is_term { format!("-{id}") } else { id.to_owned() };
    let (name, what) = (written(id), if is_term { "term" } else { "message" });
    let Some((_, unit)) = language.find(sheet, id, is_term) else {
        if language.sight(sheet).any(|sheet| sheet.lost.contains(name.as_str())) {
            return;
        }
        let finding = sheet.finding(&codes::words::REFERENCE, id, format!("there is no {what} `{name}`"));
        let known = language.sight(sheet).flat_map(|sheet| &sheet.units);
        let known: Vec<&str> = known.filter(|unit| unit.is_term == is_term).map(|unit| unit.id).collect();
        let elsewhere = language.sheets.values().find(|sheet| sheet.unit(id, is_term).is_some());
        let other_kind = language.find(sheet, id, !is_term).map(|(_, unit)| unit.name());
        found.push(finding.help(match (variables::is_provided(id), other_kind, meant(id, known), elsewhere) {
            (true, ..) if !is_term => format!("did you mean the variable `{{ ${id} }}`?"),
            (_, Some(other), ..) => format!("did you mean `{{ {other} }}`?"),
            (_, _, Some(near), _) => format!("did you mean `{{ {} }}`?", written(near)),
            (.., Some(other)) => {
                format!("it is in `{}`; what several files use belongs into `common.ftl`", other.name)
            }
            _ => "write it, or correct its name".to_owned(),
        }));
        return;
    };
    let place = attribute.unwrap_or(id);
    if unit.text(attribute).is_none() && !unit.torn {
        let finding = if let Some(attribute) = attribute {
            let message = format!("`{name}` has no attribute `.{attribute}`");
            let known = unit.attributes.iter().map(|attribute| attribute.id.name);
            let finding = sheet.finding(&codes::words::REFERENCE, place, message);
            match meant(attribute, known) {
                Some(near) => finding.help(format!("did you mean `{{ {name}.{near} }}`?")),
                None => finding.help("write it, or correct its name"),
            }
        } else {
            let message = format!("`{name}` has no text of its own, only attributes");
            let example = unit.attributes.first().map_or("title", |attribute| attribute.id.name);
            let finding = sheet.finding(&codes::words::REFERENCE, place, message);
            finding.help(format!("insert one of them: `{{ {name}.{example} }}`"))
        };
        found.push(finding);
    }
}

/// Fluent shows a term nothing but the arguments that it is called with, and leaves a hole without a word for all else.
fn terms(language: &Language<'_, '_>, found: &mut Vec<Diagnostic>) {
    let mut passed: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for sheet in language.sheets.values() {
        for (id, arguments) in sheet.texts().flat_map(|text| calls(&text)) {
            let Some((home, _)) = language.find(sheet, id, true) else { continue };
            passed.entry((home.name, id)).or_default().extend(arguments);
        }
    }
    for sheet in language.sheets.values() {
        for text in sheet.texts() {
            if text.unit.is_term {
                let passed = passed.get(&(sheet.name, text.unit.id));
                inside(language, sheet, &text, passed.unwrap_or(&BTreeSet::new()), found);
            }
            for part in uses(text.pattern) {
                call(language, sheet, part, found);
            }
        }
    }
}

/// The terms that a text calls, each with the names of the arguments that it is given.
fn calls<'a>(text: &Text<'_, 'a>) -> Vec<(&'a str, Vec<&'a str>)> {
    let call = |part| match part {
        Use::Term { id, arguments, .. } => {
            let named = arguments.into_iter().flat_map(|arguments| &arguments.named);
            Some((id, named.map(|argument| argument.name.name).collect()))
        }
        _ => None,
    };
    uses(text.pattern).into_iter().filter_map(call).collect()
}

/// A text of a term: which variables it cannot see.
fn inside(
    language: &Language<'_, '_>,
    sheet: &Sheet<'_>,
    text: &Text<'_, '_>,
    passed: &BTreeSet<&str>,
    found: &mut Vec<Diagnostic>,
) {
    let Some(sheet) = language.sheets.get(sheet.name) else { return };
    let (term, id) = (text.unit.name(), text.unit.id);
    for part in uses(text.pattern) {
        match part {
            Use::Variable { name, .. } if !passed.contains(name) => {
                let message = format!("the term `{term}` cannot see `${name}`");
                let finding = sheet.finding(&codes::words::TERM_VARIABLE, name, message);
                found.push(finding.label("this would be a hole").help(format!(
                    "make it a message: `{id} = …`, inserted as `{{ {id} }}`; only messages see variables"
                )));
            }
            Use::Message { id: inner, attribute } => {
                let Some((_, unit)) = language.find(sheet, inner, false) else { continue };
                let Some(text) = unit.text(attribute) else { continue };
                if uses(text.pattern).iter().any(|part| matches!(part, Use::Variable { .. })) {
                    let message = format!("the term `{term}` inserts `{inner}`, whose variables a term cannot see");
                    let finding = sheet.finding(&codes::words::TERM_VARIABLE, inner, message);
                    found.push(finding.help(format!("make the term a message: `{id} = …`, inserted as `{{ {id} }}`")));
                }
            }
            _ => {}
        }
    }
}

/// Whether the arguments of one call are those that the term asks for.
fn call(language: &Language<'_, '_>, sheet: &Sheet<'_>, part: Use<'_, '_>, found: &mut Vec<Diagnostic>) {
    let Use::Term { id, attribute, arguments } = part else { return };
    let Some(sheet) = language.sheets.get(sheet.name) else { return };
    let Some(text) = language.find(sheet, id, true).and_then(|(_, unit)| unit.text(attribute)) else { return };
    let asked: Vec<(&str, bool)> = uses(text.pattern)
        .into_iter()
        .filter_map(|part| match part {
            Use::Variable { name, shown } => Some((name, shown)),
            _ => None,
        })
        .collect();
    let mut tell = |message: String, help: String| {
        found.push(sheet.finding(&codes::words::ARGUMENTS, id, message).help(help));
    };
    if arguments.is_some_and(|arguments| !arguments.positional.is_empty()) {
        tell(format!("`-{id}` is given a value without a name"), format!("write `{{ -{id}(name: \"value\") }}`"));
    }
    let named: Vec<&str> = arguments.into_iter().flat_map(|all| &all.named).map(|one| one.name.name).collect();
    for unknown in named.iter().filter(|name| !asked.iter().any(|(asked, _)| asked == *name)) {
        let near = meant(unknown, asked.iter().map(|(name, _)| *name));
        let help = near.map_or("leave it out".to_owned(), |near| format!("did you mean `{near}`?"));
        tell(format!("`-{id}` does not ask for `{unknown}`"), help);
    }
    // With no arguments at all the term itself is told: see `inside`.
    if !named.is_empty() {
        for (lacking, _) in asked.iter().filter(|(name, shown)| *shown && !named.contains(name)) {
            tell(format!("`-{id}` asks for `{lacking}` and is not given it"), format!("add `{lacking}: \"…\"`"));
        }
    }
}

/// Texts that lead back to themselves.
fn circles(language: &Language<'_, '_>, found: &mut Vec<Diagnostic>) {
    type Node<'a> = (&'a str, &'a str, bool, Option<&'a str>);
    let mut edges: BTreeMap<Node<'_>, Vec<(Node<'_>, &str)>> = BTreeMap::new();
    for sheet in language.sheets.values() {
        for text in sheet.texts() {
            let from = (sheet.name, text.unit.id, text.unit.is_term, text.attribute);
            let to = uses(text.pattern).into_iter().filter_map(|part| {
                let (id, is_term, attribute) = match part {
                    Use::Message { id, attribute } => (id, false, attribute),
                    Use::Term { id, attribute, .. } => (id, true, attribute),
                    _ => return None,
                };
                let (home, unit) = language.find(sheet, id, is_term)?;
                Some(((home.name, unit.id, is_term, attribute), id))
            });
            edges.entry(from).or_default().extend(to);
        }
    }
    // Depth first without recursion: a chain of messages may be longer than the stack is deep.
    let mut done: BTreeSet<Node<'_>> = BTreeSet::new();
    for start in edges.keys() {
        let mut path: Vec<(Node<'_>, usize)> = if done.contains(start) { Vec::new() } else { vec![(*start, 0)] };
        let mut places: BTreeMap<Node<'_>, usize> = BTreeMap::new();
        while let Some((node, next)) = path.pop() {
            let Some((to, place)) = edges.get(&node).and_then(|edges| edges.get(next)) else {
                done.insert(node);
                places.remove(&node);
                continue;
            };
            places.insert(node, path.len());
            path.push((node, next + 1));
            if let Some(&at) = places.get(to) {
                let name = |node: &Node<'_>| {
                    let attribute = node.3.map(|name| format!(".{name}")).unwrap_or_default();
                    format!("{}{}{attribute}", if node.2 { "-" } else { "" }, node.1)
                };
                let names: Vec<String> = path[at..].iter().map(|(node, _)| name(node)).chain([name(to)]).collect();
                let Some(sheet) = language.sheets.get(node.0) else { continue };
                let message = format!("`{}` leads back to itself: {}", names[0], names.join(" → "));
                let finding = sheet.finding(&codes::words::CYCLE, place, message);
                found.push(finding.label("here the circle closes").help("write one of these texts out"));
            } else if !done.contains(to) {
                path.push((*to, 0));
            }
        }
    }
}
