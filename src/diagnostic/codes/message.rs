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
    TOO_LONG = "message/too-long", Warning,
        "A text that is longer than it is shown\n\n\
         With usual names a subject has at most 50 characters, a preheader 90, a headline 60, a button 30, a push title 40 and a push \
         text 110. Say it shorter. With the longest names there is a hard limit too, beyond which it is an error.";
    TOO_SHORT = "message/too-short", Warning,
        "A preheader that does not fill its line\n\n\
         The inbox shows about 40 to 90 characters after the subject. Where the preheader ends sooner, the greeting or worse follows. \
         Add what the subject does not say.";
    BUTTON = "message/button", Warning,
        "A button that is not of two to four words\n\n\
         One word rarely says where it leads, and five are a sentence. Write a verb and what it is about.";
    PAYLOAD = "message/payload", Error,
        "A push message that is too large for the carriers\n\n\
         APNs and FCM refuse more than 4096 bytes, link and all. Shorten the text; look at the link of `[apps.ID.links]`.";
    EMPTY = "message/empty", Error,
        "A text of a message that is empty\n\n\
         An owner would see a message without a subject, a title or a text. Look at the words and at the template.";
    SPACES = "message/spaces", Warning,
        "Two spaces in a row, or one at an end\n\n\
         Often a value is empty that the words stand around, or a line of the file ends in a blank.";
    LINK = "message/link", Error,
        "A message that leads to, or loads, what the configuration does not allow\n\n\
         Links go over https to Smartcar, Tesla, the app's own links, or a host of `allowed_hosts`; pictures are the app's logo and \
         the QR code. Correct the template, or the section of the app.";
    LINK_MISSING = "message/link-missing", Error,
        "The notice's link is missing from a part of the message\n\n\
         HTML and text must both lead to what the owner has to open. A condition of the template probably hides it in this sample.";
    HTML_SIZE = "message/html-size", Warning,
        "HTML that mail programs cut off\n\n\
         Gmail shows about 100 KB and hides the rest, the footer first. Above 80 KB it is a warning, above 100 KB an error. Remove \
         elements or repeated styles.";
    LANGUAGE = "message/language", Error,
        "A mail that does not say the language it is in\n\n\
         Screen readers and translation offers go by `lang` and `dir` of the HTML. Write \
         `<mjml lang=\"{{ locale }}\" dir=\"{{ dir }}\">`.";
    ALIGNMENT = "message/alignment", Warning,
        "A text that is aligned to the left in a language that is written from the right\n\n\
         The compiler aligns to the left unless told otherwise. Write `align=\"{{ align }}\"`.";
}
