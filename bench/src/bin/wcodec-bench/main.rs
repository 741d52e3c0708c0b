//! Measures wcodec: ratios beside the entropy limit, decoding beside the copy bandwidth of the same
//! run.

mod files;
mod gpu;
mod load;
mod model;
mod multiply;
mod profile;

use anyhow::Context;
use clap::{Parser, Subcommand};
use std::process::ExitCode;
use wcodec_bench::{self as compare, escape};

/// Benchmarks of wcodec. Every figure is of this run, and of outputs that were compared byte for
/// byte first.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
    /// Threads on the CPU; 0 for as many as there are cores
    #[arg(short = 'T', long, global = true, value_name = "N", default_value_t = 0)]
    threads: usize,
}

#[derive(Subcommand)]
enum Benchmark {
    /// Ratio, encoding and decoding on every device, beside zstd, lz4 and snappy: what `wcodec
    /// bench` does
    Compare(compare::Options),
    /// Compressing and decompressing a whole file, beside what the codec and the file take alone
    Files(files::Options),
    /// Decoding on the first NVIDIA GPU, in depth
    Gpu(gpu::Options),
    /// Loading a model from a file to the first NVIDIA GPU
    Load(load::Options),
    /// Multiplying by packed matrices on the first NVIDIA GPU, beside cuBLAS
    Multiply(multiply::Options),
    /// Nothing: decodes once with each kernel that the benchmarks use, for a profiler to look at
    Profile,
}

fn main() -> ExitCode {
    match run(escape::arguments()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let line = format!("wcodec-bench: {error:#}");
            eprintln!("{}", escape::printable(&line));
            ExitCode::from(2)
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(arguments.threads);
    pool.build_global().context("cannot start the threads: ask for fewer with --threads")?;
    match arguments.benchmark {
        Benchmark::Compare(options) => compare::run(&options, &mut |line| {
            println!("{}", escape::printable_lines(line));
            Ok(())
        }),
        Benchmark::Files(options) => files::run(&options),
        Benchmark::Gpu(options) => gpu::run(&options),
        Benchmark::Load(options) => load::run(&options),
        Benchmark::Multiply(options) => multiply::run(&options),
        Benchmark::Profile => profile::run(),
    }
}
