//! From a tile's residuals to symbols, stored plane bytes and exceptions (FORMAT.md section 5).

use wcodec_cpu::Rows;
use wcodec_kernels::format::{LANES, PlaneCodec};

/// The residuals of a tile.
#[derive(Clone, Copy)]
pub struct Residuals<'a> {
    /// Rows of 32 lanes of `lane_elements` bytes, complete with padding.
    pub rows: Rows<'a>,
    pub lane_elements: usize,
}

impl Residuals<'_> {
    /// Writes the symbols of a codec that makes one of two residuals: those of a lane's row together, in the order of steps.
    /// None for other codecs. For the pair codecs the residuals all have ranks below `base`.
    pub fn pairs_of(&self, codec: PlaneCodec, base: u8, symbols: &mut [u8]) {
        match codec {
            PlaneCodec::TansNib => self.pairs(symbols, |a, c| a & HIGH | c >> 4 & LOW),
            PlaneCodec::TansPair => self.ranks(symbols, base),
            PlaneCodec::TansCrumb => {
                self.pairs(symbols, |a, c| below(base, a) << 2 & HIGH | below(base, c) >> 2 & LOW);
            }
            PlaneCodec::Const | PlaneCodec::Raw | PlaneCodec::Tans8 | PlaneCodec::Rank4 => {}
        }
    }

    /// Writes the rows of the coded plane, all 32 lanes of each. Nothing for codecs that have none.
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
        let pair = |[a, c]: [[u8; 4]; 2]| {
            let [a, c] = [a, c].map(|four| below(base, u32::from_le_bytes(four)) & CRUMBS);
            a | c << 2
        };
        let rows = self.rows.together();
        let rows = out.chunks_exact_mut(rows.row_len() / 4).zip(rows.iter());
        for (out, row) in rows {
            match self.lane_elements {
                16 => {
                    let fours = row.as_chunks().0.as_chunks().0.as_chunks().0;
                    for (out, &[first, second]) in out.as_chunks_mut().0.iter_mut().zip(fours) {
                        *out = (pair(first) | pair(second) << 4).to_le_bytes();
                    }
                }
                8 => {
                    let fours = row.as_chunks().0.as_chunks().0;
                    for (out, &fours) in out.as_chunks_mut().0.iter_mut().zip(fours) {
                        let pairs = pair(fours);
                        *out = ((pairs | pairs >> 12) as u16).to_le_bytes();
                    }
                }
                _ => {
                    for (out, &[a, b, c, d]) in out.iter_mut().zip(row.as_chunks().0) {
                        let pairs = pair([[a, b, base, base], [c, d, base, base]]);
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
/// The two lowest bits of four bytes.
const CRUMBS: u32 = 0x0303_0303;

/// How far each of four residuals lies below `base`, modulo 256.
fn below(base: u8, residuals: u32) -> u32 {
    const TOP: u32 = 0x8080_8080;
    let bases = u32::from_ne_bytes([base; 4]);
    // Top bits alone, so that no byte borrows from the next.
    (bases | TOP).wrapping_sub(residuals & !TOP) ^ (bases ^ !residuals) & TOP
}

/// Moves the residuals that have no rank below `base`, being more than `most_below` below it, to the exceptions, `stand_in`
/// taking their place.
pub fn take_exceptions(
    residuals: &mut [u8],
    base: u8,
    most_below: u8,
    stand_in: u8,
    exceptions: &mut Vec<u32>,
) {
    const BLOCK: usize = 64;
    for (number, block) in residuals.chunks_mut(BLOCK).enumerate() {
        // Nearly all blocks have none, and that is seen without a branch for each residual.
        let has_rank = |&residual: &u8| base.wrapping_sub(residual) <= most_below;
        if block.iter().fold(true, |all, residual| all & has_rank(residual)) {
            continue;
        }
        for (within, residual) in block.iter_mut().enumerate() {
            if !has_rank(residual) {
                let position = (number * BLOCK + within) as u32;
                exceptions.push(position | u32::from(*residual) << 24);
                *residual = stand_in;
            }
        }
    }
}
