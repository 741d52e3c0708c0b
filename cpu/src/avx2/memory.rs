//! Between registers, word-major, and memory, where a lane's words lie together. All is
//! little-endian, as the format is.

use super::lanes::{Avx2Lanes, each};
use super::sets::EXPAND;
use crate::tile_warp::CpuLanes;
use core::arch::x86_64::*;
use wcodec_codec::format::LANE_WORDS;
use wcodec_codec::warp::Lanes;

/// The four lanes of each half of a register, word-major, as four lanes one after another; or back.
///
/// # Safety
/// The invariant of [`Avx2Lanes`].
#[cfg_attr(not(unoptimized), inline(always))]
unsafe fn transpose_halves([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    // SAFETY: the caller's condition.
    unsafe {
        let (ab_low, ab_high) = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
        let (cd_low, cd_high) = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
        [
            _mm256_unpacklo_epi64(ab_low, cd_low),
            _mm256_unpackhi_epi64(ab_low, cd_low),
            _mm256_unpacklo_epi64(ab_high, cd_high),
            _mm256_unpackhi_epi64(ab_high, cd_high),
        ]
    }
}

impl CpuLanes for Avx2Lanes {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn gather<const LEN: usize>(entries: &[u32; LEN], numbers: Self) -> Self {
        const { assert!(LEN.is_power_of_two()) };
        let numbers = numbers.and(Self::splat(LEN as u32 - 1));
        // SAFETY: the mask keeps numbers inside the table.
        each!(|r| _mm256_i32gather_epi32::<4>(entries.as_ptr().cast(), numbers.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn shift_in(
        before: Self,
        read: Self,
        [first, second, third]: [Self; LANE_WORDS],
        next: &[u8; 128],
    ) -> ([Self; LANE_WORDS], usize) {
        // Bit 5 at the top, where blends and masks look for it.
        let crossed = before.xor(read).shl(26);
        let [a, b, c, d] = crossed.0;
        let takes = [top_bits(a), top_bits(b), top_bits(c), top_bits(d)];
        let mut starts = [0; 4];
        for r in 1..4 {
            starts[r] = starts[r - 1] + takes[r - 1].count_ones() as usize;
        }
        let taken = starts[3] + takes[3].count_ones() as usize;
        let third_words = each!(|r| {
            // SAFETY: the words of each register begin at number 24 of 32 at most.
            let words = _mm256_loadu_si256(next.as_ptr().add(4 * starts[r]).cast());
            permute(words, &EXPAND[usize::from(takes[r])])
        });
        let words = [
            choose(crossed, second, first),
            choose(crossed, third, second),
            choose(crossed, third_words, third),
        ];
        (words, taken)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn all_are(self, value: u32) -> bool {
        let [a, b, c, d] = self.xor(Self::splat(value)).0;
        // SAFETY: the invariant of `Avx2Lanes`.
        unsafe {
            let any = _mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d));
            _mm256_testz_si256(any, any) == 1
        }
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_quarter(bytes: &[u8; 32]) -> Self {
        let quarters = bytes.as_chunks::<8>().0;
        // SAFETY: a chunk has 8 bytes.
        each!(|r| _mm256_cvtepu8_epi32(_mm_loadl_epi64(quarters[r].as_ptr().cast())))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_half(bytes: &[u8; 64]) -> Self {
        let halves = bytes.as_chunks::<16>().0;
        // SAFETY: a chunk has 16 bytes.
        each!(|r| _mm256_cvtepu16_epi32(_mm_loadu_si128(halves[r].as_ptr().cast())))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_1(bytes: &[u8; 128]) -> Self {
        Self(registers(bytes))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_2(bytes: &[u8; 256]) -> [Self; 2] {
        let pairs: [__m256i; 8] = registers(bytes);
        let first = each!(|r| every_second::<0x88>(pairs[2 * r], pairs[2 * r + 1]));
        let second = each!(|r| every_second::<0xDD>(pairs[2 * r], pairs[2 * r + 1]));
        [first, second]
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_4(bytes: &[u8; 512]) -> [Self; 4] {
        let mut words = [Self(registers(&[0; 128])); 4];
        for (r, bytes) in bytes.as_chunks().0.iter().enumerate() {
            let [a, b, c, d] = registers::<128, 4>(bytes);
            // SAFETY: the invariant of `Avx2Lanes`.
            let registers = unsafe {
                transpose_halves([
                    _mm256_permute2x128_si256::<0x20>(a, c),
                    _mm256_permute2x128_si256::<0x31>(a, c),
                    _mm256_permute2x128_si256::<0x20>(b, d),
                    _mm256_permute2x128_si256::<0x31>(b, d),
                ])
            };
            for word in 0..4 {
                words[word].0[r] = registers[word];
            }
        }
        words
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn store([a, b, c, d]: [Self; 4], out: &mut [u8; 512]) {
        let registers = out.as_chunks_mut::<128>().0;
        for r in 0..4 {
            // SAFETY: the invariant of `Avx2Lanes`.
            let stored = unsafe {
                let [e, f, g, h] = transpose_halves([a.0[r], b.0[r], c.0[r], d.0[r]]);
                [
                    _mm256_permute2x128_si256::<0x20>(e, f),
                    _mm256_permute2x128_si256::<0x20>(g, h),
                    _mm256_permute2x128_si256::<0x31>(e, f),
                    _mm256_permute2x128_si256::<0x31>(g, h),
                ]
            };
            // SAFETY: four registers are 128 bytes.
            unsafe { registers[r].as_mut_ptr().cast::<[__m256i; 4]>().write_unaligned(stored) }
        }
    }
}

/// The words with even numbers (0x88) or odd ones (0xDD).
///
/// # Safety
/// The invariant of [`Avx2Lanes`].
#[cfg_attr(not(unoptimized), inline(always))]
unsafe fn every_second<const WHICH: i32>(low: __m256i, high: __m256i) -> __m256i {
    // SAFETY: the caller's condition.
    unsafe {
        let (low, high) = (_mm256_castsi256_ps(low), _mm256_castsi256_ps(high));
        let words = _mm256_castps_si256(_mm256_shuffle_ps::<WHICH>(low, high));
        // It goes by halves of registers.
        _mm256_permute4x64_epi64::<0xD8>(words)
    }
}

/// The words with these numbers.
///
/// # Safety
/// The invariant of [`Avx2Lanes`].
#[cfg_attr(not(unoptimized), inline(always))]
pub unsafe fn permute(words: __m256i, numbers: &[u8; 8]) -> __m256i {
    // SAFETY: the caller's condition; the numbers are eight bytes.
    unsafe {
        let numbers = _mm_loadl_epi64(numbers.as_ptr().cast());
        _mm256_permutevar8x32_epi32(words, _mm256_cvtepu8_epi32(numbers))
    }
}

/// The top bits of eight lanes.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn top_bits(register: __m256i) -> u8 {
    // SAFETY: the invariant of `Avx2Lanes`.
    unsafe { _mm256_movemask_ps(_mm256_castsi256_ps(register)) as u8 }
}

/// The lanes of `ones` where `top` has its top bit set and of `zeros` where it has not.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn choose(top: Avx2Lanes, ones: Avx2Lanes, zeros: Avx2Lanes) -> Avx2Lanes {
    each!(|r| {
        let (ones, zeros) = (_mm256_castsi256_ps(ones.0[r]), _mm256_castsi256_ps(zeros.0[r]));
        _mm256_castps_si256(_mm256_blendv_ps(zeros, ones, _mm256_castsi256_ps(top.0[r])))
    })
}

/// The registers that `bytes` are.
#[cfg_attr(not(unoptimized), inline(always))]
fn registers<const BYTES: usize, const COUNT: usize>(bytes: &[u8; BYTES]) -> [__m256i; COUNT] {
    const { assert!(BYTES == 32 * COUNT) };
    // SAFETY: the sizes are the same, and any bytes are registers.
    unsafe { bytes.as_ptr().cast::<[__m256i; COUNT]>().read_unaligned() }
}
