//! Blobs on the device with the plan that decodes them.

use super::decoder::GpuDecoder;
use super::memory::DeviceMemory;
use super::plan::{GpuPlan, PlannedTensor};
use super::stream::{GpuEvent, GpuStream};
use crate::{Blob, Error, Result};
use std::marker::PhantomData;
use std::ops::Range;

/// Blobs and decoded tensors of a batch lie on multiples of this.
const ALIGN: u64 = 256;

/// Blobs on the device, ready to be decoded as often as one likes to the memory that they were uploaded for.
pub struct GpuBatch<'out> {
    /// The last decode has come to pass.
    pub(super) done: GpuEvent,
    blobs: DeviceMemory,
    pub(super) workspace: DeviceMemory,
    pub(super) plan: GpuPlan,
    // Kernels write there by address, so it must not be freed before the batch is gone.
    out: PhantomData<&'out DeviceMemory>,
}

impl GpuBatch<'_> {
    /// Bytes of device memory that the blobs and the plan take.
    pub fn device_bytes(&self) -> u64 {
        self.blobs.len() + self.workspace.len()
    }
}

impl Drop for GpuBatch<'_> {
    fn drop(&mut self) {
        // Kernels may still use the memory. Where waiting fails the context is gone, and its kernels.
        let _ = self.done.wait();
    }
}

/// A blob, the device address of its decoded byte 0, and the tile rows wanted of it.
pub(super) struct Target<'a, 'b> {
    pub blob: &'a Blob<'b>,
    pub out: u64,
    pub tile_rows: Range<u64>,
}

impl GpuDecoder {
    /// Where the decoded tensors of a batch lie in one piece of device memory: their offsets, and its length.
    pub fn output_offsets(blobs: &[Blob<'_>]) -> (Vec<u64>, u64) {
        aligned_offsets(blobs.iter().map(Blob::byte_len))
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
            tile_rows: PlannedTensor::all_rows(Blob::front(blob)),
        };
        self.upload_targets(&blobs.iter().zip(offsets).map(target).collect::<Vec<_>>(), out)
    }

    /// Copies the targets' blobs to the device; what they point to lies in `out`.
    pub(super) fn upload_targets<'out>(
        &self,
        targets: &[Target<'_, '_>],
        _out: &'out DeviceMemory,
    ) -> Result<GpuBatch<'out>> {
        let (offsets, len) = aligned_offsets(targets.iter().map(|t| t.blob.layout().blob_len));
        let blobs = self.allocate(len)?;
        for (target, &offset) in targets.iter().zip(&offsets) {
            blobs.write(offset, target.blob.as_bytes())?;
        }
        let planned = targets.iter().zip(&offsets).map(|(target, offset)| PlannedTensor {
            front: target.blob.front(),
            blob: blobs.address() + offset,
            out: target.out,
            tile_rows: target.tile_rows.clone(),
        });
        let plan = GpuPlan::new(&planned.collect::<Vec<_>>())?;
        let workspace = self.allocate(plan.workspace_len())?;
        workspace.write(0, plan.as_bytes())?;
        Ok(GpuBatch { done: self.event()?, blobs, workspace, plan, out: PhantomData })
    }

    /// Begins to decode a batch on the decoder's own stream, and does not wait.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub fn decode(&self, batch: &GpuBatch<'_>) -> Result<()> {
        self.decode_on(batch, self.stream())
    }

    /// Begins to decode a batch on a stream, behind what was begun of the same batch on others, and does not wait.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    #[allow(unsafe_code)]
    pub fn decode_on(&self, batch: &GpuBatch<'_>, stream: &GpuStream) -> Result<()> {
        stream.wait_for(&batch.done)?;
        // SAFETY: the workspace holds the plan, which points into the batch's blobs, whose layout was checked when they
        // were parsed, and to output that `upload` found large enough. Both live until `done` has come to pass.
        unsafe { self.launch(&batch.plan, batch.workspace.address(), stream.raw()) }?;
        batch.done.record(stream.raw())
    }

    /// Waits until a batch is decoded, and gives for each of its tensors the first tile that is not sound, if there is one.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub fn unsound_tiles(&self, batch: &GpuBatch<'_>) -> Result<Vec<Option<u32>>> {
        batch.done.wait()?;
        let statuses = batch.plan.statuses();
        let mut bytes = vec![0; (statuses.end - statuses.start) as usize];
        batch.workspace.read(statuses.start, &mut bytes)?;
        Ok(GpuPlan::unsound_tiles(&bytes))
    }
}

/// Aligned offsets of parts with these lengths, one after another, and where the last ends, rounded up.
pub(super) fn aligned_offsets(lengths: impl Iterator<Item = u64>) -> (Vec<u64>, u64) {
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
