//! How the answer of somebody else is repeated in the log: on one line, bounded, without addresses and secrets.

/// The text on one line, with `<address>` where an address or the recipient's local part stood.
pub(super) fn scrubbed(text: &str, local: Option<&str>) -> String {
    const EDGES: &[char] = &['<', '>', '(', ')', '[', ']', '"', '\'', ',', ';', ':', '!', '?'];
    let hidden = |word: &str| {
        let bare = word.trim_matches(EDGES);
        word.contains('@') || local.is_some_and(|local| !bare.is_empty() && bare.eq_ignore_ascii_case(local))
    };
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.map(|word| if hidden(word) { "<address>" } else { word }).collect::<Vec<_>>().join(" ")
}

/// At most `max` characters.
pub(super) fn bounded(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some(_) => text.chars().take(max - 1).chain(['…']).collect(),
        None => text.to_owned(),
    }
}
