//! From a tile's residuals to symbols, stored plane bytes and exceptions (FORMAT.md section 5).

use wcodec_codec::format::{LANES, PlaneCodec};
use wcodec_cpu::Rows;

/// Whether a codec's symbols are of two residuals each, and not the residuals.
pub fn has_pairs(codec: PlaneCodec) -> bool {
    codec.has_symbols() && codec != PlaneCodec::Tans8
}

/// The residuals of a tile.
#[derive(Clone, Copy)]
pub struct Residuals<'a> {
    /// Rows of 32 lanes of `lane_elements` bytes, complete with padding.
    pub rows: Rows<'a>,
    pub lane_elements: usize,
}

impl Residuals<'_> {
    /// Appends the symbols of a codec that makes one of two residuals: those of a lane's row together, in the order of steps.
    /// With TansPair residuals all have ranks below `base`.
    pub fn append_pairs(&self, codec: PlaneCodec, base: u8, symbols: &mut Vec<u8>) {
        let start = symbols.len();
        symbols.resize(start + self.rows.count() * self.rows.row_len() / 2, 0);
        self.pairs_of(codec, base, &mut symbols[start..]);
    }

    fn pairs_of(&self, codec: PlaneCodec, base: u8, symbols: &mut [u8]) {
        match codec {
            PlaneCodec::TansNib => self.pairs(symbols, |a, c| a & HIGH | c >> 4 & LOW),
            PlaneCodec::TansPair => self.ranks(symbols, base),
            PlaneCodec::TansCrumb => {
                let below = |four: u32| below(base, four.into()) as u32;
                self.pairs(symbols, |a, c| below(a) << 2 & HIGH | below(c) >> 2 & LOW);
            }
            PlaneCodec::Const | PlaneCodec::Raw | PlaneCodec::Tans8 | PlaneCodec::Rank4 => {}
        }
    }

    /// Appends the rows of the coded plane, all 32 lanes of each. Nothing for codecs that have none.
    pub fn append_plane(&self, codec: PlaneCodec, base: u8, plane: &mut Vec<u8>) {
        let start = plane.len();
        plane.resize(start + self.plane_bytes(codec), 0);
        self.coded_plane(codec, base, &mut plane[start..]);
    }

    /// Bytes of the coded plane, all 32 lanes of each row.
    pub fn plane_bytes(&self, codec: PlaneCodec) -> usize {
        self.rows.count() * LANES * codec.coded_plane_bytes(self.lane_elements)
    }

    /// As [`Residuals::append_plane`], in place of what `plane` holds.
    pub fn coded_plane(&self, codec: PlaneCodec, base: u8, plane: &mut [u8]) {
        match codec {
            PlaneCodec::Raw => {
                let rows = plane.chunks_exact_mut(LANES * self.lane_elements);
                rows.zip(self.rows.iter()).for_each(|(out, row)| out.copy_from_slice(row));
            }
            PlaneCodec::TansNib => self.pairs(plane, |a, c| a & LOW | c << 4 & HIGH),
            PlaneCodec::Rank4 => self.ranks(plane, base),
            PlaneCodec::TansCrumb => self.crumbs(plane, base),
            PlaneCodec::Const | PlaneCodec::Tans8 | PlaneCodec::TansPair => {}
        }
    }

    /// No residual is above `base`, so none borrows from its neighbour; nor has a rank more than four bits.
    fn ranks(&self, out: &mut [u8], base: u8) {
        let bases = u32::from_ne_bytes([base; 4]);
        self.pairs(out, |a, c| bases.wrapping_sub(a) << 4 | bases.wrapping_sub(c));
    }

    /// Writes the two lowest bits of each residual's distance from `base`: in a byte those of two pairs.
    fn crumbs(&self, out: &mut [u8], base: u8) {
        let rows = self.rows.together();
        for (out, row) in out.chunks_exact_mut(rows.row_len() / 4).zip(rows.iter()) {
            match self.lane_elements {
                16 => {
                    let lanes = row.as_chunks().0.as_chunks().0;
                    for (out, &[first, last]) in out.as_chunks_mut().0.iter_mut().zip(lanes) {
                        let [first, last] =
                            [first, last].map(|half| crumbs(base, u64::from_le_bytes(half), 32));
                        *out = ((first | last << 4) as u32).to_le_bytes();
                    }
                }
                8 => {
                    for (out, &lane) in out.as_chunks_mut().0.iter_mut().zip(row.as_chunks().0) {
                        let pairs = crumbs(base, u64::from_le_bytes(lane), 32);
                        *out = ((pairs | pairs >> 12) as u16).to_le_bytes();
                    }
                }
                _ => {
                    for (out, &lane) in out.iter_mut().zip(row.as_chunks().0) {
                        let pairs = crumbs(base, u32::from_le_bytes(lane).into(), 16);
                        *out = (pairs | pairs >> 4) as u8;
                    }
                }
            }
        }
    }

    /// Makes a byte of each pair of elements, four of them at once where a lane has as many.
    #[inline(always)]
    fn pairs(&self, out: &mut [u8], pair: impl Fn(u32, u32) -> u32) {
        let rows = self.rows.together();
        let rows = out.chunks_exact_mut(rows.row_len() / 2).zip(rows.iter());
        if self.lane_elements == 4 {
            let pair = |a, c| pair(u16::from_le_bytes(a).into(), u16::from_le_bytes(c).into());
            for (out, row) in rows {
                for (out, &[a, b, c, d]) in out.as_chunks_mut().0.iter_mut().zip(row.as_chunks().0)
                {
                    *out = (pair([a, b], [c, d]) as u16).to_le_bytes();
                }
            }
            return;
        }
        for (out, row) in rows {
            let row = row.as_chunks::<4>().0.as_chunks().0;
            for (out, &[a, c]) in out.as_chunks_mut().0.iter_mut().zip(row) {
                *out = pair(u32::from_le_bytes(a), u32::from_le_bytes(c)).to_le_bytes();
            }
        }
    }
}

