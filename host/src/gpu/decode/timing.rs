//! Times by events of the device, for benchmarks.

use super::batch::GpuBatch;
use super::decoder::GpuDecoder;
use crate::Result;
use crate::gpu::driver::{DeviceMemory, GpuEvent};

/// Decodes a batch `runs` times after a warm-up; returns the seconds of each run, launches only.
///
/// # Errors
/// [`crate::Error::Gpu`].
pub fn time_decode(batch: &GpuBatch, runs: usize) -> Result<Vec<f64>> {
    time_decode_after(batch, runs, || Ok(()))
}

/// As [`time_decode`], with untimed work before each run, which `prepare` starts on the decoder's
/// stream.
///
/// # Errors
/// [`crate::Error::Gpu`]; errors of `prepare`.
pub fn time_decode_after(
    batch: &GpuBatch,
    runs: usize,
    prepare: impl Fn() -> Result<()>,
) -> Result<Vec<f64>> {
    batch.decode()?;
    time(batch.decoder(), runs, prepare, || batch.decode())
}

/// Copies `len` bytes on the device `runs` times after a warm-up; returns the bytes read and
/// written a second of each run: the roofline of everything that only moves memory.
///
/// # Errors
/// [`crate::Error::OutOfMemory`]; [`crate::Error::Gpu`].
pub fn copy_bandwidth(gpu: &GpuDecoder, len: u64, runs: usize) -> Result<Vec<f64>> {
    let (source, target) = (gpu.allocate(len)?, DeviceMemory::uninitialised(gpu.context(), len)?);
    source.fill(0x5A)?;
    let copy = || target.copy_from_on(&source, gpu.stream());
    copy()?;
    let seconds = time(gpu, runs, || Ok(()), copy)?;
    Ok(seconds.into_iter().map(|seconds| 2.0 * len as f64 / seconds).collect())
}

/// The seconds of each run of some work, with untimed work before it, on the decoder's stream.
pub(in crate::gpu) fn time(
    gpu: &GpuDecoder,
    runs: usize,
    prepare: impl Fn() -> Result<()>,
    work: impl Fn() -> Result<()>,
) -> Result<Vec<f64>> {
    let mut seconds = Vec::new();
    let (start, end) = (GpuEvent::timed(gpu.context())?, GpuEvent::timed(gpu.context())?);
    for _ in 0..runs {
        prepare()?;
        gpu.stream().record(&start)?;
        work()?;
        gpu.stream().record(&end)?;
        gpu.wait()?;
        seconds.push(end.seconds_since(&start)?);
    }
    Ok(seconds)
}
