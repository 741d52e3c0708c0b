//! Measuring: a batch is decoded into poisoned memory, compared byte for byte, and only then timed.

use super::report::{Part, Report, Row, Target};
use anyhow::{Result, ensure};
use std::collections::BTreeSet;
use std::sync::Arc;
use wcodec::gpu::{DeviceMemory, GpuBatch, GpuDecoder, probe};
use wcodec::programs::analyze::entropy_limit;
use wcodec::programs::{copy_bandwidth, time_decode_after};
use wcodec::{Blob, Dtype, Encoder, TensorView};
use wcodec_bench::data::DataSet;
use wcodec_bench::spread::{Spread, rates, roofline};

/// Bytes of the sample that large amounts of data repeat, a whole number of 4096-byte rows.
pub const SAMPLE: usize = 64 << 20;

/// Bytes that are written over before each timed run: several times what the second-level cache of
/// any GPU holds.
const FLUSHED: u64 = 256_000_000;

/// A GPU, and the settings shared by all measurements on it.
pub struct Bench {
    gpu: GpuDecoder,
    flush: DeviceMemory,
    runs: usize,
    copied_bytes: u64,
    copy: Spread,
}

/// A tensor and its blob.
pub struct Encoded {
    pub dtype: Dtype,
    data: Vec<u8>,
    blob: Vec<u8>,
    /// Bytes that the order-0 entropy allows.
    limit: u64,
}

/// The content of the second-level cache when a timed run begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    /// As much as fits of the batch.
    Hot,
    /// Other memory, just written: a run pays for writing some of it back, too.
    Cold,
}

/// A measurement to make.
pub struct Case<'a> {
    pub part: Part,
    pub name: String,
    pub tensors: Vec<&'a Encoded>,
    pub cache: Cache,
    pub target: Target,
}

impl Encoded {
    /// Encodes `data`, rows of 4096 bytes.
    pub fn of_rows(encoder: &Encoder, dtype: Dtype, data: Vec<u8>) -> Result<Self> {
        let shape = [data.len() as u64 / 4096, 8 * 4096 / dtype.bitsize() as u64];
        Self::new(encoder, dtype, &shape, data)
    }

    pub fn new(encoder: &Encoder, dtype: Dtype, shape: &[u64], data: Vec<u8>) -> Result<Self> {
        let tensor = TensorView::new(dtype, shape, &data)?;
        let (blob, limit) = (encoder.encode(&tensor)?, entropy_limit(&tensor)?);
        Ok(Self { dtype, data, blob, limit })
    }

    /// The sample of a set, as the encoder chooses.
    pub fn sample(set: &DataSet) -> Result<Self> {
        Self::of_rows(&Encoder::new(), set.dtype, set.generate(SAMPLE, 1))
    }

    /// The blob, parsed.
    pub fn blob(&self) -> wcodec::Result<Blob<'_>> {
        Blob::parse(&self.blob)
    }
}

impl Bench {
    /// Opens the first GPU and measures its copy bandwidth with `megabytes`, in whole samples.
    pub fn open(megabytes: usize, runs: usize) -> Result<Self> {
        let gpu = GpuDecoder::open(0)?;
        let copied_bytes = ((megabytes * 1_000_000).div_ceil(SAMPLE).max(1) * SAMPLE) as u64;
        let copy = Spread::of(copy_bandwidth(&gpu, copied_bytes, runs)?);
        let flush = gpu.allocate(FLUSHED)?;
        Ok(Self { gpu, flush, runs, copied_bytes, copy })
    }

    /// The GPU.
    pub fn gpu(&self) -> &GpuDecoder {
        &self.gpu
    }

    /// Timed runs of each measurement.
    pub fn runs(&self) -> usize {
        self.runs
    }

    /// Bytes that were copied to tell the copy bandwidth.
    pub fn copied_bytes(&self) -> u64 {
        self.copied_bytes
    }

