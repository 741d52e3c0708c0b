//! A checkpoint in memory.

use anyhow::Context;
use safetensors::tensor::TensorView as SafetensorsView;
use std::path::Path;
use wcodec::container::Metadata;
use wcodec::{Dtype, SafetensorsFile};

/// A tensor with its bytes.
#[derive(Debug, Clone)]
pub struct Tensor {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<u64>,
    pub data: Vec<u8>,
}

impl Tensor {
    /// A tensor from little-endian bytes.
    pub fn new(name: impl Into<String>, dtype: Dtype, shape: &[u64], data: Vec<u8>) -> Self {
        Self { name: name.into(), dtype, shape: shape.to_vec(), data }
    }

    /// A tensor of F32.
    pub fn from_f32(name: impl Into<String>, shape: &[u64], values: &[f32]) -> Self {
        let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self::new(name, Dtype::F32, shape, data)
    }

    /// The values, where the tensor is F32.
    pub fn to_f32(&self) -> Option<Vec<f32>> {
        (self.dtype == Dtype::F32).then(|| {
            self.data.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
        })
    }
}

/// The tensors of a file, and its `__metadata__`.
#[derive(Debug, Default)]
pub struct Checkpoint {
    pub tensors: Vec<Tensor>,
    pub metadata: Option<Metadata>,
}

impl Checkpoint {
    /// Reads a whole file.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let file = SafetensorsFile::open(path)?;
        let specs = &file.manifest().tensors;
        let mut tensors = Vec::with_capacity(specs.len());
        for (index, spec) in specs.iter().enumerate() {
            let mut data = Vec::new();
            file.read_tensor(index, &mut data)?;
            tensors.push(Tensor::new(&spec.name, spec.dtype, &spec.shape.to_vec(), data));
        }
        Ok(Self { tensors, metadata: file.manifest().metadata.clone() })
    }

    /// Writes a file as the `safetensors` crate lays it out.
    pub fn save(&self, path: &Path) -> anyhow::Result<()> {
        let mut views = Vec::with_capacity(self.tensors.len());
        for Tensor { name, dtype, shape, data } in &self.tensors {
            let shape: Result<_, _> = shape.iter().map(|&extent| usize::try_from(extent)).collect();
            let dtype = serde_json::from_value(dtype.name().into())?;
            views.push((name.as_str(), SafetensorsView::new(dtype, shape?, data)?));
        }
        let metadata = self.metadata.as_ref().map(|metadata| {
            metadata.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        });
        safetensors::serialize_to_file(views, metadata, path)
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Elements of the F32 tensors.
    pub fn floats(&self) -> usize {
        let floats = self.tensors.iter().filter(|tensor| tensor.dtype == Dtype::F32);
        floats.map(|tensor| tensor.data.len() / 4).sum()
    }
}
