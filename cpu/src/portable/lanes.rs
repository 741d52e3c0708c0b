//! Arithmetic on lanes.
//!
//! The longer operations are functions that are called: inlined at each place they made half of the
//! code of this crate, and it took longer to compile and was no faster, as 32 lanes of an array are in
//! memory before and after each operation anyway.

use std::array::from_fn;
use wcodec_codec::format::LANES;
use wcodec_codec::warp::Lanes;

/// Thirty-two lanes in memory.
#[derive(Debug, Clone, Copy)]
pub struct PortableLanes(pub [u32; LANES]);

impl PortableLanes {
    #[cfg_attr(not(unoptimized), inline(always))]
    pub(super) fn each(self, op: impl Fn(u32) -> u32) -> Self {
        Self(from_fn(|lane| op(self.0[lane])))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    pub(super) fn with(self, other: Self, op: impl Fn(u32, u32) -> u32) -> Self {
        Self(from_fn(|lane| op(self.0[lane], other.0[lane])))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn map_in_order(mut self, mut op: impl FnMut(u32) -> u32) -> Self {
        for lane in &mut self.0 {
            *lane = op(*lane);
        }
        self
    }
}

impl Lanes for PortableLanes {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn splat(value: u32) -> Self {
        Self([value; LANES])
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn add(self, other: Self) -> Self {
        self.with(other, u32::wrapping_add)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn sub(self, other: Self) -> Self {
        self.with(other, u32::wrapping_sub)
    }

    #[inline(never)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        self.with(factor, u32::wrapping_mul).add(addend)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn and(self, other: Self) -> Self {
        self.with(other, |a, b| a & b)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn xor(self, other: Self) -> Self {
        self.with(other, |a, b| a ^ b)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn shl(self, bits: u32) -> Self {
        self.each(|a| a.wrapping_shl(bits))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn shr(self, bits: u32) -> Self {
        self.each(|a| a.wrapping_shr(bits))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn blend(mask: u32, ones: Self, zeros: Self) -> Self {
        ones.with(zeros, |one, zero| one & mask | zero & !mask)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn replace_lane(mut self, lane: u32, then: Self) -> Self {
        let lane = lane as usize % LANES;
        self.0[lane] = then.0[lane];
        self
    }

    #[inline(never)]
    fn add_bytes(self, other: Self) -> Self {
        const LOW_BITS: u32 = 0x7F7F_7F7F;
        // Each byte's top bit is added apart, so that no carry leaves its byte.
        self.with(other, |a, b| (a & LOW_BITS).wrapping_add(b & LOW_BITS) ^ ((a ^ b) & !LOW_BITS))
    }

    #[inline(never)]
    fn funnel_shl(high: Self, low: Self, bits: Self) -> Self {
        Self(from_fn(|lane| {
            let both = u64::from(high.0[lane]) << 32 | u64::from(low.0[lane]);
            (both << (bits.0[lane] & 31) >> 32) as u32
        }))
    }

    #[inline(never)]
    fn leading_zeros(self) -> Self {
        self.each(u32::leading_zeros)
    }

    #[inline(never)]
    fn pack_second_bytes([a, b, c, d]: [Self; 4]) -> Self {
        Self(from_fn(|lane| {
            let second = |entries: Self| entries.0[lane] >> 8 & 0xFF;
            second(a) | second(b) << 8 | second(c) << 16 | second(d) << 24
        }))
    }

    #[inline(never)]
    fn rotate_bytes_right(words: [Self; 4]) -> [Self; 4] {
        words.map(|word| word.each(|bytes| bytes << 7 & 0x8080_8080 | bytes >> 1 & 0x7F7F_7F7F))
    }

    #[inline(never)]
    fn interleave_low_bytes(even: Self, odd: Self) -> Self {
        even.with(odd, |even, odd| {
            even & 0xFF | (even & 0xFF00) << 8 | (odd & 0xFF) << 8 | (odd & 0xFF00) << 16
        })
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn interleave_high_bytes(even: Self, odd: Self) -> Self {
        Self::interleave_low_bytes(even.shr(16), odd.shr(16))
    }

    #[inline(never)]
    fn low_halves(low: Self, high: Self) -> Self {
        low.with(high, |low, high| low & 0xFFFF | high << 16)
    }

    #[inline(never)]
    fn high_halves(low: Self, high: Self) -> Self {
        low.with(high, |low, high| low >> 16 | high & 0xFFFF_0000)
    }

    #[inline(never)]
    fn exclusive_prefix_sum(self) -> Self {
        let mut sum = 0u32;
        self.map_in_order(|lane| {
            let before = sum;
            sum = sum.wrapping_add(lane);
            before
        })
    }

    #[inline(never)]
    fn scan<const N: usize>(
        mut a: [Self; N],
        b: [Self; N],
        step: impl Fn(u32, [u32; N], [u32; N]) -> (u32, [u32; N]),
    ) -> [Self; N] {
        let mut handed_on = 0;
        for lane in 0..LANES {
            let words;
            (handed_on, words) =
                step(handed_on, a.map(|word| word.0[lane]), b.map(|word| word.0[lane]));
            for (register, word) in a.iter_mut().zip(words) {
                register.0[lane] = word;
            }
        }
        a
    }
}

impl From<PortableLanes> for [u32; LANES] {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn from(lanes: PortableLanes) -> Self {
        lanes.0
    }
}

impl From<[u32; LANES]> for PortableLanes {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn from(words: [u32; LANES]) -> Self {
        Self(words)
    }
}
