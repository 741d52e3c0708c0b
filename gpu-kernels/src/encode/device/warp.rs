//! A GPU warp, pointed at a tile to encode.

use super::pairs::{Pairs, four};
use super::ptx;
use super::source::{LaneSource, first_words};
use crate::device::GpuLanes;
use crate::device::ptx::{load_shared, load_shared_half, multiply_add_wide, permute_bytes};
use crate::encode::launch::{EncodeJob, EncodeTable, PROB_BITS, STATES};
use cuda_std::warp::lane_id;
use wcodec_codec::encode::{EncodeWarp, TansEncodeWarp, coded_words, padded, raw_words};
use wcodec_codec::format::{LANES, Split};

/// Bytes of a table's steps, and of its states after them.
const STEPS_BYTES: u32 = 4 * 256;
const STATES_BYTES: u32 = 2 * STATES as u32;
/// Rows that are asked for before they are read.
const ROWS_AHEAD: u32 = 6;

/// A warp at work on one tile, of elements of `4 / M` bytes: `M` words of coded bytes in a lane's
/// row.
pub struct GpuEncodeWarp<const M: usize> {
    /// The shared address of the table's look-ups.
    table: u32,
    pub source: LaneSource,
    /// The lane's bytes of the row that comes next when rows are taken from the last to the first.
    ahead: [u32; 4],
    split: Split,
    pub(super) pairs: Pairs,
    /// The address of the lane's bytes of the stored plane in the tile's first row.
    pub stored: u64,
    /// The same of raw plane 0, and the distance of two raw planes.
    raw: u64,
    raw_distance: u64,
    pub(super) ends: SlotEnds,
    /// The address of the first word.
    front: u64,
    /// Exceptions, and the most that there is room for before their end.
    pub(super) exceptions: u32,
    pub(super) most_exceptions: u32,
}

/// The addresses after a tile's last word, and after its last exception.
pub struct SlotEnds {
    pub words: u64,
    pub exceptions: u64,
}

impl<const M: usize> GpuEncodeWarp<M> {
    /// A warp pointed at a tile.
    #[inline(always)]
    pub fn new(
        job: &EncodeJob,
        tile: u32,
        ends: SlotEnds,
        look_ups: u32,
        table: &EncodeTable,
    ) -> Self {
        let choice = table.choice();
        let lane_rows = job.first_row(tile) * LANES as u64 + u64::from(lane_id());
        let lane_stored = choice.codec.stored_plane_bytes(4 * M) as u64;
        let stored = job.raw - padded(job.stored_len(choice.codec)) + lane_rows * lane_stored;
        Self {
            table: look_ups,
            source: LaneSource::new(job, tile),
            ahead: [0; 4],
            split: job.split(4 / M),
            pairs: Pairs { choice, filler: table.filler },
            stored,
            raw: job.raw + lane_rows * 4 * M as u64,
            raw_distance: padded(job.plane_len),
            front: ends.words,
            ends,
            exceptions: 0,
            most_exceptions: job.tile_exceptions,
        }
    }

    /// The tile's rows.
    #[inline(always)]
    pub fn rows(&self) -> usize {
        self.source.rows as usize
    }

    /// The number of words that were stored.
    #[inline(always)]
    pub fn words(&self) -> u32 {
        (self.ends.words - self.front) as u32 / 4
    }

    /// The number of exceptions, even if there was no room for them.
    #[inline(always)]
    pub fn exceptions(&self) -> u32 {
        self.exceptions
    }

    /// The lane's bytes of a row, the last one or the one before that which was taken before; the next
    /// one is on its way then.
    #[inline(always)]
    fn take_row(&mut self, row: u32, is_last: bool) -> [u32; 4] {
        // SAFETY: the tensor is readable.
        let words = if is_last { unsafe { self.source.load(row) } } else { self.ahead };
        if row >= ROWS_AHEAD {
            ptx::prefetch(self.source.at(row - ROWS_AHEAD));
        }
        if row > 0 {
            // SAFETY: as above.
            self.ahead = unsafe { self.source.load_whole(row - 1) };
        }
        words
    }

