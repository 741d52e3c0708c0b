//! The fronts of the blobs, which are read first, and the loaded tensors.

use crate::blob::{BlobFront, CorruptTile};
use crate::container::Shape;
use crate::gpu::driver::DeviceMemory;
use crate::memory::resize;
use crate::source::{check_byte_len, check_checksum};
use crate::{BlobInfo, BlobSource, Dtype, Error, Result};
use rayon::prelude::*;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use wcodec_codec::format::BlobHeader;

/// A blob of the source, and its front, which is read and parsed ahead of all else.
pub struct Front {
    /// The number in the source of a tensor in it.
    pub number: usize,
    pub info: BlobInfo,
    pub parsed: BlobFront<'static>,
}

impl Front {
    /// Reads the fronts of the blobs of these tensors, each once, in the order of the tensors; with
    /// them comes which one each tensor has.
    pub fn read_all(
        source: &dyn BlobSource,
        tensors: &[(usize, BlobInfo)],
    ) -> Result<(Vec<Self>, Vec<usize>)> {
        let (mut firsts, mut by_blob) = (Vec::new(), HashMap::new());
        let of_tensors = tensors.iter().map(|tensor| {
            *by_blob.entry(tensor.1.blob).or_insert_with(|| {
                firsts.push(tensor);
                firsts.len() - 1
            })
        });
        let of_tensors: Vec<usize> = of_tensors.collect();
        let read = |tensor: &&(usize, BlobInfo)| Self::read(source, tensor.0, tensor.1.clone());
        let fronts = firsts.par_iter().map(read).collect::<Result<_>>()?;
        Ok((fronts, of_tensors))
    }

    fn read(source: &dyn BlobSource, number: usize, info: BlobInfo) -> Result<Self> {
        let mut bytes = Vec::new();
        resize(&mut bytes, info.blob_len.min(BlobHeader::MOST_LEN as u64), "the header of a blob")?;
        source.read_blob_at(number, 0, &mut bytes)?;
        let layout = BlobFront::parse_header(&bytes, info.blob_len)
            .map_err(|error| error.within(&source.blob_place(number)))?;
        resize(&mut bytes, layout.words.offset, "the front of a blob")?;
        source.read_blob_at(number, 0, &mut bytes)?;
        let place = || source.blob_place(number);
        let parsed = BlobFront::parse_owned(bytes, info.blob_len)
            .map_err(|error: Error| error.within(&place()))?;
        check_byte_len(info.blob_byte_len, parsed.byte_len(), place)?;
        Ok(Self { number, info, parsed })
    }
}

/// The bytes of a tensor in its decoded blob; fails where the blob does not have them, or they are
/// not as many as the tensor's shape and dtype have.
pub fn in_blob(source: &dyn BlobSource, (number, info): &(usize, BlobInfo)) -> Result<Range<u64>> {
    let place = || source.blob_place(*number);
    let of_shape = info.shape.byte_len(info.dtype);
    let of_shape = of_shape.map_err(|reason| Error::corrupt(place(), reason))?;
    check_byte_len(of_shape, info.byte_len, place)?;
    let end = info.start.checked_add(info.byte_len);
    match end.filter(|&end| end <= info.blob_byte_len) {
        Some(end) => Ok(info.start..end),
        None => Err(Error::corrupt(place(), "it ends beyond its blob")),
    }
}

/// The checksum of a blob, combined from the sums of its pieces in any order.
///
/// The sum of a blob is linear in its pieces: each one's is shifted by the bytes after it, and they
/// are added without carry.
#[derive(Default)]
pub struct Checksum(AtomicU32);

impl Checksum {
    /// Adds a piece after which `after` more bytes follow.
    pub fn add(&self, piece: &[u8], after: u64) {
        let shifted = crc32c::crc32c_combine(crc32c::crc32c(piece), 0, after as usize);
        self.0.fetch_xor(shifted, Ordering::Relaxed);
    }

    /// The sum, once all pieces have been added.
    pub fn value(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A model on the device: all tensors of a source, decoded.
pub struct GpuModel {
    pub(super) memory: DeviceMemory,
    pub(super) tensors: Vec<GpuTensor>,
}

/// A decoded tensor on the device.
#[derive(Debug, Clone)]
pub struct GpuTensor {
    pub(super) info: BlobInfo,
    pub(super) offset: u64,
}

impl GpuTensor {
    /// Its name, unique in the model.
    pub fn name(&self) -> &str {
        &self.info.name
    }

    /// Its element type.
    pub fn dtype(&self) -> Dtype {
        self.info.dtype
    }

    /// Its extents, outermost first.
    pub fn shape(&self) -> &Shape {
        &self.info.shape
    }

    /// Its bytes.
    pub fn byte_len(&self) -> u64 {
        self.info.byte_len
    }

    /// Its offset in [`GpuModel::memory`], a multiple of 256.
    pub fn offset(&self) -> u64 {
        self.offset
    }
}

impl GpuModel {
    /// The tensors in the order of the source.
    pub fn tensors(&self) -> &[GpuTensor] {
        &self.tensors
    }

    /// The device memory that they lie in.
    pub fn memory(&self) -> &DeviceMemory {
        &self.memory
    }

    /// The device address of a tensor.
    pub fn address(&self, tensor: &GpuTensor) -> u64 {
        self.memory.address() + tensor.offset
    }
}

/// Compares the checksums of the blobs that were read whole, and tells the source of those that are
/// right.
pub fn check_sums(source: &dyn BlobSource, fronts: &[Front], sums: &[Option<u32>]) -> Result<()> {
    for (front, sum) in fronts.iter().zip(sums) {
        if let Some(sum) = *sum {
            check_checksum(front.info.crc32c, sum, || source.blob_place(front.number))?;
            source.set_checked(front.number);
        }
    }
    Ok(())
}

/// Fails where a tile did not end as it must.
pub fn check_tiles(
    source: &dyn BlobSource,
    fronts: &[Front],
    corrupt_tiles: &[Option<CorruptTile>],
) -> Result<()> {
    for (front, tile) in fronts.iter().zip(corrupt_tiles) {
        if let Some(tile) = tile {
            return Err(tile.error().within(&source.blob_place(front.number)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_sum_up_in_any_order() {
        let bytes: Vec<u8> = (0..10_000u32).map(|i| ((i * i) >> 3) as u8).collect();
        for cuts in [vec![10_000], vec![1, 9_999], vec![4096, 4096, 1807, 1]] {
            let mut pieces = Vec::new();
            let mut at = 0;
            for len in cuts {
                pieces.push((&bytes[at..at + len], (bytes.len() - at - len) as u64));
                at += len;
            }
            for reversed in [false, true] {
                let checksum = Checksum::default();
                if reversed {
                    pieces.reverse();
                }
                pieces.iter().for_each(|&(piece, after)| checksum.add(piece, after));
                assert_eq!(checksum.value(), crc32c::crc32c(&bytes));
            }
        }
    }
}
