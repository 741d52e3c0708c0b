//! The decode program: one warp, one tile.

use super::exceptions::Exceptions;
use super::planes;
use super::predictor;
use super::residuals::ResidualSource;
use crate::format::{Predictor, Split};
use crate::warp::{Lanes, Warp};

/// What the program must know of a tile; the same for all lanes.
#[derive(Debug, Clone, Copy)]
pub struct TileJob {
    /// How elements are split; of `4 / N` bytes each.
    pub split: Split,
    /// The predictor.
    pub predictor: Predictor,
    /// What ranks count down from.
    pub base: u8,
    /// Exceptions.
    pub exceptions: u32,
    /// Rows of the tile, at least one.
    pub rows: u32,
    /// The residual of a constant coded plane.
    pub coded_constant: u8,
}

/// Decodes the tile that `warp` is pointed at; `N` is the number of words that a lane's coded bytes take.
/// Without `PREDICTED` the tile's predictor must be None, and the program is smaller for it.
///
/// Returns whether it is sound: it ended where the encoder started, every word taken, every exception applied. All rows are
/// stored either way.
#[inline(always)]
pub fn decode_tile<W, R, const N: usize, const PREDICTED: bool>(warp: &mut W, job: &TileJob) -> bool
where
    W: Warp,
    R: ResidualSource<W, N>,
{
    let mut decoder = TileDecoder::<W, R, N, PREDICTED> {
        exceptions: if R::HAS_RANKS {
            Exceptions::new(warp, job.exceptions)
        } else {
            Exceptions::NONE
        },
        above: [W::Lanes::splat(0); N],
        source: R::begin(warp, job),
    };
    for row in 0..job.rows {
        warp.begin_row(row);
        let stored = StoredRow::load(warp, row);
        decoder.decode_row(warp, job, row, &stored);
    }
    decoder.source.is_sound(warp) && decoder.exceptions.are_done()
}

/// A tile that is being decoded.
struct TileDecoder<W: Warp, R: ResidualSource<W, N>, const N: usize, const PREDICTED: bool> {
    source: R,
    exceptions: Exceptions,
    /// The coded bytes of the row before.
    above: [W::Lanes; N],
}

impl<W, R, const N: usize, const PREDICTED: bool> TileDecoder<W, R, N, PREDICTED>
where
    W: Warp,
    R: ResidualSource<W, N>,
{
    /// Decodes a row, of which `stored` is what is stored as it is.
    #[inline(always)]
    fn decode_row(&mut self, warp: &mut W, job: &TileJob, row: u32, stored: &StoredRow<W, R, N>) {
        let mut residuals = self.source.next_row(warp, stored.coded);
        if R::HAS_RANKS {
            self.exceptions.apply(warp, row, &mut residuals);
        }
        let coded = if PREDICTED {
            self.above = predictor::undo(job.predictor, residuals, self.above);
            self.above
        } else {
            residuals
        };
        warp.store_row(row, planes::join(job.split, coded, stored.raw));
    }
}

/// A row of the coded plane, and of all raw planes that an element of this width has.
struct StoredRow<W: Warp, R: ResidualSource<W, N>, const N: usize> {
    coded: R::Stored,
    raw: [[W::Lanes; N]; 3],
}

impl<W: Warp, R: ResidualSource<W, N>, const N: usize> StoredRow<W, R, N> {
    #[inline(always)]
    fn load(warp: &W, row: u32) -> Self {
        let mut raw = [[W::Lanes::splat(0); N]; 3];
        let planes = 4 / N - 1;
        for plane in 0..3 {
            if plane < planes {
                raw[plane] = warp.load_raw(plane, row);
            }
        }
        Self { coded: R::load_stored(warp, row), raw }
    }
}
