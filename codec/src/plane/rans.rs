//! Rans8 and RansPair: Tans8 and TansPair, their symbols coded by the other entropy coder.

use super::{EntropyCoder, Plane, PlaneCodec, Shape, SymbolSource, Tans8, TansPair};
use crate::warp::Warp;

macro_rules! with_rans {
    ($($codec:ident is $twin:ident),*) => {$(
        #[doc = concat!("[`PlaneCodec::", stringify!($codec), "`].")]
        pub struct $codec;

        impl Plane for $codec {
            const CODEC: PlaneCodec = PlaneCodec::$codec;

            const SHAPE: Shape = $twin::SHAPE;

            const CODER: EntropyCoder = EntropyCoder::Rans;

            type Source<W: Warp, E: SymbolSource<W>, const N: usize> =
                <$twin as Plane>::Source<W, E, N>;

            #[cfg_attr(not(unoptimized), inline(always))]
            fn pair_symbols(base: u8, first: u32, second: u32) -> u32 {
                $twin::pair_symbols(base, first, second)
            }

            fn store(base: u8, lane_elements: usize, residuals: &[u8], stored: &mut [u8]) {
                $twin::store(base, lane_elements, residuals, stored);
            }
        }
    )*};
}

with_rans!(Rans8 is Tans8, RansPair is TansPair);
