//! Encoding of deltas on the CPU: `cargo bench --bench deltas [-- RUNS]`. The tensor and its reference
//! are in memory and were just read; the median of the runs counts, and the fastest is beside it.

use std::hint::black_box;
use std::time::Instant;
use support::{Distribution, Random, Tensor};
use wcodec::steps::{StepTensor, encode_step};
use wcodec::{Dtype, Encoder, Result, TensorView};

const ROWS: u64 = 8192;
const COLUMNS: u64 = 4096;

/// A version of BF16 weights of which so many of 1000, at random, move by one to four steps of the
/// last place.
fn moved(old: &[u8], of_1000: u64) -> Vec<u8> {
    let mut random = Random::new(2);
    let mut new = old.to_vec();
    for element in new.chunks_exact_mut(2).filter(|_| random.below(1000) < of_1000) {
        let bits = u16::from_le_bytes([element[0], element[1]]);
        let by = 1 + (bits >> 3) % 4;
        element.copy_from_slice(&bits.wrapping_add(by).to_le_bytes());
    }
    new
}

/// The same where all of them have noise of a fiftieth of their deviation.
fn fine_tuned(old: &[u8]) -> Vec<u8> {
    let noise = Tensor::new(Dtype::F32, &[ROWS, COLUMNS], Distribution::Gaussian(0.02), 3);
    let value = |(old, noise): (&[u8], &[u8])| {
        let old = half::bf16::from_le_bytes([old[0], old[1]]).to_f32();
        let noise = f32::from_le_bytes([noise[0], noise[1], noise[2], noise[3]]);
        half::bf16::from_f32(old + noise).to_le_bytes()
    };
    old.chunks_exact(2).zip(noise.data.chunks_exact(4)).flat_map(value).collect()
}

/// The seconds of each run.
fn time<T>(runs: usize, work: impl Fn() -> Result<T>) -> Result<Vec<f64>> {
    let mut seconds = Vec::new();
    for _ in 0..runs {
        let start = Instant::now();
        black_box(work()?);
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    Ok(seconds)
}

fn measure(name: &str, runs: usize, old: &[u8], new: &[u8]) -> Result<()> {
    let tensor = TensorView::new(Dtype::BF16, &[ROWS, COLUMNS], new)?;
    let encoder = Encoder::new();
    let step = [StepTensor::new("w", tensor, old)?];
    let delta = encoder.encode_against(&tensor, old)?.len();
    let tensors = time(runs, || encoder.encode_against(&tensor, old))?;
    let steps = time(runs, || encode_step(&step, &encoder))?;
    let speed = |seconds: f64| new.len() as f64 / seconds / 1e6;
    let speeds = [tensors, steps].map(|s| [speed(s[s.len() / 2]), speed(s[0])]);
    let [[delta_median, delta_best], [step_median, step_best]] = speeds;
    println!(
        "{name:<24} {delta:>10} bytes, {:>7.3} of all; a delta {delta_median:>5.0} MB/s \
         (best {delta_best:>5.0}), a step {step_median:>5.0} MB/s (best {step_best:>5.0})",
        new.len() as f64 / delta as f64
    );
    Ok(())
}

fn main() -> Result<()> {
    let runs = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(5);
    let old = Tensor::new(Dtype::BF16, &[ROWS, COLUMNS], Distribution::Gaussian(1.0), 1).data;
    println!("{} bytes of BF16, {} threads, {runs} runs", old.len(), rayon::current_num_threads());
    for (name, of_1000) in [("3 of 100 moved", 30), ("6 of 1000 moved", 6)] {
        measure(name, runs, &old, &moved(&old, of_1000))?;
    }
    measure("fine-tuned", runs, &old, &fine_tuned(&old))
}
