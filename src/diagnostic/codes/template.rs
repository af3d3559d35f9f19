//! What can be wrong with a template.

use super::codes;

codes! {
    SYNTAX = "template/syntax", Error,
        "A template that Tera cannot read\n\n\
         A block is not closed, a bracket is missing, or a word stands where none may. The line is that of your file. \
         https://keats.github.io/tera has the language.";
    UNKNOWN_NAME = "template/unknown-name", Error,
        "A name that templates do not have\n\n\
         Tera would take it for nothing and leave a hole in the message. Templates know `text.…` and `common.…` (the words of the \
         language), `app`, `link`, `support`, `stop`, `qr`, `in_app`, `locale`, `dir` and `align`.";
    UNKNOWN_CALL = "template/unknown-call", Error,
        "A filter, test, function or component that Tera does not have\n\n\
         `{{ x | filter }}`, `{% if x is test %}`, `{{ function() }}` and `{{<component />}}` call what Tera or a template defines. \
         Correct the name; https://keats.github.io/tera lists them.";
    UNKNOWN_WORDS = "template/unknown-words", Error,
        "A template that asks for words which English does not have\n\n\
         `text.push_title` is the attribute `.push-title` of the notice's message, `common.greeting` the message `greeting` of \
         common.ftl. Add the words to `locales/en/`, or correct the name.";
    FAILED = "template/failed", Error,
        "A template that cannot be rendered\n\n\
         It was tried with sample values and failed, or it wrote without end. The message tells Tera's reason.";
    ENDLESS = "template/endless", Error,
        "A loop that would take too long, or that does not end\n\n\
         While a message is made nothing else can be: a loop over a `range` of a million, loops in loops in loops, or a component \
         that calls itself would hold up all messages. A `range` has at most 1000 values; `set_global` cannot stand in a loop.";
    EMPTY = "template/empty", Error,
        "A template that renders to nothing, or to less than it must\n\n\
         `push.txt` needs two lines: the title, then the text. `email.txt` must not be empty.";
    MJML = "template/mjml", Error,
        "MJML that cannot be compiled\n\n\
         An element stands where it may not, is not closed, or an attribute cannot be read. In text write `&lt;` for `<` and \
         `&amp;` for `&`; Tera's `{% … %}` outside text belongs into `<mj-raw>`. https://documentation.mjml.io has the elements.";
    UNCLOSED = "template/unclosed", Error,
        "An element that is not closed, or that is closed twice\n\n\
         Each `<mj-text>` needs its `</mj-text>`, and elements close in the opposite order of their opening. The compiler lets some \
         of these slips pass and moves what follows into the wrong element.";
    INCLUDE = "template/include", Error,
        "A part that is not there, or that includes itself\n\n\
         Parts are named by their path from the root of the templates: `layout/button.mjml`.";
    UNKNOWN_ELEMENT = "template/unknown-element", Error,
        "An element that neither MJML nor HTML has\n\n\
         The compiler passes it on as it is, and mail programs ignore it: its layout is lost. Correct the name; \
         https://documentation.mjml.io has the elements.";
    UNKNOWN_ATTRIBUTE = "template/unknown-attribute", Error,
        "An attribute that an element of MJML does not have\n\n\
         It would silently do nothing. Correct its name, or write the style into a `css-class`; https://documentation.mjml.io has \
         the attributes of each element.";
    UNKNOWN_CLASS = "template/unknown-class", Error,
        "A class that nobody defines\n\n\
         `mj-class=\"card\"` takes the attributes of `<mj-class name=\"card\" … />` in `<mj-attributes>`. Without one it silently does \
         nothing.";
    BRACE = "template/brace", Error,
        "A brace that is left over\n\n\
         `{{ text.title }}` has two braces at either end. With one too few or too many, owners read braces.";
    NO_ALT = "template/no-alt", Error,
        "A picture without words\n\n\
         Many mail programs block pictures at first, and some readers cannot see them: they get the `alt`. Write what the picture \
         says. An empty `alt` is for mere decoration, which `role=\"presentation\"` marks as such.";
    NO_LANGUAGE = "template/no-language", Error,
        "A mail that does not say its language and direction\n\n\
         Screen readers pronounce by `lang`, and right-to-left languages are laid out by `dir`. Write \
         `<mjml lang=\"{{ locale }}\" dir=\"{{ dir }}\">`.";
    TABLE_ROLE = "template/table-role", Warning,
        "A layout table that is read aloud as a table\n\n\
         Screen readers announce rows and columns of every table that does not say otherwise. Write \
         `<table role=\"presentation\">`.";
    LINK = "template/link", Error,
        "A link that is neither the notice's nor configured\n\n\
         Where owners are led is decided by the notice and the configuration, checked against the hosts that are allowed: \
         `{{ link.url }}`, `{{ support.url }}`, `{{ stop.url }}`, `{{ app.home }}` and `{{ app.support_url }}`. An address written \
         into a template would be the same for all apps, and nobody would check it.";
    REMOTE = "template/remote", Error,
        "Something that is loaded from elsewhere when the mail is opened\n\n\
         Pictures, fonts and style sheets from the web are blocked by many programs and tell others who reads. Only the app's logo \
         (`{{ app.logo }}`) and the QR code (`{{ qr.src }}`), which is part of the mail, can be shown.";
    ACTIVE = "template/active", Error,
        "Something that acts: a script, a form, an embedded page\n\n\
         Mail programs drop it or warn of the whole mail. Use a link.";
    UNESCAPED = "template/unescaped", Error,
        "A value that is not escaped\n\n\
         An owner may call the car `<b>` or `<img …>`, and with `| safe` that would be markup in the mail. Words hold no markup either, \
         so nothing needs the filter.";
    PROSE = "template/prose", Warning,
        "Words in a template\n\n\
         They are the same in every language, because translators only see the `.ftl` files. Put them there.";
    LINK_NOT_SHOWN = "template/link-not-shown", Error,
        "A notice whose link its templates do not show\n\n\
         `link` in notice.toml says what the owner has to open; the HTML and the text part must both lead there, themselves or by a \
         part that they include (`layout/button.mjml`, `layout/link.txt`).";
    QR_NOT_SHOWN = "template/qr-not-shown", Error,
        "A notice whose QR code its template does not show\n\n\
         `qr = true` puts the code into the mail, and a mail with a picture that nobody sees looks like one with an attachment. \
         Include `layout/qr.mjml`, or write `qr = false`.";
    UNUSED = "template/unused", Warning,
        "A file that nothing uses\n\n\
         Often its name is misspelt, or the part that included it is gone. Notices consist of `notice.toml`, `email.mjml`, \
         `email.txt` and `push.txt`; all else must be included by one of them.";
}
