//! Arithmetic on lanes.

use core::arch::x86_64::*;
use wcodec_codec::warp::Lanes;

/// Lanes 0 to 7, 8 to 15, 16 to 23 and 24 to 31.
///
/// Invariant: they exist only inside `decode_tile` and `encode_tile`, which have the features that
/// the intrinsics need.
#[derive(Debug, Clone, Copy)]
pub struct Avx2Lanes(pub [__m256i; 4]);

/// Lanes of which each register is made by the same expression.
macro_rules! each {
    (|$register:ident| $value:expr) => {
        // SAFETY: the invariant of `Avx2Lanes`.
        Avx2Lanes(unsafe {
            [
                {
                    let $register = 0;
                    $value
                },
                {
                    let $register = 1;
                    $value
                },
                {
                    let $register = 2;
                    $value
                },
                {
                    let $register = 3;
                    $value
                },
            ]
        })
    };
}
pub(super) use each;

/// Shuffles bytes inside each lane: `bytes` are lane 0's indices, 0x80 to 0xF0 for a zero.
///
/// # Safety
/// The invariant of [`Avx2Lanes`].
#[cfg_attr(not(unoptimized), inline(always))]
unsafe fn shuffle(lanes: __m256i, bytes: [u8; 4]) -> __m256i {
    let bytes = u32::from_le_bytes(bytes);
    const NEXT_LANE: u32 = 0x0404_0404;
    let [b, c, d] = [bytes + NEXT_LANE, bytes + 2 * NEXT_LANE, bytes + 3 * NEXT_LANE];
    // SAFETY: the caller's condition.
    unsafe {
        let indices = _mm_set_epi32(d as i32, c as i32, b as i32, bytes as i32);
        _mm256_shuffle_epi8(lanes, _mm256_broadcastsi128_si256(indices))
    }
}

/// In each lane bytes `[even_i, odd_i, even_j, odd_j]`, `bytes` being `[i, i, j, j]`.
#[cfg_attr(not(unoptimized), inline(always))]
fn interleave(even: Avx2Lanes, odd: Avx2Lanes, bytes: [u8; 4]) -> Avx2Lanes {
    let even = each!(|r| shuffle(even.0[r], bytes));
    let odd = each!(|r| shuffle(odd.0[r], bytes));
    Avx2Lanes::blend(0x00FF_00FF, even, odd)
}

/// In each lane the sum of the register's lanes up to and with it.
///
/// # Safety
/// The invariant of [`Avx2Lanes`].
#[cfg_attr(not(unoptimized), inline(always))]
unsafe fn prefix_sum(lanes: __m256i) -> __m256i {
    // SAFETY: the caller's condition.
    unsafe {
        let sums = _mm256_add_epi32(lanes, _mm256_slli_si256::<4>(lanes));
        let sums = _mm256_add_epi32(sums, _mm256_slli_si256::<8>(sums));
        let last_of_four = _mm256_shuffle_epi32::<0xFF>(sums);
        _mm256_add_epi32(sums, _mm256_permute2x128_si256::<0x08>(last_of_four, last_of_four))
    }
}

/// Each byte rotated right by one bit.
#[cfg_attr(not(unoptimized), inline(always))]
fn rotate_right(bytes: Avx2Lanes) -> Avx2Lanes {
    Avx2Lanes::blend(0x8080_8080, bytes.shl(7), bytes.shr(1))
}

