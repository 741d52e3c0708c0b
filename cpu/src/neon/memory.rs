//! Between registers, word-major, and memory, where a lane's words lie together. All is
//! little-endian, as the format is.
//!
//! The loads and stores of NEON transpose on the way, and begin at any byte.

use super::lanes::{NeonLanes, each, register};
use super::sets::EXPAND;
use crate::tile_warp::CpuLanes;
use core::arch::aarch64::*;
use wcodec_codec::format::LANE_WORDS;
use wcodec_codec::warp::Lanes;

impl CpuLanes for NeonLanes {
    #[cfg_attr(not(unoptimized), inline(always))]
    fn gather<const LEN: usize>(entries: &[u32; LEN], numbers: Self) -> Self {
        // The remainder costs an and, and spares a compare.
        let entry = |number: u32| entries[number as usize % LEN];
        each!(|r| {
            let numbers = numbers.0[r];
            register([
                entry(vgetq_lane_u32::<0>(numbers)),
                entry(vgetq_lane_u32::<1>(numbers)),
                entry(vgetq_lane_u32::<2>(numbers)),
                entry(vgetq_lane_u32::<3>(numbers)),
            ])
        })
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn shift_in(
        before: Self,
        read: Self,
        [first, second, third]: [Self; LANE_WORDS],
        next: &[u8; 128],
    ) -> ([Self; LANE_WORDS], usize) {
        let crossed = before.xor(read);
        let takes = each!(|r| vtstq_u32(crossed.0[r], vdupq_n_u32(32)));
        // SAFETY: the invariant of `NeonLanes`.
        let (sets, (starts, taken)) = unsafe {
            let sets = sets_of_four(takes);
            (sets, starts(sets))
        };
        let (sets, starts) = (sets.to_le_bytes(), starts.to_le_bytes());
        let third_words = each!(|r| {
            let numbers = &EXPAND[usize::from(sets[r]) % EXPAND.len()];
            // SAFETY: the words of each register begin at number 28 of 32 at most; `numbers` are 16
            // bytes.
            let words = vld1q_u8(next.as_ptr().add(4 * usize::from(starts[r])));
            vreinterpretq_u32_u8(vqtbl1q_u8(words, vld1q_u8(numbers.as_ptr())))
        });
        let words = [
            choose(takes, second, first),
            choose(takes, third, second),
            choose(takes, third_words, third),
        ];
        (words, taken)
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn all_are(self, value: u32) -> bool {
        let different = self.xor(Self::splat(value)).0;
        // SAFETY: the invariant of `NeonLanes`.
        unsafe {
            let mut any = different[0];
            for r in 1..8 {
                any = vorrq_u32(any, different[r]);
            }
            vmaxvq_u32(any) == 0
        }
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_quarter(bytes: &[u8; 32]) -> Self {
        let chunks = bytes.as_chunks::<4>().0;
        each!(|r| {
            let bytes = vcreate_u8(u32::from_le_bytes(chunks[r]).into());
            vmovl_u16(vget_low_u16(vmovl_u8(bytes)))
        })
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_half(bytes: &[u8; 64]) -> Self {
        let chunks = bytes.as_chunks::<8>().0;
        // SAFETY: half a register is 8 bytes.
        each!(|r| vmovl_u16(vld1_u16(chunks[r].as_ptr().cast())))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_1(bytes: &[u8; 128]) -> Self {
        let chunks = bytes.as_chunks::<16>().0;
        // SAFETY: a register is 16 bytes.
        each!(|r| vld1q_u32(chunks[r].as_ptr().cast()))
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_2(bytes: &[u8; 256]) -> [Self; 2] {
        let mut words = [Self::splat(0); 2];
        for (r, bytes) in bytes.as_chunks::<32>().0.iter().enumerate() {
            // SAFETY: the invariant of `NeonLanes`; two registers are 32 bytes.
            let uint32x4x2_t(a, b) = unsafe { vld2q_u32(bytes.as_ptr().cast()) };
            (words[0].0[r], words[1].0[r]) = (a, b);
        }
        words
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn load_4(bytes: &[u8; 512]) -> [Self; 4] {
        let mut words = [Self::splat(0); 4];
        for (r, bytes) in bytes.as_chunks::<64>().0.iter().enumerate() {
            // SAFETY: the invariant of `NeonLanes`; four registers are 64 bytes.
            let uint32x4x4_t(a, b, c, d) = unsafe { vld4q_u32(bytes.as_ptr().cast()) };
            (words[0].0[r], words[1].0[r], words[2].0[r], words[3].0[r]) = (a, b, c, d);
        }
        words
    }

    #[cfg_attr(not(unoptimized), inline(always))]
    fn store([a, b, c, d]: [Self; 4], out: &mut [u8; 512]) {
        for (r, out) in out.as_chunks_mut::<64>().0.iter_mut().enumerate() {
            let words = uint32x4x4_t(a.0[r], b.0[r], c.0[r], d.0[r]);
            // SAFETY: the invariant of `NeonLanes`; four registers are 64 bytes.
            unsafe { vst4q_u32(out.as_mut_ptr().cast(), words) }
        }
    }
}

/// The set of the lanes that are all ones of each register, the first register in the lowest byte.
/// Other lanes are zeros.
#[inline]
#[target_feature(enable = "neon")]
pub fn sets_of_four(masks: NeonLanes) -> u64 {
    let bits = register([1, 2, 4, 8]);
    // Every lane has its own bit, so sums are unions.
    let sum_two =
        |r: usize| vpaddq_u32(vandq_u32(masks.0[r], bits), vandq_u32(masks.0[r + 1], bits));
    let low = vmovn_u32(vpaddq_u32(sum_two(0), sum_two(2)));
    let high = vmovn_u32(vpaddq_u32(sum_two(4), sum_two(6)));
    vget_lane_u64::<0>(vreinterpret_u64_u8(vmovn_u16(vcombine_u16(low, high))))
}

/// In each byte the number of lanes in the sets of all lower bytes; and the number of all lanes.
#[inline]
#[target_feature(enable = "neon")]
fn starts(sets: u64) -> (u64, usize) {
    let counts = vcnt_u8(vcreate_u8(sets));
    let counts = vget_lane_u64::<0>(vreinterpret_u64_u8(counts));
    // No byte carries: all together are at most 32.
    let sums = counts.wrapping_mul(0x0101_0101_0101_0101);
    (sums << 8, (sums >> 56) as usize)
}

/// The lanes of `ones` where `mask` is all ones and of `zeros` where it is zeros.
#[cfg_attr(not(unoptimized), inline(always))]
pub fn choose(mask: NeonLanes, ones: NeonLanes, zeros: NeonLanes) -> NeonLanes {
    each!(|r| vbslq_u32(mask.0[r], ones.0[r], zeros.0[r]))
}
