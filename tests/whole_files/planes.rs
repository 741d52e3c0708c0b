//! Weights of which more than the exponent has structure: some were pruned, others cast up.

use super::made::{Made, gaussian};
use super::there_and_back;
use half::{bf16, f16};
use support::Random;

/// Rows and columns of the matrix.
const SHAPE: [usize; 2] = [2048, 1024];

/// The ratio of a file with one matrix of N(0, 0.02²), of which each four neighbours are written
/// like this.
fn ratio(dtype: &'static str, write: impl FnMut([f32; 4]) -> Vec<u8>) -> f64 {
    let values: Vec<f32> = gaussian(SHAPE.iter().product(), 0.02, 1).collect();
    let (fours, _) = values.as_chunks();
    let bytes = fours.iter().copied().flat_map(write).collect();
    let matrix: Made = ("layers.0.weight".to_owned(), dtype, SHAPE.to_vec(), bytes);
    let ratio = there_and_back(&[matrix]).ratio;
    println!("{ratio:.3}");
    ratio
}

fn bf16_bytes(values: [f32; 4]) -> Vec<u8> {
    values.into_iter().flat_map(|x| bf16::from_f32(x).to_le_bytes()).collect()
}

#[test]
fn nine_zeros_of_ten() {
    let mut random = Random::new(2);
    let ratio =
        ratio("BF16", |four| bf16_bytes(four.map(|x| if random.below(10) < 9 { 0.0 } else { x })));
    assert!(ratio >= 7.6, "{ratio}");
}

/// The two largest of each four are kept.
#[test]
fn two_of_four() {
    let ratio = ratio("BF16", |four| {
        let mut magnitudes = four.map(f32::abs);
        magnitudes.sort_by(f32::total_cmp);
        bf16_bytes(four.map(|x| if x.abs() < magnitudes[2] { 0.0 } else { x }))
    });
    assert!(ratio >= 2.15, "{ratio}");
}

#[test]
fn cast_up_from_f16() {
    let ratio = ratio("F32", |four| {
        four.into_iter().flat_map(|x| f16::from_f32(x).to_f32().to_le_bytes()).collect()
    });
    assert!(ratio >= 2.3, "{ratio}");
}

#[test]
fn cast_up_from_bf16() {
    let ratio = ratio("F32", |four| {
        four.into_iter().flat_map(|x| bf16::from_f32(x).to_f32().to_le_bytes()).collect()
    });
    assert!(ratio >= 2.95, "{ratio}");
}
