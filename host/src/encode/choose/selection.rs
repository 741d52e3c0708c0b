//! The split and plane codec of a tensor, judged by exact counts over a sample of its tiles.

use super::rank::RankCosts;
use super::raw::expected_savings;
use super::sample::Sample;
use super::view;
use crate::encode::settings::{EncodeSettings, Profile};
use crate::encode::tensor::TiledTensor;
use crate::{Error, Result, TensorView};
use wcodec_codec::format::{
    IndexEntry, LANES, MAX_RAW_PLANES, MAX_TILE_ROWS, PlaneCodec, Predictor, ROW_BYTES, Split,
    TileGrid,
};

/// The decisions for a tensor as a whole.
pub struct Selection {
    pub split: Split,
    pub grid: TileGrid,
    pub codec: PlaneCodec,
    pub coded_constant: u8,
    pub plane_constants: [Option<u8>; MAX_RAW_PLANES],
    pub plane_savings: [f64; MAX_RAW_PLANES],
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
            plane_constants: [None; MAX_RAW_PLANES],
            plane_savings: [0.0; MAX_RAW_PLANES],
            predictors: vec![Predictor::None],
            rank_costs: RankCosts::learn(PlaneCodec::Raw, &[]),
        })
    }
}

/// A table of a few hundred frequencies, packed.
const TABLE_BITS: f64 = 160.0 * 8.0;

/// Forms that are encoded to see which is the smallest: those that may take no more than this part
/// above the least by what a sample tells, and the most of them.
const IN_DOUBT: f64 = 0.01;
const MOST_IN_DOUBT: usize = 4;

/// Chooses the split, tiling and codec of `tensor`: one, or, for the smallest blob, those among which
/// a sample does not tell the smallest.
pub fn select(settings: &EncodeSettings, tensor: &TensorView<'_>) -> Result<Vec<Selection>> {
    settings.prob_bits()?;
    let mut candidates = Vec::new();
    let mut raw_planes_tell = false;
    let asked_for = settings.split.as_slice();
    let splits = if asked_for.is_empty() { view::splits(tensor.dtype()) } else { asked_for };
    for &split in splits {
        let split = SplitCandidates::of(settings, tensor, split)?;
        split.add_to(&mut candidates)?;
        raw_planes_tell |= split.raw_planes_tell();
    }
    if asked_for.is_empty() && raw_planes_tell {
        for &split in view::other_splits(tensor.dtype()) {
            SplitCandidates::of(settings, tensor, split)?.add_to(&mut candidates)?;
        }
    }
    if settings.profile == Profile::Ratio && settings.codec.is_none() {
        candidates.sort_by(|a, b| a.bits.total_cmp(&b.bits));
        let least = candidates.first().map_or(0.0, |candidate| candidate.bits);
        candidates.retain(|candidate| candidate.bits <= least * (1.0 + IN_DOUBT));
        candidates.truncate(MOST_IN_DOUBT);
        return Ok(candidates.into_iter().map(|candidate| candidate.selection).collect());
    }
    let reason = "the Const codec does not fit a tensor that varies";
    let best = fastest(settings, candidates);
    Ok(vec![best.ok_or_else(|| Error::InvalidArgument(reason.into()))?.selection])
}

/// The candidate that decodes fastest of those that are not larger than the profile allows.
fn fastest(settings: &EncodeSettings, candidates: Vec<Candidate>) -> Option<Candidate> {
    let smallest = candidates.iter().map(|c| c.bits).fold(f64::INFINITY, f64::min);
    let limit = smallest * (1.0 + settings.profile.codec_tolerance());
    let by_speed = settings.codecs();
    let codec = |c: &Candidate| by_speed.iter().position(|&codec| codec == c.selection.codec);
    let speed = |c: &Candidate| (c.coded_planes, codec(c));
    candidates
        .into_iter()
        .filter(|candidate| candidate.bits <= limit)
        .min_by(|a, b| speed(a).cmp(&speed(b)).then(a.bits.total_cmp(&b.bits)))
}

/// A form that a tensor might take, and its size.
struct Candidate {
    selection: Selection,
    bits: f64,
    /// Raw planes that are worth being coded, each of which takes time to decode.
    coded_planes: usize,
}

/// The data that all candidates of one split share.
struct SplitCandidates<'a> {
    settings: &'a EncodeSettings,
    tensor: &'a TensorView<'a>,
    source: TiledTensor<'a>,
    /// The value of the stored plane, where it has but one.
    coded_constant: Option<u8>,
    plane_constants: [Option<u8>; MAX_RAW_PLANES],
    plane_savings: [f64; MAX_RAW_PLANES],
    sample: Sample,
}

impl<'a> SplitCandidates<'a> {
    fn of(settings: &'a EncodeSettings, tensor: &'a TensorView<'a>, split: Split) -> Result<Self> {
        if !tensor.data().len().is_multiple_of(split.element_bytes()) {
            let reason = format!("{} bytes are not elements of {split:?}", tensor.data().len());
            return Err(Error::InvalidArgument(reason));
        }
        // This grid serves for any codec: a sample takes some rows of some tiles.
        let grid = view::grid(tensor, view::tile_rows(tensor, split, PlaneCodec::Raw, settings))?;
        let source = TiledTensor { data: tensor.data(), split, grid };
        let plane_constants = std::array::from_fn(|plane| {
            (plane < source.split.raw_planes()).then(|| source.constant_raw(plane)).flatten()
        });
        let coded_constant = source.constant_coded();
        let plane_savings = if settings.code_raw_planes_by_cost() {
            expected_savings(&source, &plane_constants)
        } else {
            [0.0; MAX_RAW_PLANES]
        };
        let sample = Sample::take(settings, &source);
        #[rustfmt::skip]
        let candidates = Self {
            settings, tensor, source, coded_constant, plane_constants, plane_savings, sample,
        };
        Ok(candidates)
    }

