//! What stands in the texts themselves: characters, typography, voice, leftover English.

use super::*;

fn codes(locale: &str, text: &str) -> Vec<String> {
    marked(locale, text).into_iter().map(|(code, part)| format!("{code} [{part}]")).collect()
}

fn expect(locale: &str, table: &[(&str, &[&str])]) {
    for (text, expected) in table {
        assert_eq!(codes(locale, text), *expected, "{locale}: {text}");
    }
}

#[test]
fn markup_addresses_and_placeholders_have_no_place_in_words() {
    expect(
        "en",
        &[
            ("Open <b>it</b> now", &["markup [<b>]", "markup [</b>]"]),
            ("Open <app name>", &["markup [<app name>]"]),
            ("Tom &amp; Jerry", &["markup [&amp;]"]),
            ("Tom & Jerry", &[]),
            ("Open https://example.com/x now", &["address [https://example.com/x]"]),
            ("Ask help@example.com.", &["address [help@example.com]"]),
            ("See tesla.com.", &["address [tesla.com]"]),
            ("Open $app now", &["placeholder [$app]"]),
            ("It costs $5 now", &[]),
            ("Open %s now", &["placeholder [%s]"]),
            ("Save 50% now", &[]),
        ],
    );
}

#[test]
fn what_nobody_sees_is_found() {
    expect(
        "en",
        &[
            ("A\u{202e}B c", &["control [\u{202e}]"]),
            ("A\u{200b}b", &["control [\u{200b}]"]),
            ("A\u{7}b", &["control [\u{7}]"]),
            ("A\tb", &["control [\t]"]),
            ("A\u{ad}b", &["control [\u{ad}]"]),
            ("Family \u{1f468}\u{200d}\u{1f469}", &[]),
            ("A\u{a0}b", &[]),
            ("f\u{c3}\u{bc}r", &["encoding [\u{c3}\u{bc}]"]),
            ("f\u{fffd}r", &["encoding [\u{fffd}]"]),
        ],
    );
    expect("he", &[("שלום \u{200f}OK", &[])]);
}

#[test]
fn quotes_within_braces_hide_nothing() {
    expect(
        "en",
        &[
            ("Open {\"<b>\"}", &["literal [<b>]", "markup [<b>]"]),
            ("Open ht{\"tps://x.e\"}xample", &["address [ht{\"tps://x.e\"}xample]", "literal [tps://x.e]"]),
            ("Open { \"\\u202E\" }it", &["literal [\\u202E]", "control [\\u202E]"]),
            ("Open { \"{\" } it", &[]),
            ("{ \"Text\" } here", &["literal [Text]"]),
        ],
    );
}

#[test]
fn spaces_stand_between_words_only() {
    expect(
        "en",
        &[
            ("One two", &[]),
            ("One  two", &["spaces [  ]"]),
            ("{ $app }  two", &["spaces [  ]"]),
            ("One , two", &["spaces [ ,]"]),
            ("One { $app } .", &["spaces [ .]"]),
            ("One,two", &["spaces [,]"]),
            ("One ( two)", &["spaces [( ]"]),
            ("One.5 and :-)", &[]),
            (" One", &["spaces [ ]"]),
            ("One \n    two", &["spaces [ ]"]),
            ("\u{a0}One", &["spaces [\u{a0}]"]),
            ("One\n    two", &[]),
        ],
    );
    assert_eq!(
        found(&[("en/common.ftl", "a = One \nb = Two\n")]),
        ["en/common.ftl:1:8 [ ] spaces: a line ends with a space"]
    );
}

#[test]
fn french_keeps_its_tall_signs_apart() {
    expect(
        "fr",
        &[
            ("Vous\u{202f}? Oui\u{a0}: « non »", &["no-break-space [« ]", "no-break-space [ »]"]),
            ("Vous ?", &["no-break-space [ ?]"]),
            ("Vous: oui", &["no-break-space [:]"]),
            ("{ $app }\u{202f}?", &[]),
            ("{ $app }?", &["no-break-space [?]"]),
            ("«\u{202f}oui\u{202f}»", &[]),
            ("À 10:30", &[]),
            ("Oui , non", &["spaces [ ,]"]),
        ],
    );
    expect("fr-CA", &[("Vous? Oui\u{a0}: non", &[])]);
    expect("de", &[("Wer ?", &["spaces [ ?]"])]);
}

