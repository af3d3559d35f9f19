//! Whether all languages have the same words.

use super::*;
use crate::diagnostic::{Severity, codes};

const ENGLISH: &str = "car =\n    .title = A car\n    .body = Its body\nbike = A bike\n-brand = Acme\nx = { -brand }\n";

fn against(translation: &str) -> Vec<String> {
    found(&[("en/common.ftl", ENGLISH), ("de/common.ftl", translation)])
}

#[test]
fn the_same_words_in_another_order_are_fine() {
    let german =
        "x = { -brand }\n-brand = Acme GmbH\nbike = Ein Rad\ncar =\n    .body = Sein Blech\n    .title = Ein Auto\n";
    assert_eq!(against(german), [""; 0]);
}

#[test]
fn what_is_missing_is_told_where_it_belongs() {
    let expected = [
        "de/common.ftl:1:1 [car] missing: `de` lacks the message `bike`",
        "de/common.ftl:1:1 [car] missing: `de` lacks the term `-brand`",
        "de/common.ftl:1:1 [car] missing: `de` lacks `.body` of `car`",
    ];
    assert_eq!(against("car =\n    .title = Ein Auto\nx = Acme\n"), expected);
}

#[test]
fn a_slip_in_a_name_is_one_finding() {
    let german =
        "car =\n    .titel = Ein Auto\n    .body = Sein Blech\nbyke = Ein Rad\n-brand = Acme GmbH\nx = { -brand }\n";
    let expected = [
        "de/common.ftl:2:6 [titel] unknown: `car` of `en` has no `.titel`, so this text is not used",
        "de/common.ftl:4:1 [byke] unknown: `en` has no message `byke`, so this one is not used",
    ];
    assert_eq!(against(german), expected);
    let help: Vec<String> = findings(&[("en/common.ftl", ENGLISH), ("de/common.ftl", german)])
        .into_iter()
        .filter_map(|finding| finding.help)
        .collect();
    assert_eq!(help[0], "did you mean `.title`, which is missing here?");
    assert_eq!(help[1], "did you mean `bike`, which is missing here?");
}

#[test]
fn what_english_has_not_is_not_used() {
    let german = format!(
        "{}more = Mehr\n",
        ENGLISH.replace("A ", "Ein ").replace("Its body", "Sein Blech\n    .extra = Noch etwas")
    );
    let german = german.replace("Acme", "Acme GmbH");
    let expected = [
        "de/common.ftl:4:6 [extra] unknown: `car` of `en` has no `.extra`, so this text is not used",
        "de/common.ftl:8:1 [more] unknown: `en` has no message `more`, so this one is not used",
    ];
    assert_eq!(against(&german), expected);
}

#[test]
fn a_missing_file_is_told_under_its_own_name_and_a_misnamed_one_once() {
    let common = ("en/common.ftl", "x = One\n");
    let missing = found(&[common, ("en/account.ftl", "a = Text\n"), ("de/common.ftl", "x = Eins\n")]);
    assert_eq!(missing, ["de/account.ftl:1:1 [] missing: the language `de` has no `account.ftl`"]);
    let german = [("de/common.ftl", "x = Eins\n"), ("de/acount.ftl", "a = Ein Text\n")];
    let misnamed = found(&[&[common, ("en/account.ftl", "a = Text\n")], &german[..]].concat());
    assert_eq!(
        misnamed,
        ["de/acount.ftl:1:1 [] unknown: `en` has no file `acount.ftl`, so nothing of this one is used"]
    );
}

#[test]
fn attributes_and_terms_that_stand_twice_are_told() {
    let twice = "-t = One\n-t = Two\na = { -t }\n    .b = One\n    .b = Two\n";
    let expected = [
        "en/common.ftl:2:2 [t] duplicate: the term `-t` stands twice",
        "en/common.ftl:5:6 [b] duplicate: `.b` of `a` stands twice",
    ];
    assert_eq!(found(&[("en/common.ftl", twice)]), expected);
}

