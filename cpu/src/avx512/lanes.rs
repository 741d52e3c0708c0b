//! Arithmetic on lanes.

use core::arch::x86_64::*;
use wcodec_codec::warp::Lanes;

/// Lanes 0 to 15 and 16 to 31.
///
/// Invariant: they exist only inside `decode_tile` and `encode_tile`, which have the features that
/// the intrinsics need.
#[derive(Debug, Clone, Copy)]
pub struct Avx512Lanes(pub [__m512i; 2]);

/// Lanes of which each register is made by the same expression.
macro_rules! each {
    (|$register:ident| $value:expr) => {
        // SAFETY: the invariant of `Avx512Lanes`.
        Avx512Lanes(unsafe {
            [
                {
                    let $register = 0;
                    $value
                },
                {
                    let $register = 1;
                    $value
                },
            ]
        })
    };
}
pub(super) use each;

/// Byte 0 of every lane, as a mask of bytes.
const BYTE_0: u64 = 0x1111_1111_1111_1111;
const BYTE_2: u64 = BYTE_0 << 2;
const BYTE_3: u64 = BYTE_0 << 3;
const ODD_BYTES: u64 = BYTE_0 << 1 | BYTE_0 << 3;
/// The lower half of every lane, as a mask of halves.
const LOW_HALVES: u32 = 0x5555_5555;

/// The indices for a byte shuffle inside each lane, `bytes` being lane 0's.
///
/// # Safety
/// The invariant of [`Avx512Lanes`].
#[cfg_attr(not(unoptimized), inline(always))]
unsafe fn in_each_lane(bytes: i32) -> __m512i {
    const NEXT_LANE: i32 = 0x0404_0404;
    let [b, c, d] = [bytes + NEXT_LANE, bytes + 2 * NEXT_LANE, bytes + 3 * NEXT_LANE];
    // SAFETY: the caller's condition.
    unsafe { _mm512_set4_epi32(d, c, b, bytes) }
}

/// In each lane bytes `[even_i, odd_i, even_j, odd_j]`, `bytes` being `[i, i, j, j]`.
#[cfg_attr(not(unoptimized), inline(always))]
fn interleave(even: Avx512Lanes, odd: Avx512Lanes, bytes: i32) -> Avx512Lanes {
    each!(|r| {
        let bytes = in_each_lane(bytes);
        let even = _mm512_shuffle_epi8(even.0[r], bytes);
        _mm512_mask_shuffle_epi8(even, ODD_BYTES, odd.0[r], bytes)
    })
}

/// In each lane the sum of the register's lanes up to and with it.
///
/// # Safety
/// The invariant of [`Avx512Lanes`].
#[cfg_attr(not(unoptimized), inline(always))]
unsafe fn prefix_sum(lanes: __m512i) -> __m512i {
    // SAFETY: the caller's condition.
    unsafe {
        let none = _mm512_setzero_si512();
        let sums = _mm512_add_epi32(lanes, _mm512_alignr_epi32::<15>(lanes, none));
        let sums = _mm512_add_epi32(sums, _mm512_alignr_epi32::<14>(sums, none));
        let sums = _mm512_add_epi32(sums, _mm512_alignr_epi32::<12>(sums, none));
        _mm512_add_epi32(sums, _mm512_alignr_epi32::<8>(sums, none))
    }
}

/// Each byte rotated right by one bit.
#[cfg_attr(not(unoptimized), inline(always))]
fn rotate_right(bytes: Avx512Lanes) -> Avx512Lanes {
    Avx512Lanes::blend(0x8080_8080, bytes.shl(7), bytes.shr(1))
}

