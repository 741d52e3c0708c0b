//! Graphs: work that is captured once, and launched as a whole as often as one likes.
#![allow(unsafe_code)]

use super::{GpuContext, GpuStream, failed};
use crate::Result;
use cust::error::ToResult;
use cust::sys::{self, CUgraph, CUgraphExec, CUstreamCaptureMode};

/// Work of a stream, captured.
pub struct GpuGraph {
    exec: CUgraphExec,
    context: GpuContext,
}

// SAFETY: the driver's handles may be used on any thread.
unsafe impl Send for GpuGraph {}
// SAFETY: a launch takes a lock of the driver's.
unsafe impl Sync for GpuGraph {}

impl GpuGraph {
    /// Captures what `work` starts on a stream, which is not the default one, without doing it.
    ///
    /// # Errors
    /// Errors of `work`; [`crate::Error::Gpu`], such as where `work` waits or allocates.
    pub fn capture(stream: &GpuStream, work: impl FnOnce() -> Result<()>) -> Result<Self> {
        let context = stream.context().clone();
        let _current = context.enter()?;
        let (raw, mode) =
            (stream.raw().handle(), CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
        // SAFETY: the stream lives.
        unsafe { sys::cuStreamBeginCapture_v2(raw, mode) }
            .to_result()
            .map_err(failed("begin to capture a graph"))?;
        let worked = work();
        let mut graph: CUgraph = std::ptr::null_mut();
        // SAFETY: the stream lives, and the pointer is valid for a write. The capture is ended
        // whatever became of the work, so that the stream can be used again.
        let ended = unsafe { sys::cuStreamEndCapture(raw, &raw mut graph) }.to_result();
        worked?;
        ended.map_err(failed("capture a graph"))?;
        let mut exec: CUgraphExec = std::ptr::null_mut();
        // SAFETY: the graph was captured above; the pointer is valid for a write.
        let made = unsafe { sys::cuGraphInstantiateWithFlags(&raw mut exec, graph, 0) };
        // SAFETY: the graph is not used again. Where this fails the context is gone, and the graph.
        let _ = unsafe { sys::cuGraphDestroy(graph) };
        made.to_result().map_err(failed("instantiate a graph"))?;
        drop(_current);
        Ok(Self { exec, context })
    }

    /// Starts the captured work on a stream, and does not wait.
    ///
    /// # Errors
    /// [`crate::Error::InvalidArgument`] where the stream is of another context;
    /// [`crate::Error::Gpu`].
    ///
    /// # Safety
    /// The captured work is still allowed, until it is done on the stream.
    pub unsafe fn launch(&self, stream: &GpuStream) -> Result<()> {
        self.context.check_same(stream.context(), "the stream", "the graph")?;
        let _current = self.context.enter()?;
        // SAFETY: both live; the rest is the caller's condition.
        unsafe { sys::cuGraphLaunch(self.exec, stream.raw().handle()) }
            .to_result()
            .map_err(failed("launch a graph"))
    }
}

impl Drop for GpuGraph {
    fn drop(&mut self) {
        let _current = self.context.enter();
        // Where this fails the context is gone, and the graph with it.
        // SAFETY: it is not used again; the driver keeps it until its launches are done.
        let _ = unsafe { sys::cuGraphExecDestroy(self.exec) };
    }
}
