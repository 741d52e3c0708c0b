//! The decode program, and its dispatch: from a blob's codec, states and element size to the instance that serves them.

mod exceptions;
mod planes;
mod predictor;
pub mod residuals;
mod tans;
pub mod tile;

use crate::format::PlaneCodec;
use crate::warp::Warp;
use residuals::{Constant, Rank4, Raw, ResidualSource, Tans8, TansCrumb, TansNib, TansPair};
use tile::{TileJob, decode_tile};

/// Decodes the tile that `warp` is pointed at, whatever its codec; returns whether it is sound.
///
/// The device has a kernel for each instance instead, so as not to pay for the registers of the greediest.
#[inline(always)]
pub fn decode_any_tile<W: Warp>(
    warp: &mut W,
    codec: PlaneCodec,
    states: u8,
    job: &TileJob,
) -> bool {
    match job.split.element_bytes() {
        1 => decode_words::<W, 4>(warp, codec, states, job),
        2 => decode_words::<W, 2>(warp, codec, states, job),
        _ => decode_words::<W, 1>(warp, codec, states, job),
    }
}

#[inline(always)]
fn decode_words<W: Warp, const N: usize>(
    warp: &mut W,
    codec: PlaneCodec,
    states: u8,
    job: &TileJob,
) -> bool {
    match (codec, states) {
        (PlaneCodec::Const, _) => decode_predicted::<W, Constant<W::Lanes>, N>(warp, job),
        (PlaneCodec::Raw, _) => decode_predicted::<W, Raw, N>(warp, job),
        (PlaneCodec::Rank4, _) => decode_predicted::<W, Rank4<W::Lanes>, N>(warp, job),
        (PlaneCodec::Tans8, 1) => decode_predicted::<W, Tans8<W::Lanes, 1>, N>(warp, job),
        (PlaneCodec::Tans8, _) => decode_predicted::<W, Tans8<W::Lanes, 2>, N>(warp, job),
        (PlaneCodec::TansNib, 1) => decode_predicted::<W, TansNib<W::Lanes, 1>, N>(warp, job),
        (PlaneCodec::TansNib, _) => decode_predicted::<W, TansNib<W::Lanes, 2>, N>(warp, job),
        (PlaneCodec::TansPair, 1) => decode_predicted::<W, TansPair<W::Lanes, 1>, N>(warp, job),
        (PlaneCodec::TansPair, _) => decode_predicted::<W, TansPair<W::Lanes, 2>, N>(warp, job),
        (PlaneCodec::TansCrumb, 1) => decode_predicted::<W, TansCrumb<W::Lanes, 1>, N>(warp, job),
        (PlaneCodec::TansCrumb, _) => decode_predicted::<W, TansCrumb<W::Lanes, 2>, N>(warp, job),
    }
}

/// One instance for tiles with and without a predictor: beside the lanes of a CPU a branch a row costs nothing, and
/// half as much code is to be compiled.
#[inline(always)]
fn decode_predicted<W: Warp, R: ResidualSource<W, N>, const N: usize>(
    warp: &mut W,
    job: &TileJob,
) -> bool {
    decode_tile::<W, R, N, true>(warp, job)
}
