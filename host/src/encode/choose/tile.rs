//! The choice of a tile's predictor and base, by their costs.

use super::rank::{EXCEPTION_BITS, RankCosts, commonest_residual, rank_counts};
use crate::encode::histogram::{Histogram, entropy_bits};
use crate::encode::plan::TilePlan;
use crate::encode::predict::residuals;
use crate::encode::residuals::{ReadTile, TileReader};
use wcodec_codec::format::{PlaneCodec, Predictor, TileRect};
use wcodec_cpu::Rows;

/// Rows of a tile that tell its base well enough.
const ROWS_FOR_BASE: u32 = 8;

/// Average is undone byte by byte, so it must save at least this part of the tile's bits.
const AVERAGE_TOLERANCE: f64 = 0.01;

/// The options for the tiles of a tensor.
pub struct TileChooser<'a> {
    pub reader: TileReader<'a>,
    /// The predictors to choose from, the fastest to undo first.
    pub predictors: &'a [Predictor],
    /// The part of a tile's bits that a slower predictor must save.
    pub tolerance: f64,
    /// The costs of ranks, for codecs that have them.
    pub rank_costs: RankCosts,
}

impl TileChooser<'_> {
    /// Reads a tile into `read`, unless its residuals are the tensor's own bytes, and chooses its
    /// plan.
    pub fn choose(&self, tile: u32, read: &mut ReadTile) -> TilePlan {
        if self.predictors == [Predictor::None]
            && let Some(rows) = self.reader.residuals_in_place(tile, Predictor::None)
        {
            return TilePlan { base: self.base_in_place(rows), ..TilePlan::PLAIN };
        }
        let tensor = &self.reader.tensor;
        let rect = tensor.grid.tile(tile);
        tensor.read_coded(&rect, &mut read.coded);
        if let ([predictor], false) = (self.predictors, self.reader.codec.has_ranks()) {
            let is_ragged = tensor.used(&rect) < read.coded.len();
            let filler = if is_ragged {
                filler(self.reader.codec, &self.histogram(&rect, *predictor, read), 0)
            } else {
                0
            };
            return TilePlan { predictor: *predictor, base: 0, filler };
        }
        let mut best: Option<(TilePlan, f64)> = None;
        for &predictor in self.predictors {
            let histogram = self.histogram(&rect, predictor, read);
            let base = self.rank_costs.base(&histogram);
            let bits = tile_bits(self.reader.codec, &histogram, base);
            let tolerance =
                if predictor == Predictor::Average { AVERAGE_TOLERANCE } else { self.tolerance };
            if best.is_none_or(|(_, best)| bits < best * (1.0 - tolerance)) {
                let filler = filler(self.reader.codec, &histogram, base);
                best = Some((TilePlan { predictor, base, filler }, bits));
            }
        }
        best.expect("a policy has at least one predictor").0
    }

    /// Counts the residuals of the tile in `read` under a predictor; of some rows only, where they
    /// are counted for a base and a tolerance is allowed.
    fn histogram(&self, rect: &TileRect, predictor: Predictor, read: &mut ReadTile) -> Histogram {
        let columns = self.reader.tensor.columns();
        let bytes = if predictor == Predictor::None {
            &read.coded
        } else {
            residuals(predictor, &read.coded, columns, &mut read.residuals);
            &read.residuals
        };
        let stride = self.counted_stride(rect.rows);
        Histogram::of_rows(bytes[..self.reader.tensor.used(rect)].chunks(columns).step_by(stride))
    }

    /// The distance between counted rows.
    fn counted_stride(&self, rows: u32) -> usize {
        let some = self.reader.codec.has_ranks() && self.tolerance > 0.0;
        if some { rows.div_ceil(ROWS_FOR_BASE) as usize } else { 1 }
    }

    /// The base of a tile whose residuals are the tensor's own bytes.
    fn base_in_place(&self, rows: Rows<'_>) -> u8 {
        if !self.reader.codec.has_ranks() {
            return 0;
        }
        let stride = self.counted_stride(rows.count() as u32);
        let counted = || (0..rows.count()).step_by(stride);
        counted().for_each(|row| rows.prefetch(row));
        self.rank_costs.base(&Histogram::of_rows(counted().map(|row| rows.row(row))))
    }
}

/// The residual for padding and exceptions: cheap to code, and 0 where residuals are stored.
fn filler(codec: PlaneCodec, histogram: &Histogram, base: u8) -> u8 {
    let shape = codec.shape();
    match shape.ranks {
        Some(ranks) => commonest_residual(ranks, histogram, base),
        None if shape.symbol_residuals == 0 => 0,
        None => histogram.mode() >> shape.stored_bits << shape.stored_bits,
    }
}

/// The bits of a tile with these residuals, were it to have a table of its own.
pub fn tile_bits(codec: PlaneCodec, histogram: &Histogram, base: u8) -> f64 {
    let shape = codec.shape();
    let stored = histogram.total() as f64 * f64::from(shape.stored_bits);
    match shape.ranks {
        _ if shape.symbol_residuals == 0 => stored,
        Some(ranks) => {
            let (ranks, exceptions) = rank_counts(ranks, histogram, base);
            entropy_bits(ranks) + stored + exceptions as f64 * EXCEPTION_BITS
        }
        None if shape.stored_bits == 0 => histogram.entropy_bits(),
        None => stored + entropy_bits(histogram.high_nibbles().map(u64::from)),
    }
}
