//! What can be wrong with a message as an owner would get it.

use super::codes;

codes! {
    NOT_COMPOSED = "message/not-composed", Error,
        "A message that cannot be made for one of the samples\n\n\
         Every notice is tried in every language, for every app, with everything known of owner and car, with hostile names and \
         with nothing known. An owner like this sample would get no message.";
    FALLBACK = "message/fallback", Warning,
        "A message that another language had to serve for\n\n\
         The language has all the words, but with the values of this sample it failed, so its owners would read another \
         language. The message names the sample.";
    LEFTOVER = "message/leftover", Error,
        "Something in a message that was meant to be replaced, or is of no use to a reader\n\n\
         A `{{`, a `{$`, a placeholder in angle brackets, an entity that was escaped twice, or an invisible mark that reorders \
         text. Look at the words or the template that are shown: probably a brace is missing or doubled.";
}
