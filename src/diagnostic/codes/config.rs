//! What can be wrong with the configuration.

use super::codes;

codes! {
    FILE = "config/file", Error,
        "The configuration cannot be read\n\n\
         The file is missing, cannot be opened, or is not UTF-8. Name it with `--config FILE`, and look at its permissions.";
    SYNTAX = "config/syntax", Error,
        "The configuration is not TOML\n\n\
         Often a quote or a bracket is missing on the line shown or on the one before it. https://toml.io has the grammar.";
    UNKNOWN_KEY = "config/unknown-key", Error,
        "A key that Dashlight does not know\n\n\
         A misspelt key would silently leave its default in force, so it is refused. `dashlight.toml` of the project names \
         every key with its meaning; `dashlight schema config` lets an editor complete them.";
    VALUE = "config/value", Error,
        "A value of the wrong kind, or out of bounds\n\n\
         The message tells what was found and what is expected. Durations are written \"30s\", \"10m\", \"2h\", \"14d\", sizes \
         \"512 KiB\".";
    MISSING = "config/missing", Error,
        "A key without which Dashlight cannot work\n\n\
         It has no default, because nobody but you can know it. Add it to the section that is shown.";
    CONTRADICTION = "config/contradiction", Error,
        "Two settings that cannot both hold\n\n\
         Each of them is fine alone. The message names both; change one of them.";
    TRANSPORT = "config/transport", Error,
        "A transport that is unknown or cannot be set up\n\n\
         `[channels.…] transports` names what carries a channel. Each transport has a section of its own, with the keys that it \
         needs.";
    POLICY = "config/policy", Error,
        "The operator's timing and a notice contradict each other\n\n\
         `[policy]` changes when the notices of the content are sent. With the change a step would come after the expiry, or \
         there is no such notice. Change `[policy]` in dashlight.toml.";
    DEFAULT_LOCALE = "config/default-locale", Error,
        "An app's default language is not among the languages of the content\n\n\
         Where an owner's own language has no translation, the app's default serves. It must be a folder of `locales/` or have one \
         that serves it.";
}
