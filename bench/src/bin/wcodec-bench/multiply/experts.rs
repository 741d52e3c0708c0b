//! Products of which each row names its own of many matrices, beside cuBLAS' products of many.

use super::cublas::{Cublas, Many};
use super::matrices::draw;
use super::median;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand::seq::index::sample;
use serde::Serialize;
use wcodec::gpu::{
    DeviceMemory, GpuDecoder, GpuExperts, GpuPackedKernels, GpuPackedMatrix, GpuRows, RawRows,
};
use wcodec::packed::Form;
use wcodec::programs::time_graph;

/// Experts of a layer of Qwen3-30B-A3B, and how many of them a token has.
const EXPERTS: u64 = 128;
const NAMED: u64 = 8;
/// Their shapes, and whether each token's row of x is that of all its experts.
const SHAPES: [(u64, u64, bool); 2] = [(768, 2048, true), (2048, 768, false)];
/// Tokens.
const TOKENS: [u64; 3] = [1, 8, 64];
/// Products one after another, of other experts.
const LAUNCHES: usize = 16;

/// Seconds of a product.
#[derive(Debug, Serialize)]
pub struct Times {
    pub rows: u64,
    pub columns: u64,
    pub tokens: u64,
    pub packed: f64,
    /// By `cublasGemmBatchedEx`, each expert with as many rows as the one that has the most.
    pub batched: f64,
    /// By `cublasGemmGroupedBatchedEx`, where that can be captured.
    pub grouped: Option<f64>,
}

/// Measures all shapes and tokens, and prints them.
pub fn run(
    gpu: &GpuDecoder,
    kernels: &GpuPackedKernels,
    cublas: &Cublas,
    runs: usize,
) -> anyhow::Result<Vec<Times>> {
    let mut all = Vec::new();
    println!(
        "| experts | rows of x | packed µs | batched | grouped | times as fast as the faster |"
    );
    println!("|---|---:|---:|---:|---:|---:|");
    for (rows, columns, shares_x) in SHAPES {
        let layer = Layer::new(gpu, kernels, (rows, columns), shares_x)?;
        for tokens in TOKENS {
            let times = layer.measure(gpu, cublas, tokens, runs)?;
            let best = times.grouped.unwrap_or(f64::INFINITY).min(times.batched);
            println!(
                "| {NAMED} of {EXPERTS}, {rows} × {columns} | {tokens} | {:.1} | {:.1} | {:.1} \
                 | {:.2}x |",
                1e6 * times.packed,
                1e6 * times.batched,
                1e6 * times.grouped.unwrap_or(f64::NAN),
                best / times.packed
            );
            all.push(times);
        }
    }
    Ok(all)
}

/// The experts of a layer, dense and packed.
struct Layer<'a> {
    kernels: &'a GpuPackedKernels,
    rows: u64,
    columns: u64,
    shares_x: bool,
    dense: DeviceMemory,
    experts: GpuExperts,
    x: DeviceMemory,
    y: DeviceMemory,
}

impl<'a> Layer<'a> {
    fn new(
        gpu: &GpuDecoder,
        kernels: &'a GpuPackedKernels,
        (rows, columns): (u64, u64),
        shares_x: bool,
    ) -> anyhow::Result<Self> {
        let bytes = 2 * rows * columns;
        let dense = gpu.allocate(EXPERTS * bytes)?;
        let mut packed = Vec::new();
        for expert in 0..EXPERTS {
            dense.write(expert * bytes, &draw(rows * columns, 0.02, expert)?)?;
            let source = GpuRows::new(&dense, expert * bytes, rows, columns)?;
            packed.push(GpuPackedMatrix::pack(kernels, &source, Form::Fast)?);
        }
        let experts = GpuExperts::new(kernels, packed)?;
        let most = TOKENS.iter().max().copied().unwrap_or(1) * NAMED;
        let x = gpu.allocate(2 * most * columns)?;
        x.write(0, &draw(most * columns, 1.0, 500)?)?;
        // Room for the padded rows of all experts too.
        let y = gpu.allocate(2 * most * rows * 16)?;
        Ok(Self { kernels, rows, columns, shares_x, dense, experts, x, y })
    }

