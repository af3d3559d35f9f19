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
}
