//! The voice of the house: calm. Nothing that exclaims, nothing that shouts.

use crate::diagnostic::{Diagnostic, codes};

use super::directive::{Directives, IN_CAPITALS};
use super::read::{Sheet, Text};
use super::run::Run;
use super::told::MOST_OF_A_KIND;

/// Letters from which on a word in capitals shouts. Shorter ones are names: VIN, QR, USB.
const SHOUTS: usize = 4;

pub(super) fn check<'a>(
    sheet: &Sheet<'a>,
    text: &Text<'_, 'a>,
    run: &Run,
    directives: &mut Directives<'a>,
    found: &mut Vec<Diagnostic>,
) {
    for (at, mark) in run.text.match_indices(['!', '！']).take(2 * MOST_OF_A_KIND) {
        let message = format!("{} exclaims", text.name());
        let finding = sheet.finding_at(&codes::words::EXCLAIMS, run.span(at..at + mark.len()), message);
        found.push(finding.help("end the sentence with a full stop; the owner has trouble enough"));
    }
    let mut at = 0;
    for word in run.text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        let shouts = bare.chars().count() >= SHOUTS && bare.chars().all(char::is_uppercase);
        if shouts && !directives.allow(IN_CAPITALS, text, Some(bare)) {
            let message = format!("{} shouts `{bare}`", text.name());
            let finding = sheet.finding_at(&codes::words::SHOUTS, run.span(at..at + bare.len()), message);
            found.push(finding.help(format!(
                "write it in small letters; a name that is written so is allowed by `# {IN_CAPITALS}: {bare}` above the message"
            )));
        }
        at += word.len();
    }
}