    fn measure(
        &self,
        gpu: &GpuDecoder,
        cublas: &Cublas,
        tokens: u64,
        runs: usize,
    ) -> anyhow::Result<Times> {
        let names: Vec<Vec<u32>> = (0..LAUNCHES).map(|seed| names(tokens, seed as u64)).collect();
        let packed = self.time_packed(gpu, tokens, &names, runs)?;
        let many = names.iter().map(|names| self.many(gpu, names));
        let many = many.collect::<anyhow::Result<Vec<Many>>>()?;
        let workspace = gpu.allocate(32 << 20)?;
        let stream = self.kernels.stream();
        let on = (workspace.address(), workspace.len());
        // SAFETY: both live as long as the products.
        unsafe { cublas.work_on(stream.raw().0, on) }?;
        let time = |multiply: &dyn Fn(&Many) -> anyhow::Result<()>| -> anyhow::Result<f64> {
            let mut result = Ok(());
            let work = || {
                for many in &many {
                    let multiplied = multiply(many);
                    result = std::mem::replace(&mut result, Ok(())).and(multiplied);
                }
                Ok(())
            };
            // SAFETY: all memory lives until this returns.
            let seconds = unsafe { time_graph(stream, runs, work) };
            result?;
            Ok(median(seconds?) / LAUNCHES as f64)
        };
        // SAFETY: the pointers are those of matrices, x and y, which are as long.
        let batched = time(&|many| unsafe { cublas.multiply_many(many, false) })?;
        // SAFETY: as above.
        let grouped = time(&|many| unsafe { cublas.multiply_many(many, true) });
        if let Err(error) = &grouped {
            println!("cublasGemmGroupedBatchedEx is not measured: {error}");
        }
        let (rows, columns, grouped) = (self.rows, self.columns, grouped.ok());
        Ok(Times { rows, columns, tokens, packed, batched, grouped })
    }

    fn time_packed(
        &self,
        gpu: &GpuDecoder,
        tokens: u64,
        names: &[Vec<u32>],
        runs: usize,
    ) -> anyhow::Result<f64> {
        let n = tokens * NAMED;
        let on_device = gpu.allocate(4 * n * LAUNCHES as u64)?;
        let bytes: Vec<u8> = names.iter().flatten().flat_map(|name| name.to_le_bytes()).collect();
        on_device.write(0, &bytes)?;
        let x_rows = if self.shares_x { tokens } else { n };
        let x = RawRows::new(self.x.address(), x_rows, self.columns, self.columns)?;
        let y = RawRows::new(self.y.address(), n, self.rows, self.rows)?;
        let stream = self.kernels.stream();
        let work = || {
            for launch in 0..LAUNCHES as u64 {
                let numbers = on_device.address() + 4 * n * launch;
                // SAFETY: all memory lives until the stream's work is done.
                unsafe { self.experts.launch_multiply(x, numbers, y, stream.raw()) }?;
            }
            Ok(())
        };
        // SAFETY: as above.
        Ok(median(unsafe { time_graph(stream, runs, work) }?) / LAUNCHES as f64)
    }

    /// The dense products of the experts that are named, with as many rows each.
    fn many(&self, gpu: &GpuDecoder, names: &[u32]) -> anyhow::Result<Many> {
        let count = |expert: &u32| names.iter().filter(|name| *name == expert).count() as u64;
        let named: Vec<u32> = (0..EXPERTS as u32).filter(|expert| count(expert) > 0).collect();
        let counts: Vec<u64> = named.iter().map(count).collect();
        let most = counts.iter().max().copied().unwrap_or(1);
        let bytes = 2 * self.rows * self.columns;
        let mut pointers = Vec::new();
        let weights = |&expert: &u32| self.dense.address() + u64::from(expert) * bytes;
        pointers.extend(named.iter().map(weights));
        // The same rows for all: what they hold makes no difference.
        pointers.extend(named.iter().map(|_| self.x.address()));
        let room = self.y.len() / (2 * self.rows * most);
        let y = |place: u64| self.y.address() + place % room * 2 * self.rows * most;
        pointers.extend((0..named.len() as u64).map(y));
        let memory = gpu.allocate(8 * pointers.len() as u64)?;
        let raw: Vec<u8> = pointers.iter().flat_map(|pointer| pointer.to_le_bytes()).collect();
        memory.write(0, &raw)?;
        Ok(Many { rows: self.rows, columns: self.columns, counts, pointers: memory })
    }
}

/// The experts of all tokens, drawn without preference.
fn names(tokens: u64, seed: u64) -> Vec<u32> {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut draw = |_| sample(&mut random, EXPERTS as usize, NAMED as usize).into_vec();
    (0..tokens).flat_map(&mut draw).map(|name| name as u32).collect()
}
