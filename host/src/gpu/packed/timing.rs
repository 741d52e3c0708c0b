//! Times of captured graphs by events of the device, for benchmarks.
#![allow(unsafe_code)]

use super::kernels::GpuPackedKernels;
use super::pack::{Work, sizes};
use super::rows::RawRows;
use crate::Result;
use crate::gpu::driver::{DeviceMemory, GpuEvent, GpuGraph, GpuStream};
use wcodec_codec::packed::{Form, Layout, most_exceptions, sample_distance};

/// Captures work of a stream in a graph, and launches it `runs` times after a warm-up; gives the
/// seconds of each launch.
///
/// # Errors
/// Those of `work`; [`crate::Error::Gpu`].
///
/// # Safety
/// As [`GpuGraph::launch`], until this returns.
pub unsafe fn time_graph(
    stream: &GpuStream,
    runs: usize,
    work: impl FnOnce() -> Result<()>,
) -> Result<Vec<f64>> {
    let graph = GpuGraph::capture(stream, work)?;
    let context = stream.context();
    let (start, end) = (GpuEvent::timed(context)?, GpuEvent::timed(context)?);
    let mut seconds = Vec::new();
    for run in 0..runs + 2 {
        stream.record(&start)?;
        // SAFETY: the caller's condition.
        unsafe { graph.launch(stream) }?;
        stream.record(&end)?;
        stream.wait()?;
        if run >= 2 {
            seconds.push(end.seconds_since(&start)?);
        }
    }
    Ok(seconds)
}

/// The seconds that the device takes to pack each of some matrices of one shape in the fast form,
/// one after another, `runs` times: nothing is allocated or waited for between them.
///
/// # Errors
/// As [`GpuPackedMatrix::pack`](super::GpuPackedMatrix::pack).
///
/// # Safety
/// The weights are readable until this returns.
pub unsafe fn time_packing(
    kernels: &GpuPackedKernels,
    weights: &[RawRows],
    runs: usize,
) -> Result<Vec<f64>> {
    let stream = kernels.stream();
    let Some(shape) = weights.first().map(RawRows::shape) else { return Ok(Vec::new()) };
    let layout = Layout { shape, form: Form::Fast, exceptions: most_exceptions(shape) };
    let packed = weights.iter().map(|_| DeviceMemory::new(kernels.context(), layout.len()));
    let packed: Vec<DeviceMemory> = packed.collect::<Result<_>>()?;
    let sizes = sizes(shape);
    let workspace = DeviceMemory::new(kernels.context(), sizes.len())?;
    let mut work = Work { kernels, weights: weights[0], workspace, sizes, stream };
    let pack_all = || {
        for (&rows, memory) in weights.iter().zip(&packed) {
            work.weights = rows;
            // SAFETY: the memory is as long as the layout says; the rest is the caller's condition.
            unsafe { work.launch(memory, &layout, sample_distance(shape)) }?;
        }
        Ok(())
    };
    // SAFETY: memory and workspace live until this returns, the weights by the caller's condition.
    unsafe { time_graph(stream, runs, pack_all) }
}
