//! Decoding blobs on a device.
#![allow(unsafe_code)]

use super::device::OpenDevice;
use super::memory::DeviceMemory;
use super::plan::{Plan, PlannedTensor};
use super::{failed, kernels};
use crate::decode::unsound;
use crate::{Blob, Error, Result};
use cust::stream::{Stream, StreamFlags};
use std::ffi::c_void;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;
use wcodec_kernels::launch::{BLOCK_WARPS, Kernel, SOUND, WorkUnit};

/// Blobs and decoded tensors of a batch lie on multiples of this.
const ALIGN: u64 = 256;

/// A GPU that decodes.
///
/// All methods may be called from any thread, one at a time.
pub struct GpuDecoder {
    // Before the device: a stream is destroyed in the context that the device keeps alive.
    pub(super) stream: Stream,
    device: Arc<OpenDevice>,
}

impl std::fmt::Debug for GpuDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GpuDecoder").field("name", &self.device.name).finish_non_exhaustive()
    }
}

/// Blobs on the device, ready to be decoded as often as one likes to the memory that it was uploaded for.
pub struct GpuBatch<'out> {
    /// Blobs, then the plan, in one piece.
    memory: DeviceMemory,
    statuses: DeviceMemory,
    launches: Vec<(Kernel, Range<u32>)>,
    parts: PlanParts,
    // Kernels write there by address, so it must not be freed before the batch is gone.
    out: PhantomData<&'out DeviceMemory>,
}

impl GpuBatch<'_> {
    /// Bytes of device memory that the blobs and the plan take.
    pub fn device_bytes(&self) -> u64 {
        self.memory.len()
    }
}

/// Device addresses of a plan's arrays.
#[derive(Clone, Copy)]
struct PlanParts {
    tables: u64,
    units: u64,
    tasks: u64,
}

/// One tensor of a batch: its blob, the device address of decoded byte 0, and the tile rows wanted.
struct Target<'a, 'b> {
    blob: &'a Blob<'b>,
    out: u64,
    tile_rows: Range<u64>,
}

impl GpuDecoder {
    /// Opens the GPU with this ordinal and loads the kernels.
    ///
    /// # Errors
    /// [`Error::NoGpu`] where there is no such device or it is too old; [`Error::Gpu`].
    pub fn open(ordinal: u32) -> Result<Self> {
        let device = Arc::new(OpenDevice::open(ordinal)?);
        // Ordered with the copies of `DeviceMemory`, which run on the default stream.
        let stream = Stream::new(StreamFlags::DEFAULT, None).map_err(failed("create a stream"))?;
        Ok(Self { stream, device })
    }

    /// The GPU's ordinal.
    pub fn ordinal(&self) -> u32 {
        self.device.ordinal
    }

    /// The GPU's name.
    pub fn name(&self) -> &str {
        &self.device.name
    }

    /// Allocates device memory.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`] where the device has too little left; [`Error::Gpu`].
    pub fn allocate(&self, len: u64) -> Result<DeviceMemory> {
        DeviceMemory::new(&self.device, len)
    }

    /// Where the decoded tensors of a batch lie in one piece of device memory: their offsets, and its length.
    pub fn output_offsets(blobs: &[Blob<'_>]) -> (Vec<u64>, u64) {
        offsets(blobs.iter().map(Blob::byte_len))
    }

    /// Copies blobs to the device, to be decoded to [`GpuDecoder::output_offsets`] in `out`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where `out` is too small; [`Error::OutOfMemory`]; [`Error::Gpu`].
    pub fn upload<'out>(
        &self,
        blobs: &[Blob<'_>],
        out: &'out DeviceMemory,
    ) -> Result<GpuBatch<'out>> {
        let (offsets, len) = Self::output_offsets(blobs);
        if len > out.len() {
            return Err(Error::InvalidArgument(format!(
                "{len} decoded bytes into {} bytes of device memory",
                out.len()
            )));
        }
        let target = |(blob, offset): (_, u64)| Target {
            blob,
            out: out.address() + offset,
            tile_rows: 0..tile_rows(blob),
        };
        self.upload_targets(&blobs.iter().zip(offsets).map(target).collect::<Vec<_>>(), out)
    }

