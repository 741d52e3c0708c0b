//! What the tests of the codec share: tensors from a seed, and the comparison of what they decode to.

// Each integration test is a crate of its own and uses only some of what is here.
#![allow(dead_code, unused_imports)]

mod archive;
mod check;
mod corners;
mod distribution;
mod element;
mod number;
mod options;
mod random;
mod sweep;
mod tensor;

pub use archive::write_archive;
pub use check::{check_blob, check_decoded, check_verdict, cpu, decode};
pub use corners::{corner, corner_case};
pub use distribution::Distribution;
pub use element::{ALL_DTYPES, elements_to_a_byte, float_code, pack};
pub use number::number;
pub use options::Options;
pub use random::Random;
pub use sweep::{damaged, sweep};
pub use tensor::Tensor;
