//! The decode program, and its dispatch: from a blob's codec and element size to the instance that
//! serves them.

mod exceptions;
mod predictor;
mod split;
mod tile;

pub use tile::{TileParams, decode_tile};

use crate::plane::{Plane, PlaneCodec, PlaneVisitor};
use crate::warp::Warp;

/// Decodes the tile that `warp` is pointed at, whatever its codec; returns whether it is intact.
///
/// The device has a kernel for each instance instead, so as not to pay for the registers of the
/// greediest.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn decode_any_tile<W: Warp>(warp: &mut W, codec: PlaneCodec, params: &TileParams) -> bool {
    codec.visit(AnySize { warp, params })
}

/// A tile whose codec is a type already, and whose element size is not yet.
struct AnySize<'a, W> {
    warp: &'a mut W,
    params: &'a TileParams,
}

impl<W: Warp> PlaneVisitor for AnySize<'_, W> {
    type Output = bool;

    #[cfg_attr(not(unoptimized), inline(always))]
    fn visit<P: Plane>(self) -> bool {
        match self.params.split.element_bytes() {
            1 => decode_sized::<W, P, 4>(self.warp, self.params),
            2 => decode_sized::<W, P, 2>(self.warp, self.params),
            _ => decode_sized::<W, P, 1>(self.warp, self.params),
        }
    }
}

/// One instance for tiles with and without a predictor: beside the lanes of a CPU a branch a row
/// costs nothing, and half as much code is to be compiled.
#[cfg_attr(not(unoptimized), inline(always))]
fn decode_sized<W: Warp, P: Plane, const N: usize>(warp: &mut W, params: &TileParams) -> bool {
    decode_tile::<W, P, N, true>(warp, params)
}
