//! The report as text.

use super::kinds::Kind;
use super::report::Report;
use super::sizes::{CODECS, Sizes};
use crate::terminal::cut;
use std::io::{self, Write};
use wcodec_bench::escape::printable;

/// Characters of a name: those of models have fewer, those of a stranger's file any number.
const MOST_CHARACTERS: usize = 100;

/// A table: its title, its columns, and what it tells of a line.
type Table<'a> = (&'a str, &'a str, fn(&Sizes) -> String);

/// Prints the tables, by kind or by tensor, with their captions. Lines are made for each table
/// anew, not kept: there may be one for each tensor.
pub fn draw(report: &Report, by_tensor: bool, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}, {} weights", printable(&report.input), report.sizes.weights)?;
    let names = lines(report, by_tensor).map(|(name, _)| name.chars().count());
    let width = names.max().unwrap_or(0);
    let codecs = columns_of_codecs();
    let tables: [Table<'_>; 3] = [
        (
            "Bits a weight: the order-0 limit of the split elements, and the archive, all included.",
            "    weights    bits   limit  stored    over  ratio   best",
            sizes_cells,
        ),
        (
            "Models: bits a weight more or less than the limit. Predictors for all tiles, the best for each tile; coded\n\
             bytes given a neighbour; 4 and 16 tables shared out by tile and by row, tables and choices included; raw\n\
             bytes as they are, not by their entropy.",
            "   left     top average  planar    best | given left    top | tiles 4     16 | rows 4     16 |    raw",
            model_cells,
        ),
        ("Plane codecs: bits a weight of the blobs, all included.", &codecs, codec_cells),
    ];
    let against: Table<'_> = (
        "Bases: bits a weight of tensors alone, and against those that they have with the same bytes or others like them,\n\
         which so many weights have; the order-0 entropy of the differences. Tensors without count alone.",
        "matched   alone against   limit    over    ratio",
        base_cells,
    );
    let against = report.sizes.bases.map(|_| against);
    for (title, columns, cells) in tables.into_iter().chain(against) {
        writeln!(out, "\n{title}\n{:<width$}  {columns}", "")?;
        for (name, sizes) in lines(report, by_tensor) {
            writeln!(out, "{name:<width$}  {}", cells(&sizes))?;
        }
    }
    out.write_all(findings(&report.sizes).as_bytes())
}

/// The name of each line, escaped, and its sizes.
fn lines(report: &Report, by_tensor: bool) -> Box<dyn Iterator<Item = (String, Sizes)> + '_> {
    let all = [("all".to_owned(), report.sizes.clone())];
    match by_tensor {
        true => Box::new(report.tensors().map(|t| (shown(t.name), t.sizes)).chain(all)),
        false => Box::new(report.kinds().map(kind_line).chain(all)),
    }
}

/// A name as it is shown: escaped, and its middle left out where it is long.
fn shown(name: &str) -> String {
    cut(&printable(name), MOST_CHARACTERS).into_owned()
}

fn kind_line(kind: Kind) -> (String, Sizes) {
    let name = format!("{} {} x{}", shown(&kind.name), kind.dtype, kind.tensors);
    (name, kind.sizes)
}

fn sizes_cells(sizes: &Sizes) -> String {
    let Sizes { weights, original, stored, .. } = sizes;
    let limit = sizes.limit();
    let [bits, least, each] = [*original, limit, *stored].map(|bits| sizes.per_weight(bits));
    let (over, ratio) = (over(*stored, limit), original / stored);
    // A constant tensor has nothing to be compared with.
    let best = quotient(*original, limit);
    format!("{weights:>11} {bits:>7.3} {least:>7.3} {each:>7.3} {over:>7} {ratio:>6.3} {best:>6}")
}

/// How far a size is over a limit; a dash where that is nothing.
fn over(bits: f64, limit: f64) -> String {
    match limit > 0.0 {
        true => format!("{:.2}%", 100.0 * (bits / limit - 1.0)),
        false => "-".to_owned(),
    }
}

