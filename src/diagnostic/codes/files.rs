//! What can be wrong with a file of the content before anybody looks into it.

use super::codes;

codes! {
    UNREADABLE = "files/unreadable", Error,
        "A file or folder of the content cannot be read\n\n\
         It is missing, is not to be opened by this user, is a link to nowhere or in a circle, or lies too deep. Content is loaded \
         whole or not at all, so one unreadable file is enough to refuse it.";
    NOT_UTF8 = "files/not-utf8", Error,
        "A file that is not UTF-8\n\n\
         It was probably saved in an old Windows or Mac encoding. Save it again as UTF-8; every editor can.";
    TOO_LARGE = "files/too-large", Error,
        "A file or a folder that is larger than content can be\n\n\
         A file may have 1 MiB and a folder 2000 files. Larger ones are almost always there by accident: an image, an export, a \
         backup.";
    UNSETTLED = "files/unsettled", Error,
        "Content that changed whenever it was read\n\n\
         Content is taken as it was at one moment. Something writes into its folders without a pause, so there was no such moment. \
         Find out what it is; a log or a database has no place there.";
    PANICKED = "files/panicked", Error,
        "Content that made Dashlight panic while it was loaded\n\n\
         Whatever the content says, this is a fault of Dashlight's. The content that was in force stays so. Undo the last edit, and \
         please report it together with that edit.";
}
