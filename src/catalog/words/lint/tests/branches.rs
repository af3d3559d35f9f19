//! What is shown, case by case.

use super::*;

const CAR: &str = "car = { $hasCar ->\n    [yes] your { $car }\n   *[no] your car\n }\n";

fn translated(english: &str, german: &str) -> Vec<String> {
    let car = CAR.replace("your", "dein").replace("dein car", "dein Auto");
    found(&[("en/common.ftl", CAR), ("en/a.ftl", english), ("de/common.ftl", &car), ("de/a.ftl", german)])
}

#[test]
fn a_variable_that_english_shows_is_not_lost() {
    assert_eq!(
        translated("x = Open { $app } now\n", "x = Jetzt öffnen\n"),
        ["de/a.ftl:1:1 [x] lost-variable: `x` loses `$app`, which `en` shows there",]
    );
    assert_eq!(
        translated("x =\n    .y = Open { $app }\n", "x =\n    .y = Öffnen\n"),
        ["de/a.ftl:2:6 [y] lost-variable: `.y` of `x` loses `$app`, which `en` shows there",]
    );
}

#[test]
fn what_another_message_shows_counts_in_both_languages() {
    assert_eq!(translated("x = Reconnect { car }\n", "x = Verbinde { car }\n"), [""; 0]);
    let german = "x = { $hasCar ->\n    [yes] { $car } verbinden\n   *[no] Auto verbinden\n }\n";
    assert_eq!(translated("x = Reconnect { car }\n", german), [""; 0]);
    assert_eq!(
        translated("x = Reconnect { car }\n", "x = Auto verbinden\n"),
        ["de/a.ftl:1:1 [x] lost-variable: `x` loses `$car`, which `en` shows there",]
    );
}

#[test]
fn each_branch_is_judged_by_what_english_shows_in_the_same_case() {
    let english = "x = { $hasMake ->\n    [yes] Open the { $make } app\n   *[no] Open the app of { $app }\n }\n";
    let german = "x = { $hasMake ->\n    [yes] Öffne die App\n   *[no] Öffne die App von { $app }\n }\n";
    assert_eq!(
        translated(english, german),
        ["de/a.ftl:2:6 [yes] lost-variable: `x` loses `$make` where `$hasMake` is `yes`, which `en` shows there"]
    );
    let both = "x = { $hasMake ->\n    [yes] Open { $app } for { $make }\n   *[no] Open { $app } here\n }\n";
    let half = "x = { $hasMake ->\n    [yes] Öffne { $app } für { $make }\n   *[no] Öffne die App\n }\n";
    assert_eq!(
        translated(both, half),
        ["de/a.ftl:3:6 [no] lost-variable: `x` loses `$app` where `$hasMake` is `no`, which `en` shows there",]
    );
}

#[test]
fn a_branch_that_only_one_language_has_shows_what_the_other_does() {
    // English does not choose, German does: the name is there in both of its branches.
    let german = "x = { $hasName ->\n    [yes] { $app }: { $name }\n   *[no] { $app } grüßt\n }\n";
    assert_eq!(translated("x = Open { $app }\n", german), [""; 0]);
}

#[test]
fn one_form_of_number_may_stand_for_several_numbers() {
    let english = "x = { $n ->\n    [one] one day in { $app }\n   *[other] some days in { $app }\n }\n";
    let polish = "x = { $n ->\n    [one] dzień { $app }\n    [few] dni\n    [many] dni { $app }\n   *[other] dnia { $app }\n }\n";
    let told = findings(&[("en/common.ftl", english), ("pl/common.ftl", polish)]);
    let lost: Vec<String> = told.iter().filter(|finding| finding.code.id == "words/lost-variable").map(shown).collect();
    assert_eq!(
        lost,
        ["pl/common.ftl:3:6 [few] lost-variable: `x` loses `$app` where `$n` is `few`, which `en` shows there",]
    );
}

