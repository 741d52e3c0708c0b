//! Undoes prediction, a row at a time (FORMAT.md section 4).

use crate::format::{Predictor, RESIDUAL_BIAS};
use crate::warp::Lanes;

/// The coded bytes of a row, from its residuals and the coded bytes of the row above (zeros above
/// the first).
#[cfg_attr(not(unoptimized), inline(always))]
pub fn undo<L: Lanes, const N: usize>(
    predictor: Predictor,
    residuals: [L; N],
    above: [L; N],
) -> [L; N] {
    if matches!(predictor, Predictor::None) {
        return residuals;
    }
    let bias = L::splat(u32::from_ne_bytes([RESIDUAL_BIAS; 4]));
    // Adding 128 modulo 256 and subtracting it are the same, and are an exclusive or.
    let mut unbiased = residuals;
    for word in 0..N {
        unbiased[word] = residuals[word].xor(bias);
    }
    let residuals = unbiased;
    match predictor {
        Predictor::Left => prefix_sums(residuals),
        Predictor::Top => add(residuals, above),
        // Planar's residuals are Left's residuals of the differences to the row above.
        Predictor::Planar => add(prefix_sums(residuals), above),
        _ => L::scan(residuals, above, undo_average),
    }
}

#[cfg_attr(not(unoptimized), inline(always))]
fn add<L: Lanes, const N: usize>(mut a: [L; N], b: [L; N]) -> [L; N] {
    for word in 0..N {
        a[word] = a[word].add_bytes(b[word]);
    }
    a
}

/// Each byte becomes the sum of all bytes up to it: in its word, in its lane, then over the lanes.
#[cfg_attr(not(unoptimized), inline(always))]
fn prefix_sums<L: Lanes, const N: usize>(mut words: [L; N]) -> [L; N] {
    let mut lane_sum = L::splat(0);
    for word in 0..N {
        let mut sums = words[word];
        sums = sums.add_bytes(sums.shl(8));
        sums = sums.add_bytes(sums.shl(16));
        words[word] = sums.add_bytes(spread(lane_sum));
        lane_sum = words[word].shr(24);
    }
    let before = spread(lane_sum.exclusive_prefix_sum());
    add(words, [before; N])
}

/// The lowest byte in all four places.
#[cfg_attr(not(unoptimized), inline(always))]
fn spread<L: Lanes>(word: L) -> L {
    word.and(L::splat(0xFF)).mul_add(L::splat(0x0101_0101), L::splat(0))
}

/// Average needs each result for the next, so it goes byte by byte; `left` is the byte before the
/// lane's first.
#[cfg_attr(not(unoptimized), inline(always))]
fn undo_average<const N: usize>(
    mut left: u32,
    residuals: [u32; N],
    above: [u32; N],
) -> (u32, [u32; N]) {
    let mut words = [0; N];
    for word in 0..N {
        for shift in [0, 8, 16, 24] {
            let prediction = (left + (above[word] >> shift & 0xFF)) >> 1;
            left = (residuals[word] >> shift).wrapping_add(prediction) & 0xFF;
            words[word] |= left << shift;
        }
    }
    (left, words)
}
