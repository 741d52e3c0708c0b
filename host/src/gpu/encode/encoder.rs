//! A device that encodes.
#![allow(unsafe_code)]

use super::kernels::EncodeKernels;
use super::plan::GpuEncodePlan;
use crate::Result;
use crate::gpu::driver::{GpuContext, GpuStream, RawStream, start_copy_to, start_zeroing};
use std::sync::Arc;

/// A GPU that encodes, for any number of threads and streams at once. Clones share all that it has.
///
/// There are two ways to use it, the second built on the first. [`GpuEncoder::upload_plan`] and
/// [`GpuEncoder::launch`] take addresses and a stream of the caller's: they allocate nothing and
/// wait for nothing, and where the blobs lie stays on the device until the caller reads it.
/// [`GpuEncoder::encode`] allocates what it needs.
///
/// The same tensor gives the same blob, on any GPU, which every decoder decodes.
#[derive(Clone)]
pub struct GpuEncoder {
    context: GpuContext,
    kernels: Arc<EncodeKernels>,
    stream: Arc<GpuStream>,
}

impl std::fmt::Debug for GpuEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GpuEncoder").field("context", &self.context).finish_non_exhaustive()
    }
}

impl GpuEncoder {
    /// Opens the GPU with this ordinal and loads the kernels.
    ///
    /// # Errors
    /// [`crate::Error::NoGpu`] where there is no such device or it is too old;
    /// [`crate::Error::Gpu`].
    pub fn open(ordinal: u32) -> Result<Self> {
        Self::new(&GpuContext::open(ordinal)?)
    }

    /// Loads the kernels into a context.
    ///
    /// # Errors
    /// [`crate::Error::NoGpu`] where the device is too old; [`crate::Error::Gpu`].
    pub fn new(context: &GpuContext) -> Result<Self> {
        let kernels = Arc::new(EncodeKernels::find(context)?);
        let stream = Arc::new(GpuStream::new(context)?);
        Ok(Self { context: context.clone(), kernels, stream })
    }

    /// The context that it encodes in.
    pub fn context(&self) -> &GpuContext {
        &self.context
    }

    /// The encoder's own stream.
    pub fn stream(&self) -> &GpuStream {
        &self.stream
    }

    /// Starts to copy a plan to its workspace. The driver first copies it, for which it may wait
    /// until the stream is done.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    ///
    /// # Safety
    /// `workspace` is the 256-byte aligned address of [`GpuEncodePlan::workspace_len`] bytes on this
    /// device, which nothing else uses until the work on `stream` is done; `stream` is a stream of
    /// this context.
    pub unsafe fn upload_plan(
        &self,
        plan: &GpuEncodePlan,
        workspace: u64,
        stream: RawStream,
    ) -> Result<()> {
        let _current = self.context.enter()?;
        // SAFETY: the caller's condition.
        unsafe { start_copy_to(workspace, plan.as_bytes(), stream) }
    }

    /// Starts to encode: launches the kernels, and nothing else; as often as one likes, for what the
    /// tensors then are. When it is done, each buffer holds a blob, and the workspace says where in
    /// it ([`GpuEncodePlan::places`]).
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    ///
    /// # Safety
    /// The workspace holds the plan, and satisfies the conditions of [`GpuEncoder::upload_plan`].
    /// The tensors are readable and do not change, and their buffers, which do not overlap anything,
    /// are used by nothing else, until the work on `stream` is done.
    pub unsafe fn launch(
        &self,
        plan: &GpuEncodePlan,
        workspace: u64,
        stream: RawStream,
    ) -> Result<()> {
        let counts = plan.counts();
        {
            let _current = self.context.enter()?;
            // SAFETY: a part of the workspace.
            unsafe { start_zeroing(workspace + counts.start, counts.end - counts.start, stream) }?;
        }
        for (kernel, blocks, arguments) in plan.launches(workspace) {
            // SAFETY: the plan's arrays are in the workspace; the rest is the caller's condition.
            unsafe { self.kernels.launch(kernel, blocks, &arguments, stream) }?;
        }
        Ok(())
    }
}
