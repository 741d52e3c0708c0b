//! A tile's memory, to and from registers.

use super::expand::EXPAND;
use super::lanes::{Avx2Lanes, each};
use super::transpose;
use crate::TileMemory;
use crate::memory::{padded, rows_from};
use core::arch::x86_64::*;
use wcodec_kernels::format::{LANE_WORDS, LANES, MAX_SPARE_WORDS};
use wcodec_kernels::warp::{Lanes, Warp};

/// The warp at work on one tile.
pub struct Avx2Warp<'a, 'out> {
    tile: TileMemory<'a, 'out>,
    words_taken: usize,
}

impl<'a, 'out> Avx2Warp<'a, 'out> {
    /// A warp pointed at a tile.
    #[inline(always)]
    pub fn new(tile: TileMemory<'a, 'out>) -> Self {
        Self { tile, words_taken: 0 }
    }
}

impl Warp for Avx2Warp<'_, '_> {
    type Lanes = Avx2Lanes;

    #[inline(always)]
    fn first_entry(&self, prob_bits: u32) -> Avx2Lanes {
        Avx2Lanes::splat(prob_bits)
    }

    #[inline(always)]
    fn look_up(&self, entries: Avx2Lanes, chosen: Avx2Lanes) -> Avx2Lanes {
        let last = Avx2Lanes::splat(self.tile.table.len() as u32 - 1);
        let states = entries.shr(16).add(chosen).and(last);
        let table = self.tile.table.as_ptr().cast();
        // SAFETY: the mask keeps states inside the table, whose length is a power of two.
        each!(|r| _mm256_i32gather_epi32::<4>(table, states.0[r]))
    }

    #[inline(always)]
    fn first_words(&mut self) -> [Avx2Lanes; LANE_WORDS] {
        let mut words = [Avx2Lanes::splat(0); LANE_WORDS];
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
        before: Avx2Lanes,
        read: Avx2Lanes,
        [first, second, third]: [Avx2Lanes; LANE_WORDS],
    ) -> [Avx2Lanes; LANE_WORDS] {
        // Bit 5 at the top, where blends and masks look for it.
        let crossed = before.xor(read).shl(26);
        let zeros;
        let rest = self.tile.words_from(self.words_taken);
        let next: &[u8; 4 * LANES] = match rest.first_chunk() {
            Some(next) => next,
            None => {
                zeros = padded(rest);
                &zeros
            }
        };
        let [a, b, c, d] = crossed.0;
        let takes = [top_bits(a), top_bits(b), top_bits(c), top_bits(d)];
        let mut starts = [0; 4];
        for r in 1..4 {
            starts[r] = starts[r - 1] + takes[r - 1].count_ones() as usize;
        }
        self.words_taken += starts[3] + takes[3].count_ones() as usize;
        let third_words = each!(|r| {
            // SAFETY: the words of each register begin at number 24 of 32 at most.
            let words = _mm256_loadu_si256(next.as_ptr().add(4 * starts[r]).cast());
            let numbers = _mm_loadl_epi64(EXPAND[usize::from(takes[r])].as_ptr().cast());
            _mm256_permutevar8x32_epi32(words, _mm256_cvtepu8_epi32(numbers))
        });
        [
            choose(crossed, second, first),
            choose(crossed, third, second),
            choose(crossed, third_words, third),
        ]
    }

    #[inline(always)]
    fn took_all_words(&self) -> bool {
        self.words_taken.wrapping_sub(self.tile.words.len()) <= MAX_SPARE_WORDS
    }

    #[inline(always)]
    fn all_lanes_are(&self, lanes: Avx2Lanes, value: u32) -> bool {
        let [a, b, c, d] = lanes.xor(Avx2Lanes::splat(value)).0;
        // SAFETY: the invariant of `Avx2Lanes`.
        unsafe {
            let any = _mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d));
            _mm256_testz_si256(any, any) == 1
        }
    }

    #[inline(always)]
    fn load_coded<const N: usize>(&self, row: u32) -> [Avx2Lanes; N] {
        load(self.tile.coded_plane, row)
    }

    #[inline(always)]
    fn load_coded_half(&self, row: u32) -> Avx2Lanes {
        let rest = rows_from(self.tile.coded_plane, row, 2 * LANES);
        match rest.first_chunk() {
            Some(row) => transpose::load_half(row),
            None => transpose::load_half(&padded(rest)),
        }
    }

    #[inline(always)]
    fn load_raw<const N: usize>(&self, plane: usize, row: u32) -> [Avx2Lanes; N] {
        match self.tile.plane_constants[plane] {
            Some(byte) => [Avx2Lanes::splat(u32::from_ne_bytes([byte; 4])); N],
            None => load(self.tile.raw_planes[plane], row),
        }
    }

    #[inline(always)]
    fn exception(&self, index: u32) -> u32 {
        self.tile.exception(index)
    }

    #[inline(always)]
    fn store_row(&mut self, row: u32, words: [Avx2Lanes; 4]) {
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

/// The top bits of eight lanes.
#[inline(always)]
fn top_bits(register: __m256i) -> u8 {
    // SAFETY: the invariant of `Avx2Lanes`.
    unsafe { _mm256_movemask_ps(_mm256_castsi256_ps(register)) as u8 }
}

/// The lanes of `ones` where `top` has its top bit set and of `zeros` where it has not.
#[inline(always)]
fn choose(top: Avx2Lanes, ones: Avx2Lanes, zeros: Avx2Lanes) -> Avx2Lanes {
    each!(|r| {
        let (ones, zeros) = (_mm256_castsi256_ps(ones.0[r]), _mm256_castsi256_ps(zeros.0[r]));
        _mm256_castps_si256(_mm256_blendv_ps(zeros, ones, _mm256_castsi256_ps(top.0[r])))
    })
}

/// A row of a stored plane with `4·N` bytes a lane.
#[inline(always)]
fn load<const N: usize>(plane: &[u8], row: u32) -> [Avx2Lanes; N] {
    let rest = rows_from(plane, row, 4 * LANES * N);
    let mut words = [Avx2Lanes::splat(0); N];
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
