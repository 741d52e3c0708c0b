//! A tile's memory, to and from registers.

use super::expand::EXPAND;
use super::lanes::{NeonLanes, each, register};
use super::transpose;
use crate::TileMemory;
use crate::memory::{padded, rows_from};
use core::arch::aarch64::*;
use wcodec_kernels::format::{LANE_WORDS, LANES, MAX_SPARE_WORDS};
use wcodec_kernels::warp::{Lanes, Warp};

/// The warp at work on one tile.
pub struct NeonWarp<'a, 'out> {
    tile: TileMemory<'a, 'out>,
    words_taken: usize,
}

impl<'a, 'out> NeonWarp<'a, 'out> {
    /// A warp pointed at a tile.
    #[inline(always)]
    pub fn new(tile: TileMemory<'a, 'out>) -> Self {
        Self { tile, words_taken: 0 }
    }
}

impl Warp for NeonWarp<'_, '_> {
    type Lanes = NeonLanes;

    #[inline(always)]
    fn first_entry(&self, prob_bits: u32) -> NeonLanes {
        NeonLanes::splat(prob_bits)
    }

    #[inline(always)]
    fn look_up(&self, entries: NeonLanes, chosen: NeonLanes) -> NeonLanes {
        let states = entries.shr(16).add(chosen);
        // The remainder costs an and, and spares a compare: the table always has all 4096 states.
        let entry = |state: u32| self.tile.table[state as usize % self.tile.table.len()];
        each!(|r| {
            let states = states.0[r];
            register([
                entry(vgetq_lane_u32::<0>(states)),
                entry(vgetq_lane_u32::<1>(states)),
                entry(vgetq_lane_u32::<2>(states)),
                entry(vgetq_lane_u32::<3>(states)),
            ])
        })
    }

    #[inline(always)]
    fn first_words(&mut self) -> [NeonLanes; LANE_WORDS] {
        let mut words = [NeonLanes::splat(0); LANE_WORDS];
        for register in &mut words {
            let zeros;
            let rest = self.tile.words_from(self.words_taken);
            let next = match rest.first_chunk() {
                Some(next) => next,
                None => {
                    zeros = padded(rest);
                    &zeros
                }
            };
            *register = transpose::load_1(next);
            self.words_taken += LANES;
        }
        words
    }

    #[inline(always)]
    fn begin_row(&mut self, _: u32) {}

    #[inline(always)]
    fn shift_in(
        &mut self,
        before: NeonLanes,
        read: NeonLanes,
        [first, second, third]: [NeonLanes; LANE_WORDS],
    ) -> [NeonLanes; LANE_WORDS] {
        let crossed = before.xor(read);
        let takes = each!(|r| vtstq_u32(crossed.0[r], vdupq_n_u32(32)));
        let zeros;
        let rest = self.tile.words_from(self.words_taken);
        let next: &[u8; 4 * LANES] = match rest.first_chunk() {
            Some(next) => next,
            None => {
                zeros = padded(rest);
                &zeros
            }
        };
        // SAFETY: the invariant of `NeonLanes`.
        let (sets, (starts, taken)) = unsafe {
            let sets = sets_of_four(takes);
            (sets, starts(sets))
        };
        self.words_taken += taken;
        let (sets, starts) = (sets.to_le_bytes(), starts.to_le_bytes());
        let third_words = each!(|r| {
            let numbers = &EXPAND[usize::from(sets[r]) % EXPAND.len()];
            // SAFETY: the words of each register begin at number 28 of 32 at most; `numbers` are 16 bytes.
            let words = vld1q_u8(next.as_ptr().add(4 * usize::from(starts[r])));
            vreinterpretq_u32_u8(vqtbl1q_u8(words, vld1q_u8(numbers.as_ptr())))
        });
        [
            choose(takes, second, first),
            choose(takes, third, second),
            choose(takes, third_words, third),
        ]
    }

