//! Times of captured graphs by events of the device, for benchmarks.
#![allow(unsafe_code)]

use crate::Result;
use crate::gpu::driver::{GpuEvent, GpuGraph, GpuStream};

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
