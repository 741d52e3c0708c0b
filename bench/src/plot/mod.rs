//! Drawings of numbers, as SVG.

mod bars;
mod lines;
mod scatter;

pub use bars::{Bar, bars};
pub use lines::{Line, lines};
pub use scatter::{Point, scatter};

use anyhow::{Error, Result};
use plotters::prelude::*;
use std::path::Path;

const WIDTH: u32 = 960;
const HEIGHT: u32 = 540;
const FONT: &str = "sans-serif";

/// The words around a drawing.
pub struct Words<'a> {
    /// The line above it.
    pub caption: &'a str,
    /// The name of the horizontal axis.
    pub x: &'a str,
    /// The name of the vertical axis.
    pub y: &'a str,
}

type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// Draws into a file.
fn into_file(file: &Path, height: u32, draw: impl FnOnce(&Area<'_>) -> Drawn) -> Result<()> {
    let area = SVGBackend::new(file, (WIDTH, height)).into_drawing_area();
    // The library's errors borrow from the drawing.
    let owned = |error: Box<dyn std::error::Error>| Error::msg(error.to_string());
    area.fill(&WHITE).map_err(|error| Error::msg(error.to_string()))?;
    draw(&area).map_err(owned)?;
    area.present().map_err(|error| Error::msg(error.to_string()))
}

/// A name as a part of a file's name.
pub fn slug(name: &str) -> String {
    let plain =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    let plain: String = plain.collect();
    plain.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}
