//! Between registers, word-major, and memory, where a lane's words lie together. All is
//! little-endian, as the format is.

use super::lanes::{Avx512Lanes, each};
use crate::tile_warp::CpuLanes;
use core::arch::x86_64::*;
use wcodec_codec::format::LANE_WORDS;
use wcodec_codec::warp::Lanes;

/// Indices into the 32 words of two registers that interleave them, `[a0, b0, a1, b1, …]`: the
/// lower and the upper half.
const ZIP: [[i32; 16]; 2] = [
    [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23],
    [8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31],
];
/// The same with pairs of words.
const ZIP_PAIRS: [[i32; 16]; 2] = [
    [0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23],
    [8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31],
];
/// The way back: words with even and odd numbers.
const UNZIP: [[i32; 16]; 2] = [
    [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30],
    [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31],
];

/// Both results of choosing from the words of `a` and `b`.
///
/// # Safety
/// The invariant of [`Avx512Lanes`].
#[cfg_attr(not(unoptimized), inline(always))]
unsafe fn permute(a: __m512i, [first, second]: &[[i32; 16]; 2], b: __m512i) -> [__m512i; 2] {
    // SAFETY: the caller's condition; the indices are 64 bytes each.
    unsafe {
        let first = _mm512_loadu_si512(first.as_ptr().cast());
        let second = _mm512_loadu_si512(second.as_ptr().cast());
        [_mm512_permutex2var_epi32(a, first, b), _mm512_permutex2var_epi32(a, second, b)]
    }
}

impl CpuLanes for Avx512Lanes {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn gather<const LEN: usize>(entries: &[u32; LEN], numbers: Self) -> Self {
        const { assert!(LEN.is_power_of_two()) };
        let numbers = numbers.and(Self::splat(LEN as u32 - 1));
        // SAFETY: the mask keeps numbers inside the table.
        each!(|r| gather_16(entries.as_ptr(), numbers.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn shift_in(
        before: Self,
        read: Self,
        [first, second, third]: [Self; LANE_WORDS],
        next: &[u8; 128],
    ) -> ([Self; LANE_WORDS], usize) {
        let crossed = before.xor(read);
        // SAFETY: the invariant of `Avx512Lanes`.
        let takes = unsafe {
            let bit = _mm512_set1_epi32(32);
            [_mm512_test_epi32_mask(crossed.0[0], bit), _mm512_test_epi32_mask(crossed.0[1], bit)]
        };
        let taken = takes.map(|mask| mask.count_ones() as usize);
        let starts = [0, taken[0]];
        let words = [
            each!(|r| _mm512_mask_mov_epi32(first.0[r], takes[r], second.0[r])),
            each!(|r| _mm512_mask_mov_epi32(second.0[r], takes[r], third.0[r])),
            // SAFETY: the words of both registers begin at number 16 of 32 at most.
            each!(|r| {
                let words = _mm512_loadu_si512(next.as_ptr().add(4 * starts[r]).cast());
                _mm512_mask_expand_epi32(third.0[r], takes[r], words)
            }),
        ];
        (words, taken[0] + taken[1])
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn all_are(self, value: u32) -> bool {
        // SAFETY: the invariant of `Avx512Lanes`.
        unsafe {
            let value = _mm512_set1_epi32(value as i32);
            _mm512_cmpneq_epi32_mask(self.0[0], value) == 0
                && _mm512_cmpneq_epi32_mask(self.0[1], value) == 0
        }
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_quarter(bytes: &[u8; 32]) -> Self {
        let quarters = bytes.as_chunks::<16>().0;
        // SAFETY: the invariant of `Avx512Lanes`; a chunk has 16 bytes.
        each!(|r| _mm512_cvtepu8_epi32(_mm_loadu_si128(quarters[r].as_ptr().cast())))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_half(bytes: &[u8; 64]) -> Self {
        let halves = bytes.as_chunks::<32>().0;
        // SAFETY: the invariant of `Avx512Lanes`; a chunk has 32 bytes.
        each!(|r| _mm512_cvtepu16_epi32(_mm256_loadu_si256(halves[r].as_ptr().cast())))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_1(bytes: &[u8; 128]) -> Self {
        Self(registers(bytes))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_2(bytes: &[u8; 256]) -> [Self; 2] {
        let [a, b, c, d] = registers(bytes);
        // SAFETY: the invariant of `Avx512Lanes`.
        let ([first_low, second_low], [first_high, second_high]) =
            unsafe { (permute(a, &UNZIP, b), permute(c, &UNZIP, d)) };
        [Self([first_low, first_high]), Self([second_low, second_high])]
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_4(bytes: &[u8; 512]) -> [Self; 4] {
        let mut words = [Self(registers(&[0; 128])); 4];
        for (half, bytes) in bytes.as_chunks().0.iter().enumerate() {
            let [a, b, c, d] = registers::<256, 4>(bytes);
            // SAFETY: the invariant of `Avx512Lanes`.
            unsafe {
                let (ab, cd) = (permute(a, &UNZIP, b), permute(c, &UNZIP, d));
                let [even, odd] = [permute(ab[0], &UNZIP, cd[0]), permute(ab[1], &UNZIP, cd[1])];
                words[0].0[half] = even[0];
                words[1].0[half] = odd[0];
                words[2].0[half] = even[1];
                words[3].0[half] = odd[1];
            }
        }
        words
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn store([a, b, c, d]: [Self; 4], out: &mut [u8; 512]) {
        let registers = out.as_chunks_mut::<64>().0;
        for half in 0..2 {
            // SAFETY: the invariant of `Avx512Lanes`; a chunk has 64 bytes.
            unsafe {
                let ab = permute(a.0[half], &ZIP, b.0[half]);
                let cd = permute(c.0[half], &ZIP, d.0[half]);
                for quarter in 0..2 {
                    let [first, second] = permute(ab[quarter], &ZIP_PAIRS, cd[quarter]);
                    let at = 4 * half + 2 * quarter;
                    _mm512_storeu_si512(registers[at].as_mut_ptr().cast(), first);
                    _mm512_storeu_si512(registers[at + 1].as_mut_ptr().cast(), second);
                }
            }
        }
    }
}

/// The entries of these numbers. A gather of sixteen takes a Zen 4 longer than two of eight.
///
/// # Safety
/// The invariant of [`Avx512Lanes`]; the numbers are inside the table.
#[cfg_attr(not(unoptimized), inline(always))]
unsafe fn gather_16(table: *const u32, numbers: __m512i) -> __m512i {
    // SAFETY: the caller's condition.
    unsafe {
        let (low, high) =
            (_mm512_castsi512_si256(numbers), _mm512_extracti64x4_epi64::<1>(numbers));
        let low = _mm256_i32gather_epi32::<4>(table.cast(), low);
        let high = _mm256_i32gather_epi32::<4>(table.cast(), high);
        _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high)
    }
}

/// The registers that `bytes` are.
#[cfg_attr(not(unoptimized), inline(always))]
fn registers<const BYTES: usize, const COUNT: usize>(bytes: &[u8; BYTES]) -> [__m512i; COUNT] {
    const { assert!(BYTES == 64 * COUNT) };
    // SAFETY: the sizes are the same, and any bytes are registers.
    unsafe { bytes.as_ptr().cast::<[__m512i; COUNT]>().read_unaligned() }
}
