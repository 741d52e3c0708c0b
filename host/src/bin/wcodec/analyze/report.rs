//! What was found, tensor by tensor, by kind of tensor, and altogether.

use super::sizes::Sizes;
use super::source::Tensor;
use serde::Serialize;
use std::path::Path;
use wcodec::encode::Analysis;

/// A checkpoint. The sizes are bits a weight.
#[derive(Debug, Serialize)]
pub struct Report {
    pub input: String,
    pub weights: u64,
    pub bits_per_weight: Sizes,
    /// Those with the most weights first.
    pub kinds: Vec<KindReport>,
    pub tensors: Vec<TensorReport>,
}

/// Tensors whose names differ in numbers only, and that have the same dtype.
#[derive(Debug, Serialize)]
pub struct KindReport {
    pub kind: String,
    pub dtype: String,
    pub tensors: usize,
    pub weights: u64,
    pub bits_per_weight: Sizes,
}

/// A tensor.
#[derive(Debug, Serialize)]
pub struct TensorReport {
    pub name: String,
    pub kind: String,
    pub dtype: String,
    pub shape: Vec<u64>,
    pub split: String,
    pub weights: u64,
    pub bits_per_weight: Sizes,
}

impl TensorReport {
    /// Puts together what is known of a tensor.
    pub fn new(tensor: &Tensor<'_>, analysis: &Analysis, sizes: Sizes) -> Self {
        Self {
            name: tensor.name.to_owned(),
            kind: kind(tensor.name),
            dtype: tensor.dtype.to_string(),
            shape: tensor.shape.to_vec(),
            split: format!("{:?}", analysis.split),
            weights: sizes.weights,
            bits_per_weight: sizes,
        }
    }
}

impl Report {
    /// Adds the tensors up.
    pub fn new(input: &Path, tensors: Vec<TensorReport>) -> Self {
        let sizes = Sizes::sum(tensors.iter().map(|tensor| &tensor.bits_per_weight));
        let sizes = sizes.unwrap_or_default();
        Self {
            input: input.display().to_string(),
            weights: sizes.weights,
            bits_per_weight: sizes,
            kinds: kinds(&tensors),
            tensors,
        }
    }
}

fn kinds(tensors: &[TensorReport]) -> Vec<KindReport> {
    let mut kinds: Vec<KindReport> = Vec::new();
    for tensor in tensors {
        match kinds.iter_mut().find(|k| (&k.kind, &k.dtype) == (&tensor.kind, &tensor.dtype)) {
            Some(kind) => {
                kind.tensors += 1;
                kind.weights += tensor.weights;
                kind.bits_per_weight.add(&tensor.bits_per_weight);
            }
            None => kinds.push(KindReport {
                kind: tensor.kind.clone(),
                dtype: tensor.dtype.clone(),
                tensors: 1,
                weights: tensor.weights,
                bits_per_weight: tensor.bits_per_weight.clone(),
            }),
        }
    }
    kinds.sort_by(|a, b| b.weights.cmp(&a.weights).then(a.kind.cmp(&b.kind)));
    kinds
}

/// A tensor's name with a star for each part that is a number, as layers and experts have them.
fn kind(name: &str) -> String {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = name.split('.').map(|part| if is_number(part) { "*" } else { part });
    parts.collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_no_numbers() {
        assert_eq!(kind("model.layers.17.mlp.experts.3.w1"), "model.layers.*.mlp.experts.*.w1");
        assert_eq!(kind("conv2d.weight"), "conv2d.weight");
        assert_eq!(kind(""), "");
    }
}
