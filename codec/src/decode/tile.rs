//! The decode program: one warp, one tile.

use super::exceptions::Exceptions;
use super::{predictor, split};
use crate::entropy::rans::RansDecoder;
use crate::entropy::tans::TansDecoder;
use crate::format::{Predictor, Split};
use crate::plane::{EntropyCoder, Plane, PlaneParams, ResidualSource, SymbolSource};
use crate::warp::{Lanes, Warp};

/// The numbers of a tile that the program needs; the same for all lanes.
#[derive(Debug, Clone, Copy)]
pub struct TileParams {
    /// The split of elements, which have `4 / N` bytes each.
    pub split: Split,
    /// The predictor.
    pub predictor: Predictor,
    /// The numbers for the plane codec.
    pub plane: PlaneParams,
    /// Exceptions.
    pub exceptions: u32,
    /// Rows of the tile, at least one.
    pub rows: u32,
}

/// Decodes the tile that `warp` is pointed at, under the plane codec `P`; `N` is the number of words
/// that a lane's coded bytes take. Without `PREDICTED` the tile's predictor must be None, and the
/// program is smaller for it.
///
/// Returns whether the tile is intact: every lane ends on the state that the encoder started from,
/// every word is taken and every exception applied. All rows are stored either way.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn decode_tile<W: Warp, P: Plane, const N: usize, const PREDICTED: bool>(
    warp: &mut W,
    params: &TileParams,
) -> bool {
    match P::CODER {
        EntropyCoder::Tans => {
            decode_with::<W, P, TansDecoder<W::Lanes>, N, PREDICTED>(warp, params)
        }
        EntropyCoder::Rans => {
            decode_with::<W, P, RansDecoder<W::Lanes>, N, PREDICTED>(warp, params)
        }
    }
}

/// As [`decode_tile`], with the entropy coder `E`.
#[cfg_attr(not(unoptimized), inline(always))]
fn decode_with<W, P, E, const N: usize, const PREDICTED: bool>(
    warp: &mut W,
    params: &TileParams,
) -> bool
where
    W: Warp,
    P: Plane,
    E: SymbolSource<W>,
{
    let has_ranks = P::SHAPE.ranks.is_some();
    let mut exceptions =
        if has_ranks { Exceptions::new(warp, params.exceptions) } else { Exceptions::NONE };
    let mut above = [W::Lanes::splat(0); N];
    let mut source = P::Source::<W, E, N>::begin(warp, params.plane);
    for row in 0..params.rows {
        warp.begin_row(row);
        let raw = load_raw(warp, row);
        let stored = P::Source::<W, E, N>::load_stored(warp, row);
        let mut residuals = source.next_row(warp, stored);
        if has_ranks {
            exceptions.apply(warp, row, &mut residuals);
        }
        let coded = if PREDICTED {
            above = predictor::undo(params.predictor, residuals, above);
            above
        } else {
            residuals
        };
        warp.store_row(row, split::join(params.split, coded, raw));
    }
    source.is_intact(warp) && exceptions.are_done()
}

/// Loads a row of all raw planes that an element of this width has.
#[cfg_attr(not(unoptimized), inline(always))]
fn load_raw<W: Warp, const N: usize>(warp: &W, row: u32) -> [[W::Lanes; N]; 3] {
    let mut raw = [[W::Lanes::splat(0); N]; 3];
    let planes = 4 / N - 1;
    for plane in 0..3 {
        if plane < planes {
            raw[plane] = warp.load_raw(plane, row);
        }
    }
    raw
}
