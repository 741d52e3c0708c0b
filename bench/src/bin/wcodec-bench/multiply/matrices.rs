//! Matrices to multiply, dense and packed: more of them than the caches hold.

use super::cublas::{Cublas, Dense};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand_distr::{Distribution, Normal};
use std::time::Instant;
use wcodec::gpu::{
    DensePiece, DeviceMemory, GpuDecoder, GpuPackedKernels, GpuPackedMatrix, GpuRows, GpuStream,
    RawProduct, RawRows,
};
use wcodec::packed::Form;
use wcodec::programs::{time_graph, time_packing};

/// Bytes that all dense matrices together have at least: several times the second-level cache.
const BYTES: u64 = 300 << 20;
/// Bytes of weights that are drawn; longer matrices repeat them.
const DRAWN: u64 = 32 << 20;
/// Bytes of cuBLAS' workspace, as PyTorch gives it.
const WORKSPACE: u64 = 32 << 20;
/// Elements whose errors are measured.
const SAMPLES: usize = 512;

/// Errors of the products beside sums in F64: the mean of squares, over that of the sums.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct Errors {
    pub packed: f64,
    pub unpacked: f64,
    pub dense: f64,
}

pub struct Matrices<'a> {
    kernels: &'a GpuPackedKernels,
    stream: &'a GpuStream,
    rows: u64,
    columns: u64,
    most: u64,
    count: u64,
    dense: DeviceMemory,
    packed: Vec<GpuPackedMatrix>,
    x: DeviceMemory,
    y: DeviceMemory,
    workspace: DeviceMemory,
    /// For pieces that are unpacked.
    room: DeviceMemory,
    weights: Vec<u8>,
    host_x: Vec<u8>,
    /// Seconds that packing one took on the device and the host, the best of all.
    pub pack_seconds: f64,
}

impl<'a> Matrices<'a> {
    /// Draws weights and up to `most` rows of x, and packs. Pieces of `room` bytes are unpacked.
    pub fn new(
        gpu: &'a GpuDecoder,
        kernels: &'a GpuPackedKernels,
        (rows, columns): (u64, u64),
        (most, room): (u64, u64),
    ) -> anyhow::Result<Self> {
        let bytes = 2 * rows * columns;
        let count = BYTES.div_ceil(bytes).max(2);
        let weights = draw(bytes.min(DRAWN) / 2, 0.02, 1)?;
        let host_x = draw(most * columns, 1.0, 2)?;
        let dense = gpu.allocate(count * bytes)?;
        for matrix in 0..count {
            let mut at = 0;
            while at < bytes {
                let len = (weights.len() as u64).min(bytes - at);
                dense.write(matrix * bytes + at, &weights[..len as usize])?;
                at += len;
            }
        }
        let x = gpu.allocate(host_x.len() as u64)?;
        x.write(0, &host_x)?;
        let (mut packed, mut pack_seconds) = (Vec::new(), f64::INFINITY);
        for matrix in 0..count {
            let source = GpuRows::new(&dense, matrix * bytes, rows, columns)?;
            let start = Instant::now();
            packed.push(GpuPackedMatrix::pack(kernels, &source, Form::Fast)?);
            pack_seconds = start.elapsed().as_secs_f64().min(pack_seconds);
        }
        let y = gpu.allocate(count * most * rows * 2)?;
        let workspace = gpu.allocate(WORKSPACE)?;
        let room = gpu.allocate(room)?;
        let stream = kernels.stream();
        Ok(Self {
            kernels,
            stream,
            rows,
            columns,
            most,
            count,
            dense,
            packed,
            x,
            y,
            workspace,
            room,
            weights,
            host_x,
            pack_seconds,
        })
    }

    /// Bytes of a packed matrix.
    pub fn packed_bytes(&self) -> u64 {
        self.packed[0].byte_len()
    }

    /// Exceptions of a packed matrix.
    pub fn exceptions(&self) -> u32 {
        self.packed[0].exceptions()
    }

    fn y_at(&self, matrix: u64) -> u64 {
        self.y.address() + matrix * self.most * self.rows * 2
    }

