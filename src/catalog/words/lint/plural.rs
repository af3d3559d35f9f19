//! Which forms of number a language has, by the rules that choose between them when a message is made.

use intl_pluralrules::{PluralCategory, PluralRuleType, PluralRules};

/// Numbers that between them take every form that any language has for counted things.
pub(super) static SAMPLES: [&str; 24] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "10", "11", "12", "14", "20", "21", "22", "25", "40", "100", "101",
    "102", "1000000", "1.5", "0.5",
];

const NAMES: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

pub(super) fn is_name(key: &str) -> bool {
    NAMES.contains(&key)
}

pub(super) fn is_number(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_digit() || c == '-') && key.parse::<f64>().is_ok()
}

/// The rules of one language.
pub(super) struct Plurals(Option<PluralRules>);

impl Plurals {
    /// Of a locale's own rules, else its language's. A language without rules has the form `other` only.
    pub(super) fn of(locale: &str) -> Self {
        let known = PluralRules::get_locales(PluralRuleType::CARDINAL);
        let tongue = locale.split(['-', '_']).next().unwrap_or_default();
        let named = |name: &str| known.iter().find(|known| known.to_string() == name).cloned();
        let found = named(locale).or_else(|| named(tongue));
        Self(found.and_then(|locale| PluralRules::create(locale, PluralRuleType::CARDINAL).ok()))
    }

    /// The form of a number as it is written.
    pub(super) fn form(&self, number: &str) -> &'static str {
        match self.0.as_ref().and_then(|rules| rules.select(number).ok()) {
            Some(PluralCategory::ZERO) => "zero",
            Some(PluralCategory::ONE) => "one",
            Some(PluralCategory::TWO) => "two",
            Some(PluralCategory::FEW) => "few",
            Some(PluralCategory::MANY) => "many",
            Some(PluralCategory::OTHER) | None => "other",
        }
    }

    /// All forms of the language.
    pub(super) fn forms(&self) -> Vec<&'static str> {
        NAMES.into_iter().filter(|name| SAMPLES.iter().any(|sample| self.form(sample) == *name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_its_own_forms() {
        let table = [
            ("en", "one other"),
            ("fr", "one other"),
            ("es-419", "one other"),
            ("pt-PT", "one other"),
            ("pl", "one few many other"),
            ("ru", "one few many other"),
            ("cy", "zero one two few many other"),
            ("ar", "zero one two few many other"),
            ("lv", "zero one other"),
            ("he", "one two many other"),
            ("cs", "one few many other"),
            ("ja", "other"),
            ("xx", "other"),
        ];
        for (locale, forms) in table {
            assert_eq!(Plurals::of(locale).forms().join(" "), forms, "{locale}");
        }
    }

    #[test]
    fn a_number_takes_the_form_that_its_language_gives_it() {
        let form = |locale, number| Plurals::of(locale).form(number);
        assert_eq!(
            [form("en", "0"), form("fr", "0"), form("ru", "21"), form("pl", "1.5")],
            ["other", "one", "one", "other"]
        );
    }
}
