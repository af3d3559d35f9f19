//! What a reader of a language's files would find wrong with them, before a message is made of them. One file for each
//! concern; none of them knows another.
//!
//! What loading refuses is told by loading: here files are read for what Fluent would let pass.

mod branches;
mod characters;
mod compare;
mod directive;
mod leftover;
mod plural;
mod read;
mod references;
mod run;
mod select;
mod told;
mod typography;
mod variables;
mod voice;
mod walk;

use std::collections::BTreeMap;

use crate::catalog::files::Tree;
use crate::catalog::locale::LAST_RESORT;
use crate::diagnostic::Diagnostic;

use branches::Stage;
use directive::Directives;
use read::{Language, Sheet};
use run::Run;

/// Reads all files of all languages, and adds what is found to the other findings. What they say already is said once.
pub(in crate::catalog) fn lint(files: &Tree, findings: &mut Vec<Diagnostic>) {
    let pages = read::pages(files);
    let sheets: Vec<Sheet<'_>> = pages.iter().map(Sheet::parse).collect();
    let languages = Language::all(&sheets);
    let stages: BTreeMap<&str, Stage<'_, '_, '_>> =
        languages.iter().map(|(locale, language)| (*locale, Stage::of(language))).collect();
    let english = stages.get(LAST_RESORT);
    let mut found = Vec::new();
    compare::compare(&languages, &mut found);
    for stage in stages.values() {
        let language = stage.language;
        references::check(language, &mut found);
        variables::check(&languages, language, &mut found);
        select::check(stage, &mut found);
        stage.holes(&mut found);
        for sheet in language.sheets.values() {
            typography::lines(sheet, &mut found);
            let mut directives = Directives::read(sheet, &mut found);
            texts(english, stage, sheet, &mut directives, &mut found);
            // Without English nothing is left out of anything.
            if english.is_some() {
                directives.idle(sheet, &mut found);
            }
        }
    }
    told::merge(&languages, found, findings);
}

/// Every text of a file, looked at alone and beside its English.
fn texts<'s, 'a>(
    english: Option<&Stage<'_, 's, 'a>>,
    stage: &Stage<'_, 's, 'a>,
    sheet: &'s Sheet<'a>,
    directives: &mut Directives<'a>,
    found: &mut Vec<Diagnostic>,
) {
    for text in sheet.texts() {
        characters::literals(sheet, &text, found);
        for branch in walk::branches(text.pattern) {
            let run = Run::of(sheet, branch);
            characters::check(sheet, &text, &run, found);
            typography::check(sheet, &text, &run, found);
            voice::check(sheet, &text, &run, directives, found);
        }
    }
    let Some(english) = english.filter(|_| sheet.locale != LAST_RESORT) else { return };
    let Some(reference) = english.language.sheets.get(sheet.name).copied() else { return };
    for text in sheet.texts().filter(|text| sheet.is_first(text)) {
        let original = reference.unit(text.unit.id, text.unit.is_term).and_then(|unit| unit.text(text.attribute));
        let Some(original) = original else { continue };
        stage.losses(english, (reference, &original), (sheet, &text), directives, found);
        if !stage.language.is_english() {
            leftover::check((reference, &original), (sheet, &text), directives, found);
        }
    }
}

#[cfg(test)]
mod tests;
