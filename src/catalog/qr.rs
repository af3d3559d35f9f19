//! A link as a QR code: PNG bytes for an inline image, with quiet zone, crisp on screens of three pixels to a point.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use qrcode::{Color, EcLevel, QrCode};

/// Modules of white around the code (ISO/IEC 18004 asks for four).
const QUIET_ZONE: usize = 4;
/// Pixels, at least: mails show it 120 points wide.
const SMALLEST: usize = 360;
/// Codes kept: a virtual-key page is the same for all owners of an app.
const KEPT: usize = 64;

/// The link is too long for a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no QR code can be made of the link: {0}")]
pub(super) struct NoCode(String);

/// Draws codes and keeps the last ones.
#[derive(Debug, Default)]
pub(super) struct Codes(Mutex<HashMap<String, Arc<[u8]>>>);

impl Codes {
    pub(super) fn png(&self, link: &str) -> Result<Arc<[u8]>, NoCode> {
        if let Some(png) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(link) {
            return Ok(Arc::clone(png));
        }
        let png: Arc<[u8]> = draw(link)?.into();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(link.to_owned(), Arc::clone(&png));
        Ok(png)
    }
}

/// One bit a pixel, black on white.
fn draw(link: &str) -> Result<Vec<u8>, NoCode> {
    let fault = |error: &dyn std::fmt::Display| NoCode(error.to_string());
    let code = QrCode::with_error_correction_level(link, EcLevel::M).map_err(|error| fault(&error))?;
    let modules = code.width() + 2 * QUIET_ZONE;
    let scale = SMALLEST.div_ceil(modules);
    let side = modules * scale;
    let dark = |x: usize, y: usize| {
        let inside = |at: usize| (at / scale).checked_sub(QUIET_ZONE).filter(|at| *at < code.width());
        matches!((inside(x), inside(y)), (Some(x), Some(y)) if code[(x, y)] == Color::Dark)
    };
    let mut pixels = vec![0xff_u8; side.div_ceil(8) * side];
    for (y, row) in pixels.chunks_mut(side.div_ceil(8)).enumerate() {
        for x in (0..side).filter(|x| dark(*x, y)) {
            row[x / 8] &= !(0x80 >> (x % 8));
        }
    }
    let side = u32::try_from(side).map_err(|error| fault(&error))?;
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().map_err(|error| fault(&error))?;
    writer.write_image_data(&pixels).map_err(|error| fault(&error))?;
    writer.finish().map_err(|error| fault(&error))?;
    Ok(png)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> (usize, Vec<u8>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(info.width, info.height);
        (info.width as usize, pixels)
    }

    #[test]
    fn the_code_is_large_enough_small_in_bytes_and_has_a_quiet_zone() {
        let png = draw("https://www.tesla.com/_ak/smartcar.com").unwrap();
        let (side, pixels) = decode(&png);
        assert!((SMALLEST..SMALLEST + 60).contains(&side), "{side}");
        assert!(png.len() < 4_000, "{}", png.len());
        let row = side.div_ceil(8);
        let scale = side / (33 + 2 * QUIET_ZONE).min(side);
        assert!(pixels[..row * QUIET_ZONE * scale].iter().all(|byte| *byte == 0xff));
        assert!(pixels.iter().any(|byte| *byte != 0xff));
    }

    #[test]
    fn the_same_link_is_drawn_once_and_memory_is_bounded() {
        let codes = Codes::default();
        let first = codes.png("https://www.tesla.com/_ak/smartcar.com").unwrap();
        assert!(Arc::ptr_eq(&first, &codes.png("https://www.tesla.com/_ak/smartcar.com").unwrap()));
        for number in 0..=KEPT {
            codes.png(&format!("https://example.com/{number}")).unwrap();
        }
        assert!(codes.0.lock().unwrap().len() <= KEPT);
    }

    #[test]
    fn a_link_too_long_for_a_code_is_an_error() {
        assert!(draw(&"x".repeat(4_000)).is_err());
    }
}
