//! The tensors to compress: those of a file, or a synthetic one.

use super::data::{self, SETS};
use super::options::Options;
use anyhow::{Context, Result, ensure};
use std::ops::Range;
use std::path::PathBuf;
use wcodec::programs::analyze::entropy_limit;
use wcodec::{Dtype, SafetensorsFile, TensorView};

/// Bytes of a row of the synthetic tensors.
const ROW: usize = 4096;
/// The seed of the synthetic tensors, so that every run has the same.
const SEED: u64 = 1;

/// The source of an input.
pub enum Source {
    File(PathBuf),
    Synthetic { set: String, megabytes: usize },
}

/// Tensors in memory, one after the other.
pub struct Input {
    pub name: String,
    /// Each element type once.
    pub dtypes: String,
    pub bytes: Vec<u8>,
    tensors: Vec<Tensor>,
}

struct Tensor {
    dtype: Dtype,
    shape: Vec<u64>,
    range: Range<usize>,
}

/// The inputs that were asked for, in order.
pub fn sources(options: &Options) -> Result<Vec<Source>> {
    if let Some(file) = &options.file {
        return Ok(vec![Source::File(file.clone())]);
    }
    ensure!(options.megabytes.iter().all(|&size| size > 0), "a set has at least 1 MB");
    let named = |name: &str| options.sets.is_empty() || options.sets.iter().any(|set| set == name);
    let sets = SETS.iter().map(|set| set.name).filter(|&name| named(name));
    let source = |set: &str, megabytes| Source::Synthetic { set: set.to_owned(), megabytes };
    Ok(sets.flat_map(|set| options.megabytes.iter().map(move |&size| source(set, size))).collect())
}

impl Input {
    /// Reads or draws it.
    pub fn load(source: &Source) -> Result<Self> {
        match source {
            Source::File(path) => Self::read(path),
            Source::Synthetic { set, megabytes } => Self::draw(set, *megabytes),
        }
    }

    fn read(path: &PathBuf) -> Result<Self> {
        let file = SafetensorsFile::open(path)?;
        let mut input = Self::empty(path.file_name().unwrap_or_default().to_string_lossy().into());
        let mut data = Vec::new();
        for (index, spec) in file.manifest().tensors.iter().enumerate() {
            file.read_tensor(index, &mut data)?;
            input.push(spec.dtype, spec.shape.to_vec(), &data);
        }
        ensure!(!input.bytes.is_empty(), "{} has no weights to measure on", path.display());
        Ok(input)
    }

    fn draw(name: &str, megabytes: usize) -> Result<Self> {
        let set = data::find(name).with_context(|| format!("there is no set {name:?}"))?;
        let rows = (megabytes * 1_000_000).div_ceil(ROW);
        let columns = (8 * ROW / set.dtype.bitsize()) as u64;
        let mut input = Self::empty(name.to_owned());
        input.push(set.dtype, vec![rows as u64, columns], &set.generate(rows * ROW, SEED));
        Ok(input)
    }

    fn empty(name: String) -> Self {
        Self { name, dtypes: String::new(), bytes: Vec::new(), tensors: Vec::new() }
    }

    fn push(&mut self, dtype: Dtype, shape: Vec<u64>, data: &[u8]) {
        if self.tensors.iter().all(|tensor| tensor.dtype != dtype) {
            let plus = if self.dtypes.is_empty() { "" } else { "+" };
            self.dtypes.push_str(&format!("{plus}{dtype}"));
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(data);
        self.tensors.push(Tensor { dtype, shape, range: start..self.bytes.len() });
    }

    /// The tensors.
    pub fn views<'a>(&'a self) -> wcodec::Result<Vec<TensorView<'a>>> {
        let view = |tensor: &'a Tensor| {
            TensorView::new(tensor.dtype, &tensor.shape, &self.bytes[tensor.range.clone()])
        };
        self.tensors.iter().map(view).collect()
    }

    /// The ratio that order-0 entropy allows.
    pub fn limit(&self) -> Result<f64> {
        let limits: Vec<u64> =
            self.views()?.iter().map(entropy_limit).collect::<wcodec::Result<_>>()?;
        Ok(self.bytes.len() as f64 / limits.iter().sum::<u64>().max(1) as f64)
    }
}