#[test]
fn a_term_that_nothing_inserts_is_told() {
    assert_eq!(
        found(&[("en/common.ftl", "-t = One\na = Text\n")]),
        ["en/common.ftl:1:2 [t] unknown: nothing uses the term `-t`"]
    );
}

#[test]
fn there_are_as_many_steps_as_in_english() {
    let english = "a =\n    .step-1 = One thing\n    .step-2 = Another thing\n    .step-3 = A last thing\n";
    let less = "a =\n    .step-1 = Eins davon\n    .step-2 = Und noch eins\n";
    let expected = ["de/common.ftl:3:6 [step-2] steps: `a` has 2 steps and `en` has 3 steps"];
    assert_eq!(found(&[("en/common.ftl", english), ("de/common.ftl", less)]), expected);
    // Loading tells of the gap: the number of steps is not another finding.
    let gap = "a =\n    .step-1 = Eins davon\n    .step-3 = Und noch eins\n";
    assert_eq!(found(&[("en/common.ftl", english), ("de/common.ftl", gap)]), [""; 0]);
}

#[test]
fn what_could_not_be_read_is_not_called_missing() {
    for torn in ["car =\n    .title = Ein { Auto\n    .body = Blech\n", "car = {\n", "car\n"] {
        let german = format!("{torn}bike = Ein Rad\n-brand = Acme GmbH\nx = {{ -brand }}\n");
        assert_eq!(against(&german), [""; 0], "{torn}");
    }
}

#[test]
fn a_gap_that_trying_out_found_is_told_once_and_keeps_its_weight() {
    let files = tree(&[
        ("en/common.ftl", "x = Words\n"),
        ("en/a.ftl", "b =\n    .title = { x }\n    .body = More\n"),
        ("de/common.ftl", "x = { nowhere }\n"),
        ("de/a.ftl", "b =\n    .title = { x }\n"),
    ]);
    let german = &files["de/a.ftl"];
    let gap = |span: std::ops::Range<usize>, severity| {
        Diagnostic::new(&codes::words::MISSING, "cannot say it").at(german, span).severity(severity)
    };
    let title = german.text.find("title").unwrap();
    // The cause of the first stands in another file; that of the second is that the body is not there.
    let mut told = vec![gap(title..title + 5, Severity::Warning), gap(0..1, Severity::Error)];
    lint(&files, &mut told);
    let told: Vec<(String, Severity)> = told.iter().map(|finding| (shown(finding), finding.severity)).collect();
    let expected = [
        ("de/a.ftl:1:1 [b] missing: `de` lacks `.body` of `b`".to_owned(), Severity::Error),
        ("de/common.ftl:1:7 [nowhere] reference: there is no message `nowhere`".to_owned(), Severity::Error),
    ];
    assert_eq!(told, expected);
    // One that has another cause stays.
    let mut told = vec![gap(0..1, Severity::Warning)];
    lint(&tree(&[("de/a.ftl", "b =\n    .title = Text\n")]), &mut told);
    assert_eq!(told.len(), 1);
}

#[test]
fn a_file_that_is_not_there_is_told_once_however_many_messages_want_it() {
    use crate::catalog::words::{Lack, Words};
    let files = tree(&[
        ("en/common.ftl", "x = Words\n"),
        ("en/a.ftl", "b =\n    .title = Text\nc =\n    .title = Text\n"),
        ("de/common.ftl", "x = Worte\n"),
    ]);
    let mut told = Vec::new();
    let words = Words::load(&files, &mut told);
    for code in ["b", "c"] {
        let lack = Lack::Message { locale: "de".to_owned(), message: code.to_owned() };
        told.push(words.fault("de", "a", code, &lack).severity(Severity::Warning));
    }
    lint(&files, &mut told);
    assert_eq!(
        told.iter().map(shown).collect::<Vec<_>>(),
        ["de/a.ftl:1:1 [] missing: the language `de` has no `a.ftl`"]
    );
}
