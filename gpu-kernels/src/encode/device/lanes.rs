//! What encoding needs of a register of each thread.

use super::ptx;
use crate::device::GpuLanes;
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

    /// The shift takes the count's lowest bits alone.
    #[inline(always)]
    fn full_word(high: Self, low: Self, count: Self) -> Self {
        Self(ptx::funnel_shift_right(high.0, low.0, count.0.wrapping_neg()))
    }

    #[inline(always)]
    fn fill(
        mut count: Self,
        word: Self,
        [mut last, mut before]: [Self; 2],
    ) -> (Self, [Self; 2], u32) {
        // SAFETY: control flow is the same for all lanes of the warp.
        let lanes = unsafe { ptx::fill(&mut count.0, word.0, &mut last.0, &mut before.0) };
        (count, [last, before], lanes)
    }
}
