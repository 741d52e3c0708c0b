//! Counts over some tiles of a tensor, and the size of the tensor under each codec, estimated from
//! them.

use super::rank::{EXCEPTION_BITS, RankCosts};
use super::tile::tile_bits;
use crate::encode::histogram::Histogram;
use crate::encode::predict::residuals;
use crate::encode::settings::{EncodeSettings, Profile};
use crate::encode::spread::spread;
use crate::encode::tensor::TiledTensor;
use rayon::prelude::*;
use wcodec_codec::format::{MAX_TILE_ROWS, PlaneCodec, Predictor};

/// Predictors by the time they take to undo, the fastest first.
const PREDICTORS_BY_SPEED: [Predictor; 5] =
    [Predictor::None, Predictor::Top, Predictor::Left, Predictor::Planar, Predictor::Average];

/// The size of the sample from which a codec is chosen, and whether prediction helps anywhere.
struct SampleSize {
    tiles: usize,
    /// The number of them that are tried under every predictor.
    predicted: usize,
    /// Rows of each.
    rows: u32,
}

impl SampleSize {
    /// The size for a tensor of so many tiles.
    fn of(profile: Profile, tile_count: u32) -> Self {
        match profile {
            // The first rows of a few tall tiles need not be like the others: of few, more are read.
            Profile::Ratio => {
                let rows = (256 * 64 / tile_count.max(1)).clamp(64, MAX_TILE_ROWS);
                Self { tiles: 256, predicted: 64, rows }
            }
            // Prediction is rarely of use, so fewer tiles must do to see that.
            Profile::Balanced | Profile::Fast => Self { tiles: 16, predicted: 6, rows: 32 },
        }
    }
}

/// Counts over some tiles of a tensor.
pub struct Sample {
    tiles: Vec<CountedTile>,
    tolerance: f64,
}

/// Counts of a tile's residuals.
struct CountedTile {
    /// For each predictor that may help, the simplest first.
    predicted: Vec<(Predictor, Histogram)>,
    /// True if all predictors were tried.
    tried_all: bool,
}

/// A sample under one codec.
pub struct CandidateSample<'a> {
    codec: PlaneCodec,
    pub rank_costs: RankCosts,
    tiles: Vec<SampledTile<'a>>,
}

/// A tile under the predictor that is the best one for it.
struct SampledTile<'a> {
    predictor: Predictor,
    histogram: &'a Histogram,
    base: u8,
}

impl Sample {
    pub fn take(settings: &EncodeSettings, source: &TiledTensor<'_>) -> Self {
        let size = SampleSize::of(settings.profile, source.grid.tile_count());
        let numbers = spread(source.grid.tile_count() as usize, size.tiles);
        let numbers: Vec<u32> = numbers.map(|tile| tile as u32).collect();
        let rarely = numbers.len().div_ceil(size.predicted).max(1);
        let tolerance = settings.profile.tolerance();
        let mut tiles: Vec<_> = numbers
            .into_par_iter()
            .enumerate()
            .map(|(n, tile)| {
                let (predictors, tried_all): (&[Predictor], bool) = match &settings.predictor {
                    Some(predictor) => (std::slice::from_ref(predictor), true),
                    None if n % rarely == 0 => (&PREDICTORS_BY_SPEED, true),
                    None => (&[Predictor::None], false),
                };
                let mut predicted = histograms(source, tile, size.rows, predictors);
                drop_useless(&mut predicted, tolerance);
                CountedTile { predicted, tried_all }
            })
            .collect();
        // Those that were tried under every predictor stand for all, and under all codecs, which
        // would be compared on different samples otherwise.
        if tiles.iter().any(|tile| tile.predicted.len() > 1) {
            tiles.retain(|tile| tile.tried_all);
        }
        Self { tiles, tolerance }
    }

    pub fn under(&self, codec: PlaneCodec) -> CandidateSample<'_> {
        let first: Vec<&Histogram> = self.tiles.iter().map(|tile| &tile.predicted[0].1).collect();
        let rank_costs = RankCosts::learn(codec, &first);
        let tiles = self.tiles.iter();
        let tiles = tiles
            .map(|tile| SampledTile::best(codec, &rank_costs, &tile.predicted, self.tolerance));
        let tiles = tiles.collect();
        CandidateSample { codec, rank_costs, tiles }
    }
}

