//! A GPU warp, pointed at a tile.

use super::lanes::{ALL, GpuLanes};
use super::ptx;
use super::ring::WordRing;
use super::table::SharedTable;
use crate::format::{
    LANE_BYTES, LANES, PlaneCodec, ROW_BYTES, STATE_LOWER_BOUND, TileRect, TileSpan,
};
use crate::launch::TensorJob;
use crate::warp::Warp;
use cuda_std::warp::{lane_id, warp_vote_all, warp_vote_ballot};

/// Addresses of what one tile owns, and the ring of its words.
pub struct GpuWarp {
    table: SharedTable,
    words: WordRing,
    coded_plane: u64,
    raw_planes: [u64; 3],
    exceptions: u64,
    /// Where the lane's 16 bytes of row 0 go.
    out: u64,
    row_bytes: u64,
    last_row: u32,
    last_row_bytes: u32,
}

impl GpuWarp {
    /// A warp pointed at the tile at `rect` with `span`; `lane_elements` is the number of elements in a lane's 16 bytes.
    ///
    /// # Safety
    /// The job's addresses have room for its layout, and the tile lies inside it. All lanes of the warp call it,
    /// and the block has the shared memory of its tables and rings.
    #[inline(always)]
    pub unsafe fn new(
        job: &TensorJob,
        rect: &TileRect,
        span: &TileSpan,
        table: SharedTable,
        codec: PlaneCodec,
        lane_elements: usize,
    ) -> Self {
        let words = if codec.has_symbols() { span.words } else { 0 };
        let plane = |address: u64, lane_bytes: usize| {
            let row_bytes = (LANES * lane_bytes) as u64;
            address + rect.plane_row * row_bytes + u64::from(lane_id()) * lane_bytes as u64
        };
        Self {
            table,
            // SAFETY: the ring is the warp's own. The words part begins on 16 bytes, and its padding is readable.
            words: unsafe {
                WordRing::new(table.ring_address(), job.words + 2 * span.words_start, words)
            },
            coded_plane: plane(job.coded_plane, codec.coded_plane_bytes(lane_elements)),
            raw_planes: job.raw_planes.map(|address| plane(address, lane_elements)),
            exceptions: job.exceptions + 4 * u64::from(span.exceptions_start),
            out: job.out + rect.byte_offset + u64::from(lane_id()) * LANE_BYTES as u64,
            row_bytes: job.row_bytes,
            last_row: rect.rows - 1,
            last_row_bytes: rect.last_row_bytes,
        }
    }

    /// Ends the tile.
    #[inline(always)]
    pub fn finish(&self) {
        self.words.finish();
    }

    /// Bytes of the lane's 16 that row `row` has, those of later lanes counted on; not above 0 where it is not present.
    #[inline(always)]
    fn bytes_left(&self, row: u32) -> i32 {
        let row_bytes = if row == self.last_row { self.last_row_bytes } else { ROW_BYTES as u32 };
        row_bytes as i32 - (lane_id() * LANE_BYTES as u32) as i32
    }

    /// The lane's words in a row of a plane whose rows have `4·N` bytes a lane.
    #[inline(always)]
    fn load<const N: usize>(&self, plane: u64, row: u32) -> [GpuLanes; N] {
        let mut lanes = [GpuLanes(0); N];
        if self.bytes_left(row) > 0 {
            let address = plane + u64::from(row) * (LANES * 4 * N) as u64;
            // SAFETY: the plane has all rows of the tile, of the last one the lanes that are present.
            unsafe {
                if N == 4 {
                    copy_words(&mut lanes, ptx::load_global_4(address));
                } else if N == 2 {
                    copy_words(&mut lanes, ptx::load_global_2(address));
                } else {
                    copy_words(&mut lanes, ptx::load_global_1(address));
                }
            }
        }
        lanes
    }
}

/// Equal lengths under two names: the callers' branches on `N` are decided when the kernel is compiled.
#[inline(always)]
fn copy_words<const N: usize, const M: usize>(lanes: &mut [GpuLanes; N], words: [u32; M]) {
    for word in 0..N {
        lanes[word].0 = words[word];
    }
}

impl Warp for GpuWarp {
    type Lanes = GpuLanes;

    #[inline(always)]
    fn look_up(&self, slots: GpuLanes) -> GpuLanes {
        GpuLanes(self.table.entry(slots.0))
    }

    #[inline(always)]
    fn take_states(&mut self) -> GpuLanes {
        let low = self.words.peek(2 * lane_id());
        let high = self.words.peek(2 * lane_id() + 1);
        self.words.advance(2 * LANES as u32);
        GpuLanes(low | high << 16)
    }

    #[inline(always)]
    fn prepare_words(&mut self) {
        self.words.prepare();
    }

    #[inline(always)]
    fn renormalise(&mut self, states: GpuLanes) -> GpuLanes {
        let low = states.0 < STATE_LOWER_BOUND;
        // SAFETY: control flow is the same for all lanes of the warp.
        let taking = unsafe { warp_vote_ballot(ALL, low) };
        let word = self.words.peek((taking & ptx::lane_mask_below()).count_ones());
        self.words.advance(taking.count_ones());
        GpuLanes(if low { states.0 << 16 | word } else { states.0 })
    }

    #[inline(always)]
    fn took_all_words(&self) -> bool {
        self.words.is_at_end()
    }

    #[inline(always)]
    fn all_lanes_are(&self, lanes: GpuLanes, value: u32) -> bool {
        // SAFETY: control flow is the same for all lanes of the warp.
        unsafe { warp_vote_all(ALL, lanes.0 == value) }
    }

    #[inline(always)]
    fn load_coded<const N: usize>(&self, row: u32) -> [GpuLanes; N] {
        self.load(self.coded_plane, row)
    }

    #[inline(always)]
    fn load_coded_half(&self, row: u32) -> GpuLanes {
        let address = self.coded_plane + u64::from(row) * (LANES * 2) as u64;
        // SAFETY: as in `load`.
        let half = |address| unsafe { ptx::load_global_half(address) };
        GpuLanes(if self.bytes_left(row) > 0 { half(address) } else { 0 })
    }

    #[inline(always)]
    fn load_raw<const N: usize>(&self, plane: usize, row: u32) -> [GpuLanes; N] {
        self.load(self.raw_planes[plane], row)
    }

    #[inline(always)]
    fn exception(&self, index: u32) -> u32 {
        // SAFETY: the index is below the tile's number of exceptions, which lie inside the part.
        let [exception] = unsafe { ptx::load_global_1(self.exceptions + 4 * u64::from(index)) };
        exception
    }

    #[inline(always)]
    fn store_row(&mut self, row: u32, words: [GpuLanes; 4]) {
        let address = self.out + u64::from(row) * self.row_bytes;
        let words = words.map(|word| word.0);
        let left = self.bytes_left(row);
        // SAFETY: the row lies inside the decoded bytes, and so do the lane's bytes that are left.
        unsafe {
            if left >= LANE_BYTES as i32 {
                ptx::store_global_4(address, words);
            } else if left > 0 {
                ptx::store_global_bytes(address, words, left as u32);
            }
        }
    }
}
