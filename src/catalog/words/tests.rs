//! Words: what is formatted, what is refused, and how faults are told.

use super::*;

const COMMON: &str =
    "car = { $hasCar ->\n    [yes] your { $car }\n   *[no] your car\n }\ngreeting = Hello { $name },\n";

fn tree(files: &[(&str, &str)]) -> Tree {
    files
        .iter()
        .map(|(path, text)| {
            let source = Source { path: format!("locales/{path}").into(), text: (*text).to_owned() };
            ((*path).to_owned(), Arc::new(source))
        })
        .collect()
}

fn load(files: &[(&str, &str)]) -> (Words, Vec<(String, String)>) {
    let mut faults = Vec::new();
    let words = Words::load(&tree(files), &mut faults);
    let told = faults.into_iter().map(|fault| {
        let place = fault.place.map(|place| place.source.text[place.span].to_owned());
        (fault.message, place.unwrap_or_default())
    });
    (words, told.collect())
}

fn values() -> Values {
    Values { app: "Tom & Jerry <b>".into(), car: Some("Blitz".into()), name: Some("Anna".into()), ..Values::default() }
}

fn needs(text: &[&str], common: &[&str]) -> Needs {
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Needs { text: own(text), common: own(common) }
}

fn say(message: &str, need: &str) -> Result<String, Lack> {
    let (words, faults) = load(&[("en/common.ftl", COMMON), ("en/a.ftl", message)]);
    assert_eq!(faults, []);
    let texts = words.format("en", "a", "b", &needs(&[need], &[]), &values())?;
    Ok(texts.text.into_values().next().unwrap_or_default())
}

#[test]
fn only_what_is_needed_is_formatted_under_the_names_of_templates() {
    let message = "b =\n .push-title = { $app }: { car }\n .step-1 = one\n .step-2 = two\n .other = { nowhere }\n";
    let (words, faults) = load(&[("en/common.ftl", COMMON), ("en/a.ftl", message)]);
    assert_eq!(faults, []);
    let texts = words.format("en", "a", "b", &needs(&["push_title", "steps"], &["greeting"]), &values()).unwrap();
    assert_eq!(texts.text, BTreeMap::from([("push_title".into(), "Tom & Jerry <b>: your Blitz".into())]));
    assert_eq!(texts.steps, ["one", "two"]);
    assert_eq!(texts.common, BTreeMap::from([("greeting".into(), "Hello Anna,".into())]));
}

#[test]
fn whatever_fluent_would_paper_over_is_a_lack() {
    for broken in ["{ $nobody }", "{ nowhere }", "{ b.title }", "{ NOTHING($app) }", "{ \"\" }"] {
        let result = say(&format!("b =\n .title = {broken}\n"), "title");
        assert!(matches!(result, Err(Lack::Broken { .. })), "{broken}: {result:?}");
    }
    let result = say("-t = of { $car }\nb =\n .title = { -t }\n", "title");
    assert!(matches!(result, Err(Lack::Broken { .. })), "{result:?}");
}

#[test]
fn markup_and_placeholders_are_a_lack_and_values_may_hold_what_they_like() {
    let message = "b =\n .title = <app name>\n .body = { $app }\n";
    let (words, _) = load(&[("en/common.ftl", COMMON), ("en/a.ftl", message)]);
    let say = |need, app: &str| {
        let values = Values { app: app.to_owned(), ..values() };
        words.format("en", "a", "b", &needs(&[need], &[]), &values)
    };
    assert!(matches!(say("title", "Ampwise"), Err(Lack::Broken { .. })));
    assert_eq!(say("body", "<b>").unwrap().text["body"], "<b>");
}

#[test]
fn what_a_template_needs_and_the_language_has_not_is_a_lack() {
    let (words, _) = load(&[("en/common.ftl", COMMON), ("en/a.ftl", "b =\n .title = x\n")]);
    let format = |code, needs: &Needs| words.format("en", "a", code, needs, &values());
    for lacking in [needs(&["body"], &[]), needs(&["steps"], &[]), needs(&[], &["reason"]), needs(&[], &["b"])] {
        assert!(matches!(format("b", &lacking), Err(Lack::Broken { .. })), "{lacking:?}");
    }
    assert!(matches!(format("c", &needs(&[], &[])), Err(Lack::Message { .. })));
    assert!(matches!(words.format("de", "a", "b", &needs(&[], &[]), &values()), Err(Lack::Message { .. })));
}

