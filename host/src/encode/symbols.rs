//! From a tile's residuals to symbols, stored plane bytes and exceptions (FORMAT.md section 5).

use wcodec_codec::format::{LANES, PlaneCodec};
use wcodec_codec::plane::{Plane, PlaneVisitor, combine_pairs};
use wcodec_cpu::Rows;

/// The residuals of a tile.
#[derive(Clone, Copy)]
pub struct Residuals<'a> {
    /// Rows of 32 lanes of `lane_elements` bytes, complete with padding.
    pub rows: Rows<'a>,
    pub lane_elements: usize,
}

impl Residuals<'_> {
    /// Appends the symbols of a codec with pair symbols, lane after lane in each row, in the order
    /// of steps. Where ranks do not wrap, all residuals must have ranks below `base`.
    pub fn append_pairs(&self, codec: PlaneCodec, base: u8, symbols: &mut Vec<u8>) {
        let start = symbols.len();
        symbols.resize(start + self.rows.count() * self.rows.row_len() / 2, 0);
        codec.visit(CombinePairs { residuals: self, base, out: &mut symbols[start..] });
    }

    /// Appends the rows of the stored plane, all 32 lanes of each; nothing for codecs without one.
    pub fn append_plane(&self, codec: PlaneCodec, base: u8, plane: &mut Vec<u8>) {
        let start = plane.len();
        plane.resize(start + self.plane_bytes(codec), 0);
        self.stored_plane(codec, base, &mut plane[start..]);
    }

    /// Bytes of the stored plane, all 32 lanes of each row.
    pub fn plane_bytes(&self, codec: PlaneCodec) -> usize {
        self.rows.count() * LANES * codec.stored_plane_bytes(self.lane_elements)
    }

    /// As [`Residuals::append_plane`], but overwrites `plane`.
    pub fn stored_plane(&self, codec: PlaneCodec, base: u8, plane: &mut [u8]) {
        codec.visit(Store { residuals: self, base, out: plane });
    }

    /// Each row, or rows together where they lie so, with its part of `out`.
    fn zip<'o>(&self, out: &'o mut [u8]) -> impl Iterator<Item = (&[u8], &'o mut [u8])> {
        let rows = self.rows.together();
        let part = out.len() / rows.count();
        rows.iter().zip(out.chunks_exact_mut(part.max(1)))
    }
}

/// The symbols of pairs.
struct CombinePairs<'a> {
    residuals: &'a Residuals<'a>,
    base: u8,
    out: &'a mut [u8],
}

impl PlaneVisitor for CombinePairs<'_> {
    type Output = ();

    fn visit<P: Plane>(self) {
        let Self { residuals, base, out } = self;
        for (row, out) in residuals.zip(out) {
            let pair = |first, second| P::pair_symbols(base, first, second);
            combine_pairs(residuals.lane_elements, row, out, pair);
        }
    }
}

/// The rows of the stored plane.
struct Store<'a> {
    residuals: &'a Residuals<'a>,
    base: u8,
    out: &'a mut [u8],
}

impl PlaneVisitor for Store<'_> {
    type Output = ();

    fn visit<P: Plane>(self) {
        let Self { residuals, base, out } = self;
        if P::SHAPE.stored_bits == 0 {
            return;
        }
        for (row, out) in residuals.zip(out) {
            P::store(base, residuals.lane_elements, row, out);
        }
    }
}

/// Adds to `exceptions` the residuals that have no rank, being more than `most_below` below `base`.
pub fn find_exceptions(rows: Rows<'_>, base: u8, most_below: u8, exceptions: &mut Vec<u32>) {
    const BLOCK: usize = 64;
    let has_rank = |&residual: &u8| base.wrapping_sub(residual) <= most_below;
    let rows = rows.together();
    for (row, residuals) in rows.iter().enumerate() {
        for (number, block) in residuals.chunks(BLOCK).enumerate() {
            // Nearly all blocks have none, which this test finds without a branch for each
            // residual.
            if block.iter().fold(true, |all, residual| all & has_rank(residual)) {
                continue;
            }
            let first = row * rows.row_len() + number * BLOCK;
            let places =
                block.iter().zip(first as u32..).filter(|(residual, _)| !has_rank(residual));
            exceptions.extend(places.map(|(&residual, place)| place | u32::from(residual) << 24));
        }
    }
}

/// Replaces exceptions by `stand_in`.
pub fn replace_exceptions(residuals: &mut [u8], stand_in: u8, exceptions: &[u32]) {
    for exception in exceptions {
        residuals[(exception & 0xFF_FFFF) as usize] = stand_in;
    }
}
