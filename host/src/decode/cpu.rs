//! Decoding on the CPU: tile rows in parallel, each by a warp of 32 lanes.

use super::tile::{tile_memory, tile_params};
use crate::Result;
use crate::blob::{BlobFront, Parts, corrupt_tile};
use crate::memory::{Room, reserve};
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use wcodec_codec::format::{ROW_BYTES, TileGrid};
use wcodec_cpu::{CpuBackend, ExpandedTable, NO_TABLE};

/// The input of decoding tiles.
struct Source<'a> {
    warp: CpuBackend,
    front: &'a BlobFront<'a>,
    parts: &'a Parts<'a>,
    tables: Vec<ExpandedTable>,
}

/// Part of a decode: the tile row, and how many of its bytes to skip.
struct Piece {
    tile_row: u64,
    skip: u64,
}

/// Decodes the bytes `range` of a tensor from parts that have all that their tile rows own; `room`
/// has the range's length and the range is inside the tensor.
pub fn decode_range<'out>(
    warp: CpuBackend,
    front: &BlobFront<'_>,
    parts: &Parts<'_>,
    range: Range<u64>,
    room: Room<'out>,
) -> Result<&'out mut [u8]> {
    let source = Source { warp, front, parts, tables: expand_all(front)? };
    let tile_rows = tile_rows(&front.layout().grid, &range);
    let first_bad = AtomicU32::new(u32::MAX);
    let decoded = room.fill_parts(
        tile_rows.end - tile_rows.start,
        pieces(&front.layout().grid, range),
        |piece, out| {
            // No tile has the number 2^32 − 1.
            first_bad.fetch_min(source.decode_piece(piece, out)?, Ordering::Relaxed);
            Ok(())
        },
    )?;
    match first_bad.into_inner() {
        u32::MAX => Ok(decoded),
        tile => Err(corrupt_tile(tile)),
    }
}

/// The tile rows that hold these bytes of a tensor.
pub fn tile_rows(grid: &TileGrid, range: &Range<u64>) -> Range<u64> {
    let bytes = tile_row_bytes(grid);
    let start = range.start / bytes;
    // Not before the start, where the range is empty.
    start..range.end.div_ceil(bytes).max(start)
}

/// The look-up entries of all tables.
fn expand_all(front: &BlobFront<'_>) -> Result<Vec<ExpandedTable>> {
    let mut expanded = reserve(front.tables().len() as u64, "look-up tables")?;
    expanded.extend(front.tables().iter().map(ExpandedTable::new));
    Ok(expanded)
}

/// Decoded bytes of a full tile row.
fn tile_row_bytes(grid: &TileGrid) -> u64 {
    grid.row_bytes() * u64::from(grid.tile_rows())
}

/// Cuts a range at the ends of tile rows: the length of each piece, and the piece.
fn pieces(grid: &TileGrid, range: Range<u64>) -> impl Iterator<Item = (usize, Piece)> {
    let bytes = tile_row_bytes(grid);
    let mut at = range.start;
    std::iter::from_fn(move || {
        let tile_row = at / bytes;
        let end = ((tile_row + 1) * bytes).min(range.end);
        let piece = Piece { tile_row, skip: at - tile_row * bytes };
        let len = (end - at) as usize;
        at = end;
        (len > 0).then_some((len, piece))
    })
}

impl Source<'_> {
    /// Decodes a piece, by way of a buffer where it is not a whole tile row; gives the first tile
    /// that is not sound, or `u32::MAX`.
    fn decode_piece(&self, piece: Piece, out: &mut [u8]) -> Result<u32> {
        let grid = &self.front.layout().grid;
        let start = piece.tile_row * tile_row_bytes(grid);
        let whole = tile_row_bytes(grid).min(grid.byte_len() - start) as usize;
        if out.len() == whole {
            return Ok(self.decode_tile_row(piece.tile_row, out));
        }
        let mut buffer = reserve(whole as u64, "a part of a tensor")?;
        buffer.resize(whole, 0);
        let first_bad = self.decode_tile_row(piece.tile_row, &mut buffer);
        out.copy_from_slice(&buffer[piece.skip as usize..][..out.len()]);
        Ok(first_bad)
    }

    /// Decodes the tiles of one tile row into its bytes; gives the first that is not sound.
    fn decode_tile_row(&self, tile_row: u64, out: &mut [u8]) -> u32 {
        let layout = self.front.layout();
        let columns = layout.grid.columns();
        let mut first_bad = u32::MAX;
        for column in 0..columns {
            // Below the tile count, which has 32 bits.
            let tile = (tile_row * u64::from(columns)) as u32 + column;
            let (rect, span) = (layout.grid.tile(tile), self.front.span(tile));
            let table = self.tables.get(usize::from(span.table)).unwrap_or(&NO_TABLE);
            let out = &mut out[column as usize * ROW_BYTES..];
            let memory = tile_memory(self.front, self.parts, &rect, &span, table, out);
            let params = tile_params(self.front, &rect, span);
            if !self.warp.decode_tile(memory, layout.limits.codec, &params) {
                first_bad = first_bad.min(tile);
            }
        }
        first_bad
    }
}
