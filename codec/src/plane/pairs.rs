//! Pairs of elements, both ways: with `g = min(8, n)` of a lane's `n` elements, those of step `k`
//! are `a = (k / (g/2))·g + k mod (g/2)` and `a + g/2` (FORMAT.md section 5).

use super::SymbolSource;
use crate::warp::{Lanes, Warp};

/// Encoding: makes a byte of each pair of residuals, four of them at once where a lane has as many.
/// `residuals` are whole rows.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn combine_pairs(
    lane_elements: usize,
    residuals: &[u8],
    out: &mut [u8],
    combine: impl Fn(u32, u32) -> u32,
) {
    if lane_elements == 4 {
        let pair = |a, c| combine(u16::from_le_bytes(a).into(), u16::from_le_bytes(c).into());
        for (out, &[a, b, c, d]) in out.as_chunks_mut().0.iter_mut().zip(residuals.as_chunks().0) {
            *out = (pair([a, b], [c, d]) as u16).to_le_bytes();
        }
        return;
    }
    let pairs = residuals.as_chunks::<4>().0.as_chunks().0;
    for (out, &[a, c]) in out.as_chunks_mut().0.iter_mut().zip(pairs) {
        *out = combine(u32::from_le_bytes(a), u32::from_le_bytes(c)).to_le_bytes();
    }
}

/// A byte in all four places of all lanes.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn spread<L: Lanes>(byte: u8) -> L {
    L::splat(u32::from_ne_bytes([byte; 4]))
}

/// A row's pair symbols: eight in two words, four in one, or two in the lower half of one.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn decode_pairs<W: Warp, E: SymbolSource<W>, const N: usize>(
    source: &mut E,
    warp: &mut W,
) -> [W::Lanes; 2] {
    let first = if N == 1 { source.decode_two(warp) } else { source.decode_four(warp) };
    [first, if N == 4 { source.decode_four(warp) } else { first }]
}

/// A row's stored pair bytes, laid out as [`decode_pairs`] gives them.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn load_pairs<W: Warp, const N: usize>(warp: &W, row: u32) -> [W::Lanes; 2] {
    if N == 4 {
        warp.load_stored::<2>(row)
    } else if N == 2 {
        let [word] = warp.load_stored::<1>(row);
        [word, word]
    } else {
        let half = warp.load_stored_half(row);
        [half, half]
    }
}

/// A row's stored crumbs, a nibble for each pair, laid out as [`decode_pairs`] gives their symbols;
/// anything in upper nibbles.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn load_crumbs<W: Warp, const N: usize>(warp: &W, row: u32) -> [W::Lanes; 2] {
    if N == 4 {
        let [word] = warp.load_stored::<1>(row);
        return [word, word.shr(4)];
    }
    let word = if N == 2 {
        let half = warp.load_stored_half(row);
        W::Lanes::blend(0xFFFF, half, half.shl(12))
    } else {
        let byte = warp.load_stored_quarter(row);
        W::Lanes::blend(0xFF, byte, byte.shl(4))
    };
    [word, word]
}

/// The residuals in element order, from the first and second ones of each word of pair symbols.
///
/// Takes values, not a closure that makes them: closures do not inherit `#[target_feature]`, so the
/// call would not be inlined.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn arrange_pairs<L: Lanes, const N: usize>(
    [(first, second), (third, fourth)]: [(L, L); 2],
) -> [L; N] {
    let mut residuals = [first; N];
    if N == 1 {
        residuals[0] = L::low_halves(first, second);
    } else {
        residuals[1] = second;
    }
    if N == 4 {
        residuals[2] = third;
        residuals[3] = fourth;
    }
    residuals
}
