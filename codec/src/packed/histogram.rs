//! The choice of a matrix's scale, from the exponents of some or all of its weights.

use super::{Scale, Shape};

/// For each exponent field the number of nonzero weights that have it.
pub type Histogram = [u64; FIELDS];

/// Exponent fields.
pub const FIELDS: usize = 256;

/// Exponent fields that the codes of a scale have, but for subnormal ones.
const HELD_FIELDS: usize = 15;

/// Exceptions that a matrix may have: one in so many weights. Each takes 64 bits, so that with more
/// of them the fast form would save less than three of 16 bits.
const WEIGHTS_AN_EXCEPTION: u64 = 64;

/// Steps that are enough to choose a scale from: two million weights, of which a Gaussian's
/// exceptions are hundreds.
const SAMPLED_STEPS: u64 = 2048;

/// The most exceptions with which a matrix of this shape is held in a form that has some.
pub const fn most_exceptions(shape: Shape) -> u32 {
    let most = shape.weights() / WEIGHTS_AN_EXCEPTION;
    // The largest number means that there are more than can be counted.
    if most < u32::MAX as u64 { most as u32 } else { u32::MAX - 1 }
}

/// The distance of the steps whose weights a scale is chosen from, all steps of all blocks of rows
/// being numbered in the order of memory. It is odd, so that all columns of a matrix come into the
/// sample.
pub const fn sample_distance(shape: Shape) -> u64 {
    let steps = shape.blocks() as u64 * shape.steps() as u64;
    (steps / SAMPLED_STEPS) | 1
}

/// How many of the counted weights have codes in a scale; `count` gives the number of those with an
/// exponent field. Weights below the codes' exponents can have a subnormal code, and are not
/// counted.
#[inline(always)]
pub fn held(scale: u8, count: impl Fn(usize) -> u64) -> u64 {
    let first = usize::from(scale) + 1;
    let mut sum = 0;
    for field in first..first + HELD_FIELDS {
        sum += count(field);
    }
    // Subnormal weights are among the codes where the scale is 1.
    if scale == 0 { sum + count(0) } else { sum }
}

/// The scale that holds the most of the counted weights, the smallest of those.
pub fn best_scale(histogram: &Histogram) -> Scale {
    let held = |scale: u8| held(scale, |field| histogram[field]);
    let mut best = 0;
    for scale in 1..=Scale::MAX {
        if held(scale) > held(best) {
            best = scale;
        }
    }
    Scale::new(best).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(counts: &[(usize, u64)]) -> Histogram {
        let mut histogram = [0; FIELDS];
        counts.iter().for_each(|&(field, count)| histogram[field] = count);
        histogram
    }

    #[test]
    fn the_scale_holds_the_most() {
        let best = |counts: &[(usize, u64)]| best_scale(&histogram(counts)).exponent();
        assert_eq!(best(&[(100, 5), (115, 100), (116, 3)]), 101);
        assert_eq!(best(&[(0, 9), (15, 9)]), 0);
        assert_eq!(best(&[(127 + 15, 1), (127 + 16, 1)]), 127);
        assert_eq!(best(&[]), 0);
    }

    #[test]
    fn exceptions_are_few() {
        let most = |rows, columns| most_exceptions(Shape::new(rows, columns).unwrap());
        assert_eq!([most(0, 5), most(7, 9), most(8, 8), most(64, 64)], [0, 0, 1, 64]);
        assert_eq!(most(1 << 31, 1 << 31), u32::MAX - 1);
    }

    /// Small matrices are counted whole; of large ones all columns are in the sample.
    #[test]
    fn samples_are_large_enough_and_reach_all_columns() {
        let distance = |rows, columns| sample_distance(Shape::new(rows, columns).unwrap());
        assert_eq!([distance(0, 0), distance(16, 64), distance(16 * 2047, 64)], [1; 3]);
        for (rows, columns) in [(4096, 4096), (128_256, 4096), (8192, 28_672), (1 << 31, 1 << 31)] {
            let distance = distance(rows, columns);
            let steps = rows / 16 * (columns / 64);
            assert!(distance % 2 == 1 && steps / distance >= SAMPLED_STEPS / 2, "{distance}");
        }
    }
}
