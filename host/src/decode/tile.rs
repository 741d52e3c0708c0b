//! From a blob to one of its tiles: the input of a CPU warp.

use crate::blob::{BlobFront, Part, Parts};
use wcodec_codec::decode::TileParams;
use wcodec_codec::format::{LANES, TileRect, TileSpan};
use wcodec_codec::plane::PlaneParams;
use wcodec_cpu::{ExpandedTable, Plane, TileMemory};

/// The slices of `parts` that the tile at `rect` with `span` owns; `out` are the decoded bytes from
/// its first on.
pub fn tile_memory<'a, 'out>(
    front: &BlobFront<'_>,
    parts: &Parts<'a>,
    rect: &TileRect,
    span: &TileSpan,
    table: &'a ExpandedTable,
    out: &'out mut [u8],
) -> TileMemory<'a, 'out> {
    let layout = front.layout();
    let lane_elements = layout.split.lane_elements();
    let stored_bytes = layout.limits.codec.stored_plane_bytes(lane_elements);
    TileMemory {
        table,
        words: parts.coded.words.quads(span.words_start, span.words),
        stored_plane: plane_rows(&parts.coded.stored_plane, rect, stored_bytes),
        raw_planes: parts.raw_planes.map(|plane| plane_rows(&plane, rect, lane_elements)),
        plane_constants: layout.plane_constants,
        exceptions: parts.coded.exceptions.quads(span.exceptions_start.into(), span.exceptions),
        out,
        row_bytes: layout.grid.row_bytes() as usize,
    }
}

/// The numbers that the decode program needs of the tile at `rect` with `span`.
pub fn tile_params(front: &BlobFront<'_>, rect: &TileRect, span: TileSpan) -> TileParams {
    let layout = front.layout();
    TileParams {
        split: layout.split,
        predictor: span.predictor,
        plane: PlaneParams { base: span.base, constant: layout.coded_constant },
        exceptions: span.exceptions,
        rows: rect.rows,
    }
}

/// A tile's rows of a plane, without the lanes that are missing from a ragged last one.
fn plane_rows<'a>(plane: &Part<'a>, rect: &TileRect, lane_bytes: usize) -> Plane<'a> {
    let row_bytes = LANES * lane_bytes;
    let rest = plane.from(rect.plane_row * row_bytes as u64);
    Plane { bytes: &rest[..rest.len().min(rect.rows as usize * row_bytes)], row_bytes }
}
