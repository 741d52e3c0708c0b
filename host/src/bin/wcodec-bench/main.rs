//! Measures wcodec: ratios beside the entropy limit, decoding beside the copy bandwidth of the same run.

mod cpu;
mod data;
mod gpu;
mod load;
mod profile;
mod table;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Benchmarks of wcodec. Every figure is of this run, and of outputs that were compared byte for byte first.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    device: DeviceToMeasure,
    /// Decoded MB (10^6 bytes) of each data set on the GPU, and of each on the CPU a quarter of it
    #[arg(long, global = true, default_value_t = 512)]
    megabytes: usize,
    /// Timed runs of each
    #[arg(long, global = true, default_value_t = 20)]
    runs: usize,
}

#[derive(Subcommand)]
enum DeviceToMeasure {
    /// Decoding on the first NVIDIA GPU
    Gpu(gpu::Options),
    /// Encoding and decoding on the CPU
    Cpu,
    /// Loading a model from a file to the first NVIDIA GPU
    Load(load::Options),
    /// Nothing: decodes once with each kernel that the benchmarks use, for a profiler to look at
    Profile,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.device {
        DeviceToMeasure::Gpu(options) => gpu::run(&options, arguments.megabytes, arguments.runs),
        DeviceToMeasure::Cpu => cpu::run(arguments.megabytes / 4, arguments.runs),
        DeviceToMeasure::Load(options) => load::run(&options, arguments.runs),
        DeviceToMeasure::Profile => profile::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wcodec-bench: {error:#}");
            ExitCode::from(2)
        }
    }
}
