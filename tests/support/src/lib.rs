//! Code that more than one test program needs, compiled once: tensors from a seed, the comparison
//! of decoded tensors, hand-made and damaged files, the golden files, and the fuzz targets.

mod archive;
pub mod assembler;
mod check;
mod corners;
pub mod cost;
pub mod counting_allocator;
pub mod cuda_tools;
mod distribution;
mod element;
pub mod failing_allocator;
pub mod forged;
pub mod fuzz;
pub mod golden;
pub mod headers;
pub mod mutants;
mod number;
mod options;
pub mod program;
#[cfg(unix)]
pub mod pty;
mod random;
pub mod safetensors_source;
mod signals;
pub mod stopping;
mod sweep;
mod tensor;

pub use archive::write_archive;
pub use check::{check_blob, check_decoded, check_verdict, cpu, decode};
pub use corners::{corner, corner_case};
pub use distribution::Distribution;
pub use element::{ALL_DTYPES, code, elements_to_a_byte, float_code, pack};
pub use number::number;
pub use options::Options;
pub use random::Random;
pub use signals::heeding_signals;
pub use sweep::{damaged, sweep};
pub use tensor::Tensor;
