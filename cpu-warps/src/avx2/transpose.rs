//! Between registers, word-major, and memory, where a lane's words lie together. All is little-endian, as the format is.

use super::lanes::{Avx2Lanes, each};
use core::arch::x86_64::*;

/// The four lanes of each half of a register, word-major, as four lanes one after another; or back.
///
/// # Safety
/// The invariant of [`Avx2Lanes`].
#[inline(always)]
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

/// Stores 16 bytes a lane.
#[inline(always)]
pub fn store([a, b, c, d]: [Avx2Lanes; 4], out: &mut [u8; 512]) {
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

/// Loads 4 bytes a lane.
#[inline(always)]
pub fn load_1(bytes: &[u8; 128]) -> Avx2Lanes {
    Avx2Lanes(registers(bytes))
}

/// Loads 8 bytes a lane.
#[inline(always)]
pub fn load_2(bytes: &[u8; 256]) -> [Avx2Lanes; 2] {
    let pairs: [__m256i; 8] = registers(bytes);
    let first = each!(|r| every_second::<0x88>(pairs[2 * r], pairs[2 * r + 1]));
    let second = each!(|r| every_second::<0xDD>(pairs[2 * r], pairs[2 * r + 1]));
    [first, second]
}

/// The words with even numbers (0x88) or odd ones (0xDD).
///
/// # Safety
/// The invariant of [`Avx2Lanes`].
#[inline(always)]
unsafe fn every_second<const WHICH: i32>(low: __m256i, high: __m256i) -> __m256i {
    // SAFETY: the caller's condition.
    unsafe {
        let (low, high) = (_mm256_castsi256_ps(low), _mm256_castsi256_ps(high));
        let words = _mm256_castps_si256(_mm256_shuffle_ps::<WHICH>(low, high));
        // It goes by halves of registers.
        _mm256_permute4x64_epi64::<0xD8>(words)
    }
}

/// Loads 16 bytes a lane.
#[inline(always)]
pub fn load_4(bytes: &[u8; 512]) -> [Avx2Lanes; 4] {
    let mut words = [Avx2Lanes(registers(&[0; 128])); 4];
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

/// Loads 2 bytes a lane.
#[inline(always)]
pub fn load_half(bytes: &[u8; 64]) -> Avx2Lanes {
    let halves = bytes.as_chunks::<16>().0;
    // SAFETY: a chunk has 16 bytes.
    each!(|r| _mm256_cvtepu16_epi32(_mm_loadu_si128(halves[r].as_ptr().cast())))
}

/// The registers that `bytes` are.
#[inline(always)]
fn registers<const BYTES: usize, const COUNT: usize>(bytes: &[u8; BYTES]) -> [__m256i; COUNT] {
    const { assert!(BYTES == 32 * COUNT) };
    // SAFETY: the sizes are the same, and any bytes are registers.
    unsafe { bytes.as_ptr().cast::<[__m256i; COUNT]>().read_unaligned() }
}
