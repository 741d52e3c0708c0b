//! A device that decodes.
#![allow(unsafe_code)]

use super::kernels::DecodeKernels;
use super::plan::GpuPlan;
use crate::Result;
use crate::gpu::driver::{
    DeviceMemory, GpuContext, GpuStream, PinnedMemory, RawContext, RawStream, start_copy_to,
};
use std::sync::Arc;

/// A GPU that decodes, for any number of threads and streams at once. Clones share all that it
/// has.
///
/// There are three ways to use it, each built on the one before. [`GpuDecoder::upload_plan`] and
/// [`GpuDecoder::launch`] take addresses and a stream of the caller's: they allocate nothing and
/// wait for nothing. [`crate::gpu::GpuBatch`] holds the memory that it needs.
/// [`crate::gpu::decode_range`] goes from host memory to host memory.
#[derive(Clone)]
pub struct GpuDecoder {
    context: GpuContext,
    kernels: Arc<DecodeKernels>,
    stream: Arc<GpuStream>,
}

impl std::fmt::Debug for GpuDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GpuDecoder").field("context", &self.context).finish_non_exhaustive()
    }
}

impl GpuDecoder {
    /// Opens the GPU with this ordinal and loads the kernels.
    ///
    /// # Errors
    /// [`crate::Error::NoGpu`] where there is no such device or it is too old;
    /// [`crate::Error::Gpu`].
    pub fn open(ordinal: u32) -> Result<Self> {
        Self::new(&GpuContext::open(ordinal)?)
    }

    /// Opens the GPU with this UUID ([`GpuContext::open_uuid`]).
    ///
    /// # Errors
    /// As [`GpuDecoder::open`].
    pub fn open_uuid(uuid: [u8; 16]) -> Result<Self> {
        Self::new(&GpuContext::open_uuid(uuid)?)
    }

    /// Decodes in a context of the caller's.
    ///
    /// # Errors
    /// As [`GpuContext::from_raw`].
    ///
    /// # Safety
    /// As [`GpuContext::from_raw`].
    pub unsafe fn from_context(context: RawContext) -> Result<Self> {
        // SAFETY: the caller's condition.
        Self::new(&unsafe { GpuContext::from_raw(context) }?)
    }

    /// Loads the kernels into a context.
    ///
    /// # Errors
    /// [`crate::Error::NoGpu`] where the device is too old; [`crate::Error::Gpu`].
    pub fn new(context: &GpuContext) -> Result<Self> {
        let kernels = Arc::new(DecodeKernels::find(context)?);
        let stream = Arc::new(GpuStream::new(context)?);
        Ok(Self { context: context.clone(), kernels, stream })
    }

    /// The context that it decodes in.
    pub fn context(&self) -> &GpuContext {
        &self.context
    }

    /// The GPU's ordinal.
    pub fn ordinal(&self) -> u32 {
        self.context.ordinal()
    }

    /// The GPU's name.
    pub fn name(&self) -> &str {
        self.context.name()
    }

    /// The decoder's own stream.
    pub fn stream(&self) -> &GpuStream {
        &self.stream
    }

    /// Makes another stream.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    pub fn new_stream(&self) -> Result<GpuStream> {
        GpuStream::new(&self.context)
    }

    /// Allocates device memory, all of it 0.
    ///
    /// # Errors
    /// [`crate::Error::OutOfMemory`] where the device has too little left; [`crate::Error::Gpu`].
    pub fn allocate(&self, len: u64) -> Result<DeviceMemory> {
        DeviceMemory::new(&self.context, len)
    }

    /// Pins host memory.
    ///
    /// # Errors
    /// [`crate::Error::OutOfMemory`]; [`crate::Error::Gpu`].
    pub fn pin(&self, len: usize) -> Result<PinnedMemory> {
        PinnedMemory::new(&self.context, len)
    }

    /// Starts to copy a plan to its workspace.
    ///
    /// The driver first copies a plan in ordinary memory, for which it may wait until the stream is
    /// done. After [`GpuPlan::pin`] it does neither.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    ///
    /// # Safety
    /// `workspace` is the 256-byte aligned address of [`GpuPlan::workspace_len`] bytes on this
    /// device, which nothing else uses until the work on `stream` is done; `stream` is a stream of
    /// this context. A pinned plan is neither changed nor dropped until then.
    pub unsafe fn upload_plan(
        &self,
        plan: &GpuPlan,
        workspace: u64,
        stream: RawStream,
    ) -> Result<()> {
        let _current = self.context.enter()?;
        // SAFETY: the caller's condition.
        unsafe { start_copy_to(workspace, plan.as_bytes(), stream) }
    }

    /// Starts to decode: launches each kernel once; nothing else, and no waiting. When it is done,
    /// the workspace has the statuses: see [`GpuPlan::statuses`]. They are those of all launches
    /// since the plan was uploaded.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    ///
    /// # Safety
    /// The workspace holds the plan, and satisfies the conditions of [`GpuDecoder::upload_plan`].
    /// The addresses of the plan's tensors hold the blobs whose fronts the plan was made from, and
    /// have room for the decoded rows and, which nothing else uses, for what is decoded on the way;
    /// all of that until the work on `stream` is done.
    pub unsafe fn launch(&self, plan: &GpuPlan, workspace: u64, stream: RawStream) -> Result<()> {
        for (kernel, blocks, addresses) in plan.launches(workspace) {
            // SAFETY: these are every kernel's arguments, in their order, and there is a task for
            // each warp; the rest is the caller's condition.
            unsafe { self.kernels.launch(kernel, blocks, addresses, stream) }?;
        }
        if let Some((blocks, tasks)) = plan.transposes(workspace) {
            // SAFETY: there is a task for each block; the rest is the caller's condition.
            unsafe { self.kernels.launch_transpose(blocks, tasks, stream) }?;
        }
        Ok(())
    }

    /// Waits until all work on the decoder's own stream is done.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    pub fn wait(&self) -> Result<()> {
        self.stream.wait()
    }
}
