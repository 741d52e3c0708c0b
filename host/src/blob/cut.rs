//! Some tiles of a blob, copied to a blob of their own.

use super::BlobFront;
use crate::memory::reserve;
use crate::{Error, Result};
use std::ops::Range;
use wcodec_codec::format::{
    BlobHeader, BlobLayout, IndexEntry, Invalid, LANES, MAX_RAW_PLANES, Planned, Section,
    SpanLimits, TileGrid,
};

/// A blob of the tiles in some columns of some tile rows of another: its front, and the places that
/// the rest is copied from. Tiles are coded each for itself, so that none of their bytes change.
pub(crate) struct Cut<'a> {
    source: &'a BlobFront<'a>,
    tile_rows: Range<u64>,
    /// Tiles side by side.
    columns: Range<u32>,
    layout: BlobLayout,
}

/// What some bytes of a cut are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CutPiece {
    /// The front.
    Front,
    /// Zeros between two sections.
    Padding,
    /// As many bytes of the source, from this one on.
    Source(u64),
}

/// The most bytes of the source in a piece: few enough that they stay in a core's cache.
const PIECE_BYTES: usize = 512 << 10;

/// Bytes of a blob, and where they belong in the cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copy {
    pub from: Range<u64>,
    pub to: u64,
}

impl<'a> Cut<'a> {
    /// The cut of these tiles, of which there are some, all inside the grid. There is none of a
    /// transposed tensor, nor of one with coded raw planes: their tiles share tiles of those.
    pub fn of(
        source: &'a BlobFront<'a>,
        tile_rows: Range<u64>,
        columns: Range<u32>,
    ) -> Result<Option<Self>> {
        let whole = source.layout();
        if whole.transposition.is_some() || whole.coded_planes.iter().any(Option::is_some) {
            return Ok(None);
        }
        let mut limits = SpanLimits { word_count: 0, exception_count: 0, ..whole.limits };
        for tile in tiles(&whole.grid, &tile_rows, &columns) {
            let span = source.span(tile);
            // Of distinct tiles, so that the sums are at most those of the whole blob.
            limits.word_count += u64::from(span.words);
            limits.exception_count += span.exceptions;
        }
        let grid = grid(&whole.grid, &tile_rows, &columns).map_err(refused)?;
        // Tables and their length come together, and have 32 bits in the header.
        let own = Planned { grid, limits, tables_len: whole.tables.len as u32 };
        let planes = [None; MAX_RAW_PLANES];
        let layout = BlobLayout::plan(whole.split, own, whole.plane_constants, planes);
        let layout = layout.map_err(refused)?;
        let layout = BlobLayout { coded_constant: whole.coded_constant, ..layout };
        Ok(Some(Self { source, tile_rows, columns, layout }))
    }

    /// Bytes of the cut.
    pub fn blob_len(&self) -> u64 {
        self.layout.blob_len
    }

    /// The bytes that the blob begins with: its header, tables and index.
    pub fn front(&self) -> Result<Vec<u8>> {
        let len = self.layout.words.offset;
        let mut front = reserve(len, "the front of a part of a compressed tensor")?;
        front.extend_from_slice(bytemuck::bytes_of(&self.layout.header()));
        debug_assert_eq!(front.len(), BlobHeader::LEN);
        front.resize(self.layout.tables.offset as usize, 0);
        front.extend_from_slice(self.source.section(self.source.layout.tables));
        front.resize(self.layout.index.offset as usize, 0);
        let (mut words, mut exceptions) = (0, 0);
        for tile in tiles(&self.source.layout.grid, &self.tile_rows, &self.columns) {
            let span = self.source.span(tile);
            let entry = IndexEntry::new(words, span.table, span.predictor, span.base, exceptions);
            front.extend_from_slice(bytemuck::bytes_of(&entry));
            words += u64::from(span.words);
            exceptions += span.exceptions;
        }
        front.extend_from_slice(bytemuck::bytes_of(&IndexEntry::end(words, exceptions)));
        Ok(front)
    }

    /// All bytes of the cut in their order, in pieces that several threads can fill.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where tiles own more bytes than the cut has, which those of a valid blob
    /// do not.
    pub fn pieces(&self, front: &[u8]) -> Result<Vec<(usize, CutPiece)>> {
        let mut copies = self.copies();
        copies.sort_by_key(|copy| copy.to);
        let mut pieces = vec![(front.len(), CutPiece::Front)];
        let mut end = front.len() as u64;
        let padding = |from: u64, to: u64| match to.checked_sub(from) {
            Some(len) => Ok((len as usize, CutPiece::Padding)),
            None => Err(Error::corrupt("a part of a blob", "its tiles own more than there is")),
        };
        for Copy { from, to } in copies {
            pieces.push(padding(end, to)?);
            end = to + (from.end - from.start);
            pieces.extend(from.clone().step_by(PIECE_BYTES).map(|start| {
                let len = (from.end - start).min(PIECE_BYTES as u64);
                (len as usize, CutPiece::Source(start))
            }));
        }
        pieces.push(padding(end, self.layout.blob_len)?);
        Ok(pieces)
    }

