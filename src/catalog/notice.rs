//! `notice.toml`: when and how an owner is told, and which link the notice needs. All faults at once, with their place.

mod lint;

use std::ops::Range;
use std::sync::Arc;

use jiff::{SignedDuration, Span, SpanRelativeTo};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Code, Diagnostic, Source, codes, nearest};
use crate::policy::{Channel, News, Reach, Rules, Step};

use super::links::LinkKind;

pub(super) use lint::{key, lint};

/// The rules of one notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) rules: Rules,
    pub(super) link: LinkKind,
    pub(super) qr: bool,
    pub(super) high_priority: bool,
    /// The codes of more fundamental notices of the same type, each with its place.
    pub(super) inhibited_by: Vec<(String, Range<usize>)>,
    /// Where it asks for good news when it is over; `None`: it does not.
    pub(super) all_is_well: Option<Range<usize>>,
}

const KEYS: [&str; 9] =
    ["link", "qr", "priority", "grace", "cooldown", "expiry", "all-is-well", "inhibited-by", "steps"];
/// Good news goes once, to those who were told before.
const GOOD_NEWS_KEYS: [&str; 4] = ["link", "priority", "grace", "expiry"];
const STEP_KEYS: [&str; 3] = ["after", "channels", "reach"];
/// Longer times are slips of the pen.
const LONGEST: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Reads a notice. `None` when it has a fault; the faults are added to the others.
pub(super) fn parse(source: &Arc<Source>, news: News, faults: &mut Vec<Diagnostic>) -> Option<Settings> {
    let before = faults.len();
    let (document, errors) = DeTable::parse_recoverable(&source.text);
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        let list = error.message().contains("array").then(|| unclosed(&source.text, span.start)).flatten();
        let fault = match &list {
            Some(_) => Diagnostic::new(&codes::notice::SYNTAX, "not TOML: this list is not closed"),
            None => Diagnostic::new(&codes::notice::SYNTAX, format!("not TOML: {}", error.message())),
        };
        faults.push(fault.at(source, list.clone().unwrap_or(span)));
        // All that follows a list without an end is taken for a part of it.
        if list.is_some() {
            break;
        }
    }
    if !errors.is_empty() {
        return None;
    }
    let mut reader = Reader { source, faults };
    let draft = match news {
        News::Problem => reader.settings(document.get_ref()),
        News::AllIsWell => reader.good_news(document.get_ref()),
    };
    if draft.settings.rules.steps.is_empty() && reader.faults.len() == before {
        reader
            .fault(&codes::notice::MISSING_KEY, 0..0, "`steps` is missing")
            .help("add `[[steps]]` with `channels = [\"push\", \"email\"]`");
    }
    let checked = draft.checked(&mut reader);
    (faults.len() == before).then_some(checked)
}

/// The bracket of the list that a fault before `at` is taken for a part of: a person looks for it there, not where the next key
/// surprises the parser.
fn unclosed(text: &str, at: usize) -> Option<Range<usize>> {
    let before = text.get(..at)?;
    let mut brackets = before.rmatch_indices('[').map(|(start, _)| start);
    let start = brackets.find(|start| before[..*start].trim_end().ends_with('='))?;
    // A list that ends on its own line is not the one.
    let line = text[start..].lines().next().unwrap_or_default();
    (!line.contains(']')).then_some(start..start + 1)
}

/// What stands in the file, with the places that a contradiction is shown at.
struct Draft {
    settings: Settings,
    qr_span: Range<usize>,
    expiry_span: Range<usize>,
    step_spans: Vec<Range<usize>>,
}

impl Draft {
    /// Looks for what contradicts itself.
    fn checked(self, reader: &mut Reader<'_>) -> Settings {
        let Self { settings, qr_span, expiry_span, step_spans } = self;
        if settings.qr && settings.link == LinkKind::None {
            reader.fault(
                &codes::notice::CONTRADICTION,
                qr_span,
                "`qr` asks for a code of the link, but `link` is `none`",
            );
        }
        match contradiction(&settings.rules) {
            Some(what @ Contradiction::Step(index)) => {
                reader.fault(
                    &codes::notice::CONTRADICTION,
                    step_spans.get(index).cloned().unwrap_or(0..0),
                    what.to_string(),
                );
            }
            // Without a place it is missing or unreadable, which was told.
            Some(what @ Contradiction::Expiry) if expiry_span != (0..0) => {
                let last = settings.rules.steps.last().map_or(settings.rules.grace, |step| step.after);
                reader
                    .fault(&codes::notice::CONTRADICTION, expiry_span, what.to_string())
                    .label(format!("the last step is at {last:#}"));
            }
            _ => {}
        }
        settings
    }
}

