//! Multiplying by packed matrices, beside the dense product of cuBLAS in the same run.

mod cublas;
mod experts;
mod matrices;
mod report;

use anyhow::Context;
use clap::Args;
use cublas::Cublas;
use matrices::Matrices;
use report::{Product, Report, Shape};
use std::path::PathBuf;
use wcodec::gpu::{GpuDecoder, GpuPackedKernels};
use wcodec::programs::copy_bandwidth;
use wcodec_bench::outputs::write_json;

/// Shapes of Llama 3's layers, and of its output: rows and columns.
const SHAPES: [(u64, u64); 9] = [
    (4096, 4096),
    (6144, 4096),
    (14336, 4096),
    (28672, 4096),
    (4096, 14336),
    (8192, 8192),
    (28672, 8192),
    (8192, 28672),
    (128_256, 4096),
];

/// Options of the benchmark.
#[derive(Debug, Args)]
pub struct Options {
    /// Rows of x, one measurement for each number
    #[arg(long, value_delimiter = ',', default_value = "1,4,8,16,32,64,128,256")]
    rows: Vec<u64>,
    /// Matrices of these shapes alone, such as 4096x4096
    #[arg(long, value_delimiter = ',', value_parser = parse_shape)]
    shapes: Vec<(u64, u64)>,
    /// Times that each product is measured
    #[arg(long, default_value_t = 20)]
    runs: usize,
    /// MiB of pieces that are unpacked for cuBLAS: 32 stay in the second-level cache
    #[arg(long, default_value_t = 128)]
    room: u64,
    /// The library of cuBLAS; without it those that the system finds are tried
    #[arg(long, value_name = "FILE")]
    cublas: Option<PathBuf>,
    /// Measure experts of a mixture instead
    #[arg(long)]
    experts: bool,
    /// Writes the results as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn parse_shape(text: &str) -> Result<(u64, u64), String> {
    let parse = |part: &str| part.parse().map_err(|_| format!("{part} is no number"));
    let (rows, columns) = text.split_once('x').ok_or("a shape is ROWSxCOLUMNS")?;
    Ok((parse(rows)?, parse(columns)?))
}

/// Measures, prints, and writes the results.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let gpu = GpuDecoder::open(0)?;
    let kernels = GpuPackedKernels::new(gpu.context())?;
    let cublas = Cublas::open(options.cublas.as_deref()).context("cuBLAS cannot be loaded")?;
    let copy = median(copy_bandwidth(&gpu, 1 << 30, options.runs)?) / 1e9;
    println!("{}, copy {copy:.0} GB/s, cuBLAS {}", gpu.name(), cublas.version()?);
    if options.experts {
        let times = experts::run(&gpu, &kernels, &cublas, options.runs)?;
        return options.json.as_ref().map_or(Ok(()), |path| write_json(path, &times));
    }
    let mut report = Report { gpu: gpu.name().to_owned(), copy, shapes: Vec::new() };
    let shapes = if options.shapes.is_empty() { &SHAPES[..] } else { &options.shapes };
    report::print_head(&options.rows);
    for &(rows, columns) in shapes {
        let shape = measure(&gpu, &kernels, &cublas, (rows, columns), options)?;
        shape.print(copy);
        report.shapes.push(shape);
    }
    report.print_means();
    if let Some(path) = &options.json {
        write_json(path, &report)?;
    }
    Ok(())
}

fn measure(
    gpu: &GpuDecoder,
    kernels: &GpuPackedKernels,
    cublas: &Cublas,
    (rows, columns): (u64, u64),
    options: &Options,
) -> anyhow::Result<Shape> {
    let most = options.rows.iter().copied().max().unwrap_or(1);
    let room = (options.room << 20).min(2 * rows * columns);
    let matrices = Matrices::new(gpu, kernels, (rows, columns), (most, room))?;
    let mut products = Vec::new();
    for &n in &options.rows {
        let packed = median(matrices.time_packed(n, options.runs)?);
        let dense = median(matrices.time_dense(cublas, n, options.runs)?);
        let errors = matrices.errors(cublas, n)?;
        let other_bits = matrices.rows_of_other_bits(n)?;
        let unpacked = median(matrices.time_unpacked(cublas, n, options.runs)?);
        products.push(Product { n, packed, unpacked, dense, errors, other_bits });
    }
    Ok(Shape {
        rows,
        columns,
        bytes: matrices.packed_bytes(),
        exceptions: matrices.exceptions(),
        pack: matrices.pack_seconds,
        pack_on_device: median(matrices.time_packing(options.runs)?),
        unpack: median(matrices.time_unpack(options.runs)?),
        products,
    })
}

/// The middle of some times.
pub fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_unstable_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or(f64::NAN)
}
