//! The report of `inspect`, as a table for people.

use super::report::{ArchiveReport, Sizes, TensorReport};
use crate::terminal::cut;
use std::io::{self, Write};
use wcodec::container::Shape;
use wcodec_bench::escape::printable;

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
/// Characters of a cell: the names and shapes of models have fewer, those of a stranger's file any
/// number.
const MOST_CHARACTERS: usize = 100;
/// Extents that are shown of a shape.
const MOST_EXTENTS: usize = 8;

type Row = [String; HEADINGS.len()];

/// Prints the table of one archive. Rows are made twice, not kept: there is one for each tensor.
pub fn draw(report: &ArchiveReport, out: &mut impl Write) -> io::Result<()> {
    let rows = || {
        let tensors = report.tensors.iter().map(|tensor| tensor_row(tensor, report));
        [HEADINGS.map(str::to_owned)].into_iter().chain(tensors).chain([totals_row(report)])
    };
    let mut widths = [0; HEADINGS.len()];
    for row in rows() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let ArchiveReport { file, version, file_bytes, as_is, .. } = report;
    let file = printable(file);
    let Some(version) = version else {
        return writeln!(out, "{file}, {file_bytes} bytes: a file as it is");
    };
    let what = if *as_is { ": a file as it is, in pieces" } else { "" };
    writeln!(out, "{file}, format {version}, {file_bytes} bytes{what}")?;
    rows().try_for_each(|row| out.write_all(line(&row, &widths).as_bytes()))
}

fn tensor_row(tensor: &TensorReport, report: &ArchiveReport) -> Row {
    let [bytes, stored, ratio, limit] = sizes(&tensor.sizes);
    let row = [
        printable(&tensor.name).into_owned(),
        tensor.dtype.to_string(),
        shape(&tensor.shape),
        codec(tensor, report),
        predictors(tensor),
        tensor.tables.len().to_string(),
        tensor.tile_rows.to_string(),
        bytes,
        stored,
        ratio,
        limit,
    ];
    row.map(|cell| cut(&cell, MOST_CHARACTERS).into_owned())
}

/// How it is coded, and with which others; or the tensor that has the same bytes.
fn codec(tensor: &TensorReport, report: &ArchiveReport) -> String {
    if let Some(other) = tensor.same_as.and_then(|other| report.tensors.get(other as usize)) {
        return format!("as {}", printable(&other.name));
    }
    if let Some(file) = tensor.stored_in.and_then(|file| report.other_files.get(file as usize)) {
        return format!("in {}", printable(file));
    }
    let shared = if tensor.is_shared { format!(", blob {}", tensor.blob) } else { String::new() };
    let base = tensor.base.map_or_else(String::new, |base| format!(", base {base}"));
    match (tensor.codec, tensor.split) {
        (Some(codec), Some(split)) => format!("{codec:?}/{split:?}{shared}{base}"),
        _ => format!("unchanged{base}"),
    }
}

/// The extents, or the first of many and how many there are.
fn shape(shape: &Shape) -> String {
    let rank = shape.rank();
    if rank <= MOST_EXTENTS {
        return format!("{shape:?}");
    }
    let first: Vec<String> =
        shape.iter().take(MOST_EXTENTS).map(|extent| extent.to_string()).collect();
    format!("[{}, … {rank} extents]", first.join(", "))
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
    let used: Vec<_> = tensor.predictors.used().collect();
    match used.as_slice() {
        [] => "-".to_owned(),
        [(only, _)] => format!("{only:?}"),
        several => {
            let counts = several.iter().map(|(predictor, tiles)| format!("{predictor:?} {tiles}"));
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

#[cfg(test)]
mod tests {
    use super::shape;

    #[test]
    fn long_shapes_are_cut() {
        assert_eq!(shape(&[].into()), "[]");
        assert_eq!(shape(&[2; 8].into()), "[2, 2, 2, 2, 2, 2, 2, 2]");
        assert_eq!(shape(&[1; 30_000].into()), "[1, 1, 1, 1, 1, 1, 1, 1, … 30000 extents]");
    }
}
