//! The program that makes a tensor of a reference and a delta (FORMAT.md section 10), a segment at a
//! time.
//!
//! It is written for threads that restore a segment together: those of a block of a GPU, or a single
//! one.

mod bits;
mod restore;
mod walk;

pub use bits::Bits;
pub use restore::{add_differences, are_sound, make_changes};
pub use walk::{SegmentCounts, SegmentThreads};

/// Bytes of the tensor in a segment: as many as a GPU's block restores at a time.
pub const SEGMENT_BYTES: usize = 1 << 16;
/// The code of a gap that goes on in the next one.
pub const LONG_GAP: u8 = 255;
