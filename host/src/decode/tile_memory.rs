//! What a CPU warp may touch while it decodes one tile.

use super::Blob;
use wcodec_kernels::format::{LANES, MAX_PROB_BITS, ROW_BYTES, Section, TileRect, TileSpan};
use wcodec_kernels::tile::TileJob;

/// The look-up entries of a table, for any number of probability bits.
pub type ExpandedTable = [u32; 1 << MAX_PROB_BITS];

/// Stands in for the table of codecs that have none.
pub static NO_TABLE: ExpandedTable = [0; 1 << MAX_PROB_BITS];

/// Slices of exactly what one tile owns.
pub struct TileMemory<'a, 'out> {
    /// The tile's table.
    pub table: &'a ExpandedTable,
    /// Its words.
    pub words: &'a [[u8; 2]],
    /// Its rows of the coded plane; empty where there is none.
    pub coded_plane: &'a [u8],
    /// Its rows of the raw planes; empty where there are none.
    pub raw_planes: [&'a [u8]; 3],
    /// Its exceptions.
    pub exceptions: &'a [[u8; 4]],
    /// The decoded bytes from the tile's first on, to the end of its tile row.
    pub out: &'out mut [u8],
    /// Distance of two rows of the tile in `out`.
    pub row_bytes: usize,
}

impl<'a, 'out> TileMemory<'a, 'out> {
    /// What the tile at `rect` with `span` owns of `blob`.
    pub fn new(
        blob: &Blob<'a>,
        rect: &TileRect,
        span: &TileSpan,
        table: &'a ExpandedTable,
        out: &'out mut [u8],
    ) -> Self {
        let layout = blob.layout();
        let lane_elements = layout.split.lane_elements();
        let words = blob.section(layout.words).as_chunks().0;
        let exceptions = blob.section(layout.exceptions).as_chunks().0;
        let plane = |section: Section, lane_bytes: usize| {
            plane_rows(blob.section(section), rect, lane_bytes)
        };
        Self {
            table,
            words: &words[span.words_start as usize..][..span.words as usize],
            coded_plane: plane(
                layout.coded_plane,
                layout.limits.codec.coded_plane_bytes(lane_elements),
            ),
            raw_planes: layout.raw_planes.map(|section| plane(section, lane_elements)),
            exceptions: &exceptions[span.exceptions_start as usize..][..span.exceptions as usize],
            out,
            row_bytes: layout.grid.row_bytes() as usize,
        }
    }

    /// The bytes of row `row`, fewer than 512 in a ragged one.
    #[inline(always)]
    pub fn out_row(&mut self, row: u32) -> &mut [u8] {
        let rest = self.out.get_mut(row as usize * self.row_bytes..).unwrap_or(&mut []);
        let len = rest.len().min(ROW_BYTES);
        &mut rest[..len]
    }
}

/// What the decode program must know of the tile at `rect` with `span`.
pub fn tile_job(blob: &Blob<'_>, rect: &TileRect, span: TileSpan) -> TileJob {
    let layout = blob.layout();
    TileJob {
        split: layout.split,
        span,
        rows: rect.rows,
        prob_bits: blob.tables().get(usize::from(span.table)).map_or(0, |t| t.prob_bits().into()),
        coded_constant: layout.coded_constant,
        plane_constants: layout.plane_constants,
    }
}

/// A tile's rows of a plane, without the lanes that are missing from a ragged last one.
fn plane_rows<'a>(plane: &'a [u8], rect: &TileRect, lane_bytes: usize) -> &'a [u8] {
    let row_len = LANES * lane_bytes;
    let rest = plane.get(rect.plane_row as usize * row_len..).unwrap_or(&[]);
    &rest[..rest.len().min(rect.rows as usize * row_len)]
}
