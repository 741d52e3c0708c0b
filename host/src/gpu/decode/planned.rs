//! Tensors to decode, and where they lie on the device.

use crate::blob::{BlobFront, coded_range, plane_range, tile_rows_of};
use crate::{Error, Result};
use std::ops::Range;
use wcodec_codec::format::{MAX_RAW_PLANES, TileGrid, Transposition};

/// Blobs, decoded tensors, scratch memory and the arrays of a workspace lie on multiples of this.
pub const ALIGN: u64 = 256;

/// A tensor to decode, and where it lies on the device.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PlannedTensor<'a, 'b> {
    /// The front of its blob.
    pub front: &'a BlobFront<'b>,
    /// Device address of the blob, 16-byte aligned.
    pub blob: u64,
    /// Device address of decoded byte 0, 16-byte aligned. It may lie outside of any allocation
    /// where only tile rows after it are decoded.
    pub out: u64,
    /// Device address of memory for what is decoded on the way, raw planes that are coded and the
    /// columns of a transposed tensor: [`PlannedTensor::scratch_len`] bytes, 256-byte aligned.
    /// Afterwards nothing there is of use.
    pub scratch: u64,
    /// The tile rows to decode; [`PlannedTensor::all_rows`] are all of them. Of a transposed tensor
    /// the bands that lie in them are restored.
    pub tile_rows: Range<u64>,
}

impl<'a, 'b> PlannedTensor<'a, 'b> {
    /// All of a tensor that takes no scratch memory, or with [`PlannedTensor::scratch`] to be set.
    pub fn whole(front: &'a BlobFront<'b>, blob: u64, out: u64) -> Self {
        Self { front, blob, out, scratch: 0, tile_rows: Self::all_rows(front) }
    }

    /// Sets [`PlannedTensor::scratch`].
    pub fn scratch(mut self, scratch: u64) -> Self {
        self.scratch = scratch;
        self
    }

    /// Sets [`PlannedTensor::tile_rows`].
    pub fn tile_rows(mut self, tile_rows: Range<u64>) -> Self {
        self.tile_rows = tile_rows;
        self
    }

    /// Bytes of memory for what is decoded on the way to these tile rows of a tensor; 0 where it
    /// has no raw plane that is coded, and is not transposed.
    pub fn scratch_len(front: &BlobFront<'_>, tile_rows: &Range<u64>) -> u64 {
        let columns = front.layout().transposition.map(|_| columns_of(front, tile_rows));
        let columns = columns.map_or(0, |bytes| bytes.end - bytes.start);
        // Less than the decoded tensor for each, which a device has no room for beyond 64 bits.
        needed_planes(front, tile_rows).1.saturating_add(columns)
    }

    /// The columns of a transposed tensor: the bytes of its tile rows as they are coded, and the
    /// device address of the first such byte of the tensor, which may lie before the scratch
    /// memory.
    pub(super) fn columns(&self) -> Option<(Transposition, Range<u64>, u64)> {
        let order = self.front.layout().transposition?;
        let columns = columns_of(self.front, &self.tile_rows);
        let (_, planes_len) = needed_planes(self.front, &self.tile_rows);
        let start = self.scratch.wrapping_add(planes_len).wrapping_sub(columns.start);
        Some((order, columns, start))
    }

    /// For each raw plane that is coded the device address of its byte 0, which may lie before the
    /// memory for coded planes, and the tile rows of its own that are to be decoded.
    pub(super) fn coded_planes(&self) -> [Option<(u64, Range<u64>)>; MAX_RAW_PLANES] {
        let (needed, _) = needed_planes(self.front, &self.tile_rows);
        needed.map(|plane| {
            let NeededPlane { tile_rows, decoded, offset } = plane?;
            let start = self.scratch.wrapping_add(offset).wrapping_sub(decoded.start);
            Some((start, tile_rows))
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
        let layout = front.layout();
        let (tile_rows, decoded) = decoded_rows(&layout.grid, &coded_range(layout, bytes));
        let restored = layout.transposition.map(|order| order.inside(&decoded));
        (tile_rows, restored.unwrap_or(decoded))
    }
}

/// The tile rows that hold some bytes, and all the bytes that they decode to.
fn decoded_rows(grid: &TileGrid, bytes: &Range<u64>) -> (Range<u64>, Range<u64>) {
    if bytes.is_empty() {
        return (0..0, 0..0);
    }
    let tile_rows = tile_rows_of(grid, bytes);
    // The last may be a part of one, and its end beyond 64 bits.
    let end = tile_rows.end.saturating_mul(grid.tile_row_bytes()).min(grid.byte_len());
    (tile_rows.clone(), tile_rows.start * grid.tile_row_bytes()..end)
}

/// The bytes that some tile rows decode to, in the order in which they are coded.
fn columns_of(front: &BlobFront<'_>, tile_rows: &Range<u64>) -> Range<u64> {
    let grid = &front.layout().grid;
    let at = |row: u64| row.saturating_mul(grid.tile_row_bytes()).min(grid.byte_len());
    at(tile_rows.start)..at(tile_rows.end)
}

/// A raw plane that is coded, as far as some tile rows of its tensor need it.
struct NeededPlane {
    /// The tile rows of its own.
    tile_rows: Range<u64>,
    /// The bytes that those decode to.
    decoded: Range<u64>,
    /// The offset of these bytes in the memory for coded planes.
    offset: u64,
}

/// The coded planes that some tile rows of a tensor need, and the bytes that all of them take.
fn needed_planes(
    front: &BlobFront<'_>,
    tile_rows: &Range<u64>,
) -> ([Option<NeededPlane>; MAX_RAW_PLANES], u64) {
    let layout = front.layout();
    let mut end = 0;
    let planes = std::array::from_fn(|plane| {
        let grid = layout.coded_planes[plane]?.grid;
        let wanted = plane_range(layout, tile_rows, layout.split.lane_elements());
        let (tile_rows, decoded) = decoded_rows(&grid, &wanted);
        let offset = end;
        // Less than the decoded tensor, which fits 64 bits.
        end += (decoded.end - decoded.start).next_multiple_of(ALIGN);
        Some(NeededPlane { tile_rows, decoded, offset })
    });
    (planes, end)
}

/// The addresses of a plan's tensor on the device: those of [`PlannedTensor`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// Device address of the blob.
    pub blob: u64,
    /// Device address of decoded byte 0.
    pub out: u64,
    /// Device address of memory for what is decoded on the way.
    pub scratch: u64,
}

impl Place {
    /// A blob at one device address, and decoded byte 0 at another, of a tensor that takes no
    /// scratch memory.
    pub fn new(blob: u64, out: u64) -> Self {
        Self { blob, out, scratch: 0 }
    }

    /// Sets [`Place::scratch`].
    pub fn scratch(mut self, scratch: u64) -> Self {
        self.scratch = scratch;
        self
    }
}
