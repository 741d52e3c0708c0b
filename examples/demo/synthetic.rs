//! A checkpoint of random weights in the shapes of a transformer, for machines without a package
//! registry.

use crate::checkpoint::{Checkpoint, Tensor};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand_distr::{Distribution, StandardNormal};
use wcodec::container::Metadata;

const LAYERS: usize = 4;
const WIDTH: u64 = 512;
const HIDDEN: u64 = 2048;
const VOCABULARY: u64 = 8192;

/// 17 million weights: Gaussian, with a spread that differs from row to row as it does in trained
/// models.
pub fn checkpoint() -> Checkpoint {
    let mut rng = SmallRng::seed_from_u64(1);
    let mut tensors = vec![matrix("embeddings.weight", VOCABULARY, WIDTH, &mut rng)];
    for layer in 0..LAYERS {
        let name = |part: &str| format!("layers.{layer}.{part}");
        for part in ["query", "key", "value", "output"] {
            tensors.push(matrix(&name(&format!("{part}.weight")), WIDTH, WIDTH, &mut rng));
            tensors.push(vector(&name(&format!("{part}.bias")), WIDTH, 0.0, &mut rng));
        }
        tensors.push(matrix(&name("up.weight"), HIDDEN, WIDTH, &mut rng));
        tensors.push(matrix(&name("down.weight"), WIDTH, HIDDEN, &mut rng));
        tensors.push(vector(&name("norm.weight"), WIDTH, 1.0, &mut rng));
    }
    Checkpoint { tensors, metadata: Metadata::new([("format", "pt")]).ok() }
}

fn matrix(name: &str, rows: u64, columns: u64, rng: &mut SmallRng) -> Tensor {
    let mut values = Vec::new();
    for _ in 0..rows {
        let spread = 0.03 * (0.3 * gaussian(rng)).exp();
        values.extend((0..columns).map(|_| spread * gaussian(rng)));
    }
    Tensor::from_f32(name, &[rows, columns], &values)
}

fn vector(name: &str, len: u64, mean: f32, rng: &mut SmallRng) -> Tensor {
    let values: Vec<_> = (0..len).map(|_| mean + 0.1 * gaussian(rng)).collect();
    Tensor::from_f32(name, &[len], &values)
}

fn gaussian(rng: &mut SmallRng) -> f32 {
    StandardNormal.sample(rng)
}
