//! Which split and plane codec a tensor gets, judged by exact counts over a sample of its tiles.

use super::histogram::Histogram;
use super::predict::residuals;
use super::rank::RankCosts;
use super::source::Source;
use super::tiles::tile_bits;
use super::{Encoder, Profile, view};
use crate::{Error, Result, TensorView};
use rayon::prelude::*;
use wcodec_kernels::format::{
    IndexEntry, LANES, MAX_TILE_ROWS_LOG2, PlaneCodec, Predictor, ROW_BYTES, Split, TileGrid,
};

/// What was decided for a tensor as a whole.
pub struct Selection {
    pub split: Split,
    pub grid: TileGrid,
    pub codec: PlaneCodec,
    pub coded_constant: u8,
    pub plane_constants: [Option<u8>; 3],
    pub predictors: Vec<Predictor>,
    pub rank_costs: RankCosts,
}

impl Selection {
    /// The bytes as they are, in the tallest tiles.
    pub fn raw(byte_len: u64) -> Result<Self> {
        let grid = TileGrid::new(byte_len, ROW_BYTES as u64, MAX_TILE_ROWS_LOG2)
            .map_err(|invalid| Error::InvalidArgument(invalid.to_string()))?;
        Ok(Self {
            split: Split::Byte,
            grid,
            codec: PlaneCodec::Raw,
            coded_constant: 0,
            plane_constants: [None; 3],
            predictors: vec![Predictor::None],
            rank_costs: RankCosts::learn(&[]),
        })
    }
}

/// Codecs by the time they take to decode, the fastest first.
const BY_SPEED: [PlaneCodec; 4] =
    [PlaneCodec::Raw, PlaneCodec::TansPair, PlaneCodec::TansNib, PlaneCodec::Tans8];

/// Predictors by the time they take to undo, the fastest first.
const PREDICTORS_BY_SPEED: [Predictor; 5] =
    [Predictor::None, Predictor::Top, Predictor::Left, Predictor::Planar, Predictor::Average];

/// What is looked at to choose a codec, and to see whether prediction helps anywhere.
struct SampleSize {
    tiles: u32,
    /// How many of them under every predictor.
    predicted: usize,
    /// Rows of each.
    rows: u32,
}

impl SampleSize {
    fn of(profile: Profile) -> Self {
        match profile {
            Profile::Ratio => Self { tiles: 256, predicted: 64, rows: 64 },
            // Prediction is rarely of use, so fewer tiles must do to see that.
            Profile::Balanced | Profile::Fast => Self { tiles: 16, predicted: 6, rows: 32 },
        }
    }
}

/// A table of a few hundred frequencies, packed.
const TABLE_BITS: f64 = 160.0 * 8.0;

/// Chooses how `tensor` is coded.
pub fn select(encoder: &Encoder, tensor: &TensorView<'_>) -> Result<Selection> {
    let splits = view::splits(tensor.dtype());
    let mut candidates = Vec::new();
    for &split in splits {
        let grid = view::grid(tensor, split, encoder.profile, encoder.tile_rows_log2)?;
        let source = Source { data: tensor.data(), split, grid };
        candidates.extend(Candidate::all(encoder, &source));
    }
    if candidates.is_empty() {
        let reason = "the Const codec does not fit a tensor that varies";
        return Err(Error::InvalidArgument(reason.into()));
    }
    let smallest = candidates.iter().map(|c| c.bits).fold(f64::INFINITY, f64::min);
    let limit = smallest * (1.0 + encoder.profile.codec_tolerance());
    let speed = |c: &&Candidate| BY_SPEED.iter().position(|&codec| codec == c.codec);
    let best = candidates
        .iter()
        .filter(|candidate| candidate.bits <= limit)
        .min_by(|a, b| speed(a).cmp(&speed(b)).then(a.bits.total_cmp(&b.bits)))
        .expect("the smallest candidate is within the limit");
    let grid = view::grid(tensor, best.split, encoder.profile, encoder.tile_rows_log2)?;
    Ok(best.selection(&Source { data: tensor.data(), split: best.split, grid }))
}

/// A split and codec, and what the tensor would come to.
struct Candidate {
    split: Split,
    codec: PlaneCodec,
    bits: f64,
    coded_constant: u8,
    plane_constants: [Option<u8>; 3],
    predictors: Vec<Predictor>,
    rank_costs: RankCosts,
}

impl Candidate {
    /// The candidates of one split: Const where it serves, the others otherwise, or the codec that was asked for; none
    /// where that is Const and does not serve.
    fn all(encoder: &Encoder, source: &Source<'_>) -> Vec<Self> {
        let constant = source.constant_coded();
        let codecs = match (encoder.codec, constant) {
            (Some(PlaneCodec::Const), None) if !source.data.is_empty() => vec![],
            (Some(codec), _) => vec![codec],
            (None, Some(_)) => vec![PlaneCodec::Const],
            (None, None) if source.data.is_empty() => vec![PlaneCodec::Raw],
            (None, None) => BY_SPEED.to_vec(),
        };
        let plane_constants = std::array::from_fn(|plane| {
            (plane < source.split.raw_planes()).then(|| source.constant_raw(plane)).flatten()
        });
        let sample = Sample::take(encoder, source);
        let candidate = |codec| Self {
            split: source.split,
            codec,
            bits: sample.bits(codec, source) + raw_bits(source, &plane_constants),
            coded_constant: if codec == PlaneCodec::Const { constant.unwrap_or(0) } else { 0 },
            plane_constants,
            predictors: sample.predictors(encoder, codec),
            rank_costs: sample.rank_costs.clone(),
        };
        codecs.into_iter().map(candidate).collect()
    }

