//! The report of `inspect`, as `--json` prints it.

use serde::{Serialize, Serializer};
use std::collections::TryReserveError;
use std::fmt::Debug;
use std::fs;
use std::path::Path;
use wcodec::blob::BlobSummary;
use wcodec::container::{Archive, ContentHash, Shape, TensorInfo};
use wcodec::encode::{PlaneCodec, Predictor, Split};
use wcodec::{Dtype, Error};

/// An archive.
#[derive(Debug, Serialize)]
pub struct ArchiveReport {
    pub file: String,
    /// Of the format; of a copied file none.
    pub version: Option<String>,
    pub file_bytes: u64,
    /// True if it is a file that is carried as it is: in pieces by an archive, or copied.
    pub as_is: bool,
    /// The other files of its folder that have bytes of its tensors.
    pub other_files: Vec<String>,
    pub tensors: Vec<TensorReport>,
    pub totals: Sizes,
}

/// A tensor. There may be very many: the text of it is made when it is printed.
#[derive(Debug, Serialize)]
pub struct TensorReport {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Shape,
    /// How it is coded, or what it differs in from another; of one that a base has nothing.
    #[serde(serialize_with = "as_named")]
    pub codec: Option<PlaneCodec>,
    #[serde(serialize_with = "as_named")]
    pub split: Option<Split>,
    /// The hash of the tensor of a base that it is coded against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<ContentHash>,
    /// Probability bits of each table.
    pub tables: Vec<u8>,
    pub predictors: Predictors,
    pub tile_rows: u32,
    pub tiles: u32,
    pub exceptions: u32,
    /// The number of its blob in the archive; several tensors may lie in one.
    pub blob: u32,
    /// The number of the earlier tensor with the same bytes, which is stored for both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_as: Option<u32>,
    /// The number of the other file that has its bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored_in: Option<u32>,
    #[serde(skip)]
    pub is_shared: bool,
    #[serde(flatten)]
    pub sizes: Sizes,
}

fn as_named<S: Serializer>(value: &Option<impl Debug>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(&format_args!("{value:?}")),
        None => serializer.serialize_none(),
    }
}

/// The number of tiles with each predictor, in the order of [`Predictor::ALL`].
#[derive(Debug)]
pub struct Predictors([u32; Predictor::ALL.len()]);

impl Predictors {
    /// The predictors that tiles have, with the number of those tiles.
    pub fn used(&self) -> impl Iterator<Item = (Predictor, u32)> {
        Predictor::ALL.into_iter().zip(self.0).filter(|&(_, tiles)| tiles > 0)
    }
}

impl Serialize for Predictors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// A predictor as JSON has it.
        #[derive(Serialize)]
        struct Used {
            #[serde(serialize_with = "as_named")]
            predictor: Option<Predictor>,
            tiles: u32,
        }
        serializer.collect_seq(
            self.used().map(|(predictor, tiles)| Used { predictor: Some(predictor), tiles }),
        )
    }
}

/// Sizes in bytes, and their ratios.
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
    /// Adds up the reports of an archive's tensors.
    pub fn new(archive: &Archive, tensors: Vec<TensorReport>) -> Self {
        let (major, minor) = archive.version();
        let sum = |size: fn(&Sizes) -> Option<u64>| {
            let sizes = tensors.iter().map(|tensor| size(&tensor.sizes));
            sizes.reduce(|sum, more| Some(sum?.saturating_add(more?))).unwrap_or(Some(0))
        };
        let decoded = sum(|sizes| Some(sizes.decoded_bytes)).unwrap_or(0);
        // The whole file, with its header: what the archive really takes.
        let totals =
            Sizes::new(decoded, archive.file_len(), sum(|sizes| sizes.entropy_limit_bytes));
        Self {
            file: archive.path().display().to_string(),
            version: Some(format!("{major}.{minor}")),
            file_bytes: archive.file_len(),
            as_is: archive.is_file_as_is(),
            other_files: archive.other_files().map(|file| file.display().to_string()).collect(),
            tensors,
            totals,
        }
    }

    /// The report on a file that was copied to a compressed folder as it is.
    pub fn of_copy(path: &Path) -> wcodec::Result<Self> {
        let failed = |source| Error::Io { action: "read", path: path.to_path_buf(), source };
        let file_bytes = fs::metadata(path).map_err(failed)?.len();
        Ok(Self {
            file: path.display().to_string(),
            version: None,
            file_bytes,
            as_is: true,
            other_files: Vec::new(),
            tensors: Vec::new(),
            totals: Sizes::new(file_bytes, file_bytes, None),
        })
    }
}

impl TensorReport {
    /// Puts together what the header, the blob and the data say.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn new(
        tensor: &TensorInfo,
        blob: Option<BlobSummary>,
        limit: Option<u64>,
    ) -> wcodec::Result<Self> {
        let mut name = String::new();
        reserve(name.try_reserve_exact(tensor.name().len()), tensor.name().len())?;
        name.push_str(tensor.name());
        Ok(Self {
            name,
            dtype: tensor.dtype(),
            shape: tensor.shape().try_clone()?,
            codec: blob.as_ref().map(|blob| blob.codec),
            split: blob.as_ref().map(|blob| blob.split),
            base: tensor.reference().map(|base| base.content_hash()),
            predictors: Predictors(blob.as_ref().map_or_else(Default::default, |b| b.predictors)),
            tile_rows: blob.as_ref().map_or(0, |blob| blob.tile_rows),
            tiles: blob.as_ref().map_or(0, |blob| blob.tile_count),
            exceptions: blob.as_ref().map_or(0, |blob| blob.exceptions),
            tables: blob.map_or_else(Vec::new, |blob| blob.prob_bits),
            blob: tensor.blob_number(),
            same_as: tensor.same_as().map(|number| number as u32),
            stored_in: tensor.elsewhere().map(|number| number as u32),
            is_shared: tensor.blob_byte_len() != tensor.byte_len(),
            sizes: Sizes::new(tensor.byte_len(), tensor.stored_bytes(), limit),
        })
    }
}

/// The error of memory that could not be reserved for the report.
pub fn reserve(reserved: Result<(), TryReserveError>, bytes: usize) -> wcodec::Result<()> {
    let error = |_| Error::OutOfMemory { what: "the report on tensors", bytes: bytes as u64 };
    reserved.map_err(error)
}
