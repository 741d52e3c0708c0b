//! 200 tensors of a 7B model in one call.

use super::bench::{Bench, Cache, Case, Encoded};
use super::report::{Part, Row, Target};
use super::set;
use anyhow::Result;
use std::collections::BTreeMap;
use wcodec::{Dtype, Encoder};

const TENSORS: usize = 200;
/// The part of a large tensor's speed to be reached.
const SHARE: f64 = 0.9;

/// A layer's tensors: q, k, v and o; gate, up and down; two norms.
const LAYER: [&[u64]; 9] = [
    &[4096, 4096],
    &[4096, 4096],
    &[4096, 4096],
    &[4096, 4096],
    &[11008, 4096],
    &[11008, 4096],
    &[4096, 11008],
    &[4096],
    &[4096],
];

/// Measures large BF16 tensors, then the model's. Those of one shape have the same weights.
pub fn run(bench: &Bench, emit: &mut dyn FnMut(Row)) -> Result<()> {
    let sample = Encoded::sample(set("bf16"))?;
    let case = |name: &str, tensors, target| {
        let (part, name, cache) = (Part::Batch, name.to_owned(), Cache::Hot);
        bench.measure(Case { part, name, tensors, cache, target })
    };
    let large = case("bf16, large", bench.copies(&sample), Target::default())?;
    let target = Target::rate(SHARE * large.rate.max);
    emit(large);
    let shapes = encode_shapes()?;
    let tensors = (0..TENSORS).map(|n| &shapes[LAYER[n % LAYER.len()]]).collect();
    emit(case("bf16, 200 of 7B", tensors, target)?);
    Ok(())
}

/// A tensor of each shape.
fn encode_shapes() -> Result<BTreeMap<&'static [u64], Encoded>> {
    let len = |shape: &[u64]| shape.iter().product::<u64>() as usize * 2;
    let longest = LAYER.iter().map(|shape| len(shape)).max().unwrap_or(0);
    let weights = set("bf16").generate(longest, 1);
    let mut shapes = BTreeMap::new();
    for shape in LAYER {
        if !shapes.contains_key(shape) {
            let data = weights[..len(shape)].to_vec();
            shapes.insert(shape, Encoded::new(&Encoder::new(), Dtype::BF16, shape, data)?);
        }
    }
    Ok(shapes)
}
