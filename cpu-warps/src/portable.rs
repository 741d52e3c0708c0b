//! The warp that runs anywhere: 32 lanes in an array, left to the compiler to vectorise.

use crate::TileMemory;
use std::array::from_fn;
use wcodec_kernels::format::{LANE_WORDS, LANES, MAX_SPARE_WORDS};
use wcodec_kernels::warp::{Lanes, Warp};

/// Thirty-two lanes in memory.
#[derive(Debug, Clone, Copy)]
pub struct PortableLanes([u32; LANES]);

impl PortableLanes {
    #[inline(always)]
    fn each(self, op: impl Fn(u32) -> u32) -> Self {
        Self(from_fn(|lane| op(self.0[lane])))
    }

    #[inline(always)]
    fn with(self, other: Self, op: impl Fn(u32, u32) -> u32) -> Self {
        Self(from_fn(|lane| op(self.0[lane], other.0[lane])))
    }
}

impl Lanes for PortableLanes {
    #[inline(always)]
    fn splat(value: u32) -> Self {
        Self([value; LANES])
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.with(other, u32::wrapping_add)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.with(other, u32::wrapping_sub)
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        self.with(factor, u32::wrapping_mul).add(addend)
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        self.with(other, |a, b| a & b)
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        self.with(other, |a, b| a ^ b)
    }

    #[inline(always)]
    fn shl(self, bits: u32) -> Self {
        self.each(|a| a.wrapping_shl(bits))
    }

    #[inline(always)]
    fn shr(self, bits: u32) -> Self {
        self.each(|a| a.wrapping_shr(bits))
    }

    #[inline(always)]
    fn blend(mask: u32, ones: Self, zeros: Self) -> Self {
        ones.with(zeros, |one, zero| one & mask | zero & !mask)
    }

    #[inline(always)]
    fn replace_lane(mut self, lane: u32, then: Self) -> Self {
        let lane = lane as usize % LANES;
        self.0[lane] = then.0[lane];
        self
    }

    #[inline(always)]
    fn add_bytes(self, other: Self) -> Self {
        const LOW_BITS: u32 = 0x7F7F_7F7F;
        // Each byte's top bit is added apart, so that no carry leaves its byte.
        self.with(other, |a, b| (a & LOW_BITS).wrapping_add(b & LOW_BITS) ^ ((a ^ b) & !LOW_BITS))
    }

    #[inline(always)]
    fn funnel_shl(high: Self, low: Self, bits: Self) -> Self {
        Self(from_fn(|lane| {
            let both = u64::from(high.0[lane]) << 32 | u64::from(low.0[lane]);
            (both << (bits.0[lane] & 31) >> 32) as u32
        }))
    }

    #[inline(always)]
    fn leading_zeros(self) -> Self {
        self.each(u32::leading_zeros)
    }

    #[inline(always)]
    fn pack_second_bytes([a, b, c, d]: [Self; 4]) -> Self {
        Self(from_fn(|lane| {
            let second = |entries: Self| entries.0[lane] >> 8 & 0xFF;
            second(a) | second(b) << 8 | second(c) << 16 | second(d) << 24
        }))
    }

    #[inline(always)]
    fn rotate_bytes_right(words: [Self; 4]) -> [Self; 4] {
        words.map(|word| word.each(|bytes| bytes << 7 & 0x8080_8080 | bytes >> 1 & 0x7F7F_7F7F))
    }

    #[inline(always)]
    fn interleave_low_bytes(even: Self, odd: Self) -> Self {
        even.with(odd, |even, odd| {
            even & 0xFF | (even & 0xFF00) << 8 | (odd & 0xFF) << 8 | (odd & 0xFF00) << 16
        })
    }

    #[inline(always)]
    fn interleave_high_bytes(even: Self, odd: Self) -> Self {
        Self::interleave_low_bytes(even.shr(16), odd.shr(16))
    }

    #[inline(always)]
    fn low_halves(low: Self, high: Self) -> Self {
        low.with(high, |low, high| low & 0xFFFF | high << 16)
    }

    #[inline(always)]
    fn high_halves(low: Self, high: Self) -> Self {
        low.with(high, |low, high| low >> 16 | high & 0xFFFF_0000)
    }

    #[inline(always)]
    fn exclusive_prefix_sum(self) -> Self {
        let mut sum = 0u32;
        self.map_in_order(|lane| {
            let before = sum;
            sum = sum.wrapping_add(lane);
            before
        })
    }

    #[inline(always)]
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

impl PortableLanes {
    #[inline(always)]
    fn map_in_order(mut self, mut op: impl FnMut(u32) -> u32) -> Self {
        for lane in &mut self.0 {
            *lane = op(*lane);
        }
        self
    }
}

/// The portable warp at work on one tile.
pub struct PortableWarp<'a, 'out> {
    tile: TileMemory<'a, 'out>,
    words_taken: usize,
}

impl<'a, 'out> PortableWarp<'a, 'out> {
    /// A warp pointed at a tile.
    pub fn new(tile: TileMemory<'a, 'out>) -> Self {
        Self { tile, words_taken: 0 }
    }

