//! Tensors to decode, and where they lie on the device.

use crate::decode::BlobFront;
use std::ops::Range;

/// A tensor to decode, and where it lies on the device.
#[derive(Debug, Clone)]
pub struct PlannedTensor<'a, 'b> {
    /// The front of its blob.
    pub front: &'a BlobFront<'b>,
    /// Device address of the blob, 256-byte aligned.
    pub blob: u64,
    /// Device address of decoded byte 0, 16-byte aligned. It may lie outside of any allocation
    /// where only tile rows after it are decoded.
    pub out: u64,
    /// The tile rows to decode; [`PlannedTensor::all_rows`] are all of them.
    pub tile_rows: Range<u64>,
}

impl<'a, 'b> PlannedTensor<'a, 'b> {
    /// All of a tensor.
    pub fn whole(front: &'a BlobFront<'b>, blob: u64, out: u64) -> Self {
        Self { front, blob, out, tile_rows: Self::all_rows(front) }
    }

    /// All tile rows of a tensor.
    pub fn all_rows(front: &BlobFront<'_>) -> Range<u64> {
        let grid = &front.layout().grid;
        0..grid.rows().div_ceil(grid.tile_rows().into())
    }
}

/// Where a plan's tensor lies on the device: what [`PlannedTensor`] says of its blob and its
/// decoded byte 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Device address of the blob.
    pub blob: u64,
    /// Device address of decoded byte 0.
    pub out: u64,
}
