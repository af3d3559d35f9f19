//! The codes of all findings: what a person can look up with `dashlight check --explain CODE`. One file for each area.
//!
//! A code is stable: once published it keeps its meaning, and the code of a check that is gone is not used for another.

pub mod config;
pub mod event;
pub mod files;
pub mod message;
pub mod notice;
pub mod online;
pub mod template;
pub mod words;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// An owner might get a message that is wrong or poor; what is loaded still works.
    Warning,
    /// It cannot be used as it is.
    Error,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A kind of finding.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Area and name: `words/lost-variable`.
    pub id: &'static str,
    /// How much it matters, unless a finding says otherwise.
    pub severity: Severity,
    /// For people: a first line that names it, then why it matters, then what to do.
    pub explanation: &'static str,
}

impl Code {
    /// The first line of the explanation.
    pub fn title(&self) -> &'static str {
        self.explanation.lines().next().unwrap_or_default()
    }
}

/// Declares the codes of one area, and the list of them.
macro_rules! codes {
    ($($name:ident = $id:literal, $severity:ident, $explanation:literal;)*) => {
        $(
            #[doc = concat!("`", $id, "`")]
            pub static $name: $crate::diagnostic::Code = $crate::diagnostic::Code {
                id: $id,
                severity: $crate::diagnostic::Severity::$severity,
                explanation: $explanation,
            };
        )*
        /// All codes of this area.
        pub(super) static ALL: &[&$crate::diagnostic::Code] = &[$(&$name),*];
    };
}
use codes;

/// Every code, area by area.
pub fn all() -> impl Iterator<Item = &'static Code> {
    [config::ALL, files::ALL, notice::ALL, template::ALL, words::ALL, message::ALL, event::ALL, online::ALL]
        .into_iter()
        .flatten()
        .copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_in_its_area_and_unlike_all_others() {
        let mut seen = BTreeSet::new();
        for code in all() {
            assert!(seen.insert(code.id), "`{}` stands twice", code.id);
            let (area, name) = code.id.split_once('/').expect("area/name");
            assert!(
                ["config", "files", "notice", "template", "words", "message", "event", "online"].contains(&area),
                "{area}"
            );
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{}", code.id);
        }
    }

    #[test]
    fn every_code_says_what_it_is_why_it_matters_and_what_to_do() {
        for code in all() {
            let title = code.title();
            assert!(!title.is_empty() && title.len() <= 90 && !title.ends_with('.'), "{}: {title}", code.id);
            let paragraphs = code.explanation.split("\n\n").count();
            assert!(paragraphs >= 2, "`{}` is explained in {paragraphs} paragraph", code.id);
        }
    }
}
