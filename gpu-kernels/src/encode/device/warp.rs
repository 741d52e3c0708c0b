//! A GPU warp, pointed at a tile to encode.

use super::ptx;
use super::source::LaneSource;
use crate::device::GpuLanes;
use crate::device::ptx::{load_shared, load_shared_half, permute_bytes};
use crate::encode::launch::{EncodeJob, PROB_BITS, STATES};
use cuda_std::warp::lane_id;
use wcodec_codec::encode::{EncodeWarp, TansEncodeWarp, coded_words, padded, raw_words};
use wcodec_codec::format::{LANES, Split};

/// Bytes of a table's steps, and of its states after them.
const STEPS_BYTES: u32 = 4 * 256;
const STATES_BYTES: u32 = 2 * STATES as u32;
/// Rows that are asked for before they are read.
const ROWS_AHEAD: u32 = 4;

/// A warp at work on one tile.
pub struct GpuEncodeWarp {
    /// The shared address of the table's look-ups.
    table: u32,
    source: LaneSource,
    split: Split,
    /// The address of the lane's bytes of raw plane 0 in the tile's first row, and the distance of
    /// two raw planes.
    raw: u64,
    raw_distance: u64,
    /// The symbol for places after the tensor's end.
    filler: u32,
    /// The address after the tile's last word.
    end: u64,
    /// Words stored before that.
    words: u32,
}

impl GpuEncodeWarp {
    /// A warp pointed at a tile, of elements of so many bytes, whose words end at the address
    /// `end`.
    #[inline(always)]
    pub fn new(
        job: &EncodeJob,
        tile: u32,
        element_bytes: usize,
        end: u64,
        table: u32,
        filler: u32,
    ) -> Self {
        Self {
            table,
            source: LaneSource::new(job, tile),
            split: job.split(element_bytes),
            raw: job.raw + plane_offset(job, tile, element_bytes),
            raw_distance: padded(job.plane_len),
            filler,
            end,
            words: 0,
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
        self.words
    }

    /// The lane's coded bytes in a row, `N` words of them, zeros after the tensor's end. Its raw
    /// bytes are written.
    #[inline(always)]
    pub fn split_row<const N: usize>(&self, row: u32) -> [u32; N] {
        // SAFETY: the tensor is readable.
        let words = unsafe { self.source.load(row) };
        if row >= ROWS_AHEAD {
            ptx::prefetch(self.source.at(row - ROWS_AHEAD));
        }
        let mut coded = [0; N];
        let all = coded_words(self.split, words, permute_bytes);
        for word in 0..N {
            coded[word] = all[word];
        }
        for plane in 0..4 / N - 1 {
            let raw = raw_words(self.split, plane, words, permute_bytes);
            // SAFETY: there is room for the raw planes.
            unsafe { self.store_row::<N>(self.raw + plane as u64 * self.raw_distance, row, raw) };
        }
        coded
    }

    /// Writes the lane's bytes of a plane in a row, if it has any there.
    ///
    /// # Safety
    /// There is room for the tile's rows at `plane`.
    #[inline(always)]
    pub unsafe fn store_row<const N: usize>(&self, plane: u64, row: u32, words: [u32; 4]) {
        let is_present = row < self.source.full_rows || self.source.cut_bytes > 0;
        let at = plane + u64::from(row) * (LANES * 4 * N) as u64;
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

    /// Replaces the bytes after the tensor's end by the filler.
    #[inline(always)]
    fn fill_beyond<const N: usize>(&self, row: u32, coded: &mut [u32; N]) {
        if row < self.source.full_rows {
            return;
        }
        let elements = self.source.elements(row, 4 / N as u32);
        let fillers = self.filler * 0x0101_0101;
        for word in 0..N {
            // Zeros are there already.
            coded[word] |= match elements.saturating_sub(4 * word as u32) {
                0 => fillers,
                before @ 1..4 => fillers << (8 * before),
                _ => 0,
            };
        }
    }
}

/// The offset of the lane's bytes of a tile's first row in a plane with a byte for each element.
#[inline(always)]
pub fn plane_offset(job: &EncodeJob, tile: u32, element_bytes: usize) -> u64 {
    let lane_elements = 16 / element_bytes as u64;
    (job.first_row(tile) * LANES as u64 + u64::from(lane_id())) * lane_elements
}

impl EncodeWarp for GpuEncodeWarp {
    type Lanes = GpuLanes;

    #[inline(always)]
    fn load_symbols<const K: usize, const N: usize>(&self, row: usize) -> [GpuLanes; N] {
        let mut coded = self.split_row::<N>(row as u32);
        self.fill_beyond(row as u32, &mut coded);
        coded.map(GpuLanes)
    }

    #[inline(always)]
    fn store_before(&mut self, words: GpuLanes, lanes: u32) {
        let own_and_after = lanes >> lane_id();
        let at = self.end - 4 * u64::from(self.words + own_and_after.count_ones());
        // SAFETY: the slot has room for the most words of a tile.
        unsafe { ptx::store_global_if(own_and_after & 1 != 0, at, words.0) };
        self.words += lanes.count_ones();
    }

    #[inline(always)]
    fn is_empty(&self) -> bool {
        self.words == 0
    }
}

impl TansEncodeWarp for GpuEncodeWarp {
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
