//! How long each text may be before an inbox or a phone cuts it, in graphemes.

pub(crate) const SENDER: usize = 20;
pub(crate) const SUBJECT: usize = 50;
/// A shorter one lets the first lines of the mail into the inbox.
pub(crate) const PREHEADER_LEAST: usize = 40;
pub(crate) const PREHEADER: usize = 90;
/// A longer headline runs to three lines on a phone.
pub(crate) const TITLE: usize = 60;
pub(crate) const BUTTON: usize = 30;
pub(crate) const PUSH_TITLE: usize = 40;
pub(crate) const PUSH_BODY: usize = 110;
