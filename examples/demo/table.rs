//! The one table, in Markdown.

use crate::measure::Measured;
use crate::roundtrip::Sizes;
use std::time::Duration;

const HEADINGS: [&str; 9] = [
    "model",
    "dtype",
    "bytes before",
    "bytes after",
    "ratio",
    "limit",
    "encode MB/s",
    "decode MB/s",
    "device",
];
/// The columns that are numbers, and stand to the right.
const NUMBERS: std::ops::Range<usize> = 2..8;

/// A line of the table.
pub struct Row {
    pub model: &'static str,
    pub dtype: &'static str,
    pub sizes: Sizes,
    pub measured: Measured,
    pub device: String,
}

impl Row {
    fn cells(&self) -> [String; HEADINGS.len()] {
        let Self { sizes, measured, .. } = self;
        let ratio = |large: u64, small: u64| format!("{:.3}", large as f64 / small as f64);
        let speed =
            |time: Duration| format!("{:.0}", measured.bytes as f64 / 1e6 / time.as_secs_f64());
        [
            self.model.to_owned(),
            self.dtype.to_owned(),
            sizes.before.to_string(),
            sizes.after.to_string(),
            ratio(sizes.before, sizes.after),
            ratio(measured.bytes, measured.limit_bytes),
            speed(measured.encode),
            speed(measured.decode),
            self.device.clone(),
        ]
    }
}

/// The table of all rows.
pub fn draw(rows: &[Row]) -> String {
    let mut cells = vec![HEADINGS.map(str::to_owned)];
    cells.extend(rows.iter().map(Row::cells));
    let widths: [usize; HEADINGS.len()] = std::array::from_fn(|column| {
        cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
    });
    let rule = std::array::from_fn(|column| match NUMBERS.contains(&column) {
        true => format!("{}:", "-".repeat(widths[column] - 1)),
        false => "-".repeat(widths[column]),
    });
    cells.insert(1, rule);
    cells.iter().map(|row| line(row, &widths)).collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, &width))| {
        if NUMBERS.contains(&column) {
            format!("{cell:>width$}")
        } else {
            format!("{cell:<width$}")
        }
    });
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}
