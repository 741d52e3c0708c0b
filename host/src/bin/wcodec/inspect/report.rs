//! What `inspect` found, as `--json` prints it.

use serde::Serialize;
use wcodec::container::{Archive, TensorInfo};
use wcodec::decode::BlobSummary;
use wcodec::format::Predictor;

/// An archive.
#[derive(Debug, Serialize)]
pub struct ArchiveReport {
    pub file: String,
    pub version: String,
    pub file_bytes: u64,
    pub tensors: Vec<TensorReport>,
    pub totals: Sizes,
}

/// A tensor.
#[derive(Debug, Serialize)]
pub struct TensorReport {
    pub name: String,
    pub dtype: String,
    pub shape: Vec<u64>,
    pub codec: String,
    pub split: String,
    pub states: u8,
    /// Probability bits of each table.
    pub tables: Vec<u8>,
    /// Predictors used, with the number of tiles.
    pub predictors: Vec<PredictorTiles>,
    pub tile_rows: u32,
    pub tiles: u32,
    pub exceptions: u32,
    #[serde(flatten)]
    pub sizes: Sizes,
}

/// How many tiles have a predictor.
#[derive(Debug, Serialize)]
pub struct PredictorTiles {
    pub predictor: String,
    pub tiles: u32,
}

/// Sizes in bytes, and what they come to.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Sizes {
    pub decoded_bytes: u64,
    pub stored_bytes: u64,
    pub ratio: Option<f64>,
    /// The order-0 entropy of the coded bytes, and the raw bytes beside them.
    pub entropy_limit_bytes: Option<u64>,
    pub entropy_limit_ratio: Option<f64>,
}

impl Sizes {
    fn new(decoded_bytes: u64, stored_bytes: u64, entropy_limit_bytes: Option<u64>) -> Self {
        let ratio = |bytes: u64| (bytes > 0).then(|| decoded_bytes as f64 / bytes as f64);
        Self {
            decoded_bytes,
            stored_bytes,
            ratio: ratio(stored_bytes),
            entropy_limit_bytes,
            entropy_limit_ratio: entropy_limit_bytes.and_then(ratio),
        }
    }
}

impl ArchiveReport {
    /// Adds up what was found of an archive's tensors.
    pub fn new(archive: &Archive, tensors: Vec<TensorReport>) -> Self {
        let (major, minor) = archive.version();
        let sum = |size: fn(&Sizes) -> Option<u64>| {
            tensors.iter().map(|tensor| size(&tensor.sizes)).sum::<Option<u64>>()
        };
        let decoded = sum(|sizes| Some(sizes.decoded_bytes)).unwrap_or(0);
        // The whole file, with its header: what the archive really takes.
        let totals =
            Sizes::new(decoded, archive.file_len(), sum(|sizes| sizes.entropy_limit_bytes));
        Self {
            file: archive.path().display().to_string(),
            version: format!("{major}.{minor}"),
            file_bytes: archive.file_len(),
            tensors,
            totals,
        }
    }
}

impl TensorReport {
    /// Puts together what the header, the blob and the data say.
    pub fn new(tensor: &TensorInfo, blob: &BlobSummary, limit: Option<u64>) -> Self {
        let predictors = Predictor::ALL.iter().zip(blob.predictors);
        let predictors = predictors.filter(|&(_, tiles)| tiles > 0).map(|(predictor, tiles)| {
            PredictorTiles { predictor: format!("{predictor:?}"), tiles }
        });
        Self {
            name: tensor.name().to_owned(),
            dtype: tensor.dtype().to_string(),
            shape: tensor.shape().to_vec(),
            codec: format!("{:?}", blob.codec),
            split: format!("{:?}", blob.split),
            states: blob.states,
            tables: blob.prob_bits.clone(),
            predictors: predictors.collect(),
            tile_rows: blob.tile_rows,
            tiles: blob.tile_count,
            exceptions: blob.exceptions,
            sizes: Sizes::new(tensor.byte_len(), tensor.blob_len(), limit),
        }
    }
}
