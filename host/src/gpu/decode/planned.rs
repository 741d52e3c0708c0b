//! Tensors to decode, and where they lie on the device.

use crate::blob::{BlobFront, plane_range, tile_rows_of};
use crate::{Error, Result};
use std::ops::Range;
use wcodec_codec::format::MAX_RAW_PLANES;

/// Blobs, decoded tensors and coded planes lie on multiples of this.
pub const ALIGN: u64 = 256;

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
    /// Device address of memory for raw planes that are coded, [`PlannedTensor::planes_len`] bytes,
    /// 256-byte aligned. Decoding writes there first; afterwards nothing there is of use.
    pub planes: u64,
    /// The tile rows to decode; [`PlannedTensor::all_rows`] are all of them.
    pub tile_rows: Range<u64>,
}

impl<'a, 'b> PlannedTensor<'a, 'b> {
    /// All of a tensor none of whose raw planes are coded, or with [`PlannedTensor::planes`] to be
    /// set.
    pub fn whole(front: &'a BlobFront<'b>, blob: u64, out: u64) -> Self {
        Self { front, blob, out, planes: 0, tile_rows: Self::all_rows(front) }
    }

    /// Bytes that raw planes which are coded take while these tile rows of a tensor are decoded; 0
    /// where none is coded.
    pub fn planes_len(front: &BlobFront<'_>, tile_rows: &Range<u64>) -> u64 {
        Self::plane_places(front, tile_rows).1
    }

    /// The offset of each raw plane in the memory for coded ones, and the bytes of all of them.
    fn plane_places(front: &BlobFront<'_>, tile_rows: &Range<u64>) -> ([u64; MAX_RAW_PLANES], u64) {
        let mut end = 0;
        let offsets = std::array::from_fn(|plane| {
            let offset = end;
            let range = decoded_plane(front, plane, tile_rows).unwrap_or(0..0);
            // Less than the decoded tensor, which fits 64 bits.
            end += (range.end - range.start).next_multiple_of(ALIGN);
            offset
        });
        (offsets, end)
    }

    /// For each raw plane that is coded the device address of its byte 0, which may lie before the
    /// memory for coded planes, and the tile rows of its own that are to be decoded.
    pub(super) fn coded_planes(&self) -> [Option<(u64, Range<u64>)>; MAX_RAW_PLANES] {
        let (offsets, _) = Self::plane_places(self.front, &self.tile_rows);
        std::array::from_fn(|plane| {
            let decoded = decoded_plane(self.front, plane, &self.tile_rows)?;
            let grid = self.front.layout().coded_planes[plane]?.grid;
            let start = self.planes.wrapping_add(offsets[plane]).wrapping_sub(decoded.start);
            Some((start, tile_rows_of(&grid, &decoded)))
        })
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

/// The bytes of a raw plane that are decoded for some tile rows of its tensor: all that its own
/// tile rows hold. `None` where it is not coded.
fn decoded_plane(
    front: &BlobFront<'_>,
    plane: usize,
    tile_rows: &Range<u64>,
) -> Option<Range<u64>> {
    let layout = front.layout();
    let grid = layout.coded_planes[plane]?.grid;
    let wanted = plane_range(layout, tile_rows, layout.split.lane_elements());
    let Range { start, end } = tile_rows_of(&grid, &wanted);
    let bytes = grid.row_bytes() * u64::from(grid.tile_rows());
    // The last tile row may be a part of one.
    Some(start * bytes..end.saturating_mul(bytes).min(grid.byte_len()).max(start * bytes))
}

/// The addresses of a plan's tensor on the device: those of [`PlannedTensor`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Device address of the blob.
    pub blob: u64,
    /// Device address of decoded byte 0.
    pub out: u64,
    /// Device address of memory for raw planes that are coded.
    pub planes: u64,
}
