//! TansNib: a symbol for the high nibbles of two residuals, whose low nibbles are stored.

use super::pairs::{arrange_pairs, combine_pairs, decode_pairs, load_pairs};
use super::{Plane, PlaneCodec, PlaneParams, ResidualSource, Shape, SymbolSource};
use crate::warp::{Lanes, Warp};

const HIGH: u32 = 0xF0F0_F0F0;
const LOW: u32 = 0x0F0F_0F0F;

/// [`PlaneCodec::TansNib`].
pub struct TansNib;

impl Plane for TansNib {
    const CODEC: PlaneCodec = PlaneCodec::TansNib;

    const SHAPE: Shape = Shape { symbol_residuals: 2, stored_bits: 4, ranks: None };

    type Source<W: Warp, E: SymbolSource<W>, const N: usize> = Source<E>;

    #[cfg_attr(not(unoptimized), inline(always))]
    fn pair_symbols(_: u8, first: u32, second: u32) -> u32 {
        first & HIGH | second >> 4 & LOW
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn stored_pairs(_: u8, first: u32, second: u32) -> u32 {
        first & LOW | second << 4 & HIGH
    }

    fn store(base: u8, lane_elements: usize, residuals: &[u8], stored: &mut [u8]) {
        let low_nibbles = |first, second| Self::stored_pairs(base, first, second);
        combine_pairs(lane_elements, residuals, stored, low_nibbles);
    }
}

pub struct Source<E>(E);

impl<W: Warp, E: SymbolSource<W>, const N: usize> ResidualSource<W, N> for Source<E> {
    type Stored = [W::Lanes; 2];

    #[cfg_attr(not(unoptimized), inline(always))]
    fn begin(warp: &mut W, _: PlaneParams) -> Self {
        Self(E::begin(warp))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_stored(warp: &W, row: u32) -> Self::Stored {
        load_pairs::<W, N>(warp, row)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn next_row(&mut self, warp: &mut W, low_nibbles: [W::Lanes; 2]) -> [W::Lanes; N] {
        let symbols = decode_pairs::<W, E, N>(&mut self.0, warp);
        arrange_pairs([
            residuals(symbols[0], low_nibbles[0]),
            residuals(symbols[1], low_nibbles[1]),
        ])
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn is_intact(&self, warp: &W) -> bool {
        self.0.is_intact(warp)
    }
}

/// Four pair symbols and the low nibbles of their pairs as residuals: those of the first elements,
/// then of the second ones.
#[cfg_attr(not(unoptimized), inline(always))]
fn residuals<L: Lanes>(symbols: L, low_nibbles: L) -> (L, L) {
    let first = L::blend(HIGH, symbols, low_nibbles);
    let second = L::blend(HIGH, symbols.shl(4), low_nibbles.shr(4));
    (first, second)
}
