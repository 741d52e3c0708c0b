//! The lane operations that encoding needs.

use super::lanes::{Avx2Lanes, each};
use super::memory::{choose, permute, top_bits};
use super::sets::COMPRESS;
use crate::encode::CpuEncodeLanes;
use core::arch::x86_64::*;
use wcodec_codec::encode::EncodeLanes;
use wcodec_codec::warp::Lanes;

impl EncodeLanes for Avx2Lanes {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn shr_each(self, bits: Self) -> Self {
        each!(|r| _mm256_srlv_epi32(self.0[r], bits.0[r]))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn funnel_shr(high: Self, low: Self, bits: Self) -> Self {
        each!(|r| {
            // 32 where `bits` is 0, which leaves nothing of `high`.
            let rest = _mm256_sub_epi32(_mm256_set1_epi32(32), bits.0[r]);
            let low = _mm256_srlv_epi32(low.0[r], bits.0[r]);
            _mm256_or_si256(_mm256_sllv_epi32(high.0[r], rest), low)
        })
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn fill(count: Self, word: Self, [last, before]: [Self; 2]) -> (Self, [Self; 2], u32) {
        let bits = Self::splat(32);
        let full = each!(|r| _mm256_cmpgt_epi32(count.0[r], bits.0[r]));
        let lanes = u32::from_le_bytes(full.0.map(top_bits));
        let filled = [choose(full, word, last), choose(full, last, before)];
        (count.sub(full.and(bits)), filled, lanes)
    }
}

impl CpuEncodeLanes for Avx2Lanes {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn store_before(self, lanes: u32, place: &mut [u32; 32]) -> usize {
        let mut end = place.len();
        for (register, lanes) in self.0.into_iter().zip(lanes.to_le_bytes()).rev() {
            // SAFETY: the invariant of `Avx2Lanes`; of 32 words, eight are stored that end at
            // number 8 at least.
            unsafe {
                let words = permute(register, &COMPRESS[usize::from(lanes)]);
                _mm256_storeu_si256(place.as_mut_ptr().add(end - 8).cast(), words);
            }
            end -= lanes.count_ones() as usize;
        }
        place.len() - end
    }
}