#[test]
fn a_comment_allows_to_leave_a_variable_out() {
    let english = "x =\n    .y = Open { $app }\n    .z = Open { $app }\n";
    let german = |comment: &str| format!("{comment}\nx =\n    .y = Hier öffnen\n    .z = {{ $app }} öffnen\n");
    assert_eq!(translated(english, &german("# leaves-out: $app .y")), [""; 0]);
    assert_eq!(translated(english, &german("# leaves-out: $app")), [""; 0]);
    assert_eq!(translated(english, &german("### leaves-out: $app .y")), [""; 0]);
    let lost = "de/a.ftl:3:6 [y] lost-variable: `.y` of `x` loses `$app`, which `en` shows there";
    for (comment, told) in [
        (
            "# leaves-out: $car .y",
            "de/a.ftl:1:3 [leaves-out: $car .y] directive: `leaves-out` allows nothing that is there",
        ),
        (
            "# leaves-out: $app .z",
            "de/a.ftl:1:3 [leaves-out: $app .z] directive: `leaves-out` allows nothing that is there",
        ),
        (
            "# leave-out: $app .y",
            "de/a.ftl:1:3 [leave-out: $app .y] directive: a comment almost says `leaves-out`, and nobody reads `leave-out`",
        ),
    ] {
        assert_eq!(translated(english, &german(comment)), [told, lost]);
    }
}

#[test]
fn what_is_not_known_is_not_shown() {
    assert_eq!(
        in_english("Reconnect { $car }"),
        ["en/common.ftl:1:18 [car] hole: `$car` is shown even where it is not known",]
    );
    assert_eq!(
        in_english("{ $hasCar ->\n    [yes] Your car\n   *[no] Your { $car }\n }"),
        ["en/common.ftl:3:18 [car] hole: `$car` is shown even where it is not known",]
    );
    assert_eq!(in_english("{ $hasMake ->\n    [yes] { $make }\n   *[no] Your car\n }"), [""; 0]);
    // A message that others insert only where it fits.
    assert_eq!(
        found(&[("en/common.ftl", "a = { $hasCar ->\n    [yes] { b }\n   *[no] Your car\n }\nb = your { $car }\n")]),
        [""; 0]
    );
    assert_eq!(
        found(&[("en/common.ftl", "a = Open { b }\nb = your { $car }\n")]),
        ["en/common.ftl:2:13 [car] hole: `$car` is shown even where it is not known",]
    );
}

#[test]
fn fans_and_circles_of_references_come_to_an_end() {
    let step = |step: usize| format!("m{step} = {{ m{0} }} {{ m{0} }}\n", step + 1);
    let fan = (0..60).map(step).collect::<Vec<_>>().concat() + "m60 = { $app }\n";
    assert_eq!(found(&[("en/common.ftl", &fan), ("de/common.ftl", &fan)]), [""; 0]);
}

#[test]
fn a_loss_is_told_where_it_begins_and_nowhere_else() {
    let english = [("en/common.ftl", CAR), ("en/a.ftl", "x = Reconnect { car }\ny = Open { x }\n")];
    let german = |car: &'static str| {
        found(&[&english[..], &[("de/common.ftl", car), ("de/a.ftl", "x = Verbinde { car }\ny = Zu { x }\n")]].concat())
    };
    assert_eq!(
        german("car = dein Auto\n"),
        ["de/common.ftl:1:1 [car] lost-variable: `car` loses `$car`, which `en` shows there"]
    );
    assert_eq!(
        german("car = { $hasCar ->\n    [ja] dein { $car }\n   *[nein] dein Auto\n }\n"),
        ["de/common.ftl:2:6 [ja] branch: `$hasCar` is never `ja`, so this branch is never chosen"]
    );
    // What could not be read, or is not there, loses nothing besides.
    assert_eq!(german("car = { $car\n"), [""; 0]);
    assert_eq!(
        translated("x = Reconnect { car }\n", "x = Verbinde { caar }\n"),
        ["de/a.ftl:1:16 [caar] reference: there is no message `caar`"]
    );
}

#[test]
fn a_text_with_another_fault_in_it_is_not_called_a_loss_besides() {
    let english = "x = Open { $app }\n";
    assert_eq!(
        translated(english, "x = Öffne { $ap }\n"),
        ["de/a.ftl:1:14 [ap] unknown-variable: there is no variable `$ap`"]
    );
    assert_eq!(
        translated(english, "x = Öffne { $app }\nx = Öffne sie\n"),
        [""; 0],
        "that it stands twice is told by loading"
    );
    assert_eq!(translated(english, "x = Öffne jetzt\ndie App { $app } hier\n"), [""; 0], "told by loading");
}

#[test]
fn a_comment_that_nobody_reads_is_told() {
    assert_eq!(
        found(&[("en/common.ftl", "#leaves-out: $car\n#### Much\n#\n# fine\na = Text\n")]),
        [
            "en/common.ftl:1:1 [#] syntax: not Fluent: a comment has no space after `#`",
            "en/common.ftl:2:1 [####] syntax: not Fluent: a comment begins with more than `###`",
        ]
    );
}
