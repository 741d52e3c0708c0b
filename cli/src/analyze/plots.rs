//! The report as drawings.

use super::report::Report;
use super::sizes::{CODECS, Sizes};
use anyhow::Result;
use std::path::Path;
use wcodec::programs::analyze::CLASSES;
use wcodec_bench::escape::printable;
use wcodec_bench::plot::{Bar, Line, Words, bars, lines};
use wcodec_bench::spread::Spread;

/// Kinds that are drawn, those with the most weights.
const MOST_KINDS: usize = 16;
const BITS: &str = "bits a weight";

/// Draws `kinds.svg`, `models.svg`, `tables.svg` and `codecs.svg`; of a checkpoint without weights
/// nothing.
pub fn all(report: &Report, folder: &Path) -> Result<()> {
    if report.sizes.weights == 0 {
        return Ok(());
    }
    kinds(report, &folder.join("kinds.svg"))?;
    models(&report.sizes, &folder.join("models.svg"))?;
    tables(&report.sizes, &folder.join("tables.svg"))?;
    codecs(&report.sizes, &folder.join("codecs.svg"))
}

fn bar(label: impl Into<String>, value: f64, mark: Option<f64>) -> Bar {
    let value = Spread { median: value, min: value, max: value };
    Bar { label: label.into(), value, mark }
}

fn kinds(report: &Report, file: &Path) -> Result<()> {
    let largest = report.kinds().filter(|kind| kind.sizes.weights > 0).take(MOST_KINDS);
    let drawn: Vec<Bar> = largest
        .map(|kind| {
            let sizes = &kind.sizes;
            let limit = Some(sizes.per_weight(sizes.limit()));
            bar(printable(&kind.name), sizes.per_weight(sizes.stored), limit)
        })
        .collect();
    let caption = "Stored bits a weight by kind of tensor, and the order-0 limit (red)";
    bars(&drawn, &Words { caption, x: BITS, y: "" }, file)
}

fn models(sizes: &Sizes, file: &Path) -> Result<()> {
    let more = |bits: f64| sizes.per_weight(bits - sizes.limit());
    let [_, left, top, average, planar] = sizes.predictors;
    let [given_left, given_top] = sizes.contexts;
    let drawn: Vec<Bar> = [
        ("predictor Left", left),
        ("predictor Top", top),
        ("predictor Average", average),
        ("predictor Planar", planar),
        ("best predictor of each tile", sizes.best_predictor),
        ("given the left neighbour", given_left),
        ("given the one above", given_top),
        ("16 tables by tile", sizes.tile_tables[4]),
        ("16 tables by row", sizes.row_tables[4]),
        ("raw bytes as they are", sizes.limit() - sizes.raw_entropy + sizes.raw),
        ("the archive", sizes.stored),
    ]
    .into_iter()
    .map(|(label, bits)| bar(label, more(bits), None))
    .collect();
    let caption = "Bits a weight more or less than the order-0 limit";
    bars(&drawn, &Words { caption, x: BITS, y: "" }, file)
}

fn tables(sizes: &Sizes, file: &Path) -> Result<()> {
    let line = |label: &str, bits: &[f64; 5]| Line {
        label: label.to_owned(),
        points: CLASSES
            .iter()
            .zip(bits)
            .map(|(&tables, &with)| (tables as f64, sizes.per_weight(bits[0] - with)))
            .collect(),
        could: Vec::new(),
    };
    let drawn = [line("by tile", &sizes.tile_tables), line("by row", &sizes.row_tables)];
    let caption = "What more tables than one save, tables and choices included";
    let words = Words { caption, x: "tables", y: "bits a weight saved" };
    lines(&drawn, &words, &|tables| format!("{tables:.0}"), file)
}

fn codecs(sizes: &Sizes, file: &Path) -> Result<()> {
    let limit = Some(sizes.per_weight(sizes.limit()));
    let served = CODECS.iter().zip(sizes.codecs).filter_map(|(codec, bits)| Some((codec, bits?)));
    let drawn: Vec<Bar> = served
        .map(|(codec, bits)| bar(format!("{codec:?}"), sizes.per_weight(bits), limit))
        .chain([bar("as the encoder chose", sizes.per_weight(sizes.stored), limit)])
        .collect();
    let caption = "Stored bits a weight by plane codec, and the order-0 limit (red)";
    bars(&drawn, &Words { caption, x: BITS, y: "" }, file)
}
