//! Between registers, word-major, and memory, where a lane's words lie together. All is little-endian, as the format is.

use super::lanes::Avx512Lanes;
use core::arch::x86_64::*;

/// From two registers each, which of their 32 words go where: `[a0, b0, a1, b1, …]`, the lower and the upper halves.
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
#[inline(always)]
unsafe fn permute(a: __m512i, [first, second]: &[[i32; 16]; 2], b: __m512i) -> [__m512i; 2] {
    // SAFETY: the caller's condition; the indices are 64 bytes each.
    unsafe {
        let first = _mm512_loadu_si512(first.as_ptr().cast());
        let second = _mm512_loadu_si512(second.as_ptr().cast());
        [_mm512_permutex2var_epi32(a, first, b), _mm512_permutex2var_epi32(a, second, b)]
    }
}

/// Stores 16 bytes a lane.
#[inline(always)]
pub fn store([a, b, c, d]: [Avx512Lanes; 4], out: &mut [u8; 512]) {
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

/// Loads 4 bytes a lane.
#[inline(always)]
pub fn load_1(bytes: &[u8; 128]) -> Avx512Lanes {
    let [low, high] = registers(bytes);
    Avx512Lanes([low, high])
}

/// Loads 8 bytes a lane.
#[inline(always)]
pub fn load_2(bytes: &[u8; 256]) -> [Avx512Lanes; 2] {
    let [a, b, c, d] = registers(bytes);
    // SAFETY: the invariant of `Avx512Lanes`.
    let ([first_low, second_low], [first_high, second_high]) =
        unsafe { (permute(a, &UNZIP, b), permute(c, &UNZIP, d)) };
    [Avx512Lanes([first_low, first_high]), Avx512Lanes([second_low, second_high])]
}

/// Loads 16 bytes a lane.
#[inline(always)]
pub fn load_4(bytes: &[u8; 512]) -> [Avx512Lanes; 4] {
    let mut words = [Avx512Lanes(registers(&[0; 128])); 4];
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

/// Loads 2 bytes a lane.
#[inline(always)]
pub fn load_half(bytes: &[u8; 64]) -> Avx512Lanes {
    let halves = bytes.as_chunks::<32>().0;
    // SAFETY: the invariant of `Avx512Lanes`; a chunk has 32 bytes.
    super::lanes::each!(|r| {
        _mm512_cvtepu16_epi32(_mm256_loadu_si256(halves[r].as_ptr().cast()))
    })
}

/// The registers that `bytes` are.
#[inline(always)]
fn registers<const BYTES: usize, const COUNT: usize>(bytes: &[u8; BYTES]) -> [__m512i; COUNT] {
    const { assert!(BYTES == 64 * COUNT) };
    // SAFETY: the sizes are the same, and any bytes are registers.
    unsafe { bytes.as_ptr().cast::<[__m512i; COUNT]>().read_unaligned() }
}
