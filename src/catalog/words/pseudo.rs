//! Pseudolocales: English made longer and accented, or written from the right, so that a layout can be judged before the
//! translation is there. Only the words change, never what is inserted into them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::{Book, LAST_RESORT, Words};

/// Accented and about a third longer; written from the right.
pub const PSEUDOLOCALES: [&str; 2] = ["en-XA", "ar-XB"];

type Transform = fn(&str) -> Cow<'_, str>;

impl Words {
    /// Adds them, and tells which were added: a folder of that name is left as it is.
    pub(in crate::catalog) fn add_pseudolocales(&mut self) -> Vec<Arc<str>> {
        let transforms: [Transform; 2] = [accented, from_the_right];
        let mut added = Vec::new();
        for (name, transform) in PSEUDOLOCALES.into_iter().zip(transforms) {
            let Some(english) = self.books.get(LAST_RESORT) else { continue };
            if self.locales.add(name).is_err() {
                continue;
            }
            let books: HashMap<String, Book> =
                english.iter().map(|(kind, book)| (kind.clone(), book.transformed(transform))).collect();
            let name: Arc<str> = name.into();
            self.books.insert(Arc::clone(&name), books);
            added.push(name);
        }
        added
    }
}

impl Book {
    /// The same words under English plural rules, each stretch of text changed.
    fn transformed(&self, transform: Transform) -> Self {
        let mut book = Self::bind(LAST_RESORT, &self.shared, &self.own);
        book.bundle.set_transform(Some(transform));
        book
    }
}

/// Vowels stand twice, which makes English about as long as its longest translations.
fn accented(text: &str) -> Cow<'_, str> {
    let mut changed = String::with_capacity(text.len() * 2);
    for letter in text.chars() {
        let accented = ACCENTED.iter().find(|(plain, _)| *plain == letter).map_or(letter, |(_, accented)| *accented);
        changed.push(accented);
        if "aeiouAEIOU".contains(letter) {
            changed.extend(accented.to_lowercase());
        }
    }
    Cow::Owned(changed)
}

/// Arabic letters in place of Latin ones. Real letters show what bidi controls would not: joining, line height, alignment.
fn from_the_right(text: &str) -> Cow<'_, str> {
    let arabic = |letter: char| {
        let lower = letter.to_ascii_lowercase();
        ARABIC.iter().find(|(latin, _)| *latin == lower).map_or(letter, |(_, arabic)| *arabic)
    };
    Cow::Owned(text.chars().map(arabic).collect())
}

#[rustfmt::skip]
const ACCENTED: [(char, char); 32] = [
    ('a', 'á'), ('c', 'ç'), ('d', 'đ'), ('e', 'é'), ('g', 'ğ'), ('h', 'ĥ'), ('i', 'î'), ('k', 'ķ'), ('l', 'ļ'), ('n', 'ñ'),
    ('o', 'ö'), ('r', 'ř'), ('s', 'š'), ('t', 'ţ'), ('u', 'û'), ('w', 'ŵ'), ('y', 'ý'), ('z', 'ž'),
    ('A', 'Å'), ('C', 'Č'), ('D', 'Ð'), ('E', 'Ë'), ('G', 'Ĝ'), ('I', 'Ï'), ('N', 'Ñ'), ('O', 'Ø'), ('R', 'Ŕ'), ('S', 'Ş'),
    ('T', 'Ť'), ('U', 'Ü'), ('Y', 'Ÿ'), ('Z', 'Ż'),
];

#[rustfmt::skip]
const ARABIC: [(char, char); 29] = [
    ('a', 'ا'), ('b', 'ب'), ('c', 'ص'), ('d', 'د'), ('e', 'ي'), ('f', 'ف'), ('g', 'غ'), ('h', 'ه'), ('i', 'ى'), ('j', 'ج'),
    ('k', 'ك'), ('l', 'ل'), ('m', 'م'), ('n', 'ن'), ('o', 'و'), ('p', 'ث'), ('q', 'ق'), ('r', 'ر'), ('s', 'س'), ('t', 'ت'),
    ('u', 'ع'), ('v', 'ط'), ('w', 'ش'), ('x', 'خ'), ('y', 'ح'), ('z', 'ز'), (',', '،'), (';', '؛'), ('?', '؟'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accented_english_is_longer_by_a_third_and_still_read() {
        assert_eq!(accented("Sign in again"), "Şîîğñ îîñ ááğááîîñ");
        let text = "Until you reconnect, the app gets no data from your car, and what it does for the car is paused.";
        let longer = accented(text).chars().count() * 100 / text.chars().count();
        assert!((125..=145).contains(&longer), "{longer} %");
    }

    #[test]
    fn text_from_the_right_has_no_latin_letter_and_no_bidi_control() {
        let text = from_the_right("Sign in again, Jo?");
        assert!(text.chars().all(|c| !c.is_ascii_alphabetic() && !('\u{202a}'..='\u{2069}').contains(&c)), "{text}");
        assert_eq!(text.chars().count(), "Sign in again, Jo?".chars().count());
    }
}
