//! Which variables an owner gets to see, case by case: with the car known and unknown, for one and for many. A translation
//! must not lose what English shows, and nobody may be shown a variable that holds nothing.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{Expression, InlineExpression, Pattern, PatternElement, Variant};

use crate::catalog::locale::LAST_RESORT;
use crate::catalog::words::{NO, YES};
use crate::diagnostic::{Diagnostic, codes};

use super::directive::{Directives, LEAVES_OUT};
use super::plural::{self, Plurals};
use super::read::{Language, Sheet, Text};
use super::run::Run;
use super::select::{self, key};
use super::variables::{self, Kind};
use super::walk::{Use, uses};

/// Steps that following references may take: circles and fans of them have no other end.
const MOST_STEPS: usize = 2_000;
const DEEPEST: usize = 40;
/// Messages behind a text whose selects are looked for.
const MOST_SUBJECTS: usize = 100;
/// Cases that are tried for one text. Selects beyond stay at their default.
const MOST_CASES: usize = 256;

/// What each select is decided by, and how: `hasCar` → `yes`.
type Case<'c> = BTreeMap<&'c str, &'c str>;

/// A branch: the bytes of its name, and when it is chosen. `None`: the text has no branches.
type Branch = Option<(usize, usize, String)>;

/// A language that can be asked what is shown.
pub(super) struct Stage<'l, 's, 'a> {
    pub(super) language: &'l Language<'s, 'a>,
    pub(super) plurals: Plurals,
}

/// A variable that is shown, and where in which file.
struct Shown<'s, 'a> {
    name: &'a str,
    sheet: &'s Sheet<'a>,
}

impl<'l, 's, 'a> Stage<'l, 's, 'a> {
    pub(super) fn of(language: &'l Language<'s, 'a>) -> Self {
        Self { language, plurals: Plurals::of(language.locale) }
    }

    /// All variables that a text shows in a case. `None` when that has no end, or when it refers to nothing: that is told as
    /// what it is.
    fn shown(&self, sheet: &'s Sheet<'a>, pattern: &Pattern<&'a str>, case: &Case<'_>) -> Option<Vec<Shown<'s, 'a>>> {
        let mut found = Vec::new();
        let mut steps = MOST_STEPS;
        self.in_pattern(sheet, pattern, case, (DEEPEST, &mut steps), &mut found).then_some(found)
    }

    fn in_pattern(
        &self,
        sheet: &'s Sheet<'a>,
        pattern: &Pattern<&'a str>,
        case: &Case<'_>,
        (depth, steps): (usize, &mut usize),
        found: &mut Vec<Shown<'s, 'a>>,
    ) -> bool {
        for element in &pattern.elements {
            let PatternElement::Placeable { expression } = element else { continue };
            if *steps == 0 || depth == 0 {
                return false;
            }
            *steps -= 1;
            let mut expression = expression;
            while let Expression::Inline(InlineExpression::Placeable { expression: inner }) = expression {
                expression = inner;
            }
            let (home, inner) = match expression {
                Expression::Select { selector, variants } => {
                    let Some(variant) = self.chosen(selector, variants, case) else { continue };
                    (sheet, &variant.value)
                }
                Expression::Inline(InlineExpression::VariableReference { id }) => {
                    found.push(Shown { name: id.name, sheet });
                    continue;
                }
                Expression::Inline(InlineExpression::MessageReference { id, attribute }) => {
                    let attribute = attribute.as_ref().map(|attribute| attribute.name);
                    let Some((home, unit)) = self.language.find(sheet, id.name, false) else { return false };
                    let Some(text) = unit.text(attribute) else { return false };
                    (home, text.pattern)
                }
                Expression::Inline(_) => continue,
            };
            if !self.in_pattern(home, inner, case, (depth - 1, steps), found) {
                return false;
            }
        }
        true
    }

