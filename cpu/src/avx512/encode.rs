//! The lane operations that encoding needs.

use super::lanes::{Avx512Lanes, each};
use crate::encode::CpuEncodeLanes;
use core::arch::x86_64::*;
use wcodec_codec::encode::EncodeLanes;
use wcodec_codec::entropy::tans::Steps;

/// Inside each quarter of a register, bytes 0 of its four lanes first, then bytes 1, and so on.
const TRANSPOSE: [u8; 16] = [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15];

/// The bytes with these numbers, of 256.
///
/// # Safety
/// The invariant of [`Avx512Lanes`].
#[cfg_attr(not(unoptimized), inline(always))]
unsafe fn look_up_bytes(table: &[u8; 256], numbers: __m512i) -> __m512i {
    // SAFETY: the caller's condition; 256 bytes are four registers.
    unsafe {
        let [a, b, c, d] = table.as_ptr().cast::<[__m512i; 4]>().read_unaligned();
        let low = _mm512_permutex2var_epi8(a, numbers, b);
        let high = _mm512_permutex2var_epi8(c, numbers, d);
        _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(numbers), high)
    }
}

/// The entries of 64 symbols: those in bytes 0 of the lanes, in bytes 1, and so on.
///
/// # Safety
/// The invariant of [`Avx512Lanes`].
#[cfg_attr(not(unoptimized), inline(always))]
unsafe fn look_up_64(steps: &Steps, symbols: __m512i) -> [__m512i; 4] {
    // SAFETY: the caller's condition; the table is 16 bytes.
    unsafe {
        let order = _mm512_broadcast_i32x4(_mm_loadu_si128(TRANSPOSE.as_ptr().cast()));
        let numbers = _mm512_shuffle_epi8(symbols, order);
        let [a, b, c, d] = &steps.planes;
        let (a, b) = (look_up_bytes(a, numbers), look_up_bytes(b, numbers));
        let (c, d) = (look_up_bytes(c, numbers), look_up_bytes(d, numbers));
        let (low, low_upper) = (_mm512_unpacklo_epi8(a, b), _mm512_unpacklo_epi8(c, d));
        let (high, high_upper) = (_mm512_unpackhi_epi8(a, b), _mm512_unpackhi_epi8(c, d));
        [
            _mm512_unpacklo_epi16(low, low_upper),
            _mm512_unpackhi_epi16(low, low_upper),
            _mm512_unpacklo_epi16(high, high_upper),
            _mm512_unpackhi_epi16(high, high_upper),
        ]
    }
}

impl EncodeLanes for Avx512Lanes {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn shr_each(self, bits: Self) -> Self {
        each!(|r| _mm512_srlv_epi32(self.0[r], bits.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn funnel_shr(high: Self, low: Self, bits: Self) -> Self {
        each!(|r| _mm512_shrdv_epi32(low.0[r], high.0[r], bits.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
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
}

impl CpuEncodeLanes for Avx512Lanes {
    /// By permuting bytes, in half of the time that gathers take.
    #[cfg_attr(not(unoptimized), inline(always))]
    fn look_up_steps(steps: &Steps, symbols: Self) -> [Self; 4] {
        // SAFETY: the invariant of `Avx512Lanes`.
        let (low, high) =
            unsafe { (look_up_64(steps, symbols.0[0]), look_up_64(steps, symbols.0[1])) };
        [
            Self([low[0], high[0]]),
            Self([low[1], high[1]]),
            Self([low[2], high[2]]),
            Self([low[3], high[3]]),
        ]
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn store_before(self, lanes: u32, place: &mut [u32; 32]) -> usize {
        let [low, high] = [lanes as u16, (lanes >> 16) as u16];
        let of_high = high.count_ones() as usize;
        // SAFETY: the invariant of `Avx512Lanes`; of 32 words, 16 are stored that end at number 16
        // at least.
        unsafe {
            let ends = [32 - of_high, 32].map(|end| place.as_mut_ptr().add(end - 16));
            _mm512_storeu_si512(ends[1].cast(), gather_at_end(self.0[1], high));
            _mm512_storeu_si512(ends[0].cast(), gather_at_end(self.0[0], low));
        }
        lanes.count_ones() as usize
    }
}

/// Moves the words of these lanes to the last lanes; the lanes before them are unspecified.
///
/// A compression that stores just these takes a Zen 4 longer by far.
///
/// # Safety
/// The invariant of [`Avx512Lanes`].
#[cfg_attr(not(unoptimized), inline(always))]
unsafe fn gather_at_end(words: __m512i, lanes: u16) -> __m512i {
    // SAFETY: the caller's condition.
    unsafe {
        let numbers = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
        // Modulo 16, as the permutation takes them.
        let numbers = _mm512_add_epi32(numbers, _mm512_set1_epi32(lanes.count_ones() as i32));
        _mm512_permutexvar_epi32(numbers, _mm512_maskz_compress_epi32(lanes, words))
    }
}
