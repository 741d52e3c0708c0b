//! The text of a header without the numbers that follow from others (FORMAT.md section 1.2). The
//! tensors of a model are numbered, and each begins where the one before ends: deflate finds text
//! that repeats, but not numbers that go on.

mod expand;
mod numbers;
mod shorten;
#[cfg(test)]
mod tests;

pub use expand::expand;
pub use shorten::shorten;

/// The purpose of the memory.
const WHAT: &str = "the header of an archive";
