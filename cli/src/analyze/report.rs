//! The report: tensor by tensor, by kind of tensor, and in total.

use super::sizes::Sizes;
use super::source::Tensor;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;
use wcodec::analyze::Analysis;
use wcodec::container::Shape;

/// A checkpoint. The sizes are bits a weight.
#[derive(Debug, Serialize)]
pub struct Report {
    pub input: String,
    pub weights: u64,
    pub bits_per_weight: Sizes,
    /// The kinds with the most weights come first.
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
    pub shape: Shape,
    pub split: String,
    pub weights: u64,
    pub bits_per_weight: Sizes,
}

impl TensorReport {
    /// Combines the analysis and the sizes of a tensor.
    pub fn new(tensor: &Tensor<'_>, analysis: &Analysis, sizes: Sizes) -> Self {
        Self {
            name: tensor.name.to_owned(),
            kind: kind(tensor.name),
            dtype: tensor.dtype.to_string(),
            shape: tensor.shape.clone(),
            split: format!("{:?}", analysis.split),
            weights: sizes.weights,
            bits_per_weight: sizes,
        }
    }
}

/// A report in the making.
#[derive(Default)]
pub struct Sum {
    sizes: Option<Sizes>,
    /// By name and dtype.
    kinds: BTreeMap<(String, String), KindReport>,
    /// As far as they are asked for: there may be very many.
    tensors: Vec<TensorReport>,
}

impl Sum {
    /// Adds a tensor, and keeps it in the report with `keep`.
    pub fn add(&mut self, tensor: TensorReport, keep: bool) {
        add(&mut self.sizes, &tensor.bits_per_weight);
        let key = (tensor.kind.clone(), tensor.dtype.clone());
        match self.kinds.entry(key) {
            Entry::Occupied(mut kind) => kind.get_mut().add(&tensor),
            Entry::Vacant(kind) => drop(kind.insert(KindReport::new(&tensor))),
        }
        if keep {
            self.tensors.push(tensor);
        }
    }

    /// The report on the tensors of `input`.
    pub fn finish(self, input: &Path) -> Report {
        let sizes = self.sizes.unwrap_or_default();
        let mut kinds: Vec<KindReport> = self.kinds.into_values().collect();
        // Stable: kinds of as many weights stay in the order of their names.
        kinds.sort_by_key(|kind| Reverse(kind.weights));
        Report {
            input: input.display().to_string(),
            weights: sizes.weights,
            bits_per_weight: sizes,
            kinds,
            tensors: self.tensors,
        }
    }
}

fn add(sum: &mut Option<Sizes>, more: &Sizes) {
    match sum {
        Some(sum) => sum.add(more),
        None => *sum = Some(more.clone()),
    }
}

impl KindReport {
    /// A kind of one tensor so far.
    fn new(tensor: &TensorReport) -> Self {
        Self {
            kind: tensor.kind.clone(),
            dtype: tensor.dtype.clone(),
            tensors: 1,
            weights: tensor.weights,
            bits_per_weight: tensor.bits_per_weight.clone(),
        }
    }

    fn add(&mut self, tensor: &TensorReport) {
        self.tensors += 1;
        self.weights += tensor.weights;
        self.bits_per_weight.add(&tensor.bits_per_weight);
    }
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
