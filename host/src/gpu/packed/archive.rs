//! From a tensor of an archive, or of another source of blobs, to a packed matrix.

use super::kernels::GpuPackedKernels;
use super::matrix::GpuPackedMatrix;
use super::rows::GpuRows;
use crate::gpu::decode::{GpuBatch, GpuDecoder};
use crate::gpu::driver::DeviceMemory;
use crate::source::{BlobInfo, BlobSource, check_byte_len, read_blob};
use crate::{Blob, Dtype, Error, Result};
use std::ops::Range;
use std::sync::Arc;
use wcodec_codec::packed::Form;

impl GpuPackedMatrix {
    /// Decodes a BF16 tensor of an archive on the device, and packs a range of its rows and of its
    /// columns there. All dimensions but the last are rows.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where the archive has no such tensor, it is not of BF16 numbers,
    /// it has no such rows or columns, or decoder and kernels are of different contexts;
    /// [`Error::Corrupt`]; [`Error::Io`]; [`Error::OutOfMemory`]; [`Error::Gpu`].
    pub fn from_archive(
        kernels: &GpuPackedKernels,
        decoder: &GpuDecoder,
        archive: &impl BlobSource,
        name: &str,
        (rows, columns): (Option<Range<u64>>, Option<Range<u64>>),
        form: Form,
    ) -> Result<Self> {
        kernels.context().check_same(decoder.context(), "the decoder", "the kernels")?;
        let number = archive.find_blob(name)?;
        let BlobInfo { dtype, shape, start, .. } = archive.blob_info(number);
        if dtype != Dtype::BF16 {
            let reason = format!("{name} is of {dtype}, BF16 is packed");
            return Err(Error::InvalidArgument(reason));
        }
        let (width, height) = match shape.try_to_vec()?.split_last() {
            Some((&last, before)) => (last, before.iter().product::<u64>()),
            None => (1, 1),
        };
        let rows = part(rows, height, name, "rows")?;
        let columns = part(columns, width, name, "columns")?;
        let decoded = decode(decoder, archive, number)?;
        // The tensor may lie in a blob with others.
        let offset = start + 2 * (rows.start * width + columns.start);
        let (height, part) = (rows.end - rows.start, columns.end - columns.start);
        let weights = GpuRows::with_stride(&decoded, offset, height, part, width)?;
        Self::pack(kernels, &weights, form)
    }
}

/// A range of `count`, all of them where none is given.
fn part(range: Option<Range<u64>>, count: u64, name: &str, what: &str) -> Result<Range<u64>> {
    let range = range.unwrap_or(0..count);
    if range.start > range.end || range.end > count {
        let reason = format!("{name} has {count} {what}, {range:?} were asked for");
        return Err(Error::InvalidArgument(reason));
    }
    Ok(range)
}

/// The tensor of this number, decoded.
fn decode(
    decoder: &GpuDecoder,
    archive: &impl BlobSource,
    number: usize,
) -> Result<Arc<DeviceMemory>> {
    let place = || archive.blob_place(number);
    let bytes = read_blob(archive, number)?;
    let blob = Blob::parse(&bytes).map_err(|error| error.within(&place()))?;
    check_byte_len(archive.blob_info(number).blob_byte_len, blob.byte_len(), place)?;
    let blobs = std::slice::from_ref(&blob);
    let (_, len) = GpuBatch::output_offsets(blobs);
    // Only what was decoded to it is packed.
    let out = Arc::new(DeviceMemory::uninitialised(decoder.context(), len)?);
    let batch = GpuBatch::upload(decoder, blobs, &out)?;
    batch.decode()?;
    match batch.corrupt_tiles()?.into_iter().flatten().next() {
        Some(tile) => Err(tile.error().within(&place())),
        None => Ok(out),
    }
}