#[test]
fn a_brace_in_a_name_is_just_a_character() {
    let (words, _) = load(&[("en/common.ftl", COMMON), ("en/a.ftl", "b =\n .title = { car }\n")]);
    let values = Values { car: Some("{$x} { car }".into()), ..values() };
    let texts = words.format("en", "a", "b", &needs(&["title"], &[]), &values).unwrap();
    assert_eq!(texts.text["title"], "your {$x} { car }");
}

#[test]
fn no_direction_marks_stand_around_values_and_line_breaks_become_spaces() {
    assert_eq!(say("b =\n .title = { $app }\n   and { $name }\n", "title").unwrap(), "Tom & Jerry <b> and Anna");
}

#[test]
fn two_types_may_have_a_code_of_the_same_name() {
    let (words, faults) =
        load(&[("en/common.ftl", COMMON), ("en/a.ftl", "any =\n .title = A"), ("en/c.ftl", "any =\n .title = C")]);
    assert_eq!(faults, []);
    let title =
        |kind| words.format("en", kind, "any", &needs(&["title"], &[]), &values()).unwrap().text["title"].clone();
    assert_eq!((title("a").as_str(), title("c").as_str()), ("A", "C"));
}

#[test]
fn every_fault_of_every_language_is_told_with_its_place() {
    let (_, faults) = load(&[
        ("de/common.ftl", "x = 1\ny = { $a ->\n  [b] c\n }\nx = 2\n"),
        ("en/a.ftl", "x =\n .title = 1\n"),
        ("en/common.ftl", "x = 1\n"),
        ("en/b.ftl", "y =\n .step-1 = a\n .step-3 = c\n"),
        ("german!/common.ftl", ""),
        ("loose.ftl", ""),
        ("nl/a.ftl", ""),
    ]);
    let expected = [
        ("`loose.ftl` belongs to no language", ""),
        ("a select has no default branch", "c"),
        ("the message `x` stands twice", "x"),
        ("the message `x` stands twice", "x"),
        ("`.step-3` stands where `.step-2` should", "step-3"),
        ("the folder of a language: `german!` is no language tag", ""),
        ("the language `nl` has no `common.ftl`", ""),
    ];
    let faults: Vec<(&str, &str)> = faults.iter().map(|(what, place)| (what.as_str(), place.as_str())).collect();
    assert_eq!(faults, expected);
}

#[test]
fn braces_without_end_are_a_fault_and_no_crash() {
    let deep = format!("a = 1\nx = {}", "{".repeat(500_000));
    let (_, faults) = load(&[("en/common.ftl", &deep)]);
    assert_eq!(faults[0].0, "not Fluent: braces are nested too deep");
}

#[test]
fn english_must_be_there() {
    let (_, faults) = load(&[("de/common.ftl", "x = 1")]);
    assert_eq!(faults[0].0, "the language `en` is missing: it serves where no other can");
}

#[test]
fn every_fault_of_syntax_is_told_at_its_own_line_and_in_words() {
    let told = |text: &str| {
        let mut faults = Vec::new();
        Words::load(&tree(&[("en/common.ftl", text)]), &mut faults);
        let line = |fault: &Diagnostic| fault.place.as_ref().map_or(0, |place| place.line_and_column().0);
        faults.iter().map(|fault| format!("{}: {}", line(fault), fault.message)).collect::<Vec<_>>()
    };
    let many = "a = { $app\nb =\n    .c = Open { $app\n    .d = Fine\n    .e = x }\nf =\ng = Goes\non here\n";
    assert_eq!(
        told(many),
        [
            "1: not Fluent: a `{` is not closed",
            "3: not Fluent: a `{` is not closed",
            "5: not Fluent: a `}` closes nothing",
            "6: not Fluent: the message `f` has no text",
            "8: not Fluent: `on here` begins a message and has no `=`",
        ]
    );
    assert_eq!(told("a = { $x ->\n    [yes] A\n    [no] B\n }\n"), ["3: a select has no default branch"]);
}