    fn chosen<'v>(
        &self,
        selector: &InlineExpression<&str>,
        variants: &'v [Variant<&'a str>],
        case: &Case<'_>,
    ) -> Option<&'v Variant<&'a str>> {
        let decided = case.get(subject(selector)?).copied();
        let exact = |variant: &&Variant<&str>| Some(key(variant)) == decided;
        let form = decided.filter(|decided| plural::is_number(decided)).map(|number| self.plurals.form(number));
        let counted = |variant: &&Variant<&str>| Some(key(variant)) == form;
        let fits = variants.iter().find(exact).or_else(|| variants.iter().find(counted));
        fits.or_else(|| variants.iter().find(|variant| variant.default))
    }

    /// What the selects of a text and of all it refers to are decided by, with the names of their branches.
    fn subjects(
        &self,
        sheet: &'s Sheet<'a>,
        pattern: &'s Pattern<&'a str>,
        into: &mut BTreeMap<&'a str, BTreeSet<&'a str>>,
    ) {
        let mut open = vec![(sheet, pattern)];
        let mut seen = BTreeSet::new();
        while let Some((sheet, pattern)) = open.pop().filter(|_| seen.len() < MOST_SUBJECTS) {
            for part in uses(pattern) {
                match part {
                    Use::Select { selector, variants } => {
                        let Some(subject) = subject(selector) else { continue };
                        into.entry(subject).or_default().extend(variants.iter().map(key));
                    }
                    Use::Variable { name, shown: true } => {
                        if let Some(flag) = variables::flag_of(name) {
                            into.entry(flag).or_default();
                        }
                    }
                    Use::Message { id, attribute } if seen.insert((id, attribute)) => {
                        let Some((home, unit)) = self.language.find(sheet, id, false) else { continue };
                        open.extend(unit.text(attribute).map(|text| (home, text.pattern)));
                    }
                    _ => {}
                }
            }
        }
    }

    /// Texts that show a variable although it holds nothing.
    pub(super) fn holes(&self, found: &mut Vec<Diagnostic>) {
        let mut told: BTreeSet<(&str, usize)> = BTreeSet::new();
        let inserted = self.inserted();
        for sheet in self.language.sheets.values() {
            // A text that others insert is looked at there: they may insert it only where it fits.
            let ends = |text: &Text<'_, '_>| !text.unit.is_term && !inserted.contains(&(text.unit.id, text.attribute));
            for text in sheet.texts().filter(ends).filter(|text| !select::has_idle_branch(text.pattern)) {
                let mut subjects = BTreeMap::new();
                self.subjects(sheet, text.pattern, &mut subjects);
                for case in cases(&subjects) {
                    for Shown { name, sheet } in self.shown(sheet, text.pattern, &case).unwrap_or_default() {
                        let Some(flag) = variables::flag_of(name).filter(|flag| case.get(flag) == Some(&NO)) else {
                            continue;
                        };
                        if told.insert((sheet.name, sheet.span(name).start)) {
                            let message = format!("`${name}` is shown even where it is not known");
                            let finding = sheet.finding(&codes::words::HOLE, name, message);
                            found.push(finding.label("this would be a hole").help(format!(
                                "choose by `${flag}`: `{{ ${flag} -> [{YES}] … {{ ${name} }} … *[{NO}] …`"
                            )));
                        }
                    }
                }
            }
        }
    }

    /// All texts that other texts insert.
    fn inserted(&self) -> BTreeSet<(&'a str, Option<&'a str>)> {
        let parts = self.language.sheets.values().flat_map(|sheet| sheet.texts()).flat_map(|text| uses(text.pattern));
        parts
            .filter_map(|part| match part {
                Use::Message { id, attribute } => Some((id, attribute)),
                _ => None,
            })
            .collect()
    }

    /// Where a text shows less than its English.
    pub(super) fn losses(
        &self,
        english: &Stage<'_, 's, 'a>,
        (reference, original): (&'s Sheet<'a>, &Text<'s, 'a>),
        (sheet, text): (&'s Sheet<'a>, &Text<'s, 'a>),
        directives: &mut Directives<'a>,
        found: &mut Vec<Diagnostic>,
    ) {
        // A branch that is never chosen is told as what it is.
        if select::has_idle_branch(text.pattern) || is_uncertain(text) {
            return;
        }
        let mut subjects = BTreeMap::new();
        english.subjects(reference, original.pattern, &mut subjects);
        self.subjects(sheet, text.pattern, &mut subjects);
        // For each variable the branches in which English shows it, and those of them where this text does not.
        let mut places: BTreeMap<&str, (BTreeSet<Branch>, BTreeSet<Branch>)> = BTreeMap::new();
        for case in cases(&subjects) {
            let both = (english.shown(reference, original.pattern, &case), self.shown(sheet, text.pattern, &case));
            let (Some(wanted), Some(there)) = both else { return };
            let known = |name: &str| variables::flag_of(name).is_none_or(|flag| case.get(flag) != Some(&NO));
            let wanted: BTreeSet<&str> = wanted.iter().map(|shown| shown.name).filter(|name| known(name)).collect();
            for name in wanted.into_iter().filter(|name| variables::is_provided(name)) {
                let branch = self.branch(sheet, text.pattern, &case);
                let (shown, lost) = places.entry(name).or_default();
                let is_lost = !there.iter().any(|shown| shown.name == name);
                if is_lost && !self.lost_before(english, (reference, sheet), text.pattern, &case, name) {
                    lost.insert(branch.clone());
                }
                shown.insert(branch);
            }
        }
        for (name, (shown, lost)) in places {
            if lost.is_empty() || directives.allow(LEAVES_OUT, text, Some(name)) {
                continue;
            }
            // Lost in all branches it was never there.
            let everywhere = BTreeSet::from([None]);
            for branch in if lost == shown && lost.len() > 1 { everywhere } else { lost } {
                let (place, when) = match branch {
                    Some((start, end, when)) => (start..end, format!(" where {when}")),
                    None => (sheet.span(text.head()), String::new()),
                };
                let message = format!("{} loses `${name}`{when}, which `{LAST_RESORT}` shows there", text.name());
                let finding = sheet.finding_at(&codes::words::LOST_VARIABLE, place, message);
                let finding = match Run::of(reference, original.pattern).quoted() {
                    Some(quoted) => finding.label(format!("`{LAST_RESORT}` says: {quoted}")),
                    None => finding,
                };
                let attribute = text.attribute.map(|name| format!(" .{name}")).unwrap_or_default();
                found.push(finding.help(format!(
                    "insert it, or a message that holds it; where that is meant, allow it above the message: \
                     `# {LEAVES_OUT}: ${name}{attribute}`"
                )));
            }
        }
    }

    /// Whether a message that the text inserts has lost the variable already: then it is told there, and once.
    fn lost_before(
        &self,
        english: &Stage<'_, 's, 'a>,
        (reference, sheet): (&'s Sheet<'a>, &'s Sheet<'a>),
        pattern: &Pattern<&'a str>,
        case: &Case<'_>,
        name: &str,
    ) -> bool {
        let shows = |stage: &Stage<'_, 's, 'a>, sheet: &'s Sheet<'a>, id: &str, attribute: Option<&str>| {
            let (home, unit) = stage.language.find(sheet, id, false)?;
            let shown = stage.shown(home, unit.text(attribute)?.pattern, case)?;
            Some(shown.iter().any(|shown| shown.name == name))
        };
        uses(pattern).into_iter().any(|part| match part {
            Use::Message { id, attribute } => {
                shows(english, reference, id, attribute) == Some(true)
                    && shows(self, sheet, id, attribute) == Some(false)
            }
            _ => false,
        })
    }

    /// The innermost branch of a text itself that is chosen in a case.
    fn branch(&self, sheet: &Sheet<'a>, pattern: &Pattern<&'a str>, case: &Case<'_>) -> Branch {
        let mut found = None;
        let mut open = vec![pattern];
        while let Some(pattern) = open.pop() {
            for element in &pattern.elements {
                let PatternElement::Placeable { expression } = element else { continue };
                let Expression::Select { selector, variants } = expression else { continue };
                let (subject, variant) = (subject(selector), self.chosen(selector, variants, case));
                let (Some(subject), Some(variant)) = (subject, variant) else { continue };
                let span = sheet.span(key(variant));
                found = Some((span.start, span.end, format!("`${subject}` is `{}`", key(variant))));
                open.push(&variant.value);
            }
        }
        found
    }
}

