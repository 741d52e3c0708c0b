//! Synthetic weights: Gaussian, in the forms that checkpoints have.

use half::{bf16, f16};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand_distr::{Distribution, Normal};
use wcodec::Dtype;

/// A set of weights.
pub struct DataSet {
    /// The name that `--set` takes.
    pub name: &'static str,
    /// The type of its elements.
    pub dtype: Dtype,
    sigma: f64,
    write: fn(&mut dyn FnMut() -> f64, &mut Vec<u8>),
}

/// The sets, all drawn from N(0, sigma²) and rounded to nearest; for INT4 quantised in groups
/// first. The last three are for parts of the format that those do not use: raw planes that are
/// worth coding, of nine in ten weights pruned and of F16 kept as F32, and columns that differ, as
/// those of an embedding.
pub const SETS: [DataSet; 10] = [
    DataSet { name: "int8 s=28", dtype: Dtype::I8, sigma: 28.0, write: write_int8 },
    DataSet { name: "int8 s=8", dtype: Dtype::I8, sigma: 8.0, write: write_int8 },
    DataSet { name: "bf16", dtype: Dtype::BF16, sigma: 0.02, write: write_bf16 },
    DataSet { name: "fp8 e4m3", dtype: Dtype::F8_E4M3, sigma: 89.6, write: write_e4m3 },
    DataSet { name: "f16", dtype: Dtype::F16, sigma: 0.02, write: write_f16 },
    DataSet { name: "f32", dtype: Dtype::F32, sigma: 0.02, write: write_f32 },
    DataSet { name: "int4 in u8", dtype: Dtype::U8, sigma: 0.02, write: write_int4_group },
    DataSet { name: "bf16 pruned", dtype: Dtype::BF16, sigma: 0.02, write: write_pruned },
    DataSet { name: "f16 in f32", dtype: Dtype::F32, sigma: 0.02, write: write_f16_in_f32 },
    DataSet { name: "bf16 columns", dtype: Dtype::BF16, sigma: 0.02, write: write_columns },
];

/// The set with this name.
pub fn find(name: &str) -> Option<&'static DataSet> {
    SETS.iter().find(|set| set.name == name)
}

impl DataSet {
    /// At least `len` bytes of the set, cut to `len`; the same for the same seed.
    pub fn generate(&self, len: usize, seed: u64) -> Vec<u8> {
        let normal = Normal::new(0.0, self.sigma).expect("the deviations above are finite");
        let mut rng = SmallRng::seed_from_u64(seed);
        let mut bytes = Vec::with_capacity(len + 2 * COLUMNS);
        while bytes.len() < len {
            (self.write)(&mut || normal.sample(&mut rng), &mut bytes);
        }
        bytes.truncate(len);
        bytes
    }
}

fn write_int8(draw: &mut dyn FnMut() -> f64, bytes: &mut Vec<u8>) {
    bytes.push(draw().round().clamp(-127.0, 127.0) as i8 as u8);
}

fn write_bf16(draw: &mut dyn FnMut() -> f64, bytes: &mut Vec<u8>) {
    bytes.extend(bf16::from_f64(draw()).to_le_bytes());
}

fn write_f16(draw: &mut dyn FnMut() -> f64, bytes: &mut Vec<u8>) {
    bytes.extend(f16::from_f64(draw()).to_le_bytes());
}

fn write_f32(draw: &mut dyn FnMut() -> f64, bytes: &mut Vec<u8>) {
    bytes.extend((draw() as f32).to_le_bytes());
}

/// One weight in ten is kept: another draw of N(0, 0.02²) is as far from 0 as often.
fn write_pruned(draw: &mut dyn FnMut() -> f64, bytes: &mut Vec<u8>) {
    const TENTH: f64 = 1.644_85 * 0.02;
    let is_kept = draw().abs() > TENTH;
    let weight = draw();
    bytes.extend(bf16::from_f64(if is_kept { weight } else { 0.0 }).to_le_bytes());
}