/// What makes no sense in the rules of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Contradiction {
    #[error("a step must come after the one before it, and after `grace`")]
    Step(usize),
    #[error("`expiry` must be later than `grace` and the last step")]
    Expiry,
}

/// Looks whether steps ascend and all come before the expiry.
pub(super) fn contradiction(rules: &Rules) -> Option<Contradiction> {
    let mut last = rules.grace;
    for (index, step) in rules.steps.iter().enumerate() {
        if index > 0 && step.after <= last {
            return Some(Contradiction::Step(index));
        }
        last = last.max(step.after);
    }
    (!rules.steps.is_empty() && rules.expiry <= last).then_some(Contradiction::Expiry)
}

type Value<'i> = Spanned<DeValue<'i>>;

struct Reader<'a> {
    source: &'a Arc<Source>,
    faults: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn settings(&mut self, table: &DeTable<'_>) -> Draft {
        self.unknown_keys(table, &KEYS);
        let links = LinkKind::ALL.map(|kind| (kind.as_str(), kind));
        let (cooldown, _) = self.required_time(table, "cooldown");
        let (expiry, expiry_span) = self.required_time(table, "expiry");
        let grace = table.get("grace").map_or(SignedDuration::ZERO, |value| self.time(value, "grace"));
        let steps = table.get("steps").map_or_else(Vec::new, |value| self.steps(value));
        let (steps, step_spans) = steps.into_iter().unzip();
        let settings = Settings {
            rules: Rules { grace, steps, cooldown, expiry, bundles: false, inhibited_by: Vec::new(), relief: None },
            link: self.choice(table.get("link"), "link", &links, LinkKind::None),
            qr: table.get("qr").is_some_and(|value| self.boolean(value)),
            high_priority: self.choice(table.get("priority"), "priority", &[("normal", false), ("high", true)], false),
            inhibited_by: table.get("inhibited-by").map_or_else(Vec::new, |value| self.codes(value)),
            all_is_well: table.get("all-is-well").filter(|value| self.boolean(value)).map(Spanned::span),
        };
        Draft { settings, qr_span: table.get("qr").map_or(0..0, Spanned::span), expiry_span, step_spans }
    }

    /// The notice of good news: whom it goes to, and how, is known from the bad news. Its one step says which channels it
    /// must have words for.
    fn good_news(&mut self, table: &DeTable<'_>) -> Draft {
        let kinds = [("none", LinkKind::None), ("support", LinkKind::Support)];
        self.unknown_keys(table, &GOOD_NEWS_KEYS);
        let (expiry, expiry_span) = self.required_time(table, "expiry");
        let grace = table.get("grace").map_or(SignedDuration::ZERO, |value| self.time(value, "grace"));
        let step = Step { after: SignedDuration::ZERO, channels: Channel::ALL.to_vec(), reach: Reach::All };
        let settings = Settings {
            rules: Rules {
                grace,
                steps: vec![step],
                cooldown: expiry,
                expiry,
                bundles: false,
                inhibited_by: Vec::new(),
                relief: None,
            },
            link: self.choice(table.get("link"), "link of good news", &kinds, LinkKind::None),
            qr: false,
            high_priority: self.choice(table.get("priority"), "priority", &[("normal", false), ("high", true)], false),
            inhibited_by: Vec::new(),
            all_is_well: None,
        };
        Draft { settings, qr_span: 0..0, expiry_span, step_spans: Vec::new() }
    }

    fn codes(&mut self, value: &Value<'_>) -> Vec<(String, Range<usize>)> {
        let list = "`inhibited-by` is a list of other notices of this type: `[\"authentication-failed\"]`";
        let DeValue::Array(names) = value.get_ref() else {
            self.wrong_type(value, list);
            return Vec::new();
        };
        let mut codes = Vec::new();
        for name in names {
            match name.get_ref().as_str() {
                Some(code) => codes.push((code.to_owned(), name.span())),
                None => self.wrong_type(name, list),
            }
        }
        codes
    }

    fn steps(&mut self, value: &Value<'_>) -> Vec<(Step, Range<usize>)> {
        let DeValue::Array(steps) = value.get_ref() else {
            self.wrong_type(value, "`steps` is a list of tables: write `[[steps]]`");
            return Vec::new();
        };
        steps.iter().filter_map(|value| self.step(value)).collect()
    }

    fn step(&mut self, value: &Value<'_>) -> Option<(Step, Range<usize>)> {
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(value, "a step is a table: write `[[steps]]`");
            return None;
        };
        self.unknown_keys(table, &STEP_KEYS);
        let span = table.get("after").map_or_else(|| value.span(), Spanned::span);
        let after = table.get("after").map_or(SignedDuration::ZERO, |value| self.time(value, "after"));
        let reach =
            self.choice(table.get("reach"), "reach", &[("all", Reach::All), ("first", Reach::First)], Reach::All);
        let Some(channels) = table.get("channels") else {
            self.fault(&codes::notice::MISSING_KEY, value.span(), "a step without `channels`")
                .help("add `channels = [\"push\", \"email\"]`");
            return None;
        };
        Some((Step { after, channels: self.channels(channels), reach }, span))
    }

    fn channels(&mut self, value: &Value<'_>) -> Vec<Channel> {
        let DeValue::Array(names) = value.get_ref() else {
            self.wrong_type(value, "`channels` is a list: `[\"push\", \"email\"]`");
            return Vec::new();
        };
        if names.is_empty() {
            self.fault(&codes::notice::VALUE, value.span(), "`channels` is empty: nobody would be told");
        }
        let known = Channel::ALL.map(|channel| (channel.as_str(), channel));
        let mut channels = Vec::new();
        for name in names {
            let before = self.faults.len();
            let channel = self.choice(Some(name), "channel", &known, Channel::Email);
            // One that is none was told, and repeats none.
            if self.faults.len() > before {
                continue;
            }
            if channels.contains(&channel) {
                self.fault(&codes::notice::VALUE, name.span(), format!("the channel `{channel}` is named twice"));
            }
            channels.push(channel);
        }
        channels
    }

    fn choice<T: Copy>(&mut self, value: Option<&Value<'_>>, key: &str, known: &[(&str, T)], default: T) -> T {
        let Some(value) = value else { return default };
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(value, &format!("`{key}` is a string"));
            return default;
        };
        if let Some((_, choice)) = known.iter().find(|(name, _)| *name == text) {
            return *choice;
        }
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let fault = self.fault(&codes::notice::VALUE, value.span(), format!("`{text}` is no {key}"));
        fault.help(suggestion(text, &names));
        default
    }

    fn boolean(&mut self, value: &Value<'_>) -> bool {
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong_type(value, "expected `true` or `false`");
            false
        })
    }

    fn required_time(&mut self, table: &DeTable<'_>, key: &str) -> (SignedDuration, Range<usize>) {
        if let Some(value) = table.get(key) {
            let before = self.faults.len();
            let time = self.time(value, key);
            // A time that could not be read contradicts nothing.
            return (time, if self.faults.len() == before { value.span() } else { 0..0 });
        }
        self.fault(&codes::notice::MISSING_KEY, 0..0, format!("`{key}` is missing"))
            .help(format!("add `{key} = \"14d\"`"));
        (SignedDuration::ZERO, 0..0)
    }

    fn time(&mut self, value: &Value<'_>, key: &str) -> SignedDuration {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(value, &format!("`{key}` is a time such as \"10m\", \"12h\" or \"3d\""));
            return SignedDuration::ZERO;
        };
        duration(text).unwrap_or_else(|| {
            self.fault(&codes::notice::VALUE, value.span(), format!("`{text}` is no time for `{key}`"))
                .help("write it as \"10m\", \"12h\" or \"3d\"; at most 400 days");
            SignedDuration::ZERO
        })
    }

    fn unknown_keys(&mut self, table: &DeTable<'_>, known: &[&str]) {
        for key in table.keys().filter(|key| !known.contains(&&**key.get_ref())) {
            let name = key.get_ref();
            self.fault(&codes::notice::UNKNOWN_KEY, key.span(), format!("`{name}` is unknown here"))
                .help(suggestion(name, known));
        }
    }

    fn wrong_type(&mut self, value: &Value<'_>, what: &str) {
        let found = format!("found {}", value.get_ref().type_str());
        self.fault(&codes::notice::VALUE, value.span(), what).label(found);
    }

    fn fault(&mut self, code: &'static Code, span: Range<usize>, what: impl Into<String>) -> Handle<'_> {
        self.faults.push(Diagnostic::new(code, what).at(self.source, span));
        Handle(self.faults)
    }
}

/// The fault that was added last, to say more about it.
struct Handle<'a>(&'a mut Vec<Diagnostic>);

impl Handle<'_> {
    fn help(self, help: impl Into<String>) {
        if let Some(last) = self.0.last_mut() {
            last.help = Some(help.into());
        }
    }

    fn label(self, label: impl Into<String>) {
        if let Some(place) = self.0.last_mut().and_then(|last| last.place.as_mut()) {
            place.label = Some(label.into());
        }
    }
}

/// "10m", "3d": a day has 24 hours.
fn duration(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    let time = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    (!time.is_negative() && time <= LONGEST).then_some(time)
}

/// "did you mean", or the whole list when nothing is near.
pub(super) fn suggestion(found: &str, known: &[&str]) -> String {
    match nearest(found, known.iter().copied(), str::to_owned) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests;
