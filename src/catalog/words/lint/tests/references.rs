//! References, terms, functions, variables and selects.

use super::*;

fn one(file: &str) -> Vec<String> {
    found(&[("en/common.ftl", file)])
}

fn helps(file: &str) -> Vec<String> {
    findings(&[("en/common.ftl", file)]).into_iter().filter_map(|finding| finding.help).collect()
}

#[test]
fn what_is_not_there_cannot_be_inserted() {
    assert_eq!(
        one("a = { nowhere } and { -none }\n"),
        [
            "en/common.ftl:1:7 [nowhere] reference: there is no message `nowhere`",
            "en/common.ftl:1:24 [none] reference: there is no term `-none`",
        ]
    );
    assert_eq!(
        one("a = { b.titel } and { b }\nb =\n    .title = Text\n"),
        [
            "en/common.ftl:1:9 [titel] reference: `b` has no attribute `.titel`",
            "en/common.ftl:1:23 [b] reference: `b` has no text of its own, only attributes",
        ]
    );
}

#[test]
fn the_near_name_is_asked_for() {
    let table = [
        ("a = { accoutn }\naccount = Text\n", "did you mean `{ account }`?"),
        ("a = { -brnad } { -brand }\n-brand = Text\n", "did you mean `{ -brand }`?"),
        ("a = { app }\n", "did you mean the variable `{ $app }`?"),
        ("a = { brand } { -brand }\n-brand = Text\n", "did you mean `{ -brand }`?"),
        ("a = { b.titel }\nb =\n    .title = Text\n", "did you mean `{ b.title }`?"),
    ];
    for (file, help) in table {
        assert_eq!(helps(file), [help], "{file}");
    }
}

#[test]
fn a_file_sees_itself_and_what_all_share() {
    let files = [("en/common.ftl", "shared = Words\n"), ("en/a.ftl", "own = { shared }\nx = { own }\n")];
    assert_eq!(found(&files), [""; 0]);
    let files = [("en/common.ftl", "shared = { own }\n"), ("en/a.ftl", "own = Words\n")];
    assert_eq!(found(&files), ["en/common.ftl:1:12 [own] reference: there is no message `own`"]);
}

#[test]
fn circles_are_told_once_with_their_way_round() {
    assert_eq!(
        one("a = x { b }\nb = x { -c }\n-c = x { a }\n"),
        ["en/common.ftl:3:10 [a] cycle: `a` leads back to itself: a → b → -c → a",]
    );
    assert_eq!(
        one("a = x { a.b }\n    .b = { a.b }\n"),
        ["en/common.ftl:2:12 [a] cycle: `a.b` leads back to itself: a.b → a.b",]
    );
    // Two ways to one place are no circle.
    assert_eq!(one("a = { b } { c }\nb = { d }\nc = { d }\nd = End\n"), [""; 0]);
}

#[test]
fn a_term_sees_no_variables_not_even_through_a_message() {
    assert_eq!(
        one("-t = of { $app }\na = { -t }\n"),
        ["en/common.ftl:1:12 [app] term-variable: the term `-t` cannot see `$app`",]
    );
    assert_eq!(
        one("-t = of { m }\nm = { $app }\na = { -t }\n"),
        ["en/common.ftl:1:11 [m] term-variable: the term `-t` inserts `m`, whose variables a term cannot see",]
    );
}

#[test]
fn a_term_gets_the_arguments_that_it_asks_for_and_no_others() {
    let term = "-konto =\n    { $fall ->\n        [dativ] dem Konto\n       *[nominativ] das Konto\n    }\n";
    let call = |call: &str| one(&format!("{term}a = {{ -konto{call} }}\nb = {{ -konto(fall: \"dativ\") }}\n"));
    assert_eq!(call("(fall: \"dativ\")"), [""; 0]);
    // The default serves.
    assert_eq!(call(""), [""; 0]);
    assert_eq!(call("(fal: \"dativ\")"), ["en/common.ftl:6:8 [konto] arguments: `-konto` does not ask for `fal`",]);
    assert_eq!(call("(\"dativ\")"), ["en/common.ftl:6:8 [konto] arguments: `-konto` is given a value without a name",]);
}

