//! Joins coded and raw bytes into elements (FORMAT.md section 3), four elements at a time.

use crate::format::Split;
use crate::warp::{Lanes, TOP_BITS};

/// Joins a lane's coded bytes, `N` words of them, with the same bytes of its raw planes into its 16
/// bytes.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn join<L: Lanes, const N: usize>(split: Split, coded: [L; N], raw: [[L; N]; 3]) -> [L; 4] {
    if N == 4 {
        let mut words = [coded[0]; 4];
        for word in 0..N {
            words[word] = coded[word];
        }
        if matches!(split, Split::RotatedByte) {
            words = L::rotate_bytes_right(words);
        }
        words
    } else if N == 2 {
        let (low, high) = join_top_bytes(split, coded[0], raw[0][0]);
        let (low_after, high_after) = join_top_bytes(split, coded[1], raw[0][1]);
        [
            L::interleave_low_bytes(low, high),
            L::interleave_high_bytes(low, high),
            L::interleave_low_bytes(low_after, high_after),
            L::interleave_high_bytes(low_after, high_after),
        ]
    } else {
        let (low, high) = join_top_bytes(split, coded[0], raw[2][0]);
        let bottom_first = L::interleave_low_bytes(raw[0][0], raw[1][0]);
        let bottom_last = L::interleave_high_bytes(raw[0][0], raw[1][0]);
        let top_first = L::interleave_low_bytes(low, high);
        let top_last = L::interleave_high_bytes(low, high);
        [
            L::low_halves(bottom_first, top_first),
            L::high_halves(bottom_first, top_first),
            L::low_halves(bottom_last, top_last),
            L::high_halves(bottom_last, top_last),
        ]
    }
}

/// The two highest bytes of four elements, lower ones first: either as they are, or a sign and
/// seven mantissa bits around the exponent, which straddles them.
#[cfg_attr(not(unoptimized), inline(always))]
fn join_top_bytes<L: Lanes>(split: Split, coded: L, raw: L) -> (L, L) {
    if split.is_exponent() {
        let high = L::blend(TOP_BITS, raw, coded.shr(1));
        let low = L::blend(TOP_BITS, coded.shl(7), raw);
        (low, high)
    } else {
        (raw, coded)
    }
}
