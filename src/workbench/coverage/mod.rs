//! `dashlight coverage`: how far each language says each notice over each channel, and what English has changed since.

mod badge;
mod history;
mod json;
mod table;

use std::sync::Arc;

use crate::catalog::{Catalog, Text, Translation};
use crate::event::ErrorKey;
use crate::policy::Channel;

pub use history::History;

/// The matrix code × channel × language.
#[derive(Debug)]
pub struct Coverage {
    pub locales: Vec<Arc<str>>,
    pub rows: Vec<Row>,
    /// `None`: nothing is known of what is stale, and why.
    pub history: Result<(), String>,
}

/// One notice over one channel.
#[derive(Debug)]
pub struct Row {
    pub key: ErrorKey,
    /// Below `templates/`: `connected-services-account/permission`.
    pub folder: String,
    pub channel: Channel,
    /// One for each language, in the order of [`Coverage::locales`].
    pub cells: Vec<Cell>,
}

/// One notice over one channel in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub state: State,
    /// The language that its owners read.
    pub served_by: Arc<str>,
    /// What is not there: `.push-title`.
    pub lacking: Vec<String>,
    pub stale: Vec<Stale>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Complete,
    /// Complete, but English was changed later.
    Stale,
    /// The language has the message, but not all that it needs: another serves, for the whole of it.
    FallsBack,
    /// The language does not have the message, or has English in its place.
    Missing,
}

impl State {
    pub const ALL: [Self; 4] = [Self::Complete, Self::Stale, Self::FallsBack, Self::Missing];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Stale => "stale",
            Self::FallsBack => "falls-back",
            Self::Missing => "missing",
        }
    }
}

/// A text whose English was changed after its translation was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    pub text: Text,
    /// Seconds of the epoch; `None`: not yet committed.
    pub english_changed: Option<i64>,
    pub changed: Option<i64>,
}

impl Coverage {
    /// Looks at all content. `default` is the language of owners whose own is not there.
    pub fn of(catalog: &Catalog, default: &str, history: &mut History) -> Self {
        let locales: Vec<Arc<str>> = catalog.locales().cloned().collect();
        let mut rows = Vec::new();
        for about in catalog.keys().filter_map(|key| catalog.about(key)) {
            for channel in about.channels.iter().copied() {
                let cell = |locale: &Arc<str>| cell(catalog, &about.key, channel, locale, default, history);
                let cells = locales.iter().filter_map(cell).collect();
                rows.push(Row { key: about.key.clone(), folder: about.folder.clone(), channel, cells });
            }
        }
        Self { locales, rows, history: history.fault() }
    }

    /// How many cells of a language, or of all, are in a state.
    pub fn count(&self, locale: Option<usize>, state: State) -> usize {
        let cells = self.rows.iter().flat_map(|row| match locale {
            Some(index) => row.cells.get(index..=index).unwrap_or_default(),
            None => &row.cells[..],
        });
        cells.filter(|cell| cell.state == state).count()
    }

    /// For people: at most 100 columns wide.
    pub fn table(&self, color: bool) -> String {
        table::draw(self, color)
    }

    /// For programs; [`Coverage::schema`] describes it.
    pub fn json(&self) -> serde_json::Value {
        json::write(self)
    }

    /// JSON Schema of [`Coverage::json`].
    pub fn schema() -> serde_json::Value {
        json::schema()
    }

    /// A picture of badge size, which needs nothing from elsewhere: SVG.
    pub fn badge(&self) -> String {
        badge::draw(self)
    }
}

fn cell(
    catalog: &Catalog,
    key: &ErrorKey,
    channel: Channel,
    locale: &Arc<str>,
    default: &str,
    history: &mut History,
) -> Option<Cell> {
    let Translation { exists, texts, lacking } = catalog.translation(key, locale, channel)?;
    let served_by = catalog.served_by(key, locale, default)?;
    let reference = catalog.reference();
    let english = catalog.translation(key, reference, channel).filter(|_| **locale != *reference);
    if english.as_ref().is_some_and(|english| is_copy(&english.texts, &texts)) {
        return Some(Cell { state: State::Missing, served_by: reference.into(), lacking, stale: Vec::new() });
    }
    let stale = english.map_or_else(Vec::new, |english| stale(&english.texts, texts, history));
    let state = match (served_by == *locale, exists) {
        (true, _) if stale.is_empty() => State::Complete,
        (true, _) => State::Stale,
        (false, true) => State::FallsBack,
        (false, false) => State::Missing,
    };
    Some(Cell { state, served_by, lacking, stale })
}

/// Whether the notice's own texts are English in another folder, as they are before anybody begins to translate them.
fn is_copy(english: &[Text], texts: &[Text]) -> bool {
    let own = |texts: &[Text]| -> Vec<String> {
        texts.iter().filter(|text| text.name.starts_with('.')).map(Text::written).collect()
    };
    let texts = own(texts);
    !texts.is_empty() && texts == own(english)
}

fn stale(english: &[Text], texts: Vec<Text>, history: &mut History) -> Vec<Stale> {
    let mut stale = Vec::new();
    for text in texts {
        let Some(original) = english.iter().find(|original| original.name == text.name) else { continue };
        let (Some(english_changed), Some(changed)) = (history.changed(original), history.changed(&text)) else {
            continue;
        };
        if english_changed > changed {
            let known = |time: i64| (time != history::UNCOMMITTED).then_some(time);
            stale.push(Stale { text, english_changed: known(english_changed), changed: known(changed) });
        }
    }
    stale
}