    /// Copies the targets' blobs to the device; what they point to lies in `out`.
    fn upload_targets<'out>(
        &self,
        targets: &[Target<'_, '_>],
        _out: &'out DeviceMemory,
    ) -> Result<GpuBatch<'out>> {
        let (blob_offsets, blobs_len) = offsets(targets.iter().map(|t| t.blob.layout().blob_len));
        // The plan needs the addresses of the blobs, which it shares the memory with; only their sizes depend on them.
        let plan_at = |address: u64| {
            let planned = targets.iter().zip(&blob_offsets).map(|(target, offset)| PlannedTensor {
                blob: target.blob,
                address: address + offset,
                out: target.out,
                tile_rows: target.tile_rows.clone(),
            });
            Plan::new(&planned.collect::<Vec<_>>(), BLOCK_WARPS as usize)
        };
        let plan_len = plan_bytes(&plan_at(0)).1.len() as u64;
        let memory = DeviceMemory::new(&self.device, blobs_len + plan_len)?;
        for (target, &offset) in targets.iter().zip(&blob_offsets) {
            memory.write(offset, target.blob.as_bytes())?;
        }
        let plan = plan_at(memory.address());
        let (part_offsets, bytes) = plan_bytes(&plan);
        memory.write(blobs_len, &bytes)?;
        let at = |part: usize| memory.address() + blobs_len + part_offsets[part];
        let parts = PlanParts { tables: at(0), units: at(1), tasks: at(2) };
        let statuses = DeviceMemory::new(&self.device, targets.len() as u64 * 4)?;
        Ok(GpuBatch { memory, statuses, launches: plan.launches, parts, out: PhantomData })
    }

    /// Begins to decode a batch: one launch for each kernel that it needs, nothing else, and no waiting.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub fn decode(&self, batch: &GpuBatch<'_>) -> Result<()> {
        self.device.make_current()?;
        batch.statuses.fill((SOUND & 0xFF) as u8)?;
        self.launch_all(batch)
    }

    pub(super) fn launch_all(&self, batch: &GpuBatch<'_>) -> Result<()> {
        for (kernel, units) in &batch.launches {
            self.launch(batch, kernel, units)?;
        }
        Ok(())
    }

    fn launch(&self, batch: &GpuBatch<'_>, kernel: &Kernel, units: &Range<u32>) -> Result<()> {
        let function =
            self.device.module.get_function(kernel.name).map_err(failed("find a kernel"))?;
        let (threads, shared) = (32 * BLOCK_WARPS, kernel.memory.block_bytes());
        kernels::allow_shared_memory(&function, shared)?;
        let PlanParts { tables, units: all_units, tasks } = batch.parts;
        let first_unit = all_units + u64::from(units.start) * size_of::<WorkUnit>() as u64;
        let statuses = batch.statuses.address();
        let arguments = [&first_unit, &tasks, &tables, &statuses].map(argument);
        // SAFETY: the arguments are those of every kernel in `kernels.rs`, in their order, and there is a unit for each
        // block. The plan's arrays lie in the batch's memory; its tasks point into the batch's blobs, whose layout was
        // checked when they were parsed, and to output that `upload` found large enough.
        unsafe {
            self.stream.launch(&function, units.end - units.start, threads, shared, &arguments)
        }
        .map_err(failed("launch a kernel"))
    }

    /// Waits until everything that was begun is done.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub fn wait(&self) -> Result<()> {
        self.device.make_current()?;
        self.stream.synchronize().map_err(failed("decode"))
    }

    /// Waits, and gives for each tensor of a batch the first tile that is not sound, if there is one.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub fn unsound_tiles(&self, batch: &GpuBatch<'_>) -> Result<Vec<Option<u32>>> {
        self.wait()?;
        let mut bytes = vec![0; batch.statuses.len() as usize];
        batch.statuses.read(0, &mut bytes)?;
        let statuses = bytes.as_chunks().0.iter().map(|&status| u32::from_le_bytes(status));
        Ok(statuses.map(|tile| (tile != SOUND).then_some(tile)).collect())
    }

    /// Decodes the bytes `range` of a tensor into host memory of that length.
    ///
    /// # Errors
    /// [`Error::Corrupt`] naming the first bad tile; [`Error::OutOfMemory`]; [`Error::Gpu`].
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

fn argument<T>(value: &T) -> *mut c_void {
    std::ptr::from_ref(value).cast_mut().cast()
}

/// Tile rows of a tensor.
fn tile_rows(blob: &Blob<'_>) -> u64 {
    blob.layout().grid.rows().div_ceil(blob.layout().grid.tile_rows().into())
}

/// Aligned offsets of parts with these lengths, one after another, and where the last ends, rounded up.
fn offsets(lengths: impl Iterator<Item = u64>) -> (Vec<u64>, u64) {
    let mut end = 0u64;
    let place = |len: u64| {
        let offset = end;
        // Lengths of things in memory: their sum is far from overflowing.
        end = (end + len).next_multiple_of(ALIGN);
        offset
    };
    let offsets = lengths.map(place).collect();
    (offsets, end)
}

/// A plan's arrays in one piece, and their offsets in it: tables, units, tasks.
fn plan_bytes(plan: &Plan) -> (Vec<u64>, Vec<u8>) {
    let arrays: [&[u8]; 3] = [
        bytemuck::cast_slice(&plan.tables),
        bytemuck::cast_slice(&plan.units),
        bytemuck::cast_slice(&plan.tasks),
    ];
    let (offsets, len) = offsets(arrays.iter().map(|array| array.len() as u64));
    let mut bytes = vec![0; len as usize];
    for (array, &offset) in arrays.iter().zip(&offsets) {
        bytes[offset as usize..][..array.len()].copy_from_slice(array);
    }
    (offsets, bytes)
}
