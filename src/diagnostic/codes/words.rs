//! What can be wrong with the words of a language (Fluent).

use super::codes;

codes! {
    SYNTAX = "words/syntax", Error,
        "A file that is not Fluent\n\n\
         A brace is not closed, a select has no default, or a line is not indented. What follows the fault may be lost up to the \
         next message. https://projectfluent.org/fluent/guide has the language.";
    LANGUAGE = "words/language", Error,
        "A folder or file that belongs to no language\n\n\
         Each language is a folder of `locales/` named by its BCP 47 tag (`de`, `es-419`), with `common.ftl` and one file for each \
         type of errors. Two folders must not mean the same language; `en` must be there.";
    DUPLICATE = "words/duplicate", Error,
        "A message that stands twice\n\n\
         Only one of the two would be used, and nobody could tell which. Delete or rename one; the messages of common.ftl count \
         too.";
    STEPS = "words/steps", Error,
        "Steps that are not numbered 1, 2, 3\n\n\
         Attributes `.step-1`, `.step-2`, … are numbered from 1 in order and without a gap, so that no step is lost.";
    MISSING = "words/missing", Warning,
        "A language that cannot say a notice\n\n\
         Its owners get the whole message in the next best language until the words are there. In English and in the default \
         language of an app, which serve when others cannot, it is an error.";
}
