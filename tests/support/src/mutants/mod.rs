//! Sound blobs, small and of every kind, and what becomes of them when they are changed with
//! knowledge of the format.

mod json_text;
mod mutator;
mod specimens;

pub use json_text::json_mutant;
pub use mutator::Mutator;
pub use specimens::{Specimen, data_parts, specimens};
