//! Tensors to decode, and where they lie on the device.

use crate::blob::BlobFront;
use crate::{Error, Result};
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

    /// Checks that the tensor has the tile rows that are to be decoded.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`].
    pub(super) fn check(&self) -> Result<()> {
        let (Range { start, end }, rows) = (&self.tile_rows, Self::all_rows(self.front).end);
        if start <= end && *end <= rows {
            return Ok(());
        }
        let reason = format!("tile rows {start} to {end} of a tensor that has {rows}");
        Err(Error::InvalidArgument(reason))
    }

    /// The tile rows that hold some bytes of a tensor, and all the bytes that they decode to.
    pub(in crate::gpu) fn rows_of(
        front: &BlobFront<'_>,
        bytes: &Range<u64>,
    ) -> (Range<u64>, Range<u64>) {
        if bytes.is_empty() {
            return (0..0, 0..0);
        }
        let grid = &front.layout().grid;
        let tile_row_bytes = grid.row_bytes() * u64::from(grid.tile_rows());
        let tile_rows = bytes.start / tile_row_bytes..bytes.end.div_ceil(tile_row_bytes);
        // The last may be a part of one, and its end beyond 64 bits.
        let end = tile_rows.end.saturating_mul(tile_row_bytes).min(grid.byte_len());
        (tile_rows.clone(), tile_rows.start * tile_row_bytes..end)
    }
}

/// The addresses of a plan's tensor on the device: those of [`PlannedTensor`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Device address of the blob.
    pub blob: u64,
    /// Device address of decoded byte 0.
    pub out: u64,
}
