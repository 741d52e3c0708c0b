//! From a tile's residuals to symbols, stored plane bytes and exceptions (FORMAT.md section 5).

use wcodec_kernels::format::{LANES, MAX_RANK, PlaneCodec};

/// The residuals of a tile, rows of 32 lanes of `lane_elements` bytes, complete with padding.
#[derive(Clone, Copy)]
pub struct Residuals<'a> {
    pub bytes: &'a [u8],
    pub lane_elements: usize,
}

impl Residuals<'_> {
    /// Writes the symbols in the order of decoding: row, step, lane. Empty for codecs that have none.
    /// For the pair codecs the residuals all have ranks below `base`.
    pub fn symbols(&self, codec: PlaneCodec, base: u8, symbols: &mut Vec<u8>) {
        match codec {
            PlaneCodec::Rans8 => self.transpose(self.lane_elements, symbols, |lane, k| lane[k]),
            PlaneCodec::RansNib => {
                self.transpose_pairs(symbols, |a, c| a & 0xF0 | c >> 4);
            }
            PlaneCodec::RansPair => {
                self.transpose_pairs(symbols, |a, c| (base - a) << 4 | (base - c));
            }
            PlaneCodec::Const | PlaneCodec::Raw | PlaneCodec::Rank4 => symbols.clear(),
        }
    }

    /// Writes the rows of the coded plane, all 32 lanes of each. Empty for codecs that have none.
    pub fn coded_plane(&self, codec: PlaneCodec, base: u8, plane: &mut Vec<u8>) {
        plane.clear();
        match codec {
            PlaneCodec::Raw => plane.extend_from_slice(self.bytes),
            PlaneCodec::RansNib => self.pairs(plane, |a, c| a & 15 | c << 4),
            PlaneCodec::Rank4 => self.pairs(plane, |a, c| (base - a) << 4 | (base - c)),
            PlaneCodec::Const | PlaneCodec::Rans8 | PlaneCodec::RansPair => {}
        }
    }

    /// Lane-major bytes of the pairs, step after step.
    fn pairs(&self, plane: &mut Vec<u8>, pair: impl Fn(u8, u8) -> u8) {
        let group = self.lane_elements.min(8);
        for elements in self.bytes.chunks_exact(group) {
            let (first, second) = elements.split_at(group / 2);
            plane.extend(first.iter().zip(second).map(|(&a, &c)| pair(a, c)));
        }
    }

    fn transpose_pairs(&self, symbols: &mut Vec<u8>, pair: impl Fn(u8, u8) -> u8) {
        let half = self.lane_elements.min(8) / 2;
        self.transpose(self.lane_elements / 2, symbols, |lane, k| {
            let first = k / half * 2 * half + k % half;
            pair(lane[first], lane[first + half])
        });
    }

    /// Step-major symbols from lane-major rows.
    #[inline(always)]
    fn transpose(&self, steps: usize, symbols: &mut Vec<u8>, symbol: impl Fn(&[u8], usize) -> u8) {
        let columns = LANES * self.lane_elements;
        symbols.clear();
        symbols.resize(self.bytes.len() / self.lane_elements * steps, 0);
        let rows = self.bytes.chunks_exact(columns).zip(symbols.chunks_exact_mut(steps * LANES));
        for (row, out) in rows {
            for (lane, elements) in row.chunks_exact(self.lane_elements).enumerate() {
                for step in 0..steps {
                    out[step * LANES + lane] = symbol(elements, step);
                }
            }
        }
    }
}

/// Moves the residuals that have no rank below `base` to the exception list, `stand_in` taking their place.
pub fn take_exceptions(
    residuals: &mut [u8],
    base: u8,
    stand_in: u8,
    mut exception: impl FnMut(u32),
) {
    for (position, residual) in residuals.iter_mut().enumerate() {
        if base.wrapping_sub(*residual) > MAX_RANK {
            exception(position as u32 | u32::from(*residual) << 24);
            *residual = stand_in;
        }
    }
}
