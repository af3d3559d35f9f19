//! The guide beside the languages says what is there.

use super::*;
use crate::catalog::words::Values;

const GUIDE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/locales/README.md"));
const L10N: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/l10n.toml"));

/// The row of a table that begins with `first`.
fn row(first: &str) -> Vec<&'static str> {
    rows(first).into_iter().next().unwrap_or_else(|| panic!("the guide has no row for `{first}`"))
}

fn rows(first: &str) -> Vec<Vec<&'static str>> {
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>();
    let first = format!("`{first}`");
    GUIDE.lines().filter(|line| line.starts_with('|')).map(cells).filter(|row| row[0].contains(&first)).collect()
}

fn locales() -> BTreeMap<String, String> {
    let mut locales: BTreeMap<String, String> = BTreeMap::new();
    for (path, source) in shipped() {
        let (locale, _) = path.split_once('/').unwrap();
        locales.entry(locale.to_owned()).or_default().push_str(&source.text);
    }
    locales
}

#[test]
fn the_guide_lists_every_language_with_its_quotation_marks() {
    for locale in locales().into_keys() {
        let quotes = row(&locale)[3];
        for mark in typography::outer_marks(&locale) {
            assert!(quotes.contains(mark), "{locale}: the guide has {quotes} and the check {mark}");
        }
        let listed = L10N.contains(&format!("\"{locale}\""));
        assert_eq!(listed, locale != LAST_RESORT, "l10n.toml lists all languages but the reference: {locale}");
    }
}

#[test]
fn the_guide_speaks_as_the_languages_do() {
    for (locale, words) in locales().into_iter().filter(|(locale, _)| locale != LAST_RESORT) {
        let words = words.to_lowercase();
        // The last of the tables.
        let glossary = rows(&locale).pop().unwrap();
        for term in &glossary[1..] {
            assert!(words.contains(&term.to_lowercase()), "{locale} never says “{term}”");
        }
    }
}

#[test]
fn the_guide_names_every_text_variable_and_comment() {
    for (variable, _) in Values::default().each() {
        assert!(GUIDE.contains(&format!("`${variable}`")), "the guide says nothing about ${variable}");
    }
    for directive in directive::ALL {
        assert!(GUIDE.contains(&format!("| `# {directive}: ")), "the guide says nothing about {directive}");
    }
    for (path, source) in shipped().into_iter().filter(|(path, _)| path.starts_with("en/")) {
        assert!(GUIDE.contains(&format!("`{}`", &path[3..])), "the guide says nothing about {path}");
        let names = source.text.lines().filter_map(|line| line.strip_prefix("    .")?.split(' ').next());
        for name in names.filter(|name| !name.starts_with("step-")) {
            assert!(GUIDE.contains(&format!("`.{name}`")), "the guide says nothing about .{name}");
        }
    }
}
