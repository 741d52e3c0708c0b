//! A tile's memory, to and from registers.

use super::lanes::{Avx512Lanes, each};
use super::transpose;
use crate::TileMemory;
use crate::memory::{padded, rows_from};
use core::arch::x86_64::*;
use wcodec_kernels::format::{LANE_WORDS, LANES, MAX_SPARE_WORDS};
use wcodec_kernels::warp::{Lanes, Warp};

/// The warp at work on one tile.
pub struct Avx512Warp<'a, 'out> {
    tile: TileMemory<'a, 'out>,
    words_taken: usize,
}

impl<'a, 'out> Avx512Warp<'a, 'out> {
    /// A warp pointed at a tile.
    #[inline(always)]
    pub fn new(tile: TileMemory<'a, 'out>) -> Self {
        Self { tile, words_taken: 0 }
    }
}

impl Warp for Avx512Warp<'_, '_> {
    type Lanes = Avx512Lanes;

    #[inline(always)]
    fn first_entry(&self, prob_bits: u32) -> Avx512Lanes {
        Avx512Lanes::splat(prob_bits)
    }

    #[inline(always)]
    fn look_up(&self, entries: Avx512Lanes, chosen: Avx512Lanes) -> Avx512Lanes {
        let last = Avx512Lanes::splat(self.tile.table.len() as u32 - 1);
        let states = entries.shr(16).add(chosen).and(last);
        let table = self.tile.table.as_ptr().cast();
        // SAFETY: the mask keeps states inside the table, whose length is a power of two.
        each!(|r| _mm512_i32gather_epi32::<4>(states.0[r], table))
    }

    #[inline(always)]
    fn first_words(&mut self) -> [Avx512Lanes; LANE_WORDS] {
        let mut words = [Avx512Lanes::splat(0); LANE_WORDS];
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
        before: Avx512Lanes,
        read: Avx512Lanes,
        [first, second, third]: [Avx512Lanes; LANE_WORDS],
    ) -> [Avx512Lanes; LANE_WORDS] {
        let crossed = before.xor(read);
        // SAFETY: the invariant of `Avx512Lanes`.
        let takes = unsafe {
            let bit = _mm512_set1_epi32(32);
            [_mm512_test_epi32_mask(crossed.0[0], bit), _mm512_test_epi32_mask(crossed.0[1], bit)]
        };
        let zeros;
        let rest = self.tile.words_from(self.words_taken);
        let next: &[u8; 4 * LANES] = match rest.first_chunk() {
            Some(next) => next,
            None => {
                zeros = padded(rest);
                &zeros
            }
        };
        let taken = takes.map(|mask| mask.count_ones() as usize);
        let starts = [0, taken[0]];
        self.words_taken += taken[0] + taken[1];
        [
            each!(|r| _mm512_mask_mov_epi32(first.0[r], takes[r], second.0[r])),
            each!(|r| _mm512_mask_mov_epi32(second.0[r], takes[r], third.0[r])),
            // SAFETY: the words of both registers begin at number 16 of 32 at most.
            each!(|r| {
                let words = _mm512_loadu_si512(next.as_ptr().add(4 * starts[r]).cast());
                _mm512_mask_expand_epi32(third.0[r], takes[r], words)
            }),
        ]
    }

    #[inline(always)]
    fn took_all_words(&self) -> bool {
        self.words_taken.wrapping_sub(self.tile.words.len()) <= MAX_SPARE_WORDS
    }

    #[inline(always)]
    fn all_lanes_are(&self, lanes: Avx512Lanes, value: u32) -> bool {
        // SAFETY: the invariant of `Avx512Lanes`.
        unsafe {
            let value = _mm512_set1_epi32(value as i32);
            _mm512_cmpneq_epi32_mask(lanes.0[0], value) == 0
                && _mm512_cmpneq_epi32_mask(lanes.0[1], value) == 0
        }
    }

    #[inline(always)]
    fn load_coded<const N: usize>(&self, row: u32) -> [Avx512Lanes; N] {
        load(self.tile.coded_plane, row)
    }

    #[inline(always)]
    fn load_coded_half(&self, row: u32) -> Avx512Lanes {
        let rest = rows_from(self.tile.coded_plane, row, 2 * LANES);
        match rest.first_chunk() {
            Some(row) => transpose::load_half(row),
            None => transpose::load_half(&padded(rest)),
        }
    }

    #[inline(always)]
    fn load_raw<const N: usize>(&self, plane: usize, row: u32) -> [Avx512Lanes; N] {
        match self.tile.plane_constants[plane] {
            Some(byte) => [Avx512Lanes::splat(u32::from_ne_bytes([byte; 4])); N],
            None => load(self.tile.raw_planes[plane], row),
        }
    }

    #[inline(always)]
    fn exception(&self, index: u32) -> u32 {
        self.tile.exception(index)
    }

    #[inline(always)]
    fn store_row(&mut self, row: u32, words: [Avx512Lanes; 4]) {
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

/// A row of a stored plane with `4·N` bytes a lane.
#[inline(always)]
fn load<const N: usize>(plane: &[u8], row: u32) -> [Avx512Lanes; N] {
    let rest = rows_from(plane, row, 4 * LANES * N);
    let mut words = [Avx512Lanes::splat(0); N];
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
