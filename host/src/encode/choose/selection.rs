//! The split and plane codec of a tensor, judged by exact counts over a sample of its tiles.

use super::rank::RankCosts;
use super::sample::Sample;
use super::view;
use crate::encode::settings::EncodeSettings;
use crate::encode::tensor::TiledTensor;
use crate::{Error, Result, TensorView};
use wcodec_codec::format::{
    IndexEntry, LANES, MAX_TILE_ROWS, PlaneCodec, Predictor, ROW_BYTES, Split, TileGrid,
};

/// The decisions for a tensor as a whole.
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

/// A table of a few hundred frequencies, packed.
const TABLE_BITS: f64 = 160.0 * 8.0;

/// Chooses the split, tiling and codec of `tensor`.
pub fn select(settings: &EncodeSettings, tensor: &TensorView<'_>) -> Result<Selection> {
    let mut candidates = Vec::new();
    for &split in view::splits(tensor.dtype()) {
        let grid = |codec| {
            let rows = settings.tile_rows.unwrap_or_else(|| {
                view::tile_rows(tensor, split, codec, settings.profile, settings.batch_bytes)
            });
            view::grid(tensor, rows)
        };
        // This grid serves for any codec: a sample takes some rows of some tiles.
        let source = TiledTensor { data: tensor.data(), split, grid: grid(PlaneCodec::Raw)? };
        let split = SplitCandidates::of(settings, &source);
        for codec in split.codecs() {
            candidates.push(split.candidate(codec, grid(codec)?));
        }
    }
    let smallest = candidates.iter().map(|c| c.bits).fold(f64::INFINITY, f64::min);
    let limit = smallest * (1.0 + settings.profile.codec_tolerance());
    let speed = |c: &Candidate| BY_SPEED.iter().position(|&codec| codec == c.selection.codec);
    let best = candidates
        .into_iter()
        .filter(|candidate| candidate.bits <= limit)
        .min_by(|a, b| speed(a).cmp(&speed(b)).then(a.bits.total_cmp(&b.bits)));
    let reason = "the Const codec does not fit a tensor that varies";
    Ok(best.ok_or_else(|| Error::InvalidArgument(reason.into()))?.selection)
}

/// A form that a tensor might take, and its size.
struct Candidate {
    selection: Selection,
    bits: f64,
}

/// The data that all candidates of one split share.
struct SplitCandidates<'a> {
    settings: &'a EncodeSettings,
    source: &'a TiledTensor<'a>,
    /// The value of the stored plane, where it has but one.
    coded_constant: Option<u8>,
    plane_constants: [Option<u8>; 3],
    sample: Sample,
}

impl<'a> SplitCandidates<'a> {
    fn of(settings: &'a EncodeSettings, source: &'a TiledTensor<'a>) -> Self {
        let plane_constants = std::array::from_fn(|plane| {
            (plane < source.split.raw_planes()).then(|| source.constant_raw(plane)).flatten()
        });
        let coded_constant = source.constant_coded();
        let sample = Sample::take(settings, source);
        Self { settings, source, coded_constant, plane_constants, sample }
    }

    /// Const where it serves, the others otherwise, or the codec that was asked for; none where
    /// that is Const and does not serve.
    fn codecs(&self) -> Vec<PlaneCodec> {
        let is_empty = self.source.data.is_empty();
        match (self.settings.codec, self.coded_constant) {
            (Some(PlaneCodec::Const), None) if !is_empty => vec![],
            (Some(codec), _) => vec![codec],
            (None, Some(_)) => vec![PlaneCodec::Const],
            (None, None) if is_empty => vec![PlaneCodec::Raw],
            (None, None) => BY_SPEED.to_vec(),
        }
    }

    fn candidate(&self, codec: PlaneCodec, grid: TileGrid) -> Candidate {
        let sampled = self.sample.under(codec);
        let bits = sampled.bits(self.source)
            + overhead_bits(codec, grid)
            + raw_bits(self.source, &self.plane_constants);
        let is_const = codec == PlaneCodec::Const;
        let selection = Selection {
            split: self.source.split,
            grid,
            codec,
            coded_constant: if is_const { self.coded_constant.unwrap_or(0) } else { 0 },
            plane_constants: self.plane_constants,
            predictors: sampled.predictors(self.settings),
            rank_costs: sampled.rank_costs,
        };
        Candidate { selection, bits }
    }
}

/// Bits of the raw planes that must be stored.
fn raw_bits(source: &TiledTensor<'_>, constants: &[Option<u8>; 3]) -> f64 {
    let planes = constants[..source.split.raw_planes()].iter().filter(|c| c.is_none()).count();
    (source.data.len() / source.split.element_bytes() * planes * 8) as f64
}

/// Bits that a lane costs beyond its symbols: the unused bits of its state and its first word, and
/// its part of the other lanes' lookahead.
const LANE_OVERHEAD_BITS: usize = 30;

/// Bits that a tile costs beyond its symbols: its lanes' overhead and the index entry.
fn overhead_bits(codec: PlaneCodec, grid: TileGrid) -> f64 {
    let lanes = if codec.has_symbols() { LANES * LANE_OVERHEAD_BITS } else { 0 };
    let tables = if codec.has_symbols() { TABLE_BITS } else { 0.0 };
    f64::from(grid.tile_count()) * (lanes + IndexEntry::LEN * 8) as f64 + tables
}
