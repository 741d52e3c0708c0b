//! Lines over sizes.

use super::{Drawn, FONT, HEIGHT, Words, into_file};
use anyhow::Result;
use plotters::prelude::*;
use std::path::Path;

/// A line, and a thin line of its limit.
pub struct Line {
    /// Its name in the legend.
    pub label: String,
    /// Sizes and values.
    pub points: Vec<(f64, f64)>,
    /// Sizes and the limits at them.
    pub could: Vec<(f64, f64)>,
}

/// Draws lines over an axis in powers, which `x_label` names.
pub fn lines(
    lines: &[Line],
    words: &Words<'_>,
    x_label: &dyn Fn(f64) -> String,
    file: &Path,
) -> Result<()> {
    into_file(file, HEIGHT, |area| -> Drawn {
        let all = || lines.iter().flat_map(|line| line.points.iter().chain(&line.could));
        let (least, most) = all().fold((f64::MAX, 0.0f64), |(a, b), (x, _)| (a.min(*x), b.max(*x)));
        let lowest = all().fold(0.0f64, |lowest, (_, y)| lowest.min(*y));
        let highest = all().fold(0.0f64, |highest, (_, y)| highest.max(*y));
        let mut chart = ChartBuilder::on(area)
            .caption(words.caption, (FONT, 20))
            .margin(12)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(
                (least..most * 1.01).log_scale().base(4.0),
                1.1 * lowest..1.1 * highest,
            )?;
        chart
            .configure_mesh()
            .x_label_formatter(&|x| x_label(*x))
            .light_line_style(TRANSPARENT)
            .x_desc(words.x)
            .y_desc(words.y)
            .draw()?;
        for (number, line) in lines.iter().enumerate() {
            let colour = Palette99::pick(number).to_rgba();
            chart
                .draw_series(LineSeries::new(line.points.clone(), colour.stroke_width(3)))?
                .label(&line.label)
                .legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(3))
                });
            chart.draw_series(LineSeries::new(line.could.clone(), colour.stroke_width(1)))?;
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .border_style(BLACK)
            .background_style(WHITE)
            .draw()?;
        Ok(())
    })
}
