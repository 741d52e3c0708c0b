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
            PlaneCodec::Tans8 => match self.lane_elements {
                16 => transpose(self.bytes, symbols, |lane: &[u8; 16]| *lane),
                8 => transpose(self.bytes, symbols, |lane: &[u8; 8]| *lane),
                _ => transpose(self.bytes, symbols, |lane: &[u8; 4]| *lane),
            },
            PlaneCodec::TansNib => self.transpose_pairs(symbols, |a, c| a & 0xF0 | c >> 4),
            PlaneCodec::TansPair => {
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
            PlaneCodec::TansNib => self.pairs(plane, |a, c| a & 15 | c << 4),
            PlaneCodec::Rank4 => self.pairs(plane, |a, c| (base - a) << 4 | (base - c)),
            PlaneCodec::Const | PlaneCodec::Tans8 | PlaneCodec::TansPair => {}
        }
    }

    /// Lane-major bytes of the pairs, step after step.
    fn pairs(&self, plane: &mut Vec<u8>, pair: impl Fn(u8, u8) -> u8) {
        match self.lane_elements {
            16 => extend(plane, self.bytes, |lane| pairs_of::<16, 8>(lane, &pair)),
            8 => extend(plane, self.bytes, |lane| pairs_of::<8, 4>(lane, &pair)),
            _ => extend(plane, self.bytes, |lane| pairs_of::<4, 2>(lane, &pair)),
        }
    }

    fn transpose_pairs(&self, symbols: &mut Vec<u8>, pair: impl Fn(u8, u8) -> u8) {
        match self.lane_elements {
            16 => transpose(self.bytes, symbols, |lane| pairs_of::<16, 8>(lane, &pair)),
            8 => transpose(self.bytes, symbols, |lane| pairs_of::<8, 4>(lane, &pair)),
            _ => transpose(self.bytes, symbols, |lane| pairs_of::<4, 2>(lane, &pair)),
        }
    }
}

/// The pairs of a lane's `E` elements, in the order of the steps.
#[inline(always)]
fn pairs_of<const E: usize, const PAIRS: usize>(
    lane: &[u8; E],
    pair: impl Fn(u8, u8) -> u8,
) -> [u8; PAIRS] {
    let half = E.min(8) / 2;
    std::array::from_fn(|step| {
        let first = step / half * 2 * half + step % half;
        pair(lane[first], lane[first + half])
    })
}

/// Appends what each lane gives.
#[inline(always)]
fn extend<const E: usize, const K: usize>(
    out: &mut Vec<u8>,
    bytes: &[u8],
    op: impl Fn(&[u8; E]) -> [u8; K],
) {
    out.extend(bytes.as_chunks::<E>().0.iter().flat_map(op));
}

/// Step-major symbols from the `K` symbols that each lane of `E` elements gives.
#[inline(always)]
fn transpose<const E: usize, const K: usize>(
    bytes: &[u8],
    symbols: &mut Vec<u8>,
    op: impl Fn(&[u8; E]) -> [u8; K],
) {
    symbols.clear();
    symbols.resize(bytes.len() / E * K, 0);
    let rows = bytes.chunks_exact(LANES * E).zip(symbols.chunks_exact_mut(LANES * K));
    for (row, out) in rows {
        for (lane, elements) in row.as_chunks::<E>().0.iter().enumerate() {
            for (step, symbol) in op(elements).into_iter().enumerate() {
                out[step * LANES + lane] = symbol;
            }
        }
    }
}

/// Moves the residuals that have no rank below `base` to the exceptions, `stand_in` taking their place.
pub fn take_exceptions(residuals: &mut [u8], base: u8, stand_in: u8, exceptions: &mut Vec<u32>) {
    const BLOCK: usize = 64;
    for (number, block) in residuals.chunks_mut(BLOCK).enumerate() {
        // Nearly all blocks have none, and that is seen without a branch for each residual.
        let has_rank = |&residual: &u8| base.wrapping_sub(residual) <= MAX_RANK;
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
