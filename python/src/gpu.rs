//! Tensors decoded to memory of a GPU's, which Python gives by its address.
#![allow(unsafe_code)]

use crate::cut_source::CutSource;
use crate::opened::{Job, Opened};
use crate::parts::Cut;
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use wcodec::gpu::{GpuDecoder, GpuLoader, GpuStream, LoadOptions, LoadTarget, RawStream};
use wcodec::{Error, Result};

/// A device, and what loads to it: it keeps pinned memory and its kernels from one load to the next.
struct Gpu {
    decoder: GpuDecoder,
    loader: Mutex<GpuLoader>,
}

/// Those that were loaded to, by their numbers.
static GPUS: Mutex<BTreeMap<u32, Arc<Gpu>>> = Mutex::new(BTreeMap::new());

impl Gpu {
    /// The device of this number, opened once. Its context is the primary one, torch's and the CUDA runtime's.
    fn of(ordinal: u32) -> Result<Arc<Self>> {
        let mut gpus = GPUS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gpu) = gpus.get(&ordinal) {
            return Ok(Arc::clone(gpu));
        }
        let decoder = GpuDecoder::open(ordinal)?;
        let loader = Mutex::new(GpuLoader::new(&decoder, LoadOptions::default())?);
        let gpu = Arc::new(Self { decoder, loader });
        gpus.insert(ordinal, Arc::clone(&gpu));
        Ok(gpu)
    }
}

/// Decodes jobs of archives to addresses on a device, after the earlier work on a stream of it.
///
/// # Safety
/// At each job's address the device has its bytes, which nothing else uses until this returns but for earlier work on the
/// stream; that is one of the device's primary context.
pub unsafe fn load(
    opened: &Opened,
    jobs: &[Job],
    (ordinal, stream): (u32, u64),
    cancelled: &AtomicBool,
) -> Result<()> {
    let gpu = Gpu::of(ordinal)?;
    // SAFETY: the caller's condition; it is used in this call alone.
    let stream = unsafe { GpuStream::from_raw(gpu.decoder.context(), RawStream(stream)) };
    let mut loader = gpu.loader.lock().unwrap_or_else(PoisonError::into_inner);
    let advance = stops(cancelled);
    let mut left: Vec<&Job> = jobs.iter().collect();
    for source in opened.blob_sources() {
        let (here, others): (Vec<&Job>, _) =
            left.into_iter().partition(|job| source.find_blob(&job.name).is_ok());
        left = others;
        let targets: Vec<_> = here.iter().copied().map(target).collect();
        if !targets.is_empty() {
            // SAFETY: the caller's condition.
            unsafe { loader.load_into(source, &targets, &stream, &advance) }?;
        }
    }
    match left.first() {
        None => Ok(()),
        Some(job) => Err(Error::InvalidArgument(format!("{:?} is in no archive", job.name))),
    }
}

/// Decodes ranges of the bytes of cuts to addresses on a device, after the earlier work on a stream of it.
///
/// # Safety
/// As for [`load`]: at each address the device has as many bytes as the range.
pub unsafe fn load_cuts(
    cuts: &[(&Cut, Range<u64>, u64)],
    (ordinal, stream): (u32, u64),
    cancelled: &AtomicBool,
) -> Result<()> {
    let source = CutSource::new(cuts.iter().map(|(cut, ..)| *cut))?;
    let names = source.names();
    let targets: Vec<_> = names
        .iter()
        .zip(cuts)
        .map(|(name, (_, range, address))| LoadTarget::new(name, *address).rows(range.clone()))
        .collect();
    let gpu = Gpu::of(ordinal)?;
    // SAFETY: the caller's condition; it is used in this call alone.
    let stream = unsafe { GpuStream::from_raw(gpu.decoder.context(), RawStream(stream)) };
    let mut loader = gpu.loader.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: the caller's condition.
    unsafe { loader.load_into(&source, &targets, &stream, &stops(cancelled)) }
}

/// Progress that ends where this is set.
fn stops(cancelled: &AtomicBool) -> impl Fn(u64) -> ControlFlow<()> + Sync {
    |_| match cancelled.load(Ordering::Relaxed) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    }
}

/// Frees the memory for compressed bytes on a device that was loaded to, which torch cannot use.
#[pyfunction]
pub fn free_gpu_memory(py: Python<'_>, ordinal: u32) {
    py.detach(|| {
        let gpus = GPUS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gpu) = gpus.get(&ordinal) {
            gpu.loader.lock().unwrap_or_else(PoisonError::into_inner).free_device_memory();
        }
    });
}

fn target(job: &Job) -> LoadTarget<'_> {
    LoadTarget::new(&job.name, job.out.address() as u64).rows(job.rows.clone())
}
