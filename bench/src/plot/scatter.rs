//! Named points.

use super::{Drawn, FONT, HEIGHT, Words, into_file};
use anyhow::Result;
use plotters::prelude::*;
use std::path::Path;

/// A point and its name.
pub struct Point {
    /// The text beside it.
    pub label: String,
    /// Its place on the axis of powers.
    pub x: f64,
    /// Its place on the other axis.
    pub y: f64,
}

/// Draws points over an axis in powers of ten.
pub fn scatter(points: &[Point], words: &Words<'_>, file: &Path) -> Result<()> {
    into_file(file, HEIGHT, |area| -> Drawn {
        let (least, most) =
            points.iter().fold((f64::MAX, f64::MIN), |(a, b), p| (a.min(p.x), b.max(p.x)));
        let (low, high) =
            points.iter().fold((f64::MAX, f64::MIN), |(a, b), p| (a.min(p.y), b.max(p.y)));
        let spare = 0.1 * (high - low).max(0.01);
        // Room at the right end for the names.
        let speeds = (least / 1.5..most * 4.0).log_scale();
        let mut chart = ChartBuilder::on(area)
            .caption(words.caption, (FONT, 20))
            .margin(12)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(speeds, low - spare..high + spare)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc(words.x)
            .y_desc(words.y)
            .draw()?;
        chart.draw_series(points.iter().enumerate().map(|(number, point)| {
            let colour = Palette99::pick(number).to_rgba();
            // Names of neighbours stand above each other.
            let name =
                Text::new(point.label.clone(), (9, 10 * (number as i32 % 3) - 17), (FONT, 14));
            EmptyElement::at((point.x, point.y)) + Circle::new((0, 0), 5, colour.filled()) + name
        }))?;
        Ok(())
    })
}
