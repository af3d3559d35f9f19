//! Which languages of the content serve an owner, best first. Pure: tags in, names of locale folders out.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use icu_locale::fallback::LocaleFallbackConfig;
use icu_locale::{
    DataLocale, LanguageIdentifier, Locale, LocaleCanonicalizer, LocaleDirectionality, LocaleExpander,
    LocaleFallbacker, locale,
};

/// The language in which every message exists.
pub(super) const LAST_RESORT: &str = "en";

/// The locales of the content, found by any tag that means the same.
#[derive(Debug, Default)]
pub(super) struct Locales {
    exact: HashMap<DataLocale, Arc<str>>,
    /// By what the tag leaves unsaid: `pt` means `pt-Latn-BR`, so a folder `pt-BR` serves it.
    likely: HashMap<LanguageIdentifier, Arc<str>>,
    names: BTreeMap<Arc<str>, Direction>,
}

/// The direction in which a language is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    LeftToRight,
    RightToLeft,
}

/// Locales to try in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Negotiated {
    /// Names of locale folders; the last is the content's last resort.
    pub chain: Vec<Arc<str>>,
    /// How many of them, from the front, speak the owner's language; 0 when the content does not have it.
    pub owners: usize,
}

/// A folder name that is no language tag, or one that means the same as another folder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadName {
    #[error("`{0}` is no language tag")]
    NoTag(String),
    #[error("`{0}` and `{1}` are the same language")]
    Twice(String, String),
}

impl Locales {
    pub(super) fn add(&mut self, name: &str) -> Result<(), BadName> {
        let tag = parse(name).ok_or_else(|| BadName::NoTag(name.to_owned()))?;
        let name: Arc<str> = name.into();
        let normal = *fallback(&tag).first().unwrap_or(&DataLocale::from(&tag));
        if let Some(other) = self.exact.get(&normal) {
            return Err(BadName::Twice(other.to_string(), name.to_string()));
        }
        self.exact.insert(normal, Arc::clone(&name));
        self.likely.entry(maximized(&tag)).or_insert_with(|| Arc::clone(&name));
        let right_to_left = LocaleDirectionality::new_common().is_right_to_left(&tag);
        self.names.insert(name, if right_to_left { Direction::RightToLeft } else { Direction::LeftToRight });
        Ok(())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.names.keys()
    }

    pub(super) fn direction(&self, name: &str) -> Direction {
        self.names.get(name).copied().unwrap_or(Direction::LeftToRight)
    }

    /// The owner's language and what CLDR falls back to from there, then the app's default likewise, then English.
    pub(super) fn negotiate(&self, asked: Option<&str>, default: &str) -> Negotiated {
        let mut chain = Vec::new();
        for name in asked.into_iter().flat_map(|tag| self.serving(tag)) {
            push_new(&mut chain, name);
        }
        let owners = chain.len();
        for name in self.serving(default).into_iter().chain(self.serving(LAST_RESORT)) {
            push_new(&mut chain, name);
        }
        Negotiated { chain, owners }
    }

    /// The folders that serve a tag, best first; empty for a tag that is none.
    pub(super) fn serving(&self, tag: &str) -> Vec<Arc<str>> {
        let Some(tag) = parse(tag) else { return Vec::new() };
        let mut found = Vec::new();
        for step in fallback(&tag) {
            let whole = || maximized(&LanguageIdentifier::from((step.language, step.script, step.region)));
            if let Some(name) = self.exact.get(&step).or_else(|| self.likely.get(&whole())) {
                push_new(&mut found, Arc::clone(name));
            }
        }
        found
    }
}

/// Reads what phones and servers write: `de-DE`, `de_DE`, `de_DE.UTF-8`, old codes such as `iw`.
fn parse(tag: &str) -> Option<LanguageIdentifier> {
    let tag = tag.trim().split(['.', '@']).next()?.replace('_', "-");
    let mut parsed = Locale::try_from_str(&tag).ok()?;
    LocaleCanonicalizer::new_common().canonicalize(&mut parsed);
    (!parsed.id.language.is_unknown()).then_some(parsed.id)
}

/// The tag and its parents as CLDR has them. "Norwegian" without more means Bokmål, which CLDR's chain leaves open.
fn fallback(tag: &LanguageIdentifier) -> Vec<DataLocale> {
    let fallbacker = LocaleFallbacker::new().for_config(LocaleFallbackConfig::default());
    let mut steps = Vec::new();
    let mut step = fallbacker.fallback_for(tag.into());
    while !step.get().is_unknown() {
        steps.push(*step.get());
        if *step.get() == DataLocale::from(&locale!("no")) {
            steps.push(DataLocale::from(&locale!("nb")));
        }
        step.step();
    }
    steps
}