impl Lanes for Avx2Lanes {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn splat(value: u32) -> Self {
        each!(|_r| _mm256_set1_epi32(value as i32))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn add(self, other: Self) -> Self {
        each!(|r| _mm256_add_epi32(self.0[r], other.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn sub(self, other: Self) -> Self {
        each!(|r| _mm256_sub_epi32(self.0[r], other.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        each!(|r| _mm256_add_epi32(_mm256_mullo_epi32(self.0[r], factor.0[r]), addend.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn and(self, other: Self) -> Self {
        each!(|r| _mm256_and_si256(self.0[r], other.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn xor(self, other: Self) -> Self {
        each!(|r| _mm256_xor_si256(self.0[r], other.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn shl(self, bits: u32) -> Self {
        each!(|r| _mm256_sll_epi32(self.0[r], _mm_cvtsi32_si128(bits as i32)))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn shr(self, bits: u32) -> Self {
        each!(|r| _mm256_srl_epi32(self.0[r], _mm_cvtsi32_si128(bits as i32)))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn blend(mask: u32, ones: Self, zeros: Self) -> Self {
        each!(|r| {
            let mask = _mm256_set1_epi32(mask as i32);
            let zeros = _mm256_andnot_si256(mask, zeros.0[r]);
            _mm256_or_si256(_mm256_and_si256(mask, ones.0[r]), zeros)
        })
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn replace_lane(self, lane: u32, then: Self) -> Self {
        each!(|r| {
            let number = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            let wanted = _mm256_set1_epi32(lane.wrapping_sub(8 * r as u32) as i32);
            _mm256_blendv_epi8(self.0[r], then.0[r], _mm256_cmpeq_epi32(number, wanted))
        })
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn add_bytes(self, other: Self) -> Self {
        each!(|r| _mm256_add_epi8(self.0[r], other.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn funnel_shl(high: Self, low: Self, bits: Self) -> Self {
        each!(|r| {
            let bits = _mm256_and_si256(bits.0[r], _mm256_set1_epi32(31));
            // 32 where `bits` is 0, which leaves nothing of `low`.
            let rest = _mm256_sub_epi32(_mm256_set1_epi32(32), bits);
            let low = _mm256_srlv_epi32(low.0[r], rest);
            _mm256_or_si256(_mm256_sllv_epi32(high.0[r], bits), low)
        })
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn leading_zeros(self) -> Self {
        <[u32; 32]>::from(self).map(u32::leading_zeros).into()
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn pack_second_bytes([a, b, c, d]: [Self; 4]) -> Self {
        const NONE: u8 = 0x80;
        each!(|r| {
            let a = shuffle(a.0[r], [1, NONE, NONE, NONE]);
            let b = shuffle(b.0[r], [NONE, 1, NONE, NONE]);
            let c = shuffle(c.0[r], [NONE, NONE, 1, NONE]);
            let d = shuffle(d.0[r], [NONE, NONE, NONE, 1]);
            _mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d))
        })
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn rotate_bytes_right([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        [rotate_right(a), rotate_right(b), rotate_right(c), rotate_right(d)]
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn interleave_low_bytes(even: Self, odd: Self) -> Self {
        interleave(even, odd, [0, 0, 1, 1])
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn interleave_high_bytes(even: Self, odd: Self) -> Self {
        interleave(even, odd, [2, 2, 3, 3])
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn low_halves(low: Self, high: Self) -> Self {
        each!(|r| _mm256_blend_epi16::<0xAA>(low.0[r], _mm256_slli_epi32::<16>(high.0[r])))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn high_halves(low: Self, high: Self) -> Self {
        each!(|r| _mm256_blend_epi16::<0xAA>(_mm256_srli_epi32::<16>(low.0[r]), high.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn exclusive_prefix_sum(self) -> Self {
        let mut sums = each!(|r| prefix_sum(self.0[r]));
        for register in 1..4 {
            // SAFETY: the invariant of `Avx2Lanes`.
            unsafe {
                let last = _mm256_set1_epi32(7);
                let before = _mm256_permutevar8x32_epi32(sums.0[register - 1], last);
                sums.0[register] = _mm256_add_epi32(sums.0[register], before);
            }
        }
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

impl From<Avx2Lanes> for [u32; 32] {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn from(lanes: Avx2Lanes) -> Self {
        // SAFETY: four registers are 32 words, and any bits are words.
        unsafe { core::mem::transmute(lanes.0) }
    }
}

impl From<[u32; 32]> for Avx2Lanes {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn from(words: [u32; 32]) -> Self {
        // SAFETY: 32 words are four registers, and any bits are registers.
        Self(unsafe { core::mem::transmute::<[u32; 32], [__m256i; 4]>(words) })
    }
}
