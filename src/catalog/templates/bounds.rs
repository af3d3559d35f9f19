//! Loops and parts have an end that can be told before they run: what a template writes is capped, but a loop that writes
//! nothing would go on behind the cap.

use std::collections::BTreeMap;
use std::ops::Range;

use tera::{Kwargs, State, Tera, TeraResult};

use crate::diagnostic::{Diagnostic, codes};

use super::{Templates, scan};

/// Values of one `range`; also what any other loop is taken for.
const LONGEST: u64 = 1_000;
/// Bodies of loops, parts and components that one template may run through: well under a second.
const MOST_STEPS: u64 = 5_000_000;

/// Puts a `range` in place of Tera's own, which goes up to 100 000.
pub(super) fn limit(tera: &mut Tera) {
    tera.register_function("range", range);
}

// By value, because Tera calls it so.
#[expect(clippy::needless_pass_by_value)]
fn range(kwargs: Kwargs, _: &State<'_>) -> TeraResult<Vec<i64>> {
    let start = kwargs.get::<i64>("start")?.unwrap_or_default();
    let end = kwargs.must_get::<i64>("end")?;
    let step = kwargs.get::<i64>("step_by")?.unwrap_or(1);
    let step = usize::try_from(step).ok().filter(|step| *step > 0);
    let step = step.ok_or_else(|| tera::Error::message("`step_by` of `range` must be 1 or more"))?;
    if u64::try_from(end.saturating_sub(start)).unwrap_or_default().div_ceil(step as u64) > LONGEST {
        return Err(tera::Error::message(format!("`range` is longer than {LONGEST} values")));
    }
    Ok((start..end).step_by(step).collect())
}

impl Templates {
    /// Adds a fault for each template that might not end.
    pub(super) fn check_bounds(&self, texts: &BTreeMap<String, String>, faults: &mut Vec<Diagnostic>) {
        let mut costs = Costs { texts, known: BTreeMap::new(), open: Vec::new() };
        for name in texts.keys() {
            let Err(Endless { text, snippet, what }) = costs.of(&Body::Text(name.clone())) else { continue };
            let help = format!("a `range` has at most {LONGEST} values, and loops in loops multiply");
            let fault = Diagnostic::new(&codes::template::ENDLESS, format!("template: {what}")).help(help);
            let fault = Diagnostic { place: self.place_in_block(&text, &snippet), ..fault };
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
    }
}

/// A template, or a component of one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Body {
    Text(String),
    Component(String),
}

/// A place that would be passed without end, or too often.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Endless {
    text: String,
    snippet: String,
    what: &'static str,
}

/// How many steps the templates take, counted once each.
struct Costs<'t> {
    texts: &'t BTreeMap<String, String>,
    known: BTreeMap<Body, Result<u64, Endless>>,
    /// What is being counted: who comes back to it would never end.
    open: Vec<Body>,
}

impl Costs<'_> {
    fn of(&mut self, body: &Body) -> Result<u64, Endless> {
        if let Some(known) = self.known.get(body) {
            return known.clone();
        }
        let texts = self.texts;
        let found = match body {
            Body::Text(name) => texts.get(name).map(|text| (name, text, 0..text.len())),
            Body::Component(component) => {
                texts.iter().find_map(|(name, text)| Some((name, text, definition(text, component)?)))
            }
        };
        let Some((name, text, within)) = found else { return Ok(0) };
        self.open.push(body.clone());
        let cost = self.count(name, text, &within);
        self.open.pop();
        self.known.insert(body.clone(), cost.clone());
        cost
    }

    fn count(&mut self, name: &str, text: &str, within: &Range<usize>) -> Result<u64, Endless> {
        let mut steps: u64 = 1;
        let mut times: Vec<u64> = vec![1];
        let mut in_definition = false;
        for block in scan::blocks(text).filter(|block| block.start >= within.start && block.end <= within.end) {
            let inner = text[block].trim_matches(|c: char| c == '-' || c.is_whitespace());
            let endless = |what| Endless { text: name.to_owned(), snippet: inner.to_owned(), what };
            let now = times.last().copied().unwrap_or(1);
            match first_word(inner) {
                "component" => in_definition = true,
                "endcomponent" => in_definition = false,
                // What a component does is counted where it is called.
                _ if in_definition => {}
                "for" => {
                    let length = length(inner).ok_or_else(|| endless("a loop that is too long"))?;
                    times.push(now.saturating_mul(length));
                    steps = steps.saturating_add(now.saturating_mul(length));
                }
                "endfor" => {
                    times.pop();
                }
                // A text that doubles with every turn soon fills the memory.
                "set_global" if times.len() > 1 => return Err(endless("`set_global` in a loop")),
                word => {
                    for called in called(inner, word) {
                        if self.open.contains(&called) {
                            return Err(endless("it comes back to itself and does not end"));
                        }
                        steps = steps.saturating_add(now.saturating_mul(self.of(&called)?));
                    }
                }
            }
            if steps > MOST_STEPS {
                return Err(endless("loops in loops that take too long"));
            }
        }
        Ok(steps)
    }
}

fn first_word(inner: &str) -> &str {
    inner.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// The parts or components that a block runs through.
fn called(inner: &str, word: &str) -> Vec<Body> {
    if word == "include" {
        return inner.split(['"', '\'', '`']).nth(1).map(|path| Body::Text(path.to_owned())).into_iter().collect();
    }
    let is_name = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
    let names = inner.split('<').skip(1).map(|call| call.chars().take_while(is_name).collect::<String>());
    names.filter(|name| !name.is_empty()).map(Body::Component).collect()
}

/// How often a loop runs, at most. `None`: more often than it may.
fn length(inner: &str) -> Option<u64> {
    let Some((_, call)) = inner.split_once("range(") else { return Some(LONGEST) };
    let number = |name: &str| {
        let (_, after) = call.split_once(name)?;
        let digits = after.trim_start().strip_prefix('=')?.trim_start();
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        // Too many digits for a number are too many turns.
        (end > 0).then(|| digits[..end].parse().unwrap_or(u64::MAX))
    };
    match (number("end"), number("start")) {
        (Some(end), start) if !call.contains("step_by") => {
            let length = end.saturating_sub(start.unwrap_or_default());
            (length <= LONGEST).then_some(length)
        }
        _ => Some(LONGEST),
    }
}

/// The inside of a component's definition.
fn definition(text: &str, component: &str) -> Option<Range<usize>> {
    let mut blocks = scan::blocks(text);
    let start = blocks.find(|block| {
        let inner = text[block.clone()].trim_start_matches(|c: char| c == '-' || c.is_whitespace());
        let name = inner.strip_prefix("component").map(str::trim_start).unwrap_or_default();
        let rest = name.strip_prefix(component);
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-')))
    })?;
    let end = blocks.find(|block| text[block.clone()].contains("endcomponent"))?;
    Some(start.end..end.start)
}