/// How many times as large; a dash beside nothing.
fn quotient(large: f64, small: f64) -> String {
    if small > 0.0 { format!("{:.3}", large / small) } else { "-".to_owned() }
}

fn base_cells(sizes: &Sizes) -> String {
    let bases = sizes.bases.unwrap_or_default();
    let matched = 100.0 * sizes.per_weight(bases.matched as f64);
    let [alone, against, limit] = bases.bits().map(|bits| sizes.per_weight(bits));
    let over = over(bases.against, bases.limit);
    let ratio = quotient(sizes.original, bases.against);
    format!("{matched:>6.1}% {alone:>7.3} {against:>7.3} {limit:>7.3} {over:>7} {ratio:>8}")
}

fn model_cells(sizes: &Sizes) -> String {
    let more = |bits: f64| sizes.per_weight(bits - sizes.limit());
    let [_, left, top, average, planar] = sizes.predictors.map(more);
    let ([given_left, given_top], best) = (sizes.contexts.map(more), more(sizes.best_predictor));
    let ([_, _, tiles_4, _, tiles_16], [_, _, rows_4, _, rows_16]) =
        (sizes.tile_tables.map(more), sizes.row_tables.map(more));
    let raw = sizes.per_weight(sizes.raw - sizes.raw_entropy);
    format!(
        "{left:>+7.3} {top:>+7.3} {average:>+7.3} {planar:>+7.3} {best:>+7.3} |    {given_left:>+7.3} \
         {given_top:>+6.3} | {tiles_4:>+7.3} {tiles_16:>+6.3} | {rows_4:>+6.3} {rows_16:>+6.3} | {raw:>+6.3}"
    )
}

/// The codecs' names, each as wide as its column.
fn names_of_codecs() -> [String; CODECS.len()] {
    CODECS.map(|codec| format!("{:>6}", format!("{codec:?}").to_lowercase()))
}

fn columns_of_codecs() -> String {
    names_of_codecs().join(" ")
}

fn codec_cells(sizes: &Sizes) -> String {
    let cell = |(name, bits): (String, Option<f64>)| {
        let width = name.len();
        match bits {
            Some(bits) => format!("{:>width$.3}", sizes.per_weight(bits)),
            None => format!("{:>width$}", "-"),
        }
    };
    let cells = names_of_codecs().into_iter().zip(sizes.codecs).map(cell);
    cells.collect::<Vec<_>>().join(" ")
}

/// The questions that are asked of checkpoints, answered.
fn findings(sizes: &Sizes) -> String {
    if sizes.limit() == 0.0 {
        return String::new();
    }
    let part = |bits: f64| 100.0 * bits / sizes.limit();
    let [_, left, top, average, planar] = sizes.predictors;
    let everywhere = [left, top, average, planar].into_iter().fold(f64::INFINITY, f64::min);
    let tables = |bits: &[f64; 5]| part(bits[4] - bits[0]);
    let other_bits = |ratio: f64| sizes.per_weight(sizes.original / ratio);
    format!(
        "\nPrediction: the best predictor everywhere is {:+.2} % of the limit, the best for each tile {:+.2} %.\n\
         Context: knowing the left neighbour is {:+.2} %, the one above {:+.2} %.\n\
         Clustering: 16 tables rather than one are {:+.2} % by tile and {:+.2} % by row.\n\
         Raw bits: {:.3} of a weight's bits are not coded; their entropy is {:.3}.\n\
         The archive is {:.2} % over the limit. A ratio of 2 would need {:.2} bits a weight, 3 {:.2}; the limit is {:.2}.\n",
        part(everywhere - sizes.limit()),
        part(sizes.best_predictor - sizes.limit()),
        part(sizes.contexts[0] - sizes.limit()),
        part(sizes.contexts[1] - sizes.limit()),
        tables(&sizes.tile_tables),
        tables(&sizes.row_tables),
        sizes.per_weight(sizes.raw),
        sizes.per_weight(sizes.raw_entropy),
        part(sizes.stored - sizes.limit()),
        other_bits(2.0),
        other_bits(3.0),
        sizes.per_weight(sizes.limit()),
    )
}
