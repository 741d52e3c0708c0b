//! Decoding of some columns of a matrix on the CPU: no more than the tiles that hold them.

use super::cpu::{CodedPlanes, Source, check_bad};
use crate::Result;
use crate::blob::{BlobFront, Parts};
use crate::memory::{Room, reserve};
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use wcodec_codec::format::ROW_BYTES;
use wcodec_cpu::CpuBackend;

/// Decodes the bytes `columns` of each of the rows of a blob, one row after another. There are some
/// of both, inside of the grid, and the blob is not transposed.
pub fn decode_columns(
    warp: CpuBackend,
    front: &BlobFront<'_>,
    parts: &Parts<'_>,
    rows: Range<u64>,
    columns: Range<u64>,
    out: &mut [u8],
) -> Result<()> {
    let grid = &front.layout().grid;
    let tall = u64::from(grid.tile_rows());
    let tile_rows = rows.start / tall..rows.end.div_ceil(tall);
    let planes = CodedPlanes::decode(warp, front, parts, &tile_rows)?;
    let parts = &planes.beside(parts);
    let source = Source::new(warp, front, parts)?;
    // As many as there are tiles side by side at most, which have 32 bits.
    let tiles =
        (columns.start / ROW_BYTES as u64) as u32..columns.end.div_ceil(ROW_BYTES as u64) as u32;
    let (tiles_width, width) = (tiles.len() * ROW_BYTES, (columns.end - columns.start) as usize);
    let before = columns.start as usize - tiles.start as usize * ROW_BYTES;
    let pieces = tile_rows.clone().map(|tile_row| {
        let first = tile_row * tall;
        let wanted = rows.start.max(first)..rows.end.min(first + tall);
        ((wanted.end - wanted.start) as usize * width, (tile_row, (wanted.start - first) as usize))
    });
    let first_bad = AtomicU32::new(u32::MAX);
    let count = tile_rows.end - tile_rows.start;
    Room::Filled(out).fill_parts(count, pieces, |(tile_row, skip), out| {
        let height = tall.min(grid.rows() - tile_row * tall) as usize;
        let mut buffer = reserve((height * tiles_width) as u64, "some columns of a tensor")?;
        buffer.resize(height * tiles_width, 0);
        let bad = source.decode_tiles(tile_row, tiles.clone(), &mut buffer);
        first_bad.fetch_min(bad, Ordering::Relaxed);
        let decoded = buffer.chunks_exact(tiles_width).skip(skip);
        for (row, out) in decoded.zip(out.chunks_exact_mut(width)) {
            out.copy_from_slice(&row[before..][..width]);
        }
        Ok(())
    })?;
    check_bad(first_bad)
}
