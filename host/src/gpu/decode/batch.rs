//! Blobs on the device with the plan that decodes them.
#![allow(unsafe_code)]

use super::decoder::GpuDecoder;
use super::plan::GpuPlan;
use super::planned::{ALIGN, Place, PlannedTensor};
use crate::blob::{BlobFront, CorruptTile};
use crate::gpu::driver::{DeviceMemory, GpuStream};
use crate::{Blob, Error, Result};
use std::ops::Range;
use std::sync::Arc;

/// Blobs on the device, ready to be decoded as often as one likes to the memory that they were
/// uploaded for. It keeps that memory alive, and the decoder.
pub struct GpuBatch {
    /// The blobs, after them the plan's workspace, and the memory for what is decoded on the way.
    memory: DeviceMemory,
    workspace_offset: u64,
    plan: GpuPlan,
    out: Arc<DeviceMemory>,
    decoder: GpuDecoder,
}

impl Drop for GpuBatch {
    fn drop(&mut self) {
        // Each decode is a use of `out`, and so the only one of `memory` that may not be done yet.
        // Where waiting fails the context is gone, and its kernels.
        let _ = self.out.wait();
    }
}

/// Tile rows of a blob, and the device address of its decoded byte 0.
pub struct Target<'a, 'b> {
    pub front: &'a BlobFront<'b>,
    /// The parts of the blob that the tile rows need, each with its offset.
    pub parts: &'a [(u64, &'a [u8])],
    pub out: u64,
    pub tile_rows: Range<u64>,
}

