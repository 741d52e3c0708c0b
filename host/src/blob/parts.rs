//! The parts of a blob after its front: all of them, or what some tile rows own.

use super::{Blob, BlobFront};
use std::ops::Range;
use wcodec_codec::format::{LANES, Section};

/// Bytes of one part of a blob, from its byte `start` on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Part<'a> {
    start: u64,
    bytes: &'a [u8],
}

impl<'a> Part<'a> {
    /// The bytes from byte `offset` of the part on, as far as there are any.
    pub fn from(&self, offset: u64) -> &'a [u8] {
        let at = usize::try_from(offset - self.start).ok();
        at.and_then(|at| self.bytes.get(at..)).unwrap_or(&[])
    }

    /// `count` values of four bytes from number `first` on, which the front proves to be there.
    pub fn quads(&self, first: u64, count: u32) -> &'a [[u8; 4]] {
        &self.from(first * 4).as_chunks().0[..count as usize]
    }
}

/// The parts of a blob that tiles own something of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub words: Part<'a>,
    pub stored_plane: Part<'a>,
    pub raw_planes: [Part<'a>; 3],
    pub exceptions: Part<'a>,
}

/// The places in a blob of the bytes that tile rows own of each part, in the order of [`Parts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Places([Place; 6]);

/// Bytes of a part, and where the part begins in the blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    part: u64,
    start: u64,
    end: u64,
}

impl<'a> Parts<'a> {
    /// All parts of a blob.
    pub fn of(blob: &Blob<'a>) -> Self {
        let layout = blob.layout();
        let whole = |section| Part { start: 0, bytes: blob.section(section) };
        Self {
            words: whole(layout.words),
            stored_plane: whole(layout.stored_plane),
            raw_planes: layout.raw_planes.map(whole),
            exceptions: whole(layout.exceptions),
        }
    }

    /// The parts that were read from these places.
    pub fn read(places: &Places, bytes: [&'a [u8]; 6]) -> Self {
        let mut parts = [Part::default(); 6];
        for ((part, place), bytes) in parts.iter_mut().zip(places.0).zip(bytes) {
            *part = Part { start: place.start, bytes };
        }
        let [words, stored_plane, raw_0, raw_1, raw_2, exceptions] = parts;
        Self { words, stored_plane, raw_planes: [raw_0, raw_1, raw_2], exceptions }
    }
}

impl Places {
    /// The places of the bytes that these tile rows own, at least one row and all inside the grid.
    pub fn of(front: &BlobFront<'_>, tile_rows: &Range<u64>) -> Self {
        let layout = front.layout();
        let grid = &layout.grid;
        let columns = u64::from(grid.columns());
        // The tile count has 32 bits.
        let tiles = (tile_rows.start * columns) as u32..(tile_rows.end * columns) as u32;
        let (first, last) = (front.span(tiles.start), front.span(tiles.end - 1));
        let words = first.words_start..last.words_start + u64::from(last.words);
        let last_exception = u64::from(last.exceptions_start) + u64::from(last.exceptions);
        let exceptions = u64::from(first.exceptions_start)..last_exception;
        let plane_row = grid.tile(tiles.start).plane_row;
        let next_row = (tiles.end < grid.tile_count()).then(|| grid.tile(tiles.end).plane_row);
        let plane = |section: Section, lane_bytes: usize| {
            let offset = |row: u64| (row * (LANES * lane_bytes) as u64).min(section.len);
            // A ragged last row ends with the plane.
            let end = next_row.map_or(section.len, offset);
            Place { part: section.offset, start: offset(plane_row), end }
        };
        let quads = |section: Section, range: Range<u64>| Place {
            part: section.offset,
            start: range.start * 4,
            end: range.end * 4,
        };
        let lane_elements = layout.split.lane_elements();
        let stored_bytes = layout.limits.codec.stored_plane_bytes(lane_elements);
        let [raw_0, raw_1, raw_2] = layout.raw_planes.map(|raw| plane(raw, lane_elements));
        Self([
            quads(layout.words, words),
            plane(layout.stored_plane, stored_bytes),
            raw_0,
            raw_1,
            raw_2,
            quads(layout.exceptions, exceptions),
        ])
    }

    /// For each part the offset in the blob of the owned bytes, and their length.
    pub fn sections(&self) -> [Section; 6] {
        self.0.map(|Place { part, start, end }| Section { offset: part + start, len: end - start })
    }
}
