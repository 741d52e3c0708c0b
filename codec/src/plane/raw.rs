//! Raw: residuals stored as they are.

use super::{Plane, PlaneCodec, PlaneParams, ResidualSource, Shape, SymbolSource};
use crate::warp::Warp;

/// [`PlaneCodec::Raw`].
pub struct Raw;

impl Plane for Raw {
    const CODEC: PlaneCodec = PlaneCodec::Raw;

    const SHAPE: Shape = Shape { symbol_residuals: 0, stored_bits: 8, ranks: None };

    type Source<W: Warp, E: SymbolSource<W>, const N: usize> = Source;

    fn pair_symbols(_: u8, _: u32, _: u32) -> u32 {
        0
    }

    fn store(_: u8, _: usize, residuals: &[u8], stored: &mut [u8]) {
        stored.copy_from_slice(residuals);
    }
}

pub struct Source;

impl<W: Warp, const N: usize> ResidualSource<W, N> for Source {
    type Stored = [W::Lanes; N];

    #[cfg_attr(not(unoptimized), inline(always))]
    fn begin(_: &mut W, _: PlaneParams) -> Self {
        Self
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_stored(warp: &W, row: u32) -> Self::Stored {
        warp.load_stored(row)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn next_row(&mut self, _: &mut W, stored: [W::Lanes; N]) -> [W::Lanes; N] {
        stored
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn is_intact(&self, _: &W) -> bool {
        true
    }
}
