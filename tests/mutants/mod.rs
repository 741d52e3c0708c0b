//! Sound blobs, small and of every kind, and what becomes of them when somebody changes them who knows the format.

// Each integration test is a crate of its own and uses only some of what is here.
#![allow(dead_code, unused_imports)]

mod mutator;
mod specimens;

pub use mutator::Mutator;
pub use specimens::{Specimen, data_parts, specimens};
