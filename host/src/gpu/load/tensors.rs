//! What is loaded: the fronts of the blobs first, the tensors in the end.

use crate::decode::{BlobFront, unsound};
use crate::gpu::driver::DeviceMemory;
use crate::{
    Archive, Dtype, Error, Result,
    container::{Shape, TensorInfo},
};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering};

/// A tensor of the archive and the front of its blob, which has been read ahead of all else.
pub struct Front {
    pub info: TensorInfo,
    bytes: Vec<u8>,
}

impl Front {
    /// Reads and checks the fronts of all tensors.
    pub fn read_all(archive: &Archive) -> Result<Vec<Self>> {
        archive.tensors().par_iter().map(|info| Self::read(archive, info)).collect()
    }

    fn read(archive: &Archive, info: &TensorInfo) -> Result<Self> {
        let bytes = archive.read_front(info)?;
        Ok(Self { info: info.clone(), bytes })
    }

    /// The front, parsed.
    pub fn parse(&self, archive: &Archive) -> Result<BlobFront<'_>> {
        let within = |error: Error| error.within(&archive.place(&self.info));
        let front = BlobFront::parse(&self.bytes, self.info.blob_len()).map_err(within)?;
        archive.check_byte_len(&self.info, front.byte_len())?;
        Ok(front)
    }
}

/// The checksum of a blob, put together from those of its pieces whatever order they come in.
///
/// The sum of a blob is linear in its pieces: each one's is shifted by the bytes behind it, and they are added without carry.
#[derive(Default)]
pub struct Checksum(AtomicU32);

impl Checksum {
    /// Adds a piece behind which `behind` bytes follow.
    pub fn add(&self, piece: &[u8], behind: u64) {
        let shifted = crc32c::crc32c_combine(crc32c::crc32c(piece), 0, behind as usize);
        self.0.fetch_xor(shifted, Ordering::Relaxed);
    }

    /// The sum, once all pieces have been added.
    pub fn value(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A model on the device: all tensors of an archive, decoded.
pub struct GpuModel {
    pub(super) memory: DeviceMemory,
    pub(super) tensors: Vec<GpuTensor>,
}

/// A decoded tensor on the device.
#[derive(Debug, Clone)]
pub struct GpuTensor {
    pub(super) info: TensorInfo,
    pub(super) offset: u64,
}

impl GpuTensor {
    /// Its name, unique in the model.
    pub fn name(&self) -> &str {
        self.info.name()
    }

    /// Its element type.
    pub fn dtype(&self) -> Dtype {
        self.info.dtype()
    }

    /// Its extents, outermost first.
    pub fn shape(&self) -> &Shape {
        self.info.shape()
    }

    /// Its bytes.
    pub fn byte_len(&self) -> u64 {
        self.info.byte_len()
    }

    /// Where it begins in [`GpuModel::memory`], a multiple of 256.
    pub fn offset(&self) -> u64 {
        self.offset
    }
}

impl GpuModel {
    /// The tensors in the order of the archive.
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

/// Checks what the readers summed up and what the kernels found.
pub fn check(
    archive: &Archive,
    fronts: &[Front],
    checksums: &[Checksum],
    unsound_tiles: &[Option<u32>],
) -> Result<()> {
    for ((front, checksum), tile) in fronts.iter().zip(checksums).zip(unsound_tiles) {
        archive.check_checksum(&front.info, checksum.value())?;
        if let Some(tile) = tile {
            return Err(unsound(*tile).within(&archive.place(&front.info)));
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
                pieces.iter().for_each(|&(piece, behind)| checksum.add(piece, behind));
                assert_eq!(checksum.value(), crc32c::crc32c(&bytes));
            }
        }
    }
}
