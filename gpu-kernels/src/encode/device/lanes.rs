//! What encoding needs of a register of each thread.

use super::ptx;
use crate::device::GpuLanes;
use cuda_std::warp::warp_vote_ballot;
use wcodec_codec::encode::EncodeLanes;

impl EncodeLanes for GpuLanes {
    #[inline(always)]
    fn shr_each(self, bits: Self) -> Self {
        Self(ptx::funnel_shift_right(0, self.0, bits.0))
    }

    #[inline(always)]
    fn funnel_shr(high: Self, low: Self, bits: Self) -> Self {
        Self(ptx::funnel_shift_right(high.0, low.0, bits.0))
    }

    #[inline(always)]
    fn fill(count: Self, word: Self, [last, before]: [Self; 2]) -> (Self, [Self; 2], u32) {
        let fills = count.0 > 32;
        // SAFETY: control flow is the same for all lanes of the warp.
        let lanes = unsafe { warp_vote_ballot(u32::MAX, fills) };
        if fills {
            (Self(count.0 - 32), [word, last], lanes)
        } else {
            (count, [last, before], lanes)
        }
    }
}