/// Whether it is not known what a text shows: a name in it is misspelt, or what follows it could not be read.
fn is_uncertain(text: &Text<'_, '_>) -> bool {
    let cut = text.unit.torn && text.unit.texts().last().is_some_and(|last| last.attribute == text.attribute);
    cut || uses(text.pattern).into_iter().any(|part| match part {
        Use::Variable { name, shown } => shown && !variables::is_provided(name),
        Use::Function { .. } => true,
        _ => false,
    })
}

/// The variable or function that a select is decided by.
fn subject<'a>(selector: &InlineExpression<&'a str>) -> Option<&'a str> {
    match selector {
        InlineExpression::VariableReference { id } => Some(id.name),
        InlineExpression::FunctionReference { arguments, .. } => arguments.positional.first().and_then(subject),
        _ => None,
    }
}

/// Every combination of what the selects may be decided by.
fn cases<'a>(subjects: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Vec<Case<'a>> {
    let samples: &[&'a str] = &plural::SAMPLES;
    let mut cases: Vec<Case<'a>> = vec![BTreeMap::new()];
    for (subject, keys) in subjects {
        let outcomes: Vec<&str> = if variables::kind(subject) == Some(Kind::Flag) {
            vec![YES, NO]
        } else if keys.iter().any(|key| plural::is_number(key) || plural::is_name(key) && *key != "other") {
            samples.iter().copied().chain(keys.iter().copied().filter(|key| plural::is_number(key))).collect()
        } else {
            // Something that no branch is made for.
            keys.iter().copied().chain([""]).collect()
        };
        if cases.len() * outcomes.len() > MOST_CASES {
            continue;
        }
        let with = |case: &Case<'a>, outcome| case.iter().map(|(k, v)| (*k, *v)).chain([(*subject, outcome)]).collect();
        cases = cases.iter().flat_map(|case| outcomes.iter().map(move |outcome| with(case, *outcome))).collect();
    }
    cases
}
