//! A register of each of a warp's threads.

use super::ptx::{self, permute_bytes};
use cuda_std::warp::{lane_id, warp_shuffle_idx, warp_shuffle_up};
use wcodec_codec::warp::Lanes;

/// All lanes of the warp.
pub const ALL: u32 = u32::MAX;

/// The calling thread's part of a lane vector.
#[derive(Clone, Copy)]
pub struct GpuLanes(pub u32);

impl Lanes for GpuLanes {
    #[inline(always)]
    fn splat(value: u32) -> Self {
        Self(value)
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(self.0.wrapping_sub(other.0))
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self(self.0.wrapping_mul(factor.0).wrapping_add(addend.0))
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }

    #[inline(always)]
    fn shl(self, bits: u32) -> Self {
        Self(self.0 << (bits & 31))
    }

    #[inline(always)]
    fn shr(self, bits: u32) -> Self {
        Self(self.0 >> (bits & 31))
    }

    #[inline(always)]
    fn blend(mask: u32, ones: Self, zeros: Self) -> Self {
        Self(ones.0 & mask | zeros.0 & !mask)
    }

    #[inline(always)]
    fn replace_lane(self, lane: u32, then: Self) -> Self {
        if lane_id() == lane { then } else { self }
    }

    #[inline(always)]
    fn add_bytes(self, other: Self) -> Self {
        const LOW_BITS: u32 = 0x7F7F_7F7F;
        let sum = (self.0 & LOW_BITS).wrapping_add(other.0 & LOW_BITS);
        Self(sum ^ ((self.0 ^ other.0) & !LOW_BITS))
    }

    #[inline(always)]
    fn funnel_shl(high: Self, low: Self, bits: Self) -> Self {
        Self(ptx::funnel_shift_left(high.0, low.0, bits.0))
    }

    #[inline(always)]
    fn leading_zeros(self) -> Self {
        Self(self.0.leading_zeros())
    }

    #[inline(always)]
    fn wanted_bits(self) -> Self {
        Self(if self.0 < 1 << 16 { 16 } else { 0 })
    }

    #[inline(always)]
    fn pack_second_bytes([a, b, c, d]: [Self; 4]) -> Self {
        let low = permute_bytes(a.0, b.0, 0x0051);
        let high = permute_bytes(c.0, d.0, 0x0051);
        Self(permute_bytes(low, high, 0x5410))
    }

    #[inline(always)]
    fn rotate_bytes_right(words: [Self; 4]) -> [Self; 4] {
        words.map(|word| Self(ptx::rotate_bytes_right(word.0)))
    }

    #[inline(always)]
    fn interleave_low_bytes(even: Self, odd: Self) -> Self {
        Self(permute_bytes(even.0, odd.0, 0x5140))
    }

    #[inline(always)]
    fn interleave_high_bytes(even: Self, odd: Self) -> Self {
        Self(permute_bytes(even.0, odd.0, 0x7362))
    }

    #[inline(always)]
    fn low_halves(low: Self, high: Self) -> Self {
        Self(permute_bytes(low.0, high.0, 0x5410))
    }

    #[inline(always)]
    fn high_halves(low: Self, high: Self) -> Self {
        Self(permute_bytes(low.0, high.0, 0x7632))
    }

    #[inline(always)]
    fn exclusive_prefix_sum(self) -> Self {
        let mut sum = self.0;
        for distance in [1, 2, 4, 8, 16] {
            // SAFETY: control flow is the same for all lanes of the warp.
            let (below, inside) = unsafe { warp_shuffle_up(ALL, sum, distance, 32) };
            sum = sum.wrapping_add(if inside { below } else { 0 });
        }
        Self(sum.wrapping_sub(self.0))
    }

    /// Every lane takes every step, and keeps the one that is its own.
    #[inline(always)]
    fn scan<const N: usize>(
        a: [Self; N],
        b: [Self; N],
        step: impl Fn(u32, [u32; N], [u32; N]) -> (u32, [u32; N]),
    ) -> [Self; N] {
        let (own_a, own_b) = (a.map(|word| word.0), b.map(|word| word.0));
        let mut results = a;
        let mut handed_on = 0;
        for lane in 0..32 {
            let (out, words) = step(handed_on, own_a, own_b);
            for word in 0..N {
                results[word] = results[word].replace_lane(lane, Self(words[word]));
            }
            // SAFETY: control flow is the same for all lanes of the warp.
            (handed_on, _) = unsafe { warp_shuffle_idx(ALL, out, lane, 32) };
        }
        results
    }
}
