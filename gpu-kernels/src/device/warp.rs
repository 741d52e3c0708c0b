//! A GPU warp, pointed at a tile.

use super::lanes::{ALL, GpuLanes};
use super::ptx;
use super::ring::WordRing;
use super::table::SharedTable;
use crate::format::{LANE_BYTES, LANE_WORDS, LANES, PlaneCodec};
use crate::launch::TileTask;
use crate::warp::Warp;
use cuda_std::warp::{lane_id, warp_vote_all};

/// Rows of the planes that are on their way to the second-level cache.
const ROWS_AHEAD: u32 = 4;

/// Addresses of what one tile owns, and the ring of its words.
pub struct GpuWarp {
    table: SharedTable,
    words: WordRing,
    /// Where the lane's bytes of row 0 stand in the planes.
    coded_plane: u64,
    raw_planes: [u64; 3],
    /// Distance of two rows of each raw plane: 0 where one row stands for all.
    raw_row_bytes: [u32; 3],
    /// The last row that the lane reads of planes.
    last_plane_row: u32,
    exceptions: u64,
    /// Where the lane's 16 bytes of the next row go.
    out: u64,
    row_bytes: u64,
    /// Rows that the lane has all of its 16 bytes in.
    full_rows: u32,
    /// Bytes of the lane's 16 that the tile's last row has, those of later lanes counted on; not above 0 where there are none.
    last_bytes: i32,
}

impl GpuWarp {
    /// A warp pointed at a tile; `lane_elements` is the number of elements in a lane's 16 bytes.
    ///
    /// # Safety
    /// The task's addresses have room for the tile. All lanes of the warp call it, and the block has the shared memory of
    /// its tables and rings.
    #[inline(always)]
    pub unsafe fn new(
        task: &TileTask,
        table: SharedTable,
        codec: PlaneCodec,
        lane_elements: usize,
    ) -> Self {
        let lane = lane_id();
        let last_row = u32::from(task.rows) - 1;
        let last_bytes = i32::from(task.last_row_bytes) - (lane * LANE_BYTES as u32) as i32;
        // A lane that is not present in the last row reads the row before; or where that is the only one, another lane's.
        let is_absent = last_bytes <= 0;
        let plane_lane = if is_absent && last_row == 0 { 0 } else { lane };
        let plane =
            |address: u64, lane_bytes: usize| address + u64::from(plane_lane) * lane_bytes as u64;
        let is_constant = |plane: usize| task.constant_planes >> plane & 1 != 0;
        let raw_plane = |number: usize| {
            let constant = (&raw const task.plane_constants[number]) as u64;
            if is_constant(number) {
                constant
            } else {
                plane(task.raw_planes[number], lane_elements)
            }
        };
        let raw_row_bytes =
            |number: usize| if is_constant(number) { 0 } else { (LANES * lane_elements) as u32 };
        let this = Self {
            table,
            // SAFETY: the ring is the warp's own; the task's words are readable.
            words: unsafe { WordRing::new(table.ring_address(), task.words, task.word_count) },
            coded_plane: plane(task.coded_plane, codec.coded_plane_bytes(lane_elements)),
            raw_planes: [raw_plane(0), raw_plane(1), raw_plane(2)],
            raw_row_bytes: [raw_row_bytes(0), raw_row_bytes(1), raw_row_bytes(2)],
            last_plane_row: last_row.saturating_sub(u32::from(is_absent)),
            exceptions: task.exceptions,
            out: task.out + u64::from(lane) * LANE_BYTES as u64,
            row_bytes: task.row_bytes,
            full_rows: last_row + u32::from(last_bytes >= LANE_BYTES as i32),
            last_bytes,
        };
        this.prefetch_first_rows(codec.coded_plane_bytes(lane_elements), lane_elements);
        this
    }

    /// Asks for the rows of the planes that no load of an earlier row asks for.
    #[inline(always)]
    fn prefetch_first_rows(&self, coded_bytes: usize, lane_elements: usize) {
        for row in 1..ROWS_AHEAD {
            if coded_bytes > 0 {
                let row_bytes = (LANES * coded_bytes) as u32;
                ptx::prefetch(self.address_of(self.coded_plane, row_bytes, row));
            }
            for plane in 0..3 {
                if plane < LANE_BYTES / lane_elements - 1 {
                    let row_bytes = self.raw_row_bytes[plane];
                    ptx::prefetch(self.address_of(self.raw_planes[plane], row_bytes, row));
                }
            }
        }
    }