    /// Bytes read and written a second by that copy.
    pub fn copy(&self) -> Spread {
        self.copy
    }

    /// Starts to fill the second-level cache with other memory, on the GPU's own stream.
    pub fn flush_cache(&self) -> wcodec::Result<()> {
        self.flush.fill_on(0, self.gpu.stream())
    }

    /// A report without rows.
    pub fn report(&self) -> Report {
        Report {
            version: env!("CARGO_PKG_VERSION"),
            device: probe().to_string(),
            runs: self.runs,
            copied_bytes: self.copied_bytes,
            copy: self.copy,
            rows: Vec::new(),
        }
    }

    /// Copies of a sample that make up a large batch.
    pub fn copies<'a>(&self, sample: &'a Encoded) -> Vec<&'a Encoded> {
        vec![sample; self.copied_bytes as usize / SAMPLE]
    }

    /// Decodes all tensors of a case in one call, compares and times.
    pub fn measure(&self, case: Case<'_>) -> Result<Row> {
        let blobs: Vec<Blob<'_>> =
            case.tensors.iter().map(|tensor| tensor.blob()).collect::<wcodec::Result<_>>()?;
        let (offsets, len) = GpuBatch::output_offsets(&blobs);
        let out = Arc::new(self.gpu.allocate(len)?);
        out.fill(0xA5)?;
        let batch = GpuBatch::upload(&self.gpu, &blobs, &out)?;
        batch.decode()?;
        let unsound = batch.corrupt_tiles()?;
        ensure!(unsound.iter().all(Option::is_none), "{}: unsound: {unsound:?}", case.name);
        for (offset, tensor) in offsets.into_iter().zip(&case.tensors) {
            let mut decoded = vec![0; tensor.data.len()];
            out.read(offset, &mut decoded)?;
            ensure!(decoded == tensor.data, "{}: the decoded bytes differ", case.name);
        }
        let seconds = self.time(&batch, case.cache)?;
        Ok(self.row(case, &blobs, &seconds))
    }

    /// The device is kept busy before each run until all of the run has been queued, so that the
    /// device's work is timed and not the host's launches.
    fn time(&self, batch: &GpuBatch, cache: Cache) -> Result<Vec<f64>> {
        let prepare = || {
            self.flush_cache()?;
            match cache {
                Cache::Hot => batch.decode(),
                Cache::Cold => Ok(()),
            }
        };
        Ok(time_decode_after(batch, self.runs, prepare)?)
    }

    fn row(&self, case: Case<'_>, blobs: &[Blob<'_>], seconds: &[f64]) -> Row {
        let Case { part, name, tensors, target, .. } = case;
        let sum = |bytes: fn(&Encoded) -> u64| tensors.iter().map(|t| bytes(t)).sum::<u64>();
        let decoded_bytes = sum(|tensor| tensor.data.len() as u64);
        let compressed_bytes = sum(|tensor| tensor.blob.len() as u64);
        let codecs: BTreeSet<String> =
            blobs.iter().map(|blob| format!("{:?}", blob.layout().limits.codec)).collect();
        let rate = rates(decoded_bytes, seconds);
        let ratio = decoded_bytes as f64 / compressed_bytes as f64;
        let roofline = roofline(self.copy.median / 1e9, ratio);
        let share_of_copy = rate.median / roofline;
        Row {
            part,
            name,
            dtype: format!("{:?}", tensors[0].dtype),
            codecs: codecs.into_iter().collect::<Vec<_>>().join("+"),
            tensors: tensors.len(),
            tiles: blobs.iter().map(|blob| u64::from(blob.layout().grid.tile_count())).sum(),
            decoded_bytes,
            compressed_bytes,
            ratio,
            limit: decoded_bytes as f64 / sum(|tensor| tensor.limit) as f64,
            rate,
            roofline,
            share_of_copy,
            target,
            met: target.met(ratio, rate.max, share_of_copy),
        }
    }
}
