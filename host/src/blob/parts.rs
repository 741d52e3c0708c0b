//! The parts of a blob after its front: all of them, or what some tile rows own.

use super::{Blob, BlobFront};
use std::ops::Range;
use wcodec_codec::format::{BlobLayout, LANES, MAX_RAW_PLANES, Section, TileGrid};

/// Bytes that a GPU reads at a time.
#[cfg(feature = "gpu")]
const UNIT: u64 = 16;

/// Bytes of one part of a blob, from its byte `start` on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Part<'a> {
    start: u64,
    bytes: &'a [u8],
}

impl<'a> Part<'a> {
    /// The bytes of a part from its byte `start` on.
    pub fn new(start: u64, bytes: &'a [u8]) -> Self {
        Self { start, bytes }
    }

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
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Parts<'a> {
    pub coded: CodedParts<'a>,
    /// The raw planes; nothing of those that are constant or coded.
    pub raw_planes: [Part<'a>; MAX_RAW_PLANES],
    /// The parts of raw planes that are coded.
    pub coded_planes: [CodedParts<'a>; MAX_RAW_PLANES],
}

/// The parts that the coded bytes of a tensor, or of a raw plane, are decoded from.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CodedParts<'a> {
    pub words: Part<'a>,
    pub stored_plane: Part<'a>,
    pub exceptions: Part<'a>,
}

impl<'a> Parts<'a> {
    /// All parts of a blob.
    pub fn of(blob: &Blob<'a>) -> Self {
        let layout = blob.layout();
        let whole = |section| Part { start: 0, bytes: blob.section(section) };
        Self {
            coded: CodedParts {
                words: whole(layout.words),
                stored_plane: whole(layout.stored_plane),
                exceptions: whole(layout.exceptions),
            },
            raw_planes: layout.raw_planes.map(whole),
            coded_planes: layout.coded_planes.map(|plane| {
                plane.map_or(CodedParts::default(), |plane| CodedParts {
                    words: whole(plane.words),
                    stored_plane: whole(plane.stored_plane),
                    exceptions: whole(plane.exceptions),
                })
            }),
        }
    }

    /// The parts that were read from these places, one after another.
    pub fn read<'b>(places: &Places, mut bytes: impl Iterator<Item = &'b [u8]>) -> Parts<'b> {
        let mut next = |place: &Place| {
            let bytes = bytes.next().unwrap_or(&[]);
            Part { start: place.start, bytes }
        };
        let mut coded = |places: &CodedPlaces| CodedParts {
            words: next(&places.words),
            stored_plane: next(&places.stored_plane),
            exceptions: next(&places.exceptions),
        };
        let own = coded(&places.coded);
        let coded_planes = places.coded_planes.each_ref().map(&mut coded);
        Parts { coded: own, coded_planes, raw_planes: places.raw_planes.each_ref().map(next) }
    }
}

/// The places in a blob of the bytes that tile rows own of each part, those of [`Parts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Places {
    coded: CodedPlaces,
    coded_planes: [CodedPlaces; MAX_RAW_PLANES],
    raw_planes: [Place; MAX_RAW_PLANES],
}

/// The places of [`CodedParts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct CodedPlaces {
    words: Place,
    stored_plane: Place,
    exceptions: Place,
}

/// Bytes of a part, and where the part begins in the blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Place {
    part: u64,
    start: u64,
    end: u64,
}

impl Places {
    /// The places of the bytes that these tile rows own, at least one row and all inside the grid.
    pub fn of(front: &BlobFront<'_>, tile_rows: &Range<u64>) -> Self {
        let layout = front.layout();
        let lane_elements = layout.split.lane_elements();
        let coded_plane = |plane| {
            let coded = front.coded_plane(plane)?;
            let bytes = plane_range(layout, tile_rows, lane_elements);
            Some(CodedPlaces::of(&coded, &tile_rows_of(&coded.layout().grid, &bytes)))
        };
        Self {
            coded: CodedPlaces::of(front, tile_rows),
            coded_planes: std::array::from_fn(|plane| coded_plane(plane).unwrap_or_default()),
            raw_planes: layout.raw_planes.map(|raw| plane(layout, raw, tile_rows, lane_elements)),
        }
    }

