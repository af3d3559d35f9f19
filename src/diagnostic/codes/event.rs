//! What can be wrong with a sample event.

use super::codes;

codes! {
    FILE = "event/file", Error,
        "A file of events that cannot be read, or a folder without any\n\n\
         Events are JSON: one in a file `*.json`, or one on each line of a file `*.ndjson` or `*.jsonl`. A file may have 16 MiB.";
    UNUSABLE = "event/unusable", Error,
        "An event that would go to the dead-letter queue\n\n\
         The worker could not read it, and nobody would be told of it. The message begins with the reason as it would stand in \
         `x-dashlight-reason`; the README lists them all. `dashlight schema event` prints what is accepted.";
    UNKNOWN_APP = "event/unknown-app", Error,
        "An event of an app that is not configured\n\n\
         `app` is the id of a section `[apps.ID]`. With a single app it may be left out.";
    NO_NOTICE = "event/no-notice", Warning,
        "An error that no owner is told of\n\n\
         There is no notice for its type and code, so the worker counts it and sends nothing. If owners should hear of it, add a \
         folder `templates/TYPE/CODE/` and its words.";
    GENERAL_NOTICE = "event/general-notice", Warning,
        "An error that only the general notice of its type serves\n\n\
         The code has no folder of its own, so owners read the general words of `any`. If the code is spelt right, give it a \
         notice that says what to do.";
    TEST_MODE = "event/test-mode", Warning,
        "A webhook in Smartcar's TEST mode\n\n\
         It never reaches an owner. For a sample that shows what owners get, set `meta.mode` to LIVE.";
    LINK_IGNORED = "event/link-ignored", Warning,
        "An event whose own link would not be used\n\n\
         Whatever an event brings is untrusted: only links to Smartcar, Tesla and the app's own hosts, for the app's own client \
         and the event's car, are sent. The owner gets the link that Dashlight builds.";
    NO_ADDRESS = "event/no-address", Warning,
        "An owner who cannot be reached\n\n\
         The event has neither a usable e-mail address nor a device, and no `[directory]` is configured that could know one. The \
         worker would put it into the dead-letter queue.";
    OTHER_LANGUAGE = "event/other-language", Warning,
        "An owner whose language is not there\n\n\
         No folder of `locales/` serves the event's `recipient.locale`, so the app's default language does.";
    NO_MESSAGE = "event/no-message", Error,
        "An event that no message can be made of\n\n\
         There is a notice for it, but it does not fit this car, and its type has no general notice that would.";
}