fn write_f16_in_f32(draw: &mut dyn FnMut() -> f64, bytes: &mut Vec<u8>) {
    bytes.extend(f16::from_f64(draw()).to_f32().to_le_bytes());
}

/// Columns of an embedding, each with a mean of up to four deviations to either side.
const COLUMNS: usize = 1024;

/// A row of them.
fn write_columns(draw: &mut dyn FnMut() -> f64, bytes: &mut Vec<u8>) {
    for column in 0..COLUMNS {
        // A multiple of the golden ratio, less its whole part: all over 0 to 1.
        let level = (column as f64 * 0.618_033_988_75).fract();
        let mean = 0.02 * 8.0 * (level - 0.5);
        bytes.extend(bf16::from_f64(mean + draw()).to_le_bytes());
    }
}

/// Weights that share a scale in INT4.
const GROUP: usize = 128;

/// A group of INT4: its scale takes the largest magnitude to 7, two weights a byte, the first in
/// the low nibble.
fn write_int4_group(draw: &mut dyn FnMut() -> f64, bytes: &mut Vec<u8>) {
    let weights: [f64; GROUP] = std::array::from_fn(|_| draw());
    let largest = weights.iter().fold(0.0f64, |largest, weight| largest.max(weight.abs()));
    let nibble = |weight: f64| (weight / largest * 7.0).round() as i8 as u8 & 15;
    bytes.extend(weights.as_chunks().0.iter().map(|&[low, high]| nibble(low) | nibble(high) << 4));
}

/// E4M3 by its definition: 4 exponent bits of bias 7, 3 mantissa bits, no infinities, largest 448.
fn write_e4m3(draw: &mut dyn FnMut() -> f64, bytes: &mut Vec<u8>) {
    let weight = draw();
    let magnitude = weight.abs().min(448.0);
    let exponent = magnitude.max(2f64.powi(-6)).log2().floor();
    let step = (exponent - 3.0).exp2();
    let eighths = (magnitude / step).round_ties_even();
    let code = (exponent + 6.0) * 8.0 + eighths;
    bytes.push((code as u8).min(0x7E) | u8::from(weight.is_sign_negative()) << 7);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_of_int4_is_scaled_to_its_largest_weight() {
        let mut weights = (0..GROUP).map(|n| if n == 1 { -0.7 } else { 0.1 * (n % 3) as f64 });
        let mut bytes = Vec::new();
        write_int4_group(&mut || weights.next().unwrap(), &mut bytes);
        assert_eq!(bytes.len(), GROUP / 2);
        assert_eq!(bytes[..3], [0x90, 0x02, 0x21]);
    }

    #[test]
    fn one_weight_in_ten_is_kept() {
        let weights = find("bf16 pruned").unwrap().generate(200_000, 1);
        let kept = weights.as_chunks::<2>().0.iter().filter(|weight| **weight != [0, 0]).count();
        // Five standard deviations of a hundred thousand draws.
        assert!(kept.abs_diff(10_000) < 480, "{kept}");
    }

    #[test]
    fn columns_differ_in_their_means() {
        let weights = find("bf16 columns").unwrap().generate(2 * COLUMNS * 100, 1);
        let weight =
            |at: usize| bf16::from_le_bytes([weights[2 * at], weights[2 * at + 1]]).to_f64();
        let mean = |column| (0..100).map(|row| weight(row * COLUMNS + column)).sum::<f64>() / 100.0;
        // Five standard deviations of a mean of a hundred draws.
        assert!((mean(0) + 0.08).abs() < 0.01 && (mean(1) - 0.018_885).abs() < 0.01);
    }

    #[test]
    fn e4m3_is_rounded_to_the_nearest_code() {
        for (weight, code) in [(0.0, 0), (1.0, 0x38), (-1.0, 0xB8), (448.0, 0x7E), (1e9, 0x7E)] {
            let mut bytes = Vec::new();
            write_e4m3(&mut || weight, &mut bytes);
            assert_eq!(bytes, [code], "{weight}");
        }
    }
}