fn maximized(tag: &LanguageIdentifier) -> LanguageIdentifier {
    let mut whole = tag.clone();
    LocaleExpander::new_common().maximize(&mut whole);
    whole
}

fn push_new(chain: &mut Vec<Arc<str>>, name: Arc<str>) {
    if !chain.contains(&name) {
        chain.push(name);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SHIPPED: [&str; 10] = ["en", "da", "de", "es", "es-419", "fr", "it", "nl", "nb", "sv"];

    fn locales(names: &[&str]) -> Locales {
        let mut locales = Locales::default();
        for name in names {
            locales.add(name).unwrap();
        }
        locales
    }

    fn chain(names: &[&str], asked: &str, default: &str) -> String {
        locales(names).negotiate(Some(asked), default).chain.join(" ")
    }

    #[test]
    fn an_owners_language_is_served_by_the_nearest_folder() {
        let table = [
            ("de", "de en"),
            ("de-AT", "de en"),
            ("de_CH", "de en"),
            ("de_DE.UTF-8", "de en"),
            ("DE-de", "de en"),
            ("de-u-co-phonebk", "de en"),
            ("es-MX", "es-419 es en"),
            ("es-US", "es-419 es en"),
            ("es-ES", "es en"),
            ("es-419", "es-419 es en"),
            ("nb-NO", "nb en"),
            ("no", "nb en"),
            ("no-NO", "nb en"),
            ("nn-NO", "nb en"),
            ("en-GB", "en"),
            ("fr-CA", "fr en"),
            ("sv-FI", "sv en"),
        ];
        for (asked, expected) in table {
            assert_eq!(chain(&SHIPPED, asked, "en"), expected, "{asked}");
        }
    }

    #[test]
    fn a_script_that_the_owner_does_not_read_is_never_served() {
        assert_eq!(chain(&["en", "zh"], "zh-TW", "en"), "en");
        assert_eq!(chain(&["en", "zh-Hans"], "zh-HK", "en"), "en");
        assert_eq!(chain(&["en", "zh-Hans"], "zh-CN", "en"), "zh-Hans en");
        assert_eq!(chain(&["en", "zh-Hant"], "zh-TW", "en"), "zh-Hant en");
        assert_eq!(chain(&["en", "sr"], "sr-Latn", "en"), "en");
    }

    #[test]
    fn a_bare_language_is_served_by_the_folder_of_its_likely_region() {
        assert_eq!(chain(&["en", "pt-BR"], "pt", "en"), "pt-BR en");
        assert_eq!(chain(&["en", "pt-BR"], "pt-PT", "en"), "pt-BR en");
        assert_eq!(chain(&["en", "pt", "pt-PT"], "pt-AO", "en"), "pt-PT pt en");
    }

    #[test]
    fn without_a_usable_tag_the_apps_default_serves_and_then_english() {
        for asked in ["", "  ", "x", "und", "not a tag", "日本", "fi", "-", "posix", "../../etc"] {
            let found = locales(&SHIPPED).negotiate(Some(asked), "de-AT");
            assert_eq!((found.chain.join(" ").as_str(), found.owners), ("de en", 0), "{asked}");
        }
        let found = locales(&SHIPPED).negotiate(None, "fi");
        assert_eq!(found.chain.join(" "), "en");
    }

    #[test]
    fn old_language_codes_still_name_their_language() {
        assert_eq!(chain(&["en", "he"], "iw-IL", "en"), "he en");
    }

    #[test]
    fn hebrew_and_arabic_are_written_from_the_right() {
        let locales = locales(&["en", "he", "ar"]);
        assert_eq!(locales.direction("he"), Direction::RightToLeft);
        assert_eq!(locales.direction("ar"), Direction::RightToLeft);
        assert_eq!(locales.direction("en"), Direction::LeftToRight);
    }

    #[test]
    fn two_folders_for_one_language_and_folders_for_none_are_faults() {
        let mut locales = locales(&["zh"]);
        assert_eq!(locales.add("zh-Hans"), Err(BadName::Twice("zh".into(), "zh-Hans".into())));
        assert_eq!(locales.add("german!"), Err(BadName::NoTag("german!".into())));
    }

    proptest! {
        #[test]
        fn any_tag_gets_a_chain_that_ends_in_english(asked in ".{0,40}", default in ".{0,12}") {
            let found = locales(&SHIPPED).negotiate(Some(&asked), &default);
            prop_assert!(found.chain.iter().any(|name| &**name == LAST_RESORT));
            prop_assert!(found.owners <= found.chain.len());
        }
    }
}
