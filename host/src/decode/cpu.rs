//! Decoding on the CPU: tile rows in parallel, each by a warp of 32 lanes.

use super::tile::{tile_memory, tile_params};
use crate::Result;
use crate::blob::{
    BlobFront, CorruptTile, Part, Parts, coded_range, plane_place, plane_range, tile_rows_of,
};
use crate::memory::{Room, new_filled, reserve};
use crate::transposition::restore_rows;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use wcodec_codec::format::{MAX_RAW_PLANES, ROW_BYTES, TileGrid};
use wcodec_cpu::{CpuBackend, ExpandedTable, NO_TABLE};

/// The input of decoding tiles.
pub(super) struct Source<'a> {
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
///
/// A transposed tensor is decoded to memory of its own first, and its rows restored from there.
pub fn decode_range<'out>(
    warp: CpuBackend,
    front: &BlobFront<'_>,
    parts: &Parts<'_>,
    range: Range<u64>,
    room: Room<'out>,
) -> Result<&'out mut [u8]> {
    let Some(order) = &front.layout().transposition else {
        return decode_coded(warp, front, parts, range, room);
    };
    let coded = coded_range(front.layout(), &range);
    let start = coded.start;
    let columns: Vec<u8> = new_filled(coded.end - start, "a transposed tensor", |room| {
        decode_coded(warp, front, parts, coded, Room::Fresh(room))
    })?;
    restore_rows(order, range, &columns, start, room)
}

/// Decodes a range of bytes in the order in which they are coded.
///
/// Raw planes that are coded are decoded first, to memory of their own.
fn decode_coded<'out>(
    warp: CpuBackend,
    front: &BlobFront<'_>,
    parts: &Parts<'_>,
    range: Range<u64>,
    room: Room<'out>,
) -> Result<&'out mut [u8]> {
    let tile_rows = tile_rows_of(&front.layout().grid, &range);
    let planes = CodedPlanes::decode(warp, front, parts, &tile_rows)?;
    let parts = &planes.beside(parts);
    let source = Source::new(warp, front, parts)?;
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
    check_bad(first_bad).map(|()| decoded)
}

/// Fails where a tile is not sound, of which this is the first.
pub(super) fn check_bad(first_bad: AtomicU32) -> Result<()> {
    match first_bad.into_inner() {
        u32::MAX => Ok(()),
        tile => Err(CorruptTile::of_tensor(tile).error()),
    }
}

/// Raw planes that were coded, decoded as far as some tile rows need them: for each its first byte,
/// and the bytes from there on.
pub(super) struct CodedPlanes([Option<(u64, Vec<u8>)>; MAX_RAW_PLANES]);

impl CodedPlanes {
    pub(super) fn decode(
        warp: CpuBackend,
        front: &BlobFront<'_>,
        parts: &Parts<'_>,
        tile_rows: &Range<u64>,
    ) -> Result<Self> {
        let mut planes = [const { None }; MAX_RAW_PLANES];
        for (number, plane) in planes.iter_mut().enumerate() {
            if let Some(coded) = front.coded_plane(number) {
                let layout = front.layout();
                let range = plane_range(layout, tile_rows, layout.split.lane_elements());
                let parts = Parts { coded: parts.coded_planes[number], ..Parts::default() };
                let bytes = new_filled(range.end - range.start, "a coded plane", |room| {
                    decode_range(warp, &coded, &parts, range.clone(), Room::Fresh(room))
                });
                let bytes = bytes.map_err(|error| error.within(&plane_place(number)))?;
                *plane = Some((range.start, bytes));
            }
        }
        Ok(Self(planes))
    }

    /// The parts of a blob, with these planes in their places.
    pub(super) fn beside<'a>(&'a self, parts: &Parts<'a>) -> Parts<'a> {
        let mut all = *parts;
        for (raw, plane) in all.raw_planes.iter_mut().zip(&self.0) {
            if let Some((start, bytes)) = plane {
                *raw = Part::new(*start, bytes);
            }
        }
        all
    }
}

/// The look-up entries of all tables.
fn expand_all(front: &BlobFront<'_>) -> Result<Vec<ExpandedTable>> {
    let mut expanded = reserve(front.tables().len() as u64, "look-up tables")?;
    let coder = front.layout().limits.codec.coder();
    expanded.extend(front.tables().iter().map(|table| ExpandedTable::new(table, coder)));
    Ok(expanded)
}

/// Cuts a range at the ends of tile rows: the length of each piece, and the piece.
fn pieces(grid: &TileGrid, range: Range<u64>) -> impl Iterator<Item = (usize, Piece)> {
    let bytes = grid.tile_row_bytes();
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

impl<'a> Source<'a> {
    pub(super) fn new(
        warp: CpuBackend,
        front: &'a BlobFront<'a>,
        parts: &'a Parts<'a>,
    ) -> Result<Self> {
        Ok(Self { warp, front, parts, tables: expand_all(front)? })
    }

    /// Decodes a piece, by way of a buffer where it is not a whole tile row; gives the first tile
    /// that is not sound, or `u32::MAX`.
    fn decode_piece(&self, piece: Piece, out: &mut [u8]) -> Result<u32> {
        let grid = &self.front.layout().grid;
        let start = piece.tile_row * grid.tile_row_bytes();
        let whole = grid.tile_row_bytes().min(grid.byte_len() - start) as usize;
        if out.len() == whole {
            return Ok(self.decode_tiles(piece.tile_row, 0..grid.columns(), out));
        }
        let mut buffer = reserve(whole as u64, "a part of a tensor")?;
        buffer.resize(whole, 0);
        let first_bad = self.decode_tiles(piece.tile_row, 0..grid.columns(), &mut buffer);
        out.copy_from_slice(&buffer[piece.skip as usize..][..out.len()]);
        Ok(first_bad)
    }

    /// Decodes tiles side by side in one tile row, to bytes that no others come between; gives the
    /// first that is not sound.
    pub(super) fn decode_tiles(&self, tile_row: u64, columns: Range<u32>, out: &mut [u8]) -> u32 {
        let layout = self.front.layout();
        let mut first_bad = u32::MAX;
        for (place, column) in columns.clone().enumerate() {
            // Below the tile count, which has 32 bits.
            let tile = (tile_row * u64::from(layout.grid.columns())) as u32 + column;
            let (rect, span) = (layout.grid.tile(tile), self.front.span(tile));
            let table = self.tables.get(usize::from(span.table)).unwrap_or(&NO_TABLE);
            let out = &mut out[place * ROW_BYTES..];
            let mut memory = tile_memory(self.front, self.parts, &rect, &span, table, out);
            memory.row_bytes = columns.len() * ROW_BYTES;
            let params = tile_params(self.front, &rect, span);
            if !self.warp.decode_tile(memory, layout.limits.codec, &params) {
                first_bad = first_bad.min(tile);
            }
        }
        first_bad
    }
}
