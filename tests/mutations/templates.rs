//! Mistakes in templates.

use super::At::{Line, Nowhere, Top};
use super::Edit::{Append, Bytes, Replace};
use super::Row;

const MAIL: &str = "templates/connected-services-account/permission/email.mjml";
const TEXT: &str = "templates/connected-services-account/permission/email.txt";
const PUSH: &str = "templates/connected-services-account/permission/push.txt";
const BUTTON: &str = "templates/layout/button.mjml";
const HEADER: &str = "templates/layout/header.mjml";
const INTRO: &str = "templates/layout/intro.mjml";
const STEPS: &str = "templates/layout/steps.mjml";
const QR: &str = "templates/layout/qr.mjml";
const LINK: &str = "templates/layout/link.txt";

pub(super) const ROWS: &[Row] = &[
    // Tera.
    ("a block is not closed", LINK, Replace("{% endif -%}", ""), "template/syntax", Line("{% if link -%}")),
    (
        "a brace of an expression is lost",
        TEXT,
        Replace("{{ text.otherwise }}", "{{ text.otherwise }"),
        "template/syntax",
        Line("{{ text.otherwise }"),
    ),
    (
        "an unknown tag",
        TEXT,
        Replace("{{ text.otherwise }}", "{% otherwise %}"),
        "template/syntax",
        Line("{% otherwise %}"),
    ),
    (
        "a block of a part is not closed",
        STEPS,
        Replace("    {% endfor -%}\n", ""),
        "template/syntax",
        Line("{% for step"),
    ),
    ("an unknown variable", TEXT, Replace("{% if in_app %}", "{% if inapp %}"), "template/unknown-name", Line("inapp")),
    (
        "a variable of a part is misspelt",
        BUTTON,
        Replace("{{ link.url }}", "{{ lnk.url }}"),
        "template/unknown-name",
        Line("lnk.url"),
    ),
    (
        "an unknown field",
        BUTTON,
        Replace("{{ link.url }}", "{{ link.uri }}"),
        "template/unknown-name",
        Line("link.uri"),
    ),
    ("an unknown filter", HEADER, Replace("| upper", "| uper"), "template/unknown-call", Line("| uper")),
    ("an unknown component", TEXT, Append("{{<badge />}}\n"), "template/unknown-call", Line("<badge />")),
    (
        "an unknown test",
        "templates/layout/footer.txt",
        Replace("is starting_with(", "is begining_with("),
        "template/unknown-call",
        Line("begining_with"),
    ),
    (
        "words that English does not have",
        TEXT,
        Replace("{{ text.otherwise }}", "{{ text.otherwize }}"),
        "template/unknown-words",
        Line("otherwize"),
    ),
    (
        "shared words that English does not have",
        INTRO,
        Replace("{{ common.greeting }}", "{{ common.greting }}"),
        "template/unknown-words",
        Line("greting"),
    ),
    (
        "a part that is not there",
        MAIL,
        Replace("layout/otherwise.mjml", "layout/other.mjml"),
        "template/include",
        Line("layout/other.mjml"),
    ),
    (
        "a text part that is not there",
        TEXT,
        Replace("layout/link.txt", "layout/lnk.txt"),
        "template/include",
        Line("layout/lnk.txt"),
    ),
    (
        "a part that includes itself",
        "templates/layout/time.mjml",
        Append("<mj-include path=\"layout/time.mjml\" />\n"),
        "template/include",
        Line("layout/time.mjml"),
    ),
    (
        "a loop without end",
        TEXT,
        Append("{% for a in range(end=1000000) %}{% for b in range(end=1000000) %}x{% endfor %}{% endfor %}\n"),
        "template/endless",
        Line("range(end=1000000)"),
    ),
    // MJML and HTML.
    ("an element is not closed", MAIL, Replace("      </mj-column>\n", ""), "template/unclosed", Line("<mj-column>")),
    (
        "a closing tag is misspelt",
        INTRO,
        Replace("</h1></mj-text>", "</h1></mj-txt>"),
        "template/unclosed",
        Line("</mj-txt>"),
    ),
    (
        "a bare < in text",
        INTRO,
        Replace("{{ common.greeting }}", "{{ common.greeting }} < 3"),
        "template/mjml",
        Line("< 3"),
    ),
    (
        "an MJML element is misspelt",
        INTRO,
        Replace("<mj-spacer height=\"24px\" />", "<mj-spacr height=\"24px\" />"),
        "template/unknown-element",
        Line("<mj-spacr"),
    ),
    (
        "an MJML attribute is misspelt",
        INTRO,
        Replace("<mj-spacer height=\"24px\" />", "<mj-spacer heigth=\"24px\" />"),
        "template/unknown-attribute",
        Line("heigth"),
    ),
    (
        "an element of HTML is made up",
        BUTTON,
        Replace("<table class=\"button\"", "<tabel class=\"button\""),
        "template/unknown-element",
        Line("<tabel"),
    ),
    ("an image without alt", QR, Replace(" alt=\"{{ text.qr_alt }}\"", ""), "template/no-alt", Line("<img")),
    ("a mail without its language", MAIL, Replace(" lang=\"{{ locale }}\"", ""), "template/no-language", Top),
    (
        "a layout table without its role",
        BUTTON,
        Replace(" role=\"presentation\"", ""),
        "template/table-role",
        Line("<table class=\"button\""),
    ),
    (
        "a link is written into the template",
        BUTTON,
        Replace("href=\"{{ link.url }}\"", "href=\"https://connect.smartcar.com/\""),
        "template/link",
        Line("https://connect.smartcar.com/"),
    ),
    (
        "a link is written into the text part",
        LINK,
        Replace("{{ link.url }}", "https://example.com/reconnect"),
        "template/link",
        Line("https://example.com"),
    ),
    (
        "a picture from elsewhere",
        HEADER,
        Replace("src=\"{{ app.logo }}\"", "src=\"https://cdn.example/logo.png\""),
        "template/remote",
        Line("cdn.example"),
    ),
    (
        "a script",
        BUTTON,
        Replace("{% if link -%}", "{% if link -%}<script>track()</script>"),
        "template/active",
        Line("<script>"),
    ),
    (
        "prose in a template",
        INTRO,
        Replace("{{ text.effect }}", "{{ text.effect }} Please act soon."),
        "template/prose",
        Line("Please act soon"),
    ),
    ("the link is lost in HTML only", MAIL, Bytes(without_link), "template/link-not-shown", Top),
    (
        "single braces around a variable",
        PUSH,
        Replace("{{ text.push_body }}", "{ text.push_body }"),
        "template/brace",
        Line("{ text.push_body }"),
    ),
    (
        "a text that is not escaped",
        INTRO,
        Replace("{{ text.body }}", "{{ text.body | safe }}"),
        "template/unescaped",
        Line("| safe"),
    ),
    (
        "the link is lost in the text part only",
        TEXT,
        Replace("{% include \"layout/link.txt\" -%}\n", ""),
        "template/link-not-shown",
        Top,
    ),
    (
        "a part is left over",
        "templates/layout/banner.mjml",
        Append("<mj-spacer height=\"1px\" />\n"),
        "template/unused",
        Top,
    ),
    // Renders, but to too little.
    ("a text part of nothing", TEXT, Bytes(|_| b"{# later #}\n".to_vec()), "template/empty", Top),
    (
        "a push without a body",
        PUSH,
        Replace("{{ text.push_body }}{% include \"layout/others-push.txt\" %}\n", ""),
        "template/empty",
        Top,
    ),
    // What is no mistake.
    (
        "Windows line ends in a template",
        MAIL,
        Bytes(|bytes| String::from_utf8(bytes).unwrap().replace('\n', "\r\n").into_bytes()),
        "",
        Nowhere,
    ),
    (
        "a comment in a template",
        MAIL,
        Replace("  <mj-head>", "  <!-- For the spring campaign. -->\n  <mj-head>"),
        "",
        Nowhere,
    ),
];

/// Neither button nor address is included.
fn without_link(bytes: Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8(bytes).unwrap();
    let lines = text.lines().filter(|line| !line.contains("layout/button") && !line.contains("layout/address"));
    lines.flat_map(|line| [line, "\n"]).collect::<String>().into_bytes()
}
