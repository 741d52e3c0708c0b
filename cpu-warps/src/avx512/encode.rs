//! What encoding asks of lanes.

use super::lanes::{Avx512Lanes, each};
use crate::encode::EncodeLanes;
use core::arch::x86_64::*;

impl EncodeLanes for Avx512Lanes {
    #[inline(always)]
    fn shr_each(self, bits: Self) -> Self {
        each!(|r| _mm512_srlv_epi32(self.0[r], bits.0[r]))
    }

    #[inline(always)]
    fn funnel_shr(high: Self, low: Self, bits: Self) -> Self {
        each!(|r| _mm512_shrdv_epi32(low.0[r], high.0[r], bits.0[r]))
    }

    #[inline(always)]
    fn fill(count: Self, word: Self, [last, before]: [Self; 2]) -> (Self, [Self; 2], u32) {
        // SAFETY: the invariant of `Avx512Lanes`.
        let (bits, full) = unsafe {
            let bits = _mm512_set1_epi32(32);
            (bits, count.0.map(|count| _mm512_cmpgt_epu32_mask(count, bits)))
        };
        let count = each!(|r| _mm512_mask_sub_epi32(count.0[r], full[r], count.0[r], bits));
        let filled = [
            each!(|r| _mm512_mask_mov_epi32(last.0[r], full[r], word.0[r])),
            each!(|r| _mm512_mask_mov_epi32(before.0[r], full[r], last.0[r])),
        ];
        (count, filled, u32::from(full[1]) << 16 | u32::from(full[0]))
    }

    #[inline(always)]
    fn store_before(self, lanes: u32, place: &mut [u32; 32]) -> usize {
        let [low, high] = [lanes as u16, (lanes >> 16) as u16];
        let of_high = high.count_ones() as usize;
        // SAFETY: the invariant of `Avx512Lanes`; of 32 words, 16 are stored that end at number 16 at least.
        unsafe {
            let ends = [32 - of_high, 32].map(|end| place.as_mut_ptr().add(end - 16));
            _mm512_storeu_si512(ends[1].cast(), gather_at_end(self.0[1], high));
            _mm512_storeu_si512(ends[0].cast(), gather_at_end(self.0[0], low));
        }
        lanes.count_ones() as usize
    }
}

/// The words of these lanes in the last lanes, and anything before them.
///
/// A compression that stores just these takes a Zen 4 longer by far.
///
/// # Safety
/// The invariant of [`Avx512Lanes`].
#[inline(always)]
unsafe fn gather_at_end(words: __m512i, lanes: u16) -> __m512i {
    // SAFETY: the caller's condition.
    unsafe {
        let numbers = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
        // Modulo 16, as the permutation takes them.
        let numbers = _mm512_add_epi32(numbers, _mm512_set1_epi32(lanes.count_ones() as i32));
        _mm512_permutexvar_epi32(numbers, _mm512_maskz_compress_epi32(lanes, words))
    }
}