    /// For each part, in the order in which [`Parts::read`] takes them, the offset in the blob of
    /// the owned bytes, and their length.
    pub fn sections(&self) -> impl Iterator<Item = Section> {
        let coded = [self.coded].into_iter().chain(self.coded_planes);
        let coded = coded.flat_map(|places| [places.words, places.stored_plane, places.exceptions]);
        coded
            .chain(self.raw_planes)
            .map(|Place { part, start, end }| Section { offset: part + start, len: end - start })
    }

    /// The owned bytes in whole units of 16, as a GPU reads them, of a blob that is so long: in the
    /// order of the blob, none twice.
    #[cfg(feature = "gpu")]
    pub fn units(&self, blob_len: u64) -> Vec<Range<u64>> {
        let owned = self.sections().filter(|section| section.len > 0);
        let units = owned.map(|Section { offset, len }| {
            let end = (offset + len).checked_next_multiple_of(UNIT);
            offset - offset % UNIT..end.map_or(blob_len, |end| end.min(blob_len))
        });
        let mut units: Vec<_> = units.collect();
        units.sort_by_key(|unit| unit.start);
        units.dedup_by(|next, last| {
            let goes_on = next.start <= last.end;
            last.end = if goes_on { last.end.max(next.end) } else { last.end };
            goes_on
        });
        units
    }
}

impl CodedPlaces {
    fn of(front: &BlobFront<'_>, tile_rows: &Range<u64>) -> Self {
        let layout = front.layout();
        let tiles = tiles(&layout.grid, tile_rows);
        let (first, last) = (front.span(tiles.start), front.span(tiles.end - 1));
        let words = first.words_start..last.words_start + u64::from(last.words);
        let last_exception = u64::from(last.exceptions_start) + u64::from(last.exceptions);
        let exceptions = u64::from(first.exceptions_start)..last_exception;
        let quads = |section: Section, range: Range<u64>| Place {
            part: section.offset,
            start: range.start * 4,
            end: range.end * 4,
        };
        let stored_bytes = layout.limits.codec.stored_plane_bytes(layout.split.lane_elements());
        Self {
            words: quads(layout.words, words),
            stored_plane: plane(layout, layout.stored_plane, tile_rows, stored_bytes),
            exceptions: quads(layout.exceptions, exceptions),
        }
    }
}

/// The bytes, as they are coded, from which these bytes of a tensor are restored: themselves, but
/// for a transposed tensor, of which whole bands are.
pub(crate) fn coded_range(layout: &BlobLayout, range: &Range<u64>) -> Range<u64> {
    layout.transposition.map_or(range.clone(), |order| order.around(range))
}

/// The tile rows that hold these coded bytes.
pub(crate) fn tile_rows_of(grid: &TileGrid, range: &Range<u64>) -> Range<u64> {
    let bytes = grid.tile_row_bytes();
    let start = range.start / bytes;
    // Not before the start, where the range is empty.
    start..range.end.div_ceil(bytes).max(start)
}

/// The tiles of some tile rows.
fn tiles(grid: &TileGrid, tile_rows: &Range<u64>) -> Range<u32> {
    let columns = u64::from(grid.columns());
    // The tile count has 32 bits.
    (tile_rows.start * columns) as u32..(tile_rows.end * columns) as u32
}

/// The bytes that some tile rows own of a plane with `lane_bytes` bytes a lane and row.
pub(crate) fn plane_range(
    layout: &BlobLayout,
    tile_rows: &Range<u64>,
    lane_bytes: usize,
) -> Range<u64> {
    let grid = &layout.grid;
    let len = grid.plane_bytes(lane_bytes);
    let tiles = tiles(grid, tile_rows);
    // A ragged last row ends with the plane.
    let offset = |tile: u32| match tile < grid.tile_count() {
        true => grid.tile(tile).plane_row * (LANES * lane_bytes) as u64,
        false => len,
    };
    offset(tiles.start)..offset(tiles.end)
}

/// The place of what tile rows own of a plane, which is stored in this part or, where that is
/// empty, not at all.
fn plane(
    layout: &BlobLayout,
    section: Section,
    tile_rows: &Range<u64>,
    lane_bytes: usize,
) -> Place {
    let Range { start, end } = plane_range(layout, tile_rows, lane_bytes);
    Place { part: section.offset, start: start.min(section.len), end: end.min(section.len) }
}
