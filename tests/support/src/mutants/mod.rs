//! Sound blobs, small and of every kind, and what becomes of them when somebody changes them who knows the format.

mod mutator;
mod specimens;

pub use mutator::Mutator;
pub use specimens::{Specimen, data_parts, specimens};
