//! Whether the branches of a select are those that can be chosen, and all that the language needs.

use std::collections::BTreeSet;

use fluent_syntax::ast::{InlineExpression, Pattern, Variant, VariantKey};

use crate::catalog::words::{NO, YES};
use crate::diagnostic::{Diagnostic, codes, nearest};

use super::branches::Stage;
use super::plural::{is_name, is_number};
use super::read::Sheet;
use super::variables::{self, Kind};
use super::walk::{Use, uses};

pub(super) fn check(stage: &Stage<'_, '_, '_>, found: &mut Vec<Diagnostic>) {
    for sheet in stage.language.sheets.values() {
        for part in sheet.texts().flat_map(|text| uses(text.pattern)) {
            if let Use::Select { selector, variants } = part {
                keys(sheet, variants, found);
                match selector {
                    InlineExpression::VariableReference { id } => match variables::kind(id.name) {
                        Some(Kind::Flag) => flag(sheet, id.name, variants, found),
                        Some(Kind::Text) => text(sheet, id.name, variants, found),
                        None => numbers(stage, sheet, id.name, variants, found),
                    },
                    InlineExpression::FunctionReference { id, .. } => numbers(stage, sheet, id.name, variants, found),
                    InlineExpression::NumberLiteral { value } | InlineExpression::StringLiteral { value } => {
                        let message = "what is chosen by does not change, so it is always the same branch";
                        let finding = sheet.finding(&codes::words::BRANCH, value, message);
                        found.push(finding.help("choose by a variable, such as `{ $hasCar ->`, or write the one text"));
                    }
                    _ => {}
                }
            }
        }
    }
}

pub(super) fn key<'a>(variant: &Variant<&'a str>) -> &'a str {
    match &variant.key {
        VariantKey::Identifier { name } => name,
        VariantKey::NumberLiteral { value } => value,
    }
}

/// Whether a text has branches that its variable never chooses.
pub(super) fn has_idle_branch(pattern: &Pattern<&str>) -> bool {
    uses(pattern).into_iter().any(|part| match part {
        Use::Select { selector: InlineExpression::VariableReference { id }, variants } => {
            let mut keys = variants.iter().filter(|variant| !variant.default).map(key);
            match variables::kind(id.name) {
                Some(Kind::Flag) => keys.any(|key| ![YES, NO].contains(&key)),
                Some(Kind::Text) => keys.any(|key| is_number(key) || is_name(key)),
                None => false,
            }
        }
        _ => false,
    })
}

/// Of two branches for the same case the second is never read.
fn keys(sheet: &Sheet<'_>, variants: &[Variant<&str>], found: &mut Vec<Diagnostic>) {
    let mut seen = BTreeSet::new();
    for key in variants.iter().map(key) {
        if !seen.insert(key) {
            let finding = sheet.finding(&codes::words::BRANCH, key, format!("the branch `[{key}]` stands twice"));
            found.push(finding.help("only one of the two is ever chosen; delete or rename the other"));
        }
    }
}

/// The default serves whatever has no branch of its own, so its name is free.
fn flag(sheet: &Sheet<'_>, name: &str, variants: &[Variant<&str>], found: &mut Vec<Diagnostic>) {
    for key in variants.iter().filter(|variant| !variant.default).map(key) {
        if ![YES, NO].contains(&key) {
            let message = format!("`${name}` is never `{key}`, so this branch is never chosen");
            let finding = sheet.finding(&codes::words::BRANCH, key, message);
            found.push(finding.help(match nearest(key, [YES, NO], str::to_owned) {
                Some(near) => format!("did you mean `[{near}]`?"),
                None => format!("it is `{YES}` or `{NO}` in every language; only the text behind it is translated"),
            }));
        }
    }
}

fn text(sheet: &Sheet<'_>, name: &str, variants: &[Variant<&str>], found: &mut Vec<Diagnostic>) {
    let counts = |key: &&str| is_number(key) || is_name(key);
    if let Some(key) = variants.iter().filter(|variant| !variant.default).map(key).find(counts) {
        let message = format!("`${name}` is a text and not a number, so `[{key}]` is never chosen");
        let finding = sheet.finding(&codes::words::BRANCH, key, message);
        found.push(finding.help("even the text “1” is no number to Fluent; write one text for all cases"));
    }
}

/// A select by number: the forms that the language has, and no others.
fn numbers(
    stage: &Stage<'_, '_, '_>,
    sheet: &Sheet<'_>,
    selector: &str,
    variants: &[Variant<&str>],
    found: &mut Vec<Diagnostic>,
) {
    let keys: Vec<&str> = variants.iter().map(key).collect();
    if !keys.iter().any(|key| is_number(key) || is_name(key) && *key != "other") {
        return;
    }
    let (locale, forms) = (stage.language.locale, stage.plurals.forms());
    let missing: Vec<String> =
        forms.iter().filter(|form| !keys.contains(form)).map(|form| format!("`[{form}]`")).collect();
    if !missing.is_empty() {
        let message = format!("`{locale}` counts with {}, and there is no branch for it", missing.join(" and "));
        let finding = sheet.finding(&codes::words::PLURAL, selector, message);
        found.push(finding.help(format!("its forms are {}; the last is the default: `*[other]`", forms.join(", "))));
    }
    for key in keys.iter().filter(|key| is_name(key) && !forms.contains(key)) {
        let message = format!("`{locale}` has no form `{key}`, so this branch is never chosen");
        let finding = sheet.finding(&codes::words::PLURAL, key, message);
        found.push(finding.help(match *key {
            "zero" => "for the number 0 write `[0]`".to_owned(),
            "two" => "for the number 2 write `[2]`".to_owned(),
            _ => format!("its forms are {}", forms.join(", ")),
        }));
    }
}