/// The nibbles of four bytes.
const LOW: u32 = 0x0F0F_0F0F;
const HIGH: u32 = 0xF0F0_F0F0;
/// How far each of eight residuals lies below `base`, modulo 256.
fn below(base: u8, residuals: u64) -> u64 {
    const TOP: u64 = 0x8080_8080_8080_8080;
    let bases = u64::from_ne_bytes([base; 8]);
    // Top bits alone, so that no byte borrows from the next.
    (bases | TOP).wrapping_sub(residuals & !TOP) ^ (bases ^ !residuals) & TOP
}

/// The crumbs of pairs of residuals of which the second are `gap` bits behind the first: in each byte below the gap, in its
/// lower nibble, those of a pair.
fn crumbs(base: u8, residuals: u64, gap: u32) -> u64 {
    let crumbs = below(base, residuals) & 0x0303_0303_0303_0303;
    crumbs | crumbs >> (gap - 2)
}

/// Adds to `exceptions` the residuals that have no rank, being more than `most_below` below `base`.
pub fn find_exceptions(rows: Rows<'_>, base: u8, most_below: u8, exceptions: &mut Vec<u32>) {
    const BLOCK: usize = 64;
    let has_rank = |&residual: &u8| base.wrapping_sub(residual) <= most_below;
    let rows = rows.together();
    for (row, residuals) in rows.iter().enumerate() {
        for (number, block) in residuals.chunks(BLOCK).enumerate() {
            // Nearly all blocks have none, and that is seen without a branch for each residual.
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

/// Puts `stand_in` in the places of exceptions.
pub fn replace_exceptions(residuals: &mut [u8], stand_in: u8, exceptions: &[u32]) {
    for exception in exceptions {
        residuals[(exception & 0xFF_FFFF) as usize] = stand_in;
    }
}
