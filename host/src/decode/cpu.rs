//! Decoding on the CPU: tile rows in parallel, each by a warp of 32 lanes.

use super::tile::{tile_memory, tile_params};
use super::{Blob, corrupt_tile};
use crate::Result;
use crate::memory::reserve;
use rayon::prelude::*;
use std::ops::Range;
use wcodec_codec::format::ROW_BYTES;
use wcodec_cpu::{CpuBackend, ExpandedTable, NO_TABLE};

/// Part of a decode: the tile row, how many of its bytes to skip, and where the others go.
struct Piece<'out> {
    tile_row: u64,
    skip: u64,
    out: &'out mut [u8],
}

/// Decodes the bytes `range` of a tensor; `out` has the range's length and the range is inside the tensor.
pub fn decode_range(
    warp: CpuBackend,
    blob: &Blob<'_>,
    range: Range<u64>,
    out: &mut [u8],
) -> Result<()> {
    let tables = expand_all(blob)?;
    let first_bad = pieces(blob, range, out)?
        .into_par_iter()
        .map(|piece| decode_piece(warp, blob, &tables, piece))
        .try_reduce(|| None, |a, b| Ok(a.into_iter().chain(b).min()))?;
    match first_bad {
        None => Ok(()),
        Some(tile) => Err(corrupt_tile(tile)),
    }
}

/// The look-up entries of all tables.
fn expand_all(blob: &Blob<'_>) -> Result<Vec<ExpandedTable>> {
    let mut expanded = reserve(blob.tables().len() as u64, "look-up tables")?;
    expanded.extend(blob.tables().iter().map(ExpandedTable::new));
    Ok(expanded)
}

/// Cuts a range at the ends of tile rows.
fn pieces<'out>(
    blob: &Blob<'_>,
    range: Range<u64>,
    mut out: &'out mut [u8],
) -> Result<Vec<Piece<'out>>> {
    let grid = &blob.layout().grid;
    let tile_row_bytes = grid.row_bytes() * u64::from(grid.tile_rows());
    let count = range.end.div_ceil(tile_row_bytes) - range.start / tile_row_bytes;
    let mut pieces = reserve(count, "a list of tile rows")?;
    let mut at = range.start;
    while at < range.end {
        let tile_row = at / tile_row_bytes;
        let end = ((tile_row + 1) * tile_row_bytes).min(range.end);
        let (piece, rest) = out.split_at_mut((end - at) as usize);
        pieces.push(Piece { tile_row, skip: at - tile_row * tile_row_bytes, out: piece });
        out = rest;
        at = end;
    }
    Ok(pieces)
}

/// Decodes a piece, by way of a buffer where it is not a whole tile row; gives the first tile that is not sound.
fn decode_piece(
    warp: CpuBackend,
    blob: &Blob<'_>,
    tables: &[ExpandedTable],
    piece: Piece<'_>,
) -> Result<Option<u32>> {
    let grid = &blob.layout().grid;
    let tile_row_bytes = grid.row_bytes() * u64::from(grid.tile_rows());
    let start = piece.tile_row * tile_row_bytes;
    let whole = tile_row_bytes.min(grid.byte_len() - start) as usize;
    if piece.out.len() == whole {
        return Ok(decode_tile_row(warp, blob, tables, piece.tile_row, piece.out));
    }
    let mut buffer = reserve(whole as u64, "a part of a tensor")?;
    buffer.resize(whole, 0);
    let first_bad = decode_tile_row(warp, blob, tables, piece.tile_row, &mut buffer);
    piece.out.copy_from_slice(&buffer[piece.skip as usize..][..piece.out.len()]);
    Ok(first_bad)
}

/// Decodes the tiles of one tile row into its bytes; gives the first that is not sound.
fn decode_tile_row(
    warp: CpuBackend,
    blob: &Blob<'_>,
    tables: &[ExpandedTable],
    tile_row: u64,
    out: &mut [u8],
) -> Option<u32> {
    let layout = blob.layout();
    let columns = layout.grid.columns();
    let mut first_bad = None;
    for column in 0..columns {
        // Below the tile count, which has 32 bits.
        let tile = (tile_row * u64::from(columns)) as u32 + column;
        let (rect, span) = (layout.grid.tile(tile), blob.span(tile));
        let table = tables.get(usize::from(span.table)).unwrap_or(&NO_TABLE);
        let out = &mut out[column as usize * ROW_BYTES..];
        let memory = tile_memory(blob, &rect, &span, table, out);
        let params = tile_params(blob, &rect, span);
        if !warp.decode_tile(memory, layout.limits.codec, &params) {
            first_bad = first_bad.or(Some(tile));
        }
    }
    first_bad
}
