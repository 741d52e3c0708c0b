//! From a blob's codec, states and element size to the instance of the decode program that serves them.

use crate::format::{PlaneCodec, Predictor};
use crate::residuals::{Constant, Rank4, Rans8, RansNib, RansPair, Raw, ResidualSource};
use crate::tile::{TileJob, decode_tile};
use crate::warp::Warp;

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
        (PlaneCodec::Const, _) => decode_source::<W, Constant<W::Lanes>, N>(warp, job),
        (PlaneCodec::Raw, _) => decode_source::<W, Raw, N>(warp, job),
        (PlaneCodec::Rank4, _) => decode_source::<W, Rank4<W::Lanes>, N>(warp, job),
        (PlaneCodec::Rans8, 1) => decode_source::<W, Rans8<W::Lanes, 1>, N>(warp, job),
        (PlaneCodec::Rans8, _) => decode_source::<W, Rans8<W::Lanes, 2>, N>(warp, job),
        (PlaneCodec::RansNib, 1) => decode_source::<W, RansNib<W::Lanes, 1>, N>(warp, job),
        (PlaneCodec::RansNib, _) => decode_source::<W, RansNib<W::Lanes, 2>, N>(warp, job),
        (PlaneCodec::RansPair, 1) => decode_source::<W, RansPair<W::Lanes, 1>, N>(warp, job),
        (PlaneCodec::RansPair, _) => decode_source::<W, RansPair<W::Lanes, 2>, N>(warp, job),
    }
}

#[inline(always)]
fn decode_source<W, R, const N: usize>(warp: &mut W, job: &TileJob) -> bool
where
    W: Warp,
    R: ResidualSource<W, N>,
{
    if job.span.predictor == Predictor::None {
        decode_tile::<W, R, N, false>(warp, job)
    } else {
        decode_tile::<W, R, N, true>(warp, job)
    }
}
