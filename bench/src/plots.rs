//! The report as drawings.

use super::plot::{Bar, Line, Point, Words, bars, lines, scatter, slug};
use super::report::{InputReport, Report, Row};
use anyhow::Result;
use std::path::Path;

const SPEED: &str = "GB/s of decoded bytes";

/// Draws for each input `decode-NAME.svg` and `ratio-NAME.svg`, of its largest size, and of those
/// with several sizes `sizes-NAME.svg`.
pub fn all(report: &Report, folder: &Path) -> Result<()> {
    let mut names: Vec<&str> = report.inputs.iter().map(|input| input.name.as_str()).collect();
    names.dedup();
    for name in names {
        let inputs = report.inputs.iter().filter(|input| input.name == name);
        let rows: Vec<&Row> = report.rows.iter().filter(|row| row.input == name).collect();
        let Some(largest) = inputs.clone().max_by_key(|input| input.decoded_bytes) else {
            continue;
        };
        let of_largest: Vec<&Row> =
            rows.iter().copied().filter(|row| row.decoded_bytes == largest.decoded_bytes).collect();
        if of_largest.is_empty() {
            continue;
        }
        let file = |kind: &str| folder.join(format!("{kind}-{}.svg", slug(name)));
        speeds(largest, &of_largest, &file("decode"))?;
        ratios(largest, &of_largest, &file("ratio"))?;
        if inputs.count() > 1 {
            sizes(name, &rows, &file("sizes"))?;
        }
    }
    Ok(())
}

fn label(row: &Row) -> String {
    format!("{}, {}", row.contender, row.device)
}

fn speeds(input: &InputReport, rows: &[&Row], file: &Path) -> Result<()> {
    let drawn: Vec<Bar> = rows
        .iter()
        .map(|row| Bar { label: label(row), value: row.decode.rate, mark: Some(row.roofline) })
        .collect();
    let caption = format!("{}: decoding, and as fast as memory is copied (red)", input.name);
    bars(&drawn, &Words { caption: &caption, x: SPEED, y: "" }, file)
}

fn ratios(input: &InputReport, rows: &[&Row], file: &Path) -> Result<()> {
    let points: Vec<Point> = rows
        .iter()
        .map(|row| Point { label: label(row), x: row.decode.rate.median, y: row.ratio })
        .collect();
    let caption =
        format!("{}: ratio by decoding speed (order-0 limit {:.3})", input.name, input.limit);
    scatter(&points, &Words { caption: &caption, x: SPEED, y: "ratio" }, file)
}

fn sizes(name: &str, rows: &[&Row], file: &Path) -> Result<()> {
    let mut drawn: Vec<Line> = Vec::new();
    for row in rows {
        let x = row.decoded_bytes as f64;
        let (point, could) = ((x, row.decode.rate.median), (x, row.roofline));
        match drawn.iter_mut().find(|line| line.label == label(row)) {
            Some(line) => {
                line.points.push(point);
                line.could.push(could);
            }
            None => drawn.push(Line { label: label(row), points: vec![point], could: vec![could] }),
        }
    }
    let caption = format!("{name}: decoding by size, and as fast as memory is copied (thin)");
    let megabytes = |bytes: f64| format!("{:.0} MB", bytes / 1e6);
    lines(&drawn, &Words { caption: &caption, x: "decoded bytes", y: SPEED }, &megabytes, file)
}
