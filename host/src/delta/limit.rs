//! The entropy of differences.

use super::changes::all_differences;
use super::{SEGMENT_BYTES, width_of};
use crate::encode::histogram::{Counts, entropy_bits};
use crate::{Result, TensorView};
use rayon::prelude::*;

/// Bits of the differences of all elements from those of a reference, which is as long: the order-0
/// entropy of each plane of their bytes.
///
/// # Errors
/// [`crate::Error::OutOfMemory`].
pub(crate) fn plane_entropy_bits(tensor: &TensorView<'_>, reference: &[u8]) -> Result<f64> {
    let width = width_of(tensor.dtype());
    let differences = all_differences(width, tensor.data(), reference)?;
    let width = usize::from(width);
    let planes = (0..width).map(|plane| entropy_bits(plane_counts(&differences, width, plane).0));
    Ok(planes.sum())
}

/// How often each byte is that of this number in integers of `width` bytes.
fn plane_counts(bytes: &[u8], width: usize, plane: usize) -> Counts {
    let count = |piece: &[u8]| {
        let mut counts = Counts([0; 256]);
        piece.chunks_exact(width).for_each(|element| counts.0[usize::from(element[plane])] += 1);
        counts
    };
    let add = |mut sum: Counts, other: Counts| {
        sum.0.iter_mut().zip(other.0).for_each(|(sum, more)| *sum += more);
        sum
    };
    bytes.par_chunks(SEGMENT_BYTES).map(count).reduce(|| Counts([0; 256]), add)
}
