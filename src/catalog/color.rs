//! Which colour can be read on the app's own: contrast as the Web Content Accessibility Guidelines 2.2 define it.

/// A colour of six hexadecimal digits, or `None`.
fn parse(color: &str) -> Option<[u8; 3]> {
    let digits = color.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let channel = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then_some(())?;
    Some([channel(0)?, channel(2)?, channel(4)?])
}

/// What stands in for a colour that is none.
const NEUTRAL: &str = "#1f2937";
const LIGHT: &str = "#ffffff";
const DARK: &str = "#111111";

/// The app's colour and the one to write on it. Nothing but `#rrggbb` reaches a style attribute.
pub(super) fn pair(color: &str) -> (&str, &'static str) {
    match parse(color) {
        Some(rgb) => (color, on(rgb)),
        None => (NEUTRAL, LIGHT),
    }
}

/// White where it reads well (4.5:1), because brands expect it; else whichever reads better.
fn on(rgb: [u8; 3]) -> &'static str {
    let background = luminance(rgb);
    let white = contrast(1.0, background);
    let dark = contrast(background, luminance([0x11; 3]));
    if white >= 4.5 || white >= dark { LIGHT } else { DARK }
}

/// Relative luminance of an sRGB colour.
fn luminance(rgb: [u8; 3]) -> f64 {
    let [r, g, b] = rgb.map(|channel| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(one: f64, other: f64) -> f64 {
    let (lighter, darker) = if one > other { (one, other) } else { (other, one) };
    (lighter + 0.05) / (darker + 0.05)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_white_on_dark_and_dark_on_light_colours() {
        let table = [("#000000", LIGHT), ("#1f6feb", LIGHT), ("#ffffff", DARK), ("#ffd400", DARK), ("#00E676", DARK)];
        for (color, expected) in table {
            assert_eq!(pair(color), (color, expected));
        }
    }

    #[test]
    fn what_is_no_colour_never_reaches_a_style_attribute() {
        for color in ["", "red", "#fff", "#12345g", "#1234567", "#000000;x:y", "#+12345", "#éé00"] {
            assert_eq!(pair(color), (NEUTRAL, LIGHT), "{color}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_on_a_colour_can_always_be_read(rgb in any::<[u8; 3]>()) {
            let ink = if on(rgb) == LIGHT { [0xff; 3] } else { [0x11; 3] };
            prop_assert!(contrast(luminance(ink), luminance(rgb)) >= 4.3);
        }
    }
}