    /// The coded bytes of a lane's row, zeros after the tensor's end. Its raw bytes are written.
    #[inline(always)]
    pub fn split_row(&self, row: u32, is_last: bool, words: [u32; 4]) -> [u32; M] {
        for plane in 0..4 / M - 1 {
            let raw = raw_words(self.split, plane, words, permute_bytes);
            let plane = self.raw + plane as u64 * self.raw_distance;
            // SAFETY: there is room for the raw planes.
            unsafe { self.store_row::<M>(plane, row, is_last, raw) };
        }
        first_words(coded_words(self.split, words, permute_bytes))
    }

    /// Writes the lane's bytes of a plane in a row, if it has any there.
    ///
    /// # Safety
    /// There is room for the tile's rows at `plane`.
    #[inline(always)]
    pub unsafe fn store_row<const N: usize>(
        &self,
        plane: u64,
        row: u32,
        is_last: bool,
        words: [u32; 4],
    ) {
        let source = &self.source;
        let is_present = !is_last || row < source.full_rows || source.cut_bytes > 0;
        let at = multiply_add_wide(row, (LANES * 4 * N) as u32, plane);
        // SAFETY: the caller's condition.
        unsafe {
            match N {
                _ if !is_present => {}
                1 => ptx::store_global(at, words[0]),
                2 => ptx::store_global_2(at, [words[0], words[1]]),
                _ => crate::device::ptx::store_global_4_if(true, at, words),
            }
        }
    }
}

impl<const M: usize> EncodeWarp for GpuEncodeWarp<M> {
    type Lanes = GpuLanes;

    #[inline(always)]
    fn load_symbols<const K: usize, const N: usize>(
        &mut self,
        row: u32,
        is_last: bool,
    ) -> [GpuLanes; N] {
        let words = self.take_row(row, is_last);
        let mut coded = self.split_row(row, is_last, words);
        if is_last {
            self.source.fill_beyond(row, self.pairs.filler, &mut coded);
        }
        let symbols = if K == 4 * M {
            four(coded)
        } else {
            // SAFETY: the slots have room, and control flow is the same for all lanes of the warp.
            let [first, last] = unsafe { self.pair_row(row, is_last, coded) };
            [first, last, 0, 0]
        };
        first_words(symbols).map(GpuLanes)
    }

    #[inline(always)]
    fn store_before(&mut self, words: GpuLanes, lanes: u32) {
        let own_and_after = lanes >> lane_id();
        let at = ptx::words_before(self.front, own_and_after.count_ones());
        // SAFETY: the slot has room for the most words of a tile.
        unsafe { ptx::store_global_if(own_and_after & 1 != 0, at, words.0) };
        self.front = ptx::words_before(self.front, lanes.count_ones());
    }

    #[inline(always)]
    fn is_empty(&self) -> bool {
        self.front == self.ends.words
    }
}

impl<const M: usize> TansEncodeWarp for GpuEncodeWarp<M> {
    #[inline(always)]
    fn prob_bits(&self) -> u32 {
        PROB_BITS
    }

    #[inline(always)]
    fn look_up_steps(&self, symbols: GpuLanes) -> [GpuLanes; 4] {
        let step = |place: u32| {
            // SAFETY: there is a step for each byte.
            GpuLanes(unsafe { load_shared(self.table + (place & 0x3FC)) })
        };
        let GpuLanes(word) = symbols;
        [step(word << 2), step(word >> 6), step(word >> 14), step(word >> 22)]
    }

    #[inline(always)]
    fn look_up_states(&self, places: GpuLanes) -> GpuLanes {
        let place = places.0 << 1 & (STATES_BYTES - 2);
        // SAFETY: below the number of states.
        GpuLanes(unsafe { load_shared_half(self.table + STEPS_BYTES + place) })
    }

    #[inline(always)]
    fn lowest_states(&self, symbols: GpuLanes) -> GpuLanes {
        let first = self.table + STEPS_BYTES + STATES_BYTES;
        // SAFETY: there is a place for each byte.
        let place = unsafe { load_shared_half(first + 2 * (symbols.0 & 0xFF)) };
        self.look_up_states(GpuLanes(place))
    }
}
