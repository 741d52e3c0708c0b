//! The bytes of each blob that a load reads. Plain data.

use crate::blob::{BlobFront, Places};
use crate::gpu::decode::PlannedTensor;
use std::ops::Range;

/// What is read of a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reads {
    /// Bytes of the blob, in order; some at least, so that its group ends with a piece.
    pub ranges: Vec<Range<u64>>,
    /// All of the blob, and so its checksum is compared.
    pub is_whole: bool,
}

impl Reads {
    /// The reads for some tile rows of a blob: what these own, where parts are enough and the tile
    /// rows are some, but not all; the whole otherwise.
    pub fn of(front: &BlobFront<'_>, tile_rows: &Range<u64>, parts_are_enough: bool) -> Self {
        let blob_len = front.layout().blob_len;
        let are_some = !tile_rows.is_empty() && *tile_rows != PlannedTensor::all_rows(front);
        let ranges = match parts_are_enough && are_some {
            true => Places::of(front, tile_rows).units(blob_len),
            false => Vec::new(),
        };
        // Nothing is owned in a tensor of one value, whose blob is little more than its front.
        let is_whole = ranges.is_empty();
        #[allow(clippy::single_range_in_vec_init)]
        let ranges = if is_whole { vec![0..blob_len] } else { ranges };
        Self { ranges, is_whole }
    }

    /// Bytes that are read.
    pub fn byte_len(&self) -> u64 {
        self.ranges.iter().map(|range| range.end - range.start).sum()
    }
}

#[cfg(test)]
mod tests;