    /// Adds the candidates of all codecs that serve.
    fn add_to(&self, candidates: &mut Vec<Candidate>) -> Result<()> {
        for codec in self.codecs() {
            candidates.push(self.candidate(codec)?);
        }
        Ok(())
    }

    /// Returns whether another split may be smaller, as bytes that this one leaves raw are not
    /// random; for the smallest blob it is tried in any case, unless a form is asked for.
    fn raw_planes_tell(&self) -> bool {
        let plane = (self.source.data.len() / self.source.split.element_bytes()) as f64;
        let least = self.settings.profile.codec_tolerance() * plane;
        let tells = self.plane_savings.iter().any(|&saving| saving > least);
        self.settings.code_raw_planes_by_cost()
            && (tells || self.settings.profile == Profile::Ratio)
    }

    /// The bytes that coding raw planes saves beside a blob of so many bits, and how many are coded.
    fn coded_planes(&self, bits: f64) -> (f64, usize) {
        let least = bits / 8.0 * self.settings.profile.codec_tolerance();
        let coded = self.plane_savings.iter().filter(|&&saving| saving > least);
        coded.fold((0.0, 0), |(bytes, count), saving| (bytes + saving, count + 1))
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
            (None, None) => self.settings.codecs().to_vec(),
        }
    }

    fn candidate(&self, codec: PlaneCodec) -> Result<Candidate> {
        let sampled = self.sample.under(codec);
        let coded = sampled.bits(&self.source);
        let raw = raw_bits(&self.source, &self.plane_constants);
        let grid = self.grid(codec, coded, raw)?;
        let stored = coded + raw + overhead_bits(codec, grid);
        let (saved, coded_planes) = self.coded_planes(stored);
        let is_const = codec == PlaneCodec::Const;
        let selection = Selection {
            split: self.source.split,
            grid,
            codec,
            coded_constant: if is_const { self.coded_constant.unwrap_or(0) } else { 0 },
            plane_constants: self.plane_constants,
            plane_savings: self.plane_savings,
            predictors: sampled.predictors(self.settings),
            rank_costs: sampled.rank_costs,
        };
        Ok(Candidate { selection, bits: stored - 8.0 * saved, coded_planes })
    }

    /// The tiling for a codec under which the coded bytes take so many bits, and the raw ones so
    /// many where none is coded. In a batch, tiles are at least so tall that what they cost beside
    /// their content is a small part of it.
    fn grid(&self, codec: PlaneCodec, coded: f64, raw: f64) -> Result<TileGrid> {
        let rows = view::tile_rows(self.tensor, self.source.split, codec, self.settings);
        let alone = self.settings.batch_bytes < self.source.data.len() as u64;
        if alone || self.settings.tile_rows.is_some() || self.source.data.is_empty() {
            return view::grid(self.tensor, rows);
        }
        let part = self.settings.profile.codec_tolerance();
        // Tiles have half of what the smallest form may be exceeded by: a codec has the rest.
        let part_of_tiles = part / 2.0;
        // Coded raw planes are in tiles of their own.
        let elsewhere = self.plane_savings.iter().zip(&self.plane_constants);
        let elsewhere = elsewhere.filter(|&(&saving, _)| 8.0 * saving > part * (coded + raw));
        let elements = self.source.data.len() / self.source.split.element_bytes();
        let content = coded + raw - (8 * elements * elsewhere.count()) as f64;
        let row = content * ROW_BYTES as f64 / self.source.data.len() as f64;
        let least = (tile_bits(codec) as f64 / (part_of_tiles * row)).ceil();
        view::grid(self.tensor, rows.max(least.min(f64::from(MAX_TILE_ROWS)) as u32))
    }
}

/// Bits of the raw planes that must be stored.
fn raw_bits(source: &TiledTensor<'_>, constants: &[Option<u8>; MAX_RAW_PLANES]) -> f64 {
    let planes = constants[..source.split.raw_planes()].iter().filter(|c| c.is_none()).count();
    (source.data.len() / source.split.element_bytes() * planes * 8) as f64
}

/// Bits that a lane costs beyond its symbols: the unused bits of its state and its first word, and
/// its part of the other lanes' lookahead.
const LANE_OVERHEAD_BITS: usize = 30;

/// Bits that tiles and tables cost beyond the symbols.
fn overhead_bits(codec: PlaneCodec, grid: TileGrid) -> f64 {
    let tables = if codec.has_symbols() { TABLE_BITS } else { 0.0 };
    f64::from(grid.tile_count()) * tile_bits(codec) as f64 + tables
}

/// Bits that a tile costs beyond its symbols: its lanes' overhead and the index entry.
pub const BITS_OF_TILE: usize = LANES * LANE_OVERHEAD_BITS + IndexEntry::LEN * 8;

fn tile_bits(codec: PlaneCodec) -> usize {
    if codec.has_symbols() { BITS_OF_TILE } else { IndexEntry::LEN * 8 }
}
