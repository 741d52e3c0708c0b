//! A device that decodes.
#![allow(unsafe_code)]

use super::batch::Target;
use super::device::OpenDevice;
use super::memory::DeviceMemory;
use super::pinned::PinnedMemory;
use super::plan::GpuPlan;
use super::stream::{GpuEvent, GpuStream, RawStream};
use super::succeeded;
use crate::decode::unsound;
use crate::{Blob, Result};
use cust::sys;
use std::ops::Range;
use std::sync::Arc;
use wcodec_kernels::launch::{BLOCK_WARPS, TileTask};

/// Bytes of the tasks of a block.
const BLOCK_BYTES: u64 = BLOCK_WARPS as u64 * size_of::<TileTask>() as u64;

/// A GPU that decodes, for any number of threads and streams at once.
///
/// There are three ways to use it, each built on the one before. [`GpuDecoder::upload_plan`] and [`GpuDecoder::launch`] take
/// addresses and a stream of the caller's: they allocate nothing and wait for nothing. [`GpuDecoder::upload`] and
/// [`GpuDecoder::decode`] hold the memory that they need. [`GpuDecoder::decode_range`] goes from host memory to host memory.
pub struct GpuDecoder {
    stream: GpuStream,
    device: Arc<OpenDevice>,
}

impl std::fmt::Debug for GpuDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GpuDecoder").field("name", &self.device.name).finish_non_exhaustive()
    }
}

impl GpuDecoder {
    /// Opens the GPU with this ordinal and loads the kernels.
    ///
    /// # Errors
    /// [`crate::Error::NoGpu`] where there is no such device or it is too old; [`crate::Error::Gpu`].
    pub fn open(ordinal: u32) -> Result<Self> {
        let device = Arc::new(OpenDevice::open(ordinal)?);
        Ok(Self { stream: GpuStream::new(&device)?, device })
    }

    /// The GPU's ordinal.
    pub fn ordinal(&self) -> u32 {
        self.device.ordinal
    }

    /// The GPU's name.
    pub fn name(&self) -> &str {
        &self.device.name
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
        GpuStream::new(&self.device)
    }

    /// Makes the device's context the calling thread's.
    pub(super) fn make_current(&self) -> Result<()> {
        self.device.make_current()
    }

    pub(super) fn event(&self) -> Result<GpuEvent> {
        GpuEvent::new(&self.device)
    }

    /// Allocates device memory.
    ///
    /// # Errors
    /// [`crate::Error::OutOfMemory`] where the device has too little left; [`crate::Error::Gpu`].
    pub fn allocate(&self, len: u64) -> Result<DeviceMemory> {
        DeviceMemory::new(&self.device, len)
    }

    /// Pins host memory.
    ///
    /// # Errors
    /// [`crate::Error::OutOfMemory`]; [`crate::Error::Gpu`].
    pub fn pin(&self, len: usize) -> Result<PinnedMemory> {
        PinnedMemory::new(&self.device, len)
    }

    /// Begins to copy a plan to its workspace. The plan may be dropped at once: the driver keeps a copy.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    ///
    /// # Safety
    /// `workspace` is the 256-byte aligned address of [`GpuPlan::workspace_len`] bytes on this device, which nothing else uses
    /// until what was begun on `stream` is done; `stream` is a stream of this device's primary context.
    pub unsafe fn upload_plan(
        &self,
        plan: &GpuPlan,
        workspace: u64,
        stream: RawStream,
    ) -> Result<()> {
        self.device.make_current()?;
        let bytes = plan.as_bytes();
        // SAFETY: the caller's condition.
        let result = unsafe {
            sys::cuMemcpyHtoDAsync_v2(
                workspace,
                bytes.as_ptr().cast(),
                bytes.len(),
                stream.handle(),
            )
        };
        succeeded("copy to the device", result)
    }

    /// Begins to decode: launches each kernel once; nothing else, and no waiting. When it is done, the workspace has the
    /// statuses: see [`GpuPlan::statuses`]. They are those of all launches since the plan was uploaded.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    ///
    /// # Safety
    /// The workspace holds the plan, and satisfies what [`GpuDecoder::upload_plan`] says. At the addresses of the plan's tensors
    /// the blobs lie, of which the plan was given the fronts, and there is room for what is decoded of them; all of that until
    /// what was begun on `stream` is done.
    pub unsafe fn launch(&self, plan: &GpuPlan, workspace: u64, stream: RawStream) -> Result<()> {
        self.device.make_current()?;
        let parts = plan.parts;
        for (kernel, blocks) in &plan.launches {
            let first_task = u64::from(blocks.start) * BLOCK_BYTES;
            let arguments = [
                workspace + parts.tasks + first_task,
                workspace + parts.tables,
                workspace + parts.statuses,
            ];
            // SAFETY: these are every kernel's arguments, in their order, and there is a task for each warp; the rest is the
            // caller's condition.
            unsafe { self.device.kernels.launch(kernel, blocks.len() as u32, arguments, stream) }?;
        }
        Ok(())
    }

    /// Waits until everything that was begun on the decoder's own stream is done.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    pub fn wait(&self) -> Result<()> {
        self.stream.wait()
    }

    /// Decodes the bytes `range` of a tensor into host memory of that length.
    ///
    /// # Errors
    /// [`crate::Error::Corrupt`] naming the first bad tile; [`crate::Error::OutOfMemory`]; [`crate::Error::Gpu`].
    pub fn decode_range(&self, blob: &Blob<'_>, range: Range<u64>, out: &mut [u8]) -> Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        let grid = &blob.layout().grid;
        let tile_row_bytes = grid.row_bytes() * u64::from(grid.tile_rows());
        let tile_rows = range.start / tile_row_bytes..range.end.div_ceil(tile_row_bytes);
        let start = tile_rows.start * tile_row_bytes;
        let end = (tile_rows.end * tile_row_bytes).min(grid.byte_len());
        let memory = self.allocate(end - start)?;
        // Byte 0 of the tensor would lie before the memory, by a multiple of 512 bytes; only tiles inside are decoded.
        let target = Target { blob, out: memory.address().wrapping_sub(start), tile_rows };
        let batch = self.upload_targets(&[target], &memory)?;
        self.decode(&batch)?;
        if let Some(tile) = self.unsound_tiles(&batch)?.into_iter().flatten().next() {
            return Err(unsound(tile));
        }
        memory.read(range.start - start, out)
    }
}
