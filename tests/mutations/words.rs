//! Mistakes in the words of a language.

use super::At::{Elsewhere, Last, Line, Missing, Nowhere, Top};
use super::Edit::{Append, Bytes, Delete, Rename, Replace};
use super::Row;

const EN: &str = "locales/en/connected-services-account.ftl";
const DA: &str = "locales/da/connected-services-account.ftl";
const DE: &str = "locales/de/connected-services-account.ftl";
const ES: &str = "locales/es/common.ftl";
const FR: &str = "locales/fr/connected-services-account.ftl";
const COMMON: &str = "locales/da/common.ftl";
const TITLE: &str = "    .title = Log ind igen for at få forbindelse til { car-object }";

pub(super) const ROWS: &[Row] = &[
    // What Fluent itself cannot read.
    (
        "a brace is not closed",
        DA,
        Replace("{ car-object } igen.", "{ car-object igen."),
        "words/syntax",
        Line("{ car-object igen."),
    ),
    (
        "the = of a message is gone",
        DA,
        Replace("\npermission =\n", "\npermission\n"),
        "words/syntax",
        Line("permission"),
    ),
    (
        "a select has no default",
        DA,
        Replace("       *[no] Åbn bil", "        [no] Åbn bil"),
        "words/no-default",
        Line("        [no] Åbn bil"),
    ),
    (
        "a message is pasted twice",
        DA,
        Append("\nvehicle-missing =\n    .subject = En bil mangler\n"),
        "words/duplicate",
        Last("vehicle-missing ="),
    ),
    (
        "an attribute is pasted twice",
        DA,
        Replace("    .action = Genopret", "    .action = Forbind igen\n    .action = Genopret"),
        "words/duplicate",
        Line("    .action = Genopret"),
    ),
    (
        "a step is numbered wrong",
        DA,
        Replace(".step-3 = Dukker", ".step-4 = Dukker"),
        "words/steps",
        Line(".step-4 = Dukker"),
    ),
    // What English has and this language has not, and the other way round.
    (
        "a message is not translated",
        DA,
        Bytes(|words| {
            let words = String::from_utf8(words).expect("it is text");
            let (before, rest) = words.split_once("\nauthentication-failed =").expect("it has the message");
            let (_, after) = rest.split_once("\n\n").expect("another message follows");
            format!("{before}\n{after}").into_bytes()
        }),
        "words/missing",
        Line("account-issue ="),
    ),
    (
        "a message is renamed",
        DA,
        Replace("\nauthentication-failed =", "\nauthentication-fails ="),
        "words/unknown",
        Line("authentication-fails"),
    ),
    ("an attribute is missing", DA, Replace(TITLE, ""), "words/missing", Line("authentication-failed =")),
    (
        "an attribute is misspelt",
        DA,
        Replace(TITLE, "    .titel = Log ind igen for at få forbindelse til { car-object }"),
        "words/unknown",
        Line(".titel"),
    ),
    (
        "a shared text is renamed",
        COMMON,
        Replace("\nnothing-lost", "\nnothing-is-lost"),
        "words/unknown",
        Line("nothing-is-lost"),
    ),
    (
        "a shared text is deleted",
        COMMON,
        Replace("\nnothing-lost", "\n# nothing-lost"),
        "words/reference",
        Elsewhere(DA, "{ nothing-lost }"),
    ),
    ("a language has lost a file", DA, Delete, "words/missing", Top),
    ("a language has lost common.ftl", COMMON, Delete, "words/language", Top),
    ("English is gone", "locales/en", Delete, "words/language", Missing),
    (
        "a folder is no language",
        "locales/sv",
        Rename("locales/swedish language"),
        "words/language",
        Elsewhere("locales/swedish language/common.ftl", "This file is part"),
    ),
    ("a file lies beside the languages", "locales/stray.ftl", Append("a = b\n"), "words/language", Top),
    // Variables.
    (
        "a variable is translated",
        DA,
        Replace("{ $app } kan ikke længere logge ind", "{ $appen } kan ikke længere logge ind"),
        "words/unknown-variable",
        Line("{ $appen }"),
    ),
    (
        "a variable has another one's name",
        DA,
        Replace(".title = { $app } kan ikke finde", ".title = { $brand } kan ikke finde"),
        "words/unknown-variable",
        Line("{ $brand }"),
    ),
    (
        "the car is lost in a translation",
        DA,
        Replace(TITLE, "    .title = Log ind igen for at få forbindelse til bilen"),
        "words/lost-variable",
        Line("forbindelse til bilen"),
    ),
    (
        "the app is lost in one branch",
        DE,
        Replace("[yes] { $app }", "[yes] Die App"),
        "words/lost-variable",
        Line("[yes] Die App"),
    ),
    (
        "the car's name is lost in a shared text",
        COMMON,
        Replace("[yes] din { $car }", "[yes] din bil"),
        "words/lost-variable",
        Line("[yes] din bil"),
    ),
    (
        "a name is shown where none is known",
        DA,
        Replace(TITLE, "    .title = Log ind igen for at få forbindelse til din { $car }"),
        "words/hole",
        Line("din { $car }"),
    ),
    (
        "a term uses a variable",
        COMMON,
        Append("\n-product = appen { $app }\n"),
        "words/term-variable",
        Line("-product ="),
    ),
    // References and selects.
    (
        "a reference leads to nothing",
        DA,
        Replace(TITLE, "    .title = Log ind igen for at få forbindelse til { car-objekt }"),
        "words/reference",
        Line("{ car-objekt }"),
    ),
    (
        "a term is not there",
        DA,
        Replace("    .action = Genopret forbindelsen", "    .action = Genopret { -forbindelse }"),
        "words/reference",
        Line("{ -forbindelse }"),
    ),
    (
        "a text inserts itself",
        COMMON,
        Replace(
            "car-object =\n    { $hasCar ->\n        [yes] din { $car }\n       *[no] din bil\n    }",
            "car-object = { car-object }",
        ),
        "words/cycle",
        Line("car-object ="),
    ),
    (
        "a branch is translated",
        COMMON,
        Replace("[yes] Hej { $name }", "[ja] Hej { $name }"),
        "words/branch",
        Line("[ja] Hej"),
    ),
    (
        "a function is made up",
        DA,
        Replace(TITLE, "    .title = Log ind igen for at få forbindelse til { UPPER($app) } og { car-object }"),
        "words/function",
        Line("UPPER"),
    ),
    // What does not belong into words.
    ("markup", DA, Replace("Det sker typisk", "Det sker <b>typisk</b>"), "words/markup", Line("<b>typisk</b>")),
    ("an entity", DA, Replace("Det sker typisk", "Det sker&nbsp;typisk"), "words/markup", Line("&nbsp;")),
    (
        "a pasted address",
        DA,
        Replace("Det sker typisk", "Se https://help.example/login. Det sker typisk"),
        "words/address",
        Line("https://help"),
    ),
    (
        "a pasted address without https",
        DA,
        Replace("Det sker typisk", "Se www.example.com. Det sker typisk"),
        "words/address",
        Line("www.example"),
    ),
    (
        "a placeholder of another system",
        DA,
        Replace(TITLE, "    .title = Log ind igen for at få %s til { car-object }"),
        "words/placeholder",
        Line("%s"),
    ),
    (
        "a placeholder in angle brackets",
        DA,
        Replace("Det sker typisk", "Spørg <app name>. Det sker typisk"),
        "words/markup",
        Line("<app name>"),
    ),
    (
        "a mark that turns the direction",
        DA,
        Replace("Det sker typisk", "Det sker \u{202e}typisk"),
        "words/control",
        Line("\u{202e}"),
    ),
    (
        "a zero-width space",
        DA,
        Replace("Det sker typisk", "Det sker\u{200b} typisk"),
        "words/control",
        Line("\u{200b}"),
    ),
    ("letters of a wrong encoding", DE, Replace("für", "fÃ¼r"), "words/encoding", Line("fÃ¼r")),
    // What a reader would find poor.
    (
        "a text is left in English",
        DA,
        Replace("    .action = Genopret forbindelsen", "    .action = Reconnect your car"),
        "words/english",
        Line("Reconnect your car"),
    ),
    ("two spaces", DA, Replace("Det sker typisk", "Det  sker typisk"), "words/spaces", Line("Det  sker")),
    (
        "a space before a comma",
        DA,
        Replace("adgangskode til { account-dative } klar", "adgangskode , til { account-dative } klar"),
        "words/spaces",
        Line("adgangskode ,"),
    ),
    ("straight quotation marks", DA, Replace("”Connect”.", "\"Connect\"."), "words/quotes", Line("\"Connect\".")),
    (
        "quotation marks of another language",
        DA,
        Replace("med ”Connect”", "med „Connect“"),
        "words/quotes",
        Line("„Connect“"),
    ),
    (
        "French without its no-break space",
        FR,
        Replace("votre compte\u{202f}: accepter", "votre compte : accepter"),
        "words/no-break-space",
        Line("votre compte : accepter"),
    ),
    (
        "Spanish without its opening mark",
        ES,
        Replace("help = ¿Tienes", "help = Tienes"),
        "words/inverted-marks",
        Line("help = Tienes"),
    ),
    ("three dots", DA, Replace("Det sker typisk", "Det sker ... typisk"), "words/dots", Line("...")),
    (
        "an exclamation mark",
        DA,
        Replace("    .action = Genopret forbindelsen", "    .action = Genopret forbindelsen!"),
        "words/exclamation",
        Line("forbindelsen!"),
    ),
    ("a word in capitals", DA, Replace("Det sker typisk", "Det sker ALTID"), "words/capitals", Line("ALTID")),
    // Where a language is the last resort, what is a warning elsewhere is an error; where it is, the finding is the same.
    (
        "English lacks what a template asks for",
        EN,
        Replace("    .push-title = Reconnect { car-object }\n", ""),
        "template/unknown-words",
        Elsewhere("templates/connected-services-account/authentication-failed/push.txt", "text.push_title"),
    ),
    // What is no mistake.
    ("an attribute that is not indented", DA, Replace("    .todo = Log ind", ".todo = Log ind"), "", Nowhere),
    (
        "Windows line ends",
        DA,
        Bytes(|bytes| String::from_utf8(bytes).unwrap().replace('\n', "\r\n").into_bytes()),
        "",
        Nowhere,
    ),
    ("a byte order mark", DA, Bytes(|bytes| [b"\xef\xbb\xbf".to_vec(), bytes].concat()), "", Nowhere),
    ("a comment between messages", DA, Append("\n# A note for whoever translates next.\n"), "", Nowhere),
];
