//! From host memory to host memory.
#![allow(unsafe_code)]

use super::batch::{GpuBatch, Target};
use super::decoder::GpuDecoder;
use super::planned::PlannedTensor;
use crate::blob::{BlobFront, Places};
use crate::gpu::driver::DeviceMemory;
use crate::{Blob, Error, Result};
use std::ops::Range;
use std::sync::Arc;

/// Decodes the bytes `range` of a tensor into host memory of that length. No more of the blob is
/// copied to the device than the tiles that hold them.
///
/// # Errors
/// [`Error::InvalidArgument`] where the range is not inside the tensor, or `out` not as long;
/// [`Error::Corrupt`] naming the first bad tile; [`Error::OutOfMemory`]; [`Error::Gpu`].
pub fn decode_range(
    decoder: &GpuDecoder,
    blob: &Blob<'_>,
    range: Range<u64>,
    out: &mut [u8],
) -> Result<()> {
    let inside = range.start <= range.end && range.end <= blob.byte_len();
    if !inside || range.end - range.start != out.len() as u64 {
        return Err(Error::InvalidArgument(format!(
            "bytes {range:?} of a tensor of {} bytes into a buffer of {}",
            blob.byte_len(),
            out.len()
        )));
    }
    if range.is_empty() {
        return Ok(());
    }
    let (tile_rows, _) = PlannedTensor::rows_of(blob.front(), &range);
    let units = Places::of(blob.front(), &tile_rows).units(blob.layout().blob_len);
    // A blob in memory has a length that fits.
    let bytes = |unit: Range<u64>| &blob.as_bytes()[unit.start as usize..unit.end as usize];
    let parts: Vec<_> = units.into_iter().map(|unit| (unit.start, bytes(unit))).collect();
    decode_parts(decoder, blob.front(), &parts, range, out)
}

/// Decodes the bytes `range` of a tensor, which are some and inside it, into host memory of that
/// length, from parts of its blob with their offsets: those of [`Places::units`].
///
/// # Errors
/// As [`decode_range`].
pub fn decode_parts(
    decoder: &GpuDecoder,
    front: &BlobFront<'_>,
    parts: &[(u64, &[u8])],
    range: Range<u64>,
    out: &mut [u8],
) -> Result<()> {
    let (tile_rows, Range { start, end }) = PlannedTensor::rows_of(front, &range);
    // The caller sees only bytes that were decoded.
    let memory = Arc::new(DeviceMemory::uninitialised(decoder.context(), end - start)?);
    // Byte 0 of the tensor would lie before the memory, by a multiple of 512 bytes.
    let out_start = memory.address().wrapping_sub(start);
    let target = Target { front, parts, out: out_start, tile_rows };
    // SAFETY: these tile rows are decoded to the bytes from `start` to `end`, which are the
    // memory's.
    let batch = unsafe { GpuBatch::upload_targets(decoder, &[target], &memory) }?;
    batch.decode()?;
    if let Some(tile) = batch.corrupt_tiles()?.into_iter().flatten().next() {
        return Err(tile.error());
    }
    memory.read(range.start - start, out)
}