#[test]
fn there_are_no_functions() {
    assert_eq!(one("a = { UPPER($app) }\n"), ["en/common.ftl:1:7 [UPPER] function: there is no function `UPPER`"]);
}

#[test]
fn variables_are_those_that_the_program_provides() {
    assert_eq!(
        one("a = { $apps } { $vin }\n    .b = { $app }\n"),
        [
            "en/common.ftl:1:8 [apps] unknown-variable: there is no variable `$apps`",
            "en/common.ftl:1:18 [vin] unknown-variable: there is no variable `$vin`",
        ]
    );
    assert_eq!(helps("## $app (String) - the app\na = { $apps }\n"), ["did you mean `$app`?"]);
    // A comment that explains one which is not there misleads.
    assert_eq!(
        one("## $vin (String) - the number\n## costs $5 (about)\n\na = Text\n"),
        ["en/common.ftl:1:5 [vin] unknown-variable: there is no variable `$vin`",]
    );
}

#[test]
fn every_variable_is_explained_in_the_file_or_in_the_english_one() {
    let unexplained = |files: &[(&str, &str)]| -> Vec<String> { findings(files).iter().map(shown).collect() };
    let explained = ("en/common.ftl", "## $app (String) - the app\n\na = Hello { $app }\n");
    assert_eq!(unexplained(&[explained, ("de/common.ftl", "a = Hallo { $app }\n")]), [""; 0]);
    assert_eq!(
        unexplained(&[("en/common.ftl", "a = Hello { $app }\nb = Bye { $app }\n")]),
        ["en/common.ftl:1:14 [app] unexplained: no comment tells translators what `$app` is",]
    );
}

#[test]
fn branches_that_are_never_chosen_are_told() {
    let select = |selector: &str, first: &str, default: &str| {
        one(&format!("a = {{ {selector} ->\n    [{first}] One thing\n   *[{default}] Another\n }}\n"))
    };
    assert_eq!(select("$hasCar", "yes", "no"), [""; 0]);
    assert_eq!(select("$hasCar", "yes", "other"), [""; 0]);
    assert_eq!(select("$make", "Tesla", "other"), [""; 0]);
    assert_eq!(
        select("$hasCar", "ja", "nein"),
        ["en/common.ftl:2:6 [ja] branch: `$hasCar` is never `ja`, so this branch is never chosen",]
    );
    assert_eq!(
        select("$make", "one", "other"),
        ["en/common.ftl:2:6 [one] branch: `$make` is a text and not a number, so `[one]` is never chosen",]
    );
    assert_eq!(
        select("$app", "1", "other"),
        ["en/common.ftl:2:6 [1] branch: `$app` is a text and not a number, so `[1]` is never chosen",]
    );
    assert_eq!(
        select("$make", "Tesla", "Tesla"),
        ["en/common.ftl:3:6 [Tesla] branch: the branch `[Tesla]` stands twice"]
    );
    assert_eq!(
        select("1", "one", "other"),
        ["en/common.ftl:1:7 [1] branch: what is chosen by does not change, so it is always the same branch",]
    );
}

#[test]
fn a_select_by_number_has_the_forms_of_its_language() {
    let plurals = |locale: &str, keys: &str| -> Vec<String> {
        let branches: Vec<String> = keys.split(' ').map(|key| format!("    [{key}] x")).collect();
        let text = format!("a = {{ $count ->\n{}\n   *[other] y\n }}\n", branches.join("\n"));
        let path = format!("{locale}/common.ftl");
        let told = findings(&[(&path, &text)]).into_iter().filter(|finding| finding.code.id == "words/plural");
        told.map(|finding| finding.message).collect()
    };
    assert_eq!(plurals("en", "one"), [""; 0]);
    assert_eq!(plurals("en", "0 one"), [""; 0]);
    assert_eq!(plurals("pl", "one few many"), [""; 0]);
    assert_eq!(plurals("pl", "one"), ["`pl` counts with `[few]` and `[many]`, and there is no branch for it"]);
    assert_eq!(plurals("en", "zero one"), ["`en` has no form `zero`, so this branch is never chosen"]);
    assert_eq!(plurals("ja", "one"), ["`ja` has no form `one`, so this branch is never chosen"]);
}
