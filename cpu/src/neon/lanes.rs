//! Arithmetic on lanes.

use core::arch::aarch64::*;
use wcodec_codec::warp::Lanes;

/// Lanes 0 to 3, 4 to 7, and so on.
///
/// Invariant: they exist only inside `decode_tile` and `encode_tile`, which have the feature that
/// the intrinsics need.
#[derive(Debug, Clone, Copy)]
pub struct NeonLanes(pub [uint32x4_t; 8]);

/// Lanes of which each register is made by the same expression.
macro_rules! each {
    (|$register:ident| $value:expr) => {
        each!(|$register| $value, 0 1 2 3 4 5 6 7)
    };
    (|$register:ident| $value:expr, $($number:literal)*) => {
        // SAFETY: the invariant of `NeonLanes`.
        NeonLanes(unsafe {
            [$({
                let $register = $number;
                $value
            }),*]
        })
    };
}
pub(super) use each;

/// Four words as a register.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn register(words: [u32; 4]) -> uint32x4_t {
    // SAFETY: the sizes are the same, and any bits are a register.
    unsafe { core::mem::transmute(words) }
}

/// Bytes 0 and 2 of each lane of both: `[a₀, b₀, a₂, b₂]`.
#[inline]
#[target_feature(enable = "neon")]
fn even_bytes(a: uint32x4_t, b: uint32x4_t) -> uint32x4_t {
    vreinterpretq_u32_u8(vtrn1q_u8(vreinterpretq_u8_u32(a), vreinterpretq_u8_u32(b)))
}

/// Bytes 1 and 3 of each lane of both: `[a₁, b₁, a₃, b₃]`.
#[inline]
#[target_feature(enable = "neon")]
fn odd_bytes(a: uint32x4_t, b: uint32x4_t) -> uint32x4_t {
    vreinterpretq_u32_u8(vtrn2q_u8(vreinterpretq_u8_u32(a), vreinterpretq_u8_u32(b)))
}

/// The lower halves of each lane of both.
#[inline]
#[target_feature(enable = "neon")]
fn low_halves(a: uint32x4_t, b: uint32x4_t) -> uint32x4_t {
    vreinterpretq_u32_u16(vtrn1q_u16(vreinterpretq_u16_u32(a), vreinterpretq_u16_u32(b)))
}

/// The upper halves of each lane of both.
#[inline]
#[target_feature(enable = "neon")]
fn high_halves(a: uint32x4_t, b: uint32x4_t) -> uint32x4_t {
    vreinterpretq_u32_u16(vtrn2q_u16(vreinterpretq_u16_u32(a), vreinterpretq_u16_u32(b)))
}

/// Every lane shifted left by `bits`, or right where they are negative.
#[cfg_attr(not(unoptimized), inline(always))]
fn shift(lanes: NeonLanes, bits: i32) -> NeonLanes {
    each!(|r| vshlq_u32(lanes.0[r], vdupq_n_s32(bits)))
}

/// Each byte rotated right by one bit.
#[cfg_attr(not(unoptimized), inline(always))]
fn rotate_right(lanes: NeonLanes) -> NeonLanes {
    each!(|r| {
        let bytes = vreinterpretq_u8_u32(lanes.0[r]);
        vreinterpretq_u32_u8(vsriq_n_u8::<1>(vshlq_n_u8::<7>(bytes), bytes))
    })
}

/// In each lane the sum of the register's lanes up to and with it.
#[inline]
#[target_feature(enable = "neon")]
fn prefix_sum(lanes: uint32x4_t) -> uint32x4_t {
    let none = vdupq_n_u32(0);
    let sums = vaddq_u32(lanes, vextq_u32::<3>(none, lanes));
    vaddq_u32(sums, vextq_u32::<2>(none, sums))
}

