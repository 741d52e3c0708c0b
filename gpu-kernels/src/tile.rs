//! The decode program: one warp, one tile.

use crate::exceptions::Exceptions;
use crate::format::{Split, TileSpan};
use crate::planes;
use crate::predictor;
use crate::residuals::ResidualSource;
use crate::warp::{Lanes, Warp};

/// What the program must know of a tile; the same for all lanes.
#[derive(Debug, Clone, Copy)]
pub struct TileJob {
    /// How elements are split; of `4 / N` bytes each.
    pub split: Split,
    /// The tile's own index entry, checked.
    pub span: TileSpan,
    /// Rows of the tile, at least one.
    pub rows: u32,
    /// Probability bits of its table; 0 without one.
    pub prob_bits: u32,
    /// The residual of a constant coded plane.
    pub coded_constant: u8,
    /// The values of constant raw planes.
    pub plane_constants: [Option<u8>; 3],
}

/// Decodes the tile that `warp` is pointed at; `N` is the number of words that a lane's coded bytes take.
/// Without `PREDICTED` the tile's predictor must be None, and the program is smaller for it.
///
/// Returns whether it is sound: states at `L`, every word taken, every exception applied. All rows are
/// stored either way.
#[inline(always)]
pub fn decode_tile<W, R, const N: usize, const PREDICTED: bool>(warp: &mut W, job: &TileJob) -> bool
where
    W: Warp,
    R: ResidualSource<W, N>,
{
    let mut source = R::begin(warp, job);
    let mut exceptions = Exceptions::new(warp, job.span.exceptions);
    let mut above = [W::Lanes::splat(0); N];
    let mut raw = load_raw::<W, N>(warp, job, 0);
    for row in 0..job.rows {
        // Stored planes are loaded a row ahead, so that the symbols' arithmetic hides their latency.
        let following = if row + 1 < job.rows { row + 1 } else { row };
        let raw_following = load_raw::<W, N>(warp, job, following);
        let mut residuals = source.next_row(warp, row, following);
        exceptions.apply(warp, row, &mut residuals);
        let coded = if PREDICTED {
            above = predictor::undo(job.span.predictor, residuals, above);
            above
        } else {
            residuals
        };
        warp.store_row(row, planes::join(job.split, coded, raw));
        raw = raw_following;
    }
    source.is_sound(warp) && exceptions.are_done()
}

/// A row of all raw planes that an element of this width has.
#[inline(always)]
fn load_raw<W: Warp, const N: usize>(warp: &W, job: &TileJob, row: u32) -> [[W::Lanes; N]; 3] {
    let mut raw = [[W::Lanes::splat(0); N]; 3];
    let planes = 4 / N - 1;
    for plane in 0..3 {
        if plane < planes {
            raw[plane] = match job.plane_constants[plane] {
                Some(constant) => [W::Lanes::splat(u32::from_ne_bytes([constant; 4])); N],
                None => warp.load_raw(plane, row),
            };
        }
    }
    raw
}
