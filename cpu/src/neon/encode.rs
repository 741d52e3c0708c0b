//! The lane operations that encoding needs.

use super::lanes::{NeonLanes, each};
use super::memory::{choose, sets_of_four};
use super::sets::COMPRESS;
use crate::encode::CpuEncodeLanes;
use core::arch::aarch64::*;
use wcodec_codec::encode::EncodeLanes;
use wcodec_codec::warp::Lanes;

impl EncodeLanes for NeonLanes {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn shr_each(self, bits: Self) -> Self {
        each!(|r| vshlq_u32(self.0[r], vnegq_s32(vreinterpretq_s32_u32(bits.0[r]))))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn funnel_shr(high: Self, low: Self, bits: Self) -> Self {
        each!(|r| {
            let bits = vreinterpretq_s32_u32(bits.0[r]);
            // Left by the rest of 32, which leaves nothing of `high` where `bits` is 0.
            let high = vshlq_u32(high.0[r], vsubq_s32(vdupq_n_s32(32), bits));
            vorrq_u32(vshlq_u32(low.0[r], vnegq_s32(bits)), high)
        })
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn fill(count: Self, word: Self, [last, before]: [Self; 2]) -> (Self, [Self; 2], u32) {
        let bits = Self::splat(32);
        let full = each!(|r| vcgtq_u32(count.0[r], bits.0[r]));
        // SAFETY: the invariant of `NeonLanes`.
        let lanes = together(unsafe { sets_of_four(full) });
        let filled = [choose(full, word, last), choose(full, last, before)];
        (count.sub(full.and(bits)), filled, lanes)
    }
}

impl CpuEncodeLanes for NeonLanes {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn store_before(self, lanes: u32, place: &mut [u32; 32]) -> usize {
        let mut end = place.len();
        for (r, register) in self.0.into_iter().enumerate().rev() {
            let lanes = lanes >> (4 * r) & 0xF;
            // SAFETY: the invariant of `NeonLanes`; the table's rows are 16 bytes, and of 32 words,
            // four are stored that end at number 4 at least.
            unsafe {
                let bytes = vld1q_u8(COMPRESS[lanes as usize].as_ptr());
                let words = vqtbl1q_u8(vreinterpretq_u8_u32(register), bytes);
                vst1q_u32(place.as_mut_ptr().add(end - 4), vreinterpretq_u32_u8(words));
            }
            end -= lanes.count_ones() as usize;
        }
        place.len() - end
    }
}

/// Sets of four lanes, one a byte, as one set.
#[cfg_attr(not(unoptimized), inline(always))]
fn together(sets: u64) -> u32 {
    let pairs = (sets | sets >> 4) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs | pairs >> 8) & 0x0000_FFFF_0000_FFFF;
    (fours | fours >> 16) as u32
}