impl GpuBatch {
    /// The offsets of a batch's decoded tensors in one piece of device memory, and its length.
    pub fn output_offsets(blobs: &[Blob<'_>]) -> (Vec<u64>, u64) {
        aligned_offsets(blobs.iter().map(Blob::byte_len))
    }

    /// Copies blobs to the device, to be decoded to [`GpuBatch::output_offsets`] in `out`.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where `out` is too small or of another context than the decoder;
    /// [`Error::OutOfMemory`]; [`Error::Gpu`].
    pub fn upload(
        decoder: &GpuDecoder,
        blobs: &[Blob<'_>],
        out: &Arc<DeviceMemory>,
    ) -> Result<Self> {
        decoder.context().check_same(out.context(), "the memory", "the decoder")?;
        let (offsets, len) = Self::output_offsets(blobs);
        if len > out.len() {
            return Err(Error::InvalidArgument(format!(
                "{len} decoded bytes into {} bytes of device memory",
                out.len()
            )));
        }
        let parts: Vec<_> = blobs.iter().map(|blob| [(0, blob.as_bytes())]).collect();
        let targets = blobs.iter().zip(&parts).zip(offsets).map(|((blob, parts), offset)| Target {
            front: blob.front(),
            parts,
            out: out.address() + offset,
            tile_rows: PlannedTensor::all_rows(blob.front()),
        });
        let targets: Vec<_> = targets.collect();
        // SAFETY: the tensors lie one after another in `out`, which is long enough, in the
        // decoder's context.
        unsafe { Self::upload_targets(decoder, &targets, out) }
    }

    /// Copies the parts of the targets' blobs to the device.
    ///
    /// # Safety
    /// The tile rows of the targets are decoded to bytes of `out`, which is of the decoder's
    /// context.
    pub unsafe fn upload_targets(
        decoder: &GpuDecoder,
        targets: &[Target<'_, '_>],
        out: &Arc<DeviceMemory>,
    ) -> Result<Self> {
        let lengths = targets.iter().map(|target| target.front.layout().blob_len);
        let (offsets, workspace_offset) = aligned_offsets(lengths);
        let planned = targets.iter().map(|target| PlannedTensor {
            front: target.front,
            blob: 0,
            out: target.out,
            scratch: 0,
            tile_rows: target.tile_rows.clone(),
        });
        let scratch_len =
            |target: &Target<'_, '_>| PlannedTensor::scratch_len(target.front, &target.tile_rows);
        let (scratch, scratch_len) = aligned_offsets(targets.iter().map(scratch_len));
        // The blobs' addresses are known once there is memory, and its length once there is a plan.
        let mut plan = GpuPlan::new(&planned.collect::<Vec<_>>())?;
        let scratch_offset = (workspace_offset + plan.workspace_len()).next_multiple_of(ALIGN);
        // Too much for any device where it does not fit 64 bits.
        let len = scratch_offset.saturating_add(scratch_len);
        // A coded plane is read in whole units of 16 bytes, the last of which may end after it.
        let memory = match scratch_len {
            0 => DeviceMemory::uninitialised(decoder.context(), len)?,
            _ => DeviceMemory::new(decoder.context(), len)?,
        };
        let places = targets.iter().zip(&offsets).zip(&scratch).map(|((target, blob), scratch)| {
            let (blob, scratch) =
                (memory.address() + blob, memory.address() + scratch_offset + scratch);
            Place { blob, out: target.out, scratch }
        });
        plan.relocate(&places.collect::<Vec<_>>())?;
        for (target, &offset) in targets.iter().zip(&offsets) {
            for &(start, part) in target.parts {
                memory.write(offset + start, part)?;
            }
        }
        memory.write(workspace_offset, plan.as_bytes())?;
        let (decoder, out) = (decoder.clone(), Arc::clone(out));
        Ok(Self { memory, workspace_offset, plan, out, decoder })
    }

    /// The decoder that it was uploaded by.
    pub fn decoder(&self) -> &GpuDecoder {
        &self.decoder
    }

    /// The memory that it decodes to.
    pub fn out(&self) -> &Arc<DeviceMemory> {
        &self.out
    }

    /// Bytes of device memory that the blobs and the plan take.
    pub fn device_bytes(&self) -> u64 {
        self.memory.len()
    }

    /// Starts to decode on the decoder's own stream, and does not wait.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub fn decode(&self) -> Result<()> {
        self.decode_on(self.decoder.stream())
    }

    /// Starts to decode on a stream, after all that was started before with this batch, or with
    /// the memory that it decodes to, on any stream; does not wait.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where the stream is of another context; [`Error::Gpu`].
    pub fn decode_on(&self, stream: &GpuStream) -> Result<()> {
        let workspace = self.memory.address() + self.workspace_offset;
        self.out.use_on(stream, || {
            // SAFETY: the workspace holds the plan, which points into this batch's blobs, whose
            // layout was checked when they were parsed, and to `out`, which is large enough. Both
            // are freed after the last use of `out`, and `use_on` checked the stream.
            unsafe { self.decoder.launch(&self.plan, workspace, stream.raw()) }
        })
    }

    /// Waits until the batch is decoded, and returns for each of its tensors the first corrupt
    /// tile, if it has one.
    ///
    /// # Errors
    /// [`Error::Gpu`].
    pub fn corrupt_tiles(&self) -> Result<Vec<Option<CorruptTile>>> {
        self.out.wait()?;
        let statuses = self.plan.statuses();
        let mut bytes = vec![0; (statuses.end - statuses.start) as usize];
        self.memory.read(self.workspace_offset + statuses.start, &mut bytes)?;
        Ok(self.plan.corrupt_tiles(&bytes))
    }
}

/// Aligned offsets of parts with these lengths, one after another, and where the last ends, rounded
/// up. Lengths claimed by a file may be arbitrary: an end beyond 64 bits becomes [`u64::MAX`], more
/// than any memory has.
pub fn aligned_offsets(lengths: impl Iterator<Item = u64>) -> (Vec<u64>, u64) {
    let mut end = 0u64;
    let place = |len: u64| {
        let offset = end;
        let next = end.checked_add(len).and_then(|next| next.checked_next_multiple_of(ALIGN));
        end = next.unwrap_or(u64::MAX);
        offset
    };
    let offsets = lengths.map(place).collect();
    (offsets, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_beyond_64_bits_never_seem_to_fit() {
        assert_eq!(aligned_offsets([1, 256, 0, 7].into_iter()), (vec![0, 256, 512, 512], 768));
        assert_eq!(aligned_offsets([1 << 63, 1 << 63].into_iter()).1, u64::MAX);
        assert_eq!(aligned_offsets([u64::MAX - 1].into_iter()).1, u64::MAX);
        assert_eq!(aligned_offsets([u64::MAX, 5, 300].into_iter()).1, u64::MAX);
    }
}
