//! Mistakes in the folder of a notice and its `notice.toml`.

use super::At::{Elsewhere, Line, Missing, Nowhere, Top};
use super::Edit::{Append, Delete, Rename, Replace};
use super::Row;

const TOML: &str = "templates/connected-services-account/virtual-key-required/notice.toml";
const FOLDER: &str = "templates/connected-services-account/permission";

pub(super) const ROWS: &[Row] = &[
    (
        "a quote is missing",
        TOML,
        Replace("link = \"virtual-key\"", "link = \"virtual-key"),
        "notice/syntax",
        Line("link = "),
    ),
    (
        "a bracket is missing",
        TOML,
        Replace("channels = [\"email\"]", "channels = [\"email\""),
        "notice/syntax",
        Line("channels = [\"email\""),
    ),
    ("a key is misspelt", TOML, Replace("grace =", "grase ="), "notice/unknown-key", Line("grase")),
    (
        "a key of a step is misspelt",
        TOML,
        Replace("after = \"3d\"", "afer = \"3d\""),
        "notice/unknown-key",
        Line("afer"),
    ),
    (
        "a key stands twice",
        TOML,
        Replace("grace = \"1m\"", "grace = \"1m\"\ngrace = \"2m\""),
        "notice/syntax",
        Line("grace = \"2m\""),
    ),
    ("a key is missing", TOML, Replace("cooldown =", "# cooldown ="), "notice/missing-key", Top),
    ("an unknown link", TOML, Replace("\"virtual-key\"", "\"virtual-keys\""), "notice/value", Line("virtual-keys")),
    (
        "an unknown channel",
        TOML,
        Replace("channels = [\"email\"]", "channels = [\"emial\"]"),
        "notice/value",
        Line("emial"),
    ),
    (
        "a channel that nobody has",
        TOML,
        Replace("channels = [\"email\"]", "channels = [\"sms\"]"),
        "notice/value",
        Line("sms"),
    ),
    (
        "a channel is named twice",
        TOML,
        Replace("channels = [\"email\"]", "channels = [\"email\", \"email\"]"),
        "notice/value",
        Line("\"email\", \"email\""),
    ),
    (
        "a step without channels",
        TOML,
        Replace("channels = [\"email\"]", "channels = []"),
        "notice/value",
        Line("channels = []"),
    ),
    (
        "a time without its unit",
        TOML,
        Replace("expiry = \"14d\"", "expiry = \"14\""),
        "notice/value",
        Line("expiry = \"14\""),
    ),
    ("a time that is a number", TOML, Replace("expiry = \"14d\"", "expiry = 14"), "notice/value", Line("expiry = 14")),
    ("a yes for true", TOML, Replace("qr = true", "qr = \"yes\""), "notice/value", Line("qr = \"yes\"")),
    (
        "the expiry before the last step",
        TOML,
        Replace("expiry = \"14d\"", "expiry = \"6d\""),
        "notice/contradiction",
        Line("expiry = \"6d\""),
    ),
    (
        "a step before the one before it",
        TOML,
        Replace("after = \"7d\"", "after = \"2d\""),
        "notice/contradiction",
        Line("after = \"2d\""),
    ),
    (
        "a step within the grace",
        TOML,
        Replace("grace = \"1m\"", "grace = \"4d\""),
        "notice/contradiction",
        Line("after = \"3d\""),
    ),
    (
        "a QR code of no link",
        TOML,
        Replace("link = \"virtual-key\"", "link = \"none\""),
        "notice/contradiction",
        Line("qr = true"),
    ),
    (
        "a QR code that is never shown",
        "templates/connected-services-account/virtual-key-required/email.mjml",
        Replace("        <mj-include path=\"layout/qr.mjml\" />\n", ""),
        "template/qr-not-shown",
        Elsewhere(TOML, "qr = true"),
    ),
    (
        "a file of the notice is deleted",
        "templates/connected-services-account/permission/push.txt",
        Delete,
        "notice/missing-file",
        Top,
    ),
    (
        "the policy is deleted",
        "templates/connected-services-account/permission/notice.toml",
        Delete,
        "notice/missing-file",
        Top,
    ),
    (
        "a folder in capitals",
        FOLDER,
        Rename("templates/connected-services-account/PERMISSION"),
        "notice/folder",
        Elsewhere("templates/connected-services-account/PERMISSION/email.mjml", "<mjml"),
    ),
    (
        "a folder with an underscore",
        FOLDER,
        Rename("templates/connected-services-account/per_mission"),
        "notice/folder",
        Elsewhere("templates/connected-services-account/per_mission/email.mjml", "<mjml"),
    ),
    ("all notices are gone", "templates/connected-services-account", Rename("elsewhere"), "notice/none", Missing),
    ("a note in the policy", TOML, Append("\n# Agreed with support.\n"), "", Nowhere),
];