impl Lanes for Avx512Lanes {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn splat(value: u32) -> Self {
        each!(|_r| _mm512_set1_epi32(value as i32))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn add(self, other: Self) -> Self {
        each!(|r| _mm512_add_epi32(self.0[r], other.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn sub(self, other: Self) -> Self {
        each!(|r| _mm512_sub_epi32(self.0[r], other.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        each!(|r| _mm512_add_epi32(_mm512_mullo_epi32(self.0[r], factor.0[r]), addend.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn and(self, other: Self) -> Self {
        each!(|r| _mm512_and_si512(self.0[r], other.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn xor(self, other: Self) -> Self {
        each!(|r| _mm512_xor_si512(self.0[r], other.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn shl(self, bits: u32) -> Self {
        each!(|r| _mm512_sll_epi32(self.0[r], _mm_cvtsi32_si128(bits as i32)))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn shr(self, bits: u32) -> Self {
        each!(|r| _mm512_srl_epi32(self.0[r], _mm_cvtsi32_si128(bits as i32)))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn blend(mask: u32, ones: Self, zeros: Self) -> Self {
        /// The truth table of `mask ? one : zero`.
        const SELECT: i32 = 0xCA;
        each!(|r| {
            let mask = _mm512_set1_epi32(mask as i32);
            _mm512_ternarylogic_epi32::<SELECT>(mask, ones.0[r], zeros.0[r])
        })
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn replace_lane(self, lane: u32, then: Self) -> Self {
        let mask = 1u32.wrapping_shl(lane);
        each!(|r| _mm512_mask_mov_epi32(self.0[r], (mask >> (16 * r)) as u16, then.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn add_bytes(self, other: Self) -> Self {
        each!(|r| _mm512_add_epi8(self.0[r], other.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn funnel_shl(high: Self, low: Self, bits: Self) -> Self {
        each!(|r| _mm512_shldv_epi32(high.0[r], low.0[r], bits.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn leading_zeros(self) -> Self {
        each!(|r| _mm512_lzcnt_epi32(self.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn pack_second_bytes([a, b, c, d]: [Self; 4]) -> Self {
        each!(|r| {
            let second = in_each_lane(0x0101_0101);
            // The second byte of `b` is in its place.
            let packed = _mm512_mask_shuffle_epi8(b.0[r], BYTE_0, a.0[r], second);
            let packed = _mm512_mask_shuffle_epi8(packed, BYTE_2, c.0[r], second);
            _mm512_mask_shuffle_epi8(packed, BYTE_3, d.0[r], second)
        })
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn rotate_bytes_right([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        [rotate_right(a), rotate_right(b), rotate_right(c), rotate_right(d)]
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn interleave_low_bytes(even: Self, odd: Self) -> Self {
        interleave(even, odd, 0x0101_0000)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn interleave_high_bytes(even: Self, odd: Self) -> Self {
        interleave(even, odd, 0x0303_0202)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn low_halves(low: Self, high: Self) -> Self {
        each!(|r| {
            _mm512_mask_blend_epi16(LOW_HALVES, _mm512_slli_epi32::<16>(high.0[r]), low.0[r])
        })
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn high_halves(low: Self, high: Self) -> Self {
        each!(|r| {
            _mm512_mask_blend_epi16(LOW_HALVES, high.0[r], _mm512_srli_epi32::<16>(low.0[r]))
        })
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn exclusive_prefix_sum(self) -> Self {
        // SAFETY: the invariant of `Avx512Lanes`.
        let sums = unsafe {
            let [low, high] = [prefix_sum(self.0[0]), prefix_sum(self.0[1])];
            let low_sum = _mm512_permutexvar_epi32(_mm512_set1_epi32(15), low);
            Self([low, _mm512_add_epi32(high, low_sum)])
        };
        sums.sub(self)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn scan<const N: usize>(
        a: [Self; N],
        b: [Self; N],
        step: impl Fn(u32, [u32; N], [u32; N]) -> (u32, [u32; N]),
    ) -> [Self; N] {
        crate::scan::scan(a, b, step)
    }
}

impl From<Avx512Lanes> for [u32; 32] {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn from(lanes: Avx512Lanes) -> Self {
        // SAFETY: two registers are 32 words, and any bits are words.
        unsafe { core::mem::transmute(lanes.0) }
    }
}

impl From<[u32; 32]> for Avx512Lanes {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn from(words: [u32; 32]) -> Self {
        // SAFETY: 32 words are two registers, and any bits are registers.
        Self(unsafe { core::mem::transmute::<[u32; 32], [__m512i; 2]>(words) })
    }
}
