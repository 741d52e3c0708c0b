//! What `inspect` found, as a table for people.

use super::report::{ArchiveReport, Sizes, TensorReport};
use crate::progress::printable;

const HEADINGS: [&str; 11] = [
    "tensor",
    "dtype",
    "shape",
    "codec",
    "predictors",
    "tables",
    "rows",
    "bytes",
    "stored",
    "ratio",
    "limit",
];
/// The columns from here on are numbers, and stand to the right.
const FIRST_NUMBER: usize = 5;

type Row = [String; HEADINGS.len()];

/// The table of one archive.
pub fn draw(report: &ArchiveReport) -> String {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(report.tensors.iter().map(tensor_row));
    rows.push(totals_row(report));
    let mut widths = [0; HEADINGS.len()];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let lines: String = rows.iter().map(|row| line(row, &widths)).collect();
    format!("{}, format {}, {} bytes\n{lines}", report.file, report.version, report.file_bytes)
}

fn tensor_row(tensor: &TensorReport) -> Row {
    let [bytes, stored, ratio, limit] = sizes(&tensor.sizes);
    [
        printable(&tensor.name),
        tensor.dtype.clone(),
        format!("{:?}", tensor.shape),
        format!("{}/{}", tensor.codec, tensor.split),
        predictors(tensor),
        tensor.tables.len().to_string(),
        tensor.tile_rows.to_string(),
        bytes,
        stored,
        ratio,
        limit,
    ]
}

/// The totals, with the header and the padding counted in.
fn totals_row(report: &ArchiveReport) -> Row {
    let mut row = Row::default();
    row[0] = format!("{} tensors", report.tensors.len());
    row[7..].clone_from_slice(&sizes(&report.totals));
    row
}

fn sizes(sizes: &Sizes) -> [String; 4] {
    let ratio = |ratio: Option<f64>| ratio.map_or_else(|| "-".to_owned(), |r| format!("{r:.3}"));
    [
        sizes.decoded_bytes.to_string(),
        sizes.stored_bytes.to_string(),
        ratio(sizes.ratio),
        ratio(sizes.entropy_limit_ratio),
    ]
}

/// The predictor, or each with its number of tiles where there are several.
fn predictors(tensor: &TensorReport) -> String {
    match tensor.predictors.as_slice() {
        [] => "-".to_owned(),
        [only] => only.predictor.clone(),
        several => {
            let counts = several.iter().map(|used| format!("{} {}", used.predictor, used.tiles));
            counts.collect::<Vec<_>>().join(", ")
        }
    }
}

fn line(row: &Row, widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, &width))| {
        if column < FIRST_NUMBER { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
    });
    format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
}