    /// The next 32 words, zeros standing in for those beyond the tile's end.
    #[inline(always)]
    fn next_words(&self) -> [u32; LANES] {
        let rest = self.tile.words.get(self.words_taken..).unwrap_or(&[]);
        match rest.first_chunk::<LANES>() {
            Some(words) => words.map(u32::from_le_bytes),
            None => from_fn(|word| rest.get(word).copied().map_or(0, u32::from_le_bytes)),
        }
    }
}

impl Warp for PortableWarp<'_, '_> {
    type Lanes = PortableLanes;

    #[inline(always)]
    fn first_entry(&self, prob_bits: u32) -> PortableLanes {
        PortableLanes::splat(prob_bits)
    }

    #[inline(always)]
    fn look_up(&self, entries: PortableLanes, chosen: PortableLanes) -> PortableLanes {
        entries.with(chosen, |entry, chosen| {
            let state = (entry >> 16).wrapping_add(chosen);
            // The remainder costs an and, and spares a compare: the table always has all 4096 states.
            self.tile.table[state as usize % self.tile.table.len()]
        })
    }

    #[inline(always)]
    fn first_words(&mut self) -> [PortableLanes; LANE_WORDS] {
        from_fn(|_| {
            let words = self.next_words();
            self.words_taken += LANES;
            PortableLanes(words)
        })
    }

    #[inline(always)]
    fn begin_row(&mut self, _: u32) {}

    #[inline(always)]
    fn shift_in(
        &mut self,
        before: PortableLanes,
        read: PortableLanes,
        [mut first, mut second, mut third]: [PortableLanes; LANE_WORDS],
    ) -> [PortableLanes; LANE_WORDS] {
        let words = self.next_words();
        let mut taken = 0;
        for lane in 0..LANES {
            let takes = (before.0[lane] ^ read.0[lane]) & 32 != 0;
            let word = words[taken % LANES];
            first.0[lane] = if takes { second.0[lane] } else { first.0[lane] };
            second.0[lane] = if takes { third.0[lane] } else { second.0[lane] };
            third.0[lane] = if takes { word } else { third.0[lane] };
            taken += usize::from(takes);
        }
        self.words_taken += taken;
        [first, second, third]
    }

    #[inline(always)]
    fn took_all_words(&self) -> bool {
        self.words_taken.wrapping_sub(self.tile.words.len()) <= MAX_SPARE_WORDS
    }

    #[inline(always)]
    fn all_lanes_are(&self, lanes: PortableLanes, value: u32) -> bool {
        lanes.0 == [value; LANES]
    }

    #[inline(always)]
    fn load_coded<const N: usize>(&self, row: u32) -> [PortableLanes; N] {
        load(self.tile.coded_plane, row)
    }

    #[inline(always)]
    fn load_coded_half(&self, row: u32) -> PortableLanes {
        let row = row_bytes(self.tile.coded_plane, row, 2);
        let lanes = row.as_chunks::<2>().0;
        PortableLanes(from_fn(|lane| {
            lanes.get(lane).map_or(0, |&bytes| u32::from(u16::from_le_bytes(bytes)))
        }))
    }

    #[inline(always)]
    fn load_raw<const N: usize>(&self, plane: usize, row: u32) -> [PortableLanes; N] {
        match self.tile.plane_constants[plane] {
            Some(byte) => [PortableLanes::splat(u32::from_ne_bytes([byte; 4])); N],
            None => load(self.tile.raw_planes[plane], row),
        }
    }

    #[inline(always)]
    fn exception(&self, index: u32) -> u32 {
        self.tile.exceptions.get(index as usize).copied().map_or(0, u32::from_le_bytes)
    }

    #[inline(always)]
    fn store_row(&mut self, row: u32, words: [PortableLanes; 4]) {
        let out = self.tile.out_row(row);
        let (lanes, ragged) = out.as_chunks_mut::<16>();
        let bytes = |lane: usize| {
            let mut bytes = [0; 16];
            for (chunk, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(words) {
                *chunk = word.0[lane].to_le_bytes();
            }
            bytes
        };
        let full = lanes.len();
        for (lane, out) in lanes.iter_mut().enumerate() {
            *out = bytes(lane);
        }
        if !ragged.is_empty() {
            ragged.copy_from_slice(&bytes(full)[..ragged.len()]);
        }
    }
}

/// A row of a stored plane with `4·N` bytes a lane.
#[inline(always)]
fn load<const N: usize>(plane: &[u8], row: u32) -> [PortableLanes; N] {
    let words = row_bytes(plane, row, 4 * N).as_chunks::<4>().0;
    let mut registers = [PortableLanes([0; LANES]); N];
    // Lane-major in memory, register-major here. Lanes that are not present stay zero.
    for (lane, lane_words) in words.chunks_exact(N).enumerate() {
        for (register, &word) in registers.iter_mut().zip(lane_words) {
            register.0[lane] = u32::from_le_bytes(word);
        }
    }
    registers
}

/// The bytes of a row of a plane, fewer than 32 lanes' in a ragged one.
#[inline(always)]
fn row_bytes(plane: &[u8], row: u32, lane_bytes: usize) -> &[u8] {
    let start = row as usize * LANES * lane_bytes;
    let rest = plane.get(start..).unwrap_or(&[]);
    &rest[..rest.len().min(LANES * lane_bytes)]
}
