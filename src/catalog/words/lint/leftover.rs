//! English that was left in a translation: a whole text, a branch of it, or one sentence.

use std::collections::BTreeSet;

use crate::catalog::locale::LAST_RESORT;
use crate::diagnostic::{Diagnostic, codes};

use super::directive::{Directives, SAME_AS_ENGLISH};
use super::read::{Sheet, Text};
use super::run::Run;
use super::walk::branches;

/// Words from which on a sentence can hardly be the same in two languages by chance.
const SENTENCE: usize = 4;

pub(super) fn check<'a>(
    (reference, original): (&Sheet<'_>, &Text<'_, '_>),
    (sheet, text): (&Sheet<'a>, &Text<'_, 'a>),
    directives: &mut Directives<'a>,
    found: &mut Vec<Diagnostic>,
) {
    let english: Vec<String> =
        branches(original.pattern).iter().map(|branch| Run::of(reference, branch).shown()).collect();
    let runs: Vec<(Run, String)> = branches(text.pattern)
        .iter()
        .map(|branch| Run::of(sheet, branch))
        .map(|run| (run.shown(), run))
        .map(|(shown, run)| (run, shown))
        .collect();
    let whole = english.len() == runs.len() && english.iter().zip(&runs).all(|(english, (_, shown))| english == shown);
    let mut tell = |span, what: String| {
        let attribute = text.attribute.map(|name| format!(": .{name}")).unwrap_or_default();
        let finding = sheet.finding_at(&codes::words::ENGLISH, span, what);
        found.push(finding.help(format!(
            "translate it; where it is right as it is, say so above the message: `# {SAME_AS_ENGLISH}{attribute}`"
        )));
    };
    if whole {
        if runs.iter().any(|(run, _)| says_something(&run.text)) && !directives.allow(SAME_AS_ENGLISH, text, None) {
            tell(sheet.span(text.head()), format!("{} is the same as in `{LAST_RESORT}`", text.name()));
        }
        return;
    }
    let sentences: BTreeSet<&str> =
        english.iter().flat_map(|text| sentences(text)).map(|(_, sentence)| sentence).collect();
    for (run, shown) in &runs {
        let words = says_something(&run.text) && run.text.split_whitespace().count() > 1;
        if words && english.contains(shown) && !directives.allow(SAME_AS_ENGLISH, text, None) {
            let all = run.text.trim_end();
            tell(
                run.span(run.text.len() - run.text.trim_start().len()..all.len()),
                format!("a branch of {} is the same as in `{LAST_RESORT}`", text.name()),
            );
            continue;
        }
        for (at, sentence) in self::sentences(&run.text) {
            let long = sentence.split_whitespace().count() >= SENTENCE && sentence.is_ascii();
            if long && sentences.contains(sentence) && !directives.allow(SAME_AS_ENGLISH, text, None) {
                tell(
                    run.span(at..at + sentence.len()),
                    format!("a sentence of {} is the same as in `{LAST_RESORT}`", text.name()),
                );
            }
        }
    }
}

/// Short names are the same everywhere (OK, PIN, VIN), and so is what is only inserted.
fn says_something(text: &str) -> bool {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
    words.len() > 1 || words.iter().any(|word| word.chars().count() > 2 && word.chars().any(char::is_lowercase))
}

/// The sentences of a text, each without its surrounding spaces, and where they begin.
fn sentences(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    for part in text.split_inclusive(['.', '?', ':', '\n']) {
        let lead = part.len() - part.trim_start().len();
        let sentence = part.trim();
        if !sentence.is_empty() {
            found.push((at + lead, sentence));
        }
        at += part.len();
    }
    found
}
