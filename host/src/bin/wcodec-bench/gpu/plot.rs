//! The report as drawings.

use super::report::{Part, Row};
use super::sizes::in_units;
use anyhow::{Error, Result};
use plotters::prelude::*;
use std::path::Path;

const SIZE: (u32, u32) = (960, 540);
const ROOFLINE: RGBColor = RED;

/// Draws the parts that were measured: `data-sets.svg` and `sizes.svg`.
pub fn all(rows: &[Row], folder: &Path) -> Result<()> {
    let of_part =
        |part| -> Vec<&Row> { rows.iter().filter(|row: &&Row| row.part == part).collect() };
    let (sets, sizes) = (of_part(Part::Table), of_part(Part::Sizes));
    // The library's errors borrow what they are of.
    let owned = |error: &dyn std::fmt::Display| Error::msg(error.to_string());
    if !sets.is_empty() {
        bars(&sets, &folder.join("data-sets.svg")).map_err(|error| owned(&error))?;
    }
    if !sizes.is_empty() {
        lines(&sizes, &folder.join("sizes.svg")).map_err(|error| owned(&error))?;
    }
    Ok(())
}

type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

/// The upper end of the axis of rates.
fn highest(rows: &[&Row]) -> f64 {
    1.1 * rows.iter().map(|row| row.roofline.max(row.rate.max)).fold(0.0, f64::max)
}

/// A bar for each data set, from the worst to the best run paler, and its roofline.
fn bars(rows: &[&Row], file: &Path) -> Drawn {
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("Decoding by data type, and as fast as memory is copied (red)", ("sans-serif", 22))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(64)
        .build_cartesian_2d(-0.5..rows.len() as f64 - 0.5, 0.0..highest(rows))?;
    let name = |place: &f64| {
        let row = rows.get(place.round() as usize).filter(|_| place.fract().abs() < 0.01);
        row.map_or_else(String::new, |row| row.name.clone())
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(rows.len())
        .x_label_formatter(&name)
        .y_label_formatter(&|rate| format!("{rate:.0}"))
        .light_line_style(TRANSPARENT)
        .y_desc("GB/s of decoded bytes")
        .draw()?;
    for (place, row) in rows.iter().enumerate() {
        let x = place as f64;
        let bar = |bottom, top| [(x - 0.3, bottom), (x + 0.3, top)];
        let elements = [
            Rectangle::new(bar(0.0, row.rate.min), BLUE.mix(0.6).filled()),
            Rectangle::new(bar(row.rate.min, row.rate.max), BLUE.mix(0.3).filled()),
        ];
        chart.draw_series(elements)?;
        let roofline = vec![(x - 0.42, row.roofline), (x + 0.42, row.roofline)];
        chart.draw_series([PathElement::new(roofline, ROOFLINE.stroke_width(3))])?;
    }
    Ok(area.present()?)
}

/// A line for each data type over the size of the tensor.
fn lines(rows: &[&Row], file: &Path) -> Drawn {
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let sizes = rows.iter().map(|row| row.decoded_bytes as f64);
    let (least, most) = (sizes.clone().fold(f64::MAX, f64::min), sizes.fold(0.0, f64::max));
    let mut chart = ChartBuilder::on(&area)
        .caption("Decoding one tensor, and as fast as memory is copied (thin)", ("sans-serif", 22))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d((least..most * 1.01).log_scale().base(4.0), 0.0..highest(rows))?;
    chart
        .configure_mesh()
        .x_label_formatter(&|bytes| in_units(bytes.round() as usize))
        .y_label_formatter(&|rate| format!("{rate:.0}"))
        .light_line_style(TRANSPARENT)
        .x_desc("decoded bytes of the tensor")
        .y_desc("GB/s of decoded bytes")
        .draw()?;
    let mut dtypes: Vec<&str> = rows.iter().map(|row| row.dtype.as_str()).collect();
    dtypes.dedup();
    for (number, dtype) in dtypes.into_iter().enumerate() {
        let colour = Palette99::pick(number).to_rgba();
        let of_dtype = rows.iter().filter(|row| row.dtype == dtype);
        let points = |rate: fn(&Row) -> f64| {
            of_dtype.clone().map(|row| (row.decoded_bytes as f64, rate(row))).collect::<Vec<_>>()
        };
        chart
            .draw_series(LineSeries::new(points(|row| row.rate.median), colour.stroke_width(3)))?
            .label(dtype)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(3)));
        chart.draw_series(LineSeries::new(points(|row| row.roofline), colour.stroke_width(1)))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .border_style(BLACK)
        .background_style(WHITE)
        .draw()?;
    Ok(area.present()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_were_measured_are_drawn() {
        let folder = tempfile::TempDir::new().unwrap();
        let drawn = |name| std::fs::read_to_string(folder.path().join(name)).ok();
        all(&[], folder.path()).unwrap();
        assert_eq!((drawn("data-sets.svg"), drawn("sizes.svg")), (None, None));

        let sets = ["int8 s=28", "bf16"].map(|name| Row::example(Part::Table, name, 512_000_000));
        let sizes = [16, 18, 20].map(|log2| Row::example(Part::Sizes, "int8", 1 << log2));
        all(&[sets.to_vec(), sizes.to_vec()].concat(), folder.path()).unwrap();
        let [sets, sizes] = ["data-sets.svg", "sizes.svg"].map(|name| drawn(name).unwrap());
        assert!(sets.contains("int8 s=28") && sets.contains("bf16"));
        assert!(sizes.contains("I8") && sizes.contains("1 MiB"));
    }
}
