//! How far a language says a notice, as plain data: for `dashlight coverage`.

use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::diagnostic::Source;
use crate::event::ErrorKey;
use crate::policy::Channel;

use super::Catalog;

/// What one language has of the words that a channel's templates need for a notice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Translation {
    /// The language has the notice's message at all.
    pub exists: bool,
    pub texts: Vec<Text>,
    /// The names of what is not there.
    pub lacking: Vec<String>,
}

/// One text, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// `.push-title` of the notice, or `greeting` of the words that all notices share.
    pub name: String,
    pub source: Arc<Source>,
    /// Counted from 1.
    pub lines: RangeInclusive<usize>,
}

impl Text {
    /// As it stands in the file.
    pub fn written(&self) -> String {
        let lines =
            self.source.text.lines().skip(self.lines.start().saturating_sub(1)).take(self.lines.clone().count());
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl Translation {
    pub(super) fn add(&mut self, name: String, found: Option<(Arc<Source>, RangeInclusive<usize>)>) {
        match found {
            Some((source, lines)) => self.texts.push(Text { name, source, lines }),
            None => self.lacking.push(name),
        }
    }
}

impl Catalog {
    /// What a language has of a notice. `None`: there is no notice under exactly this key.
    pub fn translation(&self, key: &ErrorKey, locale: &str, channel: Channel) -> Option<Translation> {
        let notice = self.shelf.exact(key)?;
        let needs = match channel {
            Channel::Email => &notice.email_needs,
            Channel::Push => &notice.push_needs,
        };
        Some(self.words.outline(locale, &notice.kind, &notice.code, needs))
    }

    /// The language in which an owner of this one reads the notice: its own, when it can say all of it.
    pub fn served_by(&self, key: &ErrorKey, locale: &str, default: &str) -> Option<Arc<str>> {
        let notice = self.shelf.exact(key)?;
        notice.say_whole(self.words.locales.negotiate(Some(locale), default)).chain.into_iter().next()
    }

    /// The language that all others are held against.
    pub fn reference(&self) -> &'static str {
        super::locale::LAST_RESORT
    }
}
