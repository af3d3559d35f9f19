//! What can be wrong with a notice: its folder and its `notice.toml`.

use super::codes;

codes! {
    NONE = "notice/none", Error,
        "The templates hold no notice at all\n\n\
         A notice is a folder `templates/TYPE/CODE/`. Probably `content.templates` leads to the wrong folder.";
    FOLDER = "notice/folder", Error,
        "A folder whose name is not that of an error\n\n\
         Folders are named after Smartcar's type and code in lower case with hyphens: CONNECTED_SERVICES_ACCOUNT and \
         ACCOUNT_ISSUE become `connected-services-account/account-issue`. `none` stands for an error without a code, `any` for all \
         codes of a type that have no folder.";
    MISSING_FILE = "notice/missing-file", Error,
        "A notice without one of its files\n\n\
         Each notice has `notice.toml`, `email.mjml`, `email.txt` and `push.txt`. Copy the missing one from the folder of a notice \
         that is alike.";
    SYNTAX = "notice/syntax", Error,
        "A `notice.toml` that is not TOML\n\n\
         Often a quote or a bracket is missing on the line shown or on the one before it.";
    UNKNOWN_KEY = "notice/unknown-key", Error,
        "A key that a notice does not have\n\n\
         A misspelt key would silently do nothing, so it is refused. Known are `link`, `qr`, `priority`, `grace`, `cooldown`, \
         `expiry` and `[[steps]]` with `after`, `channels` and `reach`.";
    VALUE = "notice/value", Error,
        "A value that a notice cannot have\n\n\
         The message tells what is possible. Times are written \"10m\", \"12h\" or \"3d\", at most 400 days.";
    MISSING_KEY = "notice/missing-key", Error,
        "A notice without `cooldown`, `expiry` or `[[steps]]`\n\n\
         They have no default, because they decide how often an owner is bothered.";
    CONTRADICTION = "notice/contradiction", Error,
        "A policy that contradicts itself\n\n\
         Steps must come one after the other, the first of them not before `grace`; `expiry` must be later than the last step, or \
         that step could never be sent; a QR code needs a link to lead to.";
    ODD = "notice/odd", Warning,
        "A policy that is possible and yet hardly meant\n\n\
         A cooldown shorter than the ladder, so that reminders and a new incident overlap; a grace of days; a high priority that waits; \
         two messages within an hour. Often the unit is wrong: \"14m\" for \"14d\".";
}