    /// Ends the tile.
    #[inline(always)]
    pub fn finish(&self) {
        self.words.finish();
    }

    /// The address of a row of a plane whose rows are `row_bytes` apart; a later row sets out for the second-level cache.
    #[inline(always)]
    fn row_of(&self, plane: u64, row_bytes: u32, row: u32) -> u64 {
        ptx::prefetch(self.address_of(plane, row_bytes, row + ROWS_AHEAD));
        self.address_of(plane, row_bytes, row)
    }

    #[inline(always)]
    fn address_of(&self, plane: u64, row_bytes: u32, row: u32) -> u64 {
        let row = if row < self.last_plane_row { row } else { self.last_plane_row };
        plane + u64::from(row) * u64::from(row_bytes)
    }
}

/// The lane's words of a row of a plane.
///
/// # Safety
/// As [`ptx::load_global_4`] and those of fewer words.
#[inline(always)]
unsafe fn load<const N: usize>(address: u64) -> [GpuLanes; N] {
    let mut lanes = [GpuLanes(0); N];
    // SAFETY: the caller's condition.
    unsafe {
        if N == 4 {
            copy_words(&mut lanes, ptx::load_global_4(address));
        } else if N == 2 {
            copy_words(&mut lanes, ptx::load_global_2(address));
        } else {
            copy_words(&mut lanes, ptx::load_global_1(address));
        }
    }
    lanes
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
    fn first_entry(&self, prob_bits: u32) -> GpuLanes {
        GpuLanes(self.table.first_entry(prob_bits))
    }

    #[inline(always)]
    fn look_up(&self, entries: GpuLanes, chosen: GpuLanes) -> GpuLanes {
        GpuLanes(self.table.entry_after(entries.0, chosen.0))
    }

    #[inline(always)]
    fn first_words(&mut self) -> [GpuLanes; LANE_WORDS] {
        let first = self.words.take_row();
        let second = self.words.take_row();
        [GpuLanes(first), GpuLanes(second), GpuLanes(self.words.take_row())]
    }

    #[inline(always)]
    fn prepare_words(&mut self) {
        self.words.prepare();
    }

    #[inline(always)]
    fn shift_in(
        &mut self,
        before: GpuLanes,
        read: GpuLanes,
        [first, second, third]: [GpuLanes; LANE_WORDS],
    ) -> [GpuLanes; LANE_WORDS] {
        let mut words = [first.0, second.0, third.0];
        self.words.shift_in(before.0, read.0, &mut words);
        [GpuLanes(words[0]), GpuLanes(words[1]), GpuLanes(words[2])]
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
        // SAFETY: the plane has the row for the lane.
        unsafe { load(self.row_of(self.coded_plane, (LANES * 4 * N) as u32, row)) }
    }

    #[inline(always)]
    fn load_coded_half(&self, row: u32) -> GpuLanes {
        let address = self.row_of(self.coded_plane, (LANES * 2) as u32, row);
        // SAFETY: the plane has the row for the lane.
        GpuLanes(unsafe { ptx::load_global_half(address) })
    }

    #[inline(always)]
    fn load_raw<const N: usize>(&self, plane: usize, row: u32) -> [GpuLanes; N] {
        let address = self.row_of(self.raw_planes[plane], self.raw_row_bytes[plane], row);
        // SAFETY: the plane has the row for the lane, or the task a constant.
        unsafe { load(address) }
    }

    #[inline(always)]
    fn exception(&self, index: u32) -> u32 {
        // SAFETY: the index is below the tile's number of exceptions.
        let [exception] = unsafe { ptx::load_global_1(self.exceptions + 4 * u64::from(index)) };
        ptx::uniform(exception)
    }

    #[inline(always)]
    fn store_row(&mut self, row: u32, words: [GpuLanes; 4]) {
        let address = self.out;
        self.out += self.row_bytes;
        let words = words.map(|word| word.0);
        // SAFETY: the row lies inside the decoded bytes, and so do the lane's bytes that are left.
        unsafe {
            if row < self.full_rows {
                ptx::store_global_4(address, words);
            } else if self.last_bytes > 0 {
                ptx::store_global_bytes(address, words, self.last_bytes as u32);
            }
        }
    }
}
