//! Which split and plane codec a tensor gets, judged by exact counts over a sample of its tiles.

use super::histogram::Histogram;
use super::predict::residuals;
use super::rank::RankCosts;
use super::source::Source;
use super::tiles::tile_bits;
use super::{Encoder, Profile, view};
use crate::{Error, Result, TensorView};
use rayon::prelude::*;
use wcodec_codec::format::{
    IndexEntry, LANES, MAX_TILE_ROWS, PlaneCodec, Predictor, ROW_BYTES, Split, TileGrid,
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
        let grid = TileGrid::new(byte_len, ROW_BYTES as u64, MAX_TILE_ROWS)
            .map_err(|invalid| Error::InvalidArgument(invalid.to_string()))?;
        Ok(Self {
            split: Split::Byte,
            grid,
            codec: PlaneCodec::Raw,
            coded_constant: 0,
            plane_constants: [None; 3],
            predictors: vec![Predictor::None],
            rank_costs: RankCosts::learn(PlaneCodec::Raw, &[]),
        })
    }
}

/// Codecs by the time they take to decode, the fastest first.
const BY_SPEED: [PlaneCodec; 5] = [
    PlaneCodec::Raw,
    PlaneCodec::TansPair,
    PlaneCodec::TansNib,
    PlaneCodec::TansCrumb,
    PlaneCodec::Tans8,
];

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
    let mut candidates = Vec::new();
    for &split in view::splits(tensor.dtype()) {
        let grid = |codec| {
            let rows = encoder
                .tile_rows
                .unwrap_or_else(|| view::tile_rows(tensor, split, codec, encoder.profile));
            view::grid(tensor, rows)
        };
        // Whatever the codec will be: a sample takes some rows of some tiles.
        let source = Source { data: tensor.data(), split, grid: grid(PlaneCodec::Raw)? };
        let split = SplitCandidates::of(encoder, &source);
        for codec in split.codecs() {
            candidates.push(split.candidate(codec, grid(codec)?));
        }
    }
    let smallest = candidates.iter().map(|c| c.bits).fold(f64::INFINITY, f64::min);
    let limit = smallest * (1.0 + encoder.profile.codec_tolerance());
    let speed = |c: &Candidate| BY_SPEED.iter().position(|&codec| codec == c.selection.codec);
    let best = candidates
        .into_iter()
        .filter(|candidate| candidate.bits <= limit)
        .min_by(|a, b| speed(a).cmp(&speed(b)).then(a.bits.total_cmp(&b.bits)));
    let reason = "the Const codec does not fit a tensor that varies";
    Ok(best.ok_or_else(|| Error::InvalidArgument(reason.into()))?.selection)
}

/// What a tensor might be coded as, and what it would come to.
struct Candidate {
    selection: Selection,
    bits: f64,
}

/// What the candidates of one split have in common.
struct SplitCandidates<'a> {
    encoder: &'a Encoder,
    source: &'a Source<'a>,
    /// The value of the stored plane, where it has but one.
    coded_constant: Option<u8>,
    plane_constants: [Option<u8>; 3],
    sample: Sample,
}

impl<'a> SplitCandidates<'a> {
    fn of(encoder: &'a Encoder, source: &'a Source<'a>) -> Self {
        let plane_constants = std::array::from_fn(|plane| {
            (plane < source.split.raw_planes()).then(|| source.constant_raw(plane)).flatten()
        });
        let coded_constant = source.constant_coded();
        let sample = Sample::take(encoder, source);
        Self { encoder, source, coded_constant, plane_constants, sample }
    }

    /// Const where it serves, the others otherwise, or the codec that was asked for; none where that is Const and does not
    /// serve.
    fn codecs(&self) -> Vec<PlaneCodec> {
        let is_empty = self.source.data.is_empty();
        match (self.encoder.codec, self.coded_constant) {
            (Some(PlaneCodec::Const), None) if !is_empty => vec![],
            (Some(codec), _) => vec![codec],
            (None, Some(_)) => vec![PlaneCodec::Const],
            (None, None) if is_empty => vec![PlaneCodec::Raw],
            (None, None) => BY_SPEED.to_vec(),
        }
    }

