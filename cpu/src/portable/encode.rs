//! The lane operations that encoding needs.

use super::lanes::PortableLanes;
use crate::encode::CpuEncodeLanes;
use std::array::from_fn;
use std::hint::select_unpredictable;
use wcodec_codec::encode::EncodeLanes;
use wcodec_codec::format::LANES;

impl EncodeLanes for PortableLanes {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn shr_each(self, bits: Self) -> Self {
        self.with(bits, u32::wrapping_shr)
    }

    #[inline(never)]
    fn funnel_shr(high: Self, low: Self, bits: Self) -> Self {
        Self(from_fn(|lane| {
            let both = u64::from(high.0[lane]) << 32 | u64::from(low.0[lane]);
            (both >> (bits.0[lane] & 31)) as u32
        }))
    }

    #[inline(never)]
    fn fill(count: Self, word: Self, [last, before]: [Self; 2]) -> (Self, [Self; 2], u32) {
        let full = |lane: usize| count.0[lane] > 32;
        // Without branches, as words are filled at random.
        let choose = |ones: Self, zeros: Self| {
            Self(from_fn(|lane| select_unpredictable(full(lane), ones.0[lane], zeros.0[lane])))
        };
        let lanes = (0..LANES).fold(0, |lanes, lane| lanes | u32::from(full(lane)) << lane);
        let fewer = count.each(|count| count.wrapping_sub(32));
        (choose(fewer, count), [choose(word, last), choose(last, before)], lanes)
    }
}

impl CpuEncodeLanes for PortableLanes {
    #[inline(never)]
    fn store_before(self, lanes: u32, place: &mut [u32; LANES]) -> usize {
        let mut left = LANES;
        for lane in (0..LANES).rev() {
            // One that is not of the set is overwritten by the next, as are all before it.
            place[(left - 1) % LANES] = self.0[lane];
            left -= (lanes >> lane & 1) as usize;
        }
        LANES - left
    }
}