    /// All that is copied from the blob, neighbours at once.
    pub fn copies(&self) -> Vec<Copy> {
        let whole = self.source.layout();
        let lanes = whole.split.lane_elements();
        let stored = whole.limits.codec.stored_plane_bytes(lanes);
        let mut copies = self.quads(whole.words, self.layout.words, |tile| {
            let span = self.source.span(tile);
            (span.words_start, span.words_start + u64::from(span.words))
        });
        copies.extend(self.plane(whole.stored_plane, self.layout.stored_plane, stored));
        for (from, to) in whole.raw_planes.into_iter().zip(self.layout.raw_planes) {
            copies.extend(self.plane(from, to, lanes));
        }
        copies.extend(self.quads(whole.exceptions, self.layout.exceptions, |tile| {
            let span = self.source.span(tile);
            let start = u64::from(span.exceptions_start);
            (start, start + u64::from(span.exceptions))
        }));
        joined(copies)
    }

    /// The copies of values of four bytes, of which `range` tells those of a tile.
    fn quads(&self, from: Section, to: Section, range: impl Fn(u32) -> (u64, u64)) -> Vec<Copy> {
        let mut at = to.offset;
        let copy = |tile_row| {
            let (first, last) = self.ends_of(tile_row);
            let (start, end) = (range(first).0 * 4, range(last).1 * 4);
            let to = at;
            at += end - start;
            Copy { from: from.offset + start..from.offset + end, to }
        };
        self.tile_rows.clone().map(copy).collect()
    }

    /// The copies of a plane with so many bytes a lane; none where it is not stored.
    fn plane(&self, from: Section, to: Section, lane_bytes: usize) -> Vec<Copy> {
        let grid = &self.source.layout.grid;
        let mut at = to.offset;
        let copy = |tile_row| {
            let (first, last) = self.ends_of(tile_row);
            let (first, last) = (grid.tile(first), grid.tile(last));
            let row = |row: u64| (row * (LANES * lane_bytes) as u64).min(from.len);
            let (start, end) = (row(first.plane_row), row(last.plane_row + u64::from(last.rows)));
            let to = at;
            at += end - start;
            Copy { from: from.offset + start..from.offset + end, to }
        };
        self.tile_rows.clone().map(copy).collect()
    }

    /// The first and the last tile of a tile row.
    fn ends_of(&self, tile_row: u64) -> (u32, u32) {
        let first = (tile_row * u64::from(self.source.layout.grid.columns())) as u32;
        (first + self.columns.start, first + self.columns.end - 1)
    }
}

/// The numbers of tiles, row by row.
fn tiles<'a>(
    grid: &TileGrid,
    tile_rows: &Range<u64>,
    columns: &'a Range<u32>,
) -> impl Iterator<Item = u32> + 'a {
    let width = u64::from(grid.columns());
    // The tile count has 32 bits.
    let first_tiles = tile_rows.clone().map(move |tile_row| (tile_row * width) as u32);
    first_tiles.flat_map(|first| columns.clone().map(move |column| first + column))
}

/// The grid of these tiles.
fn grid(
    whole: &TileGrid,
    tile_rows: &Range<u64>,
    columns: &Range<u32>,
) -> std::result::Result<TileGrid, Invalid> {
    let start = tile_rows.start * whole.tile_row_bytes();
    let end = (tile_rows.end * whole.tile_row_bytes()).min(whole.byte_len());
    // Of a grid of several columns all rows are whole.
    let byte_len = (end - start) / u64::from(whole.columns()) * columns.len() as u64;
    let row_bytes = whole.row_bytes() / u64::from(whole.columns()) * columns.len() as u64;
    TileGrid::new(byte_len, row_bytes, whole.tile_rows())
}

/// Copies of which each that goes on where another ends is joined with that, and none is empty.
fn joined(copies: Vec<Copy>) -> Vec<Copy> {
    let mut joined: Vec<Copy> = Vec::new();
    for copy in copies.into_iter().filter(|copy| !copy.from.is_empty()) {
        match joined.last_mut() {
            Some(last)
                if last.from.end == copy.from.start
                    && last.to + (last.from.end - last.from.start) == copy.to =>
            {
                last.from.end = copy.from.end;
            }
            _ => joined.push(copy),
        }
    }
    joined
}

/// The error of a cut that breaks a rule of blobs, which one of a valid blob does not.
fn refused(invalid: Invalid) -> Error {
    Error::corrupt("a part of a blob", invalid.reason)
}
