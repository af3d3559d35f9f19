//! Mistakes that only the message shows.

use super::At::{Line, Top};
use super::Edit::{Bytes, Replace};
use super::Row;

const PUSH: &str = "templates/connected-services-account/permission/push.txt";
const MAIL: &str = "templates/connected-services-account/permission/email.mjml";
const GERMAN: &str = "locales/de/connected-services-account.ftl";
const SWEDISH: &str = "locales/sv/connected-services-account.ftl";
const TEXT: &str = "templates/connected-services-account/permission/email.txt";

pub(super) const ROWS: &[Row] = &[
    (
        "a variable is written as in the words",
        PUSH,
        Replace("{{ text.push_body }}", "{{ text.push_body }} {$app}"),
        "message/leftover",
        Line("{$app}"),
    ),
    (
        "a brace too many",
        TEXT,
        Replace("{{ text.time }}", "{{ text.time }}}}"),
        "message/leftover",
        Line("{{ text.time }}}}"),
    ),
    (
        "a push title is longer than a phone shows",
        GERMAN,
        Replace("App-Zugriff wurde beendet", "Der Zugriff der App auf Ihr Auto wurde beendet"),
        "message/too-long",
        Line("Der Zugriff der App auf Ihr Auto wurde"),
    ),
    (
        "a push text is longer than a phone shows",
        SWEDISH,
        Replace(
            "Du ansluter igen på en minut.",
            "Du ansluter igen på en minut, och inget av det du har ställt in går förlorat.",
        ),
        "message/too-long",
        Line("och inget av det du har ställt in går förlorat."),
    ),
    (
        "a preheader leaves room for the greeting",
        SWEDISH,
        Replace(
            "Var det inte meningen? Du ansluter igen på ungefär en minut. Inget går förlorat.",
            "Du ansluter igen snabbt.",
        ),
        "message/too-short",
        Line("Du ansluter igen snabbt."),
    ),
    (
        "a button is a single word",
        GERMAN,
        Replace(".action = Auto neu verbinden", ".action = Verbinden"),
        "message/button",
        Line(".action = Verbinden"),
    ),
    (
        "a mail grows until mail programs cut it",
        MAIL,
        Bytes(|mail| {
            let mail = String::from_utf8(mail).expect("it is text");
            mail.replace(
                "<mj-include path=\"layout/help.mjml\" />",
                &"<mj-text>{{ text.todo }}</mj-text>\n".repeat(400),
            )
            .into_bytes()
        }),
        "message/html-size",
        Top,
    ),
    (
        "a mail says that it is English in every language",
        MAIL,
        Replace("<mjml lang=\"{{ locale }}\"", "<mjml lang=\"en\""),
        "message/language",
        Top,
    ),
];
