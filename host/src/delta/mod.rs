//! A tensor coded against another, its *reference* (FORMAT.md section 10).
//!
//! A delta holds what has to be added to the reference's elements, as integers: all of it where most
//! elements differ, the changes alone with the gaps between them where few do. Rows that lie at
//! other places in the reference are found by a map.

mod apply;
mod bits;
mod changes;
mod encode;
mod header;
mod limit;
mod parse;
mod rows;

pub(crate) use apply::Differences;
pub use header::DeltaForm;
pub(crate) use limit::plane_entropy_bits;
pub use parse::{Delta, DeltaSummary};
pub use rows::RowMap;

/// Bytes of the tensor in a segment: as many as a GPU's block restores at a time.
const SEGMENT_BYTES: usize = 1 << 16;
/// The code of a gap that goes on in the next one.
const LONG_GAP: u8 = 255;

use crate::Dtype;

/// Bytes of the integers that elements of a dtype are taken as.
fn width_of(dtype: Dtype) -> u8 {
    match dtype {
        Dtype::C64 => 4,
        _ => (dtype.bitsize() / 8).max(1) as u8,
    }
}
