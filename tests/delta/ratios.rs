//! How much smaller a tensor is against its reference, for changes of known entropy.

use std::time::Instant;
use support::{Distribution, Random, Tensor, cpu};
use wcodec::delta::Delta;
use wcodec::{Dtype, Encoder, Profile};

/// Weights of a layer, in BF16.
fn layer(rows: u64, columns: u64) -> Tensor {
    Tensor::new(Dtype::BF16, &[rows, columns], Distribution::Gaussian(1.0), 1)
}

/// A step of reinforcement learning: 3 of 100 weights move by one to four steps of the last place.
fn step(old: &Tensor) -> Vec<u8> {
    let mut random = Random::new(2);
    let mut new = old.data.clone();
    for element in new.chunks_exact_mut(2) {
        if random.below(100) < 3 {
            let by = random.below(4) as u16 + 1;
            let bits = u16::from_le_bytes([element[0], element[1]]);
            let moved =
                if random.below(2) == 0 { bits.wrapping_add(by) } else { bits.wrapping_sub(by) };
            element.copy_from_slice(&moved.to_le_bytes());
        }
    }
    new
}

/// A fine-tune: noise of a fiftieth of the weights' own.
fn fine_tune(old: &Tensor) -> Vec<u8> {
    let noise = Tensor::new(Dtype::F32, &old.shape, Distribution::Gaussian(0.02), 3);
    let pairs = old.data.chunks_exact(2).zip(noise.data.chunks_exact(4));
    pairs
        .flat_map(|(old, noise)| {
            let old = f32::from_bits(u32::from(u16::from_le_bytes([old[0], old[1]])) << 16);
            let new = old + f32::from_le_bytes([noise[0], noise[1], noise[2], noise[3]]);
            half::bf16::from_f32(new).to_le_bytes()
        })
        .collect()
}

fn ratio(profile: Profile, old: &Tensor, new: &[u8]) -> f64 {
    let tensor = wcodec::TensorView::new(old.dtype, &old.shape, new).unwrap();
    let encoder = Encoder::new().profile(profile);
    let start = Instant::now();
    let bytes = encoder.encode_against(&tensor, &old.data).unwrap();
    let encoded = start.elapsed();
    let delta = Delta::parse(&bytes).unwrap();
    let mut data = old.data.clone();
    let start = Instant::now();
    cpu().apply(&delta, &mut data).unwrap();
    let decoded = start.elapsed();
    assert!(data == new);
    let speed = |took: std::time::Duration| new.len() as f64 / took.as_secs_f64() / 1e6;
    let ratio = new.len() as f64 / bytes.len() as f64;
    let summary = delta.summary();
    println!(
        "{profile:?}: {ratio:.2}, encoded at {:.0} MB/s, applied at {:.0} MB/s: {summary}",
        speed(encoded),
        speed(decoded)
    );
    ratio
}

/// Its entropy is 0.284 bits a weight: 56.3 is the limit.
#[test]
fn a_step_that_moves_few_weights_is_a_fiftieth() {
    let old = layer(1024, 4096);
    let new = step(&old);
    assert!(ratio(Profile::Balanced, &old, &new) >= 45.0);
    assert!(ratio(Profile::Ratio, &old, &new) >= 50.0);
}

#[test]
fn a_fine_tune_is_coded_at_the_entropy_of_its_differences() {
    let old = layer(1024, 4096);
    let new = fine_tune(&old);
    let limit = order_0_limit(&old.data, &new);
    println!("order-0 limit of the planes of differences: {limit:.3}");
    for profile in [Profile::Balanced, Profile::Ratio] {
        let reached = ratio(profile, &old, &new);
        assert!(reached >= limit * 0.98, "{profile:?}: {reached} of {limit}");
    }
}

/// The ratio that coding each byte of the folded differences by its frequency would have.
fn order_0_limit(old: &[u8], new: &[u8]) -> f64 {
    let mut counts = [[0u64; 256]; 2];
    let elements = |data: &[u8]| -> Vec<u16> {
        data.chunks_exact(2).map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]])).collect()
    };
    for (old, new) in elements(old).into_iter().zip(elements(new)) {
        let difference = new.wrapping_sub(old) as i16;
        let folded = (difference << 1 ^ difference >> 15) as u16;
        folded
            .to_le_bytes()
            .iter()
            .zip(&mut counts)
            .for_each(|(&byte, counts)| counts[usize::from(byte)] += 1);
    }
    let total = (new.len() / 2) as f64;
    let bits = |count: u64| match count {
        0 => 0.0,
        count => -(count as f64 / total) * (count as f64 / total).log2(),
    };
    16.0 / counts.iter().flatten().map(|&count| bits(count)).sum::<f64>()
}