#[test]
fn every_language_has_its_own_quotation_marks() {
    for (locale, right) in [
        ("en", "“x”"),
        ("da", "”x”"),
        ("de", "„x“"),
        ("es", "«x»"),
        ("es", "“x”"),
        ("es-419", "“x”"),
        ("fr", "«\u{202f}x\u{202f}»"),
        ("it", "«x»"),
        ("it", "“x”"),
        ("nl", "‘x’"),
        ("nl", "“x”"),
        ("nb", "«x»"),
        ("sv", "”x”"),
        ("fi", "»x»"),
        ("de", "„{ $app }“"),
    ] {
        assert_eq!(codes(locale, &format!("a {right} b")), [""; 0], "{locale} {right}");
    }
    expect(
        "en",
        &[
            ("a \"x\" b", &["quotes [\"]", "quotes [\"]"]),
            ("it's", &["quotes [']"]),
            ("it’s the cars’ turn", &[]),
            ("a “it’s” b", &[]),
            ("a ‘it’s so’ b", &[]),
            ("a „x“ b", &["quotes [„]", "quotes [“]"]),
            ("a “x b", &["quotes [“]"]),
        ],
    );
    expect("de", &[("a “x” b", &["quotes [“]", "quotes [”]"]), ("a „x” b", &["quotes [„]", "quotes [”]"])]);
    expect("nb", &[("a “x” b", &["quotes [“]", "quotes [”]"])]);
    expect("fi", &[("a \"x\" b", &["quotes [\"]", "quotes [\"]"])]);
}

#[test]
fn spanish_opens_what_it_asks() {
    expect(
        "es",
        &[
            ("¿Qué? ¿Y por qué?", &[]),
            ("Si quieres, ¿vienes?", &[]),
            ("Qué?", &["inverted-marks [?]"]),
            ("¿Qué", &["inverted-marks [¿]"]),
            ("¡Ya!", &["exclamation [!]"]),
        ],
    );
}

#[test]
fn the_voice_is_calm_and_the_dots_are_one() {
    expect(
        "en",
        &[
            ("Wait...", &["dots [...]"]),
            ("Wait…", &[]),
            ("Act now!", &["exclamation [!]"]),
            ("This is URGENT", &["capitals [URGENT]"]),
            ("Scan the QR code of your VIN", &[]),
        ],
    );
    assert_eq!(found(&[("en/common.ftl", "# in-capitals: CUPRA\na = Your CUPRA is here\n")]), [""; 0]);
}

#[test]
fn english_is_not_left_over() {
    let translated = |english: &str, german: &str| found(&[("en/common.ftl", english), ("de/common.ftl", german)]);
    assert_eq!(
        translated("a = Add the key\n", "a = Add the key\n"),
        ["de/common.ftl:1:1 [a] english: `a` is the same as in `en`",]
    );
    for same in ["a = OK\n", "a = { $app }\n", "a = { $app }: 1\n", "a = PIN\n", "# same-as-english\na = Service\n"] {
        assert_eq!(translated(same.trim_start_matches("# same-as-english\n"), same), [""; 0], "{same}");
    }
    let english = "a = { $hasCar ->\n    [yes] your { $car }\n   *[no] your car\n }\n";
    let german = "a = { $hasCar ->\n    [yes] Ihr { $car }\n   *[no] your car\n }\n";
    assert_eq!(
        translated(english, german),
        ["de/common.ftl:3:10 [your car] english: a branch of `a` is the same as in `en`",]
    );
    assert_eq!(
        translated("a = Open it. Then add the key.\n", "a = Öffnen. Then add the key.\n"),
        ["de/common.ftl:1:13 [Then add the key.] english: a sentence of `a` is the same as in `en`",]
    );
    let some = "a =\n    .b = Support\n    .c = Support\n";
    assert_eq!(
        translated(some, &format!("# same-as-english: .b\n{some}")),
        ["de/common.ftl:4:6 [c] english: `.c` of `a` is the same as in `en`",]
    );
    assert_eq!(found(&[("en/common.ftl", "a = Add the key\n"), ("en-GB/common.ftl", "a = Add the key\n")]), [""; 0]);
}