    /// Seconds of a product with `n` rows of x, packed.
    pub fn time_packed(&self, n: u64, runs: usize) -> anyhow::Result<Vec<f64>> {
        let x = RawRows::new(self.x.address(), n, self.columns, self.columns)?;
        let work = || {
            for (matrix, packed) in (0..).zip(&self.packed) {
                let y = RawRows::new(self.y_at(matrix), n, self.rows, self.rows)?;
                let product = RawProduct::new(packed, y);
                // SAFETY: x and y are as long, and live as long as the stream's work.
                unsafe { self.kernels.launch_multiply(&[product], x, self.stream.raw()) }?;
            }
            Ok(())
        };
        // SAFETY: as above.
        self.each(unsafe { time_graph(self.stream, runs, work) }?)
    }

    /// Seconds of a dense product with `n` rows of x.
    pub fn time_dense(&self, cublas: &Cublas, n: u64, runs: usize) -> anyhow::Result<Vec<f64>> {
        let workspace = (self.workspace.address(), self.workspace.len());
        // SAFETY: both live as long as this.
        unsafe { cublas.work_on(self.stream.raw().0, workspace) }?;
        let mut result = Ok(());
        let work = || {
            for matrix in 0..self.count {
                // SAFETY: weights, x and y are as long, and live as long as the stream's work.
                let multiplied = unsafe { cublas.multiply(&self.dense_product(matrix, n)) };
                result = std::mem::replace(&mut result, Ok(())).and(multiplied);
            }
            Ok(())
        };
        // SAFETY: as above.
        let seconds = unsafe { time_graph(self.stream, runs, work) }?;
        result?;
        self.each(seconds)
    }

    /// How many of `n` rows of a result have other bits than with at most eight rows of x at a time.
    pub fn rows_of_other_bits(&self, n: u64) -> anyhow::Result<usize> {
        let launch = |first: u64, count: u64, y: u64| {
            let x = self.x.address() + 2 * first * self.columns;
            let x = RawRows::new(x, count, self.columns, self.columns)?;
            let y = RawRows::new(y + 2 * first * self.rows, count, self.rows, self.rows)?;
            let product = RawProduct::new(&self.packed[0], y);
            // SAFETY: x and y are as long, and live as long as the stream's work.
            unsafe { self.kernels.launch_multiply(&[product], x, self.stream.raw()) }
        };
        self.y.fill(0xFF)?;
        launch(0, n, self.y_at(0))?;
        for first in (0..n).step_by(8) {
            launch(first, (n - first).min(8), self.y_at(1))?;
        }
        self.stream.wait()?;
        let [mut all, mut few] = [0, 1].map(|_| vec![0; (2 * n * self.rows) as usize]);
        self.y.read(0, &mut all)?;
        self.y.read(self.y_at(1) - self.y_at(0), &mut few)?;
        let row = 2 * self.rows as usize;
        Ok(all.chunks(row).zip(few.chunks(row)).filter(|(all, few)| all != few).count())
    }

    fn dense_product(&self, matrix: u64, n: u64) -> Dense {
        let (rows, columns) = (self.rows, self.columns);
        let weights = self.dense.address() + matrix * 2 * rows * columns;
        let (x, y) = (self.x.address(), self.y_at(matrix));
        Dense { rows, columns, n, weights, x, y, y_stride: rows }
    }

    /// Seconds of a product with `n` rows of x that unpacks for cuBLAS.
    pub fn time_unpacked(&self, cublas: &Cublas, n: u64, runs: usize) -> anyhow::Result<Vec<f64>> {
        let workspace = (self.workspace.address(), self.workspace.len());
        // SAFETY: both live as long as this.
        unsafe { cublas.work_on(self.stream.raw().0, workspace) }?;
        let x = RawRows::new(self.x.address(), n, self.columns, self.columns)?;
        let mut result = Ok(());
        let dense = |piece: DensePiece| {
            let dense = Dense {
                rows: piece.weights.shape().rows().into(),
                columns: self.columns,
                n,
                weights: piece.weights.address(),
                x: piece.x.address(),
                y: piece.y.address(),
                y_stride: piece.y.stride(),
            };
            // SAFETY: weights, x and y are as long, and live as long as the stream's work.
            let multiplied = unsafe { cublas.multiply(&dense) };
            result = std::mem::replace(&mut result, Ok(())).and(multiplied);
            Ok(())
        };
        let seconds = self.time_pieces(x, runs, dense)?;
        result?;
        self.each(seconds)
    }