    fn selection(&self, source: &Source<'_>) -> Selection {
        Selection {
            split: self.split,
            grid: source.grid,
            codec: self.codec,
            coded_constant: self.coded_constant,
            plane_constants: self.plane_constants,
            predictors: self.predictors.clone(),
            rank_costs: self.rank_costs.clone(),
        }
    }
}

/// Bits of the raw planes that must be stored.
fn raw_bits(source: &Source<'_>, constants: &[Option<u8>; 3]) -> f64 {
    let planes = constants[..source.split.raw_planes()].iter().filter(|c| c.is_none()).count();
    (source.data.len() / source.split.element_bytes() * planes * 8) as f64
}

/// Counts over some tiles of a tensor.
struct Sample {
    /// For each tile, for each predictor considered.
    tiles: Vec<Vec<(Predictor, Histogram)>>,
    rank_costs: RankCosts,
    tolerance: f64,
}

impl Sample {
    fn take(encoder: &Encoder, source: &Source<'_>) -> Self {
        let count = source.grid.tile_count();
        let size = SampleSize::of(encoder.profile);
        let stride = count.div_ceil(size.tiles).max(1) as usize;
        let numbers: Vec<u32> = (0..count).step_by(stride).collect();
        let rarely = numbers.len().div_ceil(size.predicted).max(1);
        let tiles: Vec<_> = numbers
            .into_par_iter()
            .enumerate()
            .map(|(n, tile)| {
                let predictors = match encoder.predictor {
                    Some(predictor) => vec![predictor],
                    None if n % rarely == 0 => PREDICTORS_BY_SPEED.to_vec(),
                    None => vec![Predictor::None],
                };
                histograms(source, tile, size.rows, &predictors)
            })
            .collect();
        let first: Vec<&Histogram> = tiles.iter().map(|tile| &tile[0].1).collect();
        let rank_costs = RankCosts::learn(&first);
        Self { tiles, rank_costs, tolerance: encoder.profile.tolerance() }
    }

    /// The predictors worth trying on every tile: all of them if one helped on any tile of the sample.
    fn predictors(&self, encoder: &Encoder, codec: PlaneCodec) -> Vec<Predictor> {
        match encoder.predictor {
            _ if codec == PlaneCodec::Const => vec![Predictor::None],
            Some(predictor) => vec![predictor],
            None if !codec.has_symbols() => vec![Predictor::None],
            None if self.tiles.iter().any(|tile| self.best(codec, tile).0 != Predictor::None) => {
                PREDICTORS_BY_SPEED.to_vec()
            }
            None => vec![Predictor::None],
        }
    }

    fn best<'a>(
        &self,
        codec: PlaneCodec,
        tile: &'a [(Predictor, Histogram)],
    ) -> (Predictor, &'a Histogram, f64) {
        let mut best: Option<(Predictor, &Histogram, f64)> = None;
        for (predictor, histogram) in tile {
            let bits = tile_bits(codec, histogram, self.base(codec, histogram));
            if best.is_none_or(|(_, _, best)| bits < best * (1.0 - self.tolerance)) {
                best = Some((*predictor, histogram, bits));
            }
        }
        best.expect("every sampled tile has a histogram")
    }

    fn base(&self, codec: PlaneCodec, histogram: &Histogram) -> u8 {
        if codec.has_ranks() { self.rank_costs.best_base(histogram) } else { 0 }
    }

    /// Bits of the coded bytes of the whole tensor, scaled up from the sample.
    fn bits(&self, codec: PlaneCodec, source: &Source<'_>) -> f64 {
        // Tiles share tables, so the sample is costed as one: residuals, or ranks shifted to one base.
        let mut sum = [0u64; 256];
        let mut exceptions = 0.0;
        for tile in &self.tiles {
            let (_, histogram, _) = self.best(codec, tile);
            let shift = self.base(codec, histogram);
            for (residual, &count) in histogram.0.iter().enumerate() {
                let rank = shift.wrapping_sub(residual as u8);
                match (codec.has_ranks(), rank) {
                    (false, _) => sum[residual] += u64::from(count),
                    (true, 0..16) => sum[usize::from(255 - rank)] += u64::from(count),
                    (true, _) => exceptions += f64::from(count) * super::rank::EXCEPTION_BITS,
                }
            }
        }
        let sampled: u64 = self.tiles.iter().map(|tile| tile[0].1.total()).sum();
        let elements = source.data.len() / source.split.element_bytes();
        let scale = elements as f64 / sampled.max(1) as f64;
        // Halved until they fit, where a whole tensor was counted that has billions of elements.
        let shift = (u64::BITS - sampled.leading_zeros()).saturating_sub(32);
        let counts = Histogram(sum.map(|count| (count >> shift) as u32));
        let coded = tile_bits(codec, &counts, 255) * f64::from(1u32 << shift) + exceptions;
        coded * scale + overhead_bits(codec, source)
    }
}

/// Bits that a lane costs beyond its symbols: of its state and of its first word what carries nothing, and its part of the
/// words that other lanes take ahead of need.
const LANE_OVERHEAD_BITS: usize = 30;

/// Bits that a tile costs beyond its symbols: its lanes' overhead and the index entry.
fn overhead_bits(codec: PlaneCodec, source: &Source<'_>) -> f64 {
    let lanes = if codec.has_symbols() { LANES * LANE_OVERHEAD_BITS } else { 0 };
    let tables = if codec.has_symbols() { TABLE_BITS } else { 0.0 };
    f64::from(source.grid.tile_count()) * (lanes + IndexEntry::LEN * 8) as f64 + tables
}

/// Counts of the residuals in a tile's first rows under some predictors.
fn histograms(
    source: &Source<'_>,
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