impl Lanes for NeonLanes {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn splat(value: u32) -> Self {
        each!(|_r| vdupq_n_u32(value))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn add(self, other: Self) -> Self {
        each!(|r| vaddq_u32(self.0[r], other.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn sub(self, other: Self) -> Self {
        each!(|r| vsubq_u32(self.0[r], other.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        each!(|r| vmlaq_u32(addend.0[r], self.0[r], factor.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn and(self, other: Self) -> Self {
        each!(|r| vandq_u32(self.0[r], other.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn xor(self, other: Self) -> Self {
        each!(|r| veorq_u32(self.0[r], other.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn shl(self, bits: u32) -> Self {
        shift(self, bits as i32)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn shr(self, bits: u32) -> Self {
        shift(self, (bits as i32).wrapping_neg())
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn blend(mask: u32, ones: Self, zeros: Self) -> Self {
        each!(|r| vbslq_u32(vdupq_n_u32(mask), ones.0[r], zeros.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn replace_lane(self, lane: u32, then: Self) -> Self {
        let numbers = register([0, 1, 2, 3]);
        each!(|r| {
            let wanted = vdupq_n_u32(lane.wrapping_sub(4 * r as u32));
            vbslq_u32(vceqq_u32(numbers, wanted), then.0[r], self.0[r])
        })
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn add_bytes(self, other: Self) -> Self {
        each!(|r| {
            let sums = vaddq_u8(vreinterpretq_u8_u32(self.0[r]), vreinterpretq_u8_u32(other.0[r]));
            vreinterpretq_u32_u8(sums)
        })
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn funnel_shl(high: Self, low: Self, bits: Self) -> Self {
        each!(|r| {
            let bits = vreinterpretq_s32_u32(vandq_u32(bits.0[r], vdupq_n_u32(31)));
            // Right by the rest of 32, which leaves nothing of `low` where `bits` is 0.
            let low = vshlq_u32(low.0[r], vsubq_s32(bits, vdupq_n_s32(32)));
            vorrq_u32(vshlq_u32(high.0[r], bits), low)
        })
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn leading_zeros(self) -> Self {
        each!(|r| vclzq_u32(self.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn pack_second_bytes([a, b, c, d]: [Self; 4]) -> Self {
        each!(|r| low_halves(odd_bytes(a.0[r], b.0[r]), odd_bytes(c.0[r], d.0[r])))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn rotate_bytes_right([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        [rotate_right(a), rotate_right(b), rotate_right(c), rotate_right(d)]
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn interleave_low_bytes(even: Self, odd: Self) -> Self {
        each!(|r| low_halves(even_bytes(even.0[r], odd.0[r]), odd_bytes(even.0[r], odd.0[r])))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn interleave_high_bytes(even: Self, odd: Self) -> Self {
        each!(|r| high_halves(even_bytes(even.0[r], odd.0[r]), odd_bytes(even.0[r], odd.0[r])))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn low_halves(low: Self, high: Self) -> Self {
        each!(|r| low_halves(low.0[r], high.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn high_halves(low: Self, high: Self) -> Self {
        each!(|r| high_halves(low.0[r], high.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn exclusive_prefix_sum(self) -> Self {
        let mut sums = each!(|r| prefix_sum(self.0[r]));
        for r in 1..8 {
            // SAFETY: the invariant of `NeonLanes`.
            sums.0[r] = unsafe { vaddq_u32(sums.0[r], vdupq_laneq_u32::<3>(sums.0[r - 1])) };
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

impl From<NeonLanes> for [u32; 32] {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn from(lanes: NeonLanes) -> Self {
        // SAFETY: eight registers are 32 words, and any bits are words.
        unsafe { core::mem::transmute(lanes.0) }
    }
}

impl From<[u32; 32]> for NeonLanes {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn from(words: [u32; 32]) -> Self {
        // SAFETY: 32 words are eight registers, and any bits are registers.
        Self(unsafe { core::mem::transmute::<[u32; 32], [uint32x4_t; 8]>(words) })
    }
}
