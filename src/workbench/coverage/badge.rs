//! All of the matrix in one picture of badge size: SVG, because it can be committed, attached or served from anywhere, and asks
//! nothing of a third party.

use super::{Coverage, State};

const LABEL: &str = "translations";
/// Pixels of a character of 11 px, on average; `textLength` makes them fit exactly.
const CHARACTER: usize = 7;
const PADDING: usize = 12;

pub(super) fn draw(coverage: &Coverage) -> String {
    let all: usize = State::ALL.into_iter().map(|state| coverage.count(None, state)).sum();
    let (complete, stale) = (coverage.count(None, State::Complete), coverage.count(None, State::Stale));
    // Rounded down: 100 % is said only of all.
    let percent = (complete * 100).checked_div(all).unwrap_or(100);
    let message = if stale > 0 { format!("{percent} % · {stale} stale") } else { format!("{percent} %") };
    // White text on each of them can be read (WCAG AA).
    let color = match percent {
        100 => "#1a7f37",
        90.. => "#57690a",
        60.. => "#9a6700",
        _ => "#b42318",
    };
    let width = |text: &str| text.chars().count() * CHARACTER;
    let (label, value) = (width(LABEL), width(&message));
    let (left, whole) = (label + PADDING, label + value + 2 * PADDING);
    let (middle, at) = (PADDING / 2, left + PADDING / 2);
    let right = whole - left;
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" aria-label="{LABEL}: {message}">
<title>{LABEL}: {message}</title>
<rect width="{left}" height="20" fill="#444"/>
<rect x="{left}" width="{right}" height="20" fill="{color}"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="{middle}" y="14" textLength="{label}">{LABEL}</text>
<text x="{at}" y="14" textLength="{value}">{message}</text>
</g>
</svg>
"##
    )
}
