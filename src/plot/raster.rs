//! Drawings as PNG.

use plotters::prelude::BitMapBackend;
use plotters_backend::DrawingBackend;

use super::PlotError;
use super::drawing::{Anchor, Drawing, Label};
use super::font;
use super::ink::Press;
use super::theme::{Rgb, Theme};

/// plotters does not smooth edges: every pixel is the mean of so many by so many.
const SAMPLES: usize = 3;
/// The most pixels of a side.
const MOST: f64 = 12_000.0;

/// The drawing as a PNG file, `scale` of its pixels for one of the drawing.
///
/// # Errors
/// The picture would be larger than 12,000 pixels, or what plotters or the
/// encoder says.
pub fn png(drawing: &Drawing, theme: Theme, scale: f64) -> Result<Vec<u8>, PlotError> {
    let size = |v: f64| (v * scale).round();
    let (width, height) = (size(drawing.width), size(drawing.height));
    let fits = |side: f64| (1.0..=MOST).contains(&side);
    if !fits(width) || !fits(height) {
        return Err(PlotError::Draw(format!("{width} × {height} pixels")));
    }
    let (width, height) = (width as usize, height as usize);
    let (wide, high) = (width * SAMPLES, height * SAMPLES);
    let mut large = vec![0u8; wide * high * 3];
    let mut texts = Vec::new();
    {
        let mut backend = BitMapBackend::with_buffer(&mut large, (wide as u32, high as u32));
        let mut press = Press {
            backend: &mut backend,
            scale: scale * SAMPLES as f64,
            theme,
        };
        let drawn = press.print(drawing, |_, label, colour| {
            texts.push((label.clone(), colour));
            Ok(())
        });
        let presented = drawn.and_then(|()| backend.present());
        presented.map_err(|why| PlotError::Draw(why.to_string()))?;
    }
    let mut picture = Picture {
        pixels: shrink(&large, wide, width, height),
        width,
        height,
    };
    // Glyphs smooth their own edges, and lie above all else in every figure.
    for (label, colour) in texts {
        picture.write(&label, colour, scale);
    }
    encode(&picture).map_err(|why| PlotError::Draw(why.to_string()))
}

struct Picture {
    pixels: Vec<u8>,
    width: usize,
    height: usize,
}

impl Picture {
    fn write(&mut self, label: &Label, (r, g, b): Rgb, scale: f64) {
        let size = label.size * scale;
        let long = font::width(&label.text, size, label.weight);
        let left = match label.anchor {
            Anchor::Left => label.x * scale,
            Anchor::Centre => label.x * scale - long / 2.0,
            Anchor::Right => label.x * scale - long,
        };
        let (left, base) = (
            left.round() as i32,
            (label.y * scale + font::middle(size)).round() as i32,
        );
        font::pixels(&label.text, size, label.weight, |x, y, cover| {
            let (x, y) = (left + x, base + y);
            let inside =
                (0..self.width as i32).contains(&x) && (0..self.height as i32).contains(&y);
            if inside {
                let at = 3 * (y as usize * self.width + x as usize);
                for (pixel, ink) in self.pixels[at..at + 3].iter_mut().zip([r, g, b]) {
                    let below = f32::from(*pixel);
                    *pixel = (below + (f32::from(ink) - below) * cover).round() as u8;
                }
            }
        });
    }
}

/// Each pixel the mean of its samples.
fn shrink(large: &[u8], wide: usize, width: usize, height: usize) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            let mut sums = [0u32; 3];
            for dy in 0..SAMPLES {
                let from = 3 * ((y * SAMPLES + dy) * wide + x * SAMPLES);
                for sample in large[from..from + 3 * SAMPLES].chunks_exact(3) {
                    for (sum, part) in sums.iter_mut().zip(sample) {
                        *sum += u32::from(*part);
                    }
                }
            }
            let n = (SAMPLES * SAMPLES) as u32;
            pixels.extend(sums.map(|sum| ((sum + n / 2) / n) as u8));
        }
    }
    pixels
}

fn encode(picture: &Picture) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let (width, height) = (picture.width as u32, picture.height as u32);
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Best);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.pixels)?;
    writer.finish()?;
    Ok(file)
}
