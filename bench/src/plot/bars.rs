//! Bars to the right, one a line.

use super::{Drawn, FONT, Words, into_file};
use crate::spread::Spread;
use anyhow::Result;
use plotters::prelude::*;
use std::path::Path;

/// A bar from 0 to the lowest of some values, paler to the highest, and a mark that it could reach.
pub struct Bar {
    /// The text to its left.
    pub label: String,
    /// The values.
    pub value: Spread,
    /// The value that it could reach.
    pub mark: Option<f64>,
}

/// Pixels of a bar, and of what stands around all of them.
const BAR_HEIGHT: usize = 24;
const AROUND: usize = 120;

/// Draws bars from the top down.
pub fn bars(bars: &[Bar], words: &Words<'_>, file: &Path) -> Result<()> {
    let height = (bars.len() * BAR_HEIGHT + AROUND) as u32;
    into_file(file, height, |area| -> Drawn {
        let (least, most) = range(bars);
        let last = bars.len() as i32 - 1;
        // The end of the range has a place, too; a range has two ends at least.
        let places = (0..last.max(1)).into_segmented();
        let mut chart = ChartBuilder::on(area)
            .caption(words.caption, (FONT, 20))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(260)
            .build_cartesian_2d(least..most, places)?;
        let label = |place: &SegmentValue<i32>| match place {
            SegmentValue::CenterOf(n) if (0..=last).contains(n) => {
                bars[(last - n) as usize].label.clone()
            }
            _ => String::new(),
        };
        chart
            .configure_mesh()
            .disable_y_mesh()
            .y_labels(bars.len())
            .y_label_formatter(&label)
            .light_line_style(TRANSPARENT)
            .x_desc(words.x)
            .y_desc(words.y)
            .draw()?;
        for (n, bar) in bars.iter().enumerate() {
            let place = last - n as i32;
            let (below, above) = (SegmentValue::Exact(place), SegmentValue::Exact(place + 1));
            let Spread { min, max, .. } = bar.value;
            for (from, to, strength) in [(0.0, min, 0.7), (min, max, 0.35)] {
                let corners = [(from, below.clone()), (to, above.clone())];
                let mut rectangle = Rectangle::new(corners, BLUE.mix(strength).filled());
                rectangle.set_margin(4, 4, 0, 0);
                chart.draw_series([rectangle])?;
            }
            if let Some(mark) = bar.mark {
                let line = vec![(mark, below), (mark, above)];
                chart.draw_series([PathElement::new(line, RED.stroke_width(3))])?;
            }
        }
        Ok(())
    })
}

/// The ends of the axis: 0 is on it, and all that is drawn.
fn range(bars: &[Bar]) -> (f64, f64) {
    let values =
        || bars.iter().flat_map(|bar| [Some(bar.value.min), Some(bar.value.max), bar.mark]);
    let least = values().flatten().fold(0.0, f64::min);
    let most = values().flatten().fold(0.0, f64::max);
    let spare = 0.05 * (most - least).max(1e-6);
    (if least < 0.0 { least - spare } else { 0.0 }, most + spare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_holds_bars_marks_and_zero() {
        let bar = |min, max, mark| {
            let value = Spread { median: max, min, max };
            Bar { label: String::new(), value, mark }
        };
        let (least, most) = range(&[bar(1.0, 2.0, Some(4.0)), bar(-3.0, -1.0, None)]);
        assert!(least < -3.0 && most > 4.0);
        assert_eq!(range(&[bar(1.0, 2.0, None)]).0, 0.0);
    }
}
