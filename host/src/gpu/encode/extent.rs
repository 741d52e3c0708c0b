//! The numbers of a tensor that follow from its dtype and length.

use crate::encode::{Split, device_extent, device_grid};
use crate::{Dtype, Error, Result};
use wcodec_codec::encode::{Extent, most_words, padded};
use wcodec_codec::format::{PlaneCodec, TileGrid};

/// A tensor's split and tiling, and what follows from those.
pub struct TensorExtent {
    pub split: Split,
    pub grid: TileGrid,
    pub extent: Extent,
    /// Words of a tile at most.
    pub slot_words: u32,
}

impl TensorExtent {
    pub fn new(dtype: Dtype, byte_len: u64) -> Result<Self> {
        let (split, grid) = device_grid(dtype, byte_len)?;
        let steps = PlaneCodec::Tans8.steps(split.lane_elements());
        Ok(Self {
            split,
            grid,
            extent: device_extent(split, &grid),
            // A tile has 256 rows of 16 symbols at most.
            slot_words: most_words(grid.tile_rows() as usize, steps) as u32,
        })
    }

    /// Bytes that its blob may take.
    pub fn bound(&self) -> Result<u64> {
        let planes = self.split.raw_planes() as u64 * padded(self.extent.plane_len);
        let ends = self.extent.lead().checked_add(self.extent.tail());
        let bound = ends.and_then(|ends| ends.checked_add(planes));
        bound.ok_or_else(|| Error::InvalidArgument("a blob does not fit 64 bits".into()))
    }
}

/// The most bytes that the blob of a tensor takes which is encoded on a GPU: the tensor's own, a 32nd
/// of its coded bytes for exceptions, and some for each tile.
///
/// # Errors
/// [`Error::InvalidArgument`] where the bytes are no whole elements of the dtype, or the blob does
/// not fit 64 bits.
pub fn encoded_len_bound(dtype: Dtype, byte_len: u64) -> Result<u64> {
    TensorExtent::new(dtype, byte_len)?.bound()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_little_more_than_the_tensor() {
        for &dtype in Dtype::ALL {
            for byte_len in [0, 8, 4096, 1 << 20, 1 << 30, 1 << 40] {
                let bound = encoded_len_bound(dtype, byte_len).unwrap();
                assert!(bound >= byte_len, "{dtype}");
                assert!(bound <= byte_len + byte_len / 2 + 4096, "{dtype}: {bound} of {byte_len}");
            }
            let large = encoded_len_bound(dtype, 1 << 30).unwrap() as f64 / f64::from(1 << 30);
            assert!(large < 1.04, "{dtype}: {large}");
        }
    }

    #[test]
    fn what_cannot_be_encoded_has_no_bound() {
        for (dtype, byte_len) in [(Dtype::BF16, 3), (Dtype::F32, 6), (Dtype::U8, u64::MAX)] {
            let error = encoded_len_bound(dtype, byte_len).unwrap_err();
            assert_eq!(error.code(), "invalid_argument", "{dtype} {byte_len}");
        }
    }
}
