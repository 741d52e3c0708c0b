//! From a blob to one of its tiles: what a CPU warp is given to decode it.

use super::Blob;
use wcodec_codec::decode::TileParams;
use wcodec_codec::format::{LANES, Section, TileRect, TileSpan};
use wcodec_codec::plane::PlaneParams;
use wcodec_cpu::{ExpandedTable, Plane, TileMemory};

/// What the tile at `rect` with `span` owns of `blob`; `out` are the decoded bytes from its first on.
pub fn tile_memory<'a, 'out>(
    blob: &Blob<'a>,
    rect: &TileRect,
    span: &TileSpan,
    table: &'a ExpandedTable,
    out: &'out mut [u8],
) -> TileMemory<'a, 'out> {
    let layout = blob.layout();
    let lane_elements = layout.split.lane_elements();
    let words = blob.section(layout.words).as_chunks().0;
    let exceptions = blob.section(layout.exceptions).as_chunks().0;
    let plane =
        |section: Section, lane_bytes: usize| plane_rows(blob.section(section), rect, lane_bytes);
    TileMemory {
        table,
        words: &words[span.words_start as usize..][..span.words as usize],
        stored_plane: plane(
            layout.stored_plane,
            layout.limits.codec.stored_plane_bytes(lane_elements),
        ),
        raw_planes: layout.raw_planes.map(|section| plane(section, lane_elements)),
        plane_constants: layout.plane_constants,
        exceptions: &exceptions[span.exceptions_start as usize..][..span.exceptions as usize],
        out,
        row_bytes: layout.grid.row_bytes() as usize,
    }
}

/// The numbers that the decode program needs of the tile at `rect` with `span`.
pub fn tile_params(blob: &Blob<'_>, rect: &TileRect, span: TileSpan) -> TileParams {
    let layout = blob.layout();
    TileParams {
        split: layout.split,
        predictor: span.predictor,
        plane: PlaneParams { base: span.base, constant: layout.coded_constant },
        exceptions: span.exceptions,
        rows: rect.rows,
    }
}

/// A tile's rows of a plane, without the lanes that are missing from a ragged last one.
fn plane_rows<'a>(plane: &'a [u8], rect: &TileRect, lane_bytes: usize) -> Plane<'a> {
    let row_bytes = LANES * lane_bytes;
    let rest = plane.get(rect.plane_row as usize * row_bytes..).unwrap_or(&[]);
    Plane { bytes: &rest[..rest.len().min(rect.rows as usize * row_bytes)], row_bytes }
}
