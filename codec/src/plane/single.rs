//! Tans8: a symbol for each residual.

use super::{Plane, PlaneCodec, PlaneParams, ResidualSource, Shape, SymbolSource};
use crate::warp::Warp;

/// [`PlaneCodec::Tans8`].
pub struct Tans8;

impl Plane for Tans8 {
    const CODEC: PlaneCodec = PlaneCodec::Tans8;

    const SHAPE: Shape = Shape { symbol_residuals: 1, stored_bits: 0, ranks: None };

    type Source<W: Warp, E: SymbolSource<W>, const N: usize> = Source<E>;

    fn pair_symbols(_: u8, _: u32, _: u32) -> u32 {
        0
    }

    fn store(_: u8, _: usize, _: &[u8], _: &mut [u8]) {}
}

pub struct Source<E>(E);

impl<W: Warp, E: SymbolSource<W>, const N: usize> ResidualSource<W, N> for Source<E> {
    type Stored = ();

    #[cfg_attr(not(unoptimized), inline(always))]
    fn begin(warp: &mut W, _: PlaneParams) -> Self {
        Self(E::begin(warp))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_stored(_: &W, _: u32) {}

    #[cfg_attr(not(unoptimized), inline(always))]
    fn next_row(&mut self, warp: &mut W, (): ()) -> [W::Lanes; N] {
        // Not a loop: one this large is unrolled too late for the array to become registers.
        let mut words = [self.0.decode_four(warp); N];
        if N > 1 {
            words[1] = self.0.decode_four(warp);
        }
        if N > 2 {
            words[2] = self.0.decode_four(warp);
            words[3] = self.0.decode_four(warp);
        }
        words
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn is_intact(&self, warp: &W) -> bool {
        self.0.is_intact(warp)
    }
}
