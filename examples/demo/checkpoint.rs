//! A checkpoint in memory.

use anyhow::Context;
use safetensors::tensor::TensorView as SafetensorsView;
use std::collections::BTreeMap;
use std::path::Path;
use wcodec::container::TensorSpec;
use wcodec::{Dtype, SafetensorsFile};

/// A tensor with its bytes.
#[derive(Debug, Clone)]
pub struct Tensor {
    pub spec: TensorSpec,
    pub data: Vec<u8>,
}

impl Tensor {
    /// A tensor from little-endian bytes.
    pub fn new(name: impl Into<String>, dtype: Dtype, shape: &[u64], data: Vec<u8>) -> Self {
        Self { spec: TensorSpec { name: name.into(), dtype, shape: shape.to_vec() }, data }
    }

    /// A tensor of F32.
    pub fn from_f32(name: impl Into<String>, shape: &[u64], values: &[f32]) -> Self {
        let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self::new(name, Dtype::F32, shape, data)
    }

    /// The values, where the tensor is F32.
    pub fn to_f32(&self) -> Option<Vec<f32>> {
        (self.spec.dtype == Dtype::F32).then(|| {
            self.data.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
        })
    }
}

/// The tensors of a file, and its `__metadata__`.
#[derive(Debug, Default)]
pub struct Checkpoint {
    pub tensors: Vec<Tensor>,
    pub metadata: Option<BTreeMap<String, String>>,
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
            tensors.push(Tensor { spec: spec.clone(), data });
        }
        Ok(Self { tensors, metadata: file.manifest().metadata.clone() })
    }

    /// Writes a file as the `safetensors` crate lays it out.
    pub fn save(&self, path: &Path) -> anyhow::Result<()> {
        let mut views = Vec::with_capacity(self.tensors.len());
        for Tensor { spec, data } in &self.tensors {
            let shape: Result<_, _> = spec.shape.iter().map(|&n| usize::try_from(n)).collect();
            let dtype = serde_json::from_value(spec.dtype.name().into())?;
            views.push((spec.name.as_str(), SafetensorsView::new(dtype, shape?, data)?));
        }
        let metadata = self.metadata.clone().map(|entries| entries.into_iter().collect());
        safetensors::serialize_to_file(views, metadata, path)
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Elements of the F32 tensors.
    pub fn floats(&self) -> usize {
        let floats = self.tensors.iter().filter(|tensor| tensor.spec.dtype == Dtype::F32);
        floats.map(|tensor| tensor.data.len() / 4).sum()
    }
}
