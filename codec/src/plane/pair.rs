//! TansPair: a symbol for the ranks of two residuals below the tile's base.

use super::pairs::{arrange_pairs, decode_pairs, spread};
use super::{Plane, PlaneCodec, PlaneParams, Ranks, ResidualSource, Shape, SymbolSource};
use crate::warp::{Lanes, Warp};

const LOW: u32 = 0x0F0F_0F0F;

/// [`PlaneCodec::TansPair`].
pub struct TansPair;

impl Plane for TansPair {
    const CODEC: PlaneCodec = PlaneCodec::TansPair;

    const SHAPE: Shape = Shape {
        symbol_residuals: 2,
        stored_bits: 0,
        ranks: Some(Ranks { low_bits: 0, wrap: false }),
    };

    type Source<W: Warp, E: SymbolSource<W>, const N: usize> = Source<W::Lanes, E>;

    /// All residuals have ranks below `base`, so none borrows from its neighbour.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn pair_symbols(base: u8, first: u32, second: u32) -> u32 {
        let bases = u32::from_ne_bytes([base; 4]);
        bases.wrapping_sub(first) << 4 | bases.wrapping_sub(second)
    }

    /// The lowest byte whose residual has no rank has no neighbour that borrows from it, and becomes
    /// more than 15.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn exceptions(base: u8, residuals: u32) -> u32 {
        u32::from_ne_bytes([base; 4]).wrapping_sub(residuals) & !LOW
    }

    fn store(_: u8, _: usize, _: &[u8], _: &mut [u8]) {}
}

pub struct Source<L, E> {
    symbols: E,
    base: L,
}

impl<W: Warp, E: SymbolSource<W>, const N: usize> ResidualSource<W, N> for Source<W::Lanes, E> {
    type Stored = ();

    #[cfg_attr(not(unoptimized), inline(always))]
    fn begin(warp: &mut W, params: PlaneParams) -> Self {
        Self { symbols: E::begin(warp), base: spread(params.base) }
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_stored(_: &W, _: u32) {}

    #[cfg_attr(not(unoptimized), inline(always))]
    fn next_row(&mut self, warp: &mut W, (): ()) -> [W::Lanes; N] {
        let symbols = decode_pairs::<W, E, N>(&mut self.symbols, warp);
        arrange_pairs([residuals(self.base, symbols[0]), residuals(self.base, symbols[1])])
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn is_intact(&self, warp: &W) -> bool {
        self.symbols.is_intact(warp)
    }
}

/// Four pair symbols as residuals: those of the first elements of the pairs, then of the second
/// ones. The base is at least 15, so no byte borrows from the next.
#[cfg_attr(not(unoptimized), inline(always))]
fn residuals<L: Lanes>(base: L, symbols: L) -> (L, L) {
    let low_nibbles = L::splat(LOW);
    (base.sub(symbols.shr(4).and(low_nibbles)), base.sub(symbols.and(low_nibbles)))
}
