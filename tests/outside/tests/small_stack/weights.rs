//! Tensors of which each makes the encoder choose something else.

use wcodec::{Dtype, Profile};

/// Rows and columns of each tensor. Some tiles are whole, others cut short on the right or at the
/// bottom.
pub const SHAPE: [u64; 2] = [300, 700];

/// A tensor, and the profile to encode it with.
pub struct Weights {
    pub name: &'static str,
    pub dtype: Dtype,
    pub profile: Profile,
    pub bytes: Vec<u8>,
}

/// One of each kind; between them, they take every plane codec (the test asserts it).
pub fn all() -> Vec<Weights> {
    let of = |name, dtype, profile, bytes| Weights { name, dtype, profile, bytes };
    use Profile::{Balanced, Fast, Ratio};
    vec![
        of("constant", Dtype::I8, Balanced, bytes(|_| 7)),
        of("uniform", Dtype::U8, Balanced, bytes(|noise| noise as u8)),
        of("wide", Dtype::I8, Ratio, bytes(|noise| bell(noise, 28.0) as i8 as u8)),
        of("wide-fast", Dtype::I8, Fast, bytes(|noise| bell(noise, 28.0) as i8 as u8)),
        of("narrow", Dtype::I8, Balanced, bytes(|noise| bell(noise, 2.0) as i8 as u8)),
        of("medium", Dtype::I8, Balanced, bytes(|noise| bell(noise, 8.0) as i8 as u8)),
        of("bf16", Dtype::BF16, Balanced, elements(|noise| [top(noise)[2], top(noise)[3]])),
        of("f32", Dtype::F32, Balanced, elements(|noise| bell(noise, 0.02).to_le_bytes())),
    ]
}

/// A float's bytes, of which the last two are its BF16.
fn top(noise: u64) -> [u8; 4] {
    bell(noise, 0.02).to_le_bytes()
}

fn bytes(element: impl Fn(u64) -> u8) -> Vec<u8> {
    elements(|noise| [element(noise)])
}

/// The bytes of all elements, made of a counter's bits well mixed (splitmix64).
fn elements<const N: usize>(element: impl Fn(u64) -> [u8; N]) -> Vec<u8> {
    let mixed = (0..SHAPE[0] * SHAPE[1]).map(|number| {
        let mut bits = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ bits >> 31
    });
    mixed.flat_map(element).collect()
}

/// Bell-shaped around zero: the sum of eight uniform bytes, of standard deviation `sigma`.
fn bell(noise: u64, sigma: f32) -> f32 {
    let sum: i32 = noise.to_le_bytes().iter().map(|&byte| i32::from(byte) - 128).sum();
    sum as f32 / 209.0 * sigma
}