impl<'a> SampledTile<'a> {
    fn best(
        codec: PlaneCodec,
        rank_costs: &RankCosts,
        predicted: &'a [(Predictor, Histogram)],
        tolerance: f64,
    ) -> Self {
        let mut best = None;
        let mut limit = f64::INFINITY;
        for (predictor, histogram) in predicted {
            let base = rank_costs.base(histogram);
            let bits = tile_bits(codec, histogram, base);
            if bits < limit {
                best = Some(Self { predictor: *predictor, histogram, base });
                limit = bits * (1.0 - tolerance);
            }
        }
        best.expect("every sampled tile has a histogram")
    }
}

impl CandidateSample<'_> {
    /// The predictors worth trying on every tile: all of them if one helped on any tile of the
    /// sample.
    pub fn predictors(&self, settings: &EncodeSettings) -> Vec<Predictor> {
        let helps = |tile: &SampledTile<'_>| tile.predictor != Predictor::None;
        match settings.predictor {
            _ if !self.codec.has_symbols() => vec![Predictor::None],
            Some(predictor) => vec![predictor],
            None if self.tiles.iter().any(helps) => PREDICTORS_BY_SPEED.to_vec(),
            None => vec![Predictor::None],
        }
    }

    /// Bits of the coded bytes of the whole tensor, without the overhead of tiles, scaled up from
    /// the sample.
    pub fn bits(&self, source: &TiledTensor<'_>) -> f64 {
        // Tiles share tables, so the sample is costed as one: residuals, or those with ranks
        // shifted to one base.
        let codec = self.codec;
        let mut sum = [0u64; 256];
        let mut exceptions = 0.0;
        for &SampledTile { histogram, base, .. } in &self.tiles {
            for (residual, &count) in histogram.0.iter().enumerate() {
                let below = base.wrapping_sub(residual as u8);
                match codec.ranks() {
                    None => sum[residual] += u64::from(count),
                    Some(ranks) if below <= ranks.most_below_base() => {
                        sum[usize::from(255 - below)] += u64::from(count);
                    }
                    Some(_) => exceptions += f64::from(count) * EXCEPTION_BITS,
                }
            }
        }
        let sampled: u64 = self.tiles.iter().map(|tile| tile.histogram.total()).sum();
        let elements = source.data.len() / source.split.element_bytes();
        let scale = elements as f64 / sampled.max(1) as f64;
        // Halved until they fit, where a whole tensor was counted that has billions of elements.
        let shift = (u64::BITS - sampled.leading_zeros()).saturating_sub(32);
        let counts = Histogram(sum.map(|count| (count >> shift) as u32));
        let coded = tile_bits(codec, &counts, 255) * f64::from(1u32 << shift) + exceptions;
        coded * scale
    }
}

/// Counts of the residuals in a tile's first rows under some predictors.
fn histograms(
    source: &TiledTensor<'_>,
    tile: u32,
    rows: u32,
    predictors: &[Predictor],
) -> Vec<(Predictor, Histogram)> {
    let rect = source.grid.tile(tile).first_rows(rows);
    let used = source.used(&rect);
    let (mut coded, mut bytes) = (Vec::new(), Vec::new());
    source.read_coded(&rect, &mut coded);
    let count = |&predictor: &Predictor| {
        residuals(predictor, &coded, source.columns(), &mut bytes);
        (predictor, Histogram::of(&bytes[..used]))
    };
    predictors.iter().map(count).collect()
}

/// Drops the predictors that do not save a part of `tolerance` against none: the entropy tells that
/// for any codec.
fn drop_useless(predicted: &mut Vec<(Predictor, Histogram)>, tolerance: f64) {
    if let Some((Predictor::None, plain)) = predicted.first() {
        let most = plain.entropy_bits() * (1.0 - tolerance);
        predicted.retain(|(predictor, histogram)| {
            *predictor == Predictor::None || histogram.entropy_bits() < most
        });
    }
}
