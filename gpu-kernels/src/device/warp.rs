//! A GPU warp, pointed at a tile.

use super::lanes::{ALL, GpuLanes};
use super::ptx;
use super::ring::WordRing;
use super::stage::PlaneStage;
use super::table::SharedTable;
use crate::launch::{TileTask, WarpMemory};
use cuda_std::warp::{lane_id, sync_warp, warp_vote_all};
use wcodec_codec::format::{LANE_BYTES, LANE_WORDS, PlaneCodec};
use wcodec_codec::warp::{Lanes, Warp};

/// A warp at work on one tile: its words and planes, which pass through shared memory, and the
/// place of its rows.
pub struct GpuWarp {
    table: SharedTable,
    words: WordRing,
    planes: PlaneStage,
    /// Rows in flight while one is decoded.
    rows_ahead: u32,
    exceptions: u64,
    /// The address of the lane's 16 bytes in the next row.
    out: u64,
    row_bytes: u64,
    /// Rows that the lane has all of its 16 bytes in.
    full_rows: u32,
    /// The row that ends inside a lane's 16 bytes; beyond all rows where there is none.
    cut_row: u32,
    /// The number of the lane's bytes in that row, if the row has only some of them.
    cut_bytes: u32,
}

impl GpuWarp {
    /// A warp pointed at a tile whose first words and rows are in flight; `lane_elements` is the
    /// number of elements in a lane's 16 bytes.
    ///
    /// # Safety
    /// The task's addresses have room for the tile. All lanes of the warp call it, and the block
    /// has the shared memory of its tables and rings.
    #[inline(always)]
    pub unsafe fn new(
        task: &TileTask,
        table: SharedTable,
        codec: PlaneCodec,
        lane_elements: usize,
    ) -> Self {
        let memory = WarpMemory::new(codec, LANE_BYTES / lane_elements);
        let (ring, stage) = table.warp_memory(memory);
        let lane = lane_id();
        let last_row = u32::from(task.rows) - 1;
        let last_bytes = i32::from(task.last_row_bytes) - (lane * LANE_BYTES as u32) as i32;
        let has_some = 0 < last_bytes && last_bytes < LANE_BYTES as i32;
        let is_cut = task.last_row_bytes % LANE_BYTES as u16 != 0;
        let this = Self {
            table,
            // SAFETY: the ring is the warp's own; the task's words are readable.
            words: unsafe { WordRing::new(memory, ring, task.words, task.word_count) },
            // SAFETY: the stage is the warp's own; the task's planes are readable.
            planes: unsafe { PlaneStage::new(memory, stage, task, codec, lane_elements) },
            rows_ahead: memory.rows_ahead,
            exceptions: task.exceptions,
            out: task.out + u64::from(lane) * LANE_BYTES as u64,
            row_bytes: task.row_bytes,
            full_rows: last_row + u32::from(last_bytes >= LANE_BYTES as i32),
            cut_row: ptx::uniform(if is_cut { last_row } else { u32::MAX }),
            cut_bytes: if has_some { last_bytes as u32 } else { 0 },
        };
        ptx::commit_copies();
        this
    }

    /// Waits until all copies have arrived: before the first words are read, and so that none runs
    /// on when the warp ends.
    #[inline(always)]
    pub fn arrive(&self) {
        ptx::wait_for_copies::<0>();
        // SAFETY: all lanes come here. Each waited for its own copies; now it sees the others'.
        unsafe { sync_warp(ALL) };
    }
}

impl Warp for GpuWarp {
    type Lanes = GpuLanes;

    #[inline(always)]
    fn first_entry(&self) -> GpuLanes {
        GpuLanes(self.table.first_entry())
    }

    #[inline(always)]
    fn look_up(&self, entries: GpuLanes, bits: GpuLanes) -> GpuLanes {
        let chosen = GpuLanes::funnel_shl(GpuLanes(0), bits, entries);
        GpuLanes(self.table.entry_after(entries.0, chosen.0))
    }

    #[inline(always)]
    fn prob_bits(&self) -> u32 {
        self.table.prob_bits()
    }

    #[inline(always)]
    fn look_up_slot(&self, states: GpuLanes) -> GpuLanes {
        GpuLanes(self.table.entry_of_slot(states.0))
    }

    #[inline(always)]
    fn first_words(&mut self) -> [GpuLanes; LANE_WORDS] {
        let first = self.words.take_row();
        let second = self.words.take_row();
        [GpuLanes(first), GpuLanes(second), GpuLanes(self.words.take_row())]
    }

    #[inline(always)]
    fn begin_row(&mut self, row: u32) {
        // SAFETY: all lanes come here, having read what is about to be overwritten.
        unsafe { sync_warp(ALL) };
        self.words.begin_row();
        self.planes.begin_row(row);
        ptx::commit_copies();
        // The copies that this row needs were started as many rows ago as rows are in flight.
        if self.rows_ahead == 3 {
            ptx::wait_for_copies::<3>();
        } else {
            ptx::wait_for_copies::<7>();
        }
        // SAFETY: all lanes come here. Each waited for its own copies; now it sees the others'.
        unsafe { sync_warp(ALL) };
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
    fn load_stored<const N: usize>(&self, row: u32) -> [GpuLanes; N] {
        self.planes.load_stored(row)
    }

    #[inline(always)]
    fn load_stored_half(&self, row: u32) -> GpuLanes {
        self.planes.load_stored_half(row)
    }

    #[inline(always)]
    fn load_stored_quarter(&self, row: u32) -> GpuLanes {
        self.planes.load_stored_quarter(row)
    }

    #[inline(always)]
    fn load_raw<const N: usize>(&self, plane: usize, row: u32) -> [GpuLanes; N] {
        self.planes.load_raw(plane, row)
    }

    #[inline(always)]
    fn exception(&self, index: u32) -> u32 {
        // SAFETY: the index is below the tile's number of exceptions, or 0, which is readable.
        let exception = unsafe { ptx::load_global(self.exceptions + 4 * u64::from(index)) };
        ptx::uniform(exception)
    }

    #[inline(always)]
    fn store_row(&mut self, row: u32, words: [GpuLanes; 4]) {
        let address = self.out;
        self.out += self.row_bytes;
        let words = words.map(|word| word.0);
        // SAFETY: the row lies inside the decoded bytes, and so do the lane's bytes that are left.
        unsafe {
            ptx::store_global_4_if(row < self.full_rows, address, words);
            // The same for all lanes, of which one has bytes to write.
            if row == self.cut_row {
                ptx::store_global_bytes(address, words, self.cut_bytes);
            }
        }
    }
}
