//! The sizes that a tensor has, or would have, which add up over tensors.

use super::against::{self, BaseSizes};
use serde::Serialize;
use std::collections::BTreeMap;
use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::programs::analyze::{Analysis, CLASSES};
use wcodec::{Encoder, TensorView};

/// The codecs that serve any tensor.
pub const CODECS: [PlaneCodec; 7] = [
    PlaneCodec::Raw,
    PlaneCodec::Tans8,
    PlaneCodec::TansNib,
    PlaneCodec::TansPair,
    PlaneCodec::TansCrumb,
    PlaneCodec::Rans8,
    PlaneCodec::RansPair,
];

/// Bits of whole tensors. Where nothing else is said, these are entropies of order 0, without
/// tables, index and states.
#[derive(Debug, Clone, Default)]
pub struct Sizes {
    pub weights: u64,
    pub original: f64,
    /// The bytes in the archive, all included.
    pub stored: f64,
    /// Bits of raw bytes, as they are and by their entropy, which all sizes below count.
    pub raw: f64,
    pub raw_entropy: f64,
    pub predictors: [f64; 5],
    pub best_predictor: f64,
    /// Given the left neighbour, and given the one above.
    pub contexts: [f64; 2],
    pub tile_tables: [f64; 5],
    pub row_tables: [f64; 5],
    /// Blobs with each of [`CODECS`], all included; `None` where it cannot serve.
    pub codecs: [Option<f64>; CODECS.len()],
    /// Where bases were given.
    pub bases: Option<BaseSizes>,
}

impl Sizes {
    /// The sizes of one tensor.
    pub fn new(
        tensor: &TensorView<'_>,
        analysis: &Analysis,
        stored_bytes: u64,
        encoder: &Encoder,
    ) -> Self {
        let with_raw = |coded: f64| coded + analysis.raw_entropy_bits;
        let bits = |bytes: usize| 8.0 * bytes as f64;
        let original = bits(tensor.data().len());
        let forced = |codec| encoder.clone().codec(codec).encode(tensor).ok();
        Self {
            weights: original as u64 / tensor.dtype().bitsize() as u64,
            original,
            stored: 8.0 * stored_bytes as f64,
            raw: analysis.raw_bits,
            raw_entropy: analysis.raw_entropy_bits,
            predictors: analysis.predicted_bits.map(with_raw),
            best_predictor: with_raw(analysis.best_predictor_bits),
            contexts: analysis.context_bits.map(with_raw),
            tile_tables: analysis.tile_classes.map(with_raw),
            row_tables: analysis.row_classes.map(with_raw),
            codecs: CODECS.map(|codec| forced(codec).map(|blob| bits(blob.len()))),
            bases: None,
        }
    }

    /// All sizes in bits but those of the codecs and against bases, always in the same order.
    pub fn bits(&self) -> impl Iterator<Item = f64> {
        let Self { original, stored, raw, raw_entropy, best_predictor, .. } = *self;
        let single = [original, stored, raw, raw_entropy, best_predictor];
        let models = self.predictors.into_iter().chain(self.contexts);
        let tables = self.tile_tables.into_iter().chain(self.row_tables);
        single.into_iter().chain(models).chain(tables)
    }

    /// The same, to be changed.
    pub fn bits_mut(&mut self) -> impl Iterator<Item = &mut f64> {
        let Self { original, stored, raw, raw_entropy, best_predictor, .. } = self;
        let single = [original, stored, raw, raw_entropy, best_predictor];
        let models = self.predictors.iter_mut().chain(&mut self.contexts);
        let tables = self.tile_tables.iter_mut().chain(&mut self.row_tables);
        single.into_iter().chain(models).chain(tables)
    }

    /// Both together.
    pub fn add(&mut self, other: &Self) {
        self.weights += other.weights;
        self.bits_mut().zip(other.bits()).for_each(|(sum, more)| *sum += more);
        for (sum, more) in self.codecs.iter_mut().zip(&other.codecs) {
            *sum = sum.zip(*more).map(|(sum, more)| sum + more);
        }
        if let Some((sum, more)) = self.bases.as_mut().zip(other.bases.as_ref()) {
            sum.add(more);
        }
    }

    /// The order-0 limit: no prediction, one table for each plane of a tensor.
    pub fn limit(&self) -> f64 {
        self.predictors[Predictor::None as usize]
    }

    /// Bits a weight.
    pub fn per_weight(&self, bits: f64) -> f64 {
        bits / self.weights.max(1) as f64
    }
}

/// Bits a weight, as JSON has them.
#[derive(Serialize)]
struct PerWeight {
    original: f64,
    limit: f64,
    stored: f64,
    raw: f64,
    raw_entropy: f64,
    predictors: BTreeMap<String, f64>,
    best_predictor_of_each_tile: f64,
    given_left: f64,
    given_top: f64,
    tables_by_tile: BTreeMap<usize, f64>,
    tables_by_row: BTreeMap<usize, f64>,
    codecs: BTreeMap<String, Option<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    against_bases: Option<against::PerWeight>,
}

impl Serialize for Sizes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let each = |bits: f64| self.per_weight(bits);
        let tables = |bits: &[f64; 5]| CLASSES.into_iter().zip(bits.map(each)).collect();
        let predictors = Predictor::ALL.iter().zip(self.predictors);
        let codecs = CODECS.iter().zip(self.codecs);
        PerWeight {
            original: each(self.original),
            limit: each(self.limit()),
            stored: each(self.stored),
            raw: each(self.raw),
            raw_entropy: each(self.raw_entropy),
            predictors: predictors.map(|(name, bits)| (format!("{name:?}"), each(bits))).collect(),
            best_predictor_of_each_tile: each(self.best_predictor),
            given_left: each(self.contexts[0]),
            given_top: each(self.contexts[1]),
            tables_by_tile: tables(&self.tile_tables),
            tables_by_row: tables(&self.row_tables),
            codecs: codecs.map(|(name, bits)| (format!("{name:?}"), bits.map(each))).collect(),
            against_bases: self.bases.map(|bases| bases.per_weight(each)),
        }
        .serialize(serializer)
    }
}
