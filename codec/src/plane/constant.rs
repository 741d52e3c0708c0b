//! Const: one residual throughout.

use super::{Plane, PlaneCodec, PlaneParams, ResidualSource, Shape, SymbolSource};
use crate::warp::{Lanes, Warp};

/// [`PlaneCodec::Const`].
pub struct Const;

impl Plane for Const {
    const CODEC: PlaneCodec = PlaneCodec::Const;

    const SHAPE: Shape = Shape { symbol_residuals: 0, stored_bits: 0, ranks: None };

    type Source<W: Warp, E: SymbolSource<W>, const N: usize> = Source<W::Lanes>;

    fn pair_symbols(_: u8, _: u32, _: u32) -> u32 {
        0
    }

    fn store(_: u8, _: usize, _: &[u8], _: &mut [u8]) {}
}

pub struct Source<L>(L);

impl<W: Warp, const N: usize> ResidualSource<W, N> for Source<W::Lanes> {
    type Stored = ();

    #[cfg_attr(not(unoptimized), inline(always))]
    fn begin(_: &mut W, params: PlaneParams) -> Self {
        Self(W::Lanes::splat(u32::from_ne_bytes([params.constant; 4])))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_stored(_: &W, _: u32) {}

    #[cfg_attr(not(unoptimized), inline(always))]
    fn next_row(&mut self, _: &mut W, (): ()) -> [W::Lanes; N] {
        [self.0; N]
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn is_intact(&self, _: &W) -> bool {
        true
    }
}