    /// Seconds of a graph of products whose matrices are unpacked for `dense`.
    fn time_pieces(
        &self,
        x: RawRows,
        runs: usize,
        mut dense: impl FnMut(DensePiece) -> wcodec::Result<()>,
    ) -> anyhow::Result<Vec<f64>> {
        let room = (self.room.address(), self.room.len());
        let work = || {
            for (matrix, packed) in (0..).zip(&self.packed) {
                let n = x.shape().rows().into();
                let y = RawRows::new(self.y_at(matrix), n, self.rows, self.rows)?;
                let product = RawProduct::new(packed, y);
                let stream = self.stream.raw();
                // SAFETY: x, y and the room are as long, and live as long as the stream's work.
                unsafe {
                    self.kernels.launch_multiply_unpacked(&product, x, room, stream, &mut dense)
                }?;
            }
            Ok(())
        };
        // SAFETY: as above.
        Ok(unsafe { time_graph(self.stream, runs, work) }?)
    }

    /// Seconds that the device takes to pack a matrix.
    pub fn time_packing(&self, runs: usize) -> anyhow::Result<Vec<f64>> {
        let bytes = 2 * self.rows * self.columns;
        let weights = (0..self.count).map(|matrix| {
            let at = self.dense.address() + matrix * bytes;
            RawRows::new(at, self.rows, self.columns, self.columns)
        });
        let weights: Vec<_> = weights.collect::<wcodec::Result<_>>()?;
        // SAFETY: the dense matrices are as long, and live as long as this.
        self.each(unsafe { time_packing(self.kernels, &weights, runs) }?)
    }

    /// Seconds of unpacking a matrix, over the dense one that it was packed from.
    pub fn time_unpack(&self, runs: usize) -> anyhow::Result<Vec<f64>> {
        let bytes = 2 * self.rows * self.columns;
        let work = || {
            for (matrix, packed) in (0..).zip(&self.packed) {
                let at = self.dense.address() + matrix * bytes;
                let out = RawRows::new(at, self.rows, self.columns, self.columns)?;
                // SAFETY: the dense matrix is as long, and lives as long as the stream's work.
                unsafe { packed.launch_unpack(0..self.rows as u32, out, self.stream.raw()) }?;
            }
            Ok(())
        };
        // SAFETY: as above.
        self.each(unsafe { time_graph(self.stream, runs, work) }?)
    }

    fn each(&self, seconds: Vec<f64>) -> anyhow::Result<Vec<f64>> {
        Ok(seconds.into_iter().map(|seconds| seconds / self.count as f64).collect())
    }

    /// The errors of all products with `n` rows of x.
    pub fn errors(&self, cublas: &Cublas, n: u64) -> anyhow::Result<Errors> {
        let mut bytes = vec![0; (2 * n * self.rows) as usize];
        self.time_packed(n, 1)?;
        self.y.read(0, &mut bytes)?;
        let packed = self.error(n, &bytes);
        self.y.fill(0xFF)?;
        self.time_unpacked(cublas, n, 1)?;
        self.y.read(0, &mut bytes)?;
        let unpacked = self.error(n, &bytes);
        self.y.fill(0xFF)?;
        self.time_dense(cublas, n, 1)?;
        self.y.read(0, &mut bytes)?;
        Ok(Errors { packed, unpacked, dense: self.error(n, &bytes) })
    }

    /// The error of some elements of a result.
    fn error(&self, n: u64, y: &[u8]) -> f64 {
        let (mut errors, mut squares) = (0.0, 0.0);
        for sample in 0..SAMPLES as u64 {
            // Spread over rows and columns of y.
            let (row, column) = (sample % n, sample * 7919 % self.rows);
            let weights = column * self.columns;
            let sum: f64 = (0..self.columns)
                .map(|k| {
                    let weight = (weights + k) % (self.weights.len() as u64 / 2);
                    value(&self.weights, weight) * value(&self.host_x, row * self.columns + k)
                })
                .sum();
            errors += (value(y, row * self.rows + column) - sum).powi(2);
            squares += sum * sum;
        }
        (errors / squares).sqrt()
    }
}

/// The value of a BF16 number.
fn value(bytes: &[u8], at: u64) -> f64 {
    let at = 2 * at as usize;
    let bits = u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    half::bf16::from_bits(bits).to_f64()
}

/// Draws BF16 numbers of a Gaussian.
pub fn draw(count: u64, sigma: f32, seed: u64) -> anyhow::Result<Vec<u8>> {
    let normal = Normal::new(0.0, sigma)?;
    let mut random = SmallRng::seed_from_u64(seed);
    let mut draw = || half::bf16::from_f32(normal.sample(&mut random)).to_le_bytes();
    Ok((0..count).flat_map(|_| draw()).collect())
}
