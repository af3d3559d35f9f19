//! What of a notice's policy is possible and yet hardly meant: told with the line of `notice.toml`.

use std::ops::Range;
use std::sync::Arc;

use jiff::SignedDuration;

use crate::diagnostic::{Diagnostic, Source, codes};
use crate::policy::{Reach, Rules};

use super::Settings;

const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// Who waits longer hears of a trouble when it is old.
const LONGEST_GRACE: SignedDuration = SignedDuration::from_hours(48);
/// More messages about one trouble are a nuisance.
const MOST_STEPS: usize = 5;

/// Adds what is odd to the other findings.
pub(in crate::catalog) fn lint(source: &Arc<Source>, settings: &Settings, findings: &mut Vec<Diagnostic>) {
    let mut tell = |span: Range<usize>, what: String, help: &str| {
        findings.push(Diagnostic::new(&codes::notice::ODD, what).at(source, span).help(help));
    };
    let text = source.text.as_str();
    let Rules { grace, steps, cooldown, expiry, .. } = &settings.rules;
    let last = steps.last().map_or(*grace, |step| step.after.max(*grace));
    if *cooldown <= last {
        tell(
            key(text, "cooldown"),
            format!(
                "`cooldown` is {cooldown:#}, and the last step comes at {last:#}: reminders and a new incident overlap"
            ),
            "make it longer than the whole ladder, such as \"30d\"",
        );
    }
    if *expiry < last.saturating_add(HOUR) {
        tell(
            key(text, "expiry"),
            format!("`expiry` is {expiry:#}: a message that fails at first has less than an hour to arrive"),
            "leave the last step some hours or days",
        );
    }
    if *grace > LONGEST_GRACE {
        let what = format!("`grace` is {grace:#}: the first word comes days after the trouble began");
        tell(key(text, "grace"), what, "minutes or hours are usual");
    } else if settings.high_priority && *grace > HOUR {
        let what = format!("`priority` is high, and yet `grace` is {grace:#}");
        tell(key(text, "priority"), what, "who is in a hurry does not wait: shorten `grace`, or write \"normal\"");
    }
    ladder(text, &settings.rules, &mut tell);
}

fn ladder(text: &str, rules: &Rules, tell: &mut impl FnMut(Range<usize>, String, &str)) {
    let starts: Vec<usize> = text.match_indices("[[steps]]").map(|(at, _)| at).collect();
    let place = |index: usize, name: &str| {
        let Some(start) = starts.get(index).copied() else { return 0..0 };
        let end = starts.get(index + 1).copied().unwrap_or(text.len());
        let span = key(&text[start..end], name);
        if span.is_empty() { start..start + "[[steps]]".len() } else { start + span.start..start + span.end }
    };
    for (index, step) in rules.steps.iter().enumerate() {
        if index == 0 && !step.after.is_zero() && step.after < rules.grace {
            let what = format!("`after` is {:#}, and nothing is sent before `grace`, {:#}", step.after, rules.grace);
            tell(place(index, "after"), what, "leave `after` out of the first step");
        }
        if step.reach == Reach::First && step.channels.len() == 1 {
            let what = "`reach` is first, and there is one channel only".to_owned();
            tell(place(index, "reach"), what, "name two channels, or leave `reach` out");
        }
        let before = index.checked_sub(1).and_then(|before| rules.steps.get(before));
        let previous = before.map(|before| before.after.max(rules.grace));
        if previous.is_some_and(|previous| step.after < previous.saturating_add(HOUR)) {
            let what = format!("the step at {:#} comes within an hour of the one before", step.after);
            tell(place(index, "after"), what, "a reminder that soon looks like a fault; is the unit right?");
        }
    }
    if rules.steps.len() > MOST_STEPS {
        let what = format!("{} messages about one trouble", rules.steps.len());
        tell(place(MOST_STEPS, ""), what, "owners who have not acted after three or four do not mean to");
    }
}

/// Where a key of a `notice.toml` stands with its value.
pub(in crate::catalog) fn key(text: &str, key: &str) -> Range<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let rest = line.trim_start().strip_prefix(key).map(str::trim_start);
        if rest.is_some_and(|rest| rest.starts_with('=')) {
            return at..at + line.split('#').next().unwrap_or(line).trim_end().len();
        }
        at += line.len();
    }
    0..0
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "grace = \"10m\"\ncooldown = \"30d\"\nexpiry = \"14d\"\n\n[[steps]]\nchannels = [\"push\"]\n\n[[steps]]\nafter = \"3d\"\nchannels = [\"email\"]\n";

    fn told(text: &str) -> Vec<String> {
        let source = Arc::new(Source { path: "notice.toml".into(), text: text.to_owned() });
        let mut findings = Vec::new();
        let settings = super::super::parse(&source, crate::policy::News::Problem, &mut findings)
            .unwrap_or_else(|| panic!("{findings:?}"));
        lint(&source, &settings, &mut findings);
        let told = |finding: Diagnostic| {
            let place = finding.place.unwrap();
            format!("{} | {}", &text[place.span], finding.message)
        };
        findings.into_iter().map(told).collect()
    }

    #[test]
    fn what_is_hardly_meant_is_told_with_its_line() {
        assert_eq!(told(GOOD), [""; 0]);
        let step = "[[steps]]\nafter = \"DAYd\"\nchannels = [\"push\"]\n";
        let many = (4..9).fold(GOOD.to_owned(), |text, day| text + &step.replace("DAY", &day.to_string()));
        let table = [
            (
                GOOD.replace("\"30d\"", "\"2d\""),
                "cooldown = \"2d\" | `cooldown` is 48h, and the last step comes at 72h: reminders and a new incident overlap",
            ),
            (GOOD.replace("\"30d\"", "\"0s\""), "cooldown = \"0s\" | `cooldown` is 0s, and"),
            (GOOD.replace("\"14d\"", "\"72h30m\""), "expiry = \"72h30m\" | `expiry` is 72h 30m: a message"),
            (GOOD.replace("\"10m\"", "\"60h\""), "grace = \"60h\" | `grace` is 60h"),
            (
                GOOD.replace("grace = \"10m\"", "priority = \"high\"\ngrace = \"2h\""),
                "priority = \"high\" | `priority` is high",
            ),
            (
                GOOD.replacen("channels", "after = \"1m\"\nchannels", 1),
                "after = \"1m\" | `after` is 1m, and nothing is sent before `grace`, 10m",
            ),
            (GOOD.replace("[\"email\"]", "[\"email\"]\nreach = \"first\""), "reach = \"first\" | `reach` is first"),
            (GOOD.replace("\"3d\"", "\"30m\""), "after = \"30m\" | the step at 30m comes within an hour"),
            (many.clone(), "[[steps]] | 7 messages"),
        ];
        for (text, expected) in table {
            let told = told(&text);
            assert!(told.len() == 1 && told[0].starts_with(expected), "{expected}: {told:?}");
        }
    }
}