    fn candidate(&self, codec: PlaneCodec, grid: TileGrid) -> Candidate {
        let coded = self.sample.under(codec);
        let bits = coded.bits(self.source)
            + overhead_bits(codec, grid)
            + raw_bits(self.source, &self.plane_constants);
        let is_const = codec == PlaneCodec::Const;
        let selection = Selection {
            split: self.source.split,
            grid,
            codec,
            coded_constant: if is_const { self.coded_constant.unwrap_or(0) } else { 0 },
            plane_constants: self.plane_constants,
            predictors: coded.predictors(self.encoder),
            rank_costs: coded.rank_costs,
        };
        Candidate { selection, bits }
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
    tolerance: f64,
}

/// A sample under one codec.
struct CodedSample<'a> {
    codec: PlaneCodec,
    rank_costs: RankCosts,
    tiles: Vec<CodedTile<'a>>,
}

/// A tile under the predictor that is the best one for it.
struct CodedTile<'a> {
    predictor: Predictor,
    histogram: &'a Histogram,
    base: u8,
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
        Self { tiles, tolerance: encoder.profile.tolerance() }
    }

    fn under(&self, codec: PlaneCodec) -> CodedSample<'_> {
        let first: Vec<&Histogram> = self.tiles.iter().map(|tile| &tile[0].1).collect();
        let rank_costs = RankCosts::learn(codec, &first);
        let tiles = self.tiles.iter();
        let tiles = tiles.map(|tile| CodedTile::best(codec, &rank_costs, tile, self.tolerance));
        let tiles = tiles.collect();
        CodedSample { codec, rank_costs, tiles }
    }
}

impl<'a> CodedTile<'a> {
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

impl CodedSample<'_> {
    /// The predictors worth trying on every tile: all of them if one helped on any tile of the sample.
    fn predictors(&self, encoder: &Encoder) -> Vec<Predictor> {
        let helps = |tile: &CodedTile<'_>| tile.predictor != Predictor::None;
        match encoder.predictor {
            _ if !self.codec.has_symbols() => vec![Predictor::None],
            Some(predictor) => vec![predictor],
            None if self.tiles.iter().any(helps) => PREDICTORS_BY_SPEED.to_vec(),
            None => vec![Predictor::None],
        }
    }

    /// Bits of the coded bytes of the whole tensor but for what a tile costs, scaled up from the sample.
    fn bits(&self, source: &Source<'_>) -> f64 {
        // Tiles share tables, so the sample is costed as one: residuals, or those with ranks shifted to one base.
        let codec = self.codec;
        let mut sum = [0u64; 256];
        let mut exceptions = 0.0;
        for &CodedTile { histogram, base, .. } in &self.tiles {
            for (residual, &count) in histogram.0.iter().enumerate() {
                let below = base.wrapping_sub(residual as u8);
                match codec.ranks() {
                    None => sum[residual] += u64::from(count),
                    Some(ranks) if below <= ranks.most_below_base() => {
                        sum[usize::from(255 - below)] += u64::from(count);
                    }
                    Some(_) => exceptions += f64::from(count) * super::rank::EXCEPTION_BITS,
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

/// Bits that a lane costs beyond its symbols: of its state and of its first word what carries nothing, and its part of the
/// words that other lanes take ahead of need.
const LANE_OVERHEAD_BITS: usize = 30;

/// Bits that a tile costs beyond its symbols: its lanes' overhead and the index entry.
fn overhead_bits(codec: PlaneCodec, grid: TileGrid) -> f64 {
    let lanes = if codec.has_symbols() { LANES * LANE_OVERHEAD_BITS } else { 0 };
    let tables = if codec.has_symbols() { TABLE_BITS } else { 0.0 };
    f64::from(grid.tile_count()) * (lanes + IndexEntry::LEN * 8) as f64 + tables
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