    #[inline(always)]
    fn took_all_words(&self) -> bool {
        self.words_taken.wrapping_sub(self.tile.words.len()) <= MAX_SPARE_WORDS
    }

    #[inline(always)]
    fn all_lanes_are(&self, lanes: NeonLanes, value: u32) -> bool {
        let different = lanes.xor(NeonLanes::splat(value)).0;
        // SAFETY: the invariant of `NeonLanes`.
        unsafe {
            let mut any = different[0];
            for r in 1..8 {
                any = vorrq_u32(any, different[r]);
            }
            vmaxvq_u32(any) == 0
        }
    }

    #[inline(always)]
    fn load_coded<const N: usize>(&self, row: u32) -> [NeonLanes; N] {
        load(self.tile.coded_plane, row)
    }

    #[inline(always)]
    fn load_coded_half(&self, row: u32) -> NeonLanes {
        let rest = rows_from(self.tile.coded_plane, row, 2 * LANES);
        match rest.first_chunk() {
            Some(row) => transpose::load_half(row),
            None => transpose::load_half(&padded(rest)),
        }
    }

    #[inline(always)]
    fn load_raw<const N: usize>(&self, plane: usize, row: u32) -> [NeonLanes; N] {
        match self.tile.plane_constants[plane] {
            Some(byte) => [NeonLanes::splat(u32::from_ne_bytes([byte; 4])); N],
            None => load(self.tile.raw_planes[plane], row),
        }
    }

    #[inline(always)]
    fn exception(&self, index: u32) -> u32 {
        self.tile.exception(index)
    }

    #[inline(always)]
    fn store_row(&mut self, row: u32, words: [NeonLanes; 4]) {
        let out = self.tile.out_row(row);
        match out.as_mut_array() {
            Some(out) => transpose::store(words, out),
            None => {
                let mut whole = [0; 16 * LANES];
                transpose::store(words, &mut whole);
                out.copy_from_slice(&whole[..out.len()]);
            }
        }
    }
}

/// For each register the set of its lanes that are all ones, that of the first in the lowest byte. Other lanes are zeros.
#[inline]
#[target_feature(enable = "neon")]
fn sets_of_four(masks: NeonLanes) -> u64 {
    let bits = register([1, 2, 4, 8]);
    // Every lane has its own bit, so sums are unions.
    let sum_two =
        |r: usize| vpaddq_u32(vandq_u32(masks.0[r], bits), vandq_u32(masks.0[r + 1], bits));
    let low = vmovn_u32(vpaddq_u32(sum_two(0), sum_two(2)));
    let high = vmovn_u32(vpaddq_u32(sum_two(4), sum_two(6)));
    vget_lane_u64::<0>(vreinterpret_u64_u8(vmovn_u16(vcombine_u16(low, high))))
}

/// In each byte how many lanes the sets in lower ones have together, and how many all have.
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
#[inline(always)]
fn choose(mask: NeonLanes, ones: NeonLanes, zeros: NeonLanes) -> NeonLanes {
    each!(|r| vbslq_u32(mask.0[r], ones.0[r], zeros.0[r]))
}

/// A row of a stored plane with `4·N` bytes a lane.
#[inline(always)]
fn load<const N: usize>(plane: &[u8], row: u32) -> [NeonLanes; N] {
    let rest = rows_from(plane, row, 4 * LANES * N);
    let mut words = [NeonLanes::splat(0); N];
    if N == 4 {
        let row = match rest.first_chunk() {
            Some(row) => transpose::load_4(row),
            None => transpose::load_4(&padded(rest)),
        };
        for word in 0..N {
            words[word] = row[word];
        }
    } else if N == 2 {
        let row = match rest.first_chunk() {
            Some(row) => transpose::load_2(row),
            None => transpose::load_2(&padded(rest)),
        };
        for word in 0..N {
            words[word] = row[word];
        }
    } else {
        words[0] = match rest.first_chunk() {
            Some(row) => transpose::load_1(row),
            None => transpose::load_1(&padded(rest)),
        };
    }
    words
}
