//! A device that decodes deltas.
#![allow(unsafe_code)]

use super::kernels::DeltaKernels;
use super::plan::GpuDeltaPlan;
use crate::Result;
use crate::gpu::decode::GpuDecoder;
use crate::gpu::driver::{GpuStream, RawStream, start_copy_on_device, start_copy_to};
use std::sync::Arc;
use wcodec_kernels::delta::launch::DeltaKernel;

/// A GPU that decodes deltas whose references are in its memory, for any number of threads and streams
/// at once. Clones share all that it has.
///
/// [`GpuDeltaDecoder::upload_plan`] and [`GpuDeltaDecoder::launch`] take addresses and a stream of
/// the caller's: they allocate nothing and wait for nothing. [`crate::gpu::GpuDeltas`] has the memory
/// that it needs.
///
/// A delta is restored whole or not at all: its parts are decoded and checked before anything is
/// written. Whether the reference is the right one is not known here.
#[derive(Clone)]
pub struct GpuDeltaDecoder {
    decoder: GpuDecoder,
    kernels: Arc<DeltaKernels>,
}

impl std::fmt::Debug for GpuDeltaDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GpuDeltaDecoder").field("decoder", &self.decoder).finish_non_exhaustive()
    }
}

impl GpuDeltaDecoder {
    /// Decodes deltas where this decoder decodes.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    pub fn new(decoder: &GpuDecoder) -> Result<Self> {
        let kernels = Arc::new(DeltaKernels::find(decoder.context())?);
        Ok(Self { decoder: decoder.clone(), kernels })
    }

    /// The decoder that it was made for.
    pub fn decoder(&self) -> &GpuDecoder {
        &self.decoder
    }

    /// Starts to copy a tensor that does not differ from its reference, unless it is in place.
    ///
    /// # Errors
    /// [`crate::Error::InvalidArgument`] where the stream is of another context;
    /// [`crate::Error::Gpu`].
    ///
    /// # Safety
    /// Both are addresses of so many bytes, the same or such that these do not overlap; until the
    /// work on the stream is done nothing else uses them.
    pub(crate) unsafe fn start_copy(
        &self,
        from: u64,
        to: u64,
        len: u64,
        stream: &GpuStream,
    ) -> Result<()> {
        if from == to {
            return Ok(());
        }
        let context = self.decoder.context();
        context.check_same(stream.context(), "the stream", "the decoder")?;
        let _current = context.enter()?;
        // SAFETY: the caller's condition.
        unsafe { start_copy_on_device(to, from, len, stream.raw()) }
    }

    /// Copies a reference to a device address after all earlier work on `stream`, and waits for it.
    ///
    /// # Errors
    /// As [`GpuDeltaDecoder::start_copy`].
    ///
    /// # Safety
    /// There is room for it, which nothing else uses but for what was started on `stream` before.
    pub(crate) unsafe fn write(&self, to: u64, bytes: &[u8], stream: &GpuStream) -> Result<()> {
        let context = self.decoder.context();
        context.check_same(stream.context(), "the stream", "the decoder")?;
        let copied = {
            let _current = context.enter()?;
            // SAFETY: the caller's condition; the bytes are borrowed until it is waited for.
            unsafe { start_copy_to(to, bytes, stream.raw()) }
        };
        stream.wait()?;
        copied
    }

    /// Makes a plan ready for a workspace, and starts to copy it there. As for
    /// [`GpuDecoder::upload_plan`], nothing is waited for after [`GpuDeltaPlan::pin`].
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    ///
    /// # Safety
    /// `workspace` is the 256-byte aligned address of [`GpuDeltaPlan::workspace_len`] bytes on this
    /// device, which nothing else uses until the work on `stream` is done; `stream` is a stream of
    /// the decoder's context. A pinned plan is neither changed nor dropped until then.
    pub unsafe fn upload_plan(
        &self,
        plan: &mut GpuDeltaPlan,
        workspace: u64,
        stream: RawStream,
    ) -> Result<()> {
        plan.set_workspace(workspace)?;
        // SAFETY: the plan of the parts is the beginning of the workspace; the rest is the caller's
        // condition.
        unsafe { self.decoder.upload_plan(plan.decode(), workspace, stream) }?;
        let _current = self.decoder.context().enter()?;
        let (to, bytes) = plan.arrays();
        // SAFETY: the arrays are a part of the workspace.
        unsafe { start_copy_to(to, bytes, stream) }
    }

    /// Starts to decode the deltas: launches the kernels; nothing else, and no waiting. When it is
    /// done, the workspace has the statuses ([`GpuDeltaPlan::statuses`]), which are those of all
    /// launches since the plan was uploaded. What is decoded in place is added to again by each
    /// launch.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    ///
    /// # Safety
    /// The plan was uploaded, and its workspace satisfies the conditions of
    /// [`GpuDeltaDecoder::upload_plan`]. At the addresses of the plan's deltas are the bytes that
    /// they were parsed from, the references, and room for the tensors; no tensor overlaps anything
    /// but, where it is decoded in place, its reference. All of that until the work on `stream` is
    /// done.
    pub unsafe fn launch(&self, plan: &GpuDeltaPlan, stream: RawStream) -> Result<()> {
        // SAFETY: the caller's condition.
        unsafe {
            self.launch_checks(plan, stream)?;
            self.launch_restores(plan, stream)
        }
    }

    /// The first part of [`GpuDeltaDecoder::launch`], which decodes and checks gaps and differences,
    /// and no more: for whom all deltas are to be sound before one is restored.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    ///
    /// # Safety
    /// As [`GpuDeltaDecoder::launch`]; references and tensors are not looked at.
    pub unsafe fn launch_checks(&self, plan: &GpuDeltaPlan, stream: RawStream) -> Result<()> {
        // SAFETY: the parts are in the deltas' bytes, and decoded to the workspace; the rest is the
        // caller's condition.
        unsafe { self.decoder.launch(plan.decode(), plan.workspace(), stream) }?;
        // SAFETY: the caller's condition.
        unsafe { self.launch_some(plan, stream, |kernel| kernel == DeltaKernel::Check) }
    }

    /// The second part, which restores the tensors of all deltas that the first one, started before on
    /// the same stream or waited for, found sound.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    ///
    /// # Safety
    /// As [`GpuDeltaDecoder::launch`].
    pub unsafe fn launch_restores(&self, plan: &GpuDeltaPlan, stream: RawStream) -> Result<()> {
        // SAFETY: the caller's condition.
        unsafe { self.launch_some(plan, stream, |kernel| kernel != DeltaKernel::Check) }
    }

    /// Launches some of the kernels.
    ///
    /// # Safety
    /// As [`GpuDeltaDecoder::launch`].
    unsafe fn launch_some(
        &self,
        plan: &GpuDeltaPlan,
        stream: RawStream,
        wanted: impl Fn(DeltaKernel) -> bool,
    ) -> Result<()> {
        for (kernel, blocks, arguments) in plan.launches().filter(|&(kernel, ..)| wanted(kernel)) {
            // SAFETY: the arrays are in the workspace, and have a task for each block; the rest is
            // the caller's condition.
            unsafe { self.kernels.launch(kernel, blocks, &arguments, stream) }?;
        }
        Ok(())
    }
}
