//! Decoding on a GPU, beside the GPU's own copy bandwidth.

mod batch;
mod bench;
mod coders;
mod data_sets;
mod delta;
mod plot;
mod predictors;
mod print;
mod report;
mod single;
mod sizes;

use anyhow::Result;
use bench::Bench;
use report::{Part, Report, Row};
use std::path::PathBuf;
use wcodec_bench::data::{DataSet, find};
use wcodec_bench::outputs;

/// The parts to measure, and the outputs beside the console.
#[derive(clap::Args)]
pub struct Options {
    /// Decoded MB (10^6 bytes) of each data set
    #[arg(long, default_value_t = 512)]
    megabytes: usize,
    /// Timed runs of each
    #[arg(long, default_value_t = 20)]
    runs: usize,
    /// Measure only this part; may be given several times
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// Write the measurements as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw the measurements as SVG
    #[arg(long, value_name = "DIR")]
    plot: Option<PathBuf>,
}

/// The set with this name.
fn set(name: &str) -> &'static DataSet {
    find(name).expect("only sets that there are, are asked for")
}

/// Measures the parts that were asked for.
pub fn run(options: &Options) -> Result<()> {
    let bench = Bench::open(options.megabytes, options.runs.max(1))?;
    let mut report = bench.report();
    print::report(&report);
    let result = measure(options, &bench, &mut report);
    // Measurements from before a failure are kept.
    write(options, &report).and(result)
}

fn measure(options: &Options, bench: &Bench, report: &mut Report) -> Result<()> {
    let mut emit = |row: Row| {
        print::row(&row);
        report.rows.push(row);
    };
    for part in Part::ALL {
        if !options.only.is_empty() && !options.only.contains(&part) {
            continue;
        }
        print::heading(part);
        match part {
            Part::Table => data_sets::run(bench, &mut emit),
            Part::Single => single::run(bench, &mut emit),
            Part::Batch => batch::run(bench, &mut emit),
            Part::Predictors => predictors::run(bench, &mut emit),
            Part::Coders => coders::run(bench, &mut emit),
            Part::Sizes => sizes::run(bench, &mut emit),
            Part::Delta => delta::run(bench, &mut emit),
        }?;
    }
    Ok(())
}

fn write(options: &Options, report: &Report) -> Result<()> {
    if let Some(file) = &options.json {
        outputs::write_json(file, report)?;
    }
    if let Some(folder) = &options.plot {
        outputs::draw_into(folder, |folder| plot::all(&report.rows, folder))?;
    }
    Ok(())
}
