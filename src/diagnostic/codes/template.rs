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
    UNKNOWN_WORDS = "template/unknown-words", Error,
        "A template that asks for words which English does not have\n\n\
         `text.push_title` is the attribute `.push-title` of the notice's message, `common.greeting` the message `greeting` of \
         common.ftl. Add the words to `locales/en/`, or correct the name.";
    FAILED = "template/failed", Error,
        "A template that cannot be rendered\n\n\
         It was tried with sample values and failed, or it wrote without end. The message tells Tera's reason.";
    EMPTY = "template/empty", Error,
        "A template that renders to nothing, or to less than it must\n\n\
         `push.txt` needs two lines: the title, then the text. `email.txt` must not be empty.";
    MJML = "template/mjml", Error,
        "MJML that cannot be compiled\n\n\
         An element stands where it may not, is not closed, or an attribute cannot be read. In text write `&lt;` for `<` and \
         `&amp;` for `&`; Tera's `{% … %}` outside text belongs into `<mj-raw>`. https://documentation.mjml.io has the elements.";
    INCLUDE = "template/include", Error,
        "A part that is not there, or that includes itself\n\n\
         Parts are named by their path from the root of the templates: `layout/button.mjml`.";
}
