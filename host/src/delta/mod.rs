//! A tensor coded against another, its *reference* (FORMAT.md section 10).
//!
//! A delta holds what has to be added to the reference's elements, as integers: all of it where most
//! elements differ, the changes alone with the gaps between them where few do. Rows that lie at
//! other places in the reference are found by a map.

mod bits;
mod changes;
mod differences;
mod encode;
mod header;
mod limit;
mod parse;
mod rows;

pub(crate) use differences::Differences;
#[cfg(feature = "gpu")]
pub(crate) use differences::beyond_segment;
pub use header::DeltaForm;
pub(crate) use limit::plane_entropy_bits;
pub use parse::{Delta, DeltaSummary};
pub use rows::RowMap;

use crate::Dtype;
use wcodec_codec::delta::{LONG_GAP, SEGMENT_BYTES};

/// Bytes of the integers that elements of a dtype are taken as.
fn width_of(dtype: Dtype) -> u8 {
    match dtype {
        Dtype::C64 => 4,
        _ => (dtype.bitsize() / 8).max(1) as u8,
    }
}
