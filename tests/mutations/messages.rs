//! Mistakes that only the message shows.

use super::At::Line;
use super::Edit::Replace;
use super::Row;

const PUSH: &str = "templates/connected-services-account/permission/push.txt";
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
];
